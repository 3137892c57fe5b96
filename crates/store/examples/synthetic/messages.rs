//! Synthetic VXU messages of people who do not exist: for training the dictionary of originals, and for measuring.

use std::fmt::Write;

/// Numbers that look random and are the same every time (SplitMix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `limit`, without `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("lists are short")]
    }

    /// True so many times in a hundred.
    pub(crate) fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A day as HL7 writes it.
    fn day(&mut self, first_year: u64, years: u64) -> String {
        let (year, month, day) = (first_year + self.below(years), 1 + self.below(12), 1 + self.below(28));
        format!("{year}{month:02}{day:02}")
    }
}

pub(crate) const FAMILIES: &[&str] = &[
    "Garcia",
    "Smith",
    "Nguyen",
    "Johnson",
    "Martinez",
    "Williams",
    "Rodriguez",
    "Brown",
    "Lopez",
    "Jones",
    "Hernandez",
    "Davis",
    "Gonzalez",
    "Miller",
    "Tran",
    "Wilson",
    "Perez",
    "Moore",
    "Sanchez",
    "Taylor",
    "Ramirez",
    "Anderson",
    "Torres",
    "Thomas",
    "Flores",
    "Jackson",
    "Rivera",
    "White",
    "Gomez",
    "Harris",
    "Diaz",
    "Clark",
    "Reyes",
    "Lewis",
    "Morales",
    "Robinson",
    "Cruz",
    "Walker",
    "Ortiz",
    "Young",
    "Gutierrez",
    "Allen",
    "Chavez",
    "King",
    "Ramos",
    "Wright",
    "Patel",
    "Scott",
    "De la Cruz",
    "Okafor",
    "Kowalski",
    "Schmidt",
    "Kim",
    "Singh",
    "Ali",
    "O'Brien",
    "Muñoz",
    "Peña",
];
pub(crate) const GIVENS: &[&str] = &[
    "Sofia",
    "Liam",
    "Isabella",
    "Noah",
    "Camila",
    "Mateo",
    "Emma",
    "Sebastian",
    "Olivia",
    "Daniel",
    "Mia",
    "Benjamin",
    "Ava",
    "Elijah",
    "Victoria",
    "James",
    "Elena",
    "Lucas",
    "Valentina",
    "Henry",
    "Ximena",
    "Jose",
    "Charlotte",
    "Luis",
    "Amelia",
    "Juan",
    "Harper",
    "Carlos",
    "Evelyn",
    "Miguel",
    "Aria",
    "Angel",
    "Luna",
    "Diego",
    "Chloe",
    "David",
    "Zoe",
    "Andrew",
    "Minh",
    "Aaliyah",
    "Priya",
    "Omar",
    "Grace",
    "Ethan",
    "Hannah",
    "Wyatt",
    "Leah",
    "Caleb",
];
pub(crate) const STREETS: &[&str] = &[
    "Main St",
    "Congress Ave",
    "Oak Ln",
    "Lamar Blvd",
    "Cedar Dr",
    "Elm St",
    "Guadalupe St",
    "Mesquite Trl",
    "Pecan Way",
    "Airport Blvd",
    "County Road 12",
    "Riverside Dr",
    "Bluebonnet Ln",
    "Ranch Rd 620",
    "Live Oak Cir",
    "Washington Ave",
];
const CITIES: &[&str] = &[
    "Austin^TX^78701",
    "Houston^TX^77002",
    "San Antonio^TX^78205",
    "Dallas^TX^75201",
    "El Paso^TX^79901",
    "Fort Worth^TX^76102",
    "Laredo^TX^78040",
    "Lubbock^TX^79401",
    "McAllen^TX^78501",
    "Amarillo^TX^79101",
];
const RACES: &[&str] = &[
    "2106-3^White^CDCREC",
    "2054-5^Black or African American^CDCREC",
    "2028-9^Asian^CDCREC",
    "2131-1^Other Race^CDCREC",
    "1002-5^American Indian or Alaska Native^CDCREC",
];
const SENDERS: &[&str] = &[
    "EPIC^1.2.840.114350.1.13.99998.8734^ISO|BURL6343^^|TxImmTrac|TxDSHS",
    "CERNER|GARZ1001|IIS|STATE",
    "ATHENANET|ATHENA12345|IIS|TX0000",
    "ECW|HILL2204^^|TxImmTrac|TxDSHS",
    "NEXTGEN|NG0042|IIS|TX",
    "PIONEERRX|PHARM5521|IIS|TX0000",
    "STC|STORE8812^^|IIS|TX0000",
];
/// CVX and name, MVX and name, route, site, NDC, statement.
const VACCINES: &[&str] = &[
    "20^DTaP^CVX|SKB^GlaxoSmithKline^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LA^Left Arm^HL70163|58160-0810-11|253088698300003511070517^DTaP VIS^cdcgs1vis",
    "21^varicella^CVX|MSD^Merck and Co., Inc.^MVX|C38299^Subcutaneous^NCIT^SC^Subcutaneous^HL70162|RA^Right Arm^HL70163|00006-4827-00|253088698300026411190806^Varicella VIS^cdcgs1vis",
    "03^MMR^CVX|MSD^Merck and Co., Inc.^MVX|C38299^Subcutaneous^NCIT^SC^Subcutaneous^HL70162|LA^Left Arm^HL70163|00006-4681-00|253088698300012711200815^MMR VIS^cdcgs1vis",
    "10^IPV^CVX|PMC^Sanofi Pasteur^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LT^Left Thigh^HL70163|49281-0860-10|253088698300017211160720^Polio VIS^cdcgs1vis",
    "08^Hep B, adolescent or pediatric^CVX|MSD^Merck and Co., Inc.^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|RT^Right Thigh^HL70163|00006-4981-00|253088698300005911180315^Hepatitis B VIS^cdcgs1vis",
    "133^Pneumococcal conjugate PCV 13^CVX|WAL^Wyeth^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LT^Left Thigh^HL70163|00005-1971-02|253088698300015811151105^PCV VIS^cdcgs1vis",
    "140^Influenza, seasonal, injectable, preservative free^CVX|SEQ^Seqirus^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LD^Left Deltoid^HL70163|70461-0322-03|253088698300010311150807^Influenza VIS^cdcgs1vis",
    "150^Influenza, injectable, quadrivalent, preservative free^CVX|SKB^GlaxoSmithKline^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|RD^Right Deltoid^HL70163|58160-0890-52|253088698300010311210806^Influenza VIS^cdcgs1vis",
    "62^HPV, quadrivalent^CVX|MSD^Merck and Co., Inc.^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LD^Left Deltoid^HL70163|00006-4045-00|253088698300006611130517^HPV VIS^cdcgs1vis",
    "115^Tdap^CVX|PMC^Sanofi Pasteur^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LD^Left Deltoid^HL70163|49281-0400-10|253088698300022611210806^Tdap VIS^cdcgs1vis",
    "83^Hep A, ped/adol, 2 dose^CVX|MSD^Merck and Co., Inc.^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LT^Left Thigh^HL70163|00006-4831-00|253088698300004211160720^Hepatitis A VIS^cdcgs1vis",
    "49^Hib (PRP-OMP)^CVX|MSD^Merck and Co., Inc.^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|RT^Right Thigh^HL70163|00006-4897-00|253088698300007311150402^Hib VIS^cdcgs1vis",
    "116^rotavirus, pentavalent^CVX|MSD^Merck and Co., Inc.^MVX|C38288^Oral^NCIT^PO^Oral^HL70162|^^|00006-4047-41|253088698300019611180223^Rotavirus VIS^cdcgs1vis",
    "208^COVID-19, mRNA, LNP-S, PF, 30 mcg/0.3 mL dose^CVX|PFR^Pfizer, Inc^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|LD^Left Deltoid^HL70163|59267-1000-01|253088698300034811230512^COVID-19 VIS^cdcgs1vis",
    "213^SARS-COV-2 (COVID-19) vaccine, UNSPECIFIED^CVX|MOD^Moderna US, Inc.^MVX|C28161^Intramuscular^NCIT^IM^Intramuscular^HL70162|RD^Right Deltoid^HL70163|80777-0273-10|253088698300034811230512^COVID-19 VIS^cdcgs1vis",
];

