//! Possible matches decided, records merged and unmerged.

use bluebonnet_registry::setup::{Merge, ReviewDecision};
use bluebonnet_registry::{Entry, RegistryError};
use model::{ConsentStatement, ConsentStatus, Demographics, Identifier, MessageState, PatientId, PatientStatement};

use crate::entries::find;
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
        let shown = house.registry.side_by_side(&admission, &reviewer, house.now(), pair).expect("both records");
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
        let decided = house.registry.decided_reviews(&admission, &reviewer, house.now(), 10).expect("listed");
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
        let side_by_side = || {
            let found = house.registry.side_by_side(&admission, &reviewer, house.now(), pair);
            found.expect("both records")
        };
        let latest = || {
            let decided = house.registry.decided_reviews(&admission, &reviewer, house.now(), 10).expect("listed");
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
        let decided = house.registry.decided_reviews(&house.admission(), &reviewer, house.now(), 10).expect("listed");
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
        assert!(registry.side_by_side(&admission, &clinic, house.now(), pair).is_ok(), "the candidate is theirs");
        assert!(registry.side_by_side(&admission, &site, house.now(), pair).is_err(), "neither is theirs");
        let refused = registry.side_by_side(&admission, &clinic, house.now(), (pair.1, unasked));
        assert!(refused.is_err(), "nobody asked about these two: a site cannot look at anybody beside its own");
        let nobody = PatientId(house.uuid());
        let absent = registry.side_by_side(&admission, &clinic, house.now(), (pair.1, nobody));
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
                registry.decided_reviews(&admission, caller, house.now(), 10).expect("decisions are listed").len()
            };
            assert_eq!((decided(&clinic), decided(&pharmacy), decided(&site)), (1, 1, 0));
            assert!(undo(&site).is_err());
            assert!(undo(&pharmacy).is_ok(), "what is theirs was moved by it");
        });
    });
}

#[test]
fn who_saw_a_record_is_told_of_every_number_under_which_it_stood() {
    on_each_database(&example(), async |house| {
        let (admission, caller) = (house.admission(), house.caller("CLINIC-SITE"));
        let look = async |id| {
            let opened = house.registry.open_record(&admission, &caller, house.receipt(), id).await;
            assert!(opened.expect("the registry serves").is_some());
        };
        let looks = async |id| {
            let lines = house.registry.access_list(&admission, &caller, id, 100, house.now()).await;
            let looks = lines.expect("the registry serves").into_iter().filter(|line| line.entry.detail == "on a page");
            looks.count()
        };
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("110", "20240512", "P1")).await;
        let (retired, survivor) = open_review(house);
        look(retired).await;
        look(retired).await;
        look(survivor).await;
        let merge = decide(house, (retired, survivor), ReviewDecision::Same).expect("they can be merged");
        assert_eq!((looks(survivor).await, looks(retired).await), (3, 3), "one record has one list");
        look(retired).await;
        assert_eq!((looks(survivor).await, looks(retired).await), (4, 4));
        unmerge(house, &merge.expect("a merge")).expect("it can be undone");
        look(survivor).await;
        assert_eq!(looks(retired).await, 3, "its own, and who saw the one record");
        assert_eq!(looks(survivor).await, 3);
        let limited = house.registry.audit_of_patient(&admission, retired, 2).expect("the trail is read");
        assert_eq!(limited.len(), 2);
        assert!(limited[0].entry.at >= limited[1].entry.at, "the newest first");
    });
}

#[test]
fn whoever_is_withheld_stands_in_no_list_of_a_site_and_is_decided_about_by_none() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("CLINIC", &MARIA, &told("45", "20240320", "D2")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("08", "20240311", "P1")).await;
        let (admission, pair) = (house.admission(), open_review(house));
        let (site, office, registry) = (clinician(house, "CLINIC"), house.caller("CLINIC"), &house.registry);
        let lists = |caller: &model::Caller| {
            let open = registry.open_reviews(&admission, caller, house.now(), 10).expect("reviews are listed").len();
            let doses = registry.open_dose_reviews(&admission, caller, house.now(), 10).expect("listed").len();
            let decided = registry.decided_reviews(&admission, caller, house.now(), 10).expect("listed").len();
            [open, doses, decided]
        };
        assert_eq!((lists(&site), lists(&office)), ([1, 1, 0], [1, 1, 0]), "the control: both see it");
        let doses = registry.open_dose_reviews(&admission, &site, house.now(), 1).expect("listed").remove(0);
        let asked = (doses.patient_id, doses.one.id, doses.other.id);

        house.report("CLINIC", &Person { pd1: PROTECTED, ..MARIA }, "").await;
        assert_eq!((lists(&site), lists(&office)), ([0, 0, 0], [1, 1, 0]));
        let refused = registry.side_by_side(&admission, &site, house.now(), pair);
        let absent = registry.side_by_side(&admission, &site, house.now(), (pair.0, PatientId(house.uuid())));
        assert_eq!(format!("{:?}", refused.err()), format!("{:?}", absent.err()), "as if nobody were there");
        assert!(registry.dose_pair(&admission, &site, house.now(), asked).is_err());
        tokio::task::block_in_place(|| {
            let decide = |caller: &model::Caller| {
                let decision = ReviewDecision::NotTheSame;
                registry.decide_review(&admission, caller, &house.receipt(), pair, decision, "two girls")
            };
            assert!(decide(&site).is_err());
            assert!(decide(&office).is_ok(), "the office decides about all");
        });
        assert_eq!((lists(&site), lists(&office)), ([0, 0, 0], [0, 1, 1]));
        house.report("CLINIC", &Person { pd1: "PD1||||||||||||N|20260101\n", ..MARIA }, "").await;
        assert_eq!(lists(&site), [0, 1, 1], "and what was decided is seen again with the record");
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

