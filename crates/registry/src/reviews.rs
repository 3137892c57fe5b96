//! Possible matches: what waits, two records side by side, and what a reviewer decides.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use matching::Explanation;
use model::{
    AuditAction, AuditEntry, Caller, OrganizationId, PatientId, PatientRecord, PatientStatus, Receipt, Right, Standing,
};
use store::{Batch, Changes, Merge, ReviewDecided, ReviewDecision, ReviewOpened};

use crate::merges::leading_or_itself;
use crate::showing::possible_others;
use crate::{Admission, Registry, RegistryError, consents};

/// After so many hours, what was put off comes again.
pub(crate) const PUT_OFF_HOURS: i64 = 24;
/// Possible matches listed at most.
pub(crate) const LIST_MAXIMUM: u32 = 1000;

/// A possible match with both records as they are now.
#[derive(Clone, PartialEq, Debug)]
pub struct SideBySide {
    /// The record that gave rise to the question.
    pub patient: PatientRecord,
    /// The record that may be of the same person.
    pub candidate: PatientRecord,
    /// Why they may be one, fact by fact.
    pub explanation: Explanation,
    /// What was decided about them before.
    pub decided: Option<ReviewDecided>,
    /// The record that leads on, when both are one now.
    pub merged_into: Option<PatientId>,
    /// The merge that made them one.
    pub merge: Option<Merge>,
}

/// What was decided about a possible match, and how the two records stand now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecidedMatch {
    /// The decision.
    pub decided: ReviewDecided,
    /// The record that leads on, when both are one now.
    pub merged_into: Option<PatientId>,
}

impl Registry {
    /// Possible matches that wait, the oldest first: of all people for those who look after the registry's data, of
    /// their own for others, who learn of no record that may not be given out.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; or when the database cannot be read.
    pub fn open_reviews(
        &self,
        admission: &Admission,
        caller: &Caller,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<ReviewOpened>, RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let put_off_before = now.checked_sub(SignedDuration::from_hours(PUT_OFF_HOURS)).unwrap_or(Timestamp::MIN);
        let Some(reporters) = self.whose_people(admission, caller) else {
            return Ok(self.database().open_reviews(None, limit, put_off_before)?);
        };
        let today = self.today(now);
        let mut open = Vec::new();
        for review in self.database().open_reviews(Some(&reporters), LIST_MAXIMUM, put_off_before)? {
            if open.len() >= limit as usize {
                break;
            }
            if self.may_know_of(caller, &[review.patient_id, review.candidate], today)? {
                open.push(review);
            }
        }
        Ok(open)
    }

