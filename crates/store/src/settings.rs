//! Settings that operators change while the registry runs.

use crate::{Database, StoreError};

impl Database {
    /// The value of a setting.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn setting(&self, _key: &str) -> Result<Option<String>, StoreError> {
        todo!()
    }

    /// Sets it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_setting(&self, _key: &str, _value: &str) -> Result<(), StoreError> {
        todo!()
    }

    /// All settings, by key.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        todo!()
    }
}
