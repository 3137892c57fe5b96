//! How far a sweep over the whole registry is, and the keys that too many people share.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::batch::Batch;
use crate::settings::{FIND_SETTING, SET_SETTING};
use crate::value::Value;
use crate::{Database, PEOPLE_PER_KEY_LIMIT, StoreError};

/// The setting that holds how far a sweep is, as JSON.
const SWEEP_SETTING: &str = "match_sweep";

pub(crate) const COUNT_OVER_FULL_KEYS: &str = "
SELECT COUNT(*)
FROM (
    SELECT key
    FROM match_key
    GROUP BY key
    HAVING COUNT(*) >= $1
) AS over_full";

/// A sweep over the whole registry: by which weights, how far it is, and what it found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sweep {
    /// Weights and policy that compare.
    pub version: String,
    /// How many people there were when it began.
    pub people_count: u64,
    /// How many are done.
    pub done_count: u64,
    /// Whoever is done last; everybody before is done too.
    pub last_done: Uuid,
    /// Nobody is left.
    pub is_finished: bool,
    /// An operator holds it; it goes on from here.
    pub is_held: bool,
    /// Pairs compared.
    pub compared_count: u64,
    /// Pairs that wait for a reviewer since.
    pub proposed_count: u64,
    /// Pairs merged.
    pub merged_count: u64,
    /// Keys that were missing.
    pub new_key_count: u64,
    /// Lookups that met a key which too many people share.
    pub over_full_count: u64,
}

impl Database {
    /// Held while a step of a sweep is written: nodes take turns. No birth date is this far away.
    pub const SWEEP_BUCKET: i64 = i64::MIN + 2;

    /// The present or the last sweep; `None` before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sweep(&self) -> Result<Option<Sweep>, StoreError> {
        read_sweep(self.setting(SWEEP_SETTING)?)
    }

    /// Begins a sweep, or changes one: whatever sweep was there is replaced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_sweep(&self, sweep: &Sweep) -> Result<(), StoreError> {
        let text = sweep_text(sweep);
        let values = [Value::text(SWEEP_SETTING), Value::text(&text)];
        self.write_holding(&[Database::SWEEP_BUCKET], |connection| {
            connection.execute(SET_SETTING, &values, "begin a sweep").map(drop)
        })
    }

    /// How many keys too many people share. Reads every key.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn over_full_key_count(&self) -> Result<u64, StoreError> {
        let values = [Value::Integer(PEOPLE_PER_KEY_LIMIT.into())];
        let read = |row: &dyn crate::value::Columns| row.number(0);
        let counts = self.read(|connection| connection.query_as(COUNT_OVER_FULL_KEYS, &values, "count keys", read))?;
        Ok(counts.into_iter().next().unwrap_or_default())
    }
}

impl Batch<'_> {
    /// Writes down how far a sweep is, in the transaction of what its step found. The batch holds [`Database::SWEEP_BUCKET`].
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another node took this step, or the sweep was changed meanwhile.
    pub fn step_sweep(&mut self, known: &Sweep, next: &Sweep) -> Result<(), StoreError> {
        const ATTEMPT: &str = "write a step of a sweep";
        let key = [Value::text(SWEEP_SETTING)];
        let found = self.connection().query_as(FIND_SETTING, &key, ATTEMPT, |row| row.string(0))?;
        if read_sweep(found.into_iter().next())?.as_ref() != Some(known) {
            return Err(StoreError::Conflict { attempted: ATTEMPT.to_owned() });
        }
        let text = sweep_text(next);
        self.connection().execute(SET_SETTING, &[Value::text(SWEEP_SETTING), Value::text(&text)], ATTEMPT).map(drop)
    }
}

fn sweep_text(sweep: &Sweep) -> String {
    serde_json::to_string(sweep).expect("numbers and text can be written")
}

fn read_sweep(text: Option<String>) -> Result<Option<Sweep>, StoreError> {
    let invalid = |error: serde_json::Error| StoreError::ContentInvalid {
        what: "the sweep".to_owned(),
        reason: error.to_string(),
    };
    text.map(|text| serde_json::from_str(&text).map_err(invalid)).transpose()
}
