//! People as the registry may hold them, ordinary and awkward, and the questions that ask for them.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::{
    Address, Assessment, Coded, Completion, Cvx, DatedCode, Demographics, Dose, DoseEvaluation, DoseStatus, EntityId,
    Facility, Finding, FindingKind, GroupForecast, GroupStatus, Identifier, InformationSource, Location, MessageId,
    NextOfKin, OrganizationId, Patient, PatientId, PatientObservation, PatientRecord, PatientReport, PatientReportId,
    PatientStatus, PersonName, Protection, Provider, QueryOutcome, QueryStatus, Reason, Sex, Telecom,
    VaccinationEventId, VaccinationReport, VaccinationReportId, Vis,
};

/// UUIDs that differ.
fn uuid(number: u128) -> String {
    format!("{:032x}", (0x0192_u128 << 112) + number)
}

macro_rules! id {
    ($kind:ident, $number:expr) => {
        uuid($number).parse::<$kind>().expect("32 digits are an id")
    };
}

fn text(value: &str) -> String {
    value.to_owned()
}

/// A name of a type.
pub(crate) fn name(family: &str, given: &str, kind: &str) -> PersonName {
    PersonName { family: text(family), given: text(given), kind: text(kind), ..PersonName::default() }
}

/// Nothing but what the registry requires.
fn plain() -> Demographics {
    Demographics {
        identifiers: vec![identifier("MR", "A1", "CLINIC")],
        names: vec![name("Garza", "Ana", "L")],
        birth_date: Some(date(2020, 3, 15)),
        sex: Some(Sex::F),
        ..Demographics::default()
    }
}

fn identifier(kind: &str, value: &str, authority: &str) -> Identifier {
    Identifier { kind: text(kind), value: text(value), authority: text(authority) }
}

/// Everything that can be known.
fn complete() -> Demographics {
    let home = Address {
        street: text("1 Oak St & Elm"),
        unit: text("2"),
        city: text("Austin"),
        state: text("TX"),
        zip: text("78701"),
        country: text("USA"),
        county: text("453"),
        kind: text("H"),
    };
    let phone = Telecom { value: text("5125551212"), usage: text("PRN"), equipment: text("CP") };
    Demographics {
        mother_maiden_name: Some(name("Luna", "Eva", "M")),
        races: vec![text("2106-3"), text("2028-9")],
        ethnicity: Some(text("2135-2")),
        addresses: vec![home.clone(), Address { city: text("Waco"), kind: text("BDL"), ..Address::default() }],
        telecoms: vec![
            phone.clone(),
            Telecom { value: text("ana@example.org"), usage: text("NET"), equipment: text("X.400") },
        ],
        language: Some(Coded { code: text("spa"), text: text("Spanish"), system: text("ISO639") }),
        multiple_birth: Some(false),
        is_deceased: Some(false),
        next_of_kin: vec![NextOfKin {
            name: name("Luna", "Eva", "L"),
            relationship: text("MTH"),
            address: Some(home),
            telecoms: vec![phone],
        }],
        publicity: Some(DatedCode { code: text("02"), since: Some(date(2022, 1, 1)) }),
        protection: Some(Protection { is_protected: false, since: Some(date(2022, 1, 1)) }),
        registry_status: Some(DatedCode { code: text("A"), since: None }),
        ..plain()
    }
}

