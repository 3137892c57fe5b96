//! The doctor looks a registry over, and the message log can be read.

use crate::messages::{vxu, vxu_with};
use crate::program::{Home, on_each_database};

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
