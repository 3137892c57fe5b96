//! `bluebonnet match generate`: synthetic people as several clinics write them down, with the truth.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use jiff::civil::{Date, date};
use registry::matches::{HEADER, LabeledPerson, write_person};

use crate::ending::{Ending, Failure};
use crate::synthetic::{SyntheticRecord, SyntheticRecords};

/// The day on which generated people are as they are, when none is given: one that never changes.
pub(super) const DAY: Date = date(2026, 1, 15);

/// Which people are generated.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct Generated {
    /// The same seed gives the same people, however many are taken
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
    /// Of a thousand people, so many are written down a second time by another clinic
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(0..=1000))]
    pub(super) again_per_thousand: u64,
    /// The day on which they are as they are
    #[arg(long, value_name = "DATE", default_value_t = DAY)]
    pub(super) on: Date,
}

impl Generated {
    /// All records of so many people.
    pub(super) fn records(&self, people: u64) -> impl Iterator<Item = SyntheticRecord> {
        let records = SyntheticRecords::new(self.seed, self.on, self.again_per_thousand);
        records.take_while(move |record| record.person <= people)
    }
}

/// Writes synthetic people as clinics write them down: twins, households, slips, moves; and whose each record is
///
/// One line a record, in the layout that `match dataset` and `match learn` read. The column person holds the truth, the column
/// slips what became of a second record.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match generate --people 20000 --to people.csv\n  \
                  bluebonnet match generate --people 1000 --seed 7 --again-per-thousand 100")]
pub(crate) struct Generate {
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    people: u64,
    #[command(flatten)]
    generated: Generated,
    /// A file instead of standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Generate {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let mut writer: Box<dyn Write> = match &self.to {
            Some(path) => Box::new(BufWriter::new(std::fs::File::create(path)?)),
            None => Box::new(BufWriter::new(std::io::stdout().lock())),
        };
        writeln!(writer, "{HEADER}")?;
        for record in self.generated.records(self.people) {
            let slips = record.slips.join("; ");
            writeln!(writer, "{}", write_person(&labeled(record), &slips))?;
        }
        writer.flush()?;
        Ok(Ending::Well)
    }
}

/// A record with its truth, as labeled files have it.
pub(super) fn labeled(record: SyntheticRecord) -> LabeledPerson {
    LabeledPerson {
        record: record.name,
        person: record.person.to_string(),
        expected: String::new(),
        demographics: record.demographics,
    }
}
