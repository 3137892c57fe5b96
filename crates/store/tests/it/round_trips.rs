//! What is written is read back equal, however awkward it is.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::{
    Account, AccountId, AccountKind, Address, AuditAction, AuditEntry, Channel, Coded, Completion, Consent, ConsentId,
    ConsentStatement, ConsentStatus, Cvx, DatedCode, Demographics, Dose, EntityId, Facility, Finding, FindingKind,
    Identifier, InformationSource, Location, LoggedMessage, MessageIdentity, MessageState, NextOfKin, Observation,
    ObservationValue, Organization, OrganizationKind, PageCorrection, Patient, PatientObservation, PatientRecord,
    PatientReport, PatientStatus, PersonFact, PersonName, Protection, Provider, ReportVerdict, Settled, Sex, Telecom,
    VaccinationReport, VaccinationReportId, Vis,
};
use store::{Changes, Database, PatientChange};
use uuid::Uuid;

use crate::batches::write;
use crate::databases::on_each_database;
use crate::people::{
    audit_entry, dose, id, instant, message, organization_id, patient, patient_id, patient_report, vaccination_report,
};

fn verdict(is_same: bool, administered_on: Date) -> ReportVerdict {
    ReportVerdict { other: VaccinationReportId(id(4, 99)), is_same, administered_on, cvx: Cvx(3) }
}

/// Letters outside ASCII and outside 16 bits, quotes, line ends, control characters but NUL.
const AWKWARD: &str = "Zoë \u{1F33C} Nguyễn-O'Brien \"x\" \\ % _ $1 ?1 {rows}\r\n\t\u{7f}\u{1}\u{fffd} 中文 ـعربى";

fn texts() -> [String; 3] {
    [String::new(), AWKWARD.to_owned(), "ñ".repeat(20_000)]
}

fn days() -> [Date; 4] {
    [date(1, 1, 1), date(1899, 12, 31), date(2000, 2, 29), date(9999, 12, 31)]
}

/// The ends of time that both databases hold, and an instant to the microsecond.
fn instants() -> [Timestamp; 4] {
    ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "2026-11-22T05:06:07.654321Z", "9999-12-30T00:00:00Z"]
        .map(|text| text.parse().expect("an instant"))
}

/// Everything that can be said of who a person is.
fn all_demographics(text: &str, day: Date) -> Demographics {
    let text = || text.to_owned();
    let name = PersonName { family: text(), given: text(), middle: text(), suffix: text(), kind: text() };
    let address = Address {
        street: text(),
        unit: text(),
        city: text(),
        state: text(),
        zip: text(),
        country: text(),
        county: text(),
        kind: text(),
    };
    let telecom = Telecom { value: text(), usage: text(), equipment: text() };
    let code = DatedCode { code: text(), since: Some(day) };
    Demographics {
        identifiers: vec![Identifier { kind: text(), value: text(), authority: text() }; 2],
        names: vec![name.clone(); 3],
        mother_maiden_name: Some(name.clone()),
        birth_date: Some(day),
        sex: Some(Sex::X),
        races: vec![text(), text()],
        ethnicity: Some(text()),
        addresses: vec![address.clone(); 2],
        telecoms: vec![telecom.clone(); 2],
        language: Some(Coded { code: text(), text: text(), system: text() }),
        multiple_birth: Some(true),
        birth_order: Some(u8::MAX),
        is_deceased: Some(true),
        death_date: Some(day),
        next_of_kin: vec![NextOfKin { name, relationship: text(), address: Some(address), telecoms: vec![telecom] }],
        publicity: Some(code.clone()),
        protection: Some(Protection { is_protected: true, since: Some(day) }),
        protection_said_at: Some(Timestamp::MAX),
        settled: Settled { name: Some(Timestamp::MAX), ..Settled::default() },
        page_corrections: vec![PageCorrection {
            fact: PersonFact::Address,
            corrected_at: Timestamp::MIN,
            replaced_at: Some(Timestamp::MAX),
        }],
        registry_status: Some(code),
    }
}

/// Everything that can be said of a dose.
fn all_of_a_dose(text: &str, day: Date) -> Dose {
    let coded = Coded { code: text.to_owned(), text: text.to_owned(), system: text.to_owned() };
    let provider =
        Provider { id: text.to_owned(), family: text.to_owned(), given: text.to_owned(), authority: text.to_owned() };
    let observation = |value| Observation { question: coded.clone(), value, group: u16::MAX, observed_on: Some(day) };
    let some = || Some(text.to_owned());
    Dose {
        order_id: Some(EntityId { id: text.to_owned(), authority: text.to_owned() }),
        placer_order_id: Some(EntityId { id: text.to_owned(), authority: text.to_owned() }),
        administered_on: day,
        cvx: Cvx(u16::MAX),
        ndc: some(),
        trade_name: some(),
        mvx: some(),
        lot_number: some(),
        lot_expires_on: Some(day),
        amount: some(),
        amount_unit: some(),
        source: InformationSource::Historical(8),
        completion: Completion::NotAdministered,
        refusal_reason: Some(coded.clone()),
        route: some(),
        body_site: some(),
        administered_by: Some(provider.clone()),
        ordered_by: Some(provider.clone()),
        entered_by: Some(provider),
        administered_at: Some(Facility { code: text.to_owned(), universal_id: text.to_owned() }),
        eligibility: some(),
        funding_source: some(),
        vis: vec![Vis { document: some(), cvx: Some(Cvx(0)), edition_on: Some(day), presented_on: Some(day) }],
        reactions: vec![coded.clone(); 2],
        observations: vec![
            observation(ObservationValue::Code(coded.clone())),
            observation(ObservationValue::Date(day)),
            observation(ObservationValue::Number(text.to_owned())),
            observation(ObservationValue::Text(text.to_owned())),
        ],
    }
}

