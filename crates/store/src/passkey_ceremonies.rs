//! What sessions have been asked to sign with a passkey.

use jiff::Timestamp;
use model::SessionId;

use crate::value::Value;
use crate::{Database, StoreError};

pub(crate) const SET_CEREMONY: &str = "
INSERT INTO passkey_ceremony (session_id, begun_at, state)
VALUES ($1, $2, $3)
ON CONFLICT (session_id) DO UPDATE
SET begun_at = excluded.begun_at,
    state = excluded.state";

pub(crate) const FIND_CEREMONY: &str = "
SELECT state
FROM passkey_ceremony
WHERE session_id = $1 AND begun_at >= $2";

/// Succeeds once, whoever asks at the same time.
pub(crate) const REMOVE_CEREMONY: &str = "
DELETE FROM passkey_ceremony
WHERE session_id = $1 AND state = $2";

pub(crate) const REMOVE_OLD_CEREMONIES: &str = "
DELETE FROM passkey_ceremony
WHERE begun_at < $1";

impl Database {
    /// Keeps what a session was asked, in place of what it was asked before; forgets what is older than `oldest`.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_passkey_ceremony(
        &self,
        id: SessionId,
        state: &str,
        begun_at: Timestamp,
        oldest: Timestamp,
    ) -> Result<(), StoreError> {
        const ATTEMPT: &str = "keep what a passkey is to sign";
        self.write(|connection| {
            connection.execute(REMOVE_OLD_CEREMONIES, &[Value::instant(oldest)], ATTEMPT)?;
            let values = [Value::Uuid(id.0), Value::instant(begun_at), Value::text(state)];
            connection.execute(SET_CEREMONY, &values, ATTEMPT).map(drop)
        })
    }

    /// What a session was asked not before `oldest`, and takes it away: it is answered once.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn take_passkey_ceremony(&self, id: SessionId, oldest: Timestamp) -> Result<Option<String>, StoreError> {
        const ATTEMPT: &str = "take what a passkey was to sign";
        self.write(|connection| {
            let values = [Value::Uuid(id.0), Value::instant(oldest)];
            let found = connection.query_as(FIND_CEREMONY, &values, ATTEMPT, |row| row.string(0))?;
            let Some(state) = found.into_iter().next() else { return Ok(None) };
            let values = [Value::Uuid(id.0), Value::text(&state)];
            let removed = connection.execute(REMOVE_CEREMONY, &values, ATTEMPT)?;
            Ok((removed == 1).then_some(state))
        })
    }
}
