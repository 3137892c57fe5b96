//! The message log.

use jiff::Timestamp;
use model::{Channel, FileState, LoggedMessage, MessageId, MessageIdentity, MessageState, OrganizationId, PatientId};
use uuid::Uuid;

use crate::compression::{Dictionary, pack};
use crate::files::FileFilter;
use crate::sets::{SetRead, SetWrite};
use crate::value::{Columns, Value};
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

pub(crate) const READ_KNOWN_MESSAGES: SetRead = SetRead {
    attempt: "find messages by control hash",
    sql: "
SELECT id, received_at, channel, organization_id, control_hash, content_hash, kind, state, patient_id, findings,
    destroyed_at
FROM message
WHERE control_hash {among}",
    limit_per_key: None,
};

pub(crate) const WRITE_MESSAGES: SetWrite = SetWrite {
    attempt: "write the message log",
    columns: &[
        ("id", "uuid"),
        ("received_at", "timestamptz"),
        ("channel", "text"),
        ("organization_id", "uuid"),
        ("control_hash", "bigint"),
        ("content_hash", "bytea"),
        ("kind", "text"),
        ("state", "text"),
        ("patient_id", "uuid"),
        ("findings", "bytea"),
        ("original", "bytea"),
    ],
    sql: "
INSERT INTO message ({columns})
{rows}",
    when_known: "ON CONFLICT (id) DO UPDATE
SET received_at = excluded.received_at,
    channel = excluded.channel,
    organization_id = excluded.organization_id,
    control_hash = excluded.control_hash,
    content_hash = excluded.content_hash,
    kind = excluded.kind,
    state = excluded.state,
    patient_id = excluded.patient_id,
    findings = excluded.findings,
    original = excluded.original",
};

pub(crate) const FIND_MESSAGE: &str = "
SELECT id, received_at, channel, organization_id, control_hash, content_hash, kind, state, patient_id, findings,
    destroyed_at, original
FROM message
WHERE id = $1";

const LIST_MESSAGES: &str = "
SELECT id, received_at, channel, organization_id, control_hash, content_hash, kind, state, patient_id, findings,
    destroyed_at
FROM message";

/// A range of the index by state: how many there are in all is never counted, as there are hundreds of millions.
pub(crate) const COUNT_MESSAGES: &str = "
SELECT COUNT(*)
FROM message
WHERE state = $1 AND id >= $2";

/// States of messages that were put before somebody.
const WAITING: [MessageState; 2] = [MessageState::Pending, MessageState::Quarantined];

impl Database {
    /// A message with its bytes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_message(&self, id: MessageId) -> Result<Option<LoggedMessage>, StoreError> {
        let values = [Value::Uuid(id.0)];
        let found =
            self.read(|connection| connection.query_as(FIND_MESSAGE, &values, "find a message", read_message))?;
        Ok(found.into_iter().next())
    }

    /// The newest messages that fit, without their bytes, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages(&self, filter: &MessageFilter, limit: u32) -> Result<Vec<KnownMessage>, StoreError> {
        let (sql, values) = list_statement(filter, limit);
        self.read(|connection| connection.query_as(&sql, &values, "list messages", read_known_message))
    }

    /// The newest messages that came alone and fit, newest first. Complete is what was stored as sent, waits for a
    /// review, or was a question; exceptions are stored with findings, or kept aside.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn single_messages(&self, filter: &FileFilter, limit: u32) -> Result<Vec<KnownMessage>, StoreError> {
        const ATTEMPT: &str = "list single messages";
        let mut messages = Vec::new();
        for filter in filter.in_parts() {
            let (sql, values) = list_single_statement(&filter, limit);
            messages.extend(self.read(|connection| connection.query_as(&sql, &values, ATTEMPT, read_known_message))?);
        }
        messages.sort_by_key(|message| std::cmp::Reverse(message.id));
        messages.truncate(limit as usize);
        Ok(messages)
    }

    /// How many messages that came since then are in each state.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn message_states_since(&self, at: Timestamp) -> Result<Vec<(MessageState, u64)>, StoreError> {
        self.count_messages(&MessageState::ALL, first_id_at(at))
    }

    /// How many messages were put before somebody: before a reviewer, whatever was decided since, or kept aside still.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages_waiting(&self) -> Result<Vec<(MessageState, u64)>, StoreError> {
        self.count_messages(&WAITING, Uuid::nil())
    }

    fn count_messages(&self, states: &[MessageState], first: Uuid) -> Result<Vec<(MessageState, u64)>, StoreError> {
        self.read(|connection| {
            let mut counts = Vec::with_capacity(states.len());
            for state in states {
                let values = [Value::text(state.word()), Value::Uuid(first)];
                let count = connection.query_as(COUNT_MESSAGES, &values, "count messages", |row| row.number(0))?;
                counts.extend(count.into_iter().map(|count| (*state, count)));
            }
            Ok(counts)
        })
    }
}

