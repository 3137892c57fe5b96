//! Immunization schedules that an operator loaded, in the text form, packed.

use jiff::Timestamp;

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const WRITE_SCHEDULE: &str = "
INSERT INTO schedule (name, is_local, loaded_at, hash, files)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name) DO UPDATE
SET is_local = excluded.is_local,
    loaded_at = excluded.loaded_at,
    hash = excluded.hash,
    files = excluded.files";

pub(crate) const LIST_SCHEDULES: &str = "
SELECT name, is_local, loaded_at, hash
FROM schedule
ORDER BY name";

pub(crate) const FIND_SCHEDULE: &str = "
SELECT name, is_local, loaded_at, hash, files
FROM schedule
WHERE name = $1";

pub(crate) const DELETE_SCHEDULE: &str = "
DELETE FROM schedule
WHERE name = $1";

/// A schedule as it was loaded, or local rules to be laid over one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadedSchedule {
    /// Its name.
    pub name: String,
    /// Local rules, which need a schedule under them.
    pub is_local: bool,
    /// When it was loaded.
    pub loaded_at: Timestamp,
    /// SHA-256 of its text.
    pub hash: [u8; 32],
}

/// A schedule with its files: their names and texts.
pub type KeptSchedule = (LoadedSchedule, Vec<(String, String)>);

impl Database {
    /// Keeps a schedule: file names and texts. One of the same name is replaced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn keep_schedule(&self, schedule: &LoadedSchedule, files: &[(String, String)]) -> Result<(), StoreError> {
        let values = [
            Value::text(&schedule.name),
            Value::boolean(schedule.is_local),
            Value::instant(schedule.loaded_at),
            Value::bytes(&schedule.hash),
            Value::document(files),
        ];
        self.write(|connection| connection.execute(WRITE_SCHEDULE, &values, "keep a schedule").map(drop))
    }

    /// The schedules that are kept, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn schedules(&self) -> Result<Vec<LoadedSchedule>, StoreError> {
        self.read(|connection| connection.query_as(LIST_SCHEDULES, &[], "list the schedules", read_schedule))
    }

    /// A schedule with its files.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_schedule(&self, name: &str) -> Result<Option<KeptSchedule>, StoreError> {
        let values = [Value::text(name)];
        let found = self.read(|connection| {
            connection
                .query_as(FIND_SCHEDULE, &values, "read a schedule", |row| Ok((read_schedule(row)?, row.document(4)?)))
        })?;
        Ok(found.into_iter().next())
    }

    /// Forgets a schedule; whether there was one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn delete_schedule(&self, name: &str) -> Result<bool, StoreError> {
        let values = [Value::text(name)];
        self.write(|connection| Ok(connection.execute(DELETE_SCHEDULE, &values, "delete a schedule")? > 0))
    }
}

fn read_schedule(row: &dyn Columns) -> Result<LoadedSchedule, StoreError> {
    Ok(LoadedSchedule {
        name: row.string(0)?,
        is_local: row.boolean(1)?,
        loaded_at: row.instant(2)?,
        hash: row.hash(3)?,
    })
}
