//! Doses that may be one: what waits, and what a reviewer decides. Each decision can be undone.
//!
//! A decision stands with both reports and moves with them, so that consolidation needs nothing else.

use jiff::{SignedDuration, Timestamp};
use matching::{DoseComparison, DoseRules};
use model::{
    AuditAction, AuditEntry, Caller, PatientId, PatientRecord, PatientStatus, Receipt, ReportVerdict, Right,
    VaccinationReport, VaccinationReportId,
};
use store::{Batch, Changes, DoseReview, DoseReviewDecided, DoseReviewOpened, DoseReviewState};

use crate::consolidate::doses::{ExplainedDoses, ask, explain, group, known_dose};
use crate::intake::over;
use crate::reviews::{LIST_MAXIMUM, PUT_OFF_HOURS, is_merged};
use crate::{Admission, Registry, RegistryError};

/// Steps from a merged record to the one that leads on; more are a mistake.
const STEPS_MAXIMUM: usize = 64;

/// What a reviewer decides about two reports of doses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DoseReviewDecision {
    /// They are of one dose.
    Same,
    /// They are of two doses: kept for ever.
    NotTheSame,
    /// It cannot be said yet.
    Later,
    /// What was decided before does not hold any more: the rules decide.
    Undo,
}

impl DoseReviewDecision {
    /// Reads its word.
    pub fn parse(word: &str) -> Option<DoseReviewDecision> {
        use DoseReviewDecision::{Later, NotTheSame, Same, Undo};
        [Same, NotTheSame, Later, Undo].into_iter().find(|decision| decision.word() == word)
    }

    /// The word in answers and in the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            DoseReviewDecision::Same => "same",
            DoseReviewDecision::NotTheSame => "not_the_same",
            DoseReviewDecision::Later => "later",
            DoseReviewDecision::Undo => "undo",
        }
    }
}

/// Two reports that may be of one dose, as they are now.
#[derive(Clone, PartialEq, Debug)]
pub struct DosePair {
    /// Whose they are.
    pub patient_id: PatientId,
    /// The one report.
    pub one: VaccinationReport,
    /// The other.
    pub other: VaccinationReport,
    /// What the rules say of them, decisions included.
    pub comparison: DoseComparison,
    /// Whether the two stand as two vaccinations because nobody has decided.
    pub is_unsure: bool,
    /// How it stands with reviewers; `None` when nobody was asked.
    pub review: Option<DoseReview>,
}

impl Registry {
    /// A person's vaccinations, each with its reports, the rules that put them together, and the source of each fact.
    /// For operators: consent is not asked.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when the person does not exist.
    pub fn explain_doses(
        &self,
        _admission: &Admission,
        patient_id: PatientId,
    ) -> Result<ExplainedDoses, RegistryError> {
        Ok(explain(&self.require_leading(patient_id)?, self.rules()))
    }

    /// By what doses are told apart here.
    pub fn dose_rules(&self) -> &DoseRules {
        &self.rules().doses
    }

    /// Doses that may be one and wait for a reviewer, the oldest first: of all people for those who look after the
    /// registry's data, of their own for others, who learn of no record that may not be given out.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; or when the database cannot be read.
    pub fn open_dose_reviews(
        &self,
        admission: &Admission,
        caller: &Caller,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DosePair>, RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let put_off_before = now.checked_sub(SignedDuration::from_hours(PUT_OFF_HOURS)).unwrap_or(Timestamp::MIN);
        let reporters = self.whose_people(admission, caller);
        let open = self.database().open_dose_reviews(reporters.as_deref(), LIST_MAXIMUM, put_off_before)?;
        self.pairs_of(caller, now, open, limit, |pair| pair.is_unsure)
    }

    /// Pairs of doses that reviewers decided about, the newest decision first, so that they find back to it: of all people
    /// for those who look after the registry's data, of their own for others.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; or when the database cannot be read.
    pub fn decided_dose_reviews(
        &self,
        admission: &Admission,
        caller: &Caller,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DosePair>, RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let reporters = self.whose_people(admission, caller);
        let decided = self.database().decided_dose_reviews(reporters.as_deref(), LIST_MAXIMUM)?;
        self.pairs_of(caller, now, decided, limit, |_| true)
    }

