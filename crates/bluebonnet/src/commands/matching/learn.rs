//! `bluebonnet match learn`, `match use` and `match weights`: tables of weights, learned, shown and put in use.

use std::path::PathBuf;

use clap::Args;
use model::Demographics;
use registry::matches::{Calibration, Frequencies, LabeledPerson, Learned, Matcher, Policy, Weights, learn};
use serde_json::json;

use super::dataset::read;
use super::generate::{Generated, labeled};
use super::read_weights;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};

/// Learns weights from records, and writes a new table
///
/// From labeled records (or generated ones) by counting, with a quarter of them kept apart to see how well scores and labels agree.
/// Nothing is put in use: look at the table, try it by `match pairs --weights FILE`, and order `match use FILE`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match learn --people 20000 --version mine-1 --to weights.txt\n  \
                  bluebonnet match learn people.csv --weights weights.txt --version mine-2 --to better.txt")]
pub(crate) struct Learn {
    /// Files of people
    #[arg(required_unless_present = "people")]
    files: Vec<PathBuf>,
    /// Learns from so many generated people instead
    #[arg(long, value_name = "N", conflicts_with = "files")]
    people: Option<u64>,
    #[command(flatten)]
    generated: Generated,
    /// The table to begin from instead of the built-in one
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// What the new table is called; decisions are kept with it
    #[arg(long, value_name = "WORD")]
    version: String,
    /// Where the new table is written; a file that is there is not replaced
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Learn {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let is_word = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_');
        if self.version.is_empty() || !self.version.chars().all(is_word) {
            return Err(Failure::Refused("a version is one word of letters, digits, points and dashes".into()));
        }
        let mut records: Vec<LabeledPerson> = Vec::new();
        for file in &self.files {
            records.extend(read(file)?);
        }
        records.extend(self.people.into_iter().flat_map(|people| self.generated.records(people)).map(labeled));
        let (people, person): (Vec<Demographics>, Vec<String>) =
            records.into_iter().map(|record| (record.demographics, record.person)).unzip();
        let frequencies = Frequencies::count(people.iter().flat_map(|person| &person.names));
        let weights = read_weights(self.weights.as_ref())?;
        let matcher = Matcher::new(Policy::Linkage, weights, frequencies, people.len() as u64);
        let learned = learn(&people, &person, &matcher, &self.version);
        if learned.pairs < 1.0 {
            return Err(Failure::Refused("no two records are of one person; there is nothing to learn from".into()));
        }
        let text = format!(
            "# Learned from {} labeled records, {:.0} pairs of one person; beginning from {}.\n{}",
            people.len(),
            learned.pairs,
            matcher.version(),
            learned.weights.to_text()
        );
        let mut file = std::fs::File::create_new(&self.to)
            .map_err(|error| Failure::Refused(format!("{} cannot be written: {error}", self.to.display())))?;
        std::io::Write::write_all(&mut file, text.as_bytes())?;
        self.tell(&learned, people.len())?;
        Ok(Ending::Well)
    }

    fn tell(&self, learned: &Learned, records: usize) -> Result<(), Failure> {
        if self.json {
            let levels: Vec<_> = learned
                .levels
                .iter()
                .map(|level| {
                    json!({
                        "level": level.level.word(),
                        "one_person": level.one_person,
                        "strangers": level.strangers,
                        "before": level.before,
                        "bits": level.bits,
                    })
                })
                .collect();
            print_json(&json!({
                "version": learned.weights.version(),
                "records": records,
                "pairs": learned.pairs,
                "levels": levels,
                "calibration": calibration_json(&learned.calibration),
            }))?;
            return Ok(());
        }
        let mut table = Table::new(&["LEVEL", "ONE PERSON", "STRANGERS", "BEFORE", "BITS"]);
        for level in &learned.levels {
            table.row([
                level.level.word().to_owned(),
                format!("{:.5}", level.one_person),
                format!("{:.6}", level.strangers),
                format!("{:.2}", level.before),
                format!("{:.2}", level.bits),
            ]);
        }
        table.print()?;
        print_line("")?;
        print_calibration(&learned.calibration)?;
        print_line("")?;
        print_line(&format!(
            "{} holds the table {}. It is not in use; `bluebonnet match use {}` puts it in use.",
            self.to.display(),
            learned.weights.version(),
            self.to.display()
        ))?;
        Ok(())
    }
}

fn print_calibration(calibration: &Calibration) -> Result<(), Failure> {
    print_line("Scores and labels, of people whom the table was not learned from:")?;
    let mut table = Table::new(&["BITS", "PAIRS", "ONE PERSON", "SHARE"]);
    for bin in &calibration.bins {
        let share = bin.one_person as f64 / bin.pairs.max(1) as f64;
        table.row([
            format!("{:.0} to {:.0}", bin.from_bits, bin.from_bits + 5.0),
            bin.pairs.to_string(),
            bin.one_person.to_string(),
            format!("{share:.4}"),
        ]);
    }
    table.print()?;
    print_line(&format!(
        "as many pairs of one person as of two at {:.1} bits; a bit is worth {:.2}",
        calibration.even_at, calibration.slope
    ))?;
    Ok(())
}

fn calibration_json(calibration: &Calibration) -> serde_json::Value {
    let bins: Vec<_> = calibration
        .bins
        .iter()
        .map(|bin| json!({ "from_bits": bin.from_bits, "pairs": bin.pairs, "one_person": bin.one_person }))
        .collect();
    json!({ "bins": bins, "even_at": calibration.even_at, "slope": calibration.slope })
}

/// Puts a table of weights in use in a registry
///
/// Decisions are kept with the table's version. Nodes that run take it when they start again; what was decided stays as it is, and a
/// sweep finds what the new weights would say otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match use weights.txt\n  \
                  bluebonnet match use builtin")]
pub(crate) struct Use {
    /// The file with the table; `builtin` for the one that comes with the program
    table: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Use {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let is_builtin = self.table.as_os_str() == "builtin";
        let weights = if is_builtin { Weights::builtin() } else { read_weights(Some(&self.table))? };
        let registry = self.place.open()?;
        let before = registry.matcher_version();
        registry.use_weights(&place::admit(&registry)?, (!is_builtin).then_some(&weights))?;
        print_line(&format!(
            "weights in use: {} (before: {before}); nodes that run take them when they start again",
            weights.version()
        ))?;
        Ok(Ending::Well)
    }
}

/// Prints the table of weights that comes with the program, or the one in use in a registry
///
/// A copy with another version can be changed and tried with --weights.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match weights > weights.txt\n  \
                  bluebonnet match weights --in-use")]
pub(crate) struct PrintWeights {
    /// The table in use in a registry
    #[arg(long)]
    in_use: bool,
    #[command(flatten)]
    place: Place,
}

impl PrintWeights {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let text = match self.in_use {
            true => self.place.open()?.weights_in_use().to_text(),
            false => Weights::builtin().to_text(),
        };
        print_line(text.trim_end())?;
        Ok(Ending::Well)
    }
}
