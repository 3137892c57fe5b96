//! Possible matches decided, records merged and unmerged.

use bluebonnet_registry::setup::{Merge, ReviewDecision};
use model::PatientId;

use crate::house::*;

const TWO_SURNAMES: Person = Person { mrn: "P-7", family: "Garza Luna", ..MARIA };

/// The one possible match that waits.
fn open_review(house: &House) -> (PatientId, PatientId) {
    let now = house.receipt().received_at;
    let open = house.registry.open_reviews(&house.admission(), &house.caller("CLINIC"), now, 10);
    let open = open.expect("reviews are listed");
    assert_eq!(open.len(), 1, "{open:?}");
    (open[0].patient_id, open[0].candidate)
}

/// Decides a possible match as the clinic's operator; gives the merge, when there is one.
fn decide(
    house: &House,
    pair: (PatientId, PatientId),
    decision: ReviewDecision,
) -> Result<Option<Merge>, bluebonnet_registry::RegistryError> {
    let (admission, reviewer, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
    let decide = || house.registry.decide_review(&admission, &reviewer, &receipt, pair, decision, "mother asked");
    tokio::task::block_in_place(decide)
}

fn unmerge(house: &House, merge: &Merge) -> Result<Merge, bluebonnet_registry::RegistryError> {
    let (admission, reviewer, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
    tokio::task::block_in_place(|| {
        house.registry.unmerge_patients(&admission, &reviewer, &receipt, merge.id, "two girls")
    })
}

fn dose_count(history: &str) -> usize {
    segments(history, "RXA").len()
}

#[test]
fn a_merge_is_undone_also_after_later_submissions() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let doses = told("08", "20240311", "P1") + &given("110", "20240512", "P2");
        let doubted = house.report("PHARMACY", &TWO_SURNAMES, &doses).await;
        assert_eq!(findings(&doubted), ["IEE-200"], "{doubted}");

        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let pair = open_review(house);
        let shown = house.registry.side_by_side(&admission, &reviewer, pair.0, pair.1).expect("both records");
        assert!(shown.explanation.sentence.contains("a surname that agrees in part"), "{:?}", shown.explanation);
        let merge = decide(house, pair, ReviewDecision::Same).expect("they can be merged").expect("a merge");
        for person in [&MARIA, &TWO_SURNAMES] {
            let history = house.ask("CLINIC", "Z34", person).await;
            assert_eq!(dose_count(&history), 2, "the dose of both is one: {history}");
        }

        house.report("PHARMACY", &TWO_SURNAMES, &given("88", "20251001", "P3")).await;
        house.report("CLINIC", &MARIA, &given("83", "20250401", "D2")).await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(dose_count(&history), 4, "{history}");

        assert!(unmerge(house, &merge).expect("it can be undone").undone_at.is_some());
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(dose_count(&history), 2, "{history}");
        let history = house.ask("PHARMACY", "Z34", &TWO_SURNAMES).await;
        assert_eq!(dose_count(&history), 3, "{history}");
        assert!(unmerge(house, &merge).is_err(), "a merge is undone once");
        let lines = house.registry.audit_of_patient(&admission, merge.retired_id, 100).expect("the audit trail");
        let words: Vec<&str> = lines.iter().map(|line| line.entry.action.word()).collect();
        assert!(words.contains(&"patient_merged") && words.contains(&"patient_unmerged"), "{words:?}");
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn records_that_are_not_the_same_stand_on_their_own() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("08", "20240311", "P1")).await;
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let pair = open_review(house);
        for decision in [ReviewDecision::Later, ReviewDecision::NotTheSame] {
            assert_eq!(decide(house, pair, decision).expect("it can be decided"), None);
        }
        let now = house.receipt().received_at;
        assert_eq!(house.registry.open_reviews(&admission, &reviewer, now, 10).expect("listed"), []);
        let answer = house.report("PHARMACY", &TWO_SURNAMES, &given("110", "20240512", "P2")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "it does not wait any more: {answer}");
    });
}
