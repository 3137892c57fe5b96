//! Files of messages.

use std::os::unix::fs::PermissionsExt;

use crate::messages::{batch, vxu};
use crate::program::{Home, on_each_database};

#[test]
fn a_file_is_loaded_and_answered_message_by_message() {
    on_each_database(|home| {
        home.settle();
        let (file, results) = (home.path("batch.hl7"), home.path("answers.hl7"));
        std::fs::write(&file, batch(200, "batch-")).expect("the file can be written");
        let load = ["load", &file, "--organization", "LAKE2000", "--results", &results, "--json"];
        let summary = home.run(&load).json();
        assert_eq!((&summary["messages"], &summary["files"][0]["sent_before"]), (&200.into(), &0.into()), "{summary}");
        assert_eq!(summary["files"][0]["file_findings"].as_array().map(Vec::len), Some(0), "{summary}");
        let answers = std::fs::read_to_string(&results).expect("the answers were written");
        let mode = std::fs::metadata(&results).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "answers name values of messages");
        let lines: Vec<&str> = answers.split('\r').collect();
        assert!(lines[0].starts_with("FHS|") && lines[1].starts_with("BHS|"), "{:?}", &lines[..2]);
        assert!(lines.contains(&"BTS|200"), "{:?}", &lines[lines.len() - 4..]);
        let answered: Vec<&str> =
            lines.iter().filter(|line| line.starts_with("MSA|")).filter_map(|line| line.split('|').nth(2)).collect();
        let expected: Vec<String> = (1..=200).map(|number| format!("batch-{number}")).collect();
        assert_eq!(answered, expected);
        // What is stored is answered as before: nothing comes twice.
        let again = home.run(&load).json();
        assert_eq!(again["files"][0]["acknowledgments"], summary["files"][0]["acknowledgments"]);
        assert_eq!(again["files"][0]["sent_before"], 200, "{again}");
        let again = std::fs::read_to_string(&results).expect("the answers were written");
        let answers_of = |text: &str| -> Vec<String> {
            text.split('\r')
                .filter(|line| line.starts_with("MSA|") || line.starts_with("ERR|"))
                .map(str::to_owned)
                .collect()
        };
        assert_eq!(answers_of(&answers), answers_of(&again));
        let doctor = home.run(&["doctor", "--json"]).expect(0).json();
        assert_eq!(doctor["database"]["rows"]["message"], 200, "{doctor}");
    });
}

#[test]
fn a_summary_says_how_many_messages_were_sent_before() {
    on_each_database(|home| {
        home.settle();
        let load = ["load", "-", "--organization", "LAKE2000"];
        let says =
            |file: &str, more: &[&str]| home.run_with(&[&load[..], more].concat(), file.as_bytes()).expect(0).output;
        let (one, two) = (format!("{}\r", vxu("one")), format!("{}\r{}\r", vxu("one"), vxu("two")));
        assert!(!says(&one, &[]).contains("sent before"));
        assert!(says(&one, &[]).contains("All were sent before"));
        assert!(!says(&two, &["--dry-run"]).contains("sent before"), "each as if it came alone now");
        assert!(says(&two, &[]).contains("1 of 2 were sent before"));
        let submit = ["submit", "-", "--organization", "LAKE2000"];
        let submitted = home.run_with(&submit, two.as_bytes()).expect(0);
        assert!(submitted.errors.contains("All were sent before"), "{submitted:?}");
        let told = home.run_with(&[&submit[..], &["--json"]].concat(), one.as_bytes()).expect(0).json();
        assert_eq!(told["answers"][0]["is_sent_before"], true, "{told}");
    });
}

#[test]
fn what_a_file_says_later_is_decided_later() {
    on_each_database(|home| {
        home.settle();
        let correct = vxu("later-2").replace("LOT77", "LOT78").replace("|CP|A", "|CP|U");
        let file = home.path("later.hl7");
        std::fs::write(&file, format!("{}\r{correct}\r", vxu("later-1"))).expect("the file can be written");
        home.run(&["load", &file, "--organization", "LAKE2000"]).expect(0);
        let ask = "query --family Garza --given Elena --birth-date 2019-03-04 --organization LAKE2000 --json";
        let ask: Vec<&str> = ask.split(' ').collect();
        let found = home.run(&ask).expect(0).json();
        let doses = found["people"][0]["vaccinations"].as_array().expect("a list");
        assert_eq!(doses.len(), 1, "{found}");
        assert_eq!(doses[0]["dose"]["lot_number"], "LOT78", "{found}");
    });
}

#[test]
fn a_file_that_is_wrong_about_itself_is_told_so() {
    let home = Home::on_sqlite();
    home.settle();
    let file = String::from_utf8(batch(3, "count-")).expect("it is text").replace("BTS|3", "BTS|4");
    let loaded = home.run_with(&["load", "-", "--organization", "LAKE2000", "--json"], file.as_bytes()).expect(1);
    assert_eq!(loaded.json()["files"][0]["file_findings"].as_array().map(Vec::len), Some(1), "{loaded:?}");
    let missing = home.run(&["load", "/nowhere.hl7", "--organization", "LAKE2000"]).expect(3);
    assert!(missing.errors.contains("/nowhere.hl7"), "{missing:?}");
}

#[test]
fn a_rehearsed_file_is_summed_up_and_not_stored() {
    on_each_database(|home| {
        home.settle();
        let rehearse = ["load", "-", "--organization", "LAKE2000", "--dry-run", "--json"];
        let told = home.run_with(&rehearse, &batch(20, "dry-")).json();
        assert_eq!(told["messages"], 20, "{told}");
        let stored = home.run(&["doctor", "--json"]).expect(0).json();
        assert_eq!(stored["database"]["rows"]["message"], 0, "{stored}");
    });
}

#[test]
fn answers_are_never_written_over_the_messages() {
    let home = Home::on_sqlite();
    home.settle();
    let (file, other) = (home.path("march.hl7"), home.path("linked.hl7"));
    std::fs::write(&file, vxu("march")).expect("the file can be written");
    std::fs::hard_link(&file, &other).expect("it can be linked");
    for results in [&file, &other] {
        let refused = home.run(&["load", &file, "--organization", "LAKE2000", "--results", results]).expect(2);
        assert!(refused.errors.contains("give --results another file"), "{refused:?}");
        assert_eq!(std::fs::read_to_string(&file).expect("it is there"), vxu("march"));
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_before_any_is_loaded_and_one_without_messages_is_not_well() {
    let home = Home::on_sqlite();
    home.settle();
    let (file, empty) = (home.path("march.hl7"), home.path("empty.hl7"));
    std::fs::write(&file, vxu("march")).expect("the file can be written");
    std::fs::write(&empty, "").expect("the file can be written");
    let missing = home.run(&["load", &file, &home.path("april.hl7"), "--organization", "LAKE2000"]).expect(3);
    assert!(missing.errors.contains("april.hl7"), "{missing:?}");
    assert_eq!(home.run(&["messages", "--json"]).expect(0).json().as_array().map(Vec::len), Some(0));
    let told = home.run(&["load", &file, &empty, "--organization", "LAKE2000"]).expect(1);
    assert!(told.output.contains("The file holds no HL7 message."), "{told:?}");
}
