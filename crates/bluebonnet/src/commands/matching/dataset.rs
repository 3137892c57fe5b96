//! `bluebonnet match dataset`: files of people of whom it is known who is who, linked as a whole.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::Args;
use model::{Demographics, PatientId, counted};
use registry::matches::{
    Accuracy, Candidate, Confusion, Frequencies, LabeledPerson, Linked, Matcher, Outcome, PersonDecision, Policy, link,
    lookup_keys, match_keys, read_people,
};
use serde_json::json;
use uuid::Uuid;

use super::generate::Generated;
use super::{PolicyWord, door, read_weights};
use crate::ending::{Ending, Failure};
use crate::place;
use crate::tables::{print_json, print_line};
use model::counted_people;

/// Links the records of labeled files and compares with the labels
///
/// Layouts are told by their columns: febrl, RecordLinker, and the historical people of Splink. Several files are linked
/// as one. With --cases, the people of that file are looked for among those of the others, as at the door, and the
/// column Expected Result says what is expected.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match dataset dataset4a.csv dataset4b.csv\n  \
                  bluebonnet match dataset people.csv --cases cases.csv\n  \
                  bluebonnet match dataset --generated 100000 --seed 7")]
pub(crate) struct Dataset {
    /// Files of people
    #[arg(required_unless_present = "people")]
    files: Vec<PathBuf>,
    /// Lets so many generated people in, one after another as at the door, instead of linking files
    #[arg(long = "generated", id = "people", value_name = "N", conflicts_with = "files")]
    people: Option<u64>,
    #[command(flatten)]
    generated: Generated,
    /// What is made of a score at the door
    #[arg(long, value_enum, default_value = "careful")]
    policy: PolicyWord,
    /// People to look for, with what is expected of each
    #[arg(long, value_name = "FILE")]
    cases: Option<PathBuf>,
    /// A table of weights instead of the built-in one
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Dataset {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        if let Some(people) = self.people {
            let weights = read_weights(self.weights.as_ref())?;
            let policy = self.policy.policy();
            let matcher = Matcher::new(policy, weights, Frequencies::builtin(), registry::matches::POPULATION);
            return door::measure(self.generated.records(people), &matcher, self.json);
        }
        let mut records = Vec::new();
        for file in &self.files {
            records.extend(read(file)?);
        }
        let weights = read_weights(self.weights.as_ref())?;
        if let Some(cases) = &self.cases {
            let matcher = Matcher::new(Policy::Weighed, weights, Frequencies::builtin(), registry::matches::POPULATION);
            return self.look_up(&records, &read(cases)?, &matcher);
        }
        let people: Vec<Demographics> = records.iter().map(|record| record.demographics.clone()).collect();
        let frequencies = Frequencies::count(people.iter().flat_map(|person| &person.names));
        let matcher = Matcher::new(Policy::Linkage, weights, frequencies, people.len() as u64);
        let linked = link(&people, &matcher);
        let (accuracy, reached) = compare(&records, &linked);
        if self.json {
            print_json(&json!({
                "records": people.len(),
                "precision": accuracy.precision(),
                "recall": accuracy.recall(),
                "f1": accuracy.f1(),
                "pairs": accuracy.all,
                "compared": linked.compared.len(),
                "blocking_recall": reached,
                "version": matcher.version(),
            }))?;
        } else {
            print_line(&format!(
                "{}, {} of one person; {} compared, which reach {:.4} of them; weights {}",
                counted(people.len() as u64, "record"),
                counted(accuracy.all, "pair"),
                linked.compared.len(),
                reached,
                matcher.version()
            ))?;
            print_line(&format!(
                "precision {:.4}  recall {:.4}  F1 {:.4}  ({} right, {} wrong)",
                accuracy.precision(),
                accuracy.recall(),
                accuracy.f1(),
                accuracy.right,
                accuracy.wrong
            ))?;
        }
        Ok(Ending::Well)
    }

