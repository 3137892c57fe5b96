//! What may no longer be kept is destroyed: after the days of a withdrawal, at an age, when an event's time is over.

use bluebonnet_registry::setup::ReviewDecision;
use bluebonnet_registry::{DestructionRound, Options, Profile, Registry};
use codes::CodeSets;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use model::{AuditAction, PatientId};
use store::{Database, DatabaseUrl};

use crate::house::*;

const OUT: &str = "\n[consent.codes.OUT]\nkinds = [\"minor\", \"adult\"]\nstatus = \"withdrawn\"\n";
/// The days of the profile after noon in Texas on 15 January 2026.
const LAST_DAY: Date = date(2026, 1, 21);
const DUE_DAY: Date = date(2026, 1, 22);
const SINCE: &str = "2026-01-25T18:00:00Z";

/// Tables that must hold nothing of anybody.
const EMPTIED: [&str; 13] = [
    "patient",
    "patient_report",
    "vaccination_report",
    "consent",
    "match_key",
    "patient_review",
    "review_decision",
    "dose_review",
    "merge",
    "merge_part",
    "patient_forecast",
    "patient_due",
    "data_fix_step",
];

fn profile() -> String {
    texas() + OUT
}

fn said(pd1: &'static str) -> Person {
    Person { pd1, ..MARIA.clone() }
}

/// A round as seen from a day, to its end.
fn destroy(house: &House, on: Date) -> DestructionRound {
    destroy_at(&house.registry, house, on)
}

fn destroy_at(node: &Registry, house: &House, on: Date) -> DestructionRound {
    let at: Timestamp = SINCE.parse().expect("a timestamp");
    tokio::task::block_in_place(|| {
        let admission = house.admission();
        node.begin_destruction_round(&admission, on).expect("it begins");
        let mut last = None;
        while let Some(round) = node.advance_destruction_round(&admission, at, [8; 32]).expect("a step") {
            last = Some(round);
        }
        let last = last.expect("a step was made");
        assert!(last.is_finished && last.is_cleared, "{last:?}");
        last
    })
}

fn of(round: &DestructionRound, reason: &str) -> (u64, u64) {
    let count = |of: &std::collections::BTreeMap<String, u64>| of.get(reason).copied().unwrap_or_default();
    (count(&round.people), count(&round.reduced))
}

fn is_well(house: &House) {
    let broken = house.database.check_integrity().expect("readable");
    assert!(broken.is_empty(), "{broken:?}");
    let audit = house.database.verify_audit_chains().expect("readable");
    assert!(audit.faults.is_empty(), "{:?}", audit.faults);
}

fn only_person(house: &House) -> PatientId {
    let people = house.database.people_after(uuid::Uuid::nil(), 10).expect("readable");
    assert_eq!(people.len(), 1);
    people[0]
}

async fn is_found(house: &House, person: &Person) -> bool {
    field(&house.ask("CLINIC", "Z34", person).await, "QAK", 2) == "OK"
}

async fn maria_withdraws(house: &House) -> PatientId {
    house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
    let id = only_person(house);
    house.report("CLINIC", &said("PD1||||||||||||OUT|20251201\n"), "").await;
    id
}

