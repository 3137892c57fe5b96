//! Leaves to pass a closed door.

use jiff::Timestamp;
use model::{AccountId, DoorPass};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const SET_DOOR_PASS: &str = "
INSERT INTO door_pass (account_id, given_at, expires_at, given_by, reason)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id) DO UPDATE
SET given_at = excluded.given_at,
    expires_at = excluded.expires_at,
    given_by = excluded.given_by,
    reason = excluded.reason";

pub(crate) const FIND_DOOR_PASS: &str = "
SELECT account_id, given_at, expires_at, given_by, reason
FROM door_pass
WHERE account_id = $1 AND expires_at > $2";

pub(crate) const REMOVE_DOOR_PASS: &str = "
DELETE FROM door_pass
WHERE account_id = $1";

impl Database {
    /// Keeps a pass, in place of one that the account has.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_door_pass(&self, pass: &DoorPass) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(pass.account_id.0),
            Value::instant(pass.given_at),
            Value::instant(pass.expires_at),
            Value::text(&pass.given_by),
            Value::text(&pass.reason),
        ];
        self.write(|connection| connection.execute(SET_DOOR_PASS, &values, "keep a pass").map(drop))
    }

    /// The pass of an account that holds at an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_door_pass(&self, id: AccountId, at: Timestamp) -> Result<Option<DoorPass>, StoreError> {
        let values = [Value::Uuid(id.0), Value::instant(at)];
        let read = |row: &dyn Columns| {
            Ok(DoorPass {
                account_id: AccountId(row.uuid(0)?),
                given_at: row.instant(1)?,
                expires_at: row.instant(2)?,
                given_by: row.string(3)?,
                reason: row.string(4)?,
            })
        };
        let found = self.read(|connection| connection.query_as(FIND_DOOR_PASS, &values, "find a pass", read))?;
        Ok(found.into_iter().next())
    }

    /// Takes a pass back; gives whether there was one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_door_pass(&self, id: AccountId) -> Result<bool, StoreError> {
        let values = [Value::Uuid(id.0)];
        self.write(|connection| Ok(connection.execute(REMOVE_DOOR_PASS, &values, "take a pass back")? > 0))
    }
}
