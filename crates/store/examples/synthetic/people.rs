//! Synthetic people as the intake would write them, with the message that brought them.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::{
    Address, AuditAction, AuditEntry, Channel, Coded, Completion, Cvx, DatedCode, Demographics, Dose, EntityId,
    Facility, Identifier, InformationSource, LoggedMessage, MessageId, MessageIdentity, MessageState, NextOfKin,
    OrganizationId, Patient, PatientId, PatientReport, PatientReportId, PatientStatus, PersonName, Protection,
    Provider, Settled, Sex, Telecom, VaccinationEvent, VaccinationEventId, VaccinationReport, VaccinationReportId, Vis,
};
use store::{Changes, PatientChange};
use uuid::Uuid;

use crate::messages::{Dice, FAMILIES, GIVENS, STREETS, vxu};

/// Keys under which a person is found.
pub(crate) const KEYS: u64 = 7;

/// An id that grows with time, as UUID v7 do.
fn id(dice: &mut Dice, number: u64) -> Uuid {
    let milliseconds = u128::from(1_790_000_000_000 + number / 10);
    Uuid::from_u128((milliseconds << 80) | (7 << 76) | (2 << 62) | u128::from(dice.next() >> 4))
}

pub(crate) fn instant(number: u64) -> Timestamp {
    let microsecond = 1_790_000_000_000_000 + 100 * number.cast_signed();
    Timestamp::from_microsecond(microsecond).expect("the numbers are small")
}

/// The hashes of a message and of a person's keys: spread over all numbers.
pub(crate) fn hash(kind: u64, number: u64) -> i64 {
    Dice(number.wrapping_mul(31) ^ (kind << 56)).next().cast_signed()
}

/// A new person with three doses, and the message that brought them. `number` tells them from all others.
pub(crate) fn submission(number: u64) -> Changes {
    let mut dice = Dice(number ^ (0xB1EB << 40));
    let dice = &mut dice;
    let patient = patient(dice, number);
    let message = message(dice, number, Some(patient.id));
    let doses: Vec<VaccinationReport> = (0..3).map(|_| vaccination_report(dice, &patient, &message, number)).collect();
    Changes {
        patient_reports: vec![PatientReport {
            id: PatientReportId(id(dice, number)),
            patient_id: patient.id,
            organization_id: message.organization_id,
            message_id: message.id,
            received_at: message.received_at,
            demographics: patient.demographics.clone(),
            observations: Vec::new(),
        }],
        vaccination_events: doses.iter().map(event).collect(),
        vaccination_reports: doses,
        match_keys: (0..KEYS).map(|kind| (hash(kind, number), patient.id)).collect(),
        audit: vec![audit_entry(&message, AuditAction::PatientAdded)],
        patients: vec![PatientChange { patient, expected_version: None }],
        messages: vec![message],
        ..Changes::default()
    }
}

pub(crate) fn event(report: &VaccinationReport) -> VaccinationEvent {
    VaccinationEvent { id: report.event_id, patient_id: report.patient_id, primary_report_id: report.id }
}

pub(crate) fn audit_entry(message: &LoggedMessage, action: AuditAction) -> AuditEntry {
    AuditEntry {
        at: message.received_at,
        account_id: None,
        organization_id: message.organization_id,
        action,
        patient_id: message.patient_id,
        message_id: Some(message.id),
        detail: String::new(),
    }
}

pub(crate) fn message(dice: &mut Dice, number: u64, patient_id: Option<PatientId>) -> LoggedMessage {
    LoggedMessage {
        id: MessageId(id(dice, number)),
        received_at: instant(number),
        channel: Channel::WebService,
        organization_id: OrganizationId(Uuid::from_u128(u128::from(dice.below(200)))),
        identity: MessageIdentity {
            control_hash: hash(99, number),
            content_hash: [u8::try_from(dice.below(256)).expect("a byte"); 32],
        },
        kind: "VXU".to_owned(),
        state: MessageState::Accepted,
        patient_id,
        findings: Vec::new(),
        original: Some(vxu(dice, 3).into_bytes()),
        destroyed_at: None,
    }
}

fn patient(dice: &mut Dice, number: u64) -> Patient {
    Patient {
        id: PatientId(id(dice, number)),
        version: 1,
        status: PatientStatus::Active,
        demographics: demographics(dice, number),
        created_at: instant(number),
        updated_at: instant(number),
        is_told_apart: false,
    }
}

