//! By which profile a registry works, and who puts another in its place.

use std::process::Stdio;

use serde_json::Value;

use crate::program::{Home, Server, on_each_database};

const OPT_OUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/example.toml");
const OPT_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/texas.toml");

/// Whether the registry works by the profile of Texas, and the lines of the audit trail.
fn state(home: &Home) -> (bool, u64) {
    let report = home.run(&["doctor", "--json"]).expect(0).json();
    let reports = report["diagnoses"].as_array().expect("a list");
    let profile = reports.iter().find(|line| line["subject"] == "profile").expect("the profile is looked at");
    let is_of_texas = profile["report"].as_str().expect("a sentence").contains("Texas");
    assert!(profile["report"].as_str().is_some_and(|line| line.contains(if is_of_texas {
        "opt_in"
    } else {
        "opt_out"
    })));
    (is_of_texas, report["database"]["rows"]["audit"].as_u64().expect("the table is counted"))
}

#[test]
fn the_profile_given_once_is_kept() {
    let home = Home::on_sqlite();
    home.run(&["migrate", "--profile", OPT_OUT]).expect(0);
    assert_eq!(state(&home), (false, 0));
    let refused = home.run(&["account", "list", "--profile", OPT_IN]).expect(1);
    assert!(refused.errors.contains("works by another profile"), "{refused:?}");
    home.run(&["account", "list", "--profile", OPT_OUT]).expect(0);
    assert_eq!(state(&home), (false, 0), "a command changes no rules");
    assert_eq!(home.serve(&["--profile", OPT_OUT]).stop(), 0);
    assert_eq!(home.serve(&[]).stop(), 0);
    assert_eq!(state(&home), (false, 0));
}

#[test]
fn a_profile_with_another_comment_is_the_same_profile() {
    let home = Home::on_sqlite();
    home.run(&["migrate", "--profile", OPT_OUT]).expect(0);
    let copy = home.path("copy.toml");
    let text = std::fs::read_to_string(OPT_OUT).expect("it can be read");
    std::fs::write(&copy, format!("# ours\n{text}")).expect("it can be written");
    home.run(&["account", "list", "--profile", &copy]).expect(0);
    assert_eq!(home.serve(&["--profile", &copy]).stop(), 0);
}

#[test]
fn whoever_serves_puts_no_other_profile_in_the_place_of_the_kept_one() {
    on_each_database(|home| {
        home.run(&["migrate", "--profile", OPT_IN]).expect(0);
        home.settle();
        let before = state(home);
        let serve = ["serve", "--http", "127.0.0.1:0", "--profile", OPT_OUT];
        let demo = ["demo", "--http", "127.0.0.1:0", "--people", "5", "--profile", OPT_OUT];
        for arguments in [&serve[..], &demo[..], &["migrate", "--profile", OPT_OUT]] {
            let refused = home.run(arguments).expect(1);
            assert!(refused.errors.contains("works by another profile"), "{refused:?}");
            assert!(refused.errors.contains("`bluebonnet profile use FILE`"), "{refused:?}");
            assert!(refused.errors.contains("--data"), "what else there is to do: {refused:?}");
        }
        assert_eq!(state(home), before);
    });
}

#[test]
fn a_registry_that_never_was_given_a_profile_keeps_the_first_one_too() {
    let home = Home::on_sqlite();
    home.run(&["migrate"]).expect(0);
    // Nobody is in it yet: it is as good as new.
    home.run(&["migrate", "--profile", OPT_OUT]).expect(0);
    assert!(!state(&home).0);
    let home = Home::on_sqlite();
    home.settle();
    let refused = home.run(&["serve", "--http", "127.0.0.1:0", "--profile", OPT_OUT]).expect(1);
    assert!(refused.errors.contains("works by another profile"), "{refused:?}");
    assert!(state(&home).0);
    // The very profile that it works by may be named, and is kept from then on.
    assert_eq!(home.serve(&["--profile", OPT_IN]).stop(), 0);
    assert!(state(&home).0);
}

#[test]
fn a_demonstration_is_not_turned_into_one_of_other_rules() {
    let home = Home::on_sqlite();
    let demo = ["demo", "--people", "5", "--http", "127.0.0.1:0"];
    assert_eq!(Server::start(home.command(&demo)).stop(), 0);
    let refused = home.run(&[&demo[..], &["--profile", OPT_OUT]].concat()).expect(1);
    assert!(refused.errors.contains("works by another profile"), "{refused:?}");
    let kept = Server::start(home.command(&demo));
    assert!(kept.greeting.contains("kept as it is"), "{}", kept.greeting);
    assert_eq!(kept.stop(), 0);
    assert!(state(&home).0);
}

#[test]
fn another_profile_is_put_in_the_place_of_the_kept_one_on_purpose() {
    on_each_database(|home| {
        home.settle();
        let (_, lines) = state(home);
        let refused = home.run(&["profile", "use", OPT_OUT]).expect(1);
        assert!(refused.errors.contains("opt_out") && refused.errors.contains("opt_in"), "{refused:?}");
        assert!(refused.errors.contains("--consent opt_out"), "{refused:?}");
        home.run(&["profile", "use", OPT_OUT, "--consent", "opt_in"]).expect(1);
        assert_eq!(state(home), (true, lines), "nothing is changed by a refused order");
        let used = home.run(&["profile", "use", OPT_OUT, "--consent", "opt_out"]).expect(0);
        assert!(used.output.contains("started again"), "{used:?}");
        assert_eq!(state(home), (false, lines + 1), "and whoever changes them is written down");
        let audit = home.run(&["audit", "--registry", "--json"]).expect(0).json();
        let said = audit[0]["detail"].as_str().expect("a sentence");
        assert!(said.contains("opt_out") && said.contains("in the place of") && said.contains("opt_in"), "{audit}");
        let again = home.run(&["profile", "use", OPT_OUT, "--json"]).expect(0).json();
        assert_eq!(again["is_changed"], false, "{again}");
        assert_eq!(state(home), (false, lines + 1));
    });
}

#[test]
fn rules_that_change_and_leave_consent_as_it_is_need_no_second_word() {
    let home = Home::on_sqlite();
    home.settle();
    let text = std::fs::read_to_string(OPT_IN).expect("it can be read");
    let other = home.path("other.toml");
    std::fs::write(&other, text.replace("lists_candidates = true", "lists_candidates = false")).expect("writable");
    assert_ne!(std::fs::read_to_string(&other).expect("it can be read"), text, "the profile has that line");
    let used = home.run(&["profile", "use", &other, "--json"]).expect(0).json();
    assert_eq!((&used["is_changed"], &used["consent"]), (&Value::Bool(true), &Value::from("opt_in")), "{used}");
    let mut refused = home.command(&["serve", "--http", "127.0.0.1:0", "--profile", OPT_IN]);
    let refused = refused.stdout(Stdio::null()).output().expect("it runs");
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let shown = home.run(&["profile", "show"]).expect(0);
    assert_eq!(shown.output.trim_end(), std::fs::read_to_string(&other).expect("it can be read").trim_end());
}

#[test]
fn a_profile_that_cannot_be_used_is_not_used() {
    let home = Home::on_sqlite();
    home.settle();
    let before = state(&home);
    home.run_with(&["profile", "use", "-"], b"[registry]\nname = 1\n").expect(1);
    home.run(&["profile", "use", &home.path("nowhere.toml")]).expect(3);
    assert_eq!(state(&home), before);
}