#[test]
fn who_waits_for_a_record_that_was_merged_and_is_not_the_other_stands_on_its_own() {
    on_each_database(&example(), async |house| {
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let open = || {
            let open = house.registry.open_reviews(&admission, &reviewer, house.now(), 10).expect("listed");
            open.into_iter().map(|review| (review.patient_id, review.candidate)).collect::<Vec<_>>()
        };
        // Two girls until somebody says otherwise: the pharmacy's may be either.
        house.report("CLINIC", &Person { suffix: "SR", ..MARIA }, &given("08", "20240311", "D1")).await;
        let first = house.newest_line().entry.patient_id.expect("a person");
        house.report("CLINIC", &Person { mrn: "M-101", suffix: "JR", ..MARIA }, &given("08", "20240311", "D2")).await;
        let second = house.newest_line().entry.patient_id.expect("a person");
        assert_ne!(first, second);
        decide(house, (second, first), ReviewDecision::NotTheSame).expect("it can be decided");
        house.report("PHARMACY", &TWO_SURNAMES, &given("08", "20240311", "P1")).await;
        let pending = house.newest_line().entry.patient_id.expect("a person");
        assert_eq!(open().len(), 2, "asked of both: {:?}", open());
        decide(house, (pending, second), ReviewDecision::NotTheSame).expect("it can be decided");
        assert_eq!(open(), [(pending, first)]);
        let merged = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), first, second, "one girl")
        });
        merged.expect("they can be merged");
        assert_eq!(open(), []);
        let answer = house.report("PHARMACY", &TWO_SURNAMES, &given("110", "20240512", "P2")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "nobody is asked any more, and it waits for nobody: {answer}");
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

const WITHDRAWN: &str = "\n[consent.codes.OUT]\nkinds = [\"minor\", \"adult\"]\nstatus = \"withdrawn\"\n";
const OUT: &str = "PD1||||||||||||OUT|20251201\n";
const PROTECTED: &str = "PD1||||||||||||Y|20251201\n";

/// Whether the record of the clinic's Maria is shown, and that of the pharmacy's.
async fn are_shown(house: &House, merge: &Merge) -> [bool; 2] {
    let mut shown = [false; 2];
    for (shown, id) in shown.iter_mut().zip([merge.survivor_id, merge.retired_id]) {
        let caller = house.caller("PHARMACY");
        let opened = house.registry.open_record(&house.admission(), &caller, house.receipt(), id).await;
        *shown = opened.expect("the registry serves").is_some();
    }
    shown
}

/// Maria of the clinic and the one of the pharmacy, merged.
async fn merged(house: &House, pd1: &'static str) -> Merge {
    house.report("CLINIC", &Person { pd1, ..MARIA }, &given("08", "20240311", "D1")).await;
    let doubted = house.report("PHARMACY", &Person { pd1, ..TWO_SURNAMES }, &given("110", "20240512", "P1")).await;
    assert!(findings(&doubted).contains(&"IEE-200"), "{doubted}");
    decide(house, open_review(house), ReviewDecision::Same).expect("they can be merged").expect("a merge")
}

