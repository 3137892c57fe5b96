//! The stamp of the directory: what every node keeps in memory of organizations, accounts and memberships.

use crate::database::Connection;
use crate::settings::FIND_SETTING;
use crate::value::Value;
use crate::{Database, StoreError};

/// The setting that holds the stamp, a number.
const VERSION_SETTING: &str = "directory_version";

/// Another stamp than before.
pub(crate) const CHANGE_DIRECTORY_VERSION: &str = "
INSERT INTO setting (key, value)
VALUES ($1, '1')
ON CONFLICT (key) DO UPDATE
SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT)";

impl Database {
    /// The stamp, which every change to organizations, their other names, accounts and memberships makes another. Read it
    /// before them: then it is never newer than what was read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn directory_version(&self) -> Result<String, StoreError> {
        let values = [Value::text(VERSION_SETTING)];
        let found = self.read(|connection| {
            connection.query_as(FIND_SETTING, &values, "read the stamp of the directory", |row| row.string(0))
        })?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Writes the stamp and something of the directory, in one transaction. The stamp comes first: until the commit nobody
    /// else reads what `work` is about to write over.
    pub(crate) fn write_directory<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write(|connection| {
            let values = [Value::text(VERSION_SETTING)];
            connection.execute(CHANGE_DIRECTORY_VERSION, &values, "change the stamp of the directory")?;
            work(connection)
        })
    }

    /// Changes exactly one row of the directory.
    pub(crate) fn change_one_of_directory(
        &self,
        sql: &str,
        values: &[Value<'_>],
        attempt: &str,
    ) -> Result<(), StoreError> {
        self.write_directory(|connection| match connection.execute(sql, values, attempt)? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict { attempted: attempt.to_owned() }),
        })
    }
}
