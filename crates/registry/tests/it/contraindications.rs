//! What speaks against a vaccine is said before a dose of it is saved.

use bluebonnet_registry::Rehearsal;
use jiff::civil::{Date, date};
use model::{Action, Coded, Demographics, GroupForecast, GroupStatus, PatientObservation, Reason, Sex};

use crate::entries::{dose, enter, entry, find, named, open};
use crate::house::*;

const ADULT: Person = Person { mrn: "P-1", given: "Nora", birth_date: "19950310", ..MARIA };

fn contraindication(code: &str, text: &str, since: Option<Date>) -> PatientObservation {
    let value = Coded { code: code.into(), text: text.into(), system: "SCT".into() };
    let question = PatientObservation::CONTRAINDICATION.to_owned();
    PatientObservation { question, value, since, observed_on: None, first_said_on: None, until: None, vaccine: None }
}

/// What speaks against each dose, before it is saved.
async fn against(house: &House, on: Date, cvx: u16) -> Vec<Reason> {
    let id = find(house, "CLINIC", named("Garza", "Nora")).await[0].patient_id;
    let opened = open(house, "CLINIC", id).await.expect("shown");
    let new = entry(&opened, "once", Action::Add, None, dose(on, cvx, "LOT"));
    let caller = house.caller("CLINIC");
    let rehearsal = house.registry.rehearse_entry(&house.admission(), &caller, house.receipt(), &new).await;
    let Rehearsal { mut contraindications, is_kept, .. } = rehearsal.expect("the registry serves");
    assert!(is_kept, "nothing is blocked");
    contraindications.remove(0)
}

#[test]
fn what_speaks_against_a_vaccine_is_said_before_a_dose_of_it_is_saved() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &ADULT, &given("08", "20250311", "D1")).await;
        let (today, before) = (date(2026, 1, 15), date(2025, 5, 1));
        assert_eq!(against(house, today, 3).await, []);
        let id = find(house, "CLINIC", named("Garza", "Nora")).await[0].patient_id;
        let opened = open(house, "CLINIC", id).await.expect("shown");
        let mut facts = entry(&opened, "facts", Action::Add, None, dose(today, 3, "LOT"));
        facts.vaccinations.clear();
        facts.patient.observations = vec![
            contraindication("77386006", "Pregnant", Some(date(2025, 11, 1))),
            contraindication("293110008", "Severe allergic reaction after previous dose of Hepatitis B", None),
        ];
        enter(house, "CLINIC", facts).await;
        for (cvx, on, expected) in [
            (3, today, Some("Contraindicated: Pregnant (007).")),
            (94, today, Some("Contraindicated: Pregnant (007).")),
            (3, before, None),
            (8, today, Some("Contraindicated: Severe allergic reaction after previous dose of Hepatitis B (")),
            // DTaP-HepB-IPV: the antigen is one of several.
            (110, today, Some("Contraindicated: Severe allergic reaction after previous dose of Hepatitis B (")),
            (115, today, None),
        ] {
            let reasons = against(house, on, cvx).await;
            let told = reasons.first().map(|reason| reason.english.as_str());
            assert_eq!(told.is_some(), expected.is_some(), "{cvx} on {on}: {told:?}");
            assert!(expected.is_none_or(|start| told.is_some_and(|told| told.starts_with(start))), "{cvx}: {told:?}");
            let is_spanish =
                |reason: &Reason| reason.spanish.as_ref().is_some_and(|it| it.starts_with("Contraindicada"));
            assert!(reasons.iter().all(is_spanish), "{reasons:?}");
        }
    });
}

