//! What is told of a person's health, and to whom: who treats reads it whole; others what a school needs of it.

use bluebonnet_registry::{OpenedRecord, RegistryError};
use jiff::civil::date;
use model::{
    Action, Caller, Coded, GroupStatus, OrganizationKind, PatientId, PatientObservation, Right, Role, Standing,
};

use crate::entries::{dose, enter, entry, find, named, open};
use crate::house::*;

const ADULT: Person = Person { mrn: "P-1", given: "Paula", birth_date: "19950310", ..MARIA };
/// Words of what the clinic knows of her, which are nobody's business who does not treat her.
const CONDITIONS: [&str; 7] = ["Pregnant", "Tuberculosis", "sex with men", "Seizure", "drug use", "SECRET", "(007)"];

fn fact(question: &str, code: &str, text: &str) -> PatientObservation {
    let value = Coded { code: code.into(), text: text.into(), system: "SCT".into() };
    PatientObservation {
        question: question.to_owned(),
        value,
        since: None,
        observed_on: None,
        first_said_on: None,
        until: None,
        vaccine: None,
    }
}

/// A clinic's record of an adult: a contraindication, risks, a reaction, immunity.
async fn settle(house: &House) -> PatientId {
    house.add_organization("SCHOOL", OrganizationKind::School, None);
    house.add_organization("CHILDCARE", OrganizationKind::ChildCare, None);
    house.add_organization("OFFICE", OrganizationKind::Registry, None);
    let reaction = "OBX|5|CE|31044-1^Reaction^LN|3|91175000^Seizure^SCT||||||F\n";
    house.report("CLINIC", &ADULT, &(given("08", "20250311", "D1") + reaction)).await;
    let id = find(house, "CLINIC", named("Garza", "Paula")).await[0].patient_id;
    let opened = open(house, "CLINIC", id).await.expect("shown");
    let mut facts = entry(&opened, "facts", Action::Add, None, dose(date(2026, 1, 15), 3, "LOT"));
    facts.vaccinations.clear();
    facts.patient.observations = vec![
        PatientObservation {
            until: Some(date(2026, 8, 1)),
            ..fact(PatientObservation::CONTRAINDICATION, "77386006", "Pregnant")
        },
        fact(PatientObservation::CONTRAINDICATION, "56717001", "Tuberculosis"),
        fact(PatientObservation::INDICATION, "76102007", "Men who have sex with men"),
        fact(PatientObservation::INDICATION, "226034001", "Illicit injection drug use"),
        fact(PatientObservation::REACTION, "91175000", "Seizure"),
        fact(PatientObservation::IMMUNITY, "38907003", "Varicella, SECRET"),
        fact(PatientObservation::IMMUNITY, "999", "SECRET"),
        fact("8661-1", "1", "SECRET"),
        fact(PatientObservation::NOTE, "n1", "Comes on Tuesdays."),
    ];
    enter(house, "CLINIC", facts).await;
    id
}

fn of_role(house: &House, organization: &str, role: Role) -> Caller {
    Caller { standing: Standing::Person(role), ..house.caller(organization) }
}

async fn opened_by(house: &House, caller: &Caller, id: PatientId) -> OpenedRecord {
    let opened = house.registry.open_record(&house.admission(), caller, house.receipt(), id).await;
    opened.expect("the registry serves").expect("shown")
}

async fn official(house: &House, caller: &Caller, id: PatientId) -> OpenedRecord {
    let opened = house.registry.open_official_record(&house.admission(), caller, house.receipt(), id).await;
    opened.expect("the registry serves").expect("shown")
}

/// All that is told of health in an opened record: `question: text`.
fn facts(opened: &OpenedRecord) -> Vec<String> {
    let told = opened.shown.reports.iter().flat_map(|report| &report.observations);
    let mut told: Vec<String> = told.map(|fact| format!("{}: {}", fact.question, fact.value.text)).collect();
    told.sort();
    told
}

fn status(opened: &OpenedRecord, group: &str) -> Option<GroupStatus> {
    let assessment = opened.assessment.as_ref().expect("the birth date is known");
    let found = assessment.forecasts.iter().find(|forecast| forecast.vaccine_group == group);
    found.map(|forecast| forecast.status)
}

fn is_told_nothing_of_conditions(opened: &OpenedRecord, who: &str) {
    let told = format!("{opened:?}");
    for word in CONDITIONS {
        assert!(!told.contains(word), "{who} reads {word} of\n{told}");
    }
}

