//! Servers that die, files that are opened again: what was committed is there, and lanes go on.

use std::time::Duration;

use store::{DatabaseUrl, StoreError};

use crate::batches::write;
use crate::databases::{open, sqlite_place, start_cluster};
use crate::people::{new_person, patient_id};

#[test]
fn a_file_left_in_the_middle_of_a_batch_holds_what_was_committed() {
    let place = sqlite_place();
    let database = open(&place.url);
    database.migrate().expect("migrates");
    let mut lane = database.lane(0).expect("a lane opens");
    write(&mut lane, &new_person(1)).expect("writable");
    let copy = sqlite_place();
    // What lies on disk in the middle of a batch is what a crash leaves.
    lane.batch::<_, StoreError>(&[], |batch| {
        batch.write(&new_person(2))?;
        copy_files(&place.url, &copy.url);
        Ok(())
    })
    .expect("writable");

    let reopened = open(&copy.url);
    let records = reopened.patient_records(&[patient_id(1), patient_id(2)]).expect("readable");
    assert_eq!(records.iter().map(|record| record.patient.id).collect::<Vec<_>>(), [patient_id(1)]);
    assert_eq!(reopened.check_integrity().expect("readable"), Vec::<String>::new());
    write(&mut reopened.lane(0).expect("a lane opens"), &new_person(2)).expect("the lane goes on");
    assert_eq!(reopened.verify_audit_chains().expect("readable").faults, []);
}

fn copy_files(from: &DatabaseUrl, to: &DatabaseUrl) {
    let (DatabaseUrl::Sqlite(from), DatabaseUrl::Sqlite(to)) = (from, to) else { unreachable!("both are files") };
    for ending in ["", "-wal"] {
        let name = |path: &std::path::Path| format!("{}{ending}", path.display());
        std::fs::copy(name(from), name(to)).expect("the file can be copied");
    }
}

#[test]
fn a_server_that_crashed_is_found_again_and_nothing_committed_is_lost() {
    let Some(cluster) = start_cluster() else { return };
    let url = DatabaseUrl::Postgres(cluster.new_database().expect("a new database"));
    let database = open(&url);
    database.migrate().expect("migrates");
    let mut lane = database.lane(0).expect("a lane opens");
    for round in 0..3 {
        write(&mut lane, &new_person(2 * round)).expect("writable");
        let torn: Result<(), StoreError> = lane.batch(&[1], |batch| {
            batch.write(&new_person(2 * round + 1))?;
            cluster.crash().expect("the server can be killed");
            batch.write(&new_person(1_000))
        });
        assert!(torn.as_ref().is_err_and(StoreError::is_transient), "{torn:?}");
        let down = write(&mut lane, &new_person(2 * round + 1));
        assert!(down.as_ref().is_err_and(StoreError::is_transient), "{down:?}");
        assert!(database.ping(Duration::from_millis(500)).is_err_and(|error| error.is_transient()));

        cluster.start_server().expect("the server starts again");
        write(&mut lane, &new_person(2 * round + 1)).expect("the lane connects again");
        database.ping(Duration::from_secs(5)).expect("it answers again");
        let ids: Vec<_> = (0..2_000).map(patient_id).collect();
        assert_eq!(database.patient_records(&ids).expect("readable").len() as u64, 2 * round + 2);
        assert_eq!(database.verify_audit_chains().expect("readable").faults, []);
        database.set_setting("round", "over").expect("the writer connects again");
    }
}