/// A message with so many doses, about 1 KB and 0.8 KB for each dose.
pub(crate) fn vxu(dice: &mut Dice, dose_count: u64) -> String {
    let mut text = String::with_capacity(4096);
    let sent = format!("{}{:06}-0600", dice.day(2023, 4), dice.below(235_959));
    let sender = dice.pick(SENDERS);
    let control_id = format!("{:X}", dice.next() >> 20);
    let profile = dice.pick(&[
        "Z22^CDCPHINVS",
        "Z22^CDCPHINVS|GARZ1001|TxDSHS",
        "Z22^CDCPHINVS|BURL6343^^^^^NIST-AA-1&2.16.840.1.113883.3.72.5.40.9&ISO",
    ]);
    let _ = write!(text, "MSH|^~\\&|{sender}|{sent}||VXU^V04^VXU_V04|{control_id}|P|2.5.1|||ER|AL|||||{profile}\r");
    person(&mut text, dice);
    for order in 1..=dose_count {
        dose(&mut text, dice, order);
    }
    text
}

fn person(text: &mut String, dice: &mut Dice) {
    let (family, given, middle) = (dice.pick(FAMILIES), dice.pick(GIVENS), dice.pick(GIVENS));
    let (mother, maiden) = (dice.pick(GIVENS), dice.pick(FAMILIES));
    let (born, sex, race) = (dice.day(1945, 81), dice.pick(&["F", "M"]), dice.pick(RACES));
    let (number, street, city) = (1 + dice.below(19_999), dice.pick(STREETS), dice.pick(CITIES));
    let (area, phone) = (dice.pick(&["512", "713", "210", "214", "915", "956"]), 2_000_000 + dice.below(7_999_999));
    let ethnicity = dice.pick(&["2135-2^Hispanic or Latino^CDCREC", "2186-5^Not Hispanic or Latino^CDCREC"]);
    let address = format!("{number} {street}^^{city}^USA^{}", dice.pick(&["H", "P", "L"]));
    let telecom = format!("^PRN^{}^^^{area}^{phone}", dice.pick(&["PH", "CP"]));
    let _ = write!(
        text,
        "PID|1||{}^^^{}^MR||{family}^{given}^{middle}^^^^L|{maiden}^{mother}^^^^^M|{born}|{sex}||{race}|{address}||{telecom}~^NET^Internet^{}@example.com|||||||||{ethnicity}||{}||||N\r",
        1_000_000 + dice.below(8_999_999),
        dice.pick(&["BURL6343", "GARZ1001", "EHR", "HILL2204", "NIST-MPI-1"]),
        given.to_lowercase(),
        dice.pick(&["N", "N|1", "Y|2"]),
    );
    let since = dice.day(2015, 10);
    let _ = write!(
        text,
        "PD1|||||||||||02^Reminder/recall - any method^HL70215|{}|{since}|||A|{since}|{since}\r",
        dice.pick(&["N", "Y", ""])
    );
    let relationship =
        dice.pick(&["MTH^Mother^HL70063", "FTH^Father^HL70063", "GRD^Guardian^HL70063", "SEL^Self^HL70063"]);
    let _ = write!(text, "NK1|1|{family}^{mother}^^^^^L|{relationship}|{address}|{telecom}\r");
}

