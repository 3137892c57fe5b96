//! `bluebonnet migrate`: the schema brought up to this program's.

use clap::Args;
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::kept_profile;
use crate::place::{Place, Presence};
use crate::tables::{print_json, print_line};

/// Makes the database, or brings its schema up to this program's
///
/// Migrations only add. `serve` and `demo` do the same at their start; this one is for doing it ahead of time. Every other
/// command refuses a registry of another schema. With --profile, a new registry keeps the profile for all nodes and
/// commands.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet migrate --database postgres://registry@localhost/registry --profile texas.toml"
)]
pub(crate) struct Migrate {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let given = self.place.given_profile()?;
        let (database, migrated) = self.place.open_database("command", Presence::MayBeNew, given.as_deref())?;
        if given.is_some() {
            kept_profile::settle(&database, given.as_deref(), Presence::MayBeNew)?;
        }
        if self.json {
            print_json(&json!({ "from": migrated.from, "to": migrated.to, "applied": migrated.applied }))?;
        } else if migrated.applied.is_empty() {
            print_line(&format!("{}: schema version {}, nothing to do", database.url(), migrated.to))?;
        } else {
            print_line(&format!("{}: schema version {} -> {}", database.url(), migrated.from, migrated.to))?;
            for name in &migrated.applied {
                print_line(&format!("  {name}"))?;
            }
        }
        Ok(Ending::Well)
    }
}
