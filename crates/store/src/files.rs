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
    /// Only what was not accepted, or not all of it.
    pub is_rejected: bool,
    /// Only older than this one: the last of the page before.
    pub before: Option<uuid::Uuid>,
}

/// Organizations in one statement: SQLite puts no more than 500 parts together.
const ORGANIZATIONS_PER_STATEMENT: usize = 100;

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
        let mut files = Vec::new();
        for filter in filter.in_parts() {
            let (sql, values) = list_files_statement(&filter, limit);
            files.extend(self.read(|connection| connection.query_as(&sql, &values, "list files", read_file))?);
        }
        files.sort_by_key(|file| std::cmp::Reverse(file.id));
        files.truncate(limit as usize);
        Ok(files)
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

/// The statement that lists the files of a part of a filter, and its parameters.
pub(crate) fn list_files_statement(filter: &FileFilter, limit: u32) -> (String, Vec<Value<'_>>) {
    let state = filter.state.map(|state| format!("\nAND state = '{}'", state.word())).unwrap_or_default();
    let rejected = if filter.is_rejected { "\nAND rejected_count > 0" } else { "" };
    filter.newest_statement("received_file", LIST_FILES, &format!("{state}{rejected}"), limit)
}

impl FileFilter {
    /// The same, a hundred organizations at a time: what fits it is the newest of what fits the parts.
    pub(crate) fn in_parts(&self) -> Vec<FileFilter> {
        match &self.organizations {
            None => vec![self.clone()],
            Some(organizations) => organizations
                .chunks(ORGANIZATIONS_PER_STATEMENT)
                .map(|part| FileFilter { organizations: Some(part.to_vec()), ..self.clone() })
                .collect(),
        }
    }

    /// The statement that lists the newest rows of a table that fit, and its parameters. Each organization's newest are
    /// found by its index first, so that a large one costs no more than a small one. The limit is part of the text:
    /// PostgreSQL plans for a tenth of the table where it is a parameter.
    pub(crate) fn newest_statement(
        &self,
        table: &str,
        select: &str,
        clauses: &str,
        limit: u32,
    ) -> (String, Vec<Value<'static>>) {
        let mut values = Vec::new();
        let before = self.before.map(|before| {
            values.push(Value::Uuid(before));
            "\nAND id < $1"
        });
        let fits = format!("{clauses}{}", before.unwrap_or_default());
        let newest_first = format!("\nORDER BY id DESC\nLIMIT {limit}");
        let Some(organizations) = &self.organizations else {
            return (format!("{select}\nWHERE TRUE{fits}{newest_first}"), values);
        };
        let of_each: Vec<String> = organizations
            .iter()
            .map(|id| {
                values.push(Value::Uuid(id.0));
                let place = values.len();
                format!(
                    "SELECT id FROM (SELECT id FROM {table} WHERE organization_id = ${place}{fits}{newest_first}) AS of_{place}"
                )
            })
            .collect();
        let of_each = of_each.join("\nUNION ALL\n");
        let sql =
            format!("{select}\nWHERE id IN (SELECT id FROM (\n{of_each}\n) AS newest{newest_first})\nORDER BY id DESC");
        (sql, values)
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