#[test]
fn whoever_took_consent_back_is_hidden_at_once_and_destroyed_when_the_days_are_over() {
    on_each_database(&profile(), async |house| {
        let first = vxu("FIRST", &said(WITH_CONSENT), &given("08", "20240311", "D1"));
        assert_eq!(field(&house.send("CLINIC", &first).await, "MSA", 1), "AA");
        let id = only_person(house);
        house.report("CLINIC", &said("PD1||||||||||||OUT|20251201\n"), "").await;
        assert!(!is_found(house, &MARIA).await, "hidden at once");

        assert_eq!(of(&destroy(house, LAST_DAY), "withdrawn"), (0, 0));
        assert_eq!(house.rows("patient"), 1, "it can still be taken back");
        assert_eq!(of(&destroy(house, DUE_DAY), "withdrawn"), (1, 0));
        for table in EMPTIED {
            assert_eq!(house.rows(table), 0, "{table}");
        }
        let admission = house.admission();
        for message in house.registry.messages(&admission, &Default::default(), 100).expect("the log") {
            let message = house.registry.find_message(&admission, message.id).expect("readable").expect("logged");
            assert_eq!(message.original, None);
            let values: Vec<_> = message.findings.iter().map(|finding| finding.value.as_str()).collect();
            assert!(values.iter().all(|value| matches!(*value, "" | "(not kept)")), "{values:?}");
            assert_eq!(message.destroyed_at.is_some(), message.kind == "VXU", "{}", message.kind);
        }
        let lines = house.registry.audit_of_patient(&admission, id, 100).expect("the trail is read");
        let destroyed = lines.iter().find(|line| line.entry.action == AuditAction::PatientDestroyed);
        let destroyed = &destroyed.expect("it is written down").entry;
        assert_eq!((destroyed.account_id, destroyed.detail.as_str()), (None, "withdrawn"));
        is_well(house);

        assert!(!is_found(house, &MARIA).await);
        for message in [&first, &vxu("ANOTHER", &MARIA, &given("110", "20251202", "D2"))] {
            let answer = house.send_at(SINCE, "CLINIC", message).await;
            assert_eq!(findings(&answer), ["CLR-107"], "as before: {answer}");
        }
        let lines = house.rows("message");
        house.send_at(SINCE, "CLINIC", &first).await;
        assert_eq!(house.rows("message"), lines, "a refused message that comes again has its line");
        assert_eq!(house.rows("patient"), 0);
        is_well(house);
    });
}

#[test]
fn consent_of_after_a_withdrawal_makes_a_new_person_of_whoever_was_destroyed() {
    on_each_database(&profile(), async |house| {
        let before = maria_withdraws(house).await;
        destroy(house, DUE_DAY);
        for (pd1, code) in [
            (WITH_CONSENT, "CLR-107"),
            ("PD1||||||||||||TXY|20251130\n", "CLR-107"),
            ("PD1||||||||||||OUT|20251201\n", "CLR-107"),
            ("PD1||||||||||||TXY|20251201\n", "IEE-107"),
        ] {
            let message = vxu(&pd1.replace(['|', '\n'], ""), &said(pd1), &given("110", "20240512", "D2"));
            let answer = house.send_at(SINCE, "PHARMACY", &message).await;
            assert_eq!(findings(&answer), [code], "{pd1}: {answer}");
        }
        assert_ne!(only_person(house), before);
        assert!(is_found(house, &MARIA).await);
        // What one says again of before is no reason to take them out once more.
        let again = house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
        assert_eq!(field(&again, "MSA", 1), "AA", "{again}");
        assert!(is_found(house, &MARIA).await);
        assert_eq!(of(&destroy(house, date(2027, 1, 1)), "withdrawn"), (0, 0));
    });
}

#[test]
fn a_misspelt_name_and_another_person_are_told_from_whoever_was_destroyed() {
    on_each_database(&profile(), async |house| {
        maria_withdraws(house).await;
        destroy(house, DUE_DAY);
        let old = |person: Person| Person { mrn: "P-9", pd1: WITH_CONSENT, ..person };
        let mistyped = old(Person { given: "Mariah", ..MARIA.clone() });
        for person in [&mistyped, &Person { rest: "", ..old(Person { family: "Garza Luna", ..MARIA.clone() }) }] {
            let answer = house.report("PHARMACY", person, &given("110", "20240512", "D2")).await;
            assert_eq!(findings(&answer), ["CLR-100"], "that somebody withdrew is not told: {answer}");
            assert_eq!(house.rows("patient"), 0);
        }
        let sister = Person { mrn: "P-10", ..old(Person { given: "Elena", ..MARIA.clone() }) };
        let answer = house.report("PHARMACY", &sister, &given("110", "20240512", "D3")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "a sister of the same birthday, address and phone: {answer}");
        let since = Person { pd1: "PD1||||||||||||TXY|20251202\n", ..mistyped };
        let answer = house.report("PHARMACY", &since, &given("110", "20240512", "D2")).await;
        assert!(findings(&answer).contains(&"IEE-107"), "a consent of its own: {answer}");
        assert_eq!(house.rows("patient"), 2);
    });
}

