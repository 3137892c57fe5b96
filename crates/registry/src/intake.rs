//! The story of a submission: validate, match the person, check consent, deduplicate, consolidate, store, answer.
//!
//! [`decide`] tells it, purely: the same rules, the same submission and the same world give the same decision. The
//! lanes in `intake/lanes.rs` read the world for many submissions at once, let each be decided in order, write what
//! changed in one commit, and answer only after it.

mod corrections;
mod doses;
mod ids;
mod lanes;
mod log;
mod page_corrections;
mod people;
mod reading;
mod validate;
mod world;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use codes::CodeSets;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use matching::{DoseRules, Grouped, Matcher, Weights};
use model::{
    Action, AuditAction, AuditEntry, FileMessage, Finding, FindingKind, Location, LoggedMessage, MessageState, Outcome,
    PatientId, PatientRecord, PatientStatement, Recurrence, Rest, Severity, Submission, VaccinationStatement, Verdict,
};
use store::{KnownMessage, ReviewOpened};

use crate::exclusions::{Excluded, Keyed, may_exclude};
use crate::{Admission, Profile, Registry, RegistryError, consents};

pub use doses::REPORTS_MAXIMUM;
pub(crate) use ids::{Purpose, derive};
pub use lanes::BATCH_MAXIMUM;
pub(crate) use lanes::{Lanes, bucket_of};
pub(crate) use log::without_value;
pub use people::FACTS_MAXIMUM;
pub(crate) use people::{is_same_name, remember};
pub use world::World;
pub(crate) use world::{opened, over};

/// Bytes of a header segment that are kept for the answer.
const HEADER_BYTES_MAXIMUM: usize = 1024;

/// What decisions are made by: the jurisdiction and the codes.
#[derive(Debug)]
pub struct Rules {
    /// The jurisdiction's profile.
    pub profile: Profile,
    /// The code tables in use.
    pub codes: Arc<CodeSets>,
    /// By what people are told apart.
    pub matcher: Matcher,
    /// By what doses are told apart.
    pub doses: DoseRules,
    /// Where the registry's days begin and end.
    pub(crate) time_zone: TimeZone,
    /// The clocks of organizations that have none of their own: those of the jurisdiction.
    pub(crate) clocks: hl7::Clocks,
    /// By what those are known again who were destroyed; learned when there are some.
    pub(crate) exclusion_keys: OnceLock<Keyed>,
}

impl Rules {
    /// The rules of a profile, with the weights that come with the program.
    pub fn new(profile: Profile, codes: Arc<CodeSets>) -> Rules {
        Rules::with_weights(profile, codes, Weights::builtin())
    }

    /// The rules of a profile, with these weights.
    pub fn with_weights(profile: Profile, codes: Arc<CodeSets>, weights: Weights) -> Rules {
        let (matcher, doses) = (profile.matching.matcher(weights), profile.matching.dose_rules());
        let time_zone = profile.time_zone();
        let clocks = hl7::Clocks::new(time_zone.clone(), profile.other_time_zones());
        Rules { profile, codes, matcher, doses, time_zone, clocks, exclusion_keys: OnceLock::new() }
    }

    /// The registry's calendar day at an instant.
    pub(crate) fn day_of(&self, at: Timestamp) -> Date {
        at.to_zoned(self.time_zone.clone()).date()
    }
}

/// What is to become of a submission: the answer, and what changes in the world.
#[derive(Clone, PartialEq, Debug)]
pub struct Decision {
    /// The answer.
    pub outcome: Outcome,
    /// The person's record as it shall be; `None` when no record changes.
    pub record: Option<PatientRecord>,
    /// The doses of that record put together, where the decision needed it.
    pub doses: Option<Grouped>,
    /// People that this one may be the same as.
    pub reviews: Vec<ReviewOpened>,
    /// The line of the message log; `None` for a resent message, which has its line already.
    pub message: Option<LoggedMessage>,
    /// The line of the audit trail.
    pub audit: Option<AuditEntry>,
    /// Its line among the messages of its file; `None` when it came alone, or has its line already.
    pub file_message: Option<FileMessage>,
}

