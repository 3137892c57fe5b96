//! How the decisions compare with labeled data of public sets, with the built-in weights and thresholds.
//!
//! `cargo test -p bluebonnet-matching labeled -- --nocapture` prints the figures; `bluebonnet match pairs` explains them.

use std::collections::HashMap;
use std::path::PathBuf;

use bluebonnet_matching::labeled::{LabeledPerson, read_pairs, read_people};
use bluebonnet_matching::linkage::{Linked, link};
use bluebonnet_matching::measure::{Accuracy, Confusion};
use bluebonnet_matching::{
    Candidate, Frequencies, Matcher, Outcome, PersonDecision, Policy, Weights, lookup_keys, match_keys,
};
use model::Demographics;

use crate::cases::patient;

/// The text of a shared file; `None` where there is none, which only continuous integration may not have.
fn shared(path: &str) -> Option<String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/matching");
    if !folder.is_dir() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{} is missing", folder.display());
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(std::fs::read_to_string(folder.join(path)).expect("the file can be read"))
}

#[test]
fn labeled_pairs_of_two_people_are_not_merged() {
    let matcher = Matcher::default();
    let (mut merged_possible, mut possible) = (0, 0);
    for (set, f1) in [("AIRA-A", 0.998), ("MIIS-B", 0.99), ("MIIS-E", 0.99)] {
        let Some(text) = shared(&format!("iis-pairs/mismo_{set}.csv")) else { return };
        let mut confusion = Confusion::default();
        for pair in read_pairs(&text).expect("labeled pairs") {
            let decided = matcher.explain(&pair.one, &pair.other).outcome;
            if let Some(expected) = pair.expected {
                confusion.add(expected, decided);
            }
        }
        println!(
            "{set}: precision {:.4}, recall {:.4}, F1 {:.4}, of decided {:.4}; possible merged {:.1} %, {confusion:?}",
            confusion.precision(),
            confusion.recall(),
            confusion.f1(),
            confusion.f1_of_decided(),
            100.0 * confusion.possible_merged()
        );
        let merged = confusion.count(Outcome::NotAMatch, Outcome::Match);
        assert_eq!(merged, 0, "{set}: pairs of two people were merged");
        assert!(confusion.f1_of_decided() >= f1, "{set}: {}", confusion.f1_of_decided());
        merged_possible += confusion.count(Outcome::PossibleMatch, Outcome::Match);
        possible += confusion.expected(Outcome::PossibleMatch);
    }
    assert!(merged_possible * 20 <= possible, "{merged_possible} of {possible} possible matches were merged");
}

#[test]
fn no_policy_merges_two_people_and_the_strict_one_merges_few_possible_matches() {
    for set in ["AIRA-A", "MIIS-B", "MIIS-E"] {
        let Some(text) = shared(&format!("iis-pairs/mismo_{set}.csv")) else { return };
        let pairs = read_pairs(&text).expect("labeled pairs");
        for (policy, most_possible) in [(Policy::Strict, 0.01), (Policy::Weighed, 1.0)] {
            let matcher = Matcher::builtin(policy);
            let mut confusion = Confusion::default();
            for pair in &pairs {
                if let Some(expected) = pair.expected {
                    confusion.add(expected, matcher.explain(&pair.one, &pair.other).outcome);
                }
            }
            println!("{set} {}: F1 {:.4}, {confusion:?}", policy.word(), confusion.f1());
            assert_eq!(confusion.count(Outcome::NotAMatch, Outcome::Match), 0, "{set} {}", policy.word());
            assert!(confusion.possible_merged() <= most_possible, "{set}: {}", confusion.possible_merged());
        }
    }
}

#[test]
fn labeled_files_are_linked() {
    let febrl = |number: &str| format!("febrl/dataset{number}.csv");
    for (files, least) in [
        (vec![febrl("1")], 0.999),
        (vec![febrl("2")], 0.999),
        (vec![febrl("3")], 0.999),
        (vec![febrl("4a"), febrl("4b")], 0.999),
        (vec!["historical-50k/historical_30pct.csv".to_owned()], 0.85),
    ] {
        let mut records = Vec::new();
        for file in &files {
            let Some(text) = shared(file) else { return };
            records.extend(read_people(&text).expect("labeled people").1);
        }
        let people: Vec<Demographics> = records.iter().map(|record| record.demographics.clone()).collect();
        let frequencies = Frequencies::count(people.iter().flat_map(|person| &person.names));
        let matcher = Matcher::new(Policy::Linkage, Weights::builtin(), frequencies, people.len() as u64);
        let accuracy = compare(&records, &link(&people, &matcher));
        println!(
            "{files:?}: precision {:.4}, recall {:.4}, F1 {:.4}",
            accuracy.precision(),
            accuracy.recall(),
            accuracy.f1()
        );
        assert!(accuracy.f1() >= least, "{files:?}: {}", accuracy.f1());
    }
}

/// How the groups found compare with the people there are.
fn compare(records: &[LabeledPerson], linked: &Linked) -> Accuracy {
    let pairs = |count: u64| count * (count - 1) / 2;
    let mut people: HashMap<&str, u64> = HashMap::new();
    let mut groups: HashMap<u32, u64> = HashMap::new();
    let mut both: HashMap<(u32, &str), u64> = HashMap::new();
    for (record, group) in records.iter().zip(&linked.person) {
        *people.entry(&record.person).or_default() += 1;
        *groups.entry(*group).or_default() += 1;
        *both.entry((*group, &record.person)).or_default() += 1;
    }
    let right: u64 = both.values().copied().map(pairs).sum();
    let found: u64 = groups.values().copied().map(pairs).sum();
    Accuracy { right, wrong: found - right, all: people.values().copied().map(pairs).sum() }
}

#[test]
fn labeled_cases_are_found_among_known_people() {
    let Some(known) = shared("recordlinker/nbs_seed.csv") else { return };
    let Some(cases) = shared("recordlinker/nbs_test.csv") else { return };
    let (_, known) = read_people(&known).expect("labeled people");
    let (_, cases) = read_people(&cases).expect("labeled people");
    let matcher = Matcher::builtin(Policy::Weighed);
    let mut confusion = Confusion::default();
    for case in &cases {
        let keys = lookup_keys(&case.demographics);
        let candidates: Vec<Candidate<'_>> = known
            .iter()
            .zip(0..)
            .filter(|(known, _)| match_keys(&known.demographics, None).iter().any(|key| keys.contains(key)))
            .map(|(known, n)| Candidate {
                patient_id: patient(n),
                demographics: &known.demographics,
                is_senders: false,
            })
            .collect();
        let decided = match matcher.decide_person(&case.demographics, None, &candidates).decision {
            PersonDecision::Same { patient_id, .. } => {
                let is_right = known[patient_id.0.as_u128() as usize].person == case.person;
                if is_right { Outcome::Match } else { Outcome::NotAMatch }
            }
            PersonDecision::Possible { .. } => Outcome::PossibleMatch,
            PersonDecision::Nobody { .. } => Outcome::NotAMatch,
        };
        let expected = match case.expected.as_str() {
            "match" => Outcome::Match,
            "no_match" => Outcome::NotAMatch,
            _ => Outcome::PossibleMatch,
        };
        confusion.add(expected, decided);
    }
    println!(
        "recordlinker: precision {:.4}, recall {:.4}, F1 {:.4}, of decided {:.4}; {confusion:?}",
        confusion.precision(),
        confusion.recall(),
        confusion.f1(),
        confusion.f1_of_decided()
    );
    // RecordLinker's own figure on these cases is 0.7209.
    assert!(confusion.f1() > 0.8, "{}", confusion.f1());
}
