//! The command line itself: help, exit codes, completions, profiles.

use crate::program::{Home, run};

const COMMANDS: [&str; 16] = [
    "serve",
    "demo",
    "migrate",
    "submit",
    "query",
    "load",
    "explain",
    "copy",
    "organization",
    "account",
    "codes",
    "messages",
    "audit",
    "doctor",
    "profile",
    "completions",
];

#[test]
fn every_command_has_help() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let help = run(&["--help"], folder.path()).expect(0);
    assert!(help.output.contains("Exit codes"), "{help:?}");
    for command in COMMANDS {
        assert!(help.output.contains(command), "{command} is missing in {help:?}");
        let help = run(&[command, "--help"], folder.path()).expect(0);
        assert!(help.output.contains("Usage"), "{help:?}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for arguments in [
        &["sereve"][..],
        &["serve", "--lanes", "0"],
        &["serve", "--tls-cert", "chain.pem"],
        &["query", "--organization", "X", "--birth-date", "yesterday"],
        &["messages", "--state", "lost"],
        &["copy", "--from", "mysql://x", "--to", "y"],
    ] {
        run(arguments, folder.path()).expect(2);
    }
}

#[test]
fn a_mistyped_place_is_refused_and_nothing_is_made() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let refused = run(&["organization", "list", "--data", "nowhere"], folder.path()).expect(1);
    assert!(refused.errors.contains("there is no registry"), "{refused:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it can be listed").count(), 0);
}

#[test]
fn a_database_that_does_not_answer_ends_with_3() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = "postgres://nobody@127.0.0.1:1/nothing";
    let failed = run(&["organization", "list", "--database", url], folder.path()).expect(3);
    assert!(failed.errors.contains("could not be reached"), "{failed:?}");
}

#[test]
fn completions_are_written_for_every_shell() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for shell in ["bash", "zsh", "fish"] {
        let script = run(&["completions", shell], folder.path()).expect(0);
        assert!(script.output.contains("organization"), "{shell}");
    }
}

#[test]
fn a_profile_is_checked() {
    let profiles = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles");
    let home = Home::on_sqlite();
    for name in ["texas", "example"] {
        let checked = home.run(&["profile", "check", &format!("{profiles}/{name}.toml")]).expect(0);
        assert!(checked.output.contains("can be used"), "{checked:?}");
    }
    let broken = home.run_with(&["profile", "check", "-", "--json"], b"[registry]\nname = 1\n").expect(1).json();
    assert_eq!(broken["is_usable"], false);
}

#[test]
fn a_certificate_that_cannot_be_read_is_told_before_anybody_is_let_in() {
    let home = Home::on_sqlite();
    home.settle();
    let serve = ["serve", "--http", "127.0.0.1:0", "--tls-cert", "missing.pem", "--tls-key", "missing.pem"];
    let refused = home.run(&serve).expect(2);
    assert!(refused.errors.contains("missing.pem") && refused.output.is_empty(), "{refused:?}");
}
