//! A backup is made while the registry works, and read back.

use crate::messages::batch;
use crate::program::Home;

fn is_made_and_read_back(home: &Home) {
    home.settle();
    home.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(20, "backup-"));
    let said = home.run(&["backup", "status"]).expect(0);
    assert!(said.output.contains("made    never") && said.output.contains("tested  never"), "{said:?}");
    let file = home.path("backup.db");
    let made = home.run(&["backup", "make", &file, "--json"]).expect(0).json();
    assert_eq!(made["place"].as_str(), Some(file.as_str()), "an absolute path");
    assert!(made["rows"].as_u64().is_some_and(|rows| rows > 100), "{made}");
    let left: Vec<String> = std::fs::read_dir(home.path(""))
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("backup.db"))
        .collect();
    assert_eq!(left, ["backup.db"], "one file, whole");

    let tested = home.run(&["backup", "test", &file, "--json"]).expect(0).json();
    assert_eq!((&tested["is_well"], &tested["rows"]), (&true.into(), &made["rows"]), "{tested}");
    assert!(tested["reaches_to"].is_string(), "{tested}");
    let status = home.run(&["backup", "status", "--json"]).expect(0).json();
    assert_eq!((&status["made"], &status["tested"]), (&made, &tested));

    // It is a registry of its own: a lost one begins again from it.
    let again = Home::on_sqlite();
    std::fs::copy(&file, again.path("registry.db")).expect("it can be copied");
    let people = |home: &Home| home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"]["patient"].clone();
    assert_eq!(people(&again), people(home));
}

#[test]
fn a_backup_of_sqlite_is_made_and_read_back() {
    is_made_and_read_back(&Home::on_sqlite());
}

#[test]
fn a_backup_of_postgresql_is_made_and_read_back() {
    if let Some(home) = Home::on_postgres() {
        is_made_and_read_back(&home);
    }
}

#[test]
fn a_backup_that_is_broken_is_called_so() {
    let home = Home::on_sqlite();
    home.settle();
    home.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(20, "broken-"));
    let file = home.path("backup.db");
    home.run(&["backup", "make", &file]).expect(0);
    let refused = home.run(&["backup", "make", &file]).expect(1);
    assert!(refused.errors.contains("is there already"), "{refused:?}");
    // Somebody takes a line out of the audit trail.
    let connection = rusqlite::Connection::open(&file).expect("it is a database");
    let removed = connection.execute("DELETE FROM audit WHERE sequence = 3", []);
    assert!(removed.is_ok_and(|lines| lines > 0), "the line was there");
    drop(connection);
    let tested = home.run(&["backup", "test", &file]).expect(1);
    assert!(tested.output.contains("NOT WELL  audit trail"), "{tested:?}");
    let status = home.run(&["backup", "status"]).expect(0);
    assert!(status.output.contains("BROKEN"), "{status:?}");
    let nothing = home.run(&["backup", "test", &home.path("nowhere.db")]).expect(1);
    assert!(nothing.errors.contains("there is no file"), "{nothing:?}");
}
