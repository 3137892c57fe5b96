//! The keys under which people are found.

use model::PatientId;

use crate::database::Connection;
use crate::sets::{Keys, SetRead, SetWrite};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// People given for one key at most. A key that more people share (a dummy identifier, say) tells nothing.
pub const PEOPLE_PER_KEY_LIMIT: u32 = 100;

pub(crate) const READ_MATCH_KEYS: SetRead = SetRead {
    attempt: "find patients by match key",
    sql: "
SELECT key, patient_id
FROM match_key
WHERE key {among}",
    limit_per_key: Some(PEOPLE_PER_KEY_LIMIT),
};

pub(crate) const WRITE_MATCH_KEYS: SetWrite = SetWrite {
    attempt: "write match keys",
    columns: &[("key", "bigint"), ("patient_id", "uuid")],
    sql: "
INSERT INTO match_key ({columns})
{rows}",
    when_known: "ON CONFLICT (key, patient_id) DO NOTHING",
};

impl Database {
    /// Who is found under these keys: [`PEOPLE_PER_KEY_LIMIT`] people a key at most.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patients_by_match_keys(&self, keys: &[i64]) -> Result<Vec<(i64, PatientId)>, StoreError> {
        self.read(|connection| patients_by_match_keys(connection, keys))
    }
}

pub(crate) fn read_match_key(row: &dyn Columns) -> Result<(i64, PatientId), StoreError> {
    Ok((row.integer(0)?, PatientId(row.uuid(1)?)))
}

pub(crate) fn match_key_values((key, patient_id): &(i64, PatientId)) -> [Value<'_>; 2] {
    [Value::Integer(*key), Value::Uuid(patient_id.0)]
}

fn patients_by_match_keys(connection: &mut Connection, keys: &[i64]) -> Result<Vec<(i64, PatientId)>, StoreError> {
    let mut found = Vec::new();
    connection.read_sets(&[(&READ_MATCH_KEYS, Keys::Numbers(keys))], &mut |_, row| {
        found.push(read_match_key(row)?);
        Ok(())
    })?;
    Ok(found)
}
