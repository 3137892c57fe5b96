//! The locks of accounts that were lifted lately: each node remembers wrong passwords by itself, and hears of it here.

use jiff::Timestamp;
use model::AccountId;
use uuid::Uuid;

use crate::database::Connection;
use crate::settings::{self, FIND_SETTING};
use crate::value::Value;
use crate::{Database, StoreError};

/// The setting that holds them, a line for each: the account's id and the instant.
const LIFTED_SETTING: &str = "sign_ins/lifted";

impl Database {
    /// Notes that whatever an account was locked for until this instant is forgotten, and forgets notes of before another
    /// instant. The stamp of the directory becomes another.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn lift_locks(&self, id: AccountId, at: Timestamp, forget_before: Timestamp) -> Result<(), StoreError> {
        self.write_directory(|connection| {
            let mut lifted = read(connection)?;
            lifted.retain(|(account, lifted_at)| *account != id && *lifted_at >= forget_before);
            lifted.push((id, at));
            let lines: Vec<String> = lifted.iter().map(|(account, at)| format!("{} {at}", account.0)).collect();
            settings::set(connection, LIFTED_SETTING, &lines.join("\n"))
        })
    }

    /// The accounts whose locks were lifted lately, with the instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn lifted_locks(&self) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
        self.read(read)
    }
}

fn read(connection: &mut Connection) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
    let values = [Value::text(LIFTED_SETTING)];
    let found = connection.query_as(FIND_SETTING, &values, "read which locks were lifted", |row| row.string(0))?;
    let lines = found.first().map(String::as_str).unwrap_or_default().lines();
    lines.map(|line| parse(line).ok_or_else(|| unreadable(line))).collect()
}

fn parse(line: &str) -> Option<(AccountId, Timestamp)> {
    let (account, at) = line.split_once(' ')?;
    Some((AccountId(Uuid::try_parse(account).ok()?), at.parse().ok()?))
}

fn unreadable(line: &str) -> StoreError {
    StoreError::ContentInvalid {
        what: format!("the setting {LIFTED_SETTING}"),
        reason: format!("{line:?} is no account and instant"),
    }
}