    /// The pairs as they are now, those that are wanted, of people about whom the caller may decide.
    fn pairs_of(
        &self,
        caller: &Caller,
        now: Timestamp,
        reviews: Vec<DoseReview>,
        limit: u32,
        is_wanted: impl Fn(&DosePair) -> bool,
    ) -> Result<Vec<DosePair>, RegistryError> {
        let mut pairs = Vec::new();
        for review in reviews {
            if pairs.len() >= limit as usize {
                break;
            }
            let record = self.leading_of(review.opened.patient_id)?;
            let Some(record) = record.filter(|record| self.may_review_shown(caller, record, now)) else { continue };
            let (one, other) = (review.opened.one, review.opened.other);
            pairs.extend(self.pair(&record, one, other, Some(review)).ok().filter(&is_wanted));
        }
        Ok(pairs)
    }

    /// Two reports of one person's doses, side by side.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; [`RegistryError::Refused`] when one of them does not exist.
    pub fn dose_pair(
        &self,
        _admission: &Admission,
        caller: &Caller,
        now: Timestamp,
        (patient_id, one, other): (PatientId, VaccinationReportId, VaccinationReportId),
    ) -> Result<DosePair, RegistryError> {
        self.authorize_here(caller, Right::DecideMatch)?;
        let record = self.require_leading(patient_id)?;
        if !self.may_review_shown(caller, &record, now) {
            return Err(RegistryError::Forbidden { right: Right::DecideMatch });
        }
        let review = self.database().dose_review(one.min(other), one.max(other))?;
        self.pair(&record, one, other, review)
    }

    /// Decides about two reports of one person: of one dose, of two for ever, later, or as the rules say. What is shown
    /// of the person is made again. Gives the pair as it is then. Blocks.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; [`RegistryError::Refused`] when one of them does not exist, or they
    /// cannot be of one dose.
    pub fn decide_dose_review(
        &self,
        admission: &Admission,
        caller: &Caller,
        receipt: &Receipt,
        asked: (PatientId, VaccinationReportId, VaccinationReportId),
        decision: DoseReviewDecision,
        reason: &str,
    ) -> Result<DosePair, RegistryError> {
        let pair = self.dose_pair(admission, caller, receipt.received_at, asked)?;
        if decision == DoseReviewDecision::Same {
            may_be_one(&pair)?;
        }
        let decided = decided(&pair, caller, receipt, decision, reason, self.rules().doses.version());
        let buckets = self.buckets(&[pair.patient_id])?;
        self.reviewers_lane().run(self.database(), &buckets, |batch| {
            let record = batch.patient_records(&[pair.patient_id])?.pop();
            let record = record.filter(|record| !is_merged(record)).ok_or_else(no_such_person)?;
            match &decided {
                Some(decided) => batch.decide_dose_review(decided)?,
                None => batch.forget_dose_review(pair.one.id.min(pair.other.id), pair.one.id.max(pair.other.id))?,
            }
            self.apply_verdict(batch, record, &pair, decision, receipt)?;
            let audit = AuditEntry {
                at: receipt.received_at,
                account_id: caller.account_id,
                organization_id: caller.organization_id,
                action: AuditAction::MatchReviewed,
                patient_id: Some(pair.patient_id),
                message_id: None,
                detail: format!(
                    "doses {} and {}: {}: {reason}",
                    pair.one.id.number(),
                    pair.other.id.number(),
                    decision.word()
                ),
            };
            Ok(batch.write(&Changes { audit: vec![audit], ..Changes::default() })?)
        })?;
        self.dose_pair(admission, caller, receipt.received_at, asked)
    }