#[test]
fn who_treats_reads_what_is_known_of_a_persons_health() {
    on_each_database(&example(), async |house| {
        let id = settle(house).await;
        for (organization, role) in [
            ("CLINIC", Role::FullAccessClinician),
            ("PHARMACY", Role::OrganizationAdministrator),
            ("OFFICE", Role::RegistryAnalyst),
        ] {
            let opened = opened_by(house, &of_role(house, organization, role), id).await;
            assert_eq!(facts(&opened).len(), 9, "{role:?}");
            assert_eq!(status(&opened, "MMR"), Some(GroupStatus::Contraindicated));
            assert!(format!("{:?}", opened.assessment).contains("Pregnant (007)"));
            assert_eq!(status(&opened, "HepA"), Some(GroupStatus::Due), "the risk calls for it");
        }
    });
}

#[test]
fn who_does_not_treat_reads_what_a_school_needs_and_no_condition() {
    on_each_database(&example(), async |house| {
        let id = settle(house).await;
        for (organization, role) in [
            ("CHILDCARE", Role::ChildCareView),
            ("SCHOOL", Role::SchoolNurse),
            ("CLINIC", Role::ViewOnly),
            ("OFFICE", Role::HelpDesk),
            ("OFFICE", Role::RegistryAdministrator),
            // What an organization is decides, too: a school's people do not treat, whatever their role.
            ("SCHOOL", Role::OrganizationAdministrator),
            ("CHILDCARE", Role::FullAccessClinician),
        ] {
            let opened = opened_by(house, &of_role(house, organization, role), id).await;
            let who = format!("{role:?} of {organization}");
            is_told_nothing_of_conditions(&opened, &who);
            let told = facts(&opened);
            for expected in ["59784-9: Varicella", "30945-0: MMR", "NOTE: Comes on Tuesdays."] {
                assert!(told.iter().any(|fact| fact == expected), "{who}: {told:?}");
            }
            assert_eq!(status(&opened, "MMR"), Some(GroupStatus::Contraindicated), "{who}");
            assert_eq!(status(&opened, "Varicella"), Some(GroupStatus::Immune), "{who}");
            assert_eq!(status(&opened, "HepA"), Some(GroupStatus::AgedOut), "{who}: due for a risk tells of the risk");
            let forecasts = &opened.assessment.as_ref().expect("known").forecasts;
            assert!(forecasts.iter().all(|forecast| !forecast.is_for_risk), "{who}");
        }
    });
}

#[test]
fn the_official_record_says_no_condition_whoever_prints_it() {
    on_each_database(&example(), async |house| {
        let id = settle(house).await;
        for role in [Role::FullAccessClinician, Role::ChildCareView] {
            let sheet = official(house, &of_role(house, "CLINIC", role), id).await;
            is_told_nothing_of_conditions(&sheet, &format!("the sheet of {role:?}"));
            let of_measles = sheet.shown.reports.iter().flat_map(|report| &report.observations);
            let until: Vec<_> = of_measles.filter(|fact| fact.value.text == "MMR").map(|fact| fact.until).collect();
            assert_eq!(until, [Some(date(2026, 8, 1)), None], "each as long as its cause");
        }
        let outsider = of_role(house, "CLINIC", Role::ReportsOnly);
        let refused = house.registry.open_official_record(&house.admission(), &outsider, house.receipt(), id).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { right: Right::FindPerson })), "{refused:?}");
    });
}

#[test]
fn a_reaction_that_forbids_a_vaccine_is_told_as_a_contraindication() {
    on_each_database(&example(), async |house| {
        settle(house).await;
        let anaphylaxis = "OBX|1|CE|31044-1^Reaction^LN|1|39579001^Anaphylaxis^SCT||||||F\n";
        house.report("CLINIC", &MARIA, &(told("10", "20240511", "D2") + anaphylaxis)).await;
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        let opened = opened_by(house, &of_role(house, "CHILDCARE", Role::ChildCareView), id).await;
        assert_eq!(facts(&opened), ["30945-0: Polio"]);
        assert_eq!(status(&opened, "Polio"), Some(GroupStatus::Contraindicated));
        assert!(!format!("{opened:?}").contains("naphyla"), "{opened:?}");
    });
}

#[test]
fn a_pregnancy_that_is_over_is_told_to_no_school_as_a_contraindication() {
    on_each_database(&example(), async |house| {
        settle(house).await;
        for (given_name, mrn, since, expected) in
            [("Vera", "P-2", "20250701", Some("30945-0: MMR")), ("Zoe", "P-3", "20220301", None)]
        {
            let person = Person { given: given_name, mrn, ..ADULT };
            let seen = format!("OBX|5|CE|59785-6^Indication^LN|3|77386006^Pregnant^SCT||||||F|||{since}\n");
            house.report("CLINIC", &person, &(given("115", "20250311", "D1") + &seen)).await;
            let id = find(house, "CLINIC", named("Garza", given_name)).await[0].patient_id;
            let opened = opened_by(house, &of_role(house, "SCHOOL", Role::SchoolNurse), id).await;
            let told = facts(&opened);
            assert_eq!(told.iter().map(String::as_str).find(|fact| fact.ends_with("MMR")), expected, "{told:?}");
        }
    });
}