/// A person who fits no form.
fn awkward() -> Demographics {
    Demographics {
        identifiers: vec![
            identifier("MR", "A12345678901234567890", "CLINIC"),
            identifier("", "B2", "CLINIC"),
            identifier("MR", "C3", ""),
            identifier("QQ", "D4", "CLINIC"),
            identifier("SS", "123456789", "SSA"),
            identifier("MA", "M5", "MEDICAID"),
            identifier("MR", "E5", "2.16.840.1.113883.3.72.5.40.5"),
            identifier("MR", "F6", "A very long name of an authority"),
        ],
        names: vec![
            name("de la Cruz|Garza^y", &"Maximiliana".repeat(4), ""),
            name("Luna", "", "A"),
            name("Ana", "Line\r\nbreak", "Q"),
            name("Peña", "Íñigo", "B"),
        ],
        mother_maiden_name: Some(name("", "Eva", "M")),
        sex: Some(Sex::X),
        races: vec![text("W"), text("2131-1")],
        ethnicity: Some(text("H")),
        addresses: vec![
            Address { country: text("United States"), kind: text("Q"), ..Address::default() },
            Address { street: "Long ".repeat(40), zip: text("78701-1234-5678"), ..Address::default() },
        ],
        telecoms: vec![
            Telecom { value: text("+1 (512) 555"), ..Telecom::default() },
            Telecom { value: text("525555551212"), usage: text("HOME"), equipment: text("FAX?") },
            Telecom { value: text("12345678901234567"), ..Telecom::default() },
            Telecom { value: text("911"), usage: text("NET"), ..Telecom::default() },
        ],
        multiple_birth: Some(true),
        birth_order: Some(2),
        is_deceased: Some(true),
        death_date: Some(date(2024, 2, 29)),
        next_of_kin: vec![
            NextOfKin { name: name("", "Eva", "L"), relationship: text("MTH"), ..NextOfKin::default() },
            NextOfKin { name: name("Luna", "Eva", "L"), relationship: text("EMC"), ..NextOfKin::default() },
            NextOfKin { name: name("Garza", "Leo", "Q"), relationship: text("FTH"), ..NextOfKin::default() },
        ],
        publicity: Some(DatedCode { code: text("77"), since: None }),
        protection: Some(Protection { is_protected: true, since: None }),
        registry_status: Some(DatedCode { code: text("Z"), since: Some(date(2022, 1, 1)) }),
        ..plain()
    }
}

/// A dose that the reporting organization gave, with all that belongs to it.
pub(crate) fn given(cvx: u16, on: Date) -> Dose {
    let nurse = Provider { id: text("5"), family: text("Giver"), given: text("Gail"), authority: text("NPI") };
    Dose {
        order_id: Some(EntityId { id: text("F1"), authority: text("CLINIC") }),
        ndc: Some(text("58160-0820-11")),
        trade_name: None,
        mvx: Some(text("SKB")),
        lot_number: Some(text("LOT&1")),
        lot_expires_on: Some(date(2027, 12, 31)),
        amount: Some(text("0.5")),
        amount_unit: Some(text("mL")),
        source: InformationSource::Administered,
        route: Some(text("C28161")),
        body_site: Some(text("LT")),
        administered_by: Some(nurse.clone()),
        ordered_by: Some(Provider { id: text("12345678901234567890"), ..nurse.clone() }),
        entered_by: Some(Provider { authority: String::new(), ..nurse }),
        administered_at: Some(Facility { code: text("CLINIC"), universal_id: text("1.2.3") }),
        eligibility: Some(text("V01")),
        funding_source: Some(text("PHC70")),
        vis: vec![
            Vis { document: Some(text("253088698300005911120202")), presented_on: Some(on), ..Vis::default() },
            Vis { cvx: Some(Cvx(cvx)), edition_on: Some(on), presented_on: Some(on), ..Vis::default() },
        ],
        reactions: vec![Coded { code: text("39579001"), text: text("Anaphylaxis"), system: text("SCT") }],
        ..told(cvx, on)
    }
}

/// A dose that somebody was told of.
pub(crate) fn told(cvx: u16, on: Date) -> Dose {
    Dose {
        order_id: None,
        placer_order_id: None,
        administered_on: on,
        cvx: Cvx(cvx),
        ndc: None,
        trade_name: None,
        mvx: None,
        lot_number: None,
        lot_expires_on: None,
        amount: None,
        amount_unit: None,
        source: InformationSource::Historical(1),
        completion: Completion::Complete,
        refusal_reason: None,
        route: None,
        body_site: None,
        administered_by: None,
        ordered_by: None,
        entered_by: None,
        administered_at: None,
        eligibility: None,
        funding_source: None,
        vis: Vec::new(),
        reactions: Vec::new(),
        observations: Vec::new(),
    }
}

