//! Newer code tables come in, and are used.

use crate::program::{Home, on_each_database};

/// CDC's list of vaccines: code, short description, full name, note, status, non-vaccine, last update.
const NEWER_CVX: &str = "998|no vaccine administered|no vaccine administered||Inactive|False|2010/05/28\n\
                         899|Moon fever|Moon fever vaccine, live|A vaccine of this test|Active|False|2026/01/01\n";

#[test]
fn imported_codes_are_listed_and_used() {
    on_each_database(|home| {
        home.settle();
        let file = home.path("cvx.txt");
        std::fs::write(&file, NEWER_CVX).expect("the file can be written");
        let rehearsed = home.run(&["codes", "import", &file, "--dry-run", "--json"]).expect(0).json();
        assert_eq!(rehearsed["kept"], false);
        let added = |told: &serde_json::Value| {
            let list = told["differences"].as_array().expect("a list").clone();
            list.iter().any(|line| line["code"] == "899" && line["change"] == "added")
        };
        assert!(added(&rehearsed), "{rehearsed}");
        let vaccines = || home.run(&["codes", "list", "--json"]).expect(0).json()["in_use"]["vaccines (CVX)"].as_u64();
        let before = vaccines().expect("a number");
        let kept = home.run(&["codes", "import", &file, "--json"]).expect(0).json();
        assert_eq!(kept["kept"], true);
        assert_eq!(vaccines(), Some(before + 1));
        let again = home.run(&["codes", "import", &file, "--json"]).expect(0).json();
        assert_eq!(again["kept"], false, "{again}");
    });
}

#[test]
fn a_list_that_is_not_understood_changes_nothing() {
    let home = Home::on_sqlite();
    home.settle();
    let file = home.path("strange.txt");
    std::fs::write(&file, "once upon a time\n").expect("the file can be written");
    let refused = home.run(&["codes", "import", &file]).expect(1);
    assert!(refused.errors.contains("nothing was imported"), "{refused:?}");
}
