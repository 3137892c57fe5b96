//! Doses and records explained and decided at the command line.

use serde_json::Value;

use crate::messages::{CLINIC, vxu};
use crate::program::on_each_database;

/// The same dose as another site was told of it: ten days later, of another manufacturer.
fn told(control_id: &str) -> String {
    vxu(control_id)
        .replace(CLINIC, "LAKE2001")
        .replace("dose-1", "dose-9")
        .replace("20200310||03^MMR", "20200320||03^MMR")
        .replace("00^New^NIP001", "01^Historical^NIP001")
        .replace("||||LOT77|20210101|MSD^Merck^MVX", "||||||SKB^GSK^MVX")
}

#[test]
fn doses_that_may_be_one_are_explained_decided_and_undone() {
    on_each_database(|home| {
        home.settle();
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("m-1").as_bytes()).expect(0);
        home.run_with(&["submit", "-", "--organization", "LAKE2001"], told("m-2").as_bytes()).expect(0);
        let open = || home.run(&["review", "doses", "list", "--json"]).expect(0).json();
        let waiting = open();
        assert_eq!(waiting.as_array().map(Vec::len), Some(1), "{waiting}");
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        let patient = word(&waiting[0]["patient"]);
        let [one, other] = ["one", "other"].map(|which| word(&waiting[0][which]["report"]));
        assert_eq!((&waiting[0]["rule"], &waiting[0]["days_apart"]), (&"D57".into(), &10.into()));

        let explain = || home.run(&["match", "doses", &patient, "--json"]).expect(0).json();
        let explained = explain();
        assert_eq!(explained["vaccinations"].as_array().map(Vec::len), Some(2), "{explained}");
        assert_eq!(explained["unsure"][0]["rule"], "D57");
        let facts = explained["vaccinations"][0]["facts"].as_array().expect("facts");
        assert!(facts.iter().any(|fact| fact["fact"] == "package"), "{explained}");

        let pair = [patient.as_str(), one.as_str(), other.as_str()];
        let decide =
            |verb: &[&str], more: &[&str]| home.run(&[&["review", "doses"][..], verb, &pair[..], more].concat());
        decide(&["decide"], &["same", "--reason", "chart seen"]).expect(0);
        let explained = explain();
        assert_eq!(explained["vaccinations"].as_array().map(Vec::len), Some(1), "{explained}");
        assert_eq!(explained["vaccinations"][0]["reports"][1]["rule"], "D01");
        assert_eq!(open(), Value::Array(Vec::new()));
        let decided = || home.run(&["review", "doses", "list", "--decided"]).expect(0).output;
        let listed = decided();
        assert!([&patient, &one, &other, "same", "chart seen"].iter().all(|told| listed.contains(*told)), "{listed}");
        let told = home.run(&["review", "doses", "list", "--decided", "--json"]).expect(0).json();
        assert_eq!((&told[0]["state"], &told[0]["reason"]), (&"same".into(), &"chart seen".into()), "{told}");
        let undone = decide(&["undo"], &["--json"]).expect(0).json();
        assert_eq!(undone["is_unsure"], true, "{undone}");
        assert!(!decided().contains(&patient), "what was taken back is decided no more");
        let explained = home.run(&["match", "doses", &patient]).expect(0);
        assert!(explained.output.contains("unsure: ") && explained.output.contains("by doses-"), "{explained:?}");
        assert!(decide(&["show"], &[]).expect(0).output.contains("window 23"));
        home.run(&["review", "doses", "show", &patient, &one, "NOSUCHDOSE00"]).expect(1);
        let rules = home.run(&["match", "doses", "--rules"]).expect(0);
        assert!(rules.output.contains("group 90 1"), "{rules:?}");
    });
}

#[test]
fn what_was_decided_about_two_records_is_listed() {
    on_each_database(|home| {
        home.settle();
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("m-1").as_bytes()).expect(0);
        let other = vxu("m-2")
            .replace("12345", "98765")
            .replace("Garza^Elena^Maria", "Whitfield^Tobias^")
            .replace("20190304", "20180722");
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], other.as_bytes()).expect(0);
        let list = |options: &[&str]| home.run(&[&["review", "list", "--decided"][..], options].concat()).expect(0);
        assert_eq!(list(&["--json"]).json(), Value::Array(Vec::new()));
        let messages = home.run(&["messages", "--json"]).expect(0).json();
        let messages = messages.as_array().expect("a list");
        let people: Vec<&str> = messages.iter().filter_map(|message| message["patient"].as_str()).collect();
        let (one, another) = (people[0], people[1]);
        home.run(&["review", "decide", one, another, "not-the-same", "--reason", "two cousins"]).expect(0);
        let listed = list(&[]).output;
        assert!([one, another, "not_the_same", "two cousins"].iter().all(|told| listed.contains(*told)), "{listed}");
        let told = list(&["--json"]).json();
        assert_eq!((&told[0]["decision"], &told[0]["merged_into"]), (&"not_the_same".into(), &Value::Null), "{told}");
        home.run(&["review", "decide", one, another, "same", "--reason", "the mother came by"]).expect(0);
        let told = list(&["--json"]).json();
        assert_eq!((&told[0]["decision"], &told[0]["merged_into"]), (&"same".into(), &another.into()), "{told}");
    });
}
