//! Places in Texas: city, county, ZIP codes, area code.

use model::{Address, Telecom};

use super::dice::Dice;

/// A city.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    city: &'static str,
    /// FIPS code of the county.
    county: &'static str,
    zips: &'static [&'static str],
    area_code: &'static str,
}

const fn place(
    city: &'static str,
    county: &'static str,
    zips: &'static [&'static str],
    area_code: &'static str,
) -> Place {
    Place { city, county, zips, area_code }
}

/// In order of size, roughly; a few small towns at the end.
const PLACES: [Place; 36] = [
    place("Houston", "48201", &["77002", "77021", "77036", "77084", "77099"], "713"),
    place("San Antonio", "48029", &["78201", "78228", "78245", "78250"], "210"),
    place("Dallas", "48113", &["75211", "75217", "75228", "75243"], "214"),
    place("Austin", "48453", &["78702", "78741", "78745", "78758"], "512"),
    place("Fort Worth", "48439", &["76104", "76116", "76133", "76179"], "817"),
    place("El Paso", "48141", &["79907", "79912", "79924", "79936"], "915"),
    place("Arlington", "48439", &["76010", "76013", "76017"], "817"),
    place("Corpus Christi", "48355", &["78404", "78412", "78415"], "361"),
    place("Plano", "48085", &["75023", "75024", "75074"], "972"),
    place("Laredo", "48479", &["78040", "78041", "78045"], "956"),
    place("Lubbock", "48303", &["79410", "79414", "79424"], "806"),
    place("Garland", "48113", &["75040", "75042", "75043"], "972"),
    place("Irving", "48113", &["75038", "75060", "75062"], "972"),
    place("Frisco", "48085", &["75033", "75035"], "469"),
    place("McKinney", "48085", &["75069", "75071"], "469"),
    place("Amarillo", "48375", &["79106", "79107"], "806"),
    place("Brownsville", "48061", &["78520", "78521", "78526"], "956"),
    place("McAllen", "48215", &["78501", "78504"], "956"),
    place("Killeen", "48027", &["76541", "76542", "76549"], "254"),
    place("Pasadena", "48201", &["77502", "77506"], "281"),
    place("Mesquite", "48113", &["75149", "75150"], "972"),
    place("Denton", "48121", &["76201", "76209"], "940"),
    place("Waco", "48309", &["76704", "76706", "76708"], "254"),
    place("Midland", "48329", &["79701", "79705"], "432"),
    place("Odessa", "48135", &["79761", "79762"], "432"),
    place("Round Rock", "48491", &["78664", "78681"], "512"),
    place("Tyler", "48423", &["75701", "75702"], "903"),
    place("Beaumont", "48245", &["77703", "77706"], "409"),
    place("Edinburg", "48215", &["78539", "78541"], "956"),
    place("Abilene", "48441", &["79603", "79605"], "325"),
    place("Wichita Falls", "48485", &["76301", "76308"], "940"),
    place("San Angelo", "48451", &["76901", "76903"], "325"),
    place("Galveston", "48167", &["77550", "77551"], "409"),
    place("Nacogdoches", "48347", &["75961", "75964"], "936"),
    place("Uvalde", "48463", &["78801"], "830"),
    place("Alpine", "48043", &["79830"], "432"),
];

const STREETS: [&str; 40] = [
    "Oak",
    "Main",
    "Elm",
    "Cedar",
    "Pecan",
    "Mesquite",
    "Live Oak",
    "Bluebonnet",
    "Magnolia",
    "Maple",
    "Park",
    "Lake",
    "Hill Country",
    "Austin",
    "Houston",
    "Travis",
    "Crockett",
    "Bowie",
    "Lamar",
    "Fannin",
    "Milam",
    "Rusk",
    "Sabine",
    "Brazos",
    "Colorado",
    "Guadalupe",
    "Nueces",
    "Rio Grande",
    "San Jacinto",
    "Alamo",
    "Mission",
    "Palm",
    "Juniper",
    "Prairie",
    "Ranch",
    "Longhorn",
    "Mockingbird",
    "Cottonwood",
    "Sycamore",
    "Willow",
];

const KINDS: [&str; 8] = ["St", "Dr", "Ln", "Ave", "Rd", "Ct", "Blvd", "Way"];

/// Somewhere in Texas, the larger cities more often.
pub(super) fn somewhere(dice: &mut Dice) -> &'static Place {
    let count = PLACES.len() as u64;
    let (one, other) = (dice.below(count), dice.below(count));
    &PLACES[(one * (other + 1) / count) as usize]
}

impl Place {
    /// A home there.
    pub(super) fn home(&self, dice: &mut Dice) -> Address {
        let number = dice.between(100, 9899);
        let street = format!("{number} {} {}", dice.one_of(&STREETS), dice.one_of(&KINDS));
        let unit = if dice.percent(25) { format!("Apt {}", dice.between(1, 320)) } else { String::new() };
        Address {
            street,
            unit,
            city: self.city.to_owned(),
            state: "TX".to_owned(),
            zip: dice.one_of(self.zips).to_owned(),
            country: "USA".to_owned(),
            county: self.county.to_owned(),
            kind: "H".to_owned(),
        }
    }

    /// A phone number there, in exchange 555.
    pub(super) fn phone(&self, dice: &mut Dice) -> Telecom {
        let equipment = if dice.percent(70) { "CP" } else { "PH" };
        Telecom {
            value: format!("{}555{:04}", self.area_code, dice.between(1300, 9899)),
            usage: "PRN".to_owned(),
            equipment: equipment.to_owned(),
        }
    }
}
