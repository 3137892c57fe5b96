//! The command line itself: help, exit codes, completions, profiles.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use crate::messages::vxu;
use crate::program::{Home, ran, run};

#[test]
fn every_command_has_examples_and_a_description_of_its_own() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let help = run(&["--help"], folder.path()).expect(0);
    assert!(help.output.contains("Exit codes"), "{help:?}");
    let count = check_help(&[], folder.path());
    assert!(count > 80, "only {count} commands were found in the help");
}

/// Checks the help of a command and of those below it; gives how many do something themselves.
fn check_help(path: &[&str], folder: &Path) -> usize {
    let help = run(&[path, &["--help"]].concat(), folder).expect(0).output;
    let commands = commands_of(&help);
    let name = [&["bluebonnet"], path].concat().join(" ");
    let does_something = !help.contains(&format!("Usage: {name} <COMMAND>"));
    if does_something {
        let examples = help.split_once("\nExamples:\n").map(|(_, examples)| examples).unwrap_or_default();
        assert!(examples.contains(&name), "`{name}` has no examples in its help:\n{help}");
    }
    let mut described = HashMap::new();
    for (command, description) in &commands {
        let other = described.insert(description, command);
        assert_eq!(other, None, "{command} has the same description: {description}");
    }
    let below: usize = commands.iter().map(|(command, _)| check_help(&[path, &[*command]].concat(), folder)).sum();
    below + usize::from(does_something)
}

/// The commands that a help lists, each with its description.
fn commands_of(help: &str) -> Vec<(&str, String)> {
    let Some((_, list)) = help.split_once("\nCommands:\n") else { return Vec::new() };
    let mut commands: Vec<(&str, String)> = Vec::new();
    for line in list.lines().take_while(|line| !line.is_empty()) {
        let is_continued = line.starts_with("   ");
        match (line.trim().split_once(' '), commands.last_mut()) {
            (_, Some((_, description))) if is_continued => description.push_str(line.trim()),
            (Some((command, description)), _) => commands.push((command, description.trim().to_owned())),
            (None, _) => panic!("{line} has no description"),
        }
    }
    commands.retain(|(command, _)| *command != "help");
    commands
}

#[test]
fn a_log_for_collectors_ends_with_an_object_too() {
    let home = Home::on_sqlite();
    let serve = ["serve", "--http", "127.0.0.1:0", "--roles", "gate,web"];
    let refused = home.run(&[&serve[..], &["--log", "json"]].concat()).expect(2);
    let lines: Vec<serde_json::Value> =
        refused.errors.lines().map(|line| serde_json::from_str(line).expect("every line is an object")).collect();
    let last = lines.last().expect("it is told");
    assert_eq!((&last["level"], &last["exit_code"]), (&"ERROR".into(), &2.into()), "{last}");
    assert!(last["message"].as_str().is_some_and(|message| message.starts_with("the role gate is a front")), "{last}");
    let refused = home.run(&serve).expect(2);
    assert!(refused.errors.starts_with("bluebonnet: the role gate"), "{refused:?}");
}

