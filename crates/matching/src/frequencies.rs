//! How common names are: agreeing on a rare one says more than agreeing on a common one.

use std::collections::HashMap;

use model::PersonName;

use crate::names::FoldedName;

/// People per hundred thousand who bear a name, for the most common names of a population like that of Texas.
///
/// # Source
/// Orders of magnitude after the Census Bureau's surname table of 2010 and the Social Security Administration's first
/// names, weighed by the shares of the population of Texas. Names that are not here are rare.
#[rustfmt::skip]
const FAMILIES: &[(&str, u32)] = &[
    ("GARCIA", 1150), ("MARTINEZ", 1080), ("RODRIGUEZ", 1060), ("HERNANDEZ", 1030), ("GONZALEZ", 900), ("LOPEZ", 860),
    ("SMITH", 760), ("JOHNSON", 680), ("WILLIAMS", 620), ("PEREZ", 560), ("SANCHEZ", 540), ("RAMIREZ", 540),
    ("JONES", 520), ("BROWN", 500), ("FLORES", 480), ("DAVIS", 440), ("TORRES", 420), ("MILLER", 380), ("RIVERA", 330),
    ("NGUYEN", 320), ("GOMEZ", 320), ("GARZA", 320), ("WILSON", 310), ("MOORE", 300), ("TAYLOR", 300), ("REYES", 290),
    ("ANDERSON", 290), ("THOMAS", 290), ("JACKSON", 290), ("CRUZ", 280), ("MORALES", 270), ("GUTIERREZ", 260),
    ("WHITE", 260), ("MARTIN", 260), ("ORTIZ", 250), ("RAMOS", 250), ("DIAZ", 250), ("MENDOZA", 250), ("HARRIS", 240),
    ("CASTILLO", 240), ("RUIZ", 220), ("THOMPSON", 220), ("ALVAREZ", 210), ("VASQUEZ", 200), ("LEWIS", 200),
    ("MORENO", 200), ("JIMENEZ", 200), ("ROBINSON", 200), ("LEE", 200), ("WALKER", 190), ("CLARK", 190), ("YOUNG", 190),
    ("ALLEN", 180), ("SCOTT", 180), ("HALL", 170), ("HILL", 170), ("KING", 170), ("WRIGHT", 170), ("GREEN", 170),
    ("ADAMS", 160), ("MEDINA", 160), ("AGUILAR", 160), ("SALINAS", 160), ("CASTRO", 150), ("GUERRA", 140),
    ("TREVINO", 140), ("CANTU", 140), ("VARGAS", 140), ("GUZMAN", 140), ("HERRERA", 140), ("BAKER", 140),
    ("NELSON", 140), ("CARTER", 140), ("MITCHELL", 130), ("CAMPBELL", 130), ("ROBERTS", 130), ("TRAN", 120),
    ("PATEL", 110), ("TURNER", 110), ("PHILLIPS", 110), ("PARKER", 110), ("EVANS", 110), ("COLLINS", 100),
    ("EDWARDS", 100), ("STEWART", 100),
];

/// As above, of first names.
#[rustfmt::skip]
const GIVEN: &[(&str, u32)] = &[
    ("JOSE", 1000), ("JUAN", 800), ("MARIA", 1100), ("MICHAEL", 900), ("DAVID", 900), ("JAMES", 850), ("JOHN", 850),
    ("ROBERT", 750), ("WILLIAM", 650), ("DANIEL", 650), ("CHRISTOPHER", 600), ("JOSHUA", 500), ("MATTHEW", 500),
    ("JOSEPH", 500), ("ANTHONY", 480), ("LUIS", 470), ("ANDREW", 400), ("CARLOS", 420), ("JESUS", 420), ("RICHARD", 450),
    ("CHARLES", 400), ("JACOB", 400), ("JENNIFER", 450), ("MARY", 550), ("JESSICA", 420), ("ELIZABETH", 450),
    ("ASHLEY", 400), ("SARAH", 320), ("AMANDA", 320), ("STEPHANIE", 320), ("EMILY", 350), ("LINDA", 350),
    ("PATRICIA", 350), ("MELISSA", 280), ("SAMANTHA", 280), ("SOFIA", 260), ("ISABELLA", 280), ("MIA", 220),
    ("EMMA", 240), ("OLIVIA", 240), ("VICTORIA", 260), ("ANA", 240), ("LAURA", 260), ("NICOLE", 240), ("MICHELLE", 280),
    ("KIMBERLY", 280), ("LIAM", 180), ("NOAH", 200), ("ETHAN", 220), ("ALEXANDER", 280), ("BENJAMIN", 220),
    ("SEBASTIAN", 180), ("MATEO", 150), ("DIEGO", 200), ("ANGEL", 260), ("JORGE", 260), ("MIGUEL", 280), ("KEVIN", 260),
    ("BRIAN", 260), ("ERIC", 240), ("JASON", 280), ("BRANDON", 280), ("JUSTIN", 240), ("RYAN", 260), ("NICHOLAS", 240),
    ("TYLER", 220), ("THOMAS", 350), ("MARK", 300), ("STEVEN", 260), ("GABRIEL", 240), ("ADRIAN", 220), ("ISAAC", 180),
    ("GUADALUPE", 220), ("ROSA", 240), ("CAMILA", 160), ("VALERIA", 120), ("NATALIE", 160), ("GRACE", 150),
];

/// How common names are in a population.
#[derive(Clone, Debug, Default)]
pub struct Frequencies {
    /// People per ten million, by the hash of the name.
    families: HashMap<u64, u32>,
    given: HashMap<u64, u32>,
}

impl Frequencies {
    /// A population like that of Texas.
    pub fn builtin() -> Frequencies {
        let table = |names: &[(&str, u32)]| names.iter().map(|(name, share)| (hash(name), share * 100)).collect();
        Frequencies { families: table(FAMILIES), given: table(GIVEN) }
    }

    /// Counted from the names of people; each name of a person once.
    pub fn count<'a>(names: impl Iterator<Item = &'a PersonName>) -> Frequencies {
        let mut counted = Frequencies::default();
        let mut total: u64 = 0;
        for name in names.map(FoldedName::new) {
            total += 1;
            if let Some(given) = name.given.parts().next().filter(|_| name.has_given()) {
                *counted.given.entry(hash(given)).or_default() += 1;
            }
            if name.has_family() {
                *counted.families.entry(hash(name.family.as_str())).or_default() += 1;
                if name.family_parts().nth(1).is_some() {
                    name.family_parts().for_each(|part| *counted.families.entry(hash(part)).or_default() += 1);
                }
            }
        }
        for count in counted.families.values_mut().chain(counted.given.values_mut()) {
            *count = u32::try_from(u64::from(*count) * 10_000_000 / total.max(1)).unwrap_or(u32::MAX);
        }
        counted
    }

    /// The share of a folded surname, per ten million; 0 when it is rare.
    pub(crate) fn family(&self, folded: &str) -> u32 {
        self.families.get(&hash(folded)).copied().unwrap_or(0)
    }

    /// The share of a folded first name, per ten million; 0 when it is rare.
    pub(crate) fn given(&self, folded: &str) -> u32 {
        self.given.get(&hash(folded)).copied().unwrap_or(0)
    }
}

/// FNV-1a.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}
