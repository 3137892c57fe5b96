//! Accounts of programs and of people.

use model::{Account, AccountId};

use crate::{Database, StoreError};

impl Database {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its username is taken.
    pub fn insert_account(&self, _account: &Account) -> Result<(), StoreError> {
        todo!()
    }

    /// Replaces everything of an account.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its username is taken or there is no such account.
    pub fn update_account(&self, _account: &Account) -> Result<(), StoreError> {
        todo!()
    }

    /// Replaces an account's password.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such account.
    pub fn update_account_password(&self, _id: AccountId, _password_hash: &str) -> Result<(), StoreError> {
        todo!()
    }

    /// All accounts, by username.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        todo!()
    }

    /// The account of that username, compared without case.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_account_by_username(&self, _username: &str) -> Result<Option<Account>, StoreError> {
        todo!()
    }
}
