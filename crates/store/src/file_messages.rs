//! The messages of files: what became of each.

use jiff::Timestamp;
use model::{FileCounts, FileId, FileMessage, FilePosition, Finding, MessageId, MessageState, PatientId, Verdict};

use crate::compression::{Dictionary, pack};
use crate::sets::{SetRead, SetWrite};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const READ_FILE_MESSAGES: SetRead = SetRead {
    attempt: "find messages of files",
    sql: "
SELECT file_id, ordinal, message_id, verdict, run, header
FROM file_message
WHERE id {among}",
    limit_per_key: None,
};

pub(crate) const WRITE_FILE_MESSAGES: SetWrite = SetWrite {
    attempt: "write down the messages of files",
    columns: &[
        ("id", "uuid"),
        ("file_id", "uuid"),
        ("ordinal", "bigint"),
        ("message_id", "uuid"),
        ("verdict", "text"),
        ("run", "bigint"),
        ("header", "bytea"),
    ],
    sql: "
INSERT INTO file_message ({columns})
{rows}",
    when_known: "ON CONFLICT (id) DO UPDATE
SET message_id = excluded.message_id,
    verdict = excluded.verdict,
    run = excluded.run",
};

pub(crate) const COUNT_VERDICTS: &str = "
SELECT verdict, COUNT(*)
FROM file_message
WHERE id > $1 AND id <= $2
GROUP BY verdict";

pub(crate) const LIST_SETTLED: &str = "
SELECT ordinal
FROM file_message
WHERE id > $1 AND id <= $2 AND (run >= $3 OR verdict <> 'rejected')
ORDER BY id
LIMIT $4";

pub(crate) const LIST_OF_FILE: &str = "
SELECT file_message.file_id, file_message.ordinal, file_message.message_id, file_message.verdict, file_message.run,
    file_message.header, message.received_at, message.state, message.patient_id, message.findings
FROM file_message
JOIN message ON message.id = file_message.message_id
WHERE file_message.id > $1 AND file_message.id <= $2
ORDER BY file_message.id
LIMIT $3";

pub(crate) const LIST_OF_FILE_AND_VERDICT: &str = "
SELECT file_message.file_id, file_message.ordinal, file_message.message_id, file_message.verdict, file_message.run,
    file_message.header, message.received_at, message.state, message.patient_id, message.findings
FROM file_message
JOIN message ON message.id = file_message.message_id
WHERE file_message.id > $1 AND file_message.id <= $2 AND file_message.verdict = $3
ORDER BY file_message.id
LIMIT $4";

/// Only rejected ones are looked through: a message kept aside is one of them.
pub(crate) const COUNT_QUARANTINED: &str = "
SELECT COUNT(*)
FROM file_message
JOIN message ON message.id = file_message.message_id
WHERE file_message.id > $1 AND file_message.id <= $2 AND file_message.verdict = 'rejected'
    AND message.state = 'quarantined'";

/// A message of a file with what the log says of it.
#[derive(Clone, PartialEq, Debug)]
pub struct MessageOfFile {
    /// Its place, verdict and header.
    pub line: FileMessage,
    /// When the message under whose receipt it is logged arrived.
    pub answered_at: Timestamp,
    /// What became of it.
    pub state: MessageState,
    /// The person it was about, once known.
    pub patient_id: Option<PatientId>,
    /// What was found in it.
    pub findings: Vec<Finding>,
}

impl Database {
    /// How many messages of a file were answered how.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn file_counts(&self, file_id: FileId) -> Result<FileCounts, StoreError> {
        let [first, last] = range(file_id, 0);
        let read = |row: &dyn Columns| Ok((row.word(0, Verdict::parse)?, row.number(1)?));
        let found: Vec<(Verdict, u64)> = self.read(|connection| {
            connection.query_as(COUNT_VERDICTS, &[first.clone(), last.clone()], "count the messages of a file", read)
        })?;
        let mut counts = FileCounts::default();
        found.into_iter().for_each(|(verdict, count)| counts.add(verdict, count));
        Ok(counts)
    }

    /// Whether messages of a file were kept aside.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn has_quarantined(&self, file_id: FileId) -> Result<bool, StoreError> {
        let values = range(file_id, 0);
        let counts = self.read(|connection| {
            connection.query_as(COUNT_QUARANTINED, &values, "count the messages kept aside", |row| row.integer(0))
        })?;
        Ok(counts.first().is_some_and(|count| *count > 0))
    }

    /// The places of messages of a file that this run need not decide, after a place, in order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn settled_in_file(&self, file_id: FileId, run: u32, after: u32, limit: u32) -> Result<Vec<u32>, StoreError> {
        let [first, last] = range(file_id, after);
        let values = [first, last, Value::Integer(run.into()), Value::Integer(limit.into())];
        self.read(|connection| {
            connection.query_as(LIST_SETTLED, &values, "list the settled messages of a file", |row| row.number(0))
        })
    }

    /// The messages of a file after a place, in its order; only those of one verdict where one is given.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages_of_file(
        &self,
        file_id: FileId,
        verdict: Option<Verdict>,
        after: u32,
        limit: u32,
    ) -> Result<Vec<MessageOfFile>, StoreError> {
        let mut values = range(file_id, after).to_vec();
        values.extend(verdict.map(|verdict| Value::text(verdict.word())));
        values.push(Value::Integer(limit.into()));
        let sql = if verdict.is_some() { LIST_OF_FILE_AND_VERDICT } else { LIST_OF_FILE };
        self.read(|connection| connection.query_as(sql, &values, "list the messages of a file", read_message_of_file))
    }
}

/// The ids between which the messages of a file after a place stand.
fn range(file_id: FileId, after: u32) -> [Value<'static>; 2] {
    [after, u32::MAX].map(|ordinal| Value::Uuid(FilePosition { file_id, ordinal }.message_id().0))
}

pub(crate) fn read_file_message(row: &dyn Columns) -> Result<FileMessage, StoreError> {
    Ok(FileMessage {
        position: FilePosition { file_id: FileId(row.uuid(0)?), ordinal: row.number(1)? },
        message_id: MessageId(row.uuid(2)?),
        verdict: row.word(3, Verdict::parse)?,
        run: row.number(4)?,
        header: String::from_utf8_lossy(&row.optional_unpacked(5)?.unwrap_or_default()).into_owned(),
    })
}

fn read_message_of_file(row: &dyn Columns) -> Result<MessageOfFile, StoreError> {
    Ok(MessageOfFile {
        line: read_file_message(row)?,
        answered_at: row.instant(6)?,
        state: row.word(7, MessageState::parse)?,
        patient_id: row.optional_uuid(8)?.map(PatientId),
        findings: row.document(9)?,
    })
}

pub(crate) fn file_message_values(message: &FileMessage) -> [Value<'_>; 7] {
    [
        Value::Uuid(message.position.message_id().0),
        Value::Uuid(message.position.file_id.0),
        Value::Integer(message.position.ordinal.into()),
        Value::Uuid(message.message_id.0),
        Value::text(message.verdict.word()),
        Value::Integer(message.run.into()),
        Value::Bytes(pack(Dictionary::Messages, message.header.as_bytes()).into()),
    ]
}