#[test]
fn consent_given_back_within_the_days_keeps_everything() {
    on_each_database(&profile(), async |house| {
        maria_withdraws(house).await;
        house.report("CLINIC", &said("PD1||||||||||||TXY|20251205\n"), "").await;
        assert_eq!(destroy(house, date(2027, 1, 1)).people.len(), 0);
        assert!(is_found(house, &MARIA).await);
        assert_eq!((house.rows("vaccination_report"), house.rows("exclusion")), (1, 0));
    });
}

#[test]
fn nothing_is_destroyed_where_the_profile_does_not_say_so() {
    let (kept, _) = texas()
        .split_once("[consent.destruction]")
        .map(|(before, after)| {
            let (_, after) = after.split_once("[[consent.events]]").expect("events come next");
            (format!("{before}[[consent.events]]{after}{OUT}"), ())
        })
        .expect("Texas has it");
    on_each_database(&kept, async |house| {
        maria_withdraws(house).await;
        let admission = house.admission();
        let begun = house.registry.begin_destruction_round(&admission, date(2030, 1, 1));
        assert!(begun.is_err() && !house.registry.destroys());
        let (due, _) = house.registry.due_for_destruction(&admission, None, date(2060, 1, 1)).expect("readable");
        assert!(due.is_empty() && house.rows("patient") == 1);
    });
    let refused = Profile::parse(&(example() + "\n[consent.destruction]\nafter_withdrawal_days = 7\n"));
    assert!(refused.is_err(), "where consent is not asked for, nothing must go");
}

#[test]
fn a_minor_who_grew_up_is_destroyed_at_the_age_but_for_doses_of_an_event() {
    on_each_database(&profile(), async |house| {
        let grown =
            |mrn, given_name, pd1| Person { mrn, given: given_name, birth_date: "20000210", rest: "", pd1, ..MARIA };
        let minor = "PD1||||||||||||TXY|20100101\n";
        house.report("CLINIC", &grown("G-1", "Ana", minor), &given("08", "20100311", "D1")).await;
        let both = given("08", "20100311", "D2") + &given("208", "20210301", "C2");
        house.report("CLINIC", &grown("G-2", "Berta", minor), &both).await;
        let consenting = grown("G-3", "Carla", "PD1||||||||||||TXA|20190101\n");
        house.report("CLINIC", &consenting, &(given("08", "20100311", "D3") + &given("208", "20210301", "C3"))).await;
        assert_eq!(house.rows("vaccination_report"), 5);

        let early = destroy(house, date(2026, 2, 9));
        assert!(early.people.is_empty() && early.reduced.is_empty(), "{early:?}");
        assert_eq!(of(&destroy(house, date(2026, 2, 10)), "grown_up"), (1, 1), "Ana, and Berta's first dose");
        assert_eq!((house.rows("patient"), house.rows("vaccination_report")), (2, 3));
        assert_eq!(house.rows("exclusion"), 0, "nobody took anything back");
        is_well(house);
        assert_eq!(of(&destroy(house, date(2028, 6, 14)), "grown_up"), (0, 0));
        assert_eq!(of(&destroy(house, date(2028, 6, 15)), "grown_up"), (1, 0), "Berta");
        assert_eq!(house.rows("vaccination_report"), 2);
        assert!(is_found(house, &consenting).await, "Carla's own consent keeps all");
        is_well(house);
    });
}

