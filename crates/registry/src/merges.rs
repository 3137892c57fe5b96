//! Merging two records of one person, and undoing it: reports move, and what is shown is made again from them.
//!
//! Every merge can be undone, also after later submissions: what it moved is written down, and goes back. What came
//! since goes to the person that it is nearer to; a withdrawal of consent of which that cannot be told counts for both.

mod moves;
mod restrictions;

use std::sync::Mutex;

use jiff::civil::Date;
use matching::Grouped;
use model::{AuditAction, AuditEntry, Caller, MergeId, PatientId, PatientRecord, PatientStatus, Receipt, Right};
use store::{Batch, Changes, Database, Lane, Merge, ReviewDecided, ReviewDecision, ReviewOpened};

use self::restrictions::Restrictions;
use crate::intake::{REPORTS_MAXIMUM, bucket_of, opened};
use crate::{Admission, Registry, RegistryError, consolidate};

/// The lane of reviewers: its audit chain is its own.
const LANE: usize = 1000;
/// How often a merge that lost a race against the intake is tried.
const TRIES_MAXIMUM: usize = 5;
/// Steps from a merged record to the one that leads on; more are a mistake.
const STEPS_MAXIMUM: usize = 64;

/// The lane on which reviewers' decisions are written, opened when the first is made.
#[derive(Default)]
pub(crate) struct ReviewersLane(Mutex<Option<Lane>>);

impl ReviewersLane {
    /// Runs work in one transaction; again, when it lost a race.
    pub(crate) fn run<T>(
        &self,
        database: &Database,
        buckets: &[i64],
        work: impl Fn(&mut Batch<'_>) -> Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        let mut lane = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if lane.is_none() {
            *lane = Some(database.lane(LANE)?);
        }
        let lane = lane.as_mut().expect("opened above");
        let mut tries = 1;
        loop {
            match lane.batch(buckets, &work) {
                Err(RegistryError::Store(error)) if error.is_conflict() && tries < TRIES_MAXIMUM => tries += 1,
                result => return result,
            }
        }
    }
}

impl Registry {
    /// Merges one record into another: everything reported of the retired one moves to the survivor, and its number
    /// leads on. Blocks.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; [`RegistryError::Refused`] when the two cannot be merged.
    pub fn merge_patients(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: &Receipt,
        retired_id: PatientId,
        survivor_id: PatientId,
        reason: &str,
    ) -> Result<Merge, RegistryError> {
        self.require_reviewer_of(caller, receipt, retired_id, survivor_id)?;
        let merge = Merge {
            id: MergeId(receipt.message_id.0),
            survivor_id,
            retired_id,
            merged_at: receipt.received_at,
            account_id: caller.account_id,
            organization_id: caller.organization_id,
            reason: reason.to_owned(),
            undone_at: None,
        };
        let buckets = self.buckets(&[retired_id, survivor_id])?;
        self.reviewers_lane().run(self.database(), &buckets, |batch| {
            self.merge_in(batch, &merge)?;
            let decision = ReviewDecision::Same;
            self.settle(batch, &merge, decision, AuditAction::PatientMerged)
        })?;
        Ok(merge)
    }

