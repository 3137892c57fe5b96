//! Brings a database to the schema of this program: forward only, additive, embedded.

use crate::{Database, StoreError};

/// What a migration did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migrated {
    /// The version before; 0 for an empty database.
    pub from: i64,
    /// The version now.
    pub to: i64,
    /// The names of the migrations that ran.
    pub applied: Vec<String>,
}

impl Database {
    /// Brings the schema up to this program's.
    ///
    /// # Errors
    /// [`StoreError::SchemaTooNew`] when a newer program was here.
    pub fn migrate(&self) -> Result<Migrated, StoreError> {
        todo!()
    }

    /// The schema version of the database; 0 when it is empty.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn schema_version(&self) -> Result<i64, StoreError> {
        todo!()
    }
}
