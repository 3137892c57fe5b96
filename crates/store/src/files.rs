//! Received files.

use model::{Channel, FileCounts, FileId, FileState, OrganizationId, ReceivedFile};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// Which files to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileFilter {
    /// Only of these organizations; of all where it is `None`.
    pub organizations: Option<Vec<OrganizationId>>,
    /// Only in this state.
    pub state: Option<FileState>,
    /// Only older than this one: the last of the page before.
    pub before: Option<uuid::Uuid>,
}

pub(crate) const INSERT_FILE: &str = "
INSERT INTO received_file
    (id, organization_id, account, name, channel, received_at, size, content_hash, head_hash, node, state, run,
     begun_at, finished_at, duplicate_of, accepted_count, warned_count, rejected_count, findings)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
ON CONFLICT (id) DO NOTHING";

pub(crate) const UPDATE_FILE: &str = "
UPDATE received_file
SET state = $2,
    run = $3,
    begun_at = $4,
    finished_at = $5,
    duplicate_of = $6,
    accepted_count = $7,
    warned_count = $8,
    rejected_count = $9,
    findings = $10
WHERE id = $1";

const LIST_FILES: &str = "
SELECT id, organization_id, account, name, channel, received_at, size, content_hash, head_hash, node, state, run,
    begun_at, finished_at, duplicate_of, accepted_count, warned_count, rejected_count, findings
FROM received_file";

pub(crate) const FIND_FILE: &str = "
SELECT id, organization_id, account, name, channel, received_at, size, content_hash, head_hash, node, state, run,
    begun_at, finished_at, duplicate_of, accepted_count, warned_count, rejected_count, findings
FROM received_file
WHERE id = $1";

pub(crate) const LIST_SAME_CONTENT: &str = "
SELECT id, organization_id, account, name, channel, received_at, size, content_hash, head_hash, node, state, run,
    begun_at, finished_at, duplicate_of, accepted_count, warned_count, rejected_count, findings
FROM received_file
WHERE content_hash = $1 AND organization_id = $2 AND id < $3
ORDER BY id
LIMIT $4";

pub(crate) const LIST_SAME_BEGINNING: &str = "
SELECT id, organization_id, account, name, channel, received_at, size, content_hash, head_hash, node, state, run,
    begun_at, finished_at, duplicate_of, accepted_count, warned_count, rejected_count, findings
FROM received_file
WHERE organization_id = $1 AND id < $2 AND (name = $3 OR head_hash = $4)
ORDER BY id DESC
LIMIT $5";

impl Database {
    /// Writes a file down; one that is known stays as it is.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn insert_file(&self, file: &ReceivedFile) -> Result<(), StoreError> {
        let values = insert_values(file);
        self.write(|connection| connection.execute(INSERT_FILE, &values, "write a file down").map(drop))
    }

    /// Replaces what may change of a file: how far it is, its counts, its findings.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is no such file.
    pub fn update_file(&self, file: &ReceivedFile) -> Result<(), StoreError> {
        self.change_one(UPDATE_FILE, &update_values(file), "change what is known of a file")
    }

    /// A received file.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_file(&self, id: FileId) -> Result<Option<ReceivedFile>, StoreError> {
        let values = [Value::Uuid(id.0)];
        let found = self.read(|connection| connection.query_as(FIND_FILE, &values, "find a file", read_file))?;
        Ok(found.into_iter().next())
    }

    /// The newest files that fit, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn files(&self, filter: &FileFilter, limit: u32) -> Result<Vec<ReceivedFile>, StoreError> {
        let (sql, values) = list_files_statement(filter, limit);
        self.read(|connection| connection.query_as(&sql, &values, "list files", read_file))
    }

    /// Earlier files of an organization with the same bytes, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn files_with_same_content(&self, file: &ReceivedFile, limit: u32) -> Result<Vec<ReceivedFile>, StoreError> {
        let values = [
            Value::text(&file.content_hash),
            Value::Uuid(file.organization_id.0),
            Value::Uuid(file.id.0),
            Value::Integer(limit.into()),
        ];
        self.read(|connection| {
            connection.query_as(LIST_SAME_CONTENT, &values, "find files with the same bytes", read_file)
        })
    }

    /// Earlier files of an organization with the same name or the same beginning, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn files_with_same_beginning(&self, file: &ReceivedFile, limit: u32) -> Result<Vec<ReceivedFile>, StoreError> {
        let values = [
            Value::Uuid(file.organization_id.0),
            Value::Uuid(file.id.0),
            Value::text(&file.name),
            Value::text(&file.head_hash),
            Value::Integer(limit.into()),
        ];
        self.read(|connection| connection.query_as(LIST_SAME_BEGINNING, &values, "find files alike", read_file))
    }
}

