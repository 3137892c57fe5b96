//! What can go wrong with the machine.

use std::error::Error;

use crate::{postgres, sqlite};

/// A failure of the database, its connection or its content.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The text names no database.
    #[error("{url:?} names no database: {reason}")]
    UrlInvalid {
        /// The text as given, without its password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The database cannot be reached, or went away. Trying again later may help.
    #[error("the database could not be reached to {attempted}: {source}")]
    Unavailable {
        /// What was attempted, on what.
        attempted: String,
        /// The driver's own words.
        source: Box<dyn Error + Send + Sync>,
    },
    /// Others held what was needed for too long. Trying again may help.
    #[error("the database was too busy to {attempted}")]
    Busy {
        /// What was attempted, on what.
        attempted: String,
    },
    /// Another writer was faster. Read again, decide again.
    #[error("another writer was faster: could not {attempted}")]
    Conflict {
        /// What was attempted, on what.
        attempted: String,
    },
    /// The database was migrated by a newer program.
    #[error("the database has schema version {found}, this program knows {known}: use a newer program")]
    SchemaTooNew {
        /// The version found.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// A copy needs the same schema on both sides.
    #[error("the two databases have schema versions {source_version} and {target_version}: migrate both first")]
    SchemasDiffer {
        /// Of the database to copy from.
        source_version: i64,
        /// Of the database to copy to.
        target_version: i64,
    },
    /// A copy needs an empty target.
    #[error(
        "the target of the copy is not empty: table {table} has rows. A copy needs a new database: drop this one and make \
         it anew, or name another (of SQLite: another file)"
    )]
    TargetNotEmpty {
        /// The first table found with rows.
        table: String,
    },
    /// The database holds a part of a registry.
    #[error(
        "the database is no whole registry: a copy of {from} into it goes on, or broke off. If it broke off, drop the \
         database and make it anew (of SQLite: remove the file), then copy again"
    )]
    CopyUnfinished {
        /// Where it is copied from, without a password.
        from: String,
    },
    /// What is stored cannot be read.
    #[error("could not read {what}: {reason}")]
    ContentInvalid {
        /// Table and column, or the like.
        what: String,
        /// Why not.
        reason: String,
    },
    /// The database refused. Trying again will not help.
    #[error("the database refused to {attempted}: {source}")]
    Refused {
        /// What was attempted, on what.
        attempted: String,
        /// The driver's own words.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed when tried again unchanged.
    pub fn is_transient(&self) -> bool {
        matches!(self, StoreError::Unavailable { .. } | StoreError::Busy { .. })
    }

    /// Whether there was no room on the disk.
    pub fn is_disk_full(&self) -> bool {
        match self {
            StoreError::Unavailable { source, .. } => {
                sqlite::is_disk_full(&**source) || postgres::is_disk_full(&**source)
            }
            _ => false,
        }
    }

    /// Whether another writer was faster, so that reading and deciding again will help.
    pub fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict { .. })
    }

    /// The same, saying of unreadable content what was attempted with it.
    pub(crate) fn while_trying(self, attempt: &str) -> StoreError {
        match self {
            StoreError::ContentInvalid { what, reason } => {
                StoreError::ContentInvalid { what: format!("{what} when trying to {attempt}"), reason }
            }
            other => other,
        }
    }
}
