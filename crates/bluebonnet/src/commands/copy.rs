//! `bluebonnet copy`: a registry moved from one database to another.

use clap::Args;
use model::counted;
use registry::setup::DatabaseUrl;
use serde_json::json;

use super::load::progress_bar;
use crate::ending::{Ending, Failure};
use crate::place::{self, Presence};
use crate::tables::{print_json, print_line};

/// Copies a whole registry into an empty database, SQLite or PostgreSQL, and compares the counts
///
/// Stop the nodes that serve the source first: what they take in meanwhile may be missing in the copy.
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
        let (source, _) = place::open_database(&DatabaseUrl::parse(&self.from)?, "command", Presence::Required)?;
        let (target, _) = place::open_database(&DatabaseUrl::parse(&self.to)?, "command", Presence::MayBeNew)?;
        let progress = progress_bar(None);
        let copied = source.copy_to(&target, &mut |table, rows| {
            progress.set_prefix(table.to_owned());
            progress.set_message(counted(rows, "row"));
        });
        progress.finish_and_clear();
        let copied = copied?;
        if self.json {
            print_json(&json!({ "rows": copied }))?;
        } else {
            print_line(&format!("copied {} from {} to {}", counted(copied, "row"), source.url(), target.url()))?;
        }
        Ok(Ending::Well)
    }
}
