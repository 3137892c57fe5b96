//! `bluebonnet copy`: a registry moved from one database to another.

use clap::Args;
use model::counted;
use registry::setup::{DatabaseUrl, StoreError, TakenFile, TakenServer};
use serde_json::json;

use super::backup::files_of;
use super::load::progress_bar;
use crate::ending::{Ending, Failure};
use crate::place::{self, Presence};
use crate::tables::{print_json, print_line};

/// Copies a whole registry into an empty database, SQLite or PostgreSQL, and compares the counts
///
/// Stop the nodes that serve the source first: what they take in meanwhile would be missing in the copy. A database that a
/// program works on is refused; `bluebonnet backup make` copies one while it works. Nothing of the source is changed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet copy --from bluebonnet-data/registry.db --to postgres://registry@localhost/registry"
)]
pub(crate) struct Copy {
    /// The database to copy: a SQLite file or postgres://...
    #[arg(long, value_name = "URL")]
    from: String,
    /// The empty database to copy to; a SQLite file is made, and the schema too
    #[arg(long, value_name = "URL")]
    to: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Copy {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let from = DatabaseUrl::parse(&self.from)?;
        let taken = take_at_rest(&from)?;
        let source = place::open_to_read(&from)?;
        let (target, _) = place::open_database(&DatabaseUrl::parse(&self.to)?, "command", Presence::MayBeNew)?;
        let progress = progress_bar(None);
        let copied = source.copy_to(&target, &mut |table, rows| {
            progress.set_prefix(table.to_owned());
            progress.set_message(counted(rows, "row"));
        });
        progress.finish_and_clear();
        let copied = copied?;
        let source_url = source.url().to_string();
        drop(source);
        match taken {
            Some(mut taken) => taken.hold_on()?,
            None => drop(take_at_rest(&from)?),
        }
        if self.json {
            print_json(&json!({ "rows": copied }))?;
        } else {
            print_line(&format!("copied {} from {} to {}", counted(copied, "row"), source_url, target.url()))?;
        }
        Ok(Ending::Well)
    }
}

/// Refuses a source that a program works on. A database of PostgreSQL is kept from programs for as long as what is given
/// lives; a file is looked at, before and after: whoever works on it has an index of the log beside it.
fn take_at_rest(from: &DatabaseUrl) -> Result<Option<TakenServer>, Failure> {
    let path = match from {
        DatabaseUrl::Sqlite(path) => path,
        DatabaseUrl::Postgres(url) => {
            return match TakenServer::take(url) {
                Err(StoreError::Busy { .. }) => Err(is_worked_on(from)),
                taken => Ok(Some(taken?)),
            };
        }
    };
    let [_, _, index, _] = files_of(&place::real_file(path));
    if index.exists() && matches!(TakenFile::take(path), Err(StoreError::Busy { .. })) {
        return Err(is_worked_on(from));
    }
    Ok(None)
}

fn is_worked_on(from: &DatabaseUrl) -> Failure {
    Failure::Refused(format!(
        "a program works on {from}, and what it takes in meanwhile would be missing in the copy: stop every node and command \
         first, or copy a backup (`bluebonnet backup make`)"
    ))
}
