//! Messages to measure with: synthetic people, each made from a number alone, so that nothing has to be kept.
//!
//! A message has the size and the content that EHRs send: about 3.3 KB, three doses with eligibility, funding and VIS.

use jiff::ToSpan as _;
use jiff::civil::Date;

/// The share of messages about people that the registry does not know yet, in percent.
pub(crate) const NEW_PEOPLE_PERCENT: u64 = 30;

/// Family names are put together of three parts: few enough people share one for the registry to tell them apart.
const FAMILY_BEGINNINGS: [&str; 24] = [
    "Gar", "Vil", "Nor", "Hal", "Bel", "Cas", "Dom", "Fer", "Lun", "Mor", "Ped", "Quin", "Ros", "Sal", "Tor", "Val",
    "Wil", "Zar", "Bran", "Cros", "Dun", "Kel", "Mat", "Par",
];
const FAMILY_MIDDLES: [&str; 12] = ["a", "e", "i", "o", "u", "an", "en", "in", "on", "ar", "er", "or"];
const FAMILY_ENDINGS: [&str; 24] = [
    "za", "ton", "rez", "ley", "man", "dez", "son", "guez", "field", "ker", "ra", "ñas", "dorf", "witz", "well", "nes",
    "go", "cott", "vas", "ham", "lin", "mond", "rell", "tti",
];
const GIVEN_NAMES: [&str; 48] = [
    "Maria",
    "José",
    "Emma",
    "Liam",
    "Olivia",
    "Noah",
    "Ava",
    "Ethan",
    "Sofia",
    "Mason",
    "Isabella",
    "Lucas",
    "Mia",
    "Mateo",
    "Amelia",
    "Elijah",
    "Harper",
    "Daniel",
    "Camila",
    "Sebastian",
    "Abigail",
    "Benjamin",
    "Valentina",
    "James",
    "Ximena",
    "Henry",
    "Zoe",
    "Santiago",
    "Chloe",
    "Samuel",
    "Penelope",
    "David",
    "Riley",
    "Gabriel",
    "Nora",
    "Adrian",
    "Hazel",
    "Aaron",
    "Violet",
    "Julian",
    "Aurora",
    "Isaac",
    "Stella",
    "Diego",
    "Lucy",
    "Owen",
    "Naomi",
    "Caleb",
];
const CITIES: [(&str, &str, &str); 8] = [
    ("Laredo", "78040", "48479"),
    ("Austin", "78701", "48453"),
    ("El Paso", "79901", "48141"),
    ("Houston", "77002", "48201"),
    ("Dallas", "75201", "48113"),
    ("San Antonio", "78205", "48029"),
    ("McAllen", "78501", "48215"),
    ("Lubbock", "79401", "48303"),
];

/// A vaccine as it stands in a message, with its maker, its NDC and its information statement.
struct Vaccine {
    cvx: &'static str,
    name: &'static str,
    ndc: &'static str,
    maker: &'static str,
    statement: &'static str,
}

const VACCINES: [Vaccine; 6] = [
    Vaccine {
        cvx: "20",
        name: "DTaP",
        ndc: "58160-0810-11",
        maker: "SKB^GlaxoSmithKline^MVX",
        statement: "253088698300003811070517^Diphtheria/Tetanus/Pertussis (DTaP) VIS^cdcgs1vis",
    },
    Vaccine {
        cvx: "10",
        name: "IPV",
        ndc: "49281-0860-10",
        maker: "PMC^Sanofi Pasteur^MVX",
        statement: "253088698300014411111108^Polio VIS^cdcgs1vis",
    },
    Vaccine {
        cvx: "03",
        name: "MMR",
        ndc: "00006-4681-00",
        maker: "MSD^Merck and Co., Inc.^MVX",
        statement: "253088698300012011120420^Measles/Mumps/Rubella VIS^cdcgs1vis",
    },
    Vaccine {
        cvx: "21",
        name: "Varicella",
        ndc: "00006-4827-00",
        maker: "MSD^Merck and Co., Inc.^MVX",
        statement: "253088698300024311080313^Varicella (Chickenpox) VIS^cdcgs1vis",
    },
    Vaccine {
        cvx: "83",
        name: "Hep A, ped/adol, 2 dose",
        ndc: "58160-0825-11",
        maker: "SKB^GlaxoSmithKline^MVX",
        statement: "253088698300004511111025^Hepatitis A VIS^cdcgs1vis",
    },
    Vaccine {
        cvx: "08",
        name: "Hep B, adolescent or pediatric",
        ndc: "58160-0820-11",
        maker: "SKB^GlaxoSmithKline^MVX",
        statement: "253088698300005211120202^Hepatitis B VIS^cdcgs1vis",
    },
];

