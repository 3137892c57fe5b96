//! The message log, read off the hot path.

use model::{LoggedMessage, MessageId, MessageState, OrganizationId, PatientId};

use crate::{Database, KnownMessage, StoreError};

/// Which messages to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MessageFilter {
    /// Only in this state.
    pub state: Option<MessageState>,
    /// Only of this organization.
    pub organization_id: Option<OrganizationId>,
    /// Only about this person.
    pub patient_id: Option<PatientId>,
    /// Only of this kind (`VXU`).
    pub kind: Option<String>,
    /// Only older than this one: the last of the page before.
    pub before: Option<MessageId>,
}

impl Database {
    /// A message with its bytes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_message(&self, _id: MessageId) -> Result<Option<LoggedMessage>, StoreError> {
        todo!()
    }

    /// The newest messages that fit, without their bytes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages(&self, _filter: &MessageFilter, _limit: u32) -> Result<Vec<KnownMessage>, StoreError> {
        todo!()
    }

    /// How many messages are in each state.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn message_counts(&self) -> Result<Vec<(MessageState, u64)>, StoreError> {
        todo!()
    }
}