pub(crate) fn demographics(dice: &mut Dice, number: u64) -> Demographics {
    let (family, mother) = (dice.pick(FAMILIES), dice.pick(GIVENS));
    let mut telecoms = vec![telecom(format!("512{:07}", dice.below(9_999_999)), "PRN", dice.pick(&["PH", "CP"]))];
    if dice.happens(60) {
        telecoms.push(telecom(format!("{mother}{number}@example.com").to_lowercase(), "NET", "Internet"));
    }
    let address = address(dice);
    let since = day(dice, 2015);
    let authority = dice.pick(&["BURL6343", "GARZ1001", "HILL2204", "2.16.840.1.113883.3.72.5.40.9"]);
    let mut identifiers = vec![identifier("MR", format!("{}", 1_000_000 + number), authority)];
    if dice.happens(30) {
        identifiers.push(identifier("MA", format!("{}", 500_000_000 + dice.below(99_999_999)), "TXMCD"));
    }
    if dice.happens(20) {
        identifiers.push(identifier("SS", format!("9{:08}", dice.below(99_999_999)), "SSA"));
    }
    let is_deceased = dice.happens(2).then_some(true);
    Demographics {
        identifiers,
        names: vec![name(family, dice.pick(GIVENS), dice.pick(GIVENS), "L")],
        mother_maiden_name: dice.happens(70).then(|| name(dice.pick(FAMILIES), mother, "", "M")),
        birth_date: Some(day(dice, 1945)),
        sex: Some(if dice.happens(50) { Sex::F } else { Sex::M }),
        races: vec![dice.pick(&["2106-3", "2054-5", "2028-9", "2131-1", "1002-5", "2076-8"]).to_owned()],
        ethnicity: Some(dice.pick(&["2135-2", "2186-5"]).to_owned()),
        addresses: vec![address.clone()],
        telecoms: telecoms.clone(),
        language: dice.happens(20).then(|| coded(dice.pick(&["en", "es", "vi"]), "", "ISO639")),
        multiple_birth: Some(dice.happens(3)),
        birth_order: dice.happens(5).then_some(1),
        is_deceased,
        death_date: is_deceased.map(|_| day(dice, 2015)),
        next_of_kin: vec![NextOfKin {
            name: name(family, mother, "", "L"),
            relationship: dice.pick(&["MTH", "FTH", "GRD", "SEL"]).to_owned(),
            address: Some(address),
            telecoms: vec![telecoms[0].clone()],
        }],
        publicity: Some(DatedCode { code: dice.pick(&["02", "01", "11"]).to_owned(), since: Some(since) }),
        protection: Some(Protection { is_protected: dice.happens(5), since: Some(since) }),
        protection_said_at: None,
        settled: Settled::default(),
        page_corrections: Vec::new(),
        registry_status: dice.happens(40).then(|| DatedCode { code: "A".to_owned(), since: Some(since) }),
    }
}

fn name(family: &str, given: &str, middle: &str, kind: &str) -> PersonName {
    let (family, given, middle) = (family.to_owned(), given.to_owned(), middle.to_owned());
    PersonName { family, given, middle, suffix: String::new(), kind: kind.to_owned() }
}

fn identifier(kind: &str, value: String, authority: &str) -> Identifier {
    Identifier { kind: kind.to_owned(), value, authority: authority.to_owned() }
}

fn telecom(value: String, usage: &str, equipment: &str) -> Telecom {
    Telecom { value, usage: usage.to_owned(), equipment: equipment.to_owned() }
}

fn address(dice: &mut Dice) -> Address {
    Address {
        street: format!("{} {}", 1 + dice.below(19_999), dice.pick(STREETS)),
        unit: if dice.happens(20) { format!("APT {}", dice.below(400)) } else { String::new() },
        city: dice.pick(&["Austin", "Houston", "San Antonio", "Dallas", "El Paso", "Laredo", "Lubbock"]).to_owned(),
        state: "TX".to_owned(),
        zip: format!("7{:04}", 5000 + dice.below(4999)),
        country: "USA".to_owned(),
        county: format!("48{:03}", 1 + 2 * dice.below(254)),
        kind: dice.pick(&["H", "P", "L"]).to_owned(),
    }
}