/// A dose of which only what must be said is said.
fn bare_dose(number: u64) -> Dose {
    Dose {
        order_id: None,
        mvx: None,
        lot_number: None,
        amount: None,
        amount_unit: None,
        route: None,
        body_site: None,
        eligibility: None,
        ..dose(number)
    }
}

fn write_record(database: &Database, record: &PatientRecord) {
    let changes = Changes {
        patients: vec![PatientChange { patient: record.patient.clone(), expected_version: None }],
        patient_reports: record.reports.clone(),
        vaccination_reports: record.vaccinations.clone(),
        consents: record.consents.clone(),
        ..Changes::default()
    };
    write(&mut database.lane(0).expect("a lane opens"), &changes).expect("the record can be written");
}

#[test]
fn records_with_awkward_facts_come_back_equal() {
    on_each_database(|database| {
        let cases = texts().into_iter().flat_map(|text| days().map(|day| (text.clone(), day)));
        for (number, (text, day)) in (1..).zip(cases) {
            let at = instants()[usize::try_from(number).expect("small") % 4];
            let consent = Consent {
                id: ConsentId(id(9, number)),
                patient_id: patient_id(number),
                statement: ConsentStatement {
                    kind: text.clone(),
                    status: ConsentStatus::Withdrawn,
                    effective_on: Some(day),
                },
                organization_id: organization_id(u64::MAX >> 16),
                message_id: message(number).id,
                recorded_at: at,
            };
            let observation = PatientObservation {
                vaccine: Some(Cvx(3)),
                question: text.clone(),
                value: Coded { code: text.clone(), ..Coded::default() },
                since: Some(day),
                observed_on: Some(day),
                first_said_on: Some(day),
                until: Some(day),
            };
            let record = PatientRecord {
                patient: Patient {
                    version: i64::MAX,
                    demographics: all_demographics(&text, day),
                    created_at: at,
                    updated_at: at,
                    is_told_apart: true,
                    ..patient(number)
                },
                reports: vec![PatientReport {
                    demographics: all_demographics(&text, day),
                    observations: vec![observation; 2],
                    ..patient_report(number)
                }],
                vaccinations: vec![
                    VaccinationReport {
                        dose: all_of_a_dose(&text, day),
                        is_deleted: true,
                        received_at: at,
                        verdicts: [true, false].map(|is_same| verdict(is_same, day)).to_vec(),
                        ..vaccination_report(number, 10 * number)
                    },
                    VaccinationReport { dose: bare_dose(number), ..vaccination_report(number, 10 * number + 1) },
                ],
                consents: vec![consent],
            };
            write_record(database, &record);
            assert_eq!(database.patient_records(&[record.patient.id]).expect("readable"), [record]);
        }
    });
}

#[test]
fn a_person_of_whom_nothing_is_said_comes_back_equal() {
    on_each_database(|database| {
        let statuses = [PatientStatus::Active, PatientStatus::Pending, PatientStatus::MergedInto(patient_id(9))];
        for (number, status) in (1..).zip(statuses) {
            let patient = Patient { status, demographics: Demographics::default(), ..patient(number) };
            let report = PatientReport { demographics: Demographics::default(), ..patient_report(number) };
            let record = PatientRecord { patient, reports: vec![report], vaccinations: vec![], consents: vec![] };
            write_record(database, &record);
            assert_eq!(database.patient_records(&[patient_id(number)]).expect("readable"), [record]);
        }
    });
}

#[test]
fn every_word_of_a_dose_comes_back_equal() {
    on_each_database(|database| {
        let completions = [Completion::Complete, Completion::Partial, Completion::Refused, Completion::NotAdministered];
        let sources = (0..=8).map(|number| match number {
            0 => InformationSource::Administered,
            number => InformationSource::Historical(number),
        });
        let words = sources.flat_map(|source| completions.map(|completion| (source, completion)));
        let vaccinations: Vec<_> = (1..)
            .zip(words)
            .map(|(number, (source, completion))| VaccinationReport {
                dose: Dose { source, completion, ..bare_dose(number) },
                ..vaccination_report(1, number)
            })
            .collect();
        let record = PatientRecord { patient: patient(1), reports: vec![], vaccinations, consents: vec![] };
        write_record(database, &record);
        assert_eq!(database.patient_records(&[patient_id(1)]).expect("readable"), [record]);
    });
}

