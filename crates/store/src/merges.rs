//! Merges: records that were found to be of one person, what was moved, and how it is moved back.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{AccountId, MergeId, OrganizationId, PatientId, PatientRecord};
use uuid::Uuid;

use crate::batch::Batch;
use crate::database::Connection;
use crate::reviews::READ_TOLD_APART;
use crate::sets::{Keys, SetRead};
use crate::value::{Columns, Value};
use crate::{Changes, Database, PatientChange, StoreError};

pub(crate) const INSERT_MERGE: &str = "
INSERT INTO merge (id, survivor_id, retired_id, merged_at, account_id, organization_id, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)";

pub(crate) const INSERT_MERGE_PART: &str = "
INSERT INTO merge_part (merge_id, part_id)
VALUES ($1, $2)";

pub(crate) const UNDO_MERGE: &str = "
UPDATE merge
SET undone_at = $2
WHERE id = $1 AND undone_at IS NULL";

pub(crate) const FIND_MERGE: &str = "
SELECT id, survivor_id, retired_id, merged_at, account_id, organization_id, reason, undone_at
FROM merge
WHERE id = $1";

pub(crate) const LIST_MERGES_OF: &str = "
SELECT id, survivor_id, retired_id, merged_at, account_id, organization_id, reason, undone_at
FROM merge
WHERE survivor_id = $1 OR retired_id = $1
ORDER BY merged_at DESC, id DESC";

pub(crate) const LIST_MERGE_PARTS: &str = "
SELECT part_id
FROM merge_part
WHERE merge_id = $1
ORDER BY part_id";

pub(crate) const READ_RETIRED: SetRead = SetRead {
    attempt: "read who was merged",
    sql: "
SELECT survivor_id, retired_id
FROM merge
WHERE undone_at IS NULL AND survivor_id {among}",
    limit_per_key: None,
};

pub(crate) const REMOVE_PATIENT_REPORTS: &str = "
DELETE FROM patient_report
WHERE patient_id = $1";

pub(crate) const REMOVE_VACCINATION_REPORTS: &str = "
DELETE FROM vaccination_report
WHERE patient_id = $1";

pub(crate) const REMOVE_CONSENTS: &str = "
DELETE FROM consent
WHERE patient_id = $1";

pub(crate) const REMOVE_MATCH_KEY: &str = "
DELETE FROM match_key
WHERE key = $1 AND patient_id = $2";

/// One merge of two records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Merge {
    /// Its id.
    pub id: MergeId,
    /// The record that leads on.
    pub survivor_id: PatientId,
    /// The record that was merged into it.
    pub retired_id: PatientId,
    /// When.
    pub merged_at: Timestamp,
    /// By whom; `None` for the operator.
    pub account_id: Option<AccountId>,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// Why, in a few words without personal data.
    pub reason: String,
    /// When it was undone.
    pub undone_at: Option<Timestamp>,
}

impl Database {
    /// A merge.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn merge(&self, id: MergeId) -> Result<Option<Merge>, StoreError> {
        let values = [Value::Uuid(id.0)];
        let found = self.read(|connection| connection.query_as(FIND_MERGE, &values, "read a merge", read_merge))?;
        Ok(found.into_iter().next())
    }

    /// Who was found not to be the same as whom, among these people and those merged into them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn told_apart(&self, people: &[PatientId]) -> Result<Vec<(PatientId, PatientId)>, StoreError> {
        self.read(|connection| told_apart(connection, people))
    }

    /// Every merge that a record took part in, the newest first; undone ones too.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn merges_of(&self, patient_id: PatientId) -> Result<Vec<Merge>, StoreError> {
        let values = [Value::Uuid(patient_id.0)];
        self.read(|connection| connection.query_as(LIST_MERGES_OF, &values, "list the merges of a person", read_merge))
    }
}

