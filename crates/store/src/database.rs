//! The seam: which database runs.

use std::path::PathBuf;
use std::time::Duration;

use crate::StoreError;

/// Where a database is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A connection string, `postgres://...`.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `postgres://...` or `postgresql://...` as a server, `sqlite:PATH` or anything else as the path of a file.
    ///
    /// # Errors
    /// Text that names no database.
    pub fn parse(_text: &str) -> Result<DatabaseUrl, StoreError> {
        todo!()
    }
}

/// How a database is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// This node's name: part of the names of its audit chains, so it must differ between nodes.
    pub node: String,
    /// The most connections that read at the same time.
    pub readers: usize,
    /// How long a caller waits for a connection or a lock.
    pub wait: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { node: "main".to_owned(), readers: 4, wait: Duration::from_secs(10) }
    }
}

/// A database. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Database {}

impl Database {
    /// Opens the database; a SQLite file is made when there is none. Nothing is migrated.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub fn open(_url: &DatabaseUrl, _options: &Options) -> Result<Database, StoreError> {
        todo!()
    }

    /// Whether the database answers within that time.
    ///
    /// # Errors
    /// It does not.
    pub fn ping(&self, _timeout: Duration) -> Result<(), StoreError> {
        todo!()
    }
}
