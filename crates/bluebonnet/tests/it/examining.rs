//! The doctor looks a registry over, and the message log can be read.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::maintenance::Clock;
use crate::messages::{vxu, vxu_with};
use crate::program::{Home, on_each_database};

const DOCTOR: [&str; 2] = ["doctor", "--json"];

#[test]
fn a_well_registry_is_found_well() {
    on_each_database(|home| {
        home.settle();
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("w-1").as_bytes()).expect(0);
        let report = home.run(&["doctor", "--json"]).expect(0).json();
        assert_eq!(report["is_well"], true, "{report}");
        let report = home.run(&["doctor"]).expect(0);
        assert!(report.output.contains("audit trail") && !report.output.contains("NOT WELL"), "{report:?}");
    });
}

#[test]
fn the_doctor_tells_of_files_whose_records_are_damaged() {
    let home = Home::on_sqlite();
    home.settle();
    let doctor = |code| home.run(&["doctor"]).expect(code).output;
    assert!(!doctor(0).contains(" files "), "no file ever came");
    let file = home.path("march.hl7");
    std::fs::write(&file, vxu("f-1")).expect("the file can be written");
    let receipt = home.run(&["file", "put", &file, "--organization", "LAKE2000", "--json"]).expect(0).json();
    let id = receipt[0]["id"].as_str().expect("an id").replace('-', "");
    assert!(doctor(0).contains("1 file waits"), "{}", doctor(0));
    let organization = receipt[0]["organization_id"].as_str().expect("an id").replace('-', "");
    let folder = std::path::PathBuf::from(home.path("spool")).join(organization);
    std::fs::write(folder.join("waiting").join(format!("{id}.json")), "{\"id\"").expect("damaged");
    let told = doctor(1);
    assert!(told.contains("NOT WELL") && told.contains(&id) && told.contains("LAKE2000"), "{told}");
    // As it says, the file is taken in again from what is kept of it.
    let content = folder.join("content").join(&id);
    assert!(told.contains(&content.display().to_string()), "{told}");
    let put = ["file", "put", content.to_str().expect("text"), "--name", "march.hl7", "--organization", "LAKE2000"];
    home.run(&put).expect(0);
    home.run(&["file", "process"]).expect(0);
    let listed = home.run(&["file", "list", "--only", "file", "--json"]).expect(0).json();
    assert_eq!(listed[0]["counts"]["accepted"], 1, "{listed}");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a rehearsed clock is set by the real one")]
fn the_doctor_warns_of_backups_that_are_missing_or_old() {
    on_each_database(|home| {
        home.settle();
        let backups = |told: Value| {
            let diagnoses = told["diagnoses"].as_array().expect("a list").clone();
            diagnoses.into_iter().find(|one| one["subject"] == "backups").expect("it tells of backups")
        };
        let never = backups(home.run(&DOCTOR).expect(0).json());
        assert_eq!(never["is_warning"], true, "{never}");
        assert!(never["report"].as_str().is_some_and(|report| report.contains("bluebonnet backup make")), "{never}");
        home.run(&["backup", "make", &home.path("copy.db")]).expect(0);
        // A backup that was not read back is a hope.
        let unread = backups(home.run(&DOCTOR).expect(0).json());
        assert_eq!(unread["is_warning"], true, "{unread}");
        home.run(&["backup", "test", &home.path("copy.db")]).expect(0);
        let read = backups(home.run(&DOCTOR).expect(0).json());
        assert_eq!(read["is_warning"], false, "{read}");
        let later = Timestamp::now() + SignedDuration::from_hours(8 * 24);
        let old = backups(Clock::showing(later).run(home, &DOCTOR));
        assert_eq!(old["is_warning"], true, "{old}");
    });
}

#[test]
fn the_message_log_is_listed_and_shown() {
    on_each_database(|home| {
        home.settle();
        let submit = ["submit", "-", "--organization", "LAKE2000"];
        home.run_with(&submit, vxu("l-1").as_bytes()).expect(0);
        home.run_with(&submit, vxu_with("l-2", "").replace("Garza", "Nuñez").replace("12345", "777").as_bytes())
            .expect(1);
        let rejected = home.run(&["messages", "--state", "rejected", "--json"]).expect(0).json();
        assert_eq!(rejected.as_array().map(Vec::len), Some(1), "{rejected}");
        let receipt = rejected[0]["receipt"].as_str().expect("a receipt");
        // Nobody consented, so nothing of it may be kept.
        let shown = home.run(&["messages", "show", receipt, "--original"]).expect(0);
        assert!(shown.output.contains("CLR-100") && shown.output.contains("was not kept"), "{shown:?}");
        assert!(!shown.output.contains("Nuñez"), "{shown:?}");
        let accepted = home.run(&["messages", "--state", "accepted", "--json"]).expect(0).json();
        let receipt = accepted[0]["receipt"].as_str().expect("a receipt");
        let hidden = home.run(&["messages", "show", receipt]).expect(0);
        assert!(!hidden.output.contains("Garza"), "{hidden:?}");
        let shown = home.run(&["messages", "show", receipt, "--original"]).expect(0);
        assert!(shown.output.contains("Garza"), "{shown:?}");
        let number = accepted[0]["patient"].as_str().expect("a number");
        let about = home.run(&["messages", "--patient", number, "--json"]).expect(0).json();
        assert_eq!(about.as_array().map(Vec::len), Some(1), "{about}");
        home.run(&["messages", "show", "0192f6a04c5b7d3e8a9b0c1d2e3f4a5b"]).expect(1);
        home.run(&["audit", "--patient", "NOSUCHNUMBER"]).expect(1);
    });
}

#[test]
fn a_newer_database_is_refused() {
    let home = Home::on_sqlite();
    home.settle();
    let connection = rusqlite::Connection::open(home.url()).expect("it is a database");
    connection.execute("UPDATE schema_migration SET version = version + 1000", []).expect("it can be written");
    drop(connection);
    let refused = home.run(&["serve", "--http", "127.0.0.1:0"]).expect(1);
    assert!(refused.errors.contains("newer"), "{refused:?}");
}
