//! What an organization's people correct on a page, and its own system sends otherwise.

use bluebonnet_registry::Entry;
use model::{Demographics, PatientId, PatientReport, PatientStatement, PersonFact};

use crate::entries::{enter, find, named, open};
use crate::house::*;

/// The record of a girl whom the clinic's system reported.
async fn reported(house: &House) -> PatientId {
    house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
    find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id
}

async fn clinics_report(house: &House, id: PatientId) -> PatientReport {
    let record = open(house, "CLINIC", id).await.expect("shown");
    record.own_report(house.caller("CLINIC").organization_id).expect("it has said something").clone()
}

/// Saves the page of who somebody is, as the clinic says it, but for this.
async fn corrects(house: &House, id: PatientId, change: impl Fn(&mut Demographics)) {
    let said = clinics_report(house, id).await.demographics;
    let mut demographics = Demographics {
        names: said.names,
        addresses: said.addresses,
        telecoms: said.telecoms,
        ..Demographics::default()
    };
    (demographics.birth_date, demographics.sex) = (said.birth_date, said.sex);
    change(&mut demographics);
    let patient = PatientStatement { demographics, record: Some(id), ..PatientStatement::default() };
    let entry = Entry { once: house.uuid().to_string(), patient, vaccinations: Vec::new(), reason: "mistake".into() };
    assert_eq!(enter(house, "CLINIC", entry).await.patient_id, Some(id));
}

fn moved(who: &mut Demographics) {
    who.addresses[0].street = "77 Pecan Street".into();
}

/// What stands in the record of replaced corrections.
async fn replaced(house: &House, id: PatientId) -> Vec<PersonFact> {
    let corrections = clinics_report(house, id).await.demographics.page_corrections.into_iter();
    corrections.filter(|known| known.replaced_at.is_some()).map(|known| known.fact).collect()
}

#[test]
fn a_system_is_told_when_it_replaces_what_its_people_corrected_on_a_page() {
    on_each_database(&example(), async |house| {
        let id = reported(house).await;
        corrects(house, id, |who| {
            moved(who);
            who.names[0].given = "Mariana".into();
        })
        .await;
        assert_eq!(replaced(house, id).await, []);
        let answer = house.report("CLINIC", &MARIA, "").await;
        assert_eq!(findings(&answer), ["IEE-252", "IEE-252"], "{answer}");
        assert_eq!(field(&answer, "MSA", 1), "AA", "for information: {answer}");
        let places = segments(&answer, "ERR").into_iter().filter_map(|err| err.split('|').nth(2));
        let places: Vec<&str> = places.filter(|place| !place.is_empty()).collect();
        assert_eq!(places, ["PID^1^5", "PID^1^11"], "{answer}");
        assert!(!answer.contains("Pecan") && !answer.contains("Mariana"), "no value is told: {answer}");
        let line = house.newest_line().entry;
        assert!(line.detail.ends_with("; replaced what was corrected on a page: name, address"), "{}", line.detail);
        assert_eq!(replaced(house, id).await, [PersonFact::Name, PersonFact::Address]);
        let again = house.report("CLINIC", &MARIA, &given("110", "20240512", "D2")).await;
        assert_eq!(findings(&again), [""; 0], "it is told once: {again}");
        // Whoever saves the page has seen it; whoever corrects it again is told of again.
        corrects(house, id, moved).await;
        assert_eq!(replaced(house, id).await, []);
        let third = house.report("CLINIC", &MARIA, "").await;
        assert_eq!(findings(&third), ["IEE-252"], "{third}");
    });
}

#[test]
fn a_system_that_says_the_same_or_nothing_of_it_or_is_anothers_replaces_no_correction() {
    on_each_database(&example(), async |house| {
        let id = reported(house).await;
        corrects(house, id, moved).await;
        let silent = Person { rest: "", ..MARIA };
        for (organization, who) in [("CLINIC", &silent), ("PHARMACY", &MARIA)] {
            let answer = house.report(organization, who, "").await;
            assert_eq!(findings(&answer), [""; 0], "{organization}: {answer}");
        }
        let before = clinics_report(house, id).await;
        let rest = "|2106-3^White^CDCREC|77 PECAN STREET^^Laredo^TX^78040^USA^H||^PRN^PH^^^956^5550142";
        let same = house.report("CLINIC", &Person { rest, ..MARIA }, "").await;
        assert_eq!(findings(&same), [""; 0], "{same}");
        let after = clinics_report(house, id).await.demographics;
        assert_eq!((before.demographics.page_corrections.len(), after.page_corrections.len()), (1, 0));
        let other = house.report("CLINIC", &MARIA, "").await;
        assert_eq!(findings(&other), [""; 0], "its system knew it, and says it anew: {other}");
    });
}

#[test]
fn what_a_system_put_in_its_place_and_takes_back_is_replaced_no_more() {
    on_each_database(&example(), async |house| {
        let id = reported(house).await;
        corrects(house, id, moved).await;
        house.report("CLINIC", &MARIA, "").await;
        assert_eq!(replaced(house, id).await, [PersonFact::Address]);
        let rest = "|2106-3^White^CDCREC|77 Pecan Street^^Laredo^TX^78040^USA^H||^PRN^PH^^^956^5550142";
        let mended = house.report("CLINIC", &Person { rest, ..MARIA }, "").await;
        assert_eq!(findings(&mended), [""; 0], "{mended}");
        assert_eq!(replaced(house, id).await, []);
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

/// A second chart of hers at the clinic, under a nickname, of a record that was merged into this.
const SECOND_CHART: Person = Person {
    mrn: "M-200",
    given: "Mary",
    family: "Smith",
    rest: "|2106-3^White^CDCREC|9 Elm St^^Laredo^TX^78040^USA^H||^PRN^PH^^^956^5550142",
    ..MARIA
};

#[test]
fn a_message_about_another_chart_of_the_person_replaces_a_correction_and_is_told_of_it() {
    on_each_database(&example(), async |house| {
        let survivor = reported(house).await;
        house.report("CLINIC", &SECOND_CHART, &given("08", "20240311", "D8")).await;
        let retired = find(house, "CLINIC", named("Smith", "Mary")).await[0].patient_id;
        let (admission, clinic) = (house.admission(), house.caller("CLINIC"));
        tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &clinic, &house.receipt(), retired, survivor, "one girl")
        })
        .expect("they can be merged");
        let third = Person { rest: "|2106-3^White^CDCREC|3 Oak Ct^^Laredo^TX^78040^USA^H", ..MARIA };
        house.report("CLINIC", &third, "").await;
        corrects(house, survivor, moved).await;

        let unchanged = house.report("CLINIC", &SECOND_CHART, "").await;
        assert_eq!(findings(&unchanged), [""; 0], "it says nothing new, and what was corrected is shown: {unchanged}");
        let street = async || {
            let record = open(house, "CLINIC", survivor).await.expect("shown").shown;
            record.patient.demographics.addresses[0].street.clone()
        };
        assert_eq!(street().await, "77 Pecan Street");

        let rest = "|2106-3^White^CDCREC|10 Elm St^^Laredo^TX^78040^USA^H";
        let other = house.report("CLINIC", &Person { rest, ..SECOND_CHART }, "").await;
        assert_eq!(findings(&other), ["IEE-252"], "{other}");
        assert_eq!(street().await, "10 Elm St");
        assert_eq!(replaced(house, survivor).await, [PersonFact::Address]);
        let again = house.report("CLINIC", &third, &given("83", "20250401", "D3")).await;
        assert_eq!(findings(&again), [""; 0], "it is told once: {again}");
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}
