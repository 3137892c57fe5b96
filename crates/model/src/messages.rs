//! The message log: what arrived, what became of it.

use jiff::Timestamp;

use crate::{Channel, Finding, MessageId, OrganizationId, PatientId};

/// What tells a message from all others of its sender (organization, MSH-3, MSH-4, MSH-10), and its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MessageIdentity {
    /// Stable 64-bit hash of organization, sending application, sending facility and control id.
    pub control_hash: i64,
    /// SHA-256 of the bytes as received.
    pub content_hash: [u8; 32],
}

/// A message as the log keeps it.
#[derive(Clone, PartialEq, Debug)]
pub struct LoggedMessage {
    /// Its id, and the receipt that its sender got.
    pub id: MessageId,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Through which door.
    pub channel: Channel,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// What tells it from others.
    pub identity: MessageIdentity,
    /// `VXU`, `QBP`, or what MSH-9 said.
    pub kind: String,
    /// What became of it.
    pub state: MessageState,
    /// The person it was about, once known.
    pub patient_id: Option<PatientId>,
    /// What was found in it.
    pub findings: Vec<Finding>,
    /// The bytes as received; `None` when nothing of it may be kept (no consent).
    pub original: Option<Vec<u8>>,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MessageState {
    /// Stored.
    Accepted,
    /// Stored in part, or with warnings.
    AcceptedWithFindings,
    /// Stored as a person of its own until a reviewer decides.
    Pending,
    /// Refused; nothing of it was stored.
    Rejected,
    /// A question, answered.
    Answered,
    /// It failed repeatedly; kept aside for an operator.
    Quarantined,
}

impl MessageState {
    /// All of them.
    pub const ALL: [MessageState; 6] = [
        MessageState::Accepted,
        MessageState::AcceptedWithFindings,
        MessageState::Pending,
        MessageState::Rejected,
        MessageState::Answered,
        MessageState::Quarantined,
    ];

    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            MessageState::Accepted => "accepted",
            MessageState::AcceptedWithFindings => "accepted_with_findings",
            MessageState::Pending => "pending",
            MessageState::Rejected => "rejected",
            MessageState::Answered => "answered",
            MessageState::Quarantined => "quarantined",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<MessageState> {
        MessageState::ALL.into_iter().find(|state| state.word() == word)
    }
}
