//! Public keys of accounts.

use model::{AccountId, AccountKey};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const INSERT_ACCOUNT_KEY: &str = "
INSERT INTO account_key (account_id, fingerprint, algorithm, public_key, comment, added_at)
VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const LIST_ACCOUNT_KEYS: &str = "
SELECT account_id, fingerprint, algorithm, public_key, comment, added_at
FROM account_key
ORDER BY account_id, fingerprint";

pub(crate) const DELETE_ACCOUNT_KEY: &str = "
DELETE FROM account_key
WHERE account_id = $1
  AND fingerprint = $2";

impl Database {
    /// Adds a public key to an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the account has it already.
    pub fn insert_account_key(&self, key: &AccountKey) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(key.account_id.0),
            Value::text(&key.fingerprint),
            Value::text(&key.algorithm),
            Value::text(&key.public_key),
            Value::text(&key.comment),
            Value::instant(key.added_at),
        ];
        self.write(|connection| connection.execute(INSERT_ACCOUNT_KEY, &values, "add a public key").map(drop))
    }

    /// The public keys of all accounts.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn account_keys(&self) -> Result<Vec<AccountKey>, StoreError> {
        self.read(|connection| connection.query_as(LIST_ACCOUNT_KEYS, &[], "list the public keys", read_account_key))
    }

    /// Takes a public key from an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the account has no such key.
    pub fn delete_account_key(&self, account_id: AccountId, fingerprint: &str) -> Result<(), StoreError> {
        let values = [Value::Uuid(account_id.0), Value::text(fingerprint)];
        self.change_one(DELETE_ACCOUNT_KEY, &values, "remove a public key")
    }
}

fn read_account_key(row: &dyn Columns) -> Result<AccountKey, StoreError> {
    Ok(AccountKey {
        account_id: AccountId(row.uuid(0)?),
        fingerprint: row.string(1)?,
        algorithm: row.string(2)?,
        public_key: row.string(3)?,
        comment: row.string(4)?,
        added_at: row.instant(5)?,
    })
}
