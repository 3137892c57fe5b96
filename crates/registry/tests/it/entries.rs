//! What people do on pages: they find, open and enter, within their rights, and every look is written down.

use bluebonnet_registry::{Agreement, Entry, FoundPerson, OpenedRecord, PeopleFound, RegistryError};
use jiff::civil::date;
use model::{
    Action, Caller, ClearedFact, Completion, ConsentStatement, ConsentStatus, Cvx, Demographics, Dose, FindingKind,
    Identifier, InformationSource, MessageState, OrganizationKind, PatientId, PatientObservation, PatientStatement,
    PersonName, Retraction, Right, Role, Standing, Telecom, VaccinationReportId, VaccinationStatement,
};

use crate::house::*;

pub(crate) fn named(family: &str, given: &str) -> Demographics {
    let name = PersonName { family: family.into(), given: given.into(), ..PersonName::default() };
    Demographics { names: vec![name], ..Demographics::default() }
}

fn as_role(caller: Caller, role: Role) -> Caller {
    Caller { standing: Standing::Person(role), ..caller }
}

pub(crate) async fn find(house: &House, organization: &str, asked: Demographics) -> Vec<FoundPerson> {
    let caller = house.caller(organization);
    let found = house.registry.find_people(&house.admission(), &caller, house.receipt(), asked).await;
    match found.expect("the registry serves") {
        PeopleFound::People(people) => people,
        other => panic!("no list but {other:?}"),
    }
}

pub(crate) async fn open(house: &House, organization: &str, id: PatientId) -> Option<OpenedRecord> {
    let caller = house.caller(organization);
    let opened = house.registry.open_record(&house.admission(), &caller, house.receipt(), id).await;
    opened.expect("the registry serves")
}

pub(crate) fn dose(on: jiff::civil::Date, cvx: u16, lot: &str) -> Dose {
    let text = format!(r#"{{"administered_on":"{on}","cvx":{cvx},"source":"Administered","completion":"Complete"}}"#);
    let dose: Dose = serde_json::from_str(&text).expect("a dose of the test");
    assert_eq!((dose.source, dose.completion), (InformationSource::Administered, Completion::Complete));
    Dose { lot_number: Some(lot.into()), ..dose }
}

pub(crate) fn entry(
    record: &OpenedRecord,
    once: &str,
    action: Action,
    report: Option<VaccinationReportId>,
    dose: Dose,
) -> Entry {
    let patient = &record.held.patient;
    let demographics = Demographics { birth_date: patient.demographics.birth_date, ..Demographics::default() };
    Entry {
        once: once.into(),
        patient: PatientStatement { demographics, record: Some(patient.id), ..PatientStatement::default() },
        vaccinations: vec![VaccinationStatement {
            order: 1,
            rxr: None,
            action,
            dose,
            is_source_stated: true,
            is_completion_stated: true,
            report,
            unusable: Vec::new(),
        }],
        reason: String::new(),
    }
}

pub(crate) async fn enter(house: &House, organization: &str, entry: Entry) -> model::Outcome {
    let caller = house.caller(organization);
    let entered = house.registry.enter(&house.admission(), &caller, house.receipt(), entry).await;
    entered.expect("the registry serves")
}

#[test]
fn a_person_is_found_by_name_alone_and_is_said_to_be_so_for_a_reason() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &Person { family: "Muñoz", ..MARIA.clone() }, &given("08", "20240311", "D1")).await;
        for (family, first) in [("Muñoz", ""), ("MUÑOZ", "mar"), ("muñoz", "Maria")] {
            let found = find(house, "PHARMACY", named(family, first)).await;
            assert_eq!(found.len(), 1, "{family} {first}");
            assert!(found[0].agreements.iter().any(|found| matches!(found, Agreement::FamilyName | Agreement::Name)));
        }
        for (family, first) in [("Munoz", "María"), ("munoz", "maria elena"), ("Muñóz", "")] {
            assert_eq!(find(house, "PHARMACY", named(family, first)).await.len(), 1, "{family} {first}");
        }
        let smith = Person { family: "O'Brien-Smith", given: "José", mrn: "P-8", ..MARIA.clone() };
        house.report("CLINIC", &smith, &given("08", "20240311", "D2")).await;
        for (family, first) in [("obrien smith", "jose"), ("O'Brien-Smith", "JOSÉ"), ("OBrien-Smith", "")] {
            assert_eq!(find(house, "PHARMACY", named(family, first)).await.len(), 1, "{family} {first}");
        }
        assert!(find(house, "PHARMACY", named("Muñoz", "Zoe")).await.is_empty());
        let vague = named("", "Maria");
        let caller = house.caller("CLINIC");
        let found = house.registry.find_people(&house.admission(), &caller, house.receipt(), vague).await;
        assert_eq!(found.expect("the registry serves"), PeopleFound::TooVague);
    });
}

