//! Possible matches decided, records merged and unmerged.

use bluebonnet_registry::RegistryError;
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
) -> Result<Option<Merge>, RegistryError> {
    let (admission, reviewer, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
    let decide = || house.registry.decide_review(&admission, &reviewer, &receipt, pair, decision, "mother asked");
    tokio::task::block_in_place(decide)
}

fn unmerge(house: &House, merge: &Merge) -> Result<Merge, RegistryError> {
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
        let decided = house.registry.decided_reviews(&admission, &reviewer, 10).expect("listed");
        assert_eq!(decided.len(), 1, "of one pair the last decision counts: {decided:?}");
        assert_eq!((decided[0].decided.decision, decided[0].merged_into), (ReviewDecision::NotTheSame, None));
        let answer = house.report("PHARMACY", &TWO_SURNAMES, &given("110", "20240512", "P2")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "it does not wait any more: {answer}");
    });
}

#[test]
fn what_is_one_record_already_is_not_decided_again() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("08", "20240311", "P1")).await;
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let pair = open_review(house);
        let side_by_side = || house.registry.side_by_side(&admission, &reviewer, pair.0, pair.1).expect("both records");
        let latest = || {
            let decided = house.registry.decided_reviews(&admission, &reviewer, 10).expect("listed");
            decided[0].decided.decision
        };
        assert_eq!(side_by_side().merged_into, None);
        let merge = decide(house, pair, ReviewDecision::Same).expect("they can be merged").expect("a merge");
        for decision in [ReviewDecision::NotTheSame, ReviewDecision::Later, ReviewDecision::Same] {
            for pair in [pair, (pair.1, pair.0)] {
                let refused = decide(house, pair, decision);
                assert!(matches!(refused, Err(RegistryError::Refused(_))), "{decision:?}: {refused:?}");
            }
        }
        assert_eq!(latest(), ReviewDecision::Same);
        let shown = side_by_side();
        assert_eq!((shown.merged_into, shown.merge), (Some(merge.survivor_id), Some(merge.clone())));
        unmerge(house, &merge).expect("it can be undone");
        let shown = side_by_side();
        assert_eq!((shown.merged_into, shown.merge), (None, None));
        decide(house, pair, ReviewDecision::NotTheSame).expect("two records are decided about again");
    });
}

#[test]
fn reports_of_one_person_who_waits_for_a_review_wait_together() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("110", "20240512", "P1")).await;
        let elsewhere = Person { mrn: "S-7", ..TWO_SURNAMES };
        let doubted = house.report("CLINIC-SITE", &elsewhere, &given("83", "20250401", "S1")).await;
        assert_eq!(findings(&doubted), ["IEE-200"], "{doubted}");

        let pair = open_review(house);
        let records = house.database.patient_records(&[pair.0]).expect("readable");
        assert_eq!(records[0].reports.len(), 2, "both organizations mean the person who waits");
        let merge = decide(house, pair, ReviewDecision::Same).expect("they can be merged").expect("a merge");
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(dose_count(&history), 3, "{history}");
        let reviewer = clinician(house, "PHARMACY");
        let decided = house.registry.decided_reviews(&house.admission(), &reviewer, 10).expect("listed");
        assert_eq!(decided[0].decided.decision, ReviewDecision::Same);
        assert_eq!(decided[0].merged_into, Some(merge.survivor_id), "where it can be undone");
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

/// Somebody of an organization who may decide about its own people.
fn clinician(house: &House, organization: &str) -> model::Caller {
    let standing = model::Standing::Person(model::Role::FullAccessClinician);
    model::Caller { standing, ..house.caller(organization) }
}