/// Doses that fit no form.
fn awkward_doses() -> Vec<Dose> {
    let on = date(2022, 3, 15);
    vec![
        Dose { source: InformationSource::Administered, ..told(8, on) },
        Dose {
            amount: Some(text("1")),
            amount_unit: Some(text("vial")),
            mvx: Some(text("NOBODY")),
            route: Some(text("OTH")),
            body_site: Some(text("LT")),
            lot_number: Some("LOT".repeat(12)),
            administered_at: Some(Facility {
                code: "Clinic at the corner of Oak".to_owned(),
                universal_id: text("none"),
            }),
            administered_by: Some(Provider { id: text("9"), ..Provider::default() }),
            eligibility: Some(text("TXA01")),
            vis: vec![Vis { document: Some(text("unknown")), presented_on: Some(on), ..Vis::default() }],
            ..given(20, on)
        },
        Dose { completion: Completion::Refused, ..given(3, on) },
        Dose {
            completion: Completion::Refused,
            refusal_reason: Some(Coded { code: text("00"), text: String::new(), system: text("NIP002") }),
            ..told(21, on)
        },
        Dose { completion: Completion::NotAdministered, ..told(48, on) },
        Dose { completion: Completion::Partial, ..given(115, on) },
        Dose { route: Some(text("SC")), ndc: Some(text("49281-0400-10")), ..told(115, date(2021, 1, 1)) },
        told(999, date(2020, 12, 31)),
    ]
}

fn contraindications() -> Vec<PatientObservation> {
    let code = |code: &str, system: &str| Coded { code: text(code), text: text("so & so"), system: text(system) };
    vec![
        PatientObservation {
            question: text("30945-0"),
            value: code("VXC18", "CDCPHINVS"),
            vaccine: None,
            since: Some(date(2022, 1, 1)),
            observed_on: None,
            first_said_on: None,
            until: Some(date(2023, 1, 1)),
        },
        PatientObservation {
            question: text("59784-9"),
            value: code("38907003", "SCT"),
            vaccine: None,
            since: None,
            observed_on: None,
            first_said_on: None,
            until: None,
        },
        PatientObservation {
            question: text("31044-1"),
            value: code("39579001", "SCT"),
            vaccine: None,
            since: None,
            observed_on: Some(date(2022, 1, 2)),
            first_said_on: None,
            until: None,
        },
        PatientObservation {
            question: text("59784-9"),
            value: Coded::default(),
            vaccine: None,
            since: None,
            observed_on: None,
            first_said_on: None,
            until: None,
        },
    ]
}

/// A record of one person with these doses, each a vaccination of its own.
pub(crate) fn record(
    number: u128,
    who: Demographics,
    doses: Vec<Dose>,
    facts: Vec<PatientObservation>,
) -> PatientRecord {
    let patient_id = id!(PatientId, number);
    let organization_id = id!(OrganizationId, 1);
    let message_id = id!(MessageId, 1);
    let at = Timestamp::UNIX_EPOCH;
    let report = PatientReport {
        id: id!(PatientReportId, number),
        patient_id,
        organization_id,
        message_id,
        received_at: at,
        demographics: who.clone(),
        observations: facts,
    };
    let vaccination = |(index, dose): (u128, Dose)| VaccinationReport {
        id: id!(VaccinationReportId, number * 1000 + index),
        patient_id,
        event_id: id!(VaccinationEventId, number * 1000 + index),
        organization_id,
        message_id,
        received_at: at,
        is_deleted: false,
        dose,
        verdicts: Vec::new(),
    };
    PatientRecord {
        patient: Patient {
            id: patient_id,
            version: 1,
            status: PatientStatus::Active,
            demographics: who,
            created_at: at,
            updated_at: at,
            is_told_apart: false,
        },
        reports: vec![report],
        vaccinations: (0..).zip(doses).map(vaccination).collect(),
        consents: Vec::new(),
    }
}

/// Records by name.
pub(crate) fn records() -> Vec<(&'static str, PatientRecord)> {
    let on = date(2022, 3, 15);
    vec![
        ("plain", record(1, plain(), vec![], vec![])),
        ("complete", record(2, complete(), vec![given(8, on), told(3, on)], contraindications())),
        ("awkward", record(3, awkward(), awkward_doses(), contraindications())),
        ("twin", record(4, Demographics { multiple_birth: Some(true), ..plain() }, vec![told(8, on)], vec![])),
        ("facts_only", record(5, plain(), vec![], contraindications())),
        ("many", record(6, plain(), vec![given(140, on); 120], vec![])),
        ("nameless", record(7, Demographics { is_deceased: Some(true), ..complete() }, awkward_doses(), vec![])),
    ]
}