#[test]
fn a_person_is_found_by_the_number_of_the_registry_alone() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        for authority in ["", house.registry.profile().registry.facility.as_str()] {
            let number = Identifier { kind: "SR".into(), value: id.number(), authority: authority.into() };
            let asked = Demographics { identifiers: vec![number], ..Demographics::default() };
            let found = find(house, "PHARMACY", asked).await;
            assert_eq!(found.iter().map(|person| person.patient_id).collect::<Vec<_>>(), [id], "{authority:?}");
        }
    });
}

#[test]
fn a_slip_in_the_birth_date_hides_nobody_whose_name_is_known() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let born = open(house, "CLINIC", id).await.expect("shown").held.patient.demographics.birth_date.expect("known");
        let asked = |birth_date| Demographics { birth_date: Some(birth_date), ..named("Garza", "Maria") };
        let year_before = date(born.year() - 1, born.month(), born.day());
        let found = find(house, "PHARMACY", asked(year_before)).await;
        assert_eq!(found.len(), 1, "a year off by one");
        assert!(found[0].agreements.contains(&Agreement::CloseBirthDate));
        let another = date(1961, 5, 6);
        assert!(find(house, "PHARMACY", asked(another)).await.is_empty(), "somebody else of that name");
    });
}

#[test]
fn an_entry_sent_twice_is_one_and_says_before_what_it_will_be() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        let new = entry(&opened, "once", Action::Add, None, dose(date(2024, 3, 12), 8, "LOT2"));
        let caller = house.caller("CLINIC");
        let rehearsal = house.registry.rehearse_entry(&house.admission(), &caller, house.receipt(), &new).await;
        let rehearsal = rehearsal.expect("the registry serves");
        assert!(rehearsal.is_kept && rehearsal.known == Some(id));
        let event = rehearsal.events[0].expect("the dose would be kept");
        let evaluations = rehearsal.assessment.expect("the birth date is known").evaluations;
        assert!(evaluations.iter().any(|found| found.event_id == event && !found.is_valid()), "it is too early");
        assert_eq!(open(house, "CLINIC", id).await.expect("shown").shown.vaccinations.len(), 1, "nothing was stored");
        let first = enter(house, "CLINIC", new.clone()).await;
        let second = enter(house, "CLINIC", new).await;
        assert_eq!(first.message_id, second.message_id);
        assert_eq!(open(house, "CLINIC", id).await.expect("shown").shown.vaccinations.len(), 2);
    });
}

#[test]
fn only_its_owner_corrects_and_undoes_a_dose_and_can_put_it_back() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        let report = opened.shown.vaccinations[0].clone();
        let corrected = dose(date(2024, 3, 13), 8, "RIGHT");
        let foreign = entry(&opened, "a", Action::Delete, Some(report.id), report.dose.clone());
        enter(house, "PHARMACY", foreign).await;
        assert_eq!(open(house, "CLINIC", id).await.expect("shown").shown.vaccinations.len(), 1, "not theirs");
        enter(house, "CLINIC", entry(&opened, "b", Action::Update, Some(report.id), corrected.clone())).await;
        let now = open(house, "CLINIC", id).await.expect("shown").shown.vaccinations;
        assert_eq!((now.len(), now[0].id, &now[0].dose), (1, report.id, &corrected));
        enter(house, "CLINIC", entry(&opened, "c", Action::Delete, Some(report.id), corrected.clone())).await;
        assert!(open(house, "CLINIC", id).await.expect("shown").shown.vaccinations.is_empty());
        enter(house, "CLINIC", entry(&opened, "d", Action::Update, Some(report.id), corrected)).await;
        assert_eq!(open(house, "CLINIC", id).await.expect("shown").shown.vaccinations.len(), 1);
    });
}

