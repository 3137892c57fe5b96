//! The message log: what arrived, what became of it.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::{Channel, Finding, MessageId, OrganizationId, PatientId};

/// What tells a message from all others of its sender (organization, MSH-3, MSH-4, MSH-10), and its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MessageIdentity {
    /// Stable 64-bit hash of organization, sending application, sending facility and control id.
    pub control_hash: i64,
    /// SHA-256 of the bytes in [`standard_form`]: the doors change what ends a segment, and not what is said.
    pub content_hash: [u8; 32],
}

/// A message with one CR behind each segment, as the standard has it, and without what only frames it (a byte-order mark,
/// MLLP's bytes, empty lines). Borrowed when it is so already.
///
/// # Source
/// HL7 v2.5.1, 2.5.4: a segment ends with a carriage return. Senders, files and XML end them as they like.
pub fn standard_form(message: &[u8]) -> Cow<'_, [u8]> {
    let body = message.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(message);
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0x0B | 0x1C);
    // Counted to the end rather than looked for: that is done many bytes at a time.
    let other_ends = body.iter().filter(|byte| is_end(byte) && **byte != b'\r').count();
    let empty_segments = body.iter().zip(&body[1.min(body.len())..]).filter(|pair| *pair == (&b'\r', &b'\r')).count();
    if other_ends + empty_segments == 0 && body.first() != Some(&b'\r') {
        return match body.last() {
            None | Some(b'\r') => Cow::Borrowed(body),
            Some(_) => Cow::Owned([body, b"\r"].concat()),
        };
    }
    let mut standard = Vec::with_capacity(message.len() + 1);
    for segment in body.split(is_end).filter(|segment| !segment.is_empty()) {
        standard.extend_from_slice(segment);
        standard.push(b'\r');
    }
    Cow::Owned(standard)
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
    /// When its bytes, and what it said in its findings, were destroyed with the person whom it named.
    pub destroyed_at: Option<Timestamp>,
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::standard_form;

    #[test]
    fn what_ends_a_segment_does_not_matter() {
        let standard = b"MSH|1\rPID|1\r";
        assert!(matches!(standard_form(standard), Cow::Borrowed(_)));
        for message in [
            "MSH|1\rPID|1",
            "MSH|1\nPID|1\n",
            "MSH|1\r\nPID|1\r\n\r\n",
            "\u{b}MSH|1\rPID|1\r\u{1c}\r",
            "\u{feff}MSH|1\rPID|1\r",
        ] {
            assert_eq!(standard_form(message.as_bytes()), &standard[..], "{message:?}");
        }
        for other in ["MSH|1\rPID|1 \r", "MSH|1PID|1\r", "PID|1\rMSH|1\r", ""] {
            assert_ne!(standard_form(other.as_bytes()), &standard[..], "{other:?}");
        }
    }
}