#[test]
fn doses_of_an_event_go_when_its_time_is_over_unless_consent_keeps_them() {
    on_each_database(&profile(), async |house| {
        let adult =
            |mrn, given_name, pd1| Person { mrn, given: given_name, birth_date: "19800101", rest: "", pd1, ..MARIA };
        let dose = |order| given("208", "20210301", order);
        let without = vxu("W-1", &adult("E-1", "Ana", ""), &dose("C1"));
        house.send("CLINIC", &without).await;
        house.report("CLINIC", &adult("E-2", "Berta", "PD1||||||||||||TXA|20200101\n"), &dose("C2")).await;
        house.report("CLINIC", &adult("E-3", "Carla", "PD1||||||||||||TXD|20250101\n"), &dose("C3")).await;
        assert_eq!(house.rows("patient"), 3);
        assert!(destroy(house, date(2028, 6, 14)).people.is_empty());
        assert_eq!(of(&destroy(house, date(2028, 6, 15)), "event_over"), (1, 0));
        assert_eq!((house.rows("patient"), house.rows("vaccination_report")), (2, 2));
        is_well(house);
        let again = house.send_at("2028-06-16T18:00:00Z", "CLINIC", &without).await;
        assert_eq!(findings(&again), ["CLR-100"], "decided again, by what holds now: {again}");
    });
}

#[test]
fn merged_records_go_together_and_who_waited_for_them_is_free() {
    on_each_database(&profile(), async |house| {
        house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
        let admission = house.admission();
        let decide = |pair, decision| {
            let (reviewer, receipt) = (house.caller("CLINIC"), house.receipt());
            let decide = || house.registry.decide_review(&admission, &reviewer, &receipt, pair, decision, "asked");
            tokio::task::block_in_place(decide).expect("decided")
        };
        let open = || {
            let open = house.registry.open_reviews(&admission, &house.caller("CLINIC"), house.now(), 10);
            open.expect("listed").into_iter().map(|review| (review.patient_id, review.candidate)).collect::<Vec<_>>()
        };
        let doubted = |mrn, family| Person { mrn, family, pd1: WITH_CONSENT, ..MARIA.clone() };
        house.report("PHARMACY", &doubted("P-7", "Garza Luna"), &given("110", "20240512", "P2")).await;
        let [pair] = open()[..] else { panic!("one pair waits") };
        decide(pair, ReviewDecision::Same).expect("a merge");
        house.report("CLINIC-SITE", &doubted("P-8", "Garza Sol"), &given("110", "20240613", "P3")).await;
        assert_eq!(open().len(), 1, "a third record waits");
        assert_eq!((house.rows("patient"), house.rows("merge")), (3, 1));

        house.report("CLINIC", &said("PD1||||||||||||OUT|20251201\n"), "").await;
        assert_eq!(of(&destroy(house, DUE_DAY), "withdrawn"), (1, 0), "two records are one person");
        assert_eq!((house.rows("patient"), house.rows("merge"), house.rows("merge_part")), (1, 0, 0));
        assert!(open().is_empty());
        let left = house.database.patient_records(&[only_person(house)]).expect("readable").remove(0);
        assert_eq!(left.patient.status, model::PatientStatus::Active, "nobody is left to compare with");
        is_well(house);
    });
}

#[test]
fn counting_what_is_due_changes_nothing_and_a_round_is_needed_once_a_day() {
    on_each_database(&profile(), async |house| {
        let id = maria_withdraws(house).await;
        let admission = house.admission();
        let rows = || EMPTIED.map(|table| house.rows(table));
        let before = (rows(), house.rows("audit"), house.rows("message"));
        let due = |by| house.registry.due_for_destruction(&admission, None, by).expect("readable");
        assert!(due(LAST_DAY).0.is_empty());
        let (found, last) = due(DUE_DAY);
        assert_eq!((found.len(), found[0].patient_id, found[0].reason.word(), last), (1, id, "withdrawn", Some(id)));
        assert_eq!((rows(), house.rows("audit"), house.rows("message")), before);
        let record = house.database.patient_records(&[id]).expect("readable").remove(0);
        let told = house.registry.due_destruction(&admission, &record).expect("it waits");
        assert_eq!((told.on, told.is_whole), (DUE_DAY, true));

        let needs = |today| house.registry.needs_destruction_round(&admission, today).expect("readable");
        assert!(needs(LAST_DAY));
        destroy(house, LAST_DAY);
        assert!(!needs(LAST_DAY) && needs(DUE_DAY));
    });
}