#[test]
fn a_note_stays_here_and_can_be_taken_back() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        let about = entry(&opened, "note", Action::Add, None, dose(date(2024, 3, 12), 8, "L")).patient;
        let value = model::Coded { code: "n1".into(), text: "Prefers mornings".into(), system: "L".into() };
        let question = PatientObservation::NOTE.to_owned();
        let note = PatientObservation {
            question: question.clone(),
            value,
            since: None,
            observed_on: None,
            first_said_on: None,
            until: None,
            vaccine: None,
        };
        let said = PatientStatement { observations: vec![note], ..about.clone() };
        enter(
            house,
            "CLINIC",
            Entry { once: "1".into(), patient: said, vaccinations: Vec::new(), reason: String::new() },
        )
        .await;
        let noted = open(house, "PHARMACY", id).await.expect("shown");
        assert!(
            noted.shown.reports.iter().any(|report| report.observations.iter().any(|fact| fact.question == "NOTE"))
        );
        let history = house.ask("PHARMACY", "Z34", &MARIA).await;
        assert!(!history.contains("mornings"), "{history}");
        let taken_back =
            PatientStatement { retracted: vec![Retraction { question, code: "n1".into(), vaccine: None }], ..about };
        enter(
            house,
            "CLINIC",
            Entry { once: "2".into(), patient: taken_back, vaccinations: Vec::new(), reason: String::new() },
        )
        .await;
        let after = open(house, "CLINIC", id).await.expect("shown");
        assert!(after.shown.reports.iter().all(|report| report.observations.is_empty()));
    });
}

/// An entry that says nothing yet of a person whose record is open.
fn about(record: &OpenedRecord, once: &str) -> Entry {
    let mut entry = entry(record, once, Action::Add, None, dose(date(2024, 3, 12), 8, "L"));
    entry.vaccinations.clear();
    entry
}

/// An entry of what an organization says of death.
fn death(record: &OpenedRecord, once: &str, is_deceased: Option<bool>, on: Option<jiff::civil::Date>) -> Entry {
    let mut entry = about(record, once);
    entry.patient.cleared = vec![ClearedFact::Death];
    entry.patient.demographics.is_deceased = is_deceased;
    entry.patient.demographics.death_date = on;
    entry
}

fn fact(since: Option<jiff::civil::Date>) -> PatientObservation {
    let value = model::Coded { code: "VXC18".into(), text: String::new(), system: "CDCPHINVS".into() };
    let question = PatientObservation::CONTRAINDICATION.to_owned();
    PatientObservation { question, value, since, observed_on: None, first_said_on: None, until: None, vaccine: None }
}

#[test]
fn an_entry_of_which_a_part_cannot_be_kept_is_refused_whole_and_says_why() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        let before_birth = date(2024, 3, 1);
        let (caller, admission) = (house.caller("CLINIC"), house.admission());
        let mut facts = about(&opened, "fact");
        facts.patient.observations = vec![fact(Some(before_birth)), fact(None)];
        let mut phones = about(&opened, "phone");
        let none = Telecom { value: "5555555555".into(), ..Telecom::default() };
        phones.patient.demographics.telecoms = vec![none];
        phones.patient.demographics.names = named("Garza", "Marisol").names;
        let mut doses = entry(&opened, "dose", Action::Add, None, dose(date(2024, 5, 12), 10, "OK"));
        let mut early = doses.vaccinations[0].clone();
        (early.order, early.dose.administered_on) = (2, before_birth);
        doses.vaccinations.push(early);
        let cases = [
            (facts, FindingKind::ObservationDateImpossible),
            (phones, FindingKind::PhonePlaceholder),
            (doses, FindingKind::AdministrationBeforeBirth),
            (death(&opened, "late", Some(true), Some(date(2026, 2, 1))), FindingKind::DateImplausible),
            (death(&opened, "early", Some(true), Some(before_birth)), FindingKind::DeathBeforeBirth),
        ];
        for (entry, kind) in cases {
            let rehearsal = house.registry.rehearse_entry(&admission, &caller, house.receipt(), &entry).await;
            assert!(!rehearsal.expect("the registry serves").is_kept, "{kind:?}");
            let outcome = enter(house, "CLINIC", entry).await;
            assert_eq!((outcome.disposition, outcome.patient_id), (MessageState::Rejected, None), "{kind:?}");
            assert!(outcome.findings.iter().any(|finding| finding.kind == kind), "{kind:?}: {:?}", outcome.findings);
        }
        assert_eq!(open(house, "CLINIC", id).await.expect("shown").held, opened.held, "nothing was stored");
        let mut possible = about(&opened, "possible");
        possible.patient.observations = vec![fact(Some(date(2024, 3, 10)))];
        assert_eq!(enter(house, "CLINIC", possible).await.disposition, MessageState::Accepted, "the control");
    });
}

