//! Names, folded and compared: case, diacritics, punctuation, compound surnames with their particles, generational
//! suffixes, and placeholders for names not yet given.

mod fold;
mod nicknames;
mod placeholders;
mod sounds;

use model::PersonName;

pub(crate) use fold::{Folded, fold, is_within_one_edit};
use placeholders::{is_family_placeholder, is_given_placeholder, place_in_birth_order};
pub(crate) use sounds::{is_same_sound, sound};

/// Words that belong to the part of a surname that follows them.
const PARTICLES: [&str; 19] = [
    "DE", "DEL", "LA", "LAS", "LOS", "EL", "DA", "DI", "DO", "DOS", "SAN", "SANTA", "VAN", "VON", "DER", "DEN", "MC",
    "MAC", "ST",
];

/// A name, ready to be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FoldedName {
    /// All parts of the surname, without a suffix that stood in it.
    pub(crate) family: Folded,
    /// The given name or names of the given field.
    pub(crate) given: Folded,
    /// Further given names.
    pub(crate) middle: Folded,
    /// Jr, Sr, II and so on.
    pub(crate) suffix: Option<Suffix>,
    /// The given name is a placeholder (BABY BOY): it neither agrees nor conflicts.
    pub(crate) is_given_placeholder: bool,
    /// The surname is a placeholder (UNKNOWN).
    pub(crate) is_family_placeholder: bool,
    /// TWIN A is the first, TWIN B the second.
    pub(crate) place_in_birth_order: Option<u8>,
}

/// Whether a name only stands for one that is not given yet or not known (BABY BOY, UNKNOWN): people are not found
/// by it.
pub fn is_placeholder(name: &PersonName) -> bool {
    let folded = FoldedName::new(name);
    folded.is_given_placeholder || folded.is_family_placeholder
}

impl FoldedName {
    pub(crate) fn new(name: &PersonName) -> FoldedName {
        let mut family = fold(&name.family);
        let mut given = fold(&name.given);
        let mut middle = fold(&name.middle);
        let mut suffix = Suffix::parse(fold(&name.suffix).as_str());
        for (words, fewest) in [(&mut family, 2), (&mut given, 2), (&mut middle, 1)] {
            if let Some(found) = words.last_part().and_then(Suffix::parse).filter(|_| words.parts().count() >= fewest) {
                words.drop_last_part();
                suffix = suffix.or(Some(found));
            }
        }
        let is_given_placeholder = is_given_placeholder(&given);
        FoldedName {
            is_given_placeholder,
            is_family_placeholder: is_family_placeholder(&family, &given),
            place_in_birth_order: if is_given_placeholder { place_in_birth_order(&given) } else { None },
            family,
            given,
            middle,
            suffix,
        }
    }

    /// Whether there is a surname to compare.
    pub(crate) fn has_family(&self) -> bool {
        !self.family.is_empty() && !self.is_family_placeholder
    }

    /// Whether there is a given name to compare.
    pub(crate) fn has_given(&self) -> bool {
        !self.given.is_empty() && !self.is_given_placeholder
    }

    /// The name with first name and surname in each other's place; `None` when there is no first name.
    pub(crate) fn swapped(&self) -> Option<FoldedName> {
        let (family, given) = (self.given.clone(), self.family.clone());
        self.has_given().then(|| FoldedName { family, given, ..self.clone() })
    }

    /// The parts of the surname that may stand for it: `de la Cruz Garza` gives CRUZ and GARZA.
    pub(crate) fn family_parts(&self) -> impl Iterator<Item = &str> {
        family_parts(&self.family)
    }

    /// First given name, then the others, wherever they stood.
    fn given_names(&self) -> impl Iterator<Item = &str> {
        self.given.parts().chain(self.middle.parts())
    }
}

/// The parts of a surname without its particles; all of it, when it has nothing else.
pub(crate) fn family_parts(family: &Folded) -> impl Iterator<Item = &str> {
    let has_main_part = family.parts().any(|part| !PARTICLES.contains(&part));
    family.parts().filter(move |part| !has_main_part || !PARTICLES.contains(part))
}

/// A generational suffix.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Suffix {
    Junior,
    Senior,
    Numbered(u8),
}

impl Suffix {
    /// Reads a folded suffix; degrees and the like are none.
    fn parse(folded: &str) -> Option<Suffix> {
        match folded {
            "JR" | "JUNIOR" => Some(Suffix::Junior),
            "SR" | "SENIOR" => Some(Suffix::Senior),
            "II" | "2ND" => Some(Suffix::Numbered(2)),
            "III" | "3RD" => Some(Suffix::Numbered(3)),
            "IV" | "4TH" => Some(Suffix::Numbered(4)),
            _ => None,
        }
    }
}

