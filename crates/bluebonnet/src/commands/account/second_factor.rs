//! `bluebonnet account reset-second-factor`: for a person who lost the authenticator app or the passkey.

use clap::Args;
use model::counted;
use serde_json::json;

use super::record;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};
use crate::world;

/// Removes the second factors of a person who lost them, and ends their sessions: the next sign-in begins with a new one
///
/// Whoever knows the password sets the new one up: make sure first who asks, and where the password may be known to others,
/// give another one as well (`bluebonnet account password`). The person is told by mail where the account has an address and
/// a node has a mail server. On the pages administrators invite people anew, which takes the password away, too.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet account reset-second-factor rgarza")]
pub(crate) struct ResetSecondFactor {
    /// The user name
    username: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl ResetSecondFactor {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let reset = registry.reset_second_factors(&admission, &self.username, world::now())?;
        let account = &reset.account;
        let what = format!("reset the second factor of account {}", account.username);
        record(&registry, &admission, account.organization_id, what)?;
        if self.json {
            print_json(&json!({
                "user": account.username,
                "factors_removed": reset.factors,
                "sessions_ended": reset.sessions,
                "told_at": reset.is_told.then_some(&account.email),
            }))?;
            return Ok(Ending::Well);
        }
        print_line(&format!(
            "reset {}: {} removed, {} ended",
            account.username,
            counted(reset.factors, "second factor"),
            counted(reset.sessions, "session")
        ))?;
        print_line("At the next sign-in, with the password, a new second factor is set up.")?;
        print_line(&match reset.is_told {
            true => format!("{} is told by mail, once a node with a mail server hands it over.", account.email),
            false => "The account has no address for mail: tell the person yourself.".to_owned(),
        })?;
        Ok(Ending::Well)
    }
}
