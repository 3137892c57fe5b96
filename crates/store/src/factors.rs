//! Second factors: authenticator apps, passkeys, recovery codes.

use jiff::Timestamp;
use model::{AccountId, Factor, FactorId, FactorKind};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const INSERT_FACTOR: &str = "
INSERT INTO sign_in_factor (account_id, id, kind, label, secret, counter, created_at, used_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";

pub(crate) const LIST_FACTORS: &str = "
SELECT account_id, id, kind, label, secret, counter, created_at, used_at
FROM sign_in_factor
WHERE account_id = $1
ORDER BY created_at, id";

/// Succeeds once per counter, whoever asks at the same time.
pub(crate) const USE_FACTOR: &str = "
UPDATE sign_in_factor
SET counter = $4,
    used_at = $5
WHERE account_id = $1 AND id = $2 AND counter = $3";

/// The same for a passkey, whose state at the checker changes with it.
pub(crate) const USE_PASSKEY: &str = "
UPDATE sign_in_factor
SET secret = $4,
    counter = $5,
    used_at = $6
WHERE account_id = $1 AND id = $2 AND counter = $3";

pub(crate) const REMOVE_FACTOR: &str = "
DELETE FROM sign_in_factor
WHERE account_id = $1 AND id = $2";

pub(crate) const REMOVE_FACTORS: &str = "
DELETE FROM sign_in_factor
WHERE account_id = $1";

pub(crate) const REMOVE_FACTORS_OF_KIND: &str = "
DELETE FROM sign_in_factor
WHERE account_id = $1 AND kind = $2";

impl Database {
    /// Adds a second factor.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn insert_factor(&self, factor: &Factor) -> Result<(), StoreError> {
        let values = factor_values(factor);
        self.write(|connection| connection.execute(INSERT_FACTOR, &values, "add a second factor").map(drop))
    }

    /// Puts new recovery codes in place of the old ones of an account.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn replace_recovery_codes(&self, id: AccountId, codes: &[Factor]) -> Result<(), StoreError> {
        const ATTEMPT: &str = "replace the recovery codes of an account";
        self.write(|connection| {
            let values = [Value::Uuid(id.0), Value::text(FactorKind::RecoveryCode.word())];
            connection.execute(REMOVE_FACTORS_OF_KIND, &values, ATTEMPT)?;
            for code in codes {
                connection.execute(INSERT_FACTOR, &factor_values(code), ATTEMPT)?;
            }
            Ok(())
        })
    }

    /// The second factors of an account, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn factors_of(&self, id: AccountId) -> Result<Vec<Factor>, StoreError> {
        self.read(|connection| {
            connection.query_as(LIST_FACTORS, &[Value::Uuid(id.0)], "list the second factors", read_factor)
        })
    }

    /// Notes the use of a factor, unless its counter is another one meanwhile; gives whether it was noted.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn use_factor(&self, factor: &Factor, counter: i64, at: Timestamp) -> Result<bool, StoreError> {
        let values = [
            Value::Uuid(factor.account_id.0),
            Value::Uuid(factor.id.0),
            Value::Integer(factor.counter),
            Value::Integer(counter),
            Value::instant(at),
        ];
        self.write(|connection| Ok(connection.execute(USE_FACTOR, &values, "note the use of a second factor")? > 0))
    }

    /// Notes the use of a passkey, unless it was used meanwhile; gives whether it was noted.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn use_passkey(&self, factor: &Factor, secret: &[u8], counter: i64, at: Timestamp) -> Result<bool, StoreError> {
        let values = [
            Value::Uuid(factor.account_id.0),
            Value::Uuid(factor.id.0),
            Value::Integer(factor.counter),
            Value::bytes(secret),
            Value::Integer(counter),
            Value::instant(at),
        ];
        self.write(|connection| Ok(connection.execute(USE_PASSKEY, &values, "note the use of a passkey")? > 0))
    }

    /// Removes a factor; gives whether it was there.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_factor(&self, account_id: AccountId, id: FactorId) -> Result<bool, StoreError> {
        let values = [Value::Uuid(account_id.0), Value::Uuid(id.0)];
        self.write(|connection| Ok(connection.execute(REMOVE_FACTOR, &values, "remove a second factor")? > 0))
    }

    /// Removes all factors of an account.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_factors_of(&self, id: AccountId) -> Result<u64, StoreError> {
        self.write(|connection| connection.execute(REMOVE_FACTORS, &[Value::Uuid(id.0)], "remove all second factors"))
    }
}

fn factor_values(factor: &Factor) -> [Value<'_>; 8] {
    [
        Value::Uuid(factor.account_id.0),
        Value::Uuid(factor.id.0),
        Value::text(factor.kind.word()),
        Value::text(&factor.label),
        Value::bytes(&factor.secret),
        Value::Integer(factor.counter),
        Value::instant(factor.created_at),
        Value::optional(factor.used_at, Value::instant),
    ]
}

fn read_factor(row: &dyn Columns) -> Result<Factor, StoreError> {
    Ok(Factor {
        account_id: AccountId(row.uuid(0)?),
        id: FactorId(row.uuid(1)?),
        kind: row.word(2, FactorKind::parse)?,
        label: row.string(3)?,
        secret: row.bytes(4)?.into_owned(),
        counter: row.integer(5)?,
        created_at: row.instant(6)?,
        used_at: row.optional_instant(7)?,
    })
}
