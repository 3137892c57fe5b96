//! What may no longer be kept, destroyed by order.

use jiff::Timestamp;

use crate::maintenance::Clock;
use crate::messages::vxu;
use crate::program::{Home, on_each_database};

/// Elena, born on 4 March 2019, is 26 on this day.
const GROWN_UP: &str = "2045-03-04T18:00:00Z";

#[test]
fn a_minor_who_grew_up_is_counted_then_destroyed_and_found_by_nothing() {
    on_each_database(|home| {
        home.settle();
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("m-1").as_bytes()).expect(0);
        let by_name = ["--family", "Garza", "--given", "Elena", "--birth-date", "2019-03-04"];
        let query = [&["query", "--organization", "LAKE2000", "--json"], &by_name[..]].concat();
        let found = home.run(&query).expect(0).json();
        let (id, number) = (&found["people"][0]["id"], &found["people"][0]["number"]);
        let (id, number) = (id.as_str().expect("an id"), number.as_str().expect("a number"));
        let listed = home.run(&["messages", "--json"]).expect(0).json();
        let receipts = listed.as_array().expect("a list").iter().filter(|message| message["kind"] == "VXU");
        let receipts: Vec<_> = receipts.map(|message| message["receipt"].as_str().expect("a receipt")).collect();

        let count = ["destroy", "--due", "--dry-run", "--json"];
        let due = home.run(&count).expect(0).json();
        assert_eq!(due["due"]["people"], serde_json::json!({}), "{due}");
        let clock = |shown: &str| Clock::showing(shown.parse::<Timestamp>().expect("a timestamp"));
        let due = clock(GROWN_UP).run(home, &count);
        assert_eq!(due["due"]["people"]["grown_up"], 1, "{due}");
        home.run(&query).expect(0);

        let done = clock(GROWN_UP).run(home, &["destroy", "--due", "--json"]);
        assert_eq!(done["destroyed"]["people"]["grown_up"], 1, "{done}");
        let told = home.run(&["destroy", "--status"]).expect(0);
        assert!(told.output.contains("a minor's consent has ended with the age"), "{told:?}");
        let nobody = home.run(&query).expect(1).json();
        assert_eq!(nobody["status"], "not_found", "{nobody}");
        home.run(&["messages", "--patient", number]).expect(1);
        let trail = home.run(&["audit", "--patient", id, "--json"]).expect(0).json();
        assert_eq!(trail[0]["action"], "patient_destroyed", "{trail}");
        let shown = home.run(&["messages", "show", receipts[0], "--original"]).expect(0);
        assert!(shown.output.contains("was destroyed with the person"), "{shown:?}");
        assert!(!shown.output.contains("Garza"), "{shown:?}");
        let told = home.run(&["doctor"]).expect(0);
        assert!(told.output.contains("nothing is kept that should be destroyed"), "{told:?}");
    });
}

#[test]
fn whoever_orders_nothing_is_told_what_can_be_ordered() {
    on_each_database(|home| {
        home.settle();
        home.run(&["destroy"]).expect(2);
        home.run(&["destroy", "--dry-run"]).expect(2);
    });
}

#[test]
fn where_the_profile_has_nothing_destroyed_nothing_is_due_and_nothing_is_done() {
    let home = Home::on_sqlite();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/example.toml");
    home.run(&["migrate"]).expect(0);
    home.run(&["profile", "use", example, "--consent", "opt_out"]).expect(0);
    let due = home.run(&["destroy", "--due", "--dry-run", "--json"]).expect(0).json();
    assert_eq!(
        (&due["is_dry_run"], &due["due"]["people"]),
        (&serde_json::json!(true), &serde_json::json!({})),
        "{due}"
    );
    let told = home.run(&["destroy", "--due", "--dry-run"]).expect(0);
    assert!(told.output.contains("no [consent.destruction]"), "{told:?}");
    let refused = home.run(&["destroy", "--due"]).expect(1);
    assert!(refused.errors.contains("no [consent.destruction]"), "{refused:?}");
}
