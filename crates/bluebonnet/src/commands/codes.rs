//! `bluebonnet codes`: newer code tables.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::counted;
use registry::setup::{self, CodeChange, CodeDifference};
use serde_json::{Value, json};

use crate::ending::{Ending, Failure};
use crate::place::{self, Node, Opened, Place, Presence};
use crate::tables::{Table, grouped, print_json, print_line};
use crate::times::moment_of_text;
use crate::world;

/// Imports and lists code tables (CVX, MVX, NDC, VIS)
#[derive(Debug, Subcommand)]
pub(crate) enum Codes {
    Import(Import),
    List(List),
}

/// Imports code lists as CDC publishes them, and tells what they change
///
/// What a file is, its content tells. When a line is not understood, nothing is imported and the exit code is 1. The
/// tables are kept in the registry; a running node takes them up when it starts again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet codes import cvx.txt mvx.txt --dry-run\n  bluebonnet codes import cvx.txt mvx.txt"
)]
pub(crate) struct Import {
    /// The lists
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Tells what would change, and keeps nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Lists the code tables in use, and what was imported over those of the program
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet codes list\n  \
                  bluebonnet codes list --json")]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Codes {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Codes::Import(command) => command.run(),
            Codes::List(command) => command.run(),
        }
    }
}

impl Import {
    fn run(self) -> Result<Ending, Failure> {
        let mut files = Vec::new();
        for path in &self.files {
            files.push((path.display().to_string(), place::read_bytes(path)?));
        }
        let given = self.place.given_profile()?;
        let (database, _) = self.place.open_database("command", Presence::Required, given.as_deref())?;
        let imported = setup::read_code_lists(&database, &files)?;
        let changes_something = !imported.differences.is_empty();
        if changes_something && !self.dry_run {
            setup::keep_code_tables(&database, &imported, world::now())?;
        }
        if self.json {
            let list: Vec<Value> = imported.differences.iter().map(difference_json).collect();
            print_json(&json!({ "differences": list, "kept": changes_something && !self.dry_run }))?;
            return Ok(Ending::Well);
        }
        for difference in &imported.differences {
            let word = word(&difference.change);
            print_line(&format!("{word:<8} {} {}", difference.kind.file_name(), difference.code))?;
        }
        let done = match (changes_something, self.dry_run) {
            (false, _) => "nothing is new",
            (true, true) => "nothing was kept: this was a dry run",
            (true, false) => "kept; running nodes take them up when they start again",
        };
        print_line(&format!("{}; {done}", counted(imported.differences.len() as u64, "difference")))?;
        Ok(Ending::Well)
    }
}

fn word(change: &CodeChange) -> &'static str {
    match change {
        CodeChange::Added(_) => "added",
        CodeChange::Changed(..) => "changed",
        CodeChange::Retired(..) => "retired",
    }
}

fn difference_json(difference: &CodeDifference) -> Value {
    let (before, after) = match &difference.change {
        CodeChange::Added(after) => (None, after),
        CodeChange::Changed(before, after) | CodeChange::Retired(before, after) => (Some(before), after),
    };
    json!({
        "table": difference.kind.file_name(),
        "code": difference.code,
        "change": word(&difference.change),
        "before": before,
        "after": after,
    })
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let Opened { registry, database, .. } = self.place.open_as(&Node::command(), Presence::Required)?;
        let codes = registry.codes();
        let schedule = super::schedule::in_use_in_words(&registry)?;
        let imported = setup::imported_tables(&database)?;
        let counts = [
            ("vaccines (CVX)", codes.vaccines().len()),
            ("manufacturers (MVX)", codes.manufacturers().len()),
            ("packages (NDC)", codes.packages().len()),
            ("information statements (VIS)", codes.vis_documents().len()),
            ("vaccine groups", codes.all_vaccine_groups().len()),
        ];
        if self.json {
            let counts: serde_json::Map<_, _> =
                counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
            let imported: Vec<Value> = imported
                .iter()
                .map(|table| {
                    json!({ "imported_at": table.imported_at, "table": table.file_name, "codes": table.code_count })
                })
                .collect();
            print_json(&json!({ "in_use": counts, "schedule": schedule, "imported": imported }))?;
            return Ok(Ending::Well);
        }
        for (name, count) in counts {
            print_line(&format!("{name:<30} {:>7}", grouped(count as u64)))?;
        }
        print_line(&format!("schedule: {schedule}"))?;
        let mut table = Table::new(&["IMPORTED AT", "TABLE", "CODES"]);
        for known in imported {
            table.row([
                moment_of_text(&registry, &known.imported_at),
                known.file_name,
                grouped(known.code_count as u64),
            ]);
        }
        if !table.is_empty() {
            table.print()?;
        }
        Ok(Ending::Well)
    }
}