#[test]
fn a_condition_is_offered_once_and_the_schedule_says_what_it_means() {
    on_each_database(&example(), async |house| {
        let facts = house.registry.health_facts();
        for (name, question) in [
            ("Pregnant", PatientObservation::INDICATION),
            ("HIV Infection", PatientObservation::INDICATION),
            ("Health care personnel", PatientObservation::INDICATION),
            ("Cochlear implants", PatientObservation::INDICATION),
            ("Cerebrospinal fluid leaks", PatientObservation::INDICATION),
            ("Immunocompromised", PatientObservation::INDICATION),
            ("Hypersensitivity to yeast", PatientObservation::CONTRAINDICATION),
        ] {
            let found: Vec<_> = facts.iter().filter(|fact| fact.name == name).collect();
            assert_eq!(found.iter().map(|fact| fact.question).collect::<Vec<_>>(), [question], "{name}");
        }
        assert!(
            facts.iter().any(|fact| fact.name.contains("asplenia") && fact.question == PatientObservation::INDICATION)
        );
        house.report("CLINIC", &ADULT, &given("08", "20250311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "Nora")).await[0].patient_id;
        for (name, group) in [("Pregnant", "MMR"), ("HIV Infection", "Pneumococcal")] {
            let fact = facts.iter().find(|fact| fact.name == name).expect("offered");
            let opened = open(house, "CLINIC", id).await.expect("shown");
            let mut said = entry(&opened, name, Action::Add, None, dose(date(2026, 1, 15), 3, "LOT"));
            said.vaccinations.clear();
            let value = Coded { code: fact.code.clone(), text: fact.name.clone(), system: fact.system.clone() };
            let question = fact.question.to_owned();
            let since = Some(date(2025, 12, 1));
            said.patient.observations = vec![PatientObservation {
                question,
                value,
                since,
                observed_on: None,
                first_said_on: None,
                until: None,
                vaccine: None,
            }];
            enter(house, "CLINIC", said).await;
            let opened = open(house, "CLINIC", id).await.expect("shown");
            let forecasts = opened.assessment.expect("the birth date is known").forecasts;
            let found = forecasts.iter().find(|forecast| forecast.vaccine_group == group).expect("forecast");
            let is_followed = found.is_for_risk || found.status == GroupStatus::Contraindicated;
            assert!(is_followed, "{name}: {found:?}");
        }
    });
}

#[test]
fn nobody_is_offered_a_pregnancy_who_cannot_have_one() {
    on_each_database(&example(), async |house| {
        let offered = |sex, birth_date| {
            let who = Demographics { sex, birth_date: Some(birth_date), ..Demographics::default() };
            let facts = house.registry.health_facts_of(&who, date(2026, 1, 15));
            facts.iter().filter(|fact| ["Pregnant", "Onset of pregnancy"].contains(&fact.name.as_str())).count()
        };
        assert_eq!(offered(Some(Sex::F), date(1995, 3, 10)), 1);
        assert_eq!(offered(None, date(1995, 3, 10)), 1);
        assert_eq!(offered(Some(Sex::M), date(1995, 3, 10)), 0);
        assert_eq!(offered(Some(Sex::F), date(1961, 1, 1)), 0);
        assert_eq!(offered(Some(Sex::F), date(2020, 1, 1)), 0);
    });
}

#[test]
fn who_is_pregnant_is_asked_for_tdap_whether_or_not_it_is_known_since_when() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &ADULT, &given("08", "20250311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "Nora")).await[0].patient_id;
        for (since, expected) in [(None, GroupStatus::Overdue), (Some(date(2025, 7, 1)), GroupStatus::Due)] {
            let opened = open(house, "CLINIC", id).await.expect("shown");
            let mut said = entry(&opened, &format!("{since:?}"), Action::Add, None, dose(date(2026, 1, 15), 3, "LOT"));
            said.vaccinations.clear();
            let question = PatientObservation::INDICATION.to_owned();
            said.patient.observations =
                vec![PatientObservation { question, ..contraindication("77386006", "Pregnant", since) }];
            enter(house, "CLINIC", said).await;
            let opened = open(house, "CLINIC", id).await.expect("shown");
            let forecasts = opened.assessment.expect("the birth date is known").forecasts;
            let found = forecasts.iter().find(|it| it.vaccine_group == "DTaP/Tdap/Td").expect("forecast");
            assert_eq!(found.status, expected, "{since:?}: {found:?}");
        }
    });
}

/// What the forecast says of a group, after facts of an adult were saved on a page.
async fn forecast_of(house: &House, once: &str, facts: Vec<PatientObservation>, group: &str) -> GroupForecast {
    let id = find(house, "CLINIC", named("Garza", "Nora")).await[0].patient_id;
    let opened = open(house, "CLINIC", id).await.expect("shown");
    let mut said = entry(&opened, once, Action::Add, None, dose(date(2026, 1, 15), 3, "LOT"));
    said.vaccinations.clear();
    said.patient.observations = facts;
    enter(house, "CLINIC", said).await;
    let opened = open(house, "CLINIC", id).await.expect("shown");
    let forecasts = opened.assessment.expect("the birth date is known").forecasts;
    forecasts.into_iter().find(|forecast| forecast.vaccine_group == group).expect("forecast")
}

/// Nobody reports that a pregnancy ended: 43 weeks after it began, or was seen, it is over.
#[test]
fn a_pregnancy_ends_by_itself() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &ADULT, &given("08", "20250311", "D1")).await;
        let pregnant = |since, until| PatientObservation { until, ..contraindication("77386006", "Pregnant", since) };
        for (since, until, is_over) in [
            (Some(date(2022, 3, 1)), None, true),
            (Some(date(2025, 3, 19)), None, true),
            (Some(date(2025, 3, 20)), None, false),
            (Some(date(2025, 3, 19)), Some(date(2026, 2, 1)), false),
            (Some(date(2025, 7, 1)), Some(date(2025, 12, 1)), true),
            (None, None, false),
        ] {
            let facts = vec![pregnant(since, until)];
            let mmr = forecast_of(house, &format!("{since:?} {until:?}"), facts, "MMR").await;
            assert_eq!(mmr.status == GroupStatus::Contraindicated, !is_over, "{since:?} to {until:?}: {mmr:?}");
            let against = against(house, date(2026, 1, 15), 3).await;
            assert_eq!(against.is_empty(), is_over, "{since:?} to {until:?}: {against:?}");
        }
        // Without a day it began, at the latest, when it was reported.
        let later = house.send_at("2026-12-15T18:00:00Z", "PHARMACY", &qbp("LATER", "Z44", &ADULT)).await;
        assert!(!later.contains("Contraindicated"), "{later}");
    });
}