    /// Undoes a merge: the retired record stands on its own again, with what was reported of it before and since. The
    /// two are remembered not to be the same. Blocks.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; [`RegistryError::Refused`] when there is no such merge, or it is
    /// undone already.
    pub fn unmerge_patients(
        &self,
        _admission: &Admission,
        caller: &Caller,
        receipt: &Receipt,
        merge_id: MergeId,
        reason: &str,
    ) -> Result<Merge, RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let known = self.database().merge(merge_id)?;
        let known = known.ok_or_else(|| RegistryError::Refused("there is no such merge".into()))?;
        self.require_reviewer_of(caller, receipt, known.retired_id, known.survivor_id)?;
        let buckets = self.buckets(&[known.retired_id, known.survivor_id])?;
        self.reviewers_lane().run(self.database(), &buckets, |batch| {
            let merge = batch.merge(merge_id)?.filter(|merge| merge.undone_at.is_none());
            let merge = merge.ok_or_else(|| RegistryError::Refused("the merge is undone already".into()))?;
            self.unmerge_in(batch, &merge, receipt)?;
            let undone = Merge {
                account_id: caller.account_id,
                organization_id: caller.organization_id,
                merged_at: receipt.received_at,
                reason: reason.to_owned(),
                undone_at: Some(receipt.received_at),
                ..merge
            };
            self.settle(batch, &undone, ReviewDecision::NotTheSame, AuditAction::PatientUnmerged)?;
            Ok(undone)
        })
    }

    /// Every merge that a record took part in, the newest first; undone ones too.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn merges_of(&self, _admission: &Admission, patient_id: PatientId) -> Result<Vec<Merge>, RegistryError> {
        Ok(self.database().merges_of(patient_id)?)
    }

    fn require_reviewer_of(
        &self,
        caller: &Caller,
        receipt: &Receipt,
        one: PatientId,
        other: PatientId,
    ) -> Result<(), RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let records = self.database().patient_records(&[one, other])?;
        match records.as_slice() {
            [first, second] => self.require_reviewer(caller, first, second, receipt.today),
            _ => Err(RegistryError::Refused("these are not two people of the registry".into())),
        }
    }

    fn merge_in(&self, batch: &mut Batch<'_>, merge: &Merge) -> Result<(), RegistryError> {
        let (mut retired, mut survivor) = pair(batch, merge.retired_id, merge.survivor_id)?;
        let stands = |record: &PatientRecord| !matches!(record.patient.status, PatientStatus::MergedInto(_));
        if merge.retired_id == merge.survivor_id || !stands(&retired) || !stands(&survivor) {
            return Err(RegistryError::Refused("one of the two records is merged already".into()));
        }
        let reports = retired.vaccinations.len() + survivor.vaccinations.len();
        if reports > REPORTS_MAXIMUM {
            let reason = format!(
                "together the two have {reports} reports of doses, and {REPORTS_MAXIMUM} of one person are kept"
            );
            return Err(RegistryError::Refused(reason));
        }
        let versions = (retired.patient.version, survivor.patient.version);
        let parts = moves::move_all(&mut survivor, &mut retired, self.rules());
        survivor.patient.is_told_apart |= retired.patient.is_told_apart;
        if retired.patient.status == PatientStatus::Active {
            survivor.patient.status = PatientStatus::Active;
        }
        retired.patient.status = PatientStatus::MergedInto(merge.survivor_id);
        batch.record_merge(merge, &parts)?;
        self.replace(batch, [(survivor, versions.1), (retired, versions.0)], merge.merged_at, &[])
    }

    fn unmerge_in(&self, batch: &mut Batch<'_>, merge: &Merge, receipt: &Receipt) -> Result<(), RegistryError> {
        let holder_id = leading(batch, merge.retired_id)?;
        let (mut retired, mut holder) = pair(batch, merge.retired_id, holder_id)?;
        let versions = (retired.patient.version, holder.patient.version);
        let number = holder_id.number();
        let old_keys = matching::match_keys(&holder.patient.demographics, Some(&number));
        let parts = batch.merge_parts(merge.id)?;
        let restrictions = self.restrictions_since(merge, &holder, &parts, receipt)?;
        let undoing = moves::Undoing { merge_id: merge.id, parts: &parts, rules: self.rules(), restrictions };
        moves::move_back(&mut holder, &mut retired, undoing);
        retired.patient.status = PatientStatus::Active;
        (retired.patient.is_told_apart, holder.patient.is_told_apart) = (true, true);
        let new_keys = matching::match_keys(&holder.patient.demographics, Some(&number));
        let outdated: Vec<(i64, PatientId)> =
            old_keys.into_iter().filter(|key| !new_keys.contains(key)).map(|key| (key, holder_id)).collect();
        batch.record_unmerge(merge.id, receipt.received_at)?;
        self.replace(batch, [(holder, versions.1), (retired, versions.0)], receipt.received_at, &outdated)
    }

    /// What was said since a merge of who may see the records, with whom each message since named.
    fn restrictions_since(
        &self,
        merge: &Merge,
        holder: &PatientRecord,
        parts: &[uuid::Uuid],
        receipt: &Receipt,
    ) -> Result<Restrictions, RegistryError> {
        let mut restrictions = Restrictions::since(merge, holder, parts, receipt.message_id);
        for message_id in restrictions.messages() {
            let Some(original) = self.database().find_message(message_id)?.and_then(|message| message.original) else {
                continue;
            };
            let decoded = hl7::decode(&original);
            let message = hl7::Message::read(&decoded.text);
            // What was entered on a page names nobody but the record that was open.
            if message.begins_with_header()
                && let Some(stated) = hl7::read_submission(&message, self.codes(), &self.rules().clocks).patient
            {
                restrictions.named(message_id, stated.demographics);
            }
        }
        Ok(restrictions)
    }

    /// Writes two records anew, as they are now.
    fn replace(
        &self,
        batch: &mut Batch<'_>,
        records: [(PatientRecord, i64); 2],
        at: jiff::Timestamp,
        outdated_keys: &[(i64, PatientId)],
    ) -> Result<(), RegistryError> {
        let mut changes = Changes::default();
        let mut written = Vec::with_capacity(2);
        for (mut record, version) in records {
            record.patient.version = version + 1;
            record.patient.updated_at = at;
            let patient_id = record.patient.id;
            let keys = matching::match_keys(&record.patient.demographics, Some(&patient_id.number()));
            changes.match_keys.extend(keys.into_iter().map(|key| (key, patient_id)));
            batch.close_dose_reviews_of(patient_id)?;
            self.regroup(&mut record, &mut changes);
            written.push((record, version));
        }
        Ok(batch.replace_records(written, outdated_keys, changes)?)
    }

    /// Puts a record's doses together anew: its vaccinations, and what a reviewer has to decide about them.
    pub(crate) fn regroup(&self, record: &mut PatientRecord, changes: &mut Changes) -> Grouped {
        let grouped = consolidate::doses::group(record, self.rules());
        consolidate::doses::assign(record, &grouped);
        changes.vaccination_events.extend(consolidate::doses::events(record, &grouped));
        let patient = &record.patient;
        changes.dose_reviews.extend(opened(&grouped, patient.id, patient.updated_at, self.rules()));
        grouped
    }

    /// Writes down what is now known of the pair, and who did it.
    fn settle(
        &self,
        batch: &mut Batch<'_>,
        merge: &Merge,
        decision: ReviewDecision,
        action: AuditAction,
    ) -> Result<(), RegistryError> {
        let asked = batch.reviews_of(merge.retired_id)?;
        let is_turned = asked.iter().any(|review| review.patient_id == merge.survivor_id);
        let (patient_id, candidate) =
            if is_turned { (merge.survivor_id, merge.retired_id) } else { (merge.retired_id, merge.survivor_id) };
        batch.decide_review(&ReviewDecided {
            patient_id,
            candidate,
            decision,
            decided_at: merge.merged_at,
            account_id: merge.account_id,
            organization_id: merge.organization_id,
            reason: merge.reason.clone(),
        })?;
        let reviews = match decision {
            ReviewDecision::Same => passed_on(&asked, &batch.review_decisions_of(merge.retired_id)?, merge),
            ReviewDecision::NotTheSame | ReviewDecision::Later => Vec::new(),
        };
        let audit = [merge.retired_id, merge.survivor_id].map(|patient_id| AuditEntry {
            at: merge.merged_at,
            account_id: merge.account_id,
            organization_id: merge.organization_id,
            action,
            patient_id: Some(patient_id),
            message_id: None,
            detail: merge.reason.clone(),
        });
        batch.write(&Changes { audit: audit.to_vec(), reviews, ..Changes::default() })?;
        // Who waited for the retired record, and was found not to be the other, waits for nobody any more.
        let waiting = asked.iter().filter(|review| review.candidate == merge.retired_id);
        for review in waiting.filter(|_| decision == ReviewDecision::Same) {
            self.release(batch, review.patient_id, decision, merge.merged_at)?;
        }
        Ok(())
    }

    /// What to lock, so that no lane decides about these people meanwhile.
    pub(crate) fn buckets(&self, patients: &[PatientId]) -> Result<Vec<i64>, RegistryError> {
        let records = self.database().patient_records(patients)?;
        let days = records.iter().flat_map(|record| {
            let reports = record.reports.iter().map(|report| report.demographics.birth_date);
            reports.chain([record.patient.demographics.birth_date]).collect::<Vec<Option<Date>>>()
        });
        let mut buckets: Vec<i64> = days.map(bucket_of).collect();
        buckets.sort_unstable();
        buckets.dedup();
        Ok(buckets)
    }
}

