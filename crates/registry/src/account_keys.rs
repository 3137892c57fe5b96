//! Public keys of accounts: programs may sign in with one at the file door instead of a password.

use model::{AccountKey, AccountKind};

use crate::{Admission, Registry, RegistryError};

/// Public keys of one account at most.
pub const KEYS_PER_ACCOUNT_MAXIMUM: usize = 20;

impl Registry {
    /// The public keys of an account, by fingerprint.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account; or the database cannot be read.
    pub fn account_keys(&self, _admission: &Admission, username: &str) -> Result<Vec<AccountKey>, RegistryError> {
        let account = self.require_account(username)?;
        let keys = self.database().account_keys()?;
        Ok(keys.into_iter().filter(|key| key.account_id == account.id).collect())
    }

    /// Adds a public key to an account, whose id stands in place of the one in `key`.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account, it is a person's, or it has the key already, or too many.
    pub fn add_account_key(
        &self,
        admission: &Admission,
        username: &str,
        key: AccountKey,
    ) -> Result<AccountKey, RegistryError> {
        let account = self.require_account(username)?;
        if account.kind != AccountKind::WebService {
            return Err(RegistryError::Refused(format!(
                "{username} is the account of a person, and the file door lets in accounts of programs only: give the key to \
                 one of those"
            )));
        }
        let known = self.account_keys(admission, username)?;
        if known.iter().any(|known| known.fingerprint == key.fingerprint) {
            return Err(RegistryError::Refused(format!("{username} has the key {} already", key.fingerprint)));
        }
        if known.len() >= KEYS_PER_ACCOUNT_MAXIMUM {
            let reason = format!("{username} has {KEYS_PER_ACCOUNT_MAXIMUM} keys already; remove one that is not used");
            return Err(RegistryError::Refused(reason));
        }
        let key = AccountKey { account_id: account.id, ..key };
        self.database().insert_account_key(&key)?;
        Ok(key)
    }

    /// Takes a public key from an account.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account or key.
    pub fn remove_account_key(
        &self,
        _admission: &Admission,
        username: &str,
        fingerprint: &str,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        self.database().delete_account_key(account.id, fingerprint).map_err(|error| match error.is_conflict() {
            true => RegistryError::Refused(format!("{username} has no key {fingerprint}")),
            false => error.into(),
        })
    }
}
