//! When programs used their accounts last.

use jiff::Timestamp;
use model::AccountId;

use crate::sets::{Expectation, SetWrite, Write};
use crate::value::Value;
use crate::{Database, StoreError};

pub(crate) const WRITE_ACCOUNT_USES: SetWrite = SetWrite {
    attempt: "write when accounts were used",
    columns: &[("account_id", "uuid"), ("used_at", "timestamptz")],
    sql: "
INSERT INTO account_use ({columns})
{rows}",
    when_known: "ON CONFLICT (account_id) DO UPDATE
SET used_at = CASE
    WHEN account_use.used_at > excluded.used_at THEN account_use.used_at
    ELSE excluded.used_at
END",
};

impl Database {
    /// Writes when accounts were used, each account once. What is known to be later stays.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn write_account_uses(&self, uses: &[(AccountId, Timestamp)]) -> Result<(), StoreError> {
        if uses.is_empty() {
            return Ok(());
        }
        let rows = uses.iter().map(|(id, used_at)| [Value::Uuid(id.0), Value::instant(*used_at)]);
        let write = Write::new(&WRITE_ACCOUNT_USES, Expectation::Any, rows);
        self.write(|connection| connection.write_sets(&[write]))
    }
}
