//! `bluebonnet account key`: public keys with which programs sign in at the file door.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::{AccountId, AccountKey};
use serde_json::json;

use super::record_of;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::times::moment;
use crate::world;

/// Adds, lists and removes public keys for signing in over SFTP
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    Add(Add),
    List(List),
    Remove(Remove),
}

/// Adds a public key, as OpenSSH (`id_ed25519.pub`) or PuTTY (`---- BEGIN SSH2 PUBLIC KEY ----`) writes it
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet account key add lakeside-ehr clinic.pub\n  ssh-keygen -t ed25519 -f clinic && bluebonnet account key add lakeside-ehr clinic.pub --comment \"nightly export\""
)]
pub(crate) struct Add {
    /// The user name
    username: String,
    /// The file with the public key; - is standard input
    file: PathBuf,
    /// What to call it; without it, what the file calls it
    #[arg(long, value_name = "TEXT")]
    comment: Option<String>,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Lists an account's public keys
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet account key list littlecreek-files\n  \
                  bluebonnet account key list littlecreek-files --json")]
pub(crate) struct List {
    /// The user name
    username: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Removes a public key; it stops working within seconds
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet account key remove littlecreek-files SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDTzp8c6qYbqPEHTgk")]
pub(crate) struct Remove {
    /// The user name
    username: String,
    /// The key's fingerprint, as `account key list` shows it
    fingerprint: String,
    #[command(flatten)]
    place: Place,
}

impl Key {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Key::Add(command) => command.run(),
            Key::List(command) => command.run(),
            Key::Remove(command) => command.run(),
        }
    }
}

impl Add {
    fn run(self) -> Result<Ending, Failure> {
        let read = sftp::read_public_key(&place::read_text(&self.file)?)
            .map_err(|error| Failure::Refused(format!("{}: {error}", self.file.display())))?;
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let key = AccountKey {
            // The registry puts the account's own id in its place.
            account_id: AccountId(world::new_id()),
            fingerprint: read.fingerprint,
            algorithm: read.algorithm,
            public_key: read.line,
            comment: self.comment.unwrap_or(read.comment),
            added_at: world::now(),
        };
        let added = registry.add_account_key(&admission, &self.username, key)?;
        record_of(&registry, &admission, &self.username, &format!("added key {} to account", added.fingerprint))?;
        if self.json {
            print_json(&json!({ "user": self.username, "fingerprint": added.fingerprint, "done": "added" }))?;
        } else {
            print_line(&format!("added {} to {}", added.fingerprint, self.username))?;
        }
        Ok(Ending::Well)
    }
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let keys = registry.account_keys(&admission, &self.username)?;
        if self.json {
            let list: Vec<_> = keys
                .iter()
                .map(|key| {
                    json!({
                        "fingerprint": key.fingerprint,
                        "algorithm": key.algorithm,
                        "comment": key.comment,
                        "added_at": key.added_at.to_string(),
                        "public_key": key.public_key,
                    })
                })
                .collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["FINGERPRINT", "ALGORITHM", "ADDED", "COMMENT"]);
        for key in keys {
            table.row([key.fingerprint, key.algorithm, moment(&registry, key.added_at), key.comment]);
        }
        table.print_or("no key")?;
        Ok(Ending::Well)
    }
}

impl Remove {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        registry.remove_account_key(&admission, &self.username, &self.fingerprint)?;
        record_of(&registry, &admission, &self.username, &format!("removed key {} from account", self.fingerprint))?;
        print_line(&format!("removed {} from {}", self.fingerprint, self.username))?;
        Ok(Ending::Well)
    }
}