#[test]
fn a_clock_for_rehearsals_is_told_of_and_one_that_cannot_be_read_ends_every_command() {
    let home = Home::on_sqlite();
    home.settle();
    let run_by = |clock: &str, arguments: &[&str]| {
        ran(home.command(arguments).env("BLUEBONNET_REHEARSAL_CLOCK", clock).output().expect("it runs"))
    };
    let serve = ["serve", "--http", "127.0.0.1:0"];
    for clock in ["junk", "2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,fast", "2024-05-31T23:50:00Z"] {
        for arguments in [&serve[..], &["doctor"], &["organization", "list"], &["maintenance", "status"]] {
            let refused = run_by(clock, arguments).expect(2);
            assert!(
                refused.errors.contains("BLUEBONNET_REHEARSAL_CLOCK") && refused.errors.contains(clock),
                "{refused:?}"
            );
        }
    }
    let told = run_by("2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,1", &["organization", "list"]).expect(0);
    assert!(told.errors.contains("WARN") && told.errors.contains("the clock is one for rehearsals"), "{told:?}");
    for clock in ["", "2024-05-31T23:50:00Z,2026-11-25T17:00:00Z,0"] {
        let mut server = home.command(&serve);
        server.env("BLUEBONNET_REHEARSAL_CLOCK", clock).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = server.spawn().expect("it starts");
        let mut lines = BufReader::new(server.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
        let said: Vec<String> = lines.by_ref().take_while(|line| !line.contains("listening")).collect();
        assert_eq!(
            said.iter().any(|line| line.contains("the clock is one for rehearsals")),
            !clock.is_empty(),
            "{said:?}"
        );
        server.kill().expect("it can be ended");
        server.wait().expect("it ends");
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
    for (name, policy) in [("texas", "opt_in"), ("example", "opt_out")] {
        let checked = home.run(&["profile", "check", &format!("{profiles}/{name}.toml")]).expect(0);
        assert!(checked.output.contains("can be used") && checked.output.contains(policy), "{checked:?}");
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

#[test]
fn people_read_times_by_the_registrys_clock_and_programs_in_utc() {
    let home = Home::on_sqlite();
    home.settle();
    home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("clock").as_bytes()).expect(0);
    let listed = home.run(&["messages", "--json"]).expect(0).json();
    let at: jiff::Timestamp = listed[0]["received_at"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!(listed[0]["received_at"].as_str().is_some_and(|at| at.ends_with('Z')), "{listed}");
    let zone = jiff::tz::TimeZone::get("America/Chicago").expect("it is known");
    let shown = at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    assert!(shown.ends_with("CST") || shown.ends_with("CDT"), "{shown}");
    let receipt = listed[0]["receipt"].as_str().expect("a receipt");
    let number = listed[0]["patient"].as_str().expect("a number");
    let show = ["messages", "show", receipt];
    let audit = ["audit", "--patient", number];
    for arguments in [&["messages"][..], &show, &audit, &["file", "list"], &["file", "status", receipt]] {
        let told = home.run(arguments).expect(0);
        assert!(told.output.contains(&shown), "{shown}: {told:?}");
    }
}

#[test]
fn the_audit_trail_is_told_to_people_in_words_and_to_programs_in_codes() {
    let home = Home::on_sqlite();
    home.settle();
    home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("words").as_bytes()).expect(0);
    let listed = home.run(&["messages", "--json"]).expect(0).json();
    let audit = ["audit", "--patient", listed[0]["patient"].as_str().expect("a number")];
    let codes = home.run(&[&audit[..], &["--json"]].concat()).expect(0).json();
    assert_eq!(codes[0]["action"], "patient_added", "{codes}");
    let words = home.run(&audit).expect(0).output;
    assert!(words.contains("Nobody alike was known.") && !words.contains("patient_added"), "{words}");
}

#[test]
fn a_list_of_nothing_says_so() {
    let home = Home::on_sqlite();
    home.run(&["migrate"]).expect(0);
    for (arguments, said) in [
        (&["file", "list", "--rejected"][..], "nothing like that was received"),
        (&["messages", "--state", "rejected"], "no message like that"),
        (&["organization", "list"], "no organization yet"),
        (&["account", "list"], "no account yet"),
        (&["notice", "list"], "no notice like that"),
        (&["subscription", "list"], "no subscription"),
        (&["data-fix", "list"], "no data fix"),
        (&["review", "list"], "no possible match waits for a decision"),
        (&["maintenance", "list"], "no maintenance window is planned or was"),
    ] {
        let told = home.run(arguments).expect(0);
        assert_eq!(told.output.trim_end(), said, "{arguments:?}");
    }
    home.settle();
    let file = home.path("one.hl7");
    std::fs::write(&file, vxu("explained")).expect("it can be written");
    let put = home.run(&["file", "put", &file, "--organization", "LAKE2000", "--json"]).expect(0).json();
    home.run(&["file", "process"]).expect(0);
    let receipt = put[0]["id"].as_str().expect("a receipt");
    let none = home.run(&["file", "explain", receipt, "--verdict", "rejected"]).expect(0);
    assert!(none.output.ends_with("\nno message with the verdict rejected\n"), "{none:?}");
    let all = home.run(&["file", "explain", receipt]).expect(0);
    assert!(!all.output.contains("no message"), "{all:?}");
}
