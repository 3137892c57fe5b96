//! What can be wrong with the machine. What is wrong with the data is a finding instead.

use model::Right;
use store::StoreError;

/// A call that could not be served.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The database is away for the moment: the sender keeps what it has and comes back.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] StoreError),
    /// The database refused.
    #[error("the database refused: {0}")]
    Store(#[source] StoreError),
    /// The lane that would have taken the work has ended.
    #[error("the registry is stopping and took no more work")]
    Stopping,
    /// A maintenance window lets nobody change anything: the sender keeps what it has and comes back.
    #[error("the registry can be asked and not changed during maintenance")]
    ReadOnly,
    /// An operator's order that cannot be followed.
    #[error("{0}")]
    Refused(String),
    /// The caller's role does not allow it towards this organization.
    #[error("this account may not do this here: {}", right.does(false))]
    Forbidden {
        /// What was asked for.
        right: Right,
    },
}

impl From<StoreError> for RegistryError {
    fn from(error: StoreError) -> RegistryError {
        if error.is_transient() { RegistryError::Unavailable(error) } else { RegistryError::Store(error) }
    }
}

impl RegistryError {
    /// Whether coming back later helps: doors answer such an error as they answer when closed.
    pub fn is_transient(&self) -> bool {
        matches!(self, RegistryError::Unavailable(_) | RegistryError::Stopping | RegistryError::ReadOnly)
    }
}
