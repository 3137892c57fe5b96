//! Messages for the tests: a girl born in 2019, and many synthetic people.

use bluebonnet::synthetic::{Affirmation, SendingSite, SyntheticPeople, write_batch};
use jiff::civil::date;

/// Who sends.
pub(crate) const CLINIC: &str = "LAKE2000";

/// A VXU about Elena Garza with one MMR dose, consent affirmed.
pub(crate) fn vxu(control_id: &str) -> String {
    vxu_with(control_id, "TXY")
}

/// The same with another code in PD1-12.
pub(crate) fn vxu_with(control_id: &str, consent: &str) -> String {
    [
        format!(
            "MSH|^~\\&|LakeEHR|{CLINIC}|IIS|TEXIIS|20240310120000-0600||VXU^V04^VXU_V04|{control_id}|P|2.5.1|||ER|AL\
             |||||Z22^CDCPHINVS|{CLINIC}|TEXIIS"
        ),
        format!(
            "PID|1||12345^^^{CLINIC}^MR||Garza^Elena^Maria^^^^L|Lopez^Ana^^^^^M|20190304|F||2106-3^White^CDCREC\
             |100 Oak St^^Austin^TX^78701^USA^L||^PRN^PH^^^512^5550101|||||||||2135-2^Hispanic^CDCREC"
        ),
        format!("PD1|||||||||||02^Reminder^HL70215|{consent}|20190310|||A|20190310"),
        "NK1|1|Lopez^Ana^^^^^L|MTH^Mother^HL70063".to_owned(),
        format!("ORC|RE||dose-1^{CLINIC}"),
        format!(
            "RXA|0|1|20200310||03^MMR^CVX|0.5|mL^mL^UCUM||00^New^NIP001||^^^{CLINIC}||||LOT77|20210101|MSD^Merck^MVX\
             |||CP|A"
        ),
        "RXR|C38299^SC^NCIT|LA^Left arm^HL70163".to_owned(),
        "OBX|1|CE|64994-7^Eligibility^LN|1|V02^Medicaid^HL70064||||||F|||20200310|||VXC40^per imm^CDCPHINVS".to_owned(),
    ]
    .join("\r")
}

/// A QBP that asks for her history.
pub(crate) fn qbp(control_id: &str) -> String {
    [
        format!(
            "MSH|^~\\&|LakeEHR|{CLINIC}|IIS|TEXIIS|20240310120000-0600||QBP^Q11^QBP_Q11|{control_id}|P|2.5.1|||ER|AL\
             |||||Z34^CDCPHINVS|{CLINIC}|TEXIIS"
        ),
        format!(
            "QPD|Z34^Request Immunization History^CDCPHINVS|{control_id}|12345^^^{CLINIC}^MR|Garza^Elena^Maria^^^^L\
             |Lopez^Ana^^^^^M|20190304|F|100 Oak St^^Austin^TX^78701^USA^L|^PRN^PH^^^512^5550101"
        ),
        "RCP|I|5^RD&Records&HL70126".to_owned(),
    ]
    .join("\r")
}

/// A batch file about so many synthetic people, consent affirmed.
pub(crate) fn batch(people: usize, control_prefix: &str) -> Vec<u8> {
    let mut file = Vec::new();
    let site = SendingSite { facility: CLINIC.to_owned(), application: "LakeEHR".to_owned() };
    let mut all = SyntheticPeople::new(7, date(2024, 6, 1));
    let affirm = |person: &_| Some(Affirmation::texas(person));
    write_batch(&mut file, &mut all, people, &site, control_prefix, &affirm).expect("a vector takes everything");
    file
}
