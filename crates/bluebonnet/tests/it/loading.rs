//! Files of messages.

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
        assert_eq!(summary["messages"], 200, "{summary}");
        assert_eq!(summary["files"][0]["file_findings"].as_array().map(Vec::len), Some(0), "{summary}");
        let answers = std::fs::read_to_string(&results).expect("the answers were written");
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
