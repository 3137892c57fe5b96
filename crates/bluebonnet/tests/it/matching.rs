//! People generated, measured, learned from, and a registry swept, from the command line.

use crate::messages::vxu;
use crate::program::{Home, on_each_database};

#[test]
fn generated_people_are_written_linked_and_looked_up_alike_every_time() {
    let home = Home::on_sqlite();
    let (file, again) = (home.path("people.csv"), home.path("again.csv"));
    for file in [&file, &again] {
        let generate =
            ["match", "generate", "--people", "1500", "--seed", "5", "--again-per-thousand", "300", "--to", file];
        crate::program::run(&generate, home.folder.path()).expect(0);
    }
    let read = |file: &str| std::fs::read_to_string(file).expect("the file is there");
    assert_eq!(read(&file), read(&again));
    assert!(read(&file).lines().any(|line| line.contains("named later")), "newborns are named later");

    let run = |arguments: &[&str]| crate::program::run(arguments, home.folder.path()).expect(0).json();
    let linked = run(&["match", "dataset", &file, "--json"]);
    let number = |value: &serde_json::Value, key: &str| value[key].as_f64().expect("a number");
    assert!(number(&linked, "f1") > 0.95, "{linked}");
    let door =
        run(&["match", "dataset", "--generated", "1500", "--seed", "5", "--again-per-thousand", "300", "--json"]);
    assert_eq!(door["people"], 1500, "{door}");
    assert!(number(&door, "second_records") > 350.0, "{door}");
    assert_eq!(door["merged_wrongly"], 0, "{door}");
    assert!(number(&door, "recall_with_review") > 0.9, "{door}");
}

#[test]
fn learned_weights_are_in_use_only_when_ordered() {
    on_each_database(|home| {
        home.settle();
        let file = home.path("weights.txt");
        let learn = ["match", "learn", "--people", "1500", "--seed", "6", "--again-per-thousand", "500"];
        let learn = [&learn[..], &["--version", "mine-1", "--to", &file]].concat();
        let learned = crate::program::run(&learn, home.folder.path()).expect(0);
        assert!(learned.output.contains("It is not in use"), "{learned:?}");
        assert!(learned.output.contains("phone.different"), "{learned:?}");
        let replaced = crate::program::run(&learn, home.folder.path()).expect(1);
        assert!(replaced.errors.contains("cannot be written"), "{replaced:?}");

        let in_use = |expected: &str| {
            let shown = home.run(&["match", "weights", "--in-use"]).expect(0);
            assert!(shown.output.starts_with(&format!("version {expected}\n")), "{shown:?}");
        };
        in_use("2026-11.2");
        home.run(&["match", "use", &file]).expect(0);
        in_use("mine-1");
        home.run(&["match", "use", "builtin"]).expect(0);
        in_use("2026-11.2");
    });
}

#[test]
fn a_sweep_is_ordered_held_and_gone_through() {
    on_each_database(|home| {
        home.settle();
        home.run_with(&["submit", "-", "--organization", "LAKE2000"], vxu("S1").as_bytes());
        let none = home.run(&["match", "sweep", "--status"]).expect(0);
        assert!(none.output.contains("no sweep was begun yet"), "{none:?}");
        home.run(&["match", "sweep", "--background"]).expect(0);
        home.run(&["match", "sweep", "--hold"]).expect(0);
        home.run(&["match", "sweep"]).expect(1);
        home.run(&["match", "sweep", "--go-on"]).expect(0);
        let swept = home.run(&["match", "sweep", "--json"]).expect(0).json();
        let sweep = &swept["sweep"];
        assert_eq!((&sweep["is_finished"], &sweep["people_count"]), (&true.into(), &1.into()), "{swept}");
        assert_eq!((&sweep["proposed_count"], &sweep["merged_count"]), (&0.into(), &0.into()), "{swept}");
        let doctor = home.run(&["doctor"]).expect(0);
        assert!(doctor.output.contains("no key is shared by too many people"), "{doctor:?}");
    });
}