pub(crate) fn coded(code: &str, text: &str, system: &str) -> Coded {
    Coded { code: code.to_owned(), text: text.to_owned(), system: system.to_owned() }
}

/// A day in the years from this one on.
pub(crate) fn day(dice: &mut Dice, first_year: i16) -> Date {
    let years = u64::try_from(2026 - first_year).expect("years before 2026");
    date(first_year, 1, 1) + jiff::Span::new().days(dice.below(365 * years).cast_signed())
}

pub(crate) fn vaccination_report(
    dice: &mut Dice,
    patient: &Patient,
    message: &LoggedMessage,
    number: u64,
) -> VaccinationReport {
    VaccinationReport {
        id: VaccinationReportId(id(dice, number)),
        patient_id: patient.id,
        event_id: VaccinationEventId(id(dice, number)),
        organization_id: message.organization_id,
        message_id: message.id,
        received_at: message.received_at,
        is_deleted: false,
        dose: dose(dice),
        verdicts: Vec::new(),
    }
}

pub(crate) fn dose(dice: &mut Dice) -> Dose {
    let given_on = day(dice, 2012);
    let provider = Provider {
        id: format!("{}", 1_000_000_000 + dice.below(899_999_999)),
        family: dice.pick(FAMILIES).to_owned(),
        given: dice.pick(GIVENS).to_owned(),
        authority: "NPI".to_owned(),
    };
    let authority = dice.pick(&["BURL6343", "GARZ1001", "HILL2204", "2.16.840.1.113883.3.72.5.40.9"]).to_owned();
    let order = dice.next() >> 24;
    Dose {
        order_id: Some(EntityId { id: order.to_string(), authority: authority.clone() }),
        placer_order_id: Some(EntityId { id: (order + 7).to_string(), authority: authority.clone() }),
        administered_on: given_on,
        cvx: Cvx(u16::try_from(dice.below(300)).expect("small")),
        ndc: dice
            .happens(60)
            .then(|| dice.pick(&["58160-0810-11", "00006-4827-00", "49281-0860-10", "59267-1000-01"]).to_owned()),
        trade_name: None,
        mvx: Some(dice.pick(&["SKB", "MSD", "PMC", "PFR", "MOD", "SEQ"]).to_owned()),
        lot_number: Some(format!("{}{:04}", dice.pick(&["U4", "AB", "X9", "EL"]), dice.below(9999))),
        lot_expires_on: Some(day(dice, 2020)),
        amount: Some(dice.pick(&["0.5", "0.3", "0.25", "1", "2"]).to_owned()),
        amount_unit: Some("mL".to_owned()),
        source: InformationSource::Administered,
        completion: Completion::Complete,
        refusal_reason: dice.happens(2).then(|| coded("00", "Parental decision", "NIP002")),
        route: Some(dice.pick(&["C28161", "C38299", "C38288", "C38284"]).to_owned()),
        body_site: Some(dice.pick(&["LA", "RA", "LT", "RT", "LD", "RD"]).to_owned()),
        administered_by: Some(provider.clone()),
        entered_by: dice.happens(30).then(|| provider.clone()),
        ordered_by: Some(provider),
        administered_at: Some(Facility { code: authority, universal_id: String::new() }),
        eligibility: Some(dice.pick(&["V01", "V02", "V03", "V04", "V05"]).to_owned()),
        funding_source: Some(dice.pick(&["VXC50", "PHC70", "VXC51"]).to_owned()),
        vis: vec![vis(dice, given_on)],
        reactions: if dice.happens(2) { vec![coded("VXC11", "convulsions", "CDCPHINVS")] } else { Vec::new() },
        observations: Vec::new(),
    }
}

fn vis(dice: &mut Dice, given_on: Date) -> Vis {
    let document = dice.pick(&[
        "253088698300003511070517",
        "253088698300026411190806",
        "253088698300012711200815",
        "253088698300010311150807",
    ]);
    match dice.happens(70) {
        true => Vis { document: Some(document.to_owned()), presented_on: Some(given_on), ..Vis::default() },
        false => {
            Vis { cvx: Some(Cvx(20)), edition_on: Some(day(dice, 2012)), presented_on: Some(given_on), document: None }
        }
    }
}
