//! Doses that may be one: asked, decided, undone; and two senders' reports of one history in the forecast.

use bluebonnet_registry::{DosePair, DoseReviewDecision, DoseReviewState};
use model::PatientId;

use crate::house::*;

/// Whom the newest line of the audit trail is about.
fn newest_person(house: &House) -> PatientId {
    house.newest_line().entry.patient_id.expect("a person")
}

/// What waits for a reviewer.
fn waiting(house: &House) -> Vec<DosePair> {
    let open = house.registry.open_dose_reviews(&house.admission(), &house.caller("CLINIC"), house.now(), 10);
    open.expect("reviews are listed")
}

fn decide(house: &House, pair: &DosePair, decision: DoseReviewDecision) -> DosePair {
    let (admission, caller, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
    let asked = (pair.patient_id, pair.one.id, pair.other.id);
    let decide = || house.registry.decide_dose_review(&admission, &caller, &receipt, asked, decision, "chart seen");
    tokio::task::block_in_place(decide).expect("it can be decided")
}

async fn dose_count(house: &House) -> usize {
    segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len()
}

#[test]
fn a_doubtful_pair_is_decided_and_the_decision_undone() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let told_of = house.report("PHARMACY", &MARIA, &told("45", "20240320", "P1")).await;
        assert_eq!(field(&told_of, "MSA", 1), "AA", "{told_of}");
        assert_eq!(dose_count(house).await, 2, "until somebody decides, they are two");
        let [pair] = &waiting(house)[..] else { panic!("one pair waits") };
        assert_eq!((pair.comparison.rule.id(), pair.comparison.days_apart), ("D61", 9));

        let put_off = decide(house, pair, DoseReviewDecision::Later);
        assert_eq!(put_off.review.map(|review| review.state), Some(DoseReviewState::Later));
        assert_eq!(waiting(house), []);
        let same = decide(house, pair, DoseReviewDecision::Same);
        assert!(!same.is_unsure);
        assert_eq!((dose_count(house).await, waiting(house).len()), (1, 0));
        let undone = decide(house, pair, DoseReviewDecision::Undo);
        assert!(undone.is_unsure, "the rules decide again");
        assert_eq!((dose_count(house).await, waiting(house).len()), (2, 1));
        decide(house, pair, DoseReviewDecision::NotTheSame);
        assert_eq!((dose_count(house).await, waiting(house).len()), (2, 0));

        // For ever: also when the report comes again with more in it, and when it says a day that would make them one.
        house.report("PHARMACY", &MARIA, &told("45", "20240312", "P1")).await;
        assert_eq!((dose_count(house).await, waiting(house).len()), (2, 0));
        let lines = house.registry.audit_of_patient(&house.admission(), pair.patient_id, 100).expect("the trail");
        let reviewed = lines.iter().filter(|line| line.entry.action.word() == "match_reviewed").count();
        assert_eq!(reviewed, 4, "each decision is written down");
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}

#[test]
fn a_decision_that_two_are_one_holds_for_what_they_said() {
    on_each_database(&example(), async |house| {
        // Two given doses of two days are two, unless somebody says that a day is wrong.
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &MARIA, &given("08", "20240313", "P1")).await;
        assert_eq!((dose_count(house).await, waiting(house).len()), (2, 0));
        let explained = house.registry.explain_doses(&house.admission(), newest_person(house)).expect("explained");
        let [one, other] = &explained.vaccinations[..] else { panic!("two vaccinations: {explained:?}") };
        let asked = (one.shown.patient_id, one.shown.id, other.shown.id);
        let pair = house.registry.dose_pair(&house.admission(), &house.caller("CLINIC"), house.now(), asked);
        let pair = pair.expect("a pair");
        assert_eq!(pair.comparison.rule.id(), "D50");
        decide(house, &pair, DoseReviewDecision::Same);
        assert_eq!(dose_count(house).await, 1);
        let corrected = given("08", "20240420", "P1").replace("|CP|A", "|CP|U");
        house.report("PHARMACY", &MARIA, &corrected).await;
        assert_eq!(dose_count(house).await, 2, "it was decided about another day");

        house.report("PHARMACY", &MARIA, &given("110", "20240512", "P2")).await;
        house.report("PHARMACY", &MARIA, &given("03", "20250401", "P3")).await;
        let explained = house.registry.explain_doses(&house.admission(), newest_person(house)).expect("explained");
        let ids: Vec<_> = explained.vaccinations.iter().map(|found| found.shown.id).collect();
        let asked = (pair.patient_id, ids[0], *ids.last().expect("some"));
        let (admission, caller, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
        let refused = tokio::task::block_in_place(|| {
            let decision = DoseReviewDecision::Same;
            house.registry.decide_dose_review(&admission, &caller, &receipt, asked, decision, "")
        });
        assert!(refused.is_err(), "hepatitis B is no measles");
    });
}

