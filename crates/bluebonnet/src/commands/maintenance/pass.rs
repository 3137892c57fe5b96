//! `bluebonnet maintenance pass`: lets an operator go through the closed door of the web application.

use clap::Args;
use serde_json::json;

use super::operator;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};
use crate::times::moment;
use crate::world;

/// Lets an account that may plan maintenance pass the web application's closed door for an hour; it is written down
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance pass nora --reason \"look at the new release\"")]
pub(crate) struct Pass {
    /// The account's user name
    user: String,
    /// Why, for the audit trail
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Pass {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let (operator, now) = (operator(), world::now());
        let giving = registry.give_pass(&admission, &operator, &self.user, &self.reason, now);
        let pass = super::super::runtime()?.block_on(giving)?;
        if self.json {
            print_json(&json!({"user": self.user, "expires_at": pass.expires_at}))?;
            return Ok(Ending::Well);
        }
        print_line(&format!("{} may pass the closed door until {}", self.user, moment(&registry, pass.expires_at)))?;
        Ok(Ending::Well)
    }
}
