//! Who saw or changed a person's record: the person's own lines of the audit trail, and those of other numbers under which
//! their record stood.
//!
//! A merged record's lines are its survivor's, too. A merge that was undone leaves each its own lines; who saw the one
//! record while it was one saw both.

use std::ops::Range;

use jiff::Timestamp;
use model::{AuditAction, AuditEntry, Caller, PatientId, Right};
use store::AuditRecord;

use crate::{Admission, Registry, RegistryError};

/// Records and periods read for one list at most: more merges of one person are a mistake.
const PERIODS_MAXIMUM: usize = 256;

/// The lines of one record in a period.
type Period = (PatientId, Range<Timestamp>);

impl Registry {
    /// Who saw or changed a person's record, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn audit_of_patient(
        &self,
        _admission: &Admission,
        id: PatientId,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, RegistryError> {
        self.lines_of_person(id, limit)
    }

    /// A person's own access list: who saw or changed their record, newest first. That it was given out is written
    /// down, too.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub async fn access_list(
        &self,
        _admission: &Admission,
        caller: &Caller,
        patient: PatientId,
        limit: u32,
        at: Timestamp,
    ) -> Result<Vec<AuditRecord>, RegistryError> {
        self.authorize_here(caller, Right::ReadAccessList)?;
        let lines = self.blocking(move |registry| registry.lines_of_person(patient, limit)).await?;
        let entry = AuditEntry {
            at,
            account_id: caller.account_id,
            organization_id: caller.organization_id,
            action: AuditAction::RecordDisclosed,
            patient_id: Some(patient),
            message_id: None,
            detail: "list of who saw the record".into(),
        };
        self.lanes().note(None, vec![entry]).await?;
        Ok(lines)
    }

    fn lines_of_person(&self, id: PatientId, limit: u32) -> Result<Vec<AuditRecord>, RegistryError> {
        let leading = self.leading_of(id)?.map_or(id, |record| record.patient.id);
        let mut lines = Vec::new();
        for (id, period) in self.periods_of(leading)? {
            lines.extend(self.database().audit_of_patient(id, &period, limit)?);
        }
        lines.sort_by(|left: &AuditRecord, right: &AuditRecord| {
            let newest_first = right.entry.at.cmp(&left.entry.at);
            newest_first.then_with(|| (&left.chain, right.sequence).cmp(&(&right.chain, left.sequence)))
        });
        lines.dedup_by(|left, right| (&left.chain, left.sequence) == (&right.chain, right.sequence));
        lines.truncate(limit as usize);
        Ok(lines)
    }

    /// Under which numbers a person's record stood, and when.
    fn periods_of(&self, leading: PatientId) -> Result<Vec<Period>, RegistryError> {
        let ever = Timestamp::UNIX_EPOCH..Timestamp::MAX;
        let mut periods: Vec<Period> = vec![(leading, ever.clone())];
        let mut read = 0;
        while read < periods.len() && read < PERIODS_MAXIMUM {
            let (id, period) = periods[read].clone();
            read += 1;
            for merge in self.database().merges_of(id)? {
                let found = if merge.retired_id == id {
                    // The survivor's own merges say where it stood in that time.
                    let undone_at = merge.undone_at.unwrap_or(ever.end);
                    (merge.survivor_id, merge.merged_at.max(period.start)..undone_at.min(period.end))
                } else if merge.undone_at.is_none() && period == ever {
                    (merge.retired_id, ever.clone())
                } else {
                    continue;
                };
                let holds =
                    |known: &Period| known.0 == found.0 && known.1.start <= found.1.start && found.1.end <= known.1.end;
                if !found.1.is_empty() && !periods.iter().any(holds) {
                    periods.push(found);
                }
            }
        }
        Ok(periods)
    }
}
