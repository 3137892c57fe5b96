//! Signed-in people: sessions, memberships, second factors, and codes that let somebody in again.

use jiff::Timestamp;

use crate::{AccountId, FactorId, OrganizationId, Role, SessionId};

/// An organization that a person may act for besides the account's own, and as what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Membership {
    /// Whose.
    pub account_id: AccountId,
    /// For which organization; its sites are included.
    pub organization_id: OrganizationId,
    /// As what.
    pub role: Role,
}

/// A browser in which somebody signed in. The browser has a random token, the registry its hash.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its id, by which it is shown and ended.
    pub id: SessionId,
    /// SHA-256 of the token in the browser's cookie.
    pub token_hash: [u8; 32],
    /// Whose.
    pub account_id: AccountId,
    /// The organization or site that the person acts for at the moment.
    pub organization_id: OrganizationId,
    /// When the password was given.
    pub started_at: Timestamp,
    /// When it was last used, to the minute.
    pub seen_at: Timestamp,
    /// When the person last proved with a second factor who they are; `None` until the first time.
    pub proved_at: Option<Timestamp>,
    /// The address it came from.
    pub source: String,
    /// What the browser calls itself, shortened.
    pub agent: String,
}

/// A second factor of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Factor {
    /// Its id.
    pub id: FactorId,
    /// Whose.
    pub account_id: AccountId,
    /// What it is.
    pub kind: FactorKind,
    /// What its owner calls it.
    pub label: String,
    /// The key of an authenticator app, the public key of a passkey, or the hash of a recovery code.
    pub secret: Vec<u8>,
    /// What must grow with every use: the time step of an app, the counter of a passkey.
    pub counter: i64,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// The kinds of second factors.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FactorKind {
    /// An authenticator app: six digits that change every 30 seconds (RFC 6238).
    AuthenticatorApp,
    /// A passkey: a key kept by a device (WebAuthn).
    Passkey,
    /// One of the codes to write down, each good for one time.
    RecoveryCode,
}

impl FactorKind {
    const ALL: [FactorKind; 3] = [FactorKind::AuthenticatorApp, FactorKind::Passkey, FactorKind::RecoveryCode];

    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            FactorKind::AuthenticatorApp => "authenticator_app",
            FactorKind::Passkey => "passkey",
            FactorKind::RecoveryCode => "recovery_code",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<FactorKind> {
        FactorKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// A code that an administrator gave to somebody who is new or locked out: with it, a password is chosen anew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    /// For which account.
    pub account_id: AccountId,
    /// SHA-256 of the code.
    pub code_hash: [u8; 32],
    /// Who gave it.
    pub issued_by: Option<AccountId>,
    /// When.
    pub issued_at: Timestamp,
    /// Until when it works.
    pub expires_at: Timestamp,
}
