//! One message, or a few, from a file.

use crate::messages::{qbp, vxu, vxu_with};
use crate::program::{Home, on_each_database};

#[test]
fn a_person_comes_in_and_is_found() {
    on_each_database(|home| {
        home.settle();
        let submit = ["submit", "-", "--organization", "LAKE2000"];
        let answered = home.run_with(&submit, vxu("m-1").as_bytes()).expect(0);
        assert!(answered.output.contains("MSA|AA|m-1"), "{answered:?}");
        let by_name = ["--family", "Garza", "--given", "Elena", "--birth-date", "2019-03-04"];
        let ask = |more: &[&str]| home.run(&[&["query", "--organization", "LAKE2000"], more].concat());
        let found = ask(&by_name).expect(0);
        assert!(found.output.contains("Garza, Elena") && found.output.contains("MMR"), "{found:?}");
        let found = ask(&[&by_name[..], &["--identifier", "MR:12345:LAKE2000", "--json"]].concat()).expect(0).json();
        assert_eq!(found["status"], "found");
        assert_eq!(found["people"][0]["vaccinations"][0]["dose"]["cvx"], 3, "{found}");
        let number = found["people"][0]["number"].as_str().expect("a number").to_owned();
        // A number alone may be mistyped: who it leads to is named, and nothing of their history is told.
        let named = ask(&["--identifier", &format!("SR:{number}"), "--json"]).expect(1).json();
        assert_eq!(named["status"], "candidates");
        assert_eq!(named["people"][0]["number"], number.as_str());
        assert!(named["people"][0]["vaccinations"].is_null(), "{named}");
        let nobody = ask(&["--family", "Nobody", "--given", "Nil", "--birth-date", "2001-01-01"]).expect(1);
        assert!(nobody.output.contains("Nobody was found"), "{nobody:?}");

        let seen = home.run(&["audit", "--patient", &number, "--json"]).expect(0).json();
        let actions: Vec<&str> =
            seen.as_array().expect("a list").iter().filter_map(|line| line["action"].as_str()).collect();
        assert_eq!(actions, ["candidates_disclosed", "record_disclosed", "record_disclosed", "patient_added"]);
    });
}

#[test]
fn a_question_as_a_message_is_answered_by_one() {
    on_each_database(|home| {
        home.settle();
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("m-1").as_bytes()).expect(0);
        let answer = home.run_with(&["query", "-", "--organization", "LAKE2000"], qbp("q-1").as_bytes()).expect(0);
        assert!(answer.output.contains("RSP^K11^RSP_K11") && answer.output.contains("QAK|q-1|OK"), "{answer:?}");
        // The same through `submit`, which takes any message.
        let answer = home.run_with(&["submit", "-", "--organization", "LAKE2000"], qbp("q-2").as_bytes()).expect(0);
        assert!(answer.output.contains("QAK|q-2|OK"), "{answer:?}");
        // What is remarked about a question that is answered is no reason to count it as an error.
        let odd = qbp("q-3").replace("|20190304|F", "|20190304|X1");
        let told = home.run_with(&["submit", "-", "--organization", "LAKE2000", "--json"], odd.as_bytes()).expect(0);
        let told = told.json();
        let message = told["answers"][0]["message"].as_str().expect("an answer");
        assert!(message.contains("MSA|AA|q-3") && message.contains("ERR|"), "{message}");
        assert_eq!(told["answers"][0]["acknowledgment"], "AA", "{told}");
    });
}

#[test]
fn a_refused_message_ends_with_1_and_says_why() {
    let home = Home::on_sqlite();
    home.settle();
    let submit = ["submit", "-", "--organization", "LAKE2000", "--json"];
    let refused = home.run_with(&submit, vxu_with("m-2", "").as_bytes()).expect(1).json();
    assert_eq!(refused["answers"][0]["acknowledgment"], "AE", "{refused}");
    assert!(refused["answers"][0]["message"].as_str().is_some_and(|text| text.contains("CLR-100")), "{refused}");
    let nothing = home.run_with(&["submit", "-", "--organization", "LAKE2000"], b"not a message").expect(1);
    assert!(nothing.errors.contains("no HL7 message"), "{nothing:?}");
    let nobody = home.run_with(&["submit", "-", "--organization", "NOWHERE"], vxu("m-3").as_bytes()).expect(1);
    assert!(nobody.errors.contains("no active organization NOWHERE"), "{nobody:?}");
}

#[test]
fn several_messages_are_answered_in_their_order() {
    let home = Home::on_sqlite();
    home.settle();
    let file = format!("{}\r{}\r{}\r", vxu("a-1"), vxu("a-2"), vxu("a-3"));
    let answered = home.run_with(&["submit", "-", "--organization", "LAKE2000"], file.as_bytes()).expect(0);
    let answers: Vec<&str> = answered.output.lines().filter(|line| line.starts_with("MSA|")).collect();
    assert_eq!(answers, ["MSA|AA|a-1", "MSA|AA|a-2", "MSA|AA|a-3"]);
}

#[test]
fn a_message_sent_again_gets_the_same_answer() {
    on_each_database(|home| {
        home.settle();
        let submit =
            || home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("again").as_bytes()).expect(0);
        let (first, second) = (submit(), submit());
        assert_eq!(first.output, second.output);
        let logged = home.run(&["messages", "--json"]).expect(0).json();
        assert_eq!(logged.as_array().map(Vec::len), Some(1));
    });
}