    /// Whether the caller may know of these records: the registry's own people of all, others of those that may be given
    /// out.
    fn may_know_of(&self, caller: &Caller, people: &[PatientId], today: Date) -> Result<bool, RegistryError> {
        for id in people {
            if self.leading_of(*id)?.is_some_and(|record| !self.is_known_to(caller, &record, today)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_known_to(&self, caller: &Caller, record: &PatientRecord, today: Date) -> bool {
        is_of_the_registry(caller) || consents::is_shown(self.rules(), record, today)
    }

    /// The organizations about whose people the caller may decide; `None` for the registry's own people, who may about all.
    pub(crate) fn whose_people(&self, admission: &Admission, caller: &Caller) -> Option<Vec<OrganizationId>> {
        if is_of_the_registry(caller) {
            return None;
        }
        let own = self.within_reach(admission, caller, Right::DecideMatch);
        Some(own.iter().map(|organization| organization.id).collect())
    }

    /// What reviewers decided about possible matches, the newest first, so that they find back to it: about all people for
    /// those who look after the registry's data, about their own for others.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; or when the database cannot be read.
    pub fn decided_reviews(
        &self,
        admission: &Admission,
        caller: &Caller,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DecidedMatch>, RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let reporters = self.whose_people(admission, caller);
        let decided = self.database().latest_review_decisions(reporters.as_deref(), limit)?;
        let mut found = Vec::with_capacity(decided.len());
        for decided in decided {
            let (one, other) = self.leading_pair(decided.patient_id, decided.candidate)?;
            // Of people who are not kept any more nothing is left to look at.
            let is_there = one.or(other).is_some();
            if is_there && self.may_know_of(caller, &[decided.patient_id, decided.candidate], self.today(now))? {
                found.push(DecidedMatch { decided, merged_into: one.filter(|_| one == other) });
            }
        }
        Ok(found)
    }

    /// The records that two lead to; `None` for one that is not kept any more.
    fn leading_pair(
        &self,
        one: PatientId,
        other: PatientId,
    ) -> Result<(Option<PatientId>, Option<PatientId>), RegistryError> {
        let [one, other] = [self.leading_of(one)?, self.leading_of(other)?].map(|found| found.map(|it| it.patient.id));
        Ok((one, other))
    }

    /// The merge that made one record of two: of one into the other, or the last of those into a third.
    fn merge_of_pair(&self, one: PatientId, other: PatientId) -> Result<Option<Merge>, RegistryError> {
        let pair = [one, other];
        let mut merges = self.database().merges_of(one)?;
        merges.extend(self.database().merges_of(other)?);
        merges.retain(|merge| merge.undone_at.is_none() && pair.contains(&merge.retired_id));
        Ok(merges.into_iter().max_by_key(|merge| (pair.contains(&merge.survivor_id), merge.merged_at)))
    }

    /// Whether the caller may decide about a record and know of it.
    pub(crate) fn may_review_shown(&self, caller: &Caller, record: &PatientRecord, now: Timestamp) -> bool {
        self.may_review(caller, record) && self.is_known_to(caller, record, self.today(now))
    }

    /// Whether the caller may decide about a record: the registry's own people about all, others about a record of which
    /// one of the reporters is within their reach.
    fn may_review(&self, caller: &Caller, record: &PatientRecord) -> bool {
        is_of_the_registry(caller)
            || record.reports.iter().any(|report| self.may(caller, Right::DecideMatch, report.organization_id))
    }

    /// Whether the caller may see two records beside one another and decide about them: of the registry's own people all, others
    /// where one of the two is theirs, the question was asked, and both may be given out. A site cannot look at anybody by
    /// naming them beside its own.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] when they may not; when the database cannot be read.
    pub(crate) fn require_reviewer(
        &self,
        caller: &Caller,
        one: &PatientRecord,
        other: &PatientRecord,
        today: Date,
    ) -> Result<(), RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        if is_of_the_registry(caller) {
            return Ok(());
        }
        let (one_id, other_id) = (one.patient.id, other.patient.id);
        let asked = self.database().reviews_of(one_id)?;
        let is_asked = asked.iter().any(|review| {
            let pair = (review.patient_id, review.candidate);
            pair == (one_id, other_id) || pair == (other_id, one_id)
        });
        let is_theirs = self.may_review(caller, one) || self.may_review(caller, other);
        match is_asked && is_theirs && self.may_know_of(caller, &[one_id, other_id], today)? {
            true => Ok(()),
            false => Err(RegistryError::Forbidden { right: Right::DecideMatch }),
        }
    }

    /// Two records side by side, with an explanation.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; [`RegistryError::Refused`] when one of them does not exist.
    pub fn side_by_side(
        &self,
        _admission: &Admission,
        caller: &Caller,
        now: Timestamp,
        (patient_id, candidate_id): (PatientId, PatientId),
    ) -> Result<SideBySide, RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let records = self.database().patient_records(&[patient_id, candidate_id])?;
        let find = |id: PatientId| {
            let found = records.iter().find(|record| record.patient.id == id).cloned();
            // To others than the registry's people, a record that is not theirs and one that is not there are the same.
            found.ok_or_else(|| match is_of_the_registry(caller) {
                true => RegistryError::Refused("there is no such person".into()),
                false => RegistryError::Forbidden { right: Right::DecideMatch },
            })
        };
        let (patient, candidate) = (find(patient_id)?, find(candidate_id)?);
        self.require_reviewer(caller, &patient, &candidate, self.today(now))?;
        let matcher = &self.rules().matcher;
        let explanation = matcher.explain(&patient.patient.demographics, &candidate.patient.demographics);
        let decisions = self.database().review_decisions_of(patient_id)?;
        let decided = decisions.into_iter().find(|decided| is_of(decided, patient_id, candidate_id));
        let (one, other) = self.leading_pair(patient_id, candidate_id)?;
        let merged_into = one.filter(|_| one == other);
        let merge = if merged_into.is_some() { self.merge_of_pair(patient_id, candidate_id)? } else { None };
        Ok(SideBySide { patient, candidate, explanation, decided, merged_into, merge })
    }

    /// Compares two records and says why they are of one person, may be, or are not. For operators: consent is not asked.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when one of them does not exist.
    pub fn explain_pair(
        &self,
        _admission: &Admission,
        one: PatientId,
        other: PatientId,
    ) -> Result<Explanation, RegistryError> {
        let records = self.database().patient_records(&[one, other])?;
        let find = |id: PatientId| {
            let found = records.iter().find(|record| record.patient.id == id);
            found.ok_or_else(|| RegistryError::Refused("there is no such person".into()))
        };
        let (one, other) = (find(one)?, find(other)?);
        Ok(self.rules().matcher.explain(&one.patient.demographics, &other.patient.demographics))
    }

    /// Decides a possible match: the same (they are merged, the pending record into the other), not the same (kept for
    /// ever), or later. Gives the merge, when they were merged. Blocks.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; [`RegistryError::Refused`] when they cannot be merged, or are one record
    /// already.
    pub fn decide_review(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: &Receipt,
        (patient_id, candidate_id): (PatientId, PatientId),
        decision: ReviewDecision,
        reason: &str,
    ) -> Result<Option<Merge>, RegistryError> {
        let pair = self.side_by_side(admission, caller, receipt.received_at, (patient_id, candidate_id))?;
        if decision == ReviewDecision::Same {
            let is_candidate_pending = pair.candidate.patient.status == PatientStatus::Pending
                && pair.patient.patient.status == PatientStatus::Active;
            let (retired, survivor) =
                if is_candidate_pending { (candidate_id, patient_id) } else { (patient_id, candidate_id) };
            return self.merge_patients(admission, caller, receipt, retired, survivor, reason).map(Some);
        }
        let decided = ReviewDecided {
            patient_id,
            candidate: candidate_id,
            decision,
            decided_at: receipt.received_at,
            account_id: caller.account_id,
            organization_id: caller.organization_id,
            reason: reason.to_owned(),
        };
        let buckets = self.buckets(&[patient_id, candidate_id])?;
        self.reviewers_lane().run(self.database(), &buckets, |batch| {
            if leading_or_itself(batch, patient_id)? == leading_or_itself(batch, candidate_id)? {
                return Err(RegistryError::Refused("the two are one record already".into()));
            }
            // As it was asked, whichever of the two was named first.
            let is_turned = batch.reviews_of(patient_id)?.iter().any(|review| review.patient_id == candidate_id);
            let (patient_id, candidate) =
                if is_turned { (candidate_id, patient_id) } else { (patient_id, candidate_id) };
            batch.decide_review(&ReviewDecided { patient_id, candidate, ..decided.clone() })?;
            for id in [patient_id, candidate] {
                self.release(batch, id, decision, receipt.received_at)?;
            }
            let audit = AuditEntry {
                at: receipt.received_at,
                account_id: caller.account_id,
                organization_id: caller.organization_id,
                action: AuditAction::MatchReviewed,
                patient_id: Some(patient_id),
                message_id: None,
                detail: format!("{}: {reason}", decision.word()),
            };
            Ok(batch.write(&Changes { audit: vec![audit], ..Changes::default() })?)
        })?;
        Ok(None)
    }

    /// A record that was found not to be the same as another remembers it; a pending one, of which every possible match
    /// was found so, stands on its own.
    pub(crate) fn release(
        &self,
        batch: &mut Batch<'_>,
        id: PatientId,
        decision: ReviewDecision,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let is_free = possible_others(id, batch)?.is_empty();
        for mut record in batch.patient_records(&[id])? {
            let is_released = is_free && record.patient.status == PatientStatus::Pending;
            let is_told_apart = decision == ReviewDecision::NotTheSame && !record.patient.is_told_apart;
            if is_released || is_told_apart {
                let expected_version = record.patient.version;
                if is_released {
                    record.patient.status = PatientStatus::Active;
                }
                record.patient.is_told_apart |= is_told_apart;
                record.patient.version += 1;
                record.patient.updated_at = at;
                let change = store::PatientChange { patient: record.patient, expected_version: Some(expected_version) };
                batch.write(&Changes { patients: vec![change], ..Changes::default() })?;
            }
        }
        Ok(())
    }
}

fn is_of_the_registry(caller: &Caller) -> bool {
    match caller.standing {
        Standing::Operator => true,
        Standing::Person(role) => role.is_of_the_registry(),
        Standing::Program => false,
    }
}

pub(crate) fn is_merged(record: &PatientRecord) -> bool {
    matches!(record.patient.status, PatientStatus::MergedInto(_))
}

pub(crate) fn is_of(decided: &ReviewDecided, one: PatientId, other: PatientId) -> bool {
    (decided.patient_id, decided.candidate) == (one, other) || (decided.patient_id, decided.candidate) == (other, one)
}