/// The least id of what was received at an instant or later: ids begin with the millisecond (RFC 9562, 5.7).
pub(crate) fn first_id_at(at: Timestamp) -> Uuid {
    let milliseconds = u128::try_from(at.as_millisecond()).unwrap_or_default();
    Uuid::from_u128(milliseconds << 80)
}

/// The statement that lists what fits, and its parameters.
pub(crate) fn list_statement(filter: &MessageFilter, limit: u32) -> (String, Vec<Value<'_>>) {
    // Each message about somebody has a line of the audit trail, which is found by the person; the log is not.
    let of_person = "id IN (SELECT message_id FROM audit WHERE patient_id = $) AND patient_id = $";
    let clauses = [
        ("state = $", filter.state.map(|state| Value::text(state.word()))),
        ("organization_id = $", filter.organization_id.map(|id| Value::Uuid(id.0))),
        (of_person, filter.patient_id.map(|id| Value::Uuid(id.0))),
        ("kind = $", filter.kind.as_deref().map(Value::text)),
        ("id < $", filter.before.map(|id| Value::Uuid(id.0))),
    ];
    let (mut sql, mut values) = (LIST_MESSAGES.to_owned(), Vec::new());
    for (clause, value) in clauses {
        let Some(value) = value else { continue };
        let word = if values.is_empty() { "WHERE" } else { "AND" };
        values.push(value);
        sql.push_str(&format!("\n{word} {}", clause.replace('$', &format!("${}", values.len()))));
    }
    sql.push_str(&format!("\nORDER BY id DESC\nLIMIT {limit}"));
    (sql, values)
}

/// The statement that lists messages of a part of a filter that came alone, and its parameters.
pub(crate) fn list_single_statement(filter: &FileFilter, limit: u32) -> (String, Vec<Value<'_>>) {
    let state = match filter.state {
        None => "",
        Some(FileState::Complete) => "\nAND state IN ('accepted', 'pending', 'answered')",
        Some(FileState::Exception) => "\nAND state IN ('accepted_with_findings', 'quarantined')",
        Some(_) => "\nAND state = ''",
    };
    let rejected = if filter.is_rejected { "\nAND state IN ('rejected', 'quarantined')" } else { "" };
    filter.newest_statement("message", LIST_MESSAGES, &format!("\nAND channel <> 'file'{state}{rejected}"), limit)
}

pub(crate) fn read_known_message(row: &dyn Columns) -> Result<KnownMessage, StoreError> {
    Ok(KnownMessage {
        id: MessageId(row.uuid(0)?),
        received_at: row.instant(1)?,
        channel: row.word(2, Channel::parse)?,
        organization_id: OrganizationId(row.uuid(3)?),
        identity: MessageIdentity { control_hash: row.integer(4)?, content_hash: row.hash(5)? },
        kind: row.string(6)?,
        state: row.word(7, MessageState::parse)?,
        patient_id: row.optional_uuid(8)?.map(PatientId),
        findings: row.document(9)?,
        destroyed_at: row.optional_instant(10)?,
    })
}

pub(crate) fn read_message(row: &dyn Columns) -> Result<LoggedMessage, StoreError> {
    let known = read_known_message(row)?;
    Ok(LoggedMessage {
        id: known.id,
        received_at: known.received_at,
        channel: known.channel,
        organization_id: known.organization_id,
        identity: known.identity,
        kind: known.kind,
        state: known.state,
        patient_id: known.patient_id,
        findings: known.findings,
        original: row.optional_unpacked(11)?,
        destroyed_at: known.destroyed_at,
    })
}

pub(crate) fn message_values(message: &LoggedMessage) -> [Value<'_>; 11] {
    [
        Value::Uuid(message.id.0),
        Value::instant(message.received_at),
        Value::text(message.channel.word()),
        Value::Uuid(message.organization_id.0),
        Value::Integer(message.identity.control_hash),
        Value::bytes(&message.identity.content_hash),
        Value::text(&message.kind),
        Value::text(message.state.word()),
        Value::optional(message.patient_id, |id| Value::Uuid(id.0)),
        Value::document(&message.findings),
        Value::optional(message.original.as_deref(), |original| {
            Value::Bytes(pack(Dictionary::Messages, original).into())
        }),
    ]
}