/// A person, made from a number.
struct Person {
    number: u64,
    family: String,
    given: &'static str,
    middle: &'static str,
    mother: &'static str,
    maiden: String,
    birth_date: Date,
    sex: &'static str,
    city: (&'static str, &'static str, &'static str),
}

impl Person {
    fn of(number: u64) -> Person {
        let mut dice = Dice::of(number);
        let family = dice.family_name();
        Person {
            number,
            family,
            given: dice.pick(&GIVEN_NAMES),
            middle: dice.pick(&GIVEN_NAMES),
            mother: dice.pick(&GIVEN_NAMES),
            maiden: dice.family_name(),
            birth_date: jiff::civil::date(2010, 1, 1) + (dice.below(4_000) as i64).days(),
            sex: dice.pick(&["F", "M"]),
            city: *dice.pick_ref(&CITIES),
        }
    }

    fn name(&self) -> String {
        format!("{}^{}^{}^^^^L", self.family, self.given, self.middle)
    }
}

/// Whom a message is about: one of the people known before it, or the next new one. `known_people` counts those that
/// messages before this one made known.
pub(crate) fn person_of(message: u64, known_people: u64, new_people_percent: u64) -> u64 {
    let mut dice = Dice::of(message ^ 0x5EED);
    if known_people == 0 || dice.below(100) < new_people_percent { known_people } else { dice.below(known_people) }
}

/// What somebody knows who looks for a person: surname, first name, and year, month and day of birth.
pub(crate) fn sought(person: u64) -> (String, String, (i16, i8, i8)) {
    let person = Person::of(person);
    let born = person.birth_date;
    (person.family.clone(), person.given.to_owned(), (born.year(), born.month(), born.day()))
}

/// A VXU about a person. Every number gives another message, with three doses of a day of its own.
pub(crate) fn report(message: u64, person: u64) -> String {
    let person = Person::of(person);
    let mut dice = Dice::of(message);
    let Person { number, maiden, mother, sex, city: (city, zip, county), .. } = &person;
    let (name, family, born) = (person.name(), &person.family, basic(person.birth_date));
    let on = person.birth_date + (60 + dice.below(700) as i64).days();
    let phone = format!("{:03}^{:07}", 210 + number % 700, number % 10_000_000);
    let mut text = String::with_capacity(3_600);
    text.push_str(&format!(
        "MSH|^~\\&|ExampleEHR^2.16.840.1.113883.3.4411^ISO|CLINIC-4411^2.16.840.1.113883.3.4411.7^ISO|Bluebonnet|REGISTRY|\
         20260115120000.000-0600||VXU^V04^VXU_V04|B{message}|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS|||\r\
         PID|1||{number:09}^^^ExampleEHR&2.16.840.1.113883.3.4411&ISO^MR||{name}|{maiden}^{mother}^^^^^M|{born}|{sex}||\
         2106-3^White^CDCREC|{street} Live Oak Street^Apartment {number}^{city}^TX^{zip}^USA^H^^{county}||\
         ^PRN^PH^^1^{phone}~^NET^Internet^parent{number}@mail.example.org||ENG^English^HL70296|||||||2135-2^Hispanic or Latino^CDCREC||N\r\
         PD1|||||||||||02^Reminder/recall - any method^HL70215|N|{today}|||A|{today}|{today}\r\
         NK1|1|{family}^{mother}^^^^^L|MTH^Mother^HL70063|{street} Live Oak Street^Apartment {number}^{city}^TX^{zip}^USA^H|\
         ^PRN^PH^^1^{phone}\r",
        street = 100 + number % 9_000,
        today = basic(on),
    ));
    let first = dice.below(VACCINES.len() as u64);
    for order in 0..3 {
        let vaccine = &VACCINES[(first + order) as usize % VACCINES.len()];
        push_dose(&mut text, vaccine, &basic(on), message * 3 + order, order);
    }
    text
}

fn push_dose(text: &mut String, vaccine: &Vaccine, on: &str, dose: u64, order: u64) {
    let Vaccine { cvx, name, ndc, maker, statement } = vaccine;
    let site = ["LT^Left Thigh^HL70163", "RT^Right Thigh^HL70163", "LA^Left Upper Arm^HL70163"][order as usize % 3];
    text.push_str(&format!(
        "ORC|RE||{dose}^ExampleEHR^2.16.840.1.113883.3.4411^ISO|||||||7824^Jackson^Lily^A^^^^^NPI^L||1234567893^Young^Robert^^^^MD^^NPI^L\r\
         RXA|0|1|{on}||{cvx}^{name}^CVX^{ndc}^{name}^NDC|0.5|mL^MilliLiter^UCUM||00^New immunization record^NIP001|\
         7824^Jackson^Lily^A^^^^^NPI^L|^^^CLINIC-4411^^^^^1 Main Street^^Laredo^TX^78040||||L{lot:06}|20301231|{maker}|||CP|A\r\
         RXR|C28161^Intramuscular^NCIT|{site}\r\
         OBX|1|CE|64994-7^Vaccine funding program eligibility category^LN|1|V01^Not VFC eligible^HL70064||||||F|||{on}|||VXC40^Eligibility captured at the immunization level^CDCPHINVS\r\
         OBX|2|CE|30963-3^Vaccine funding source^LN|1|PHC70^Private^CDCPHINVS||||||F|||{on}\r\
         OBX|3|CE|69764-9^Document type^LN|1|{statement}||||||F|||{on}\r\
         OBX|4|DT|29769-7^Date vaccine information statement presented^LN|1|{on}||||||F|||{on}\r",
        lot = dose % 1_000_000,
    ));
}

/// What a QBP asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// The history (Z34).
    History,
    /// The evaluated history and the forecast (Z44).
    Forecast,
}