    /// Writes a decision to both reports and puts the person's doses together anew.
    fn apply_verdict(
        &self,
        batch: &mut Batch<'_>,
        mut record: PatientRecord,
        pair: &DosePair,
        decision: DoseReviewDecision,
        receipt: &Receipt,
    ) -> Result<(), RegistryError> {
        if decision == DoseReviewDecision::Later {
            return Ok(());
        }
        let before = group(&record, self.rules());
        for (of, with) in [(pair.one.id, pair.other.id), (pair.other.id, pair.one.id)] {
            let report = record.vaccinations.iter_mut().find(|report| report.id == of).ok_or_else(no_such_dose)?;
            report.verdicts.retain(|verdict| verdict.other != with);
            if decision != DoseReviewDecision::Undo {
                report.verdicts.push(ReportVerdict {
                    other: with,
                    is_same: decision == DoseReviewDecision::Same,
                    administered_on: report.dose.administered_on,
                    cvx: report.dose.cvx,
                });
            }
        }
        let expected = record.patient.version;
        record.patient.version += 1;
        record.patient.updated_at = receipt.received_at;
        let mut changes = Changes::default();
        let now = self.regroup(&mut record, &mut changes);
        changes.closed_dose_reviews.extend(over(&before, &now));
        Ok(batch.replace_records(vec![(record, expected)], &[], changes)?)
    }

    fn pair(
        &self,
        record: &PatientRecord,
        one: VaccinationReportId,
        other: VaccinationReportId,
        review: Option<DoseReview>,
    ) -> Result<DosePair, RegistryError> {
        let find = |id| {
            let found = record.vaccinations.iter().find(|report| report.id == id && !report.is_deleted);
            found.cloned().ok_or_else(no_such_dose)
        };
        let (one, other) = (find(one)?, find(other)?);
        let comparison =
            ask(self.rules(), |vaccines| self.rules().doses.compare(&known_dose(&one), &known_dose(&other), vaccines));
        let (first, second) = (one.id.min(other.id), one.id.max(other.id));
        let unsure = group(record, self.rules()).unsure;
        let is_unsure = unsure.iter().any(|pair| (pair.one, pair.other) == (first, second));
        Ok(DosePair { patient_id: record.patient.id, one, other, comparison, is_unsure, review })
    }

    fn require_leading(&self, patient_id: PatientId) -> Result<PatientRecord, RegistryError> {
        self.leading_of(patient_id)?.ok_or_else(no_such_person)
    }

    pub(crate) fn leading_of(&self, patient_id: PatientId) -> Result<Option<PatientRecord>, RegistryError> {
        let mut current = patient_id;
        for _ in 0..STEPS_MAXIMUM {
            let Some(record) = self.database().patient_records(&[current])?.pop() else { return Ok(None) };
            match record.patient.status {
                PatientStatus::MergedInto(next) => current = next,
                PatientStatus::Active | PatientStatus::Pending => return Ok(Some(record)),
            }
        }
        Ok(None)
    }
}

/// Whether a reviewer can say that the two are of one dose: two given doses whose vaccines share a group.
fn may_be_one(pair: &DosePair) -> Result<(), RegistryError> {
    use matching::DoseRule::{NoSharedGroup, NotGiven};
    if pair.one.id == pair.other.id || matches!(pair.comparison.rule, NotGiven | NoSharedGroup) {
        let sentence = format!("the two cannot be of one dose: {}", pair.comparison.rule.sentence());
        return Err(RegistryError::Refused(sentence));
    }
    Ok(())
}

/// What is written down of a decision; `None` when an earlier one is forgotten.
fn decided(
    pair: &DosePair,
    caller: &Caller,
    receipt: &Receipt,
    decision: DoseReviewDecision,
    reason: &str,
    version: &str,
) -> Option<DoseReviewDecided> {
    let state = match decision {
        DoseReviewDecision::Same => DoseReviewState::Same,
        DoseReviewDecision::NotTheSame => DoseReviewState::NotTheSame,
        DoseReviewDecision::Later => DoseReviewState::Later,
        DoseReviewDecision::Undo => return None,
    };
    let rule = pair.comparison.rule;
    Some(DoseReviewDecided {
        pair: DoseReviewOpened {
            one: pair.one.id.min(pair.other.id),
            other: pair.one.id.max(pair.other.id),
            patient_id: pair.patient_id,
            opened_at: receipt.received_at,
            rule: format!("{} {} ({version})", rule.id(), rule.sentence()),
        },
        state,
        account_id: caller.account_id,
        organization_id: caller.organization_id,
        reason: reason.to_owned(),
    })
}

fn no_such_person() -> RegistryError {
    RegistryError::Refused("there is no such person".into())
}

fn no_such_dose() -> RegistryError {
    RegistryError::Refused("there is no such report of a dose of this person".into())
}