fn dose(text: &mut String, dice: &mut Dice, order: u64) {
    let vaccine: Vec<&str> = dice.pick(VACCINES).split('|').collect();
    let [cvx, mvx, route, site, ndc, vis] = vaccine[..] else { unreachable!("six parts each") };
    let on = dice.day(2012, 15);
    let (id, provider, family, given) =
        (dice.next() >> 24, 1_000_000_000 + dice.below(899_999_999), dice.pick(FAMILIES), dice.pick(GIVENS));
    let authority =
        dice.pick(&["BURL6343", "GARZ1001", "EHR", "HILL2204", "NIST-AA-IZ-1^2.16.840.1.113883.3.72.5.40.9^ISO"]);
    let clinician = format!("{provider}^{family}^{given}^^^^^^NPI^L^^^NPI");
    let _ = write!(text, "ORC|RE|{id}^{authority}|{}^{authority}|||||||{clinician}||{clinician}\r", id + 7);
    let lot = format!("{}{:04}", dice.pick(&["AB", "U4", "X9", "EL", "T0", "033"]), dice.below(9_999));
    let _ = write!(
        text,
        "RXA|0|1|{on}|{on}|{cvx}^{ndc}^^NDC|{}|mL^milliliter^UCUM||00^New immunization record^NIP001|{clinician}|^^^{}||||{lot}|{}|{mvx}|||CP|A\rRXR|{route}|{site}\r",
        dice.pick(&["0.5", "0.3", "0.25", "1", "2"]),
        dice.pick(&["BURL6343", "GARZ1001", "HILL2204"]),
        dice.day(2025, 3),
    );
    let eligibility = dice.pick(&[
        "V01^Not VFC eligible^HL70064",
        "V02^VFC eligible - Medicaid/Medicaid Managed Care^HL70064",
        "V03^VFC eligible - Uninsured^HL70064",
    ]);
    let funding = dice.pick(&["VXC50^Public^CDCPHINVS", "PHC70^Private^CDCPHINVS", "VXC51^Public VFC^CDCPHINVS"]);
    let method = "|||VXC40^Eligibility captured at the immunization level^CDCPHINVS";
    let _ = write!(
        text,
        "OBX|1|CE|64994-7^Vaccine funding program eligibility category^LN|1|{eligibility}||||||F|||{on}{method}\r\
         OBX|2|CE|30963-3^Vaccine funding source^LN|{order}|{funding}||||||F|||{on}\r\
         OBX|3|CE|69764-9^Document type^LN|2|{vis}||||||F|||{on}\r\
         OBX|4|DT|29769-7^Date vaccine information statement presented^LN|2|{on}||||||F|||{on}\r"
    );
}
