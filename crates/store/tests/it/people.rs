//! Synthetic people, their doses and their messages.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::{
    Address, AuditAction, AuditEntry, Channel, Completion, Cvx, Demographics, Dose, EntityId, Identifier,
    InformationSource, LoggedMessage, MessageId, MessageIdentity, MessageState, OrganizationId, Patient, PatientId,
    PatientReport, PatientReportId, PatientStatus, PersonName, Sex, VaccinationEvent, VaccinationEventId,
    VaccinationReport, VaccinationReportId,
};
use store::{Changes, PatientChange};
use uuid::Uuid;

/// An id of kind `kind` (any number that keeps kinds apart) and number `number`, ordered by number as UUID v7 are.
pub(crate) fn id(kind: u16, number: u64) -> Uuid {
    Uuid::from_u128((0x0192_0000_0000_7000_8000 << 48) + (u128::from(number) << 16) + u128::from(kind))
}

pub(crate) fn instant(number: u64) -> Timestamp {
    let microsecond = 1_790_000_000_000_000 + i64::try_from(number).expect("test numbers are small");
    Timestamp::from_microsecond(microsecond).expect("test instants are near")
}

pub(crate) fn patient_id(number: u64) -> PatientId {
    PatientId(id(1, number))
}

pub(crate) fn message_id(number: u64) -> MessageId {
    MessageId(id(2, number))
}

pub(crate) fn organization_id(number: u64) -> OrganizationId {
    OrganizationId(id(3, number))
}

pub(crate) fn demographics(number: u64) -> Demographics {
    Demographics {
        identifiers: vec![Identifier {
            kind: "MR".to_owned(),
            value: format!("MR{number}"),
            authority: "CLINIC".to_owned(),
        }],
        names: vec![PersonName {
            family: format!("Garza{number}"),
            given: "Ana".to_owned(),
            kind: "L".to_owned(),
            ..PersonName::default()
        }],
        birth_date: Some(birth_date(number)),
        sex: Some(Sex::F),
        races: vec!["2106-3".to_owned()],
        addresses: vec![Address {
            street: format!("{number} Main St"),
            city: "Austin".to_owned(),
            state: "TX".to_owned(),
            zip: "78701".to_owned(),
            county: "48453".to_owned(),
            kind: "H".to_owned(),
            ..Address::default()
        }],
        ..Demographics::default()
    }
}

fn birth_date(number: u64) -> Date {
    date(2010, 1, 1) + jiff::Span::new().days(i64::try_from(number % 5000).expect("small"))
}

pub(crate) fn patient(number: u64) -> Patient {
    Patient {
        id: patient_id(number),
        version: 1,
        status: PatientStatus::Active,
        demographics: demographics(number),
        created_at: instant(number),
        updated_at: instant(number),
        is_told_apart: false,
    }
}

pub(crate) fn dose(number: u64) -> Dose {
    Dose {
        order_id: Some(EntityId { id: format!("D{number}"), authority: "CLINIC".to_owned() }),
        placer_order_id: None,
        administered_on: date(2024, 5, 6),
        cvx: Cvx(140),
        ndc: None,
        trade_name: None,
        mvx: Some("SKB".to_owned()),
        lot_number: Some("LOT1".to_owned()),
        lot_expires_on: None,
        amount: Some("0.5".to_owned()),
        amount_unit: Some("mL".to_owned()),
        source: InformationSource::Administered,
        completion: Completion::Complete,
        refusal_reason: None,
        route: Some("C28161".to_owned()),
        body_site: Some("LA".to_owned()),
        administered_by: None,
        ordered_by: None,
        entered_by: None,
        administered_at: None,
        eligibility: Some("V02".to_owned()),
        funding_source: None,
        vis: Vec::new(),
        reactions: Vec::new(),
        observations: Vec::new(),
    }
}

pub(crate) fn vaccination_report(patient: u64, number: u64) -> VaccinationReport {
    VaccinationReport {
        id: VaccinationReportId(id(4, number)),
        patient_id: patient_id(patient),
        event_id: VaccinationEventId(id(5, number)),
        organization_id: organization_id(1),
        message_id: message_id(patient),
        received_at: instant(patient),
        is_deleted: false,
        dose: dose(number),
        verdicts: Vec::new(),
    }
}

pub(crate) fn vaccination_event(patient: u64, number: u64) -> VaccinationEvent {
    VaccinationEvent {
        id: VaccinationEventId(id(5, number)),
        patient_id: patient_id(patient),
        primary_report_id: VaccinationReportId(id(4, number)),
    }
}

pub(crate) fn patient_report(number: u64) -> PatientReport {
    PatientReport {
        id: PatientReportId(id(6, number)),
        patient_id: patient_id(number),
        organization_id: organization_id(1),
        message_id: message_id(number),
        received_at: instant(number),
        demographics: demographics(number),
        observations: Vec::new(),
    }
}

pub(crate) fn message(number: u64) -> LoggedMessage {
    LoggedMessage {
        id: message_id(number),
        received_at: instant(number),
        channel: Channel::WebService,
        organization_id: organization_id(1),
        identity: MessageIdentity {
            control_hash: control_hash(number),
            content_hash: [u8::try_from(number % 256).expect("a byte"); 32],
        },
        kind: "VXU".to_owned(),
        state: MessageState::Accepted,
        patient_id: Some(patient_id(number)),
        findings: Vec::new(),
        original: Some(format!("MSH|^~\\&|EHR|CLINIC|||20240506||VXU^V04^VXU_V04|{number}|P|2.5.1\r").into_bytes()),
        destroyed_at: None,
    }
}

/// Spread over all numbers, as a hash is.
pub(crate) fn control_hash(number: u64) -> i64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15).cast_signed()
}

pub(crate) fn audit_entry(number: u64) -> AuditEntry {
    AuditEntry {
        at: instant(number),
        account_id: None,
        organization_id: organization_id(1),
        action: AuditAction::PatientAdded,
        patient_id: Some(patient_id(number)),
        message_id: Some(message_id(number)),
        detail: format!("line {number}"),
    }
}

/// A new person with two doses, and everything that comes with them.
pub(crate) fn new_person(number: u64) -> Changes {
    let doses = [2 * number, 2 * number + 1];
    Changes {
        messages: vec![message(number)],
        patients: vec![PatientChange { patient: patient(number), expected_version: None }],
        patient_reports: vec![patient_report(number)],
        vaccination_reports: doses.iter().map(|dose| vaccination_report(number, *dose)).collect(),
        vaccination_events: doses.iter().map(|dose| vaccination_event(number, *dose)).collect(),
        match_keys: vec![(control_hash(number + 1_000_000), patient_id(number)), (7, patient_id(number))],
        audit: vec![audit_entry(number)],
        ..Changes::default()
    }
}