/// The statement that lists what fits, and its parameters.
pub(crate) fn list_files_statement(filter: &FileFilter, limit: u32) -> (String, Vec<Value<'_>>) {
    let (mut sql, mut values) = (format!("{LIST_FILES}\nWHERE TRUE"), Vec::new());
    filter.add_scope(&mut sql, &mut values);
    if let Some(state) = filter.state {
        values.push(Value::text(state.word()));
        sql.push_str(&format!("\nAND state = ${}", values.len()));
    }
    values.push(Value::Integer(limit.into()));
    sql.push_str(&format!("\nORDER BY id DESC\nLIMIT ${}", values.len()));
    (sql, values)
}

impl FileFilter {
    /// Adds whose rows are meant, and which page of them.
    pub(crate) fn add_scope(&self, sql: &mut String, values: &mut Vec<Value<'_>>) {
        if let Some(organizations) = &self.organizations {
            // A list of none finds nothing.
            let known = organizations.iter().map(|id| id.0).chain(organizations.is_empty().then(uuid::Uuid::nil));
            let mut places = Vec::new();
            for id in known {
                values.push(Value::Uuid(id));
                places.push(format!("${}", values.len()));
            }
            sql.push_str(&format!("\nAND organization_id IN ({})", places.join(", ")));
        }
        if let Some(before) = self.before {
            values.push(Value::Uuid(before));
            sql.push_str(&format!("\nAND id < ${}", values.len()));
        }
    }
}

fn read_file(row: &dyn Columns) -> Result<ReceivedFile, StoreError> {
    let optional_instant = |column| match row.value(column)? {
        Value::Null => Ok(None),
        _ => row.instant(column).map(Some),
    };
    Ok(ReceivedFile {
        id: FileId(row.uuid(0)?),
        organization_id: OrganizationId(row.uuid(1)?),
        account: row.string(2)?,
        name: row.string(3)?,
        channel: row.word(4, Channel::parse)?,
        received_at: row.instant(5)?,
        size: row.number(6)?,
        content_hash: row.string(7)?,
        head_hash: row.string(8)?,
        node: row.string(9)?,
        state: row.word(10, FileState::parse)?,
        run: row.number(11)?,
        begun_at: optional_instant(12)?,
        finished_at: optional_instant(13)?,
        duplicate_of: row.optional_uuid(14)?.map(FileId),
        counts: FileCounts { accepted: row.number(15)?, warned: row.number(16)?, rejected: row.number(17)? },
        findings: row.document(18)?,
    })
}

fn insert_values(file: &ReceivedFile) -> Vec<Value<'_>> {
    let mut values = vec![
        Value::Uuid(file.id.0),
        Value::Uuid(file.organization_id.0),
        Value::text(&file.account),
        Value::text(&file.name),
        Value::text(file.channel.word()),
        Value::instant(file.received_at),
        number(file.size),
        Value::text(&file.content_hash),
        Value::text(&file.head_hash),
        Value::text(&file.node),
    ];
    values.extend(changing_values(file));
    values
}

fn update_values(file: &ReceivedFile) -> Vec<Value<'_>> {
    let mut values = vec![Value::Uuid(file.id.0)];
    values.extend(changing_values(file));
    values
}

fn changing_values(file: &ReceivedFile) -> [Value<'_>; 9] {
    [
        Value::text(file.state.word()),
        Value::Integer(file.run.into()),
        Value::optional(file.begun_at, Value::instant),
        Value::optional(file.finished_at, Value::instant),
        Value::optional(file.duplicate_of, |id| Value::Uuid(id.0)),
        number(file.counts.accepted),
        number(file.counts.warned),
        number(file.counts.rejected),
        Value::document(&file.findings),
    ]
}

/// No size or count comes near the end of the numbers.
fn number(number: u64) -> Value<'static> {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
