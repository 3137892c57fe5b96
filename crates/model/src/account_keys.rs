//! Public keys with which programs sign in at the file door.

use jiff::Timestamp;

use crate::AccountId;

/// A public key of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountKey {
    /// Whose key it is.
    pub account_id: AccountId,
    /// SHA-256 of the key as OpenSSH writes it: `SHA256:` and 43 letters.
    pub fingerprint: String,
    /// What kind of key it is (`ssh-ed25519`).
    pub algorithm: String,
    /// The key itself as one line of an `authorized_keys` file, without its comment.
    pub public_key: String,
    /// What its owner calls it.
    pub comment: String,
    /// When it was added.
    pub added_at: Timestamp,
}
