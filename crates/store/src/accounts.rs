//! Accounts of programs and of people.

use model::{Account, AccountId, AccountKind, OrganizationId, Role};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const INSERT_ACCOUNT: &str = "
INSERT INTO account
    (id, organization_id, kind, username, username_key, password_hash, full_name, email, role, is_active,
     language)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

pub(crate) const UPDATE_ACCOUNT: &str = "
UPDATE account
SET organization_id = $2,
    kind = $3,
    username = $4,
    username_key = $5,
    password_hash = $6,
    full_name = $7,
    email = $8,
    role = $9,
    is_active = $10,
    language = $11
WHERE id = $1";

pub(crate) const UPDATE_PASSWORD: &str = "
UPDATE account
SET password_hash = $2
WHERE id = $1";

pub(crate) const UPDATE_LANGUAGE: &str = "
UPDATE account
SET language = $2
WHERE id = $1";

pub(crate) const LIST_ACCOUNTS: &str = "
SELECT id, organization_id, kind, username, password_hash, full_name, email, role, is_active, language
FROM account
ORDER BY username_key";

pub(crate) const FIND_ACCOUNT: &str = "
SELECT id, organization_id, kind, username, password_hash, full_name, email, role, is_active, language
FROM account
WHERE username_key = $1";

impl Database {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its username is taken.
    pub fn insert_account(&self, account: &Account) -> Result<(), StoreError> {
        let username_key = key(&account.username);
        let values = account_values(account, &username_key);
        self.write_directory(|connection| connection.execute(INSERT_ACCOUNT, &values, "add an account").map(drop))
    }

    /// Replaces everything of an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its username is taken or there is no such account.
    pub fn update_account(&self, account: &Account) -> Result<(), StoreError> {
        let username_key = key(&account.username);
        self.change_one_of_directory(UPDATE_ACCOUNT, &account_values(account, &username_key), "change an account")
    }

    /// Replaces an account's password.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such account.
    pub fn update_account_password(&self, id: AccountId, password_hash: &str) -> Result<(), StoreError> {
        self.change_one_of_directory(
            UPDATE_PASSWORD,
            &[Value::Uuid(id.0), Value::text(password_hash)],
            "change a password",
        )
    }

    /// Replaces the language of an account, a tag of BCP 47.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such account.
    pub fn update_account_language(&self, id: AccountId, language: &str) -> Result<(), StoreError> {
        let values = [Value::Uuid(id.0), Value::text(language)];
        self.change_one_of_directory(UPDATE_LANGUAGE, &values, "change the language of an account")
    }

    /// All accounts, by username.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        self.read(|connection| connection.query_as(LIST_ACCOUNTS, &[], "list the accounts", read_account))
    }

    /// The account of that username, compared without case.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_account_by_username(&self, username: &str) -> Result<Option<Account>, StoreError> {
        let username_key = key(username);
        let values = [Value::text(&username_key)];
        let found =
            self.read(|connection| connection.query_as(FIND_ACCOUNT, &values, "find an account", read_account))?;
        Ok(found.into_iter().next())
    }
}

/// A name as it is compared: without case. Folded here, so that both databases agree on all letters.
pub(crate) fn key(name: &str) -> String {
    name.trim().to_lowercase()
}

fn read_account(row: &dyn Columns) -> Result<Account, StoreError> {
    Ok(Account {
        id: AccountId(row.uuid(0)?),
        organization_id: OrganizationId(row.uuid(1)?),
        kind: row.word(2, AccountKind::parse)?,
        username: row.string(3)?,
        password_hash: row.string(4)?,
        full_name: row.string(5)?,
        email: row.string(6)?,
        // A word that no role has, from before roles were a table, gives no rights.
        role: Role::parse(&row.text(7)?),
        is_active: row.boolean(8)?,
        language: row.optional_string(9)?,
    })
}

fn account_values<'a>(account: &'a Account, username_key: &'a str) -> [Value<'a>; 11] {
    [
        Value::Uuid(account.id.0),
        Value::Uuid(account.organization_id.0),
        Value::text(account.kind.word()),
        Value::text(&account.username),
        Value::text(username_key),
        Value::text(&account.password_hash),
        Value::text(&account.full_name),
        Value::text(&account.email),
        Value::text(account.role.map_or("", Role::word)),
        Value::boolean(account.is_active),
        Value::optional(account.language.as_deref(), Value::text),
    ]
}
