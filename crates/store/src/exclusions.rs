//! What is left of people who were destroyed after they took consent back: keys that name nobody, and the days of it.

use jiff::civil::Date;
use uuid::Uuid;

use crate::StoreError;
use crate::batch::{Batch, Reading};
use crate::match_keys::PEOPLE_PER_KEY_LIMIT;
use crate::sets::{Expectation, Keys, SetRead, SetWrite, Write};
use crate::settings::{FIND_SETTING, SET_SETTING};
use crate::value::Value;

/// The setting that holds the secret of the keys, as hexadecimal digits.
const SECRET_SETTING: &str = "exclusions/secret";

pub(crate) const READ_EXCLUSIONS: SetRead = SetRead {
    attempt: "read who took consent back",
    sql: "
SELECT exclusion_key.key, exclusion.id, exclusion.kind, exclusion.withdrawn_on
FROM exclusion_key
JOIN exclusion ON exclusion.id = exclusion_key.exclusion_id
WHERE exclusion_key.key {among}",
    limit_per_key: Some(PEOPLE_PER_KEY_LIMIT),
};

pub(crate) const WRITE_EXCLUSIONS: SetWrite = SetWrite {
    attempt: "keep who took consent back",
    columns: &[("id", "uuid"), ("kind", "text"), ("withdrawn_on", "date")],
    sql: "
INSERT INTO exclusion ({columns})
{rows}",
    when_known: "ON CONFLICT (id, kind) DO UPDATE
SET withdrawn_on = excluded.withdrawn_on",
};

pub(crate) const WRITE_EXCLUSION_KEYS: SetWrite = SetWrite {
    attempt: "keep the keys of who took consent back",
    columns: &[("key", "bigint"), ("exclusion_id", "uuid")],
    sql: "
INSERT INTO exclusion_key ({columns})
{rows}",
    when_known: "ON CONFLICT (key, exclusion_id) DO NOTHING",
};

/// One kind of consent that somebody took back who was destroyed since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exclusion {
    /// Who it was: nobody's number, and the same for all rows of one person.
    pub id: Uuid,
    /// The kind of consent.
    pub kind: String,
    /// The day of which consent counts again.
    pub withdrawn_on: Date,
}

impl Reading<'_> {
    /// The secret of the keys; `None` while nobody was destroyed.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn exclusion_secret(&mut self) -> Result<Option<[u8; 32]>, StoreError> {
        const ATTEMPT: &str = "read the secret of the exclusions";
        let found =
            self.connection().query_as(FIND_SETTING, &[Value::text(SECRET_SETTING)], ATTEMPT, |row| row.string(0))?;
        let invalid = || StoreError::ContentInvalid {
            what: "the secret of the exclusions".to_owned(),
            reason: "it is not 64 hexadecimal digits".to_owned(),
        };
        let Some(text) = found.into_iter().next() else { return Ok(None) };
        let digits = |at: usize| text.get(at * 2..at * 2 + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        let bytes: Vec<u8> = (0..text.len() / 2).map_while(digits).collect();
        bytes.try_into().map(Some).map_err(|_| invalid())
    }

    /// Who is known again by any of these keys, by the key.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn exclusions(&mut self, keys: &[i64]) -> Result<Vec<(i64, Exclusion)>, StoreError> {
        let mut found = Vec::new();
        self.connection().read_sets(&[(&READ_EXCLUSIONS, Keys::Numbers(keys))], &mut |_, row| {
            let exclusion = Exclusion { id: row.uuid(1)?, kind: row.string(2)?, withdrawn_on: row.date(3)? };
            found.push((row.integer(0)?, exclusion));
            Ok(())
        })?;
        Ok(found)
    }
}

impl Batch<'_> {
    /// Keeps the secret of the keys, which stays the same for good.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn keep_exclusion_secret(&mut self, secret: &[u8; 32]) -> Result<(), StoreError> {
        let text: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let values = [Value::text(SECRET_SETTING), Value::text(&text)];
        self.connection().execute(SET_SETTING, &values, "keep the secret of the exclusions").map(drop)
    }

    /// Keeps what somebody took back, and the keys by which they are known again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn exclude(&mut self, exclusions: &[Exclusion], id: Uuid, keys: &[i64]) -> Result<(), StoreError> {
        let rows = exclusions.iter().map(|exclusion| {
            [Value::Uuid(exclusion.id), Value::text(&exclusion.kind), Value::Date(exclusion.withdrawn_on)]
        });
        let keys = keys.iter().map(|key| [Value::Integer(*key), Value::Uuid(id)]);
        let writes = [
            Write::new(&WRITE_EXCLUSIONS, Expectation::Any, rows),
            Write::new(&WRITE_EXCLUSION_KEYS, Expectation::Any, keys),
        ];
        self.connection().write_sets(&writes)
    }
}