#[test]
fn who_had_the_dose_for_a_risk_is_told_of_those_that_everybody_needs() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &ADULT, &given("115", "20251220", "D1")).await;
        let question = PatientObservation::INDICATION.to_owned();
        let pregnant = contraindication("77386006", "Pregnant", Some(date(2025, 6, 1)));
        let facts = vec![PatientObservation { question, ..pregnant }];
        let tetanus = forecast_of(house, "pregnant", facts, "DTaP/Tdap/Td").await;
        assert_eq!((tetanus.status, tetanus.is_for_risk), (GroupStatus::UpToDate, false), "{tetanus:?}");
        assert_eq!((tetanus.dose_number, tetanus.earliest_on), (Some(2), Some(date(2026, 1, 17))));
    });
}

/// Allergies to two vaccines: one code, and the vaccine beside it.
fn allergies(status: &str, vaccines: &[&str]) -> String {
    let mut group = "ORC|RE||9999^EHR\nRXA|0|1|20250401||998^No vaccine^CVX|999||||||||||||||NA|A\n".to_owned();
    for (number, cvx) in vaccines.iter().enumerate() {
        group += &format!(
            "OBX|1|CE|30945-0^Contraindication^LN|{number}|VXC20^allergy to this vaccine^CDCPHINVS||||||{status}|||20250401\n\
             OBX|2|CE|30956-7^Vaccine type^LN|{number}|{cvx}^vaccine^CVX||||||{status}\n"
        );
    }
    group
}

#[test]
fn allergies_to_two_vaccines_are_two_facts() {
    on_each_database(&example(), async |house| {
        let told = async || {
            let history = house.ask("CLINIC", "Z34", &MARIA).await;
            let vaccines = segments(&history, "OBX").into_iter().filter(|line| line.contains("|30956-7^"));
            let mut vaccines: Vec<String> =
                vaccines.filter_map(|line| Some(line.split('|').nth(5)?.split('^').next()?.to_owned())).collect();
            vaccines.sort_unstable();
            vaccines.join(" ")
        };
        house.report("CLINIC", &MARIA, &allergies("F", &["03", "08"])).await;
        assert_eq!(told().await, "03 08", "of one message");
        house.report("CLINIC", &MARIA, &allergies("F", &["10"])).await;
        assert_eq!(told().await, "03 08 10", "of a later one");
        house.report("CLINIC", &MARIA, &allergies("D", &["03"])).await;
        assert_eq!(told().await, "08 10", "one taken back");
        let all = allergies("F", &["08", "10"]).replace("|NA|A", "|NA|D");
        house.report("CLINIC", &MARIA, &all).await;
        assert_eq!(told().await, "", "the group taken back");
        house.report("CLINIC", &MARIA, &allergies("F", &["08", "10"])).await;
        let unnamed = "ORC|RE||9999^EHR\nRXA|0|1|20250401||998^No vaccine^CVX|999||||||||||||||NA|A\n\
                       OBX|1|CE|30945-0^Contraindication^LN|1|VXC20^allergy^CDCPHINVS||||||D\n";
        house.report("CLINIC", &MARIA, unnamed).await;
        assert_eq!(told().await, "", "without a vaccine, all of it");
    });
}

#[test]
fn the_vaccine_of_an_allergy_is_no_information_statement() {
    on_each_database(&example(), async |house| {
        let allergy = "OBX|5|CE|30945-0^Contraindication^LN|3|VXC20^allergy^CDCPHINVS||||||F|||20240311\n\
                       OBX|6|CE|30956-7^Vaccine type^LN|3|03^MMR^CVX||||||F\n";
        let dose = given("08", "20240311", "D1");
        house.report("CLINIC", &MARIA, &(dose + allergy)).await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        let types = segments(&history, "OBX").into_iter().filter(|line| line.contains("|30956-7^"));
        let types: Vec<&str> = types.filter_map(|line| line.split('|').nth(5)?.split('^').next()).collect();
        assert_eq!(types, ["08", "03"], "the statement of the dose, and the vaccine of the allergy: {history}");
    });
}