#[test]
fn a_death_is_taken_back_by_who_said_it_and_by_the_office() {
    on_each_database(&example(), async |house| {
        house.add_organization("OFFICE", OrganizationKind::Registry, None);
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        let day = Some(date(2024, 4, 1));
        let shown = async || {
            let who = open(house, "CLINIC", id).await.expect("shown").shown.patient.demographics;
            (who.is_deceased, who.death_date)
        };
        enter(house, "CLINIC", death(&opened, "a", Some(true), day)).await;
        assert_eq!(shown().await, (Some(true), day));
        let late = entry(&opened, "late", Action::Add, None, dose(date(2024, 5, 12), 10, "LATE"));
        let (admission, clinic) = (house.admission(), house.caller("CLINIC"));
        let rehearsal = house.registry.rehearse_entry(&admission, &clinic, house.receipt(), &late).await;
        let findings = rehearsal.expect("the registry serves").findings;
        assert!(findings.iter().any(|finding| finding.kind == FindingKind::AdministrationAfterDeath), "{findings:?}");
        enter(house, "CLINIC", death(&opened, "b", None, None)).await;
        assert_eq!(shown().await, (None, None), "by who said it");
        enter(house, "PHARMACY", death(&opened, "c", Some(true), day)).await;
        enter(house, "CLINIC", death(&opened, "d", None, None)).await;
        assert_eq!(shown().await, (Some(true), day), "not by others");
        let refusals = [
            (Role::SchoolNurse, death(&opened, "e", Some(true), day)),
            (Role::SchoolNurse, death(&opened, "f", None, None)),
            (Role::FullAccessClinician, death(&opened, "g", Some(false), None)),
        ];
        for (role, entry) in refusals {
            let caller = as_role(clinic.clone(), role);
            let refused = house.registry.enter(&admission, &caller, house.receipt(), entry).await;
            assert!(matches!(refused, Err(RegistryError::Forbidden { right: Right::RecordDeath })), "{refused:?}");
        }
        let analyst = as_role(house.caller("OFFICE"), Role::RegistryAnalyst);
        let overruled = death(&opened, "h", Some(false), None);
        house.registry.enter(&admission, &analyst, house.receipt(), overruled).await.expect("the office may");
        assert_eq!(shown().await, (Some(false), None), "by the office");
        let answer = house.report("CLINIC", &MARIA, &given("10", "20240512", "D2")).await;
        assert!(answer.contains("MSA|AA|"), "a dose of a later day is of the same person: {answer}");
        assert_eq!(open(house, "CLINIC", id).await.expect("shown").shown.vaccinations.len(), 2);
    });
}

#[test]
fn a_name_that_was_entered_wrongly_is_forgotten_where_its_organization_says_so() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        let renamed = |once: &str, family: &str, cleared: Vec<ClearedFact>| {
            let mut entry = about(&opened, once);
            entry.patient.demographics.names = named(family, "Maria").names;
            entry.patient.cleared = cleared;
            entry
        };
        let families = async || {
            let names = open(house, "CLINIC", id).await.expect("shown").shown.patient.demographics.names;
            names.into_iter().map(|name| name.family).collect::<Vec<_>>()
        };
        enter(house, "CLINIC", renamed("a", "Garzza", Vec::new())).await;
        assert_eq!(families().await, ["Garzza", "Garza"], "a former name is remembered");
        enter(house, "CLINIC", renamed("b", "Garza", vec![ClearedFact::Names])).await;
        assert_eq!(families().await, ["Garza"]);
        let found = find(house, "CLINIC", named("Garzza", "Maria")).await;
        assert!(found.iter().all(|found| !found.agreements.contains(&Agreement::Name)), "nobody has that name");
    });
}

