//! Who waits for a review beside somebody that may not be shown: to others they are nobody, until it is decided.

use bluebonnet_registry::setup::ReviewDecision;
use jiff::civil::date;
use model::PatientId;

use crate::entries::{find, named, open};
use crate::house::*;

const PROTECTED: &str = "PD1||||||||||||Y|20260101\n";
/// A code by which consent is withdrawn, and a day.
const OUT: &str = "\n[consent.codes.OUT]\nkinds = [\"minor\", \"adult\"]\nstatus = \"withdrawn\"\n";
const WITHDRAWN: &str = "PD1||||||||||||OUT|20260110\n";
const OPENED: &str = "PD1||||||||||||N|20260102\n";

/// Maria, as another organization writes her: not surely the same.
const MISSPELT: Person = Person { mrn: "P-7", family: "Garza Luna", ..MARIA };

fn newest_person(house: &House) -> PatientId {
    house.newest_line().entry.patient_id.expect("a person")
}

fn decide(house: &House, pair: (PatientId, PatientId), decision: ReviewDecision) {
    let (admission, office, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
    let decided = tokio::task::block_in_place(|| {
        house.registry.decide_review(&admission, &office, &receipt, pair, decision, "mother asked")
    });
    decided.expect("it can be decided");
}

/// What an organization is told of the misspelt name: the answers to both questions, how many a page finds, and the doses of
/// the record that it opens.
async fn told_to(house: &House, organization: &str, id: PatientId) -> (String, String, usize, Option<usize>) {
    let status = async |profile| field(&house.ask(organization, profile, &MISSPELT).await, "QAK", 2).to_owned();
    let found = find(house, organization, named("Garza Luna", "Maria")).await.len();
    let opened = open(house, organization, id).await;
    (status("Z34").await, status("Z44").await, found, opened.map(|opened| opened.shown.vaccinations.len()))
}

#[test]
fn a_protected_person_under_a_misspelt_name_is_shown_to_nobody_but_who_wrote_it() {
    on_each_database(&example(), async |house| {
        house.add_organization("SCHOOL", model::OrganizationKind::School, None);
        let (ok, nobody) = (|| "OK".to_owned(), || "NF".to_owned());
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let known = newest_person(house);
        let doubted = house.report("PHARMACY", &MISSPELT, &given("110", "20240512", "P1")).await;
        assert_eq!(findings(&doubted), ["IEE-200"], "{doubted}");
        let waiting = newest_person(house);
        assert_eq!(told_to(house, "CLINIC", waiting).await, (ok(), ok(), 1, Some(1)), "the control");

        house.report("CLINIC", &Person { pd1: PROTECTED, ..MARIA }, "").await;
        assert_eq!(told_to(house, "CLINIC", waiting).await, (nobody(), nobody(), 0, None));
        assert_eq!(told_to(house, "PHARMACY", waiting).await, (ok(), ok(), 1, Some(1)), "what it reported itself");
        let on = date(2026, 1, 15);
        let caller = house.caller("CLINIC");
        let assessed = house.registry.assess_patient(&house.admission(), &caller, waiting, house.now(), on).await;
        assert_eq!(assessed.expect("the registry serves"), None);

        // Another that writes the same name is told of what it wrote alone.
        house.report("SCHOOL", &Person { mrn: "S-1", ..MISSPELT }, &told("03", "20250401", "S1")).await;
        assert_eq!(house.rows("patient"), 2);
        for organization in ["PHARMACY", "SCHOOL"] {
            assert_eq!(told_to(house, organization, waiting).await, (ok(), ok(), 1, Some(1)), "{organization}");
        }
        let history = house.ask("SCHOOL", "Z34", &MISSPELT).await;
        assert_eq!(field(&history, "RXA", 3), "20250401", "{history}");

        house.report("CLINIC", &Person { pd1: OPENED, ..MARIA }, "").await;
        assert_eq!(told_to(house, "CLINIC", waiting).await, (ok(), ok(), 1, Some(2)), "no more protected");
        house.report("CLINIC", &Person { pd1: "PD1||||||||||||Y|20260103\n", ..MARIA }, "").await;
        assert_eq!(told_to(house, "CLINIC", waiting).await, (nobody(), nobody(), 0, None));
        decide(house, (waiting, known), ReviewDecision::Later);
        assert_eq!(told_to(house, "CLINIC", waiting).await, (nobody(), nobody(), 0, None), "put off");
        decide(house, (waiting, known), ReviewDecision::NotTheSame);
        assert_eq!(told_to(house, "CLINIC", waiting).await, (ok(), ok(), 1, Some(2)), "another person");
    });
}

#[test]
fn who_waits_beside_one_who_withdrew_is_shown_by_a_consent_given_since() {
    on_each_database(&(texas() + OUT), async |house| {
        let dose = given("110", "20240512", "P1");
        house.report("CLINIC", &Person { pd1: WITH_CONSENT, ..MARIA }, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &Person { pd1: WITH_CONSENT, ..MISSPELT }, &dose).await;
        let waiting = newest_person(house);
        let is_told = async || told_to(house, "CLINIC", waiting).await.3.is_some();
        assert!(is_told().await, "the control");
        house.report("CLINIC", &Person { pd1: WITHDRAWN, ..MARIA }, "").await;
        assert!(!is_told().await, "the consent is of before the withdrawal");
        house.report("PHARMACY", &Person { pd1: "PD1||||||||||||TXY|20260112\n", ..MISSPELT }, &dose).await;
        assert!(is_told().await, "consent anew");
    });
}

#[test]
fn the_office_that_opened_who_is_withheld_sees_who_waits_beside_them() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &Person { pd1: PROTECTED, ..MARIA }, "").await;
        let known = newest_person(house);
        house.report("PHARMACY", &MISSPELT, &given("110", "20240512", "P1")).await;
        let waiting = newest_person(house);
        let role = model::Standing::Person(model::Role::RegistryAdministrator);
        let account_id = Some(model::AccountId(house.uuid()));
        let office = model::Caller { standing: role, account_id, ..house.caller("CLINIC") };
        let sees = async |id| {
            let opened = house.registry.open_record(&house.admission(), &office, house.receipt(), id).await;
            opened.expect("the registry serves").is_some()
        };
        assert!(!sees(known).await && !sees(waiting).await);
        let opening =
            house.registry.open_withheld(&house.admission(), &office, house.receipt(), known, "she asked").await;
        opening.expect("the office may");
        assert!(sees(known).await && sees(waiting).await);
    });
}

#[test]
fn who_is_like_one_who_withdrew_is_told_that_consent_must_be_given_anew() {
    on_each_database(&(texas() + OUT), async |house| {
        house.report("CLINIC", &Person { pd1: WITH_CONSENT, ..MARIA }, "").await;
        house.report("CLINIC", &Person { pd1: WITHDRAWN, ..MARIA }, "").await;
        let alike = Person { pd1: WITH_CONSENT, ..MISSPELT };
        let answer = house.report("PHARMACY", &alike, &given("110", "20240512", "P1")).await;
        assert_eq!((findings(&answer), house.rows("patient")), (vec!["CLR-100"], 1), "{answer}");
        let told = field(&answer, "ERR", 8);
        assert!(told.contains("anew, where the message affirms one"), "{told}");
        // Everybody without consent is told the same: it says nothing of anybody.
        let stranger = Person { mrn: "S-1", family: "Ochoa", given: "Luz", birth_date: "20230101", rest: "", ..MARIA };
        let answer = house.report("PHARMACY", &stranger, "").await;
        assert_eq!(field(&answer, "ERR", 8), told);
    });
}
