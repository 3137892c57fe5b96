//! From what stands in a file to submissions: each message, or row, under the id that its place in the file gives it.

use hl7::Message;
use jiff::Timestamp;
use model::{Caller, Channel, FilePosition, MessageIdentity, Recurrence, Submission};

use super::contents::Item;
use super::flat::Row;
use crate::Registry;
use crate::messages::Understood;

/// What understanding the messages of one file takes.
pub(super) struct Reading {
    pub(super) registry: Registry,
    pub(super) caller: Caller,
    pub(super) file_id: model::FileId,
    pub(super) received_at: Timestamp,
    pub(super) run: u32,
    /// The day on which the file came, as `YYYYMMDD`.
    pub(super) day: String,
}

impl Reading {
    /// Makes submissions of what was read, in its order.
    pub(super) fn understand(&self, chunk: Vec<(u32, Item)>) -> Vec<Submission> {
        let items = chunk.into_iter().filter_map(|(ordinal, item)| match item {
            Item::Message(bytes) => Some(self.understand_message(ordinal, &bytes)),
            Item::Row(row) => Some(self.understand_row(ordinal, &row)),
            Item::Finding(_) => None,
        });
        items.collect()
    }

    fn understand_row(&self, ordinal: u32, row: &Row) -> Submission {
        let message = row.message(&self.caller.organization_code, &self.day);
        let mut submission = self.understand_message(ordinal, message.as_bytes());
        // The day on which the file came is in the message; the row is the same on every day.
        submission.identity = MessageIdentity {
            control_hash: row.subject(submission.caller.organization_id),
            content_hash: row.identity(),
        };
        submission.recurrence = Recurrence::Statement;
        submission
    }

    fn understand_message(&self, ordinal: u32, bytes: &[u8]) -> Submission {
        let position = FilePosition { file_id: self.file_id, ordinal };
        let receipt = model::Receipt {
            message_id: position.message_id(),
            received_at: self.received_at,
            today: self.registry.today(self.received_at),
            channel: Channel::File,
            file: Some(position),
            run: self.run,
        };
        let decoded = hl7::decode(bytes);
        let message = Message::read(&decoded.text);
        let header = message.header();
        let caller = self.registry.responsible(&self.caller, &header);
        match self.registry.understand(&caller, receipt, &message, &header, bytes, decoded.findings) {
            Understood::Report(submission) => *submission,
            Understood::Question(_) => unreachable!("a file's questions are read as reports that are refused"),
        }
    }
}