#[test]
fn messages_come_back_equal_byte_for_byte() {
    on_each_database(|database| {
        let originals = [
            None,
            Some(Vec::new()),
            Some(vec![0, 255, 0, 13]),
            Some(AWKWARD.repeat(3_000).into_bytes()),
            Some((0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()),
        ];
        let states = [
            MessageState::Accepted,
            MessageState::AcceptedWithFindings,
            MessageState::Pending,
            MessageState::Rejected,
            MessageState::Quarantined,
        ];
        let channels = [Channel::Web, Channel::WebService, Channel::File, Channel::CommandLine, Channel::File];
        let mut lane = database.lane(0).expect("a lane opens");
        for (number, ((original, state), channel)) in (1..).zip(originals.into_iter().zip(states).zip(channels)) {
            let finding = Finding::new(FindingKind::ALL[number]).at(Location::field("RXA", 2, 5)).naming(AWKWARD);
            let message = LoggedMessage {
                original,
                state,
                channel,
                patient_id: None,
                kind: AWKWARD.to_owned(),
                findings: vec![finding, Finding::new(FindingKind::MessageQuarantined)],
                identity: MessageIdentity {
                    control_hash: [i64::MIN, i64::MAX, -1, 0, 1][number - 1],
                    content_hash: [255; 32],
                },
                ..message(number as u64)
            };
            write(&mut lane, &Changes { messages: vec![message.clone()], ..Changes::default() }).expect("writable");
            assert_eq!(database.find_message(message.id).expect("readable"), Some(message.clone()));
            let hashes = [message.identity.control_hash];
            let known = lane.batch(&[], |batch| batch.messages_by_control_hash(&hashes)).expect("readable");
            assert_eq!(known.len(), 1);
            assert_eq!((known[0].id, &known[0].findings), (message.id, &message.findings));
        }
    });
}

#[test]
fn a_nul_in_a_text_is_replaced_because_postgresql_has_none() {
    on_each_database(|database| {
        let mut record = PatientRecord {
            patient: patient(1),
            reports: vec![],
            vaccinations: vec![vaccination_report(1, 1)],
            consents: vec![],
        };
        record.patient.demographics.names[0].family = "Gar\0za".to_owned();
        record.vaccinations[0].dose.lot_number = Some("LOT\0".to_owned());
        write_record(database, &record);
        let found = database.patient_records(&[patient_id(1)]).expect("readable").remove(0);
        assert_eq!(found.patient, record.patient, "a document keeps it");
        assert_eq!(found.vaccinations[0].dose.lot_number.as_deref(), Some("LOT\u{fffd}"));
    });
}

#[test]
fn organizations_and_accounts_with_awkward_names_come_back_equal() {
    on_each_database(|database| {
        for (number, kind) in (1..).zip(OrganizationKind::ALL) {
            let organization = Organization {
                id: organization_id(number),
                code: format!("{AWKWARD}{number}"),
                name: AWKWARD.repeat(2),
                kind,
                parent_id: (number > 1).then(|| organization_id(number - 1)),
                aliases: vec![format!("z{number}"), format!("a {AWKWARD}{number}"), format!("m{number}")],
                is_active: number % 2 == 0,
            };
            database.insert_organization(&organization).expect("writable");
            assert_eq!(database.find_organization(organization.id).expect("readable"), Some(organization));
        }
        for (number, kind) in (1..).zip([AccountKind::WebService, AccountKind::WebUser]) {
            let account = Account {
                id: AccountId(id(20, number)),
                organization_id: organization_id(1),
                kind,
                username: format!("{AWKWARD}{number}"),
                password_hash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned(),
                full_name: AWKWARD.to_owned(),
                email: String::new(),
                role: (kind == AccountKind::WebUser).then_some(model::Role::SchoolNurse),
                is_active: number == 1,
                language: (kind == AccountKind::WebUser).then(|| "es".to_owned()),
            };
            database.insert_account(&account).expect("writable");
            let found = database.find_account_by_username(&account.username).expect("readable");
            assert_eq!(found, Some(account));
        }
    });
}

#[test]
fn every_action_of_the_audit_trail_comes_back_equal() {
    on_each_database(|database| {
        let actions = [
            AuditAction::PatientAdded,
            AuditAction::PatientChanged,
            AuditAction::PatientConfirmed,
            AuditAction::SubmissionRefused,
            AuditAction::RecordDisclosed,
            AuditAction::CandidatesDisclosed,
            AuditAction::SearchWithoutResult,
            AuditAction::Administered,
        ];
        let entries: Vec<_> = (1..)
            .zip(actions)
            .map(|(number, action)| AuditEntry {
                action,
                account_id: (number % 2 == 0).then_some(AccountId(Uuid::max())),
                patient_id: Some(patient_id(1)),
                message_id: None,
                detail: AWKWARD.to_owned(),
                at: instant(number),
                ..audit_entry(number)
            })
            .collect();
        database.append_audit(&entries).expect("writable");
        let found = database.audit_of_patient(patient_id(1), &(instant(0)..instant(1_000_000)), 100).expect("readable");
        assert!(found.into_iter().map(|line| line.entry).eq(entries.into_iter().rev()));
        assert_eq!(database.verify_audit_chains().expect("readable").faults, []);
    });
}