impl Decision {
    /// An answer, and nothing changes.
    fn unchanged(outcome: Outcome) -> Decision {
        Decision {
            outcome,
            record: None,
            doses: None,
            reviews: Vec::new(),
            message: None,
            audit: None,
            file_message: None,
        }
    }
}

/// What a world lacks for a decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lacking {
    /// It holds the record of the person whom a submission is about, but not their doses.
    Doses(PatientId),
    /// It does not say who is excluded by these keys.
    Exclusions(Vec<i64>),
}

/// Decides what becomes of a submission in a world of the people it may be about.
///
/// # Errors
/// What the world lacks for it.
pub fn decide(rules: &Rules, submission: &Submission, world: &World) -> Result<Decision, Lacking> {
    let position = submission.receipt.file;
    if let Some(known) =
        position.and_then(|position| world.file_message(position)).filter(|known| is_settled(known, submission))
    {
        return Ok(decided_already(submission, known));
    }
    Ok(in_its_file(submission, decide_message(rules, submission, world)?))
}

/// What becomes of a submission on which the registry itself failed.
fn quarantine(submission: &Submission) -> Decision {
    in_its_file(submission, log::quarantined(submission))
}

/// Writes down what became of a message among those of its file.
fn in_its_file(submission: &Submission, mut decision: Decision) -> Decision {
    decision.file_message = submission.receipt.file.map(|position| FileMessage {
        position,
        message_id: decision.outcome.message_id,
        verdict: Verdict::of(decision.outcome.disposition, &decision.outcome.findings),
        run: submission.receipt.run,
        header: header_of(submission),
    });
    decision
}

fn decide_message(rules: &Rules, submission: &Submission, world: &World) -> Result<Decision, Lacking> {
    let organization_id = submission.caller.organization_id;
    let mut earlier = world.messages_of(organization_id, submission.identity.control_hash);
    if submission.recurrence == Recurrence::Statement {
        earlier = earlier.into_iter().max_by_key(|known| known.id).into_iter().collect();
    }
    let mut all_same = earlier.iter().filter(|known| known.identity.content_hash == submission.identity.content_hash);
    let same = all_same.clone().find(|known| known.destroyed_at.is_none()).copied();
    // What was refused once and taken in when it came again has its answer, too.
    if let Some(known) = all_same.find(|known| !may_be_decided_again(known, submission)) {
        return Ok(answered_already(known));
    }
    let mut findings = submission.findings.clone();
    let first = earlier.first();
    let is_other = first.is_some_and(|first| first.identity.content_hash != submission.identity.content_hash);
    if is_other && submission.recurrence == Recurrence::Resend {
        findings.push(Finding::new(FindingKind::ControlIdReused).at(Location::field("MSH", 1, 10)));
    }
    let accepted = accept(rules, submission, world, &mut findings)?.filter(|_| may_be_kept(submission, &findings));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
    let error_count = findings.iter().filter(|finding| finding.severity() == Severity::Error).count();
    findings.truncate(error_count.max(hl7::FINDINGS_LIMIT));
    Ok(match accepted {
        Some(accepted) => log::accepted(submission, findings, accepted, world),
        None => log::rejected(rules, submission, findings, same),
    })
}

/// Whether nothing is left out of a submission that is kept as a whole or not at all.
fn may_be_kept(submission: &Submission, findings: &[Finding]) -> bool {
    submission.rest == Rest::Kept || !findings.iter().any(|finding| finding.rule().omits)
}

/// A record that took a submission in, on the way to being a decision.
struct Accepted {
    record: PatientRecord,
    doses: Option<Grouped>,
    reviews: Vec<ReviewOpened>,
    is_new: bool,
    is_pending: bool,
    because: String,
}