/// How two surnames agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum FamilyAgreement {
    Different,
    /// One is missing or a placeholder.
    Unknown,
    /// One letter apart, or alike in sound.
    Similar,
    /// A compound surname and one of its parts.
    Part,
    Same,
}

/// How two given names agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum GivenAgreement {
    Different,
    /// One is missing or a placeholder.
    Unknown,
    /// An initial, and a name that begins with it.
    Initial,
    /// The other's second name.
    Second,
    /// One letter apart, alike in sound, or the beginning of the other.
    Similar,
    /// A familiar form of the other: Bob and Robert.
    Variant,
    Same,
}

/// How second given names agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum MiddleAgreement {
    Different,
    /// One is missing, or cannot be told from the first.
    Unknown,
    /// An initial, or one letter apart.
    Similar,
    Same,
}

/// How two names agree. Ordered: a greater one agrees better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct NameAgreement {
    pub(crate) given: GivenAgreement,
    pub(crate) family: FamilyAgreement,
    pub(crate) middle: MiddleAgreement,
    /// Not two suffixes that differ.
    pub(crate) is_suffix_compatible: bool,
    /// Two suffixes, and they are one.
    pub(crate) is_suffix_same: bool,
    /// The surname of each is the other's first name: the fields were swapped.
    pub(crate) is_swapped: bool,
    /// The surname of one is the other's first name, and nothing else agrees.
    pub(crate) is_half_swapped: bool,
    /// Two surnames agree, not one.
    pub(crate) is_family_double: bool,
    /// The first name of each is the other's second name.
    pub(crate) is_crossed: bool,
}

impl NameAgreement {
    /// How well all of it agrees, for choosing between the names that two people have: what agrees in both parts
    /// counts before what agrees in one.
    fn rank(&self) -> (u8, NameAgreement) {
        (self.given as u8 * 4 + self.family as u8 * 5, *self)
    }
}

/// The best agreement between any name of the one and any name of the other, and which names these are; `None` when
/// one has no name.
pub(crate) fn best_agreement(names: &[FoldedName], others: &[FoldedName]) -> Option<(NameAgreement, (usize, usize))> {
    let mut best: Option<(NameAgreement, (usize, usize))> = None;
    for (place, name) in names.iter().enumerate() {
        for (other_place, other) in others.iter().enumerate() {
            let agreement = compare(name, other);
            if best.is_none_or(|(known, _)| agreement.rank() > known.rank()) {
                best = Some((agreement, (place, other_place)));
            }
        }
    }
    best
}

fn compare(name: &FoldedName, other: &FoldedName) -> NameAgreement {
    let family = compare_family(name, other);
    let agreement = NameAgreement {
        given: compare_given(name, other),
        family,
        middle: compare_middle(name, other),
        is_suffix_compatible: name.suffix.is_none() || other.suffix.is_none() || name.suffix == other.suffix,
        is_suffix_same: name.suffix.is_some() && name.suffix == other.suffix,
        is_swapped: false,
        is_half_swapped: false,
        is_family_double: family == FamilyAgreement::Same && name.family_parts().nth(1).is_some(),
        is_crossed: false,
    };
    if agreement.given == GivenAgreement::Different && is_swapped(name, other) {
        let (given, family) = (GivenAgreement::Same, FamilyAgreement::Same);
        return NameAgreement { given, family, is_swapped: true, ..agreement };
    }
    if agreement.given <= GivenAgreement::Second && is_crossed(name, other) {
        let (given, middle) = (GivenAgreement::Second, MiddleAgreement::Similar);
        return NameAgreement { given, middle, is_crossed: true, ..agreement };
    }
    let is_nothing_same =
        agreement.given == GivenAgreement::Different && agreement.family == FamilyAgreement::Different;
    NameAgreement { is_half_swapped: is_nothing_same && is_half_swapped(name, other), ..agreement }
}

/// Whether the first name of each is the other's second name, one of them perhaps as an initial.
fn is_crossed(name: &FoldedName, other: &FoldedName) -> bool {
    let stands_for = |one: &str, other: &str| {
        let is_initial = one.len() == 1 || other.len() == 1;
        one == other || (is_initial && one.as_bytes()[0] == other.as_bytes()[0])
    };
    let mut names = name.given_names();
    let mut others = other.given_names();
    let (Some(first), Some(second)) = (names.next(), names.next()) else { return false };
    let (Some(other_first), Some(other_second)) = (others.next(), others.next()) else { return false };
    let is_one_whole = (first == other_second && first.len() > 1) || (second == other_first && second.len() > 1);
    is_one_whole && stands_for(first, other_second) && stands_for(second, other_first)
}

