//! Settings that operators change while the registry runs.

use crate::database::Connection;
use crate::value::Value;
use crate::{Database, StoreError};

pub(crate) const FIND_SETTING: &str = "
SELECT value
FROM setting
WHERE key = $1";

pub(crate) const SET_SETTING: &str = "
INSERT INTO setting (key, value)
VALUES ($1, $2)
ON CONFLICT (key) DO UPDATE
SET value = excluded.value";

pub(crate) const REMOVE_SETTING: &str = "
DELETE FROM setting
WHERE key = $1";

pub(crate) const LIST_SETTINGS: &str = "
SELECT key, value
FROM setting
ORDER BY key";

/// Sets it in a transaction.
pub(crate) fn set(connection: &mut Connection, key: &str, value: &str) -> Result<(), StoreError> {
    let values = [Value::text(key), Value::text(value)];
    connection.execute(SET_SETTING, &values, "change a setting").map(drop)
}

impl Database {
    /// The value of a setting.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        let values = [Value::text(key)];
        let found =
            self.read(|connection| connection.query_as(FIND_SETTING, &values, "read a setting", |row| row.string(0)))?;
        Ok(found.into_iter().next())
    }

    /// Sets it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write(|connection| set(connection, key, value))
    }

    /// Forgets it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_setting(&self, key: &str) -> Result<(), StoreError> {
        let values = [Value::text(key)];
        self.write(|connection| connection.execute(REMOVE_SETTING, &values, "forget a setting").map(drop))
    }

    /// All settings, by key.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        let read = |row: &dyn crate::value::Columns| Ok((row.string(0)?, row.string(1)?));
        self.read(|connection| connection.query_as(LIST_SETTINGS, &[], "list the settings", read))
    }
}
