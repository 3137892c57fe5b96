//! Whether a registry is a demonstration. Its people are made up: every page and every printed record says so, and it must
//! never be taken for a registry of real people, nor used as one.

use jiff::Timestamp;
use store::{Database, StoreError};

use crate::{Admission, Registry, RegistryError};

/// The setting that says that a registry is a demonstration, and since when it is whole; empty while it is being made.
const DEMONSTRATION_SETTING: &str = "demonstration";

impl Registry {
    /// Whether the people of this registry are made up. Another program that makes a demonstration of the same database is
    /// noticed within seconds.
    pub fn is_demonstration(&self) -> bool {
        self.directory().snapshot().is_demonstration()
    }

    /// Since when the demonstration is whole; `None` for a registry that is none, and for one whose making broke off.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn demonstration_made_at(&self, _admission: &Admission) -> Result<Option<String>, RegistryError> {
        Ok(self.database().setting(DEMONSTRATION_SETTING)?.filter(|since| !since.is_empty()))
    }

    /// Says of the registry that it is a demonstration, before the first made-up person is in it: one whose making broke off
    /// is no other registry.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn begin_demonstration(&self, _admission: &Admission) -> Result<(), RegistryError> {
        self.database().set_setting(DEMONSTRATION_SETTING, "")?;
        self.directory().read_again(self.database())
    }

    /// Says that everything that belongs to the demonstration is in it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn finish_demonstration(&self, _admission: &Admission, now: Timestamp) -> Result<(), RegistryError> {
        Ok(self.database().set_setting(DEMONSTRATION_SETTING, &now.to_string())?)
    }
}

pub(crate) fn is_demonstration(database: &Database) -> Result<bool, StoreError> {
    Ok(database.setting(DEMONSTRATION_SETTING)?.is_some())
}