    fn look_up(&self, known: &[LabeledPerson], cases: &[LabeledPerson], matcher: &Matcher) -> Result<Ending, Failure> {
        let mut by_key: HashMap<i64, Vec<usize>> = HashMap::new();
        for (place, record) in known.iter().enumerate() {
            for key in match_keys(&record.demographics, None) {
                by_key.entry(key).or_default().push(place);
            }
        }
        let mut confusion = Confusion::default();
        for case in cases {
            let mut places: Vec<usize> =
                lookup_keys(&case.demographics).iter().filter_map(|key| by_key.get(key)).flatten().copied().collect();
            places.sort_unstable();
            places.dedup();
            let candidates: Vec<Candidate<'_>> = places.iter().map(|&place| candidate(known, place)).collect();
            let decided = match matcher.decide_person(&case.demographics, None, &candidates).decision {
                PersonDecision::Same { patient_id, .. } if whose(known, patient_id) == case.person => Outcome::Match,
                PersonDecision::Possible { .. } => Outcome::PossibleMatch,
                PersonDecision::Same { .. } | PersonDecision::Nobody { .. } => Outcome::NotAMatch,
            };
            let expected = match case.expected.as_str() {
                "match" => Outcome::Match,
                "no_match" => Outcome::NotAMatch,
                _ => Outcome::PossibleMatch,
            };
            confusion.add(expected, decided);
        }
        let line = format!(
            "{} among {}: precision {:.4}  recall {:.4}  F1 {:.4}  of decided {:.4}",
            counted(cases.len() as u64, "case"),
            counted_people(known.len() as u64),
            confusion.precision(),
            confusion.recall(),
            confusion.f1(),
            confusion.f1_of_decided()
        );
        match self.json {
            true => print_json(&json!({
                "cases": cases.len(),
                "precision": confusion.precision(),
                "recall": confusion.recall(),
                "f1": confusion.f1(),
                "f1_of_decided": confusion.f1_of_decided(),
            }))?,
            false => print_line(&line)?,
        }
        Ok(Ending::Well)
    }
}

pub(super) fn read(file: &Path) -> Result<Vec<LabeledPerson>, Failure> {
    let read = read_people(&place::read_text(file)?);
    read.map(|(_, people)| people).map_err(|error| Failure::Refused(format!("{}: {error}", file.display())))
}

fn candidate(known: &[LabeledPerson], place: usize) -> Candidate<'_> {
    Candidate {
        patient_id: PatientId(Uuid::from_u128(place as u128)),
        demographics: &known[place].demographics,
        is_senders: false,
    }
}

fn whose(known: &[LabeledPerson], patient_id: PatientId) -> &str {
    &known[patient_id.0.as_u128() as usize].person
}

/// How the groups found compare with the people there are, and the share of pairs that the keys reach.
fn compare(records: &[LabeledPerson], linked: &Linked) -> (Accuracy, f64) {
    let pairs = |count: u64| count * (count - 1) / 2;
    let mut people: HashMap<&str, u64> = HashMap::new();
    let mut groups: HashMap<u32, u64> = HashMap::new();
    let mut both: HashMap<(u32, &str), u64> = HashMap::new();
    for (record, group) in records.iter().zip(&linked.person) {
        *people.entry(&record.person).or_default() += 1;
        *groups.entry(*group).or_default() += 1;
        *both.entry((*group, &record.person)).or_default() += 1;
    }
    let all: u64 = people.values().copied().map(pairs).sum();
    let found: u64 = groups.values().copied().map(pairs).sum();
    let right: u64 = both.values().copied().map(pairs).sum();
    let is_one = |(one, other): &&(u32, u32)| records[*one as usize].person == records[*other as usize].person;
    let reached = linked.compared.iter().filter(is_one).count();
    (Accuracy { right, wrong: found - right, all }, reached as f64 / all.max(1) as f64)
}
