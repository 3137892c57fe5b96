//! `bluebonnet match`: how people and doses are told apart, tried on labeled data and explained for people of the registry.

mod dataset;
mod door;
mod doses;
mod generate;
mod learn;
mod pairs;
pub(crate) mod sweep;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use model::Demographics;
use registry::matches::{Explanation, Frequencies, Matcher, Outcome, POPULATION, Policy, Weights};
use serde_json::{Value, json};

pub(super) use self::doses::Names;
use super::messages::require_patient;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};

/// Tells people apart: tries the matcher on labeled data, and explains a pair
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  bluebonnet match pairs mismo_AIRA-A.csv\n  bluebonnet match dataset dataset4a.csv dataset4b.csv\n  bluebonnet match dataset --generated 100000\n  bluebonnet match explain 3V8K2M0Q7RTA 7QF0W2M9K1XB\n  bluebonnet match doses 3V8K2M0Q7RTA\n  bluebonnet match learn --people 20000 --version mine-1 --to weights.txt\n  bluebonnet match sweep"
)]
pub(crate) enum Match {
    Pairs(pairs::Pairs),
    Dataset(dataset::Dataset),
    Explain(Explain),
    Doses(doses::Doses),
    Weights(learn::PrintWeights),
    Generate(generate::Generate),
    Learn(learn::Learn),
    Use(learn::Use),
    Sweep(sweep::Sweep),
}

impl Match {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Match::Pairs(command) => command.run(),
            Match::Dataset(command) => command.run(),
            Match::Explain(command) => command.run(),
            Match::Doses(command) => command.run(),
            Match::Weights(command) => command.run(),
            Match::Generate(command) => command.run(),
            Match::Learn(command) => command.run(),
            Match::Use(command) => command.run(),
            Match::Sweep(command) => command.run(),
        }
    }
}

/// By what is compared.
#[derive(Clone, Debug, Args)]
struct By {
    /// What is made of a score: careful sends one disagreement in what identifies to a reviewer; weighed lets the score
    /// decide
    #[arg(long, value_enum, default_value = "careful")]
    policy: PolicyWord,
    /// A table of weights instead of the built-in one
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// How many people there may be
    #[arg(long, value_name = "N", default_value_t = POPULATION, value_parser = clap::value_parser!(u64).range(1..))]
    population: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PolicyWord {
    Careful,
    Strict,
    Weighed,
    Linkage,
}

impl PolicyWord {
    fn policy(self) -> Policy {
        match self {
            PolicyWord::Careful => Policy::Careful,
            PolicyWord::Strict => Policy::Strict,
            PolicyWord::Weighed => Policy::Weighed,
            PolicyWord::Linkage => Policy::Linkage,
        }
    }
}

impl By {
    fn matcher(&self) -> Result<Matcher, Failure> {
        let weights = read_weights(self.weights.as_ref())?;
        Ok(Matcher::new(self.policy.policy(), weights, Frequencies::builtin(), self.population))
    }
}

fn read_weights(file: Option<&PathBuf>) -> Result<Weights, Failure> {
    let Some(file) = file else { return Ok(Weights::builtin()) };
    let text = place::read_text(file)?;
    Weights::parse(&text).map_err(|error| Failure::Refused(format!("{}: {error}", file.display())))
}

/// Explains why two people of the registry are one, may be, or are not
///
/// Prints what agrees and what does not, with the weight of each in bits. The reasons name values of both people.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match explain 3V8K2M0Q7RTA 7QF0W2M9K1XB\n  \
                  bluebonnet match explain 3V8K2M0Q7RTA 7QF0W2M9K1XB --json")]
pub(crate) struct Explain {
    /// The one person's registry number, or id
    one: String,
    /// The other's
    other: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Explain {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let one = require_patient(&registry, &self.one)?;
        let other = require_patient(&registry, &self.other)?;
        let explanation = registry.explain_pair(&admission, one, other)?;
        match self.json {
            true => print_json(&explanation_json(&explanation))?,
            false => print_explanation(&explanation)?,
        }
        Ok(Ending::Well)
    }
}

/// The outcome in words.
pub(crate) fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Match => "Match",
        Outcome::PossibleMatch => "Possible Match",
        Outcome::NotAMatch => "Not a Match",
    }
}

pub(crate) fn explanation_json(explanation: &Explanation) -> Value {
    let reasons: Vec<Value> =
        explanation.reasons.iter().map(|reason| json!({ "what": reason.words, "bits": reason.bits })).collect();
    json!({
        "outcome": outcome_word(explanation.outcome),
        "because": explanation.sentence,
        "score": explanation.score,
        "same_from": explanation.same_from,
        "possible_from": explanation.possible_from,
        "version": explanation.version,
        "reasons": reasons,
    })
}

pub(crate) fn print_explanation(explanation: &Explanation) -> Result<(), Failure> {
    print_line(&format!("{}: {}", outcome_word(explanation.outcome), explanation.sentence))?;
    print_line(&format!(
        "score {:.1} bits; one person from {:.1}, possible from {:.1}; weights {}",
        explanation.score, explanation.same_from, explanation.possible_from, explanation.version
    ))?;
    for reason in &explanation.reasons {
        print_line(&format!("{:+7.1}  {}", reason.bits, reason.words))?;
    }
    Ok(())
}

/// A person's name for a list: given and family.
fn name(person: &Demographics) -> String {
    person.names.first().map(|name| format!("{} {}", name.given, name.family)).unwrap_or_default()
}