#[test]
fn merged_people_are_asked_about_anew() {
    on_each_database(&example(), async |house| {
        let other =
            Person { mrn: "P-7", family: "Ybarra", given: "Consuelo", birth_date: "20240117", rest: "", ..MARIA };
        let count = || {
            let explained = house.registry.explain_doses(&house.admission(), newest_person(house));
            explained.expect("explained").vaccinations.len()
        };
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let survivor = newest_person(house);
        house.report("PHARMACY", &other, &told("45", "20240320", "P1")).await;
        let retired = newest_person(house);
        assert_ne!(survivor, retired);
        let (admission, caller) = (house.admission(), house.caller("CLINIC"));
        let merge = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &caller, &house.receipt(), retired, survivor, "renamed")
        });
        let merge = merge.expect("they can be merged");
        let pairs = waiting(house);
        assert_eq!(pairs.len(), 1, "{pairs:?}");
        assert_eq!(pairs[0].patient_id, survivor);
        decide(house, &pairs[0], DoseReviewDecision::Same);
        assert_eq!(count(), 1);
        let undone = tokio::task::block_in_place(|| {
            house.registry.unmerge_patients(&admission, &caller, &house.receipt(), merge.id, "two girls")
        });
        undone.expect("it can be undone");
        assert_eq!((count(), waiting(house).len()), (1, 0));
        let again = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &caller, &house.receipt(), retired, survivor, "one after all")
        });
        again.expect("they can be merged again");
        assert_eq!((count(), waiting(house).len()), (1, 0), "what was decided of the two still holds");
    });
}

#[test]
fn people_found_not_to_be_the_same_are_not_taken_for_each_other_again() {
    on_each_database(&example(), async |house| {
        let sister = Person { mrn: "P-7", family: "Garza Luna", ..MARIA };
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let known = newest_person(house);
        let doubted = house.report("PHARMACY", &sister, &given("08", "20240311", "P1")).await;
        assert_eq!(findings(&doubted), ["IEE-200"], "{doubted}");
        let pending = newest_person(house);
        let (admission, caller, receipt) = (house.admission(), house.caller("CLINIC"), house.receipt());
        tokio::task::block_in_place(|| {
            let decision = bluebonnet_registry::setup::ReviewDecision::NotTheSame;
            house.registry.decide_review(&admission, &caller, &receipt, (pending, known), decision, "two girls")
        })
        .expect("it can be decided");
        // The pharmacy now writes the name as the clinic does: its number says whom it means.
        let renamed = Person { mrn: "P-7", ..MARIA };
        let answer = house.report("PHARMACY", &renamed, &given("110", "20240512", "P2")).await;
        assert!(!findings(&answer).contains(&"IEE-200") && !findings(&answer).contains(&"IEE-201"), "{answer}");
        assert_eq!(newest_person(house), pending);
    });
}

/// A child's doses as CDC schedules them, by CVX and day.
const SERIES: [(&str, &str); 12] = [
    ("08", "20240311"),
    ("110", "20240511"),
    ("48", "20240511"),
    ("133", "20240511"),
    ("110", "20240711"),
    ("48", "20240711"),
    ("133", "20240711"),
    ("110", "20240911"),
    ("133", "20240911"),
    ("03", "20250315"),
    ("21", "20250315"),
    ("83", "20250315"),
];

/// How another sender tells of the same doses: by families and components, some a few days off.
const TOLD: [(&str, &str); 13] = [
    ("45", "20240312"),
    ("107", "20240511"),
    ("45", "20240511"),
    ("89", "20240511"),
    ("17", "20240512"),
    ("133", "20240515"),
    ("110", "20240711"),
    ("48", "20240720"),
    ("133", "20240711"),
    ("107", "20240911"),
    ("03", "20250316"),
    ("21", "20250315"),
    ("85", "20250314"),
];

#[test]
fn a_history_that_two_senders_report_is_forecast_as_one() {
    on_each_database(&example(), async |house| {
        let (admission, at, on) =
            (house.admission(), NOON.parse().expect("a timestamp"), jiff::civil::date(2025, 6, 1));
        let caller = house.caller("CLINIC");
        let assess = async || {
            let found = house.registry.assess_patient(&admission, &caller, newest_person(house), at, on).await;
            let found = found.expect("the registry serves").expect("she is shown");
            let evaluations = found.evaluations.iter().map(|dose| (dose.vaccine_group.clone(), dose.status));
            let forecasts = found.forecasts.iter().map(|group| {
                format!("{:?}", (&group.vaccine_group, group.status, group.dose_number, group.recommended_on))
            });
            (evaluations.collect::<Vec<_>>(), forecasts.collect::<Vec<_>>())
        };
        let number = |what: &str, place: usize| format!("{what}{place}");
        for (place, (cvx, day)) in SERIES.iter().enumerate() {
            house.report("CLINIC", &MARIA, &given(cvx, day, &number("D", place))).await;
        }
        let alone = assess().await;
        assert!(alone.0.len() > SERIES.len(), "combinations count in each of their groups: {alone:?}");
        for (place, (cvx, day)) in TOLD.iter().enumerate() {
            house.report("PHARMACY", &MARIA, &told(cvx, day, &number("P", place))).await;
        }
        assert_eq!(assess().await, alone, "none twice, and none lost");
        // A dose that only the other knows of counts.
        house.report("PHARMACY", &MARIA, &told("85", "20250601", "P99")).await;
        assert_ne!(assess().await.0.len(), alone.0.len(), "the control: it is seen");
    });
}