/// A QBP about a person.
pub(crate) fn question(message: u64, person: u64, asked: Asked) -> String {
    let (profile, asked) = match asked {
        Asked::History => ("Z34", "Request Immunization History"),
        Asked::Forecast => ("Z44", "Request Evaluated History and Forecast"),
    };
    let person = Person::of(person);
    let Person { number, maiden, mother, sex, city: (city, zip, _), .. } = &person;
    let (name, born) = (person.name(), basic(person.birth_date));
    format!(
        "MSH|^~\\&|ExampleEHR|CLINIC-4411|Bluebonnet|REGISTRY|20260115120000.000-0600||QBP^Q11^QBP_Q11|Q{message}|P|2.5.1|||\
         ER|AL|||||{profile}^CDCPHINVS\r\
         QPD|{profile}^{asked}^CDCPHINVS|Q{message}|{number:09}^^^ExampleEHR&2.16.840.1.113883.3.4411&ISO^MR|\
         {name}|{maiden}^{mother}^^^^^M|{born}|{sex}|{street} Live Oak Street^^{city}^TX^{zip}^USA^H\r\
         RCP|I|5^RD&Records&HL70126\r",
        street = 100 + number % 9_000,
    )
}

fn basic(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

/// Numbers that look random and are the same in every run (splitmix64).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn of(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick(&mut self, among: &[&'static str]) -> &'static str {
        among[self.below(among.len() as u64) as usize]
    }

    fn family_name(&mut self) -> String {
        [self.pick(&FAMILY_BEGINNINGS), self.pick(&FAMILY_MIDDLES), self.pick(&FAMILY_ENDINGS)].concat()
    }

    fn pick_ref<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_the_size_of_a_real_one_and_no_finding() {
        for message in 0..200 {
            let text = report(message, message);
            assert!((3_100..=3_600).contains(&text.len()), "{} bytes", text.len());
            let (message, codes) = (hl7::Message::read(&text), codes::CodeSets::builtin());
            let reading = hl7::read_submission(&message, codes.as_ref(), &hl7::Clocks::default());
            assert_eq!(reading.vaccinations.len(), 3);
            assert!(reading.findings.is_empty(), "{:?}", reading.findings);
        }
    }

    #[test]
    fn three_messages_of_ten_are_about_new_people() {
        let mut known_people = 0;
        for message in 0..10_000 {
            known_people += u64::from(person_of(message, known_people, NEW_PEOPLE_PERCENT) == known_people);
        }
        assert!((2_800..3_200).contains(&known_people), "{known_people}");
    }
}