/// The path itself. `None`: refused, and the findings say why.
fn accept(
    rules: &Rules,
    submission: &Submission,
    world: &World,
    findings: &mut Vec<Finding>,
) -> Result<Option<Accepted>, Lacking> {
    let is_refused = findings.iter().any(|finding| refuses_message(finding.kind));
    let Some(stated) = submission.patient.as_ref().filter(|_| !is_refused) else { return Ok(None) };
    let Some((stated, vaccinations)) = validate::check(rules, submission, stated, findings) else { return Ok(None) };
    let given = vaccinations.iter().filter(|given| given.action != Action::Delete && given.dose.is_given());
    let last_event_on = given.map(|given| given.dose.administered_on).max();
    let resolved = people::resolve(rules, submission, &stated, last_event_on, world, findings);
    if resolved.existing.is_none() && only_takes_back(&stated, &vaccinations) {
        note_nothing_to_take_back(&vaccinations, findings);
        return Ok(None);
    }
    validate::note_doses_after_death(&stated, resolved.existing, &vaccinations, findings);
    match resolved.existing.map(|record| record.patient.id) {
        Some(patient_id) if world.lacks_doses(patient_id) => Err(Lacking::Doses(patient_id)),
        _ => {
            let excluded = match resolved.existing {
                None if may_exclude(rules) => {
                    world.excluded(rules, &stated.demographics).map_err(Lacking::Exclusions)?
                }
                _ => Excluded::default(),
            };
            let accepted = take_in(rules, submission, &stated, vaccinations, (&resolved, &excluded), findings);
            let is_shown = |record: &&PatientRecord| consents::is_shown(rules, record, submission.receipt.today);
            if accepted.is_none() && !resolved.candidates.iter().any(is_shown) {
                // Nothing waits for a review, and that there is such a record is nobody's business.
                findings.retain(|finding| !is_of_possible_match(finding.kind));
            }
            Ok(accepted)
        }
    }
}

fn is_of_possible_match(kind: FindingKind) -> bool {
    matches!(kind, FindingKind::PatientPending | FindingKind::PatientAmbiguous)
}

