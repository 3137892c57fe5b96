//! The audit trail shows who saw and changed what, and whether somebody changed the trail.

use model::{AccountId, AuditAction, AuditEntry, PatientId};
use store::{AuditFilter, Changes, Database};

use crate::batches::write;
use crate::databases::{on_each_database, open, places};
use crate::people::{audit_entry, id, instant, new_person, organization_id, patient_id};

fn fill(database: &Database, lines: u64) {
    let mut lane = database.lane(0).expect("a lane opens");
    for number in 1..=lines {
        let changes = Changes { audit: vec![audit_entry(number)], ..Changes::default() };
        write(&mut lane, &changes).expect("the trail can be written");
    }
}

fn ever() -> std::ops::Range<jiff::Timestamp> {
    instant(0)..instant(1_000_000_000)
}

fn of_organization(number: u64) -> AuditFilter {
    AuditFilter { organization_id: organization_id(number), account_id: None, before: None, after: None }
}

#[test]
fn the_lines_of_an_organization_are_walked_a_page_at_a_time() {
    on_each_database(|database| {
        // Three organizations by turns, in two chains, and always six lines of one instant; one in four is of a person.
        let entry = |number: u64| AuditEntry {
            at: instant(number / 6),
            organization_id: organization_id(number % 3),
            account_id: number.is_multiple_of(4).then(|| AccountId(id(20, 7))),
            ..audit_entry(number)
        };
        for number in 0..60 {
            let entries = [entry(number)];
            if number % 2 == 0 {
                database.append_audit(&entries).expect("writable");
            } else {
                let mut lane = database.lane(0).expect("a lane opens");
                write(&mut lane, &Changes { audit: entries.into(), ..Changes::default() }).expect("writable");
            }
        }
        let walk = |filter: AuditFilter| {
            let (mut seen, mut filter) = (Vec::new(), filter);
            loop {
                let page = database.audit_of_organization(&filter, 3).expect("readable");
                let Some(last) = page.last() else { return seen };
                filter.after = Some(last.place());
                seen.extend(page);
            }
        };
        let all = walk(of_organization(1));
        assert_eq!(all.len(), 20);
        assert_eq!(all, database.audit_of_organization(&of_organization(1), 100).expect("readable"));
        assert!(all.windows(2).all(|pair| pair[0].entry.at >= pair[1].entry.at), "newest first");
        let mut lines: Vec<String> = all.iter().map(|line| line.entry.detail.clone()).collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 20, "each line once");

        let of_account = walk(AuditFilter { account_id: Some(AccountId(id(20, 7))), ..of_organization(1) });
        assert_eq!(of_account.len(), 5, "4, 16, 28, 40, 52");
        let before = walk(AuditFilter { before: Some(instant(5)), ..of_organization(1) });
        assert_eq!(before.len(), 10, "of the first 30 lines");
        assert_eq!(walk(of_organization(4)), []);
    });
}

#[test]
fn lines_come_back_newest_first_and_follow_from_each_other() {
    on_each_database(|database| {
        fill(database, 3);
        let shown =
            AuditEntry { action: AuditAction::RecordDisclosed, patient_id: Some(patient_id(2)), ..audit_entry(9) };
        database.append_audit(&[shown.clone(), AuditEntry { patient_id: None, ..shown.clone() }]).expect("writable");
        let of_patient = database.audit_of_patient(patient_id(2), &ever(), 10).expect("readable");
        let entries: Vec<_> = of_patient.iter().map(|line| line.entry.clone()).collect();
        assert_eq!(entries, [shown, audit_entry(2)]);
        let newest = database.audit_of_organization(&of_organization(1), 3).expect("readable");
        let places: Vec<_> = newest.iter().map(|line| (line.chain.as_str(), line.sequence)).collect();
        assert_eq!(places, [("main/desk", 2), ("main/desk", 1), ("main/0", 3)]);
        let verification = database.verify_audit_chains().expect("readable");
        assert_eq!(verification.faults, []);
        assert_eq!(verification.chains.len(), 2);
        assert_eq!(verification.chains[0].head_sequence, 3);
    });
}

#[test]
fn a_lane_opened_again_goes_on_with_its_chain() {
    on_each_database(|database| {
        fill(database, 2);
        fill(database, 2);
        let verification = database.verify_audit_chains().expect("readable");
        assert_eq!((verification.faults.len(), verification.chains[0].line_count), (0, 4));
    });
}

#[test]
fn a_chain_used_twice_is_a_conflict_and_heals() {
    on_each_database(|database| {
        let (mut first, mut second) = (database.lane(0).expect("opens"), database.lane(0).expect("opens"));
        let line = |number| Changes { audit: vec![audit_entry(number)], ..Changes::default() };
        write(&mut first, &line(1)).expect("the first lane knows the end");
        write(&mut second, &line(2)).expect("the second lane reads it");
        let result = write(&mut first, &line(3));
        assert!(result.is_err_and(|error| error.is_conflict()));
        write(&mut first, &line(3)).expect("the end is read anew");
        assert_eq!(database.verify_audit_chains().expect("readable").faults, []);
    });
}

/// Each way to tamper with the trail, and the lines that are named for it.
const TAMPERING: [(&str, &[i64]); 5] = [
    ("UPDATE audit SET detail = 'nothing to see' WHERE sequence = 4", &[4]),
    ("UPDATE audit SET patient_id = NULL WHERE sequence = 4", &[4]),
    ("DELETE FROM audit WHERE sequence = 4", &[5]),
    ("DELETE FROM audit WHERE sequence < 3", &[3]),
    (
        "INSERT INTO audit (chain, sequence, happened_at, organization_id, action, detail, hash)
         SELECT chain, 11, happened_at, organization_id, action, detail, hash FROM audit WHERE sequence = 10",
        &[11],
    ),
];

#[test]
fn tampering_is_found_and_named() {
    for place in places() {
        for (sql, expected) in TAMPERING {
            let database = open(&place.url);
            database.migrate().expect("migrates");
            place.run("DELETE FROM audit");
            fill(&database, 10);
            place.run(sql);
            let verification = database.verify_audit_chains().expect("readable");
            let named: Vec<_> = verification.faults.iter().map(|fault| fault.sequence).collect();
            assert_eq!(named, expected, "{sql}: {:?}", verification.faults);
        }
    }
}

#[test]
fn many_lines_about_one_person_are_limited() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        let mut changes = new_person(1);
        changes.audit =
            (1..=30).map(|number| AuditEntry { patient_id: Some(patient_id(1)), ..audit_entry(number) }).collect();
        write(&mut lane, &changes).expect("writable");
        assert_eq!(database.audit_of_patient(patient_id(1), &ever(), 10).expect("readable").len(), 10);
        assert_eq!(database.audit_of_patient(PatientId(uuid::Uuid::nil()), &ever(), 10).expect("readable"), []);
    });
}
