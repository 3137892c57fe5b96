//! What is measured, and how much of it.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Measures Bluebonnet beside named rivals and prints one table.
#[derive(Parser, Debug)]
#[command(after_help = "Examples:\n  \
    cargo run --release -p bluebonnet-bench -- parse\n  \
    cargo run --release -p bluebonnet-bench -- soap query --database sqlite --seconds 5 --messages 20000\n  \
    cargo run --release -p bluebonnet-bench -- files --database sqlite --messages 5000 --file-messages 1000000")]
pub(crate) struct Options {
    /// Parts to run; all when none is named.
    parts: Vec<Part>,
    /// Messages in the batch file; it is also what the registry holds when the web service is measured.
    #[arg(long, default_value_t = 200_000)]
    pub(crate) messages: u64,
    /// Of a hundred messages in a file, those about people who are new; many make a registry of many people sooner.
    #[arg(long, default_value_t = crate::messages::NEW_PEOPLE_PERCENT)]
    pub(crate) new_people: u64,
    /// Messages in the file that goes through the file exchange.
    #[arg(long, default_value_t = 200_000)]
    pub(crate) file_messages: u64,
    /// Messages that the bare database gets in each of its runs.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) bare_messages: u64,
    /// Seconds for each measurement of the web service.
    #[arg(long, default_value_t = 8)]
    pub(crate) seconds: u64,
    /// Senders that retry through a maintenance window.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) senders: usize,
    /// Seconds between two tries of one of them.
    #[arg(long, default_value_t = 10)]
    pub(crate) retry_seconds: u64,
    /// Seconds of the window.
    #[arg(long, default_value_t = 60)]
    pub(crate) window_seconds: u64,
    /// Sizes of the registries in which people are told apart; 1000000 takes a while on each database.
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    pub(crate) people: Vec<u64>,
    /// Databases to run on; both when none is named.
    #[arg(long = "database")]
    databases: Vec<DatabaseKind>,
    /// A release build of the program; built when not given.
    #[arg(long)]
    pub(crate) program: Option<PathBuf>,
}

/// A part of the benchmark.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Part {
    /// Reading one VXU.
    Parse,
    /// A batch file through `bluebonnet load`.
    Load,
    /// A batch file that is taken into the spool, processed, and answered in the outbox.
    Files,
    /// VXU over SOAP.
    Soap,
    /// QBP over SOAP.
    Query,
    /// Evaluating and forecasting one person.
    Forecast,
    /// Everybody in a registry forecast anew.
    Reforecast,
    /// What a call costs that is turned away.
    Gate,
    /// Pages: the weight of a first view, finding a person, opening a record.
    Pages,
    /// Senders that retry through a window and its end. Only when it is named: it takes minutes.
    Senders,
    /// Telling people apart, with each database and beside Splink.
    Match,
}

/// A database that the registry runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum DatabaseKind {
    Sqlite,
    Postgresql,
}

impl DatabaseKind {
    /// Its name as people write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            DatabaseKind::Sqlite => "SQLite",
            DatabaseKind::Postgresql => "PostgreSQL",
        }
    }
}

impl Options {
    /// Whether a part is to be run.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }

    /// Whether a part is named.
    pub(crate) fn has_named(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// Whether the program itself is measured.
    pub(crate) fn needs_program(&self) -> bool {
        self.needs_registry() || [Part::Match, Part::Reforecast].into_iter().any(|part| self.has(part))
    }

    /// Whether a registry is filled with messages.
    pub(crate) fn needs_registry(&self) -> bool {
        [Part::Load, Part::Files, Part::Soap, Part::Query, Part::Pages].into_iter().any(|part| self.has(part))
    }

    /// The databases to run on.
    pub(crate) fn databases(&self) -> Vec<DatabaseKind> {
        if self.databases.is_empty() {
            return vec![DatabaseKind::Sqlite, DatabaseKind::Postgresql];
        }
        self.databases.clone()
    }
}