/// The rest of the path, once it is known whom the submission is about.
fn take_in(
    rules: &Rules,
    submission: &Submission,
    stated: &PatientStatement,
    vaccinations: Vec<&VaccinationStatement>,
    (resolved, excluded): (&people::Resolved<'_>, &Excluded),
    findings: &mut Vec<Finding>,
) -> Option<Accepted> {
    let known = consents::Known { existing: resolved.existing, possible: &resolved.candidates, excluded };
    let consent = consents::check(rules, &submission.receipt, &submission.caller, stated, known, findings)?;
    let (mut record, doses) = match resolved.existing {
        Some(existing) if consent.is_withdrawal() => {
            consents::refuse_all(stated, &vaccinations, findings);
            (existing.clone(), None)
        }
        _ => {
            let vaccinations = consent.keep_covered(vaccinations, findings)?;
            let organization_id = submission.caller.organization_id;
            let mut stated = people::without_facts_beyond(stated, organization_id, resolved.existing, findings);
            if let Some(protection) = consent.unprotected {
                stated.to_mut().demographics.protection = Some(protection);
            }
            let mut record = people::record_statement(rules, submission, &stated, resolved);
            let doses = doses::record_vaccinations(rules, submission, &vaccinations, &mut record, findings);
            crate::consolidate::consolidate(&mut record, rules);
            (record, doses)
        }
    };
    record.consents.extend(consent.recorded);
    let replaced = page_corrections::replaced(submission, &record);
    findings.extend(replaced.iter().map(|&fact| page_corrections::finding(fact)));
    findings.extend(consents::note_protection(rules, stated, &record));
    if let Some(before) = resolved.existing {
        keep_version(&mut record, before, submission);
    }
    Some(Accepted {
        record,
        doses,
        reviews: resolved.reviews(submission),
        is_new: resolved.existing.is_none(),
        is_pending: resolved.is_pending(),
        because: resolved.because.clone() + &page_corrections::in_words(&replaced),
    })
}

/// Whether a submission asks for nothing but deletions. Of somebody who is not known it makes nobody known.
fn only_takes_back(stated: &PatientStatement, vaccinations: &[&VaccinationStatement]) -> bool {
    let takes_back = !vaccinations.is_empty() || !stated.retracted.is_empty();
    takes_back
        && stated.observations.is_empty()
        && stated.consents.is_empty()
        && vaccinations.iter().all(|vaccination| vaccination.action == Action::Delete)
}

fn note_nothing_to_take_back(vaccinations: &[&VaccinationStatement], findings: &mut Vec<Finding>) {
    let nothing = |at: Option<Location>| Finding { location: at, ..Finding::new(FindingKind::DeleteMatchesNothing) };
    if vaccinations.is_empty() {
        findings.push(nothing(None));
    }
    findings.extend(vaccinations.iter().map(|dose| nothing(Some(Location::segment("RXA", dose.order)))));
}

/// Findings that refuse the message as a whole, wherever they were made.
fn refuses_message(kind: FindingKind) -> bool {
    kind.rule().severity == Severity::Error
        && (kind.rule().code.starts_with("MER") || kind.rule().code.starts_with("CLR"))
}

/// A record that did not change keeps its version and its time; one that did gets the next.
fn keep_version(record: &mut PatientRecord, before: &PatientRecord, submission: &Submission) {
    if record == before {
        return;
    }
    record.patient.version = before.patient.version + 1;
    record.patient.updated_at = submission.receipt.received_at;
}

/// A refused message that comes again is looked at again, one that was kept aside when an operator says so.
fn may_be_decided_again(known: &KnownMessage, submission: &Submission) -> bool {
    match known.state {
        // Of what it brought nothing is there any more.
        _ if known.destroyed_at.is_some() => true,
        MessageState::Rejected => true,
        MessageState::Quarantined => submission.receipt.run > 1,
        _ => false,
    }
}

/// Whether a message of a file was decided in this run of the file, or needs no other decision.
fn is_settled(known: &FileMessage, submission: &Submission) -> bool {
    known.run >= submission.receipt.run || known.verdict != Verdict::Rejected
}

fn decided_already(submission: &Submission, known: &FileMessage) -> Decision {
    let disposition = match known.verdict {
        Verdict::Accepted => MessageState::Accepted,
        Verdict::Warned => MessageState::AcceptedWithFindings,
        Verdict::Rejected => MessageState::Rejected,
    };
    let answered_at = submission.receipt.received_at;
    let outcome =
        Outcome { message_id: known.message_id, answered_at, disposition, patient_id: None, findings: Vec::new() };
    Decision::unchanged(outcome)
}

/// The first line of a message, as far as an answer needs it.
fn header_of(submission: &Submission) -> String {
    let line = submission.original.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
    hl7::decode(&line[..line.len().min(HEADER_BYTES_MAXIMUM)]).text.into_owned()
}

fn answered_already(known: &KnownMessage) -> Decision {
    let outcome = Outcome {
        message_id: known.id,
        answered_at: known.received_at,
        disposition: known.state,
        patient_id: known.patient_id,
        findings: known.findings.clone(),
    };
    Decision::unchanged(outcome)
}

impl Registry {
    /// Takes a submission in and answers after it is stored for good.
    ///
    /// # Errors
    /// [`RegistryError`] when the machine failed; nothing was stored then, or it will be found stored when the same
    /// message comes again.
    pub async fn submit(&self, admission: &Admission, submission: Submission) -> Result<Outcome, RegistryError> {
        if !admission.permits_changes() {
            return Err(RegistryError::ReadOnly);
        }
        self.lanes().submit(submission).await
    }

    /// What a submission would change and be answered, without storing anything.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn rehearse(&self, _admission: &Admission, submission: &Submission) -> Result<Decision, RegistryError> {
        self.rehearse_now(submission)
    }

    pub(crate) fn rehearse_now(&self, submission: &Submission) -> Result<Decision, RegistryError> {
        Ok(reading::rehearse(self.database(), self.rules(), submission)?)
    }
}
