//! How organizations come to the registry: registrations and renewals, and the agreement that follows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::{AccountId, OrganizationId, RegistrationId};

/// A registration of an organization, or the renewal of its agreement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Registration {
    /// Its id; its number is what the applicant quotes.
    pub id: RegistrationId,
    /// SHA-256 of the code with which the applicant comes back.
    pub code_hash: [u8; 32],
    /// How far it has come.
    pub state: RegistrationState,
    /// For a renewal, whose; and after approval, the organization that came of it.
    pub organization_id: Option<OrganizationId>,
    /// What was answered, by the names of the form's fields.
    pub answers: BTreeMap<String, String>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// When it was last saved.
    pub changed_at: Timestamp,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<AccountId>,
    /// What the registry's office says to the applicant.
    pub note: String,
}

impl Registration {
    /// Whether an agreement is renewed: the organization was there before. Ids are in the order of time (RFC 9562, 5.7).
    pub fn is_renewal(&self) -> bool {
        self.organization_id.is_some_and(|organization| organization.0 < self.id.0)
    }
}

/// How far a registration has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RegistrationState {
    /// Being filled in.
    Draft,
    /// Signed and sent; the registry's office decides.
    Submitted,
    /// Approved.
    Approved,
    /// Refused, with a reason; it can be mended and sent again.
    Refused,
}

impl RegistrationState {
    /// All of them.
    pub const ALL: [RegistrationState; 4] = [
        RegistrationState::Draft,
        RegistrationState::Submitted,
        RegistrationState::Approved,
        RegistrationState::Refused,
    ];

    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            RegistrationState::Draft => "draft",
            RegistrationState::Submitted => "submitted",
            RegistrationState::Approved => "approved",
            RegistrationState::Refused => "refused",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<RegistrationState> {
        RegistrationState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What an organization agreed to, and until when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// Whose.
    pub organization_id: OrganizationId,
    /// The registration or renewal that it came of.
    pub registration_id: RegistrationId,
    /// Who signed.
    pub signed_by: String,
    /// The first day.
    pub begins_on: Date,
    /// The last day.
    pub ends_on: Date,
}

/// The newest confirmation that an account is still needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessReview {
    /// Which account.
    pub account_id: AccountId,
    /// When.
    pub reviewed_at: Timestamp,
    /// By whom.
    pub reviewed_by: Option<AccountId>,
}