impl Batch<'_> {
    /// A merge, read in the batch's transaction.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn merge(&mut self, id: MergeId) -> Result<Option<Merge>, StoreError> {
        let found = self.connection().query_as(FIND_MERGE, &[Value::Uuid(id.0)], "read a merge", read_merge)?;
        Ok(found.into_iter().next())
    }

    /// The ids of the reports, doses and consents that a merge moved.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn merge_parts(&mut self, id: MergeId) -> Result<Vec<Uuid>, StoreError> {
        let read = |row: &dyn Columns| row.uuid(0);
        self.connection().query_as(LIST_MERGE_PARTS, &[Value::Uuid(id.0)], "read what a merge moved", read)
    }

    /// Writes a merge down, with what it moves.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record_merge(&mut self, merge: &Merge, parts: &[Uuid]) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(merge.id.0),
            Value::Uuid(merge.survivor_id.0),
            Value::Uuid(merge.retired_id.0),
            Value::instant(merge.merged_at),
            Value::optional(merge.account_id, |id| Value::Uuid(id.0)),
            Value::Uuid(merge.organization_id.0),
            Value::text(&merge.reason),
        ];
        self.connection().execute(INSERT_MERGE, &values, "record a merge")?;
        for part in parts {
            let values = [Value::Uuid(merge.id.0), Value::Uuid(*part)];
            self.connection().execute(INSERT_MERGE_PART, &values, "record what a merge moves")?;
        }
        Ok(())
    }

    /// Marks a merge undone.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is undone already.
    pub fn record_unmerge(&mut self, id: MergeId, undone_at: Timestamp) -> Result<(), StoreError> {
        const ATTEMPT: &str = "undo a merge";
        let changed =
            self.connection().execute(UNDO_MERGE, &[Value::Uuid(id.0), Value::instant(undone_at)], ATTEMPT)?;
        match changed {
            1 => Ok(()),
            _ => Err(StoreError::Conflict { attempted: ATTEMPT.to_owned() }),
        }
    }

    /// Writes records anew, whole: whatever stood under these people before is replaced. `outdated_keys` no longer
    /// lead to them.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a record is not of the expected version any more.
    pub fn replace_records(
        &mut self,
        records: Vec<(PatientRecord, i64)>,
        outdated_keys: &[(i64, PatientId)],
        mut changes: Changes,
    ) -> Result<(), StoreError> {
        const ATTEMPT: &str = "move what was reported from one person to another";
        for (record, _) in &records {
            let values = [Value::Uuid(record.patient.id.0)];
            for sql in [REMOVE_PATIENT_REPORTS, REMOVE_VACCINATION_REPORTS, REMOVE_CONSENTS] {
                self.connection().execute(sql, &values, ATTEMPT)?;
            }
        }
        for (key, patient_id) in outdated_keys {
            let values = [Value::Integer(*key), Value::Uuid(patient_id.0)];
            self.connection().execute(REMOVE_MATCH_KEY, &values, ATTEMPT)?;
        }
        for (record, expected) in records {
            changes.patient_reports.extend(record.reports);
            changes.vaccination_reports.extend(record.vaccinations);
            changes.consents.extend(record.consents);
            changes.patients.push(PatientChange { patient: record.patient, expected_version: Some(expected) });
        }
        self.write(&changes)
    }
}

pub(crate) fn told_apart(
    connection: &mut Connection,
    people: &[PatientId],
) -> Result<Vec<(PatientId, PatientId)>, StoreError> {
    let mut survivors: HashMap<Uuid, Uuid> = people.iter().map(|id| (id.0, id.0)).collect();
    let mut ids: Vec<Uuid> = survivors.keys().copied().collect();
    while !ids.is_empty() {
        let mut retired = Vec::new();
        connection.read_sets(&[(&READ_RETIRED, Keys::Ids(&ids))], &mut |_, row| {
            retired.push((row.uuid(0)?, row.uuid(1)?));
            Ok(())
        })?;
        ids.clear();
        for (survivor, merged) in retired {
            let leads_on = survivors.get(&survivor).copied().unwrap_or(survivor);
            if survivors.insert(merged, leads_on).is_none() {
                ids.push(merged);
            }
        }
    }
    let asked: Vec<Uuid> = survivors.keys().copied().collect();
    let mut pairs = Vec::new();
    connection.read_sets(&[(&READ_TOLD_APART, Keys::Ids(&asked))], &mut |_, row| {
        let (one, other) = (row.uuid(0)?, row.uuid(1)?);
        if let (Some(one), Some(other)) = (survivors.get(&one), survivors.get(&other)) {
            pairs.push((PatientId(*one.min(other)), PatientId(*one.max(other))));
        }
        Ok(())
    })?;
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pairs)
}

fn read_merge(row: &dyn Columns) -> Result<Merge, StoreError> {
    Ok(Merge {
        id: MergeId(row.uuid(0)?),
        survivor_id: PatientId(row.uuid(1)?),
        retired_id: PatientId(row.uuid(2)?),
        merged_at: row.instant(3)?,
        account_id: row.optional_uuid(4)?.map(AccountId),
        organization_id: OrganizationId(row.uuid(5)?),
        reason: row.string(6)?,
        undone_at: row.optional_instant(7)?,
    })
}