/// Whether the surname of each is the other's first name, one of the two perhaps with a slip.
fn is_swapped(name: &FoldedName, other: &FoldedName) -> bool {
    let is_whole = |name: &FoldedName| name.has_given() && name.has_family();
    if !is_whole(name) || !is_whole(other) {
        return false;
    }
    let (one, two) = (name.given.is_same(&other.family), name.family.is_same(&other.given));
    let is_slip = |word: &Folded, other: &Folded| is_within_one_edit(word.as_str(), other.as_str(), 5);
    (one && (two || is_slip(&name.family, &other.given))) || (two && is_slip(&name.given, &other.family))
}

/// Whether the surname of one is the other's first name.
fn is_half_swapped(name: &FoldedName, other: &FoldedName) -> bool {
    let is_moved = |given: &Folded, family: &Folded| !given.is_empty() && given.is_same(family);
    is_moved(&name.given, &other.family) || is_moved(&other.given, &name.family)
}

/// Whether two surnames are one letter apart, or sound alike.
pub(crate) fn is_like_surname(one: &str, other: &str) -> bool {
    is_within_one_edit(one, other, 5) || (one.len().min(other.len()) >= 4 && is_same_sound(one, other))
}

fn compare_family(name: &FoldedName, other: &FoldedName) -> FamilyAgreement {
    let (family, other_family) = (name.family.as_str(), other.family.as_str());
    if !name.has_family() || !other.has_family() {
        FamilyAgreement::Unknown
    } else if name.family.is_same(&other.family) {
        FamilyAgreement::Same
    } else if name.family_parts().any(|part| other.family_parts().any(|other_part| part == other_part)) {
        FamilyAgreement::Part
    } else if is_like_surname(family, other_family) {
        FamilyAgreement::Similar
    } else {
        FamilyAgreement::Different
    }
}

fn compare_given(name: &FoldedName, other: &FoldedName) -> GivenAgreement {
    if !name.has_given() || !other.has_given() {
        let is_misplaced = |missing: &FoldedName, present: &FoldedName| {
            missing.given.is_empty() && present.given.parts().next().is_some_and(|first| is_second_name(first, missing))
        };
        let is_second = is_misplaced(name, other) || is_misplaced(other, name);
        return if is_second { GivenAgreement::Second } else { GivenAgreement::Unknown };
    }
    let (Some(first), Some(other_first)) = (name.given.parts().next(), other.given.parts().next()) else {
        return GivenAgreement::Unknown;
    };
    if name.given.as_str().len() == 1 || other.given.as_str().len() == 1 {
        // An initial never says as much as a name, not even when both are initials.
        let is_alike = first.chars().next() == other_first.chars().next();
        return if is_alike { GivenAgreement::Initial } else { GivenAgreement::Different };
    }
    if first == other_first
        || name.given.is_same(&other.given)
        || fold::is_same_text(name.given_names(), other.given_names())
    {
        GivenAgreement::Same
    } else if nicknames::are_variants(first, other_first) {
        GivenAgreement::Variant
    } else if is_short_form(first, other_first)
        || is_short_form(other_first, first)
        || is_within_one_edit(first, other_first, 4)
        || is_within_one_edit(name.given.as_str(), other.given.as_str(), 5)
        || (first.len().min(other_first.len()) >= 4 && is_same_sound(first, other_first))
    {
        GivenAgreement::Similar
    } else if is_second_name(first, other) || is_second_name(other_first, name) {
        GivenAgreement::Second
    } else {
        GivenAgreement::Different
    }
}

/// Whether the name is one of the other's further given names.
fn is_second_name(first: &str, other: &FoldedName) -> bool {
    let further = if other.given.is_empty() { 0 } else { 1 };
    first.len() > 1 && other.given_names().skip(further).any(|second| second == first)
}

/// Whether the one is the beginning of the other, three letters of it or more.
fn is_short_form(short: &str, long: &str) -> bool {
    short.len() >= 3 && long.starts_with(short)
}

fn compare_middle(name: &FoldedName, other: &FoldedName) -> MiddleAgreement {
    if name.given.is_same(&other.given) && name.given.parts().count() != other.given.parts().count() {
        // JEAN LUC and JEANLUC: the words after the first cannot be told apart.
        return MiddleAgreement::Unknown;
    }
    match (name.given_names().nth(1), other.given_names().nth(1)) {
        (Some(second), Some(other_second)) if second == other_second && second.len() > 1 => MiddleAgreement::Same,
        (Some(second), Some(other_second))
            if second.starts_with(other_second)
                || other_second.starts_with(second)
                || is_within_one_edit(second, other_second, 4) =>
        {
            MiddleAgreement::Similar
        }
        (Some(_), Some(_)) => MiddleAgreement::Different,
        _ => MiddleAgreement::Unknown,
    }
}
