//! The audit trail shows who saw and changed what, and whether somebody changed the trail.

use model::{AuditAction, AuditEntry, PatientId};
use store::{Changes, Database};

use crate::batches::write;
use crate::databases::{on_each_database, open, places};
use crate::people::{audit_entry, new_person, patient_id};

fn fill(database: &Database, lines: u64) {
    let mut lane = database.lane(0).expect("a lane opens");
    for number in 1..=lines {
        let changes = Changes { audit: vec![audit_entry(number)], ..Changes::default() };
        write(&mut lane, &changes).expect("the trail can be written");
    }
}

#[test]
fn lines_come_back_newest_first_and_follow_from_each_other() {
    on_each_database(|database| {
        fill(database, 3);
        let shown =
            AuditEntry { action: AuditAction::RecordDisclosed, patient_id: Some(patient_id(2)), ..audit_entry(9) };
        database.append_audit(&[shown.clone(), AuditEntry { patient_id: None, ..shown.clone() }]).expect("writable");
        let of_patient = database.audit_of_patient(patient_id(2), 10).expect("readable");
        let entries: Vec<_> = of_patient.iter().map(|line| line.entry.clone()).collect();
        assert_eq!(entries, [shown, audit_entry(2)]);
        let newest = database.newest_audit(3).expect("readable");
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
        assert_eq!(database.audit_of_patient(patient_id(1), 10).expect("readable").len(), 10);
        assert_eq!(database.audit_of_patient(PatientId(uuid::Uuid::nil()), 10).expect("readable"), []);
    });
}
