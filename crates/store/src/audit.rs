//! The audit trail: who did what to whose record, in hash chains that show tampering.

use std::ops::Range;

use jiff::Timestamp;
use model::{AccountId, AuditAction, AuditEntry, MessageId, OrganizationId, PatientId};

use crate::audit_chain::Head;
use crate::database::Connection;
use crate::sets::{Expectation, SetWrite, Write};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// Lines read at a time when walking along a chain.
const PAGE: i64 = 5_000;
/// Faults named per chain: whoever changed more has been found out.
const FAULT_LIMIT: usize = 100;

/// A line of the audit trail with its place in its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRecord {
    /// Which chain: one per lane of each node.
    pub chain: String,
    /// Its place, from 1, without gaps.
    pub sequence: i64,
    /// SHA-256 of the hash before it and of this line.
    pub hash: [u8; 32],
    /// What it says.
    pub entry: AuditEntry,
}

/// Where a line stands in a list, newest first: the next page goes on after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditPlace {
    /// When it happened.
    pub at: Timestamp,
    /// Its chain; lines of one instant stand by chain.
    pub chain: String,
    /// Its place there, the newest first.
    pub sequence: i64,
}

/// Which lines of an organization a list shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditFilter {
    /// The organization whose people and programs acted.
    pub organization_id: OrganizationId,
    /// Only what this account did.
    pub account_id: Option<AccountId>,
    /// Only what happened before this instant.
    pub before: Option<Timestamp>,
    /// Only lines after this one: the last of the page before.
    pub after: Option<AuditPlace>,
}

/// What a walk along all chains found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditVerification {
    /// The chains, by name.
    pub chains: Vec<AuditChain>,
    /// What is wrong; empty when nothing is.
    pub faults: Vec<AuditFault>,
}

/// One chain. Compare its head with one noted earlier to see whether its newest lines were cut off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditChain {
    /// Its name.
    pub name: String,
    /// Its lines.
    pub line_count: u64,
    /// The sequence of its newest line.
    pub head_sequence: i64,
    /// The hash of its newest line.
    pub head_hash: [u8; 32],
}

/// A line that does not follow from the one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditFault {
    /// Which chain.
    pub chain: String,
    /// Which line.
    pub sequence: i64,
    /// What is wrong, as a sentence.
    pub sentence: String,
}

pub(crate) const APPEND_AUDIT: SetWrite = SetWrite {
    attempt: "append to the audit trail",
    columns: &[
        ("chain", "text"),
        ("sequence", "bigint"),
        ("happened_at", "timestamptz"),
        ("account_id", "uuid"),
        ("organization_id", "uuid"),
        ("action", "text"),
        ("patient_id", "uuid"),
        ("message_id", "uuid"),
        ("detail", "text"),
        ("hash", "bytea"),
    ],
    sql: "
INSERT INTO audit ({columns})
{rows}",
    when_known: "",
};

pub(crate) const FIND_HEAD: &str = "
SELECT sequence, hash
FROM audit
WHERE chain = $1
ORDER BY sequence DESC
LIMIT 1";

/// The names of all chains, each found by one step along the primary key.
pub(crate) const LIST_CHAINS: &str = "
WITH RECURSIVE found (chain) AS (
    SELECT MIN(chain)
    FROM audit
    UNION ALL
    SELECT (SELECT MIN(audit.chain) FROM audit WHERE audit.chain > found.chain)
    FROM found
    WHERE found.chain IS NOT NULL
)
SELECT chain
FROM found
WHERE chain IS NOT NULL
ORDER BY chain";

pub(crate) const LIST_CHAIN: &str = "
SELECT chain, sequence, happened_at, account_id, organization_id, action, patient_id, message_id, detail, hash
FROM audit
WHERE chain = $1 AND sequence > $2
ORDER BY sequence
LIMIT $3";

/// The keys alone come from the index; only the lines that are shown are read.
const FIND_OF_ORGANIZATION: &str = "
SELECT chain, sequence
FROM audit
WHERE organization_id = $1";