#[test]
fn consent_taken_back_on_a_page_hides_the_record_from_everybody_at_once() {
    on_each_database(&texas(), async |house| {
        let consenting = Person { pd1: WITH_CONSENT, ..MARIA.clone() };
        house.report("CLINIC", &consenting, &given("08", "20240311", "D1")).await;
        let id = find(house, "PHARMACY", named("Garza", "Maria")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        let statement = ConsentStatement {
            kind: "minor".into(),
            status: ConsentStatus::Withdrawn,
            effective_on: Some(date(2026, 1, 2)),
        };
        let mut patient = entry(&opened, "", Action::Add, None, dose(date(2024, 3, 12), 8, "L")).patient;
        patient.consents = vec![statement];
        let entry = Entry { once: "out".into(), patient, vaccinations: Vec::new(), reason: String::new() };
        enter(house, "CLINIC", entry.clone()).await;
        for organization in ["CLINIC", "PHARMACY"] {
            assert!(find(house, organization, named("Garza", "Maria")).await.is_empty());
            assert!(open(house, organization, id).await.is_none());
        }
        // A system that says the old consent again changes nothing; whoever affirms that form on a page means it.
        house.report("CLINIC", &consenting, "").await;
        assert!(open(house, "CLINIC", id).await.is_none());
        let mut affirmed = Entry { once: "in".into(), ..entry };
        affirmed.patient.consents[0].status = ConsentStatus::Granted;
        affirmed.patient.consents[0].effective_on = Some(date(2024, 3, 11));
        enter(house, "CLINIC", affirmed).await;
        assert!(open(house, "CLINIC", id).await.is_some());
    });
}

#[test]
fn each_look_is_written_down_and_each_act_needs_its_right() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let before = house.rows("audit");
        let id = find(house, "CLINIC", named("Garza", "")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("the record is shown");
        find(house, "CLINIC", named("Nobody", "")).await;
        assert_eq!(house.rows("audit"), before + 3);
        let (admission, reader) = (house.admission(), as_role(house.caller("CLINIC"), Role::ViewOnly));
        let new = entry(&opened, "x", Action::Add, None, dose(date(2024, 5, 12), 8, "L"));
        let refused = house.registry.enter(&admission, &reader, house.receipt(), new.clone()).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { right: Right::RecordDose })), "{refused:?}");
        let refused = house.registry.rehearse_entry(&admission, &reader, house.receipt(), &new).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { .. })));
        let outsider = as_role(house.caller("CLINIC"), Role::ReportsOnly);
        let asked = named("Garza", "");
        let refused = house.registry.find_people(&admission, &outsider, house.receipt(), asked).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { .. })));
        let refused = house.registry.open_record(&admission, &outsider, house.receipt(), id).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { .. })));
    });
}

#[test]
fn the_registrys_people_try_a_message_for_the_organization_that_it_names() {
    on_each_database(&example(), async |house| {
        house.add_organization("OFFICE", OrganizationKind::Registry, None);
        let text = vxu("try-1", &MARIA, &given("08", "20240311", "D1")).replace('\n', "\r");
        let text = text.replacen("|SENDER|", "|PHARMACY|", 1);
        let tried = async |caller: Caller| {
            let bytes = text.clone().into_bytes();
            let examined = house.registry.examine_message(&house.admission(), &caller, house.receipt(), bytes).await;
            let examined = examined.expect("the registry serves").expect("it is a message");
            (examined.organization_code, examined.verdict.expect("it is a report").disposition)
        };
        let analyst = as_role(house.caller("OFFICE"), Role::RegistryAnalyst);
        assert_eq!(tried(analyst).await, ("PHARMACY".to_owned(), MessageState::Accepted));
        let contact = as_role(house.caller("CLINIC"), Role::DataExchangeContact);
        assert_eq!(tried(contact).await, ("CLINIC".to_owned(), MessageState::Rejected), "not theirs");
    });
}

#[test]
fn a_message_on_the_workbench_is_taken_apart_and_changes_nothing() {
    on_each_database(&example(), async |house| {
        let text = vxu("try-1", &MARIA, &given("08", "20240311", "D1")).replace('\n', "\r");
        let caller = house.caller("CLINIC");
        let admission = house.admission();
        let examined = house.registry.examine_message(&admission, &caller, house.receipt(), text.into_bytes());
        let examined = examined.await.expect("the registry serves").expect("it is a message");
        let verdict = examined.verdict.expect("it is a report");
        assert!(!verdict.is_person_known && verdict.doses == [(date(2024, 3, 11), Cvx(8))]);
        assert!(examined.answer.contains("MSA|AA|try-1"), "{}", examined.answer);
        let header = &examined.segments[0];
        assert_eq!((header.name.as_str(), &header.fields[0]), ("MSH", &(2, "^~\\&".to_owned())));
        assert_eq!(house.rows("patient"), 0);
    });
}
