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
        home.run_with(&explain, b"no message").expect(1);
        let logged = home.run(&["messages", "--json"]).expect(0).json();
        assert_eq!(logged.as_array().map(Vec::len), Some(0), "{logged}");
    });
}