#[test]
fn a_site_helps_with_its_own_and_looks_at_nobody_else() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("08", "20240311", "P1")).await;
        let stranger = Person { mrn: "M-9", given: "Berta", family: "Escamilla", rest: "", ..MARIA };
        house.report("PHARMACY", &stranger, "").await;
        let (admission, receipt) = (house.admission(), house.receipt());
        let pair = open_review(house);
        let people = house.database.people_after(uuid::Uuid::nil(), 10).expect("the people are listed");
        let unasked = people[2];
        let registry = &house.registry;
        let listed = |caller: &model::Caller| {
            registry.open_reviews(&admission, caller, receipt.received_at, 10).expect("reviews are listed").len()
        };
        let (clinic, pharmacy) = (clinician(house, "CLINIC"), clinician(house, "PHARMACY"));
        let site = clinician(house, "CLINIC-SITE");
        assert_eq!((listed(&clinic), listed(&pharmacy), listed(&site)), (1, 1, 0));
        assert!(registry.side_by_side(&admission, &clinic, pair.0, pair.1).is_ok(), "the candidate is theirs");
        assert!(registry.side_by_side(&admission, &site, pair.0, pair.1).is_err(), "neither is theirs");
        let refused = registry.side_by_side(&admission, &clinic, pair.1, unasked);
        assert!(refused.is_err(), "nobody asked about these two: a site cannot look at anybody beside its own");
        let nobody = PatientId(house.uuid());
        let absent = registry.side_by_side(&admission, &clinic, pair.1, nobody);
        assert_eq!(
            format!("{:?}", refused.err()),
            format!("{:?}", absent.err()),
            "and cannot tell whether they are there"
        );
        tokio::task::block_in_place(|| {
            let merge = |caller: &model::Caller, retired, survivor| {
                registry.merge_patients(&admission, caller, &house.receipt(), retired, survivor, "the mother said so")
            };
            assert!(merge(&clinic, pair.1, unasked).is_err());
            assert!(merge(&site, pair.0, pair.1).is_err());
            let program = model::Caller { standing: model::Standing::Program, ..house.caller("CLINIC") };
            assert!(merge(&program, pair.0, pair.1).is_err(), "programs decide nothing");
            let merged = merge(&clinic, pair.0, pair.1).expect("asked, and theirs");
            let undo = |caller: &model::Caller| {
                registry.unmerge_patients(&admission, caller, &house.receipt(), merged.id, "two girls after all")
            };
            let decided = |caller: &model::Caller| {
                registry.decided_reviews(&admission, caller, 10).expect("decisions are listed").len()
            };
            assert_eq!((decided(&clinic), decided(&pharmacy), decided(&site)), (1, 1, 0));
            assert!(undo(&site).is_err());
            assert!(undo(&pharmacy).is_ok(), "what is theirs was moved by it");
        });
    });
}

#[test]
fn who_waits_for_a_record_that_was_merged_is_asked_of_the_one_that_holds() {
    on_each_database(&example(), async |house| {
        let (admission, reviewer, now) = (house.admission(), house.caller("CLINIC"), house.receipt().received_at);
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("08", "20240311", "P1")).await;
        let (pending, candidate) = open_review(house);
        let other = Person { mrn: "M-9", given: "Berta", family: "Escamilla", rest: "", ..MARIA };
        house.report("PHARMACY", &other, "").await;
        let survivor = house.newest_line().entry.patient_id.expect("a person");
        let merged = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), candidate, survivor, "renamed")
        });
        merged.expect("they can be merged");
        let open = house.registry.open_reviews(&admission, &reviewer, now, 10).expect("listed");
        let pairs: Vec<_> = open.iter().map(|review| (review.patient_id, review.candidate)).collect();
        assert_eq!(pairs, [(pending, survivor)]);
        // Named the other way around, it is the same question.
        decide(house, (survivor, pending), ReviewDecision::NotTheSame).expect("it can be decided");
        assert_eq!(house.registry.open_reviews(&admission, &reviewer, now, 10).expect("listed"), []);
        let answer = house.report("PHARMACY", &TWO_SURNAMES, &given("110", "20240512", "P2")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "it does not wait any more: {answer}");
    });
}