#[test]
fn what_a_school_said_itself_it_reads_and_takes_back() {
    on_each_database(&example(), async |house| {
        let id = settle(house).await;
        let nurse = of_role(house, "SCHOOL", Role::SchoolNurse);
        let opened = opened_by(house, &nurse, id).await;
        let enter_as_nurse = async |once: &str, said: PatientObservation| {
            let mut new = entry(&opened, once, Action::Add, None, dose(date(2026, 1, 15), 3, "LOT"));
            new.vaccinations.clear();
            new.patient.observations = vec![said];
            house.registry.enter(&house.admission(), &nurse, house.receipt(), new).await
        };
        let yeast = fact(PatientObservation::CONTRAINDICATION, "419199007", "Severe allergy of a certificate");
        enter_as_nurse("own", yeast).await.expect("a certificate's contraindication is kept");
        let own = opened_by(house, &nurse, id).await;
        assert!(facts(&own).contains(&"30945-0: Severe allergy of a certificate".to_owned()), "{:?}", facts(&own));
        is_told_nothing_of_conditions(&own, "the nurse, still");
        let mut same = entry(&opened, "same", Action::Add, None, dose(date(2025, 3, 11), 8, ""));
        same.vaccinations[0].dose.reactions = vec![Coded { text: "Rash".into(), ..Coded::default() }];
        house.registry.enter(&house.admission(), &nurse, house.receipt(), same).await.expect("kept");
        let own = opened_by(house, &nurse, id).await;
        assert!(format!("{:?}", own.held).contains("Rash"), "what the school saw itself");
        is_told_nothing_of_conditions(&own, "the nurse who reported the same dose");
        let risk = fact(PatientObservation::INDICATION, "76102007", "Men who have sex with men");
        let refused = enter_as_nurse("risk", risk).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { right: Right::ReadHealthFacts })), "{refused:?}");
    });
}

#[test]
fn a_school_nurse_is_warned_of_a_vaccine_that_is_contraindicated_and_not_told_why() {
    on_each_database(&example(), async |house| {
        let id = settle(house).await;
        let warned = async |caller: &Caller| {
            let opened = opened_by(house, caller, id).await;
            let new = entry(&opened, "once", Action::Add, None, dose(date(2026, 1, 15), 3, "LOT"));
            let found = house.registry.rehearse_entry(&house.admission(), caller, house.receipt(), &new).await;
            found.expect("the registry serves")
        };
        let told = warned(&of_role(house, "CLINIC", Role::FullAccessClinician)).await;
        assert!(told.contraindications[0][0].english.contains("Pregnant"));
        let told = warned(&of_role(house, "SCHOOL", Role::SchoolNurse)).await;
        let [reason] = told.contraindications[0].as_slice() else { panic!("{:?}", told.contraindications) };
        assert_eq!(reason.english, "A contraindication to this vaccine is recorded.");
        assert!(reason.spanish.as_ref().is_some_and(|text| text.starts_with("Hay una contraindicación")));
        let told = format!("{told:?}");
        assert!(CONDITIONS.iter().all(|word| !told.contains(word)), "{told}");
    });
}

#[test]
fn a_message_of_a_school_or_health_plan_is_answered_without_conditions() {
    on_each_database(&example(), async |house| {
        settle(house).await;
        house.add_organization("PLAN", OrganizationKind::HealthPlan, None);
        let ask = async |organization: &str, profile: &str| {
            let program = Caller { standing: Standing::Program, ..house.caller(organization) };
            house.send_as(&program, &qbp(&format!("{organization}-{profile}"), profile, &ADULT)).await
        };
        for profile in ["Z34", "Z44"] {
            let answer = ask("CLINIC", profile).await;
            assert!(answer.contains("^Pregnant^") && answer.contains("Men who have sex with men"), "{answer}");
            for organization in ["SCHOOL", "CHILDCARE", "PLAN"] {
                let answer = ask(organization, profile).await;
                assert_eq!(field(&answer, "QAK", 2), "OK");
                assert!(answer.contains("|38907003^Varicella^SCT|"), "immunity is told: {answer}");
                let told = CONDITIONS.iter().find(|word| answer.contains(**word));
                assert_eq!(told, None, "{organization} is told of it in {profile}: {answer}");
                assert!(!answer.contains("77386006") && !answer.contains("56717001"), "{answer}");
            }
        }
    });
}