/// The answer to a question that found these people.
/// What an engine may say of a record: every dose in turn valid or not, and forecasts of every status.
pub(crate) fn assessment(record: &PatientRecord) -> Assessment {
    let reason = |text: &str| Reason { rule: "7.4", english: text.to_owned(), spanish: None };
    let evaluation = |(number, report): (u16, &model::VaccinationReport)| DoseEvaluation {
        event_id: report.event_id,
        vaccine_group: "DTaP/Tdap/Td".to_owned(),
        group_cvx: Cvx(107),
        series: "Series | with ^ awkward & name".to_owned(),
        dose_number: Some(number).filter(|number| number % 3 != 0),
        doses_in_series: Some(5),
        status: if number % 2 == 1 { DoseStatus::Valid } else { DoseStatus::NotValid },
        reasons: vec![reason("Not valid: given 25 days after the previous dose; the minimum is 28 (24 with grace).")],
    };
    let forecast = |status| GroupForecast {
        vaccine_group: "MMR".to_owned(),
        group_cvx: Cvx(3),
        is_for_risk: false,
        status,
        dose_number: Some(2),
        earliest_on: (status == GroupStatus::Due).then(|| date(2022, 4, 12)),
        recommended_on: (status == GroupStatus::Due).then(|| date(2026, 3, 15)),
        past_due_on: None,
        latest_on: (status == GroupStatus::Due).then(|| date(2030, 3, 15)),
        products: vec![Cvx(3), Cvx(94)],
        reasons: vec![reason("The series is complete.")],
    };
    let statuses = [
        GroupStatus::Due,
        GroupStatus::Overdue,
        GroupStatus::Complete,
        GroupStatus::AgedOut,
        GroupStatus::Immune,
        GroupStatus::Contraindicated,
    ];
    Assessment {
        schedule: "cdsi-4.64".to_owned(),
        on: date(2024, 7, 1),
        evaluations: (1..=u16::MAX).zip(&record.vaccinations).map(evaluation).collect(),
        forecasts: statuses.into_iter().map(forecast).collect(),
    }
}

pub(crate) fn outcome(status: QueryStatus, people: Vec<PatientRecord>, findings: Vec<Finding>) -> QueryOutcome {
    QueryOutcome { message_id: id!(MessageId, 1), status, people, assessment: None, findings }
}

/// Findings of every kind, each at several places.
pub(crate) fn findings() -> Vec<Finding> {
    let places = [
        Location::segment("PID", 1),
        Location::field("RXA", 2, 5).component(1),
        Location::field("OBX", 120, 5),
        Location::field("PID", 1, 3).repetition(2).component(4),
    ];
    let values = ["", "ordinary", "a|b^c~d\\e&f\r\n", "Ein sehr langer Wert, der nicht enden will und will und will"];
    let located = FindingKind::ALL.iter().flat_map(|kind| {
        places.iter().zip(values).map(|(place, value)| Finding::new(*kind).at(*place).naming(value.repeat(3)))
    });
    located.chain(FindingKind::ALL.iter().map(|kind| Finding::new(*kind))).collect()
}

const HEADER: &str =
    "MSH|^~\\&|EHR^1.2.3^ISO|CLINIC|IIS|TX|20240301120000-0600||QBP^Q11^QBP_Q11|Q&A 1|P|2.5.1|||ER|AL|||||";

/// A question for a history.
pub(crate) fn history_question() -> String {
    format!(
        "{HEADER}Z34^CDCPHINVS|CLINIC^^^^^CLINIC&1.2.3&ISO^XX^^^100|TX\rQPD|Z34^Request Immunization History^CDCPHINVS\
         |tag|M5^^^MEDICAID^MA|Garza^Ana^^^^^L||20200315|F\rRCP|I|5^RD&Records&HL70126\r"
    )
}

/// A question for an evaluated history.
pub(crate) fn forecast_question() -> String {
    format!(
        "{HEADER}Z44^CDCPHINVS|CLINIC|TX\rQPD|Z44^Request Evaluated History and Forecast^CDCPHINVS|tag||Garza^Ana^^^^^L||\
         20200315|F\rRCP|I|5^RD&Records&HL70126\r"
    )
}

/// A report with a sender who fits no form.
pub(crate) fn odd_report() -> String {
    text(
        "MSH|^~\\&|An application with a long name^not an oid^DNS|^2.16.840.1^ISO|IIS|TX|2024||VXU^V04|\
         id \\T\\ id|P|2.5.1||||||||||^^^^^^ZZ^^^77\rPID|1\r",
    )
}