/// Both records, in this order.
fn pair(
    batch: &mut Batch<'_>,
    one: PatientId,
    other: PatientId,
) -> Result<(PatientRecord, PatientRecord), RegistryError> {
    let mut records = batch.patient_records(&[one, other])?;
    let mut take = |id: PatientId| {
        let place = records.iter().position(|record| record.patient.id == id);
        place
            .map(|place| records.swap_remove(place))
            .ok_or_else(|| RegistryError::Refused("there is no such person".into()))
    };
    Ok((take(one)?, take(other)?))
}

/// The record that a merged one leads to.
fn leading(batch: &mut Batch<'_>, merged: PatientId) -> Result<PatientId, RegistryError> {
    match leading_or_itself(batch, merged)? {
        leading if leading != merged => Ok(leading),
        _ => Err(RegistryError::Refused("the record is not merged".into())),
    }
}

/// The record that one leads to: another where it is merged, itself where it stands.
pub(crate) fn leading_or_itself(batch: &mut Batch<'_>, id: PatientId) -> Result<PatientId, RegistryError> {
    let mut current = id;
    for _ in 0..STEPS_MAXIMUM {
        match batch.patient_records(&[current])?.first().map(|record| record.patient.status) {
            Some(PatientStatus::MergedInto(next)) => current = next,
            Some(_) => return Ok(current),
            None => break,
        }
    }
    Err(RegistryError::Refused("there is no such person".into()))
}

/// What is still to be decided of a record that leads on now: it is asked of the record that holds.
fn passed_on(asked: &[ReviewOpened], decisions: &[ReviewDecided], merge: &Merge) -> Vec<ReviewOpened> {
    let holds = |id| if id == merge.retired_id { merge.survivor_id } else { id };
    let is_open = |review: &&ReviewOpened| {
        let is_settled = |decided: &ReviewDecided| {
            (decided.patient_id, decided.candidate) == (review.patient_id, review.candidate)
                && decided.decision != ReviewDecision::Later
        };
        !decisions.iter().any(is_settled)
    };
    let passed = asked.iter().filter(is_open).map(|review| ReviewOpened {
        patient_id: holds(review.patient_id),
        candidate: holds(review.candidate),
        ..review.clone()
    });
    passed.filter(|review| review.patient_id != review.candidate).collect()
}
