//! To whom a record is shown: consent decides (`consents.rs`), and of somebody who waits for a review whom they may turn out
//! to be.

use jiff::Timestamp;
use model::{Caller, OrganizationId, PatientId, PatientRecord, PatientStatus};
use store::{Reading, ReviewDecision, StoreError};

use crate::query::people_under;
use crate::reviews::is_of;
use crate::{Registry, consents, consolidate};

impl Registry {
    /// A record as far as the caller may be told of it; `None`: to them there is nobody.
    ///
    /// Who waits for a review may be somebody that may not be shown, under another spelling. Until it is decided each
    /// organization is told of what it reported itself, and others of nothing.
    pub(crate) fn told_of(
        &self,
        caller: &Caller,
        mut record: PatientRecord,
        at: Timestamp,
        reading: &mut Reading<'_>,
    ) -> Result<Option<PatientRecord>, StoreError> {
        if !consents::is_shown(self.rules(), &record, self.today(at)) {
            return Ok(None);
        }
        if !self.may_be_withheld(caller, &record, at, reading)? {
            return Ok(Some(record));
        }
        let directory = self.directory().snapshot();
        let is_own = |reporter: OrganizationId| directory.is_related(caller.organization_id, reporter);
        record.reports.retain(|report| is_own(report.organization_id));
        record.vaccinations.retain(|report| is_own(report.organization_id));
        consolidate::consolidate(&mut record, self.rules());
        Ok(Some(record).filter(|record| !record.reports.is_empty()))
    }

    /// The same of several records.
    pub(crate) fn all_told_of(
        &self,
        caller: &Caller,
        records: Vec<PatientRecord>,
        at: Timestamp,
        reading: &mut Reading<'_>,
    ) -> Result<Vec<PatientRecord>, StoreError> {
        let told = records.into_iter().map(|record| self.told_of(caller, record, at, reading));
        told.filter_map(Result::transpose).collect()
    }

    /// Whether a record waits beside one that the caller may not see, and as one with it could not be shown either.
    fn may_be_withheld(
        &self,
        caller: &Caller,
        record: &PatientRecord,
        at: Timestamp,
        reading: &mut Reading<'_>,
    ) -> Result<bool, StoreError> {
        if record.patient.status != PatientStatus::Pending {
            return Ok(false);
        }
        let today = self.today(at);
        let is_seen = |other: &PatientRecord| {
            consents::is_shown(self.rules(), other, today) || self.withheld().is_open(caller, other.patient.id, at)
        };
        let is_shown_as_one = |other: &PatientRecord| {
            let mut one = record.clone();
            one.reports.extend_from_slice(&other.reports);
            one.consents.extend_from_slice(&other.consents);
            consolidate::consolidate(&mut one, self.rules());
            consents::is_shown(self.rules(), &one, today)
        };
        let possible = possible_others(record.patient.id, reading)?;
        Ok(possible.iter().any(|other| !is_seen(other) && !is_shown_as_one(other)))
    }
}

/// Those that somebody who waits for a review may be, as far as no reviewer found otherwise; merged ones by the record that
/// leads on.
pub(crate) fn possible_others(id: PatientId, reading: &mut Reading<'_>) -> Result<Vec<PatientRecord>, StoreError> {
    let decisions = reading.review_decisions_of(id)?;
    let is_other = |candidate: PatientId| {
        let mut decided = decisions.iter().filter(|decided| is_of(decided, id, candidate));
        decided.any(|decided| decided.decision == ReviewDecision::NotTheSame)
    };
    let asked = reading.reviews_of(id)?.into_iter().filter(|review| review.patient_id == id);
    let open: Vec<PatientId> = asked.map(|review| review.candidate).filter(|&candidate| !is_other(candidate)).collect();
    let mut possible = people_under(&[], &open, reading)?;
    possible.retain(|record| record.patient.id != id && !is_other(record.patient.id));
    Ok(possible)
}