#[test]
fn a_withdrawal_is_remembered_on_other_nodes_and_in_a_copy() {
    on_each_database(&profile(), async |house| {
        maria_withdraws(house).await;
        let node = house.node_elsewhere();
        let stranger = Person { mrn: "S-1", family: "Escamilla", given: "Rosa", rest: "", ..said(WITH_CONSENT) };
        let accepted = house.send_to(&node, "CLINIC", &vxu("S-1", &stranger, "")).await;
        assert_eq!(field(&accepted, "MSA", 1), "AA", "nobody was destroyed yet: {accepted}");
        destroy(house, DUE_DAY);
        let old = vxu("OLD", &Person { mrn: "P-9", ..said(WITH_CONSENT) }, &given("08", "20240311", "D1"));
        let answer = house.send_to(&node, "PHARMACY", &old).await;
        assert_eq!(findings(&answer), ["CLR-107"], "{answer}");

        let folder = tempfile::tempdir().expect("a folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("copy.db"));
        let copy = Database::open(&url, &store::Options::default()).expect("it is made");
        copy.migrate().expect("it is migrated");
        house.database.copy_to(&copy, &mut |_, _| {}).expect("it is copied");
        let options = Options { lanes: 1, secret: [6; 32] };
        let profile = house.registry.profile().clone();
        let copied = Registry::open(copy, profile, CodeSets::builtin().clone(), &options).expect("it opens");
        let another = vxu("OTHER", &Person { mrn: "P-9", ..said(WITH_CONSENT) }, &given("08", "20240311", "D1"));
        let answer = house.send_to(&copied, "PHARMACY", &another).await;
        assert_eq!(findings(&answer), ["CLR-107"], "{answer}");
    });
}

#[test]
fn no_byte_of_a_name_is_left_in_the_files_of_the_database() {
    on_each_database(&profile(), async |house| {
        let strange = |family, pd1| Person { mrn: "Q-1", family, given: "Xochiquetzal", pd1, ..MARIA };
        let (first, then) = ("Quetzalcoatlus", "Tyrannosaurus");
        house.report("CLINIC", &strange(first, WITH_CONSENT), &given("08", "20240311", "D1")).await;
        house.report("CLINIC", &strange(then, WITH_CONSENT), "").await;
        house.report("CLINIC", &strange(then, "PD1||||||||||||OUT|20251201\n"), "").await;
        let finds = |name: &str| {
            let bytes = house.file_bytes()?.to_ascii_lowercase();
            Some(bytes.windows(name.len()).any(|window| window == name.to_ascii_lowercase().as_bytes()))
        };
        let Some(is_there) = finds(then) else { return };
        assert!(is_there, "the control");
        assert_eq!(of(&destroy(house, DUE_DAY), "withdrawn"), (1, 0));
        for name in [first, then, "Xochiquetzal"] {
            assert_eq!(finds(name), Some(false), "{name}");
        }
        assert_eq!(house.rows("match_key"), 0, "not even of names of before");
    });
}

#[test]
fn a_data_fix_of_records_that_are_gone_is_not_undone() {
    on_each_database(&profile(), async |house| {
        house.report("CLINIC", &said(WITH_CONSENT), &given("08", "20240311", "D1")).await;
        let (admission, caller, now) = (house.admission(), house.caller("CLINIC"), house.now());
        let new = crate::data_fixes::new(house, "hepatitis");
        house.registry.plan_data_fix(&admission, new, now).expect("it is planned");
        house.registry.begin_data_fix(&admission, &caller, "hepatitis", "jose", now).await.expect("it was reviewed");
        crate::data_fixes::go_on(house, "hepatitis").await;
        house.report("CLINIC", &said("PD1||||||||||||OUT|20251201\n"), "").await;
        destroy(house, DUE_DAY);
        let refused = house.registry.begin_undo_of_data_fix(&admission, &caller, "hepatitis", now).await;
        let refused = refused.expect_err("nothing is left").to_string();
        assert!(refused.contains("were destroyed"), "{refused}");
        is_well(house);
    });
}
