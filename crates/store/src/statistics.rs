//! How much there is, and whether it is whole.

use crate::{Database, StoreError};

/// How much there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statistics {
    /// The database's name and version (`SQLite 3.50.4`).
    pub database: String,
    /// Rows of each table, by name.
    pub tables: Vec<(String, u64)>,
    /// Bytes on disk, indexes included.
    pub size_bytes: u64,
}

impl Database {
    /// How much there is. Counts every row: not for every minute.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn statistics(&self) -> Result<Statistics, StoreError> {
        todo!()
    }

    /// What is broken, as sentences; empty when nothing is. Reads everything: for `doctor`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn check_integrity(&self) -> Result<Vec<String>, StoreError> {
        todo!()
    }

    /// Copies everything into an empty, migrated database and compares the counts. `progress` hears the table and how
    /// many of its rows are there. Rows copied: the sum over all tables.
    ///
    /// # Errors
    /// [`StoreError::TargetNotEmpty`]; or one of the two cannot be read or written: empty the target before trying again.
    pub fn copy_to(&self, _target: &Database, _progress: &mut dyn FnMut(&str, u64)) -> Result<u64, StoreError> {
        todo!()
    }
}