#[test]
fn consent_withdrawn_since_a_merge_stays_withdrawn_for_whom_it_was() {
    on_each_database(&(texas() + WITHDRAWN), async |house| {
        let merge = merged(house, WITH_CONSENT).await;
        let withdrawing = Person { pd1: OUT, ..TWO_SURNAMES };
        house.report("PHARMACY", &withdrawing, "").await;
        assert_eq!(are_shown(house, &merge).await, [false, false]);
        unmerge(house, &merge).expect("it can be undone");
        assert_eq!(are_shown(house, &merge).await, [true, false], "the pharmacy named its own");
        let anew = Person { pd1: "PD1||||||||||||TXY|20251205\n", ..TWO_SURNAMES };
        house.report("PHARMACY", &anew, "").await;
        assert_eq!(are_shown(house, &merge).await, [true, true]);
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn consent_withdrawn_on_a_page_since_a_merge_counts_for_both() {
    on_each_database(&(texas() + WITHDRAWN), async |house| {
        let merge = merged(house, WITH_CONSENT).await;
        let state = async |status, once: &str| {
            let consent = ConsentStatement { kind: "minor".into(), status, effective_on: None };
            let demographics =
                Demographics { birth_date: Some(jiff::civil::date(2024, 3, 10)), ..Demographics::default() };
            let (record, consents) = (Some(merge.survivor_id), vec![consent]);
            let patient = PatientStatement { demographics, record, consents, ..PatientStatement::default() };
            let entry = Entry { once: once.into(), patient, vaccinations: Vec::new(), reason: String::new() };
            let caller = house.caller("CLINIC");
            let entered = house.registry.enter(&house.admission(), &caller, house.receipt(), entry).await;
            assert_eq!(entered.expect("the registry serves").disposition, MessageState::Accepted);
        };
        state(ConsentStatus::Withdrawn, "out").await;
        unmerge(house, &merge).expect("it can be undone");
        assert_eq!(are_shown(house, &merge).await, [false, false], "nobody can say who withdrew");
        // Merged and parted once more, it is still so; consent given meanwhile opens nobody's record.
        let again = tokio::task::block_in_place(|| {
            let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
            let (retired, survivor) = (merge.retired_id, merge.survivor_id);
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), retired, survivor, "one after all")
        });
        let again = again.expect("they can be merged");
        state(ConsentStatus::Granted, "in").await;
        assert_eq!(are_shown(house, &merge).await, [true, true], "of the one record it is said");
        unmerge(house, &again).expect("it can be undone");
        assert_eq!(are_shown(house, &merge).await, [false, false]);
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn a_chart_that_an_organization_opens_since_a_merge_is_told_from_its_other() {
    on_each_database(&(texas() + WITHDRAWN), async |house| {
        let merge = merged(house, WITH_CONSENT).await;
        // The clinic gets to know the other one, too, and its system withdraws for her.
        let known = Person { mrn: "M-99", ..TWO_SURNAMES };
        house.report("CLINIC", &known, &given("83", "20250401", "D9")).await;
        house.report("CLINIC", &Person { pd1: OUT, ..known }, "").await;
        unmerge(house, &merge).expect("it can be undone");
        assert_eq!(are_shown(house, &merge).await, [true, false]);
    });
}

#[test]
fn protection_since_a_merge_protects_whom_it_was_meant_for() {
    on_each_database(&example(), async |house| {
        let merge = merged(house, "").await;
        house.report("PHARMACY", &Person { pd1: PROTECTED, ..TWO_SURNAMES }, "").await;
        unmerge(house, &merge).expect("it can be undone");
        assert_eq!(are_shown(house, &merge).await, [true, false]);
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn protection_since_a_merge_of_which_nobody_can_say_for_whom_protects_both() {
    on_each_database(&example(), async |house| {
        let person_of = |line: model::AuditEntry| line.patient_id.expect("a person");
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let survivor = person_of(house.newest_line().entry);
        house.report("PHARMACY", &Person { rest: "", ..TWO_SURNAMES }, &given("110", "20240512", "P1")).await;
        let retired = person_of(house.newest_line().entry);
        assert_ne!(survivor, retired);
        let merge = tokio::task::block_in_place(|| {
            let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), retired, survivor, "one girl")
        });
        let merge = merge.expect("they can be merged");
        // The name of the one at the home of the other: surely the merged one, and surely neither.
        let somebody = Person { mrn: "S-1", pd1: PROTECTED, ..TWO_SURNAMES };
        let answer = house.report("CLINIC-SITE", &somebody, "").await;
        assert_eq!(findings(&answer), ["IEE-108"], "{answer}");
        assert_eq!(are_shown(house, &merge).await, [false, false]);
        unmerge(house, &merge).expect("it can be undone");
        assert_eq!(are_shown(house, &merge).await, [false, false]);
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn the_number_of_a_record_that_was_merged_leads_to_the_one_that_goes_on() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &TWO_SURNAMES, &given("110", "20240512", "P2")).await;
        let merge =
            decide(house, open_review(house), ReviewDecision::Same).expect("they can be merged").expect("merged");
        for id in [merge.survivor_id, merge.retired_id] {
            let number = Identifier { kind: "SR".into(), value: id.number(), authority: String::new() };
            let found =
                find(house, "CLINIC", Demographics { identifiers: vec![number], ..Demographics::default() }).await;
            assert_eq!(found.iter().map(|it| it.patient_id).collect::<Vec<_>>(), [merge.survivor_id], "on pages");
            let facility = &house.registry.profile().registry.facility;
            let question = format!(
                "MSH|^~\\&|EHR|SENDER|IIS|REG|20260115120000-0600||QBP^Q11^QBP_Q11|N1|P|2.5.1|||ER|AL|||||Z34^CDCPHINVS\n\
                 QPD|Z34^Request^CDCPHINVS|t1|{}^^^{facility}^SR|||20240310\nRCP|I|5^RD&Records&HL70126\n",
                id.number()
            );
            let answer = house.send("CLINIC", &question).await;
            assert!(field(&answer, "MSH", 21).starts_with("Z32"), "in messages: {answer}");
        }
    });
}
