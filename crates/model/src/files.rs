//! Files that were received: how far each is, and what became of the messages in it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Channel, FileId, Finding, MessageId, MessageState, OrganizationId, Severity};

/// Which message of which file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FilePosition {
    /// The file.
    pub file_id: FileId,
    /// Its place in the file, from 1.
    pub ordinal: u32,
}

impl FilePosition {
    /// The receipt of the message at this place: always the same, so that a message processed twice is one. A UUID v7
    /// of the file's millisecond; receipts of one file sort by ordinal.
    pub fn message_id(self) -> MessageId {
        let file = self.file_id.0.as_u128();
        let mixed = (file ^ (file >> 61)).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
        // 48 bits of time, 4 of version, 12 of the file, 2 of variant, 30 of the file, 32 of the place.
        const TIME: u128 = !0 << 80;
        let (first, second) = ((mixed >> 116) << 64, ((mixed >> 86) & 0x3FFF_FFFF) << 32);
        let bits = (file & TIME) | (7 << 76) | first | (0b10 << 62) | second | u128::from(self.ordinal);
        MessageId(Uuid::from_u128(bits))
    }
}

/// A received file, and what became of it.
#[derive(Clone, PartialEq, Debug)]
pub struct ReceivedFile {
    /// Its id, and the receipt that its sender gets.
    pub id: FileId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The account that sent it.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Through which door.
    pub channel: Channel,
    /// When it was taken.
    pub received_at: Timestamp,
    /// Its bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub content_hash: String,
    /// SHA-256 of its first 4,096 bytes.
    pub head_hash: String,
    /// The node on whose disk it is.
    pub node: String,
    /// How far it is.
    pub state: FileState,
    /// How often it was taken up: 1 the first time, more when it was processed again.
    pub run: u32,
    /// When the current run began, and when it ended.
    pub begun_at: Option<Timestamp>,
    /// When the current run ended.
    pub finished_at: Option<Timestamp>,
    /// The file with the same bytes that was processed before, and whose results these are.
    pub duplicate_of: Option<FileId>,
    /// What became of its messages.
    pub counts: FileCounts,
    /// What is wrong with the file itself.
    pub findings: Vec<Finding>,
}

/// How many messages of a file were answered how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct FileCounts {
    /// Stored as sent.
    pub accepted: u64,
    /// Stored, with something to look at.
    pub warned: u64,
    /// Not stored.
    pub rejected: u64,
}

impl FileCounts {
    /// Messages answered.
    pub fn messages(&self) -> u64 {
        self.accepted + self.warned + self.rejected
    }

    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict, count: u64) {
        match verdict {
            Verdict::Accepted => self.accepted += count,
            Verdict::Warned => self.warned += count,
            Verdict::Rejected => self.rejected += count,
        }
    }
}

/// How far something received is, in the words of the field.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// Taken; its turn has not come.
    Queued,
    /// Being processed.
    Processing,
    /// Taken, and kept until a maintenance window ends.
    Held,
    /// Every message was processed; the file was whole.
    Complete,
    /// Every message was processed, but something about the file, or a message kept aside, needs a look.
    Exception,
    /// The file could not be processed.
    Error,
}

impl FileState {
    /// All states.
    pub const ALL: [FileState; 6] = [
        FileState::Queued,
        FileState::Processing,
        FileState::Held,
        FileState::Complete,
        FileState::Exception,
        FileState::Error,
    ];

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            FileState::Queued => "queued",
            FileState::Processing => "processing",
            FileState::Held => "held",
            FileState::Complete => "complete",
            FileState::Exception => "exception",
            FileState::Error => "error",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<FileState> {
        FileState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether the current run has ended.
    pub fn is_finished(self) -> bool {
        matches!(self, FileState::Complete | FileState::Exception | FileState::Error)
    }
}

/// What became of one message, in one word for its sender.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Stored as sent.
    Accepted,
    /// Stored, with something to look at.
    Warned,
    /// Not stored.
    Rejected,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 3] = [Verdict::Accepted, Verdict::Warned, Verdict::Rejected];

    /// The verdict on a message with this disposition and these findings.
    pub fn of(state: MessageState, findings: &[Finding]) -> Verdict {
        match state {
            MessageState::Rejected | MessageState::Quarantined => Verdict::Rejected,
            _ if findings.iter().any(|finding| finding.severity() != Severity::Information) => Verdict::Warned,
            _ => Verdict::Accepted,
        }
    }

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Accepted => "accepted",
            Verdict::Warned => "warned",
            Verdict::Rejected => "rejected",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Verdict> {
        Verdict::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

/// What became of one message of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct FileMessage {
    /// Which message.
    pub position: FilePosition,
    /// The receipt under which it is logged: an earlier one's for a message that came before.
    pub message_id: MessageId,
    /// What became of it.
    pub verdict: Verdict,
    /// The run of the file that decided it.
    pub run: u32,
    /// Its header segment, which its answer repeats parts of.
    pub header: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_of_a_files_messages_are_uuid_v7_in_the_order_of_the_file() {
        let file_id = FileId(Uuid::from_u128(0x0192_3456_789A_7123_8456_789A_BCDE_F012));
        let at = |ordinal| FilePosition { file_id, ordinal }.message_id();
        let ids: Vec<MessageId> = [0, 1, 2, 255, 256, u32::MAX].into_iter().map(at).collect();
        assert!(ids.is_sorted());
        for id in &ids {
            assert_eq!((id.0.get_version_num(), id.0.as_u128() >> 80), (7, file_id.0.as_u128() >> 80));
            assert_eq!(id.0.get_variant(), uuid::Variant::RFC4122);
        }
        let other = FilePosition { file_id: FileId(Uuid::from_u128(file_id.0.as_u128() ^ 1)), ordinal: 1 };
        assert_ne!(other.message_id(), ids[1]);
    }
}