pub(crate) const LIST_OF_PATIENT: &str = "
SELECT chain, sequence, happened_at, account_id, organization_id, action, patient_id, message_id, detail, hash
FROM audit
WHERE patient_id = $1 AND happened_at >= $2 AND happened_at < $3
ORDER BY happened_at DESC, chain, sequence DESC
LIMIT $4";

impl Database {
    /// Adds lines outside of any batch, in a chain that the programs of this node share.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn append_audit(&self, entries: &[AuditEntry]) -> Result<(), StoreError> {
        let chain = format!("{}/desk", self.options().node);
        let append = || {
            self.write(|connection| {
                let mut head = find_head(connection, &chain)?;
                let rows: Vec<_> = entries.iter().map(|entry| audit_values(&mut head, &chain, entry)).collect();
                connection.write_sets(&[Write::new(&APPEND_AUDIT, Expectation::AllNew, rows.into_iter())])
            })
        };
        // Another program of this node may have been faster; then the head is another one.
        (0..9)
            .map(|_| append())
            .find(|result| !matches!(result, Err(StoreError::Conflict { .. })))
            .unwrap_or_else(append)
    }

    /// The newest lines about a person of a period, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn audit_of_patient(
        &self,
        id: PatientId,
        period: &Range<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let (from, until) = (Value::instant(period.start), Value::instant(period.end));
        let values = [Value::Uuid(id.0), from, until, Value::Integer(limit.into())];
        self.read(|connection| {
            connection.query_as(LIST_OF_PATIENT, &values, "list the audit trail of a patient", read_audit)
        })
    }

    /// The newest lines of an organization that fit, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn audit_of_organization(&self, filter: &AuditFilter, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let (sql, values) = list_statement(filter, limit);
        self.read(|connection| {
            connection.query_as(&sql, &values, "list the audit trail of an organization", read_audit)
        })
    }

    /// Walks along all chains, and names every line that was changed, removed or put between others.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn verify_audit_chains(&self) -> Result<AuditVerification, StoreError> {
        let names = self.read(chain_names)?;
        let mut verification = AuditVerification::default();
        for name in names {
            self.verify_chain(&name, &mut verification)?;
        }
        Ok(verification)
    }

    fn verify_chain(&self, name: &str, verification: &mut AuditVerification) -> Result<(), StoreError> {
        let (mut head, mut line_count, mut faults) = (Head::START, 0, Vec::new());
        loop {
            let values = [Value::text(name), Value::Integer(head.sequence), Value::Integer(PAGE)];
            let lines = self.read(|connection| {
                connection.query_as(LIST_CHAIN, &values, "walk along the audit trail", read_audit)
            })?;
            let is_last_page = (lines.len() as i64) < PAGE;
            line_count += lines.len() as u64;
            for line in lines {
                let expected = head.followed_by(name, &line.entry);
                let sentence = match line.sequence {
                    sequence if sequence != expected.sequence => {
                        Some(format!("Lines {} to {} are missing: they were removed.", expected.sequence, sequence - 1))
                    }
                    _ if line.hash != expected.hash => Some(format!(
                        "It does not follow from line {}: one of the two was changed or put in.",
                        head.sequence
                    )),
                    _ => None,
                };
                head = Head { sequence: line.sequence, hash: line.hash };
                faults.extend(sentence.map(|sentence| AuditFault {
                    chain: name.to_owned(),
                    sequence: line.sequence,
                    sentence,
                }));
            }
            if is_last_page || faults.len() > FAULT_LIMIT {
                break;
            }
        }
        faults.truncate(FAULT_LIMIT);
        verification.faults.extend(faults);
        let (head_sequence, head_hash) = (head.sequence, head.hash);
        verification.chains.push(AuditChain { name: name.to_owned(), line_count, head_sequence, head_hash });
        Ok(())
    }
}

