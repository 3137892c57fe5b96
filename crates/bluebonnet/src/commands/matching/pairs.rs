//! `bluebonnet match pairs`: labeled pairs, and what the matcher makes of them.

use std::path::PathBuf;

use clap::Args;
use registry::matches::{Confusion, Explanation, LabeledPair, Outcome, read_pairs};
use serde_json::{Value, json};

use super::{By, explanation_json, name, outcome_word};
use crate::ending::{Ending, Failure};
use crate::place;
use crate::tables::{Table, print_json, print_line};

/// Decides labeled pairs and compares with the labels
///
/// The file has a line a pair: case_id, test, expect (Match, Possible Match, Not a Match), and a_ and b_ of each fact.
/// Prints precision, recall, F1, the three-way table, and every pair of two people that was merged, with its
/// explanation. The exit code is 1 when there is one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match pairs mismo_AIRA-A.csv\n  \
                  bluebonnet match pairs mismo_AIRA-A.csv --policy weighed --weights weights.txt --json")]
pub(crate) struct Pairs {
    /// Files with labeled pairs
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    by: By,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Pairs {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let matcher = self.by.matcher()?;
        let (mut is_well, mut reports) = (true, Vec::new());
        for file in &self.files {
            let text = place::read_text(file)?;
            let pairs = read_pairs(&text).map_err(|error| Failure::Refused(format!("{}: {error}", file.display())))?;
            let mut confusion = Confusion::default();
            let mut merged = Vec::new();
            for pair in &pairs {
                let Some(expected) = pair.expected else { continue };
                let explanation = matcher.explain(&pair.one, &pair.other);
                confusion.add(expected, explanation.outcome);
                if (expected, explanation.outcome) == (Outcome::NotAMatch, Outcome::Match) {
                    merged.push((pair, explanation));
                }
            }
            is_well &= merged.is_empty();
            let file = file.display().to_string();
            match self.json {
                true => reports.push(report_json(&file, &confusion, &merged)),
                false => print_report(&file, &matcher.version(), &confusion, &merged)?,
            }
        }
        if self.json {
            print_json(&reports)?;
        }
        Ok(Ending::well_if(is_well))
    }
}

const ALL: [Outcome; 3] = [Outcome::Match, Outcome::PossibleMatch, Outcome::NotAMatch];

fn print_report(
    file: &str,
    version: &str,
    confusion: &Confusion,
    merged: &[(&LabeledPair, Explanation)],
) -> Result<(), Failure> {
    print_line(&format!("{file}, weights {version}"))?;
    print_line(&format!(
        "precision {:.4}  recall {:.4}  F1 {:.4}    decided without a reviewer: recall {:.4}  F1 {:.4}",
        confusion.precision(),
        confusion.recall(),
        confusion.f1(),
        confusion.recall_of_decided(),
        confusion.f1_of_decided()
    ))?;
    print_line(&format!(
        "possible matches merged {:.1} %  decided as labeled {:.1} %",
        100.0 * confusion.possible_merged(),
        100.0 * confusion.accuracy()
    ))?;
    let mut table = Table::new(&["EXPECTED", "MATCH", "POSSIBLE", "NOT"]);
    for expected in ALL {
        let [one, two, three] = ALL.map(|decided| confusion.count(expected, decided).to_string());
        table.row([outcome_word(expected).to_owned(), one, two, three]);
    }
    table.print()?;
    for (pair, explanation) in merged {
        print_line(&format!("merged wrongly: {} {}: {}", pair.case, pair.test, explanation.sentence))?;
        for reason in &explanation.reasons {
            print_line(&format!("{:+9.1}  {}", reason.bits, reason.words))?;
        }
    }
    print_line("")?;
    Ok(())
}

fn report_json(file: &str, confusion: &Confusion, merged: &[(&LabeledPair, Explanation)]) -> Value {
    let table: Vec<Value> = ALL
        .iter()
        .flat_map(|expected| ALL.iter().map(move |decided| (expected, decided)))
        .map(|(expected, decided)| {
            json!({
                "expected": outcome_word(*expected),
                "decided": outcome_word(*decided),
                "count": confusion.count(*expected, *decided),
            })
        })
        .collect();
    let merged: Vec<Value> = merged
        .iter()
        .map(|(pair, explanation)| {
            json!({
                "case": pair.case,
                "test": pair.test,
                "one": name(&pair.one),
                "other": name(&pair.other),
                "explanation": explanation_json(explanation),
            })
        })
        .collect();
    json!({
        "file": file,
        "precision": confusion.precision(),
        "recall": confusion.recall(),
        "f1": confusion.f1(),
        "recall_of_decided": confusion.recall_of_decided(),
        "f1_of_decided": confusion.f1_of_decided(),
        "possible_merged": confusion.possible_merged(),
        "accuracy": confusion.accuracy(),
        "table": table,
        "merged_wrongly": merged,
    })
}
