//! What a message would do, without doing it.

use crate::messages::{vxu, vxu_with};
use crate::program::on_each_database;

#[test]
fn a_message_is_explained_and_nothing_is_stored() {
    on_each_database(|home| {
        home.settle();
        let explain = ["explain", "-", "--organization", "LAKE2000"];
        let told = home.run_with(&explain, vxu("e-1").as_bytes()).expect(0);
        assert!(told.output.contains("would be accepted") && told.output.contains("MMR"), "{told:?}");
        let told =
            home.run_with(&[&explain[..], &["--json"]].concat(), vxu_with("e-2", "").as_bytes()).expect(1).json();
        assert_eq!(told["disposition"], "rejected", "{told}");
        assert!(told["record"].is_null(), "{told}");
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("e-3").as_bytes()).expect(0);
        let change = vxu("e-4").replace("LOT77", "LOT78").replace("|CP|A", "|CP|U");
        let told = home.run_with(&explain, change.as_bytes()).expect(0).output;
        let (before, findings) = told.split_once("The answer would say:").expect("nothing has happened");
        assert!(!before.contains("was changed") && findings.contains("was changed"), "{told}");
        home.run_with(&explain, b"no message").expect(1);
        let logged = home.run(&["messages", "--json"]).expect(0).json();
        assert_eq!(logged.as_array().map(Vec::len), Some(1), "{logged}");
    });
}