impl AuditRecord {
    /// Where it stands in a list.
    pub fn place(&self) -> AuditPlace {
        AuditPlace { at: self.entry.at, chain: self.chain.clone(), sequence: self.sequence }
    }
}

/// The statement that lists what fits, and its parameters.
pub(crate) fn list_statement(filter: &AuditFilter, limit: u32) -> (String, Vec<Value<'_>>) {
    let (mut sql, mut values) = (FIND_OF_ORGANIZATION.to_owned(), vec![Value::Uuid(filter.organization_id.0)]);
    let mut and = |clause: &str, value: Value<'static>| {
        values.push(value);
        sql.push_str(&format!("\n    AND {clause} ${}", values.len()));
    };
    if let Some(id) = filter.account_id {
        and("account_id =", Value::Uuid(id.0));
    }
    if let Some(before) = filter.before {
        and("happened_at <", Value::instant(before));
    }
    if let Some(AuditPlace { at, chain, sequence }) = &filter.after {
        // The bound alone is a range of the index; the rest tells lines of that instant apart.
        let first = values.len() + 1;
        let (chain_place, sequence_place) = (first + 1, first + 2);
        sql.push_str(&format!(
            "\n    AND happened_at <= ${first}\n    AND (happened_at < ${first} OR chain > ${chain_place}\
             \n        OR (chain = ${chain_place} AND sequence < ${sequence_place}))"
        ));
        values.extend([Value::instant(*at), Value::text(chain), Value::Integer(*sequence)]);
    }
    // The limit is part of the text: PostgreSQL plans for a tenth of the table where it is a parameter.
    const NEWEST_FIRST: &str = "ORDER BY happened_at DESC, chain, sequence DESC";
    let sql = format!(
        "
SELECT chain, sequence, happened_at, account_id, organization_id, action, patient_id, message_id, detail, hash
FROM audit
WHERE (chain, sequence) IN ({sql}
    {NEWEST_FIRST}
    LIMIT {limit})
{NEWEST_FIRST}"
    );
    (sql, values)
}

/// The end of a chain as it stands in the database.
pub(crate) fn find_head(connection: &mut Connection, chain: &str) -> Result<Head, StoreError> {
    let read = |row: &dyn Columns| Ok(Head { sequence: row.integer(0)?, hash: row.hash(1)? });
    let found = connection.query_as(FIND_HEAD, &[Value::text(chain)], "find the end of the audit trail", read)?;
    Ok(found.into_iter().next().unwrap_or(Head::START))
}

/// The columns of the next line of a chain, which becomes its head.
pub(crate) fn audit_values<'a>(head: &mut Head, chain: &'a str, entry: &'a AuditEntry) -> [Value<'a>; 10] {
    *head = head.followed_by(chain, entry);
    [
        Value::text(chain),
        Value::Integer(head.sequence),
        Value::instant(entry.at),
        Value::optional(entry.account_id, |id| Value::Uuid(id.0)),
        Value::Uuid(entry.organization_id.0),
        Value::text(entry.action.word()),
        Value::optional(entry.patient_id, |id| Value::Uuid(id.0)),
        Value::optional(entry.message_id, |id| Value::Uuid(id.0)),
        Value::text(&entry.detail),
        Value::Bytes(head.hash.to_vec().into()),
    ]
}

fn chain_names(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    connection.query_as(LIST_CHAINS, &[], "list the chains of the audit trail", |row| row.string(0))
}

fn read_audit(row: &dyn Columns) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        chain: row.string(0)?,
        sequence: row.integer(1)?,
        entry: AuditEntry {
            at: row.instant(2)?,
            account_id: row.optional_uuid(3)?.map(AccountId),
            organization_id: OrganizationId(row.uuid(4)?),
            action: row.word(5, AuditAction::parse)?,
            patient_id: row.optional_uuid(6)?.map(PatientId),
            message_id: row.optional_uuid(7)?.map(MessageId),
            detail: row.string(8)?,
        },
        hash: row.hash(9)?,
    })
}
