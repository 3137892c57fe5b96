//! A server answers what it is asked over HTTP.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::messages::{qbp, vxu};
use crate::program::{Home, on_each_database};
use crate::soap;

#[test]
fn a_message_in_an_answer_out() {
    on_each_database(|home| {
        home.settle();
        let password = home.add_account("lakeside");
        let server = home.serve(&[]);
        let submit = |message: &str| {
            soap::submit(server.address, "lakeside", &password, "LAKE2000", message).expect("the server answers")
        };
        let stored = submit(&vxu("serve-1"));
        assert_eq!(stored.status, 200, "{stored:?}");
        assert!(stored.body.contains("MSA|AA|serve-1"), "{stored:?}");
        let history = submit(&qbp("serve-2"));
        assert!(history.body.contains("QAK|serve-2|OK"), "{history:?}");
        assert!(history.body.contains("03^"), "{history:?}");
        assert_eq!(server.stop(), 0);
    });
}

#[test]
fn the_addresses_for_operators_answer() {
    on_each_database(|home| {
        home.settle();
        let server = home.serve(&[]);
        let get = |path: &str| soap::get(server.address, path).expect("the server answers");
        assert_eq!(get("/livez").status, 200);
        let ready = get("/readyz");
        assert_eq!(ready.status, 200);
        assert!(ready.body.contains("\"ready\":true"), "{ready:?}");
        let measured = get("/metrics");
        assert!(measured.body.contains("bluebonnet_calls_in_flight"), "{measured:?}");
        let start = get("/");
        assert!(start.head.contains("text/html") && start.body.contains("/webservice?wsdl"), "{start:?}");
        let wsdl = get("/webservice?wsdl");
        assert!(wsdl.body.contains(&format!("http://{}/webservice", server.address)), "{wsdl:?}");
        assert_eq!(get("/nowhere").status, 404);
    });
}

#[test]
fn an_account_made_while_the_server_runs_is_let_in_within_seconds() {
    let home = Home::on_sqlite();
    home.settle();
    let server = home.serve(&[]);
    let password = home.add_account("late");
    let is_let_in = || {
        let answer = soap::submit(server.address, "late", &password, "LAKE2000", &vxu("late-1"));
        answer.is_some_and(|answer| answer.status == 200 && answer.body.contains("MSA|AA"))
    };
    let begun = std::time::Instant::now();
    while !is_let_in() {
        // Asking takes a password verification each time, so this does not spin; and it stays below the lock-out.
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the account was not let in");
        std::thread::sleep(std::time::Duration::from_millis(2500));
    }
}

#[test]
fn a_node_without_the_role_has_no_web_service() {
    let home = Home::on_sqlite();
    home.settle();
    let server = home.serve(&["--roles", "jobs"]);
    assert_eq!(soap::get(server.address, "/webservice?wsdl").expect("the server answers").status, 404);
    assert_eq!(soap::get(server.address, "/readyz").expect("the server answers").status, 200);
}

#[test]
fn the_profile_given_once_is_kept() {
    let home = Home::on_sqlite();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/example.toml");
    let texas = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/texas.toml");
    let is_of_texas = || {
        let report = home.run(&["doctor", "--json"]).expect(0).json();
        let reports = report["diagnoses"].as_array().expect("a list");
        let profile = reports.iter().find(|line| line["subject"] == "profile").expect("the profile is looked at");
        let is_of_texas = profile["report"].as_str().expect("a sentence").contains("Texas");
        (is_of_texas, report["database"]["rows"]["audit"].as_u64().expect("the table is counted"))
    };
    home.run(&["migrate", "--profile", example]).expect(0);
    assert_eq!(is_of_texas(), (false, 0));
    let refused = home.run(&["account", "list", "--profile", texas]).expect(1);
    assert!(refused.errors.contains("works by another profile"), "{refused:?}");
    home.run(&["account", "list", "--profile", example]).expect(0);
    assert_eq!(is_of_texas(), (false, 0), "a command changes no rules");
    home.run(&["migrate", "--profile", texas]).expect(0);
    assert_eq!(is_of_texas(), (true, 1), "and whoever changes them is written down");
}

#[test]
fn a_wrong_setting_is_refused_before_anything_is_served() {
    let home = Home::on_sqlite();
    for wrong in [["--public-url", "foo"], ["--log-filter", "warning"], ["--http", "127.0.0.1"]] {
        let refused = home.run(&["serve", wrong[0], wrong[1]]).expect(2);
        assert!(refused.errors.contains(wrong[1]), "{refused:?}");
    }
}

#[test]
fn a_node_that_takes_files_and_processes_none_says_so() {
    let home = Home::on_sqlite();
    home.settle();
    for (roles, is_warned) in [("web,webservice", true), ("web,jobs", false), ("webservice", false)] {
        let mut command = home.command(&["serve", "--http", "127.0.0.1:0", "--roles", roles]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        assert!(output.any(|line| line.is_ok_and(|line| line.starts_with("listening"))), "{roles}");
        child.kill().expect("it can be ended");
        let ended = child.wait_with_output().expect("it ends");
        let log = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(log.contains("files are taken here and not processed"), is_warned, "{roles}: {log}");
    }
}
