//! Destroying what may no longer be kept: the registry's own work in the background, person by person in the order of ids.
//!
//! `retention.rs` says what must go. Each person is judged again and destroyed in one transaction, on the lane of reviewers and with
//! what intake locks, so that no report races it; the line of the audit trail says that it was done, and why. How far a round is,
//! is kept with every step: whoever stops it, and whatever stops, it goes on where it was. Maintenance holds it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use model::{
    AuditAction, AuditEntry, Consent, ConsentId, ConsentStatement, ConsentStatus, LoggedMessage, MessageId,
    MessageState, OrganizationId, PatientId, PatientRecord, VaccinationReportId,
};
use store::{Batch, Changes, Database, DestructionRound, ReviewDecision, StoreError};
use uuid::Uuid;

use crate::exclusions::{Keyed, exclusions_of};
use crate::intake::without_value;
use crate::retention::{self, DestructionReason, DueDestruction, Gone, Keeping};
use crate::reviews::is_merged;
use crate::{Admission, Registry, RegistryError};

/// People of one step: of most little is read.
const PEOPLE_PER_STEP: u32 = 500;
/// Identifiers of a person that are held against intake on other nodes: a server has room for so many locks.
const IDENTIFIERS_HELD_MAXIMUM: usize = 16;

/// What was destroyed of a person, or is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Destruction {
    /// Whose record.
    pub patient_id: PatientId,
    /// Why.
    pub reason: DestructionReason,
    /// All of it, or doses alone.
    pub is_whole: bool,
}

impl Registry {
    /// The present round, or the last one; `None` before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn destruction_round(&self, _admission: &Admission) -> Result<Option<DestructionRound>, RegistryError> {
        Ok(self.database().destruction_round()?)
    }

    /// Whether the profile has anything destroyed at all.
    pub fn destroys(&self) -> bool {
        self.profile().consent.destruction.is_some()
    }

    /// Begins a round over everybody, as seen from a day. One that is under way is replaced.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] where the profile has nothing destroyed; when the database cannot be read or written.
    pub fn begin_destruction_round(&self, _admission: &Admission, on: Date) -> Result<DestructionRound, RegistryError> {
        if !self.destroys() {
            let sentence = "the profile has nothing destroyed: it has no [consent.destruction]";
            return Err(RegistryError::Refused(sentence.to_owned()));
        }
        let before = self.database().destruction_round()?;
        let round = DestructionRound {
            on,
            people_count: self.database().people_count()?,
            done_count: 0,
            last_done: Uuid::nil(),
            is_finished: false,
            is_cleared: false,
            is_behind: before.is_some_and(|before| before.leaves_something()),
            people: BTreeMap::new(),
            reduced: BTreeMap::new(),
        };
        self.database().set_destruction_round(&round)?;
        Ok(round)
    }

    /// Whether it is time for a round: none was made as seen from this day.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn needs_destruction_round(&self, _admission: &Admission, today: Date) -> Result<bool, RegistryError> {
        let round = self.database().destruction_round()?;
        Ok(self.destroys() && round.is_none_or(|round| round.is_finished && round.on < today))
    }

    /// Takes the present round one step further and gives how far it is; `None` when there is nothing to do now. Blocks.
    ///
    /// The random bytes become the secret of the keys by which the excluded are known again, where there is none yet.
    ///
    /// # Errors
    /// [`RegistryError::ReadOnly`] while nothing may be changed; when the database cannot be read or written.
    pub fn advance_destruction_round(
        &self,
        admission: &Admission,
        at: Timestamp,
        random: [u8; 32],
    ) -> Result<Option<DestructionRound>, RegistryError> {
        if !admission.permits_changes() {
            return Err(RegistryError::ReadOnly);
        }
        let present = self.database().destruction_round()?.filter(|round| !(round.is_finished && round.is_cleared));
        let Some(round) = present.filter(|_| self.destroys()) else { return Ok(None) };
        let next = match round.is_finished {
            // Somebody reads an older state: nothing is left to do until they have done.
            true if !self.database().empty_log()? => return Ok(None),
            true => DestructionRound { is_cleared: true, ..round.clone() },
            false => self.next_step(&round, at, random)?,
        };
        match self.database().step_destruction_round(&round, &next) {
            Ok(()) => Ok(Some(next)),
            Err(StoreError::Conflict { .. }) => Ok(self.database().destruction_round()?),
            Err(error) => Err(error.into()),
        }
    }

    fn next_step(
        &self,
        round: &DestructionRound,
        at: Timestamp,
        random: [u8; 32],
    ) -> Result<DestructionRound, RegistryError> {
        let people = self.database().people_after(round.last_done, PEOPLE_PER_STEP)?;
        let mut next = DestructionRound {
            done_count: round.done_count + people.len() as u64,
            last_done: people.last().map_or(round.last_done, |last| last.0),
            is_finished: people.is_empty(),
            ..round.clone()
        };
        for due in self.due_among(&people, round.on)? {
            let Some(done) = self.destroy(due.patient_id, round.on, at, random)? else { continue };
            let counts = if done.is_whole { &mut next.people } else { &mut next.reduced };
            *counts.entry(done.reason.word().to_owned()).or_default() += 1;
        }
        if next.is_finished {
            let leaves_something = next.leaves_something();
            if leaves_something {
                self.database().remove_keys_of_nobody()?;
            }
            next.is_cleared = !leaves_something;
        }
        Ok(next)
    }

    /// Of the next people after one, in the order of ids, those of whom something must be gone by a day; and the last of
    /// those looked at, `None` when nobody is left. Changes nothing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due_for_destruction(
        &self,
        _admission: &Admission,
        after: Option<PatientId>,
        by: Date,
    ) -> Result<(Vec<Destruction>, Option<PatientId>), RegistryError> {
        let people = self.database().people_after(after.map_or(Uuid::nil(), |last| last.0), PEOPLE_PER_STEP)?;
        Ok((self.due_among(&people, by)?, people.last().copied()))
    }

    /// From when on something of a record must go, as things stand; `None` for never.
    pub fn due_destruction(&self, _admission: &Admission, record: &PatientRecord) -> Option<DueDestruction> {
        retention::due(self.rules(), record)
    }

    /// The same, if consent of a kind were taken back at an instant.
    pub fn due_destruction_after(
        &self,
        admission: &Admission,
        record: &PatientRecord,
        kind: &str,
        at: Timestamp,
    ) -> Option<DueDestruction> {
        let statement =
            ConsentStatement { kind: kind.to_owned(), status: ConsentStatus::Withdrawn, effective_on: None };
        let withdrawal = Consent {
            id: ConsentId(Uuid::nil()),
            patient_id: record.patient.id,
            statement,
            organization_id: OrganizationId(Uuid::nil()),
            message_id: MessageId(Uuid::nil()),
            recorded_at: at,
        };
        let mut withdrawn = record.clone();
        withdrawn.consents.push(withdrawal);
        self.due_destruction(admission, &withdrawn).filter(|due| due.reason == DestructionReason::Withdrawn)
    }

    /// Of most people only their consents are looked at; of the few others their doses, too.
    fn due_among(&self, people: &[PatientId], by: Date) -> Result<Vec<Destruction>, RegistryError> {
        let rules = self.rules();
        let records = self.database().read_at_once(|reading| {
            let mut concerned = reading.people(people, &[])?;
            concerned.retain(|record| Keeping::on(rules, record, by).is_some());
            let ids: Vec<PatientId> = concerned.iter().map(|record| record.patient.id).collect();
            if ids.is_empty() { Ok(Vec::new()) } else { reading.patient_records(&ids) }
        })?;
        Ok(records.iter().filter_map(|record| self.destruction_of(record, by).map(|(due, _)| due)).collect())
    }

    fn destruction_of<'record>(
        &self,
        record: &'record PatientRecord,
        by: Date,
    ) -> Option<(Destruction, Gone<'record>)> {
        let gone = retention::gone_on(self.rules(), record, by).filter(|_| !is_merged(record))?;
        let reason = Keeping::on(self.rules(), record, by)?.reason;
        let is_whole = gone == Gone::Everything;
        Some((Destruction { patient_id: record.patient.id, reason, is_whole }, gone))
    }

    /// Destroys what must be gone of a person by a day; `None` when nothing must, or nobody is there any more.
    fn destroy(
        &self,
        patient_id: PatientId,
        by: Date,
        at: Timestamp,
        random: [u8; 32],
    ) -> Result<Option<Destruction>, RegistryError> {
        let mut held = self.buckets(&[patient_id])?;
        let records = self.database().patient_records(&[patient_id])?;
        let reports = records.iter().flat_map(|record| &record.reports);
        let identifiers = reports.flat_map(|report| matching::identifier_keys(&report.demographics));
        held.extend(identifiers.take(IDENTIFIERS_HELD_MAXIMUM));
        held.push(Database::DESTRUCTION_BUCKET);
        held.sort_unstable();
        held.dedup();
        self.reviewers_lane().run(self.database(), &held, |batch| {
            let everybody = batch.with_retired(patient_id)?;
            let records = batch.patient_records(&everybody)?;
            let Some(record) = records.iter().find(|record| record.patient.id == patient_id) else { return Ok(None) };
            let Some((destruction, gone)) = self.destruction_of(record, by) else { return Ok(None) };
            let messages = batch.messages_about(&everybody, &messages_of(&records))?;
            match gone {
                Gone::Everything => {
                    if destruction.reason == DestructionReason::Withdrawn {
                        self.exclude(batch, record, &records, random)?;
                    }
                    destroy_messages(batch, &messages, at, |_| true)?;
                    self.destroy_people(batch, &records, destruction.reason, at)?;
                }
                Gone::Doses(gone) => {
                    let gone: Vec<VaccinationReportId> = gone.iter().map(|report| report.id).collect();
                    let is_concerned = |message: &LoggedMessage| self.names_dose_gone(message, record, &gone, by);
                    destroy_messages(batch, &messages, at, is_concerned)?;
                    self.destroy_doses(batch, record.clone(), &gone, destruction.reason, at)?;
                }
            }
            Ok(Some(destruction))
        })
    }

    /// Keeps by what somebody is known again, and what they took back.
    fn exclude(
        &self,
        batch: &mut Batch<'_>,
        record: &PatientRecord,
        records: &[PatientRecord],
        random: [u8; 32],
    ) -> Result<(), RegistryError> {
        let secret = match batch.exclusion_secret()? {
            Some(secret) => secret,
            None => {
                batch.keep_exclusion_secret(&random)?;
                random
            }
        };
        let keyed = Keyed::new(&secret);
        let (id, keys) = (keyed.id_of(record.patient.id), keyed.keys_of(records));
        let exclusions = exclusions_of(self.rules(), record, id);
        if !exclusions.is_empty() && !keys.is_empty() {
            batch.exclude(&exclusions, id, &keys)?;
        }
        Ok(())
    }

    /// Destroys a record, and those that were merged into it.
    fn destroy_people(
        &self,
        batch: &mut Batch<'_>,
        records: &[PatientRecord],
        reason: DestructionReason,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let ids: Vec<PatientId> = records.iter().map(|record| record.patient.id).collect();
        // Who waits to be compared with whoever is gone waits for nothing.
        let mut waiting = Vec::new();
        for id in &ids {
            let asked = batch.reviews_of(*id)?.into_iter().map(|review| review.patient_id);
            waiting.extend(asked.filter(|other| !ids.contains(other)));
        }
        let reported = || records.iter().flat_map(|record| &record.reports).map(|report| &report.demographics);
        for record in records {
            let id = record.patient.id;
            let who = std::iter::once(&record.patient.demographics).chain(reported());
            let mut keys: Vec<i64> = who.flat_map(|who| matching::match_keys(who, Some(&id.number()))).collect();
            keys.sort_unstable();
            keys.dedup();
            batch.destroy_person(id, &keys)?;
        }
        let audit = ids.into_iter().map(|id| audited(AuditAction::PatientDestroyed, id, reason, at)).collect();
        batch.write(&Changes { audit, ..Changes::default() })?;
        waiting.sort_unstable();
        waiting.dedup();
        waiting.into_iter().try_for_each(|id| self.release(batch, id, ReviewDecision::Later, at))
    }

    fn destroy_doses(
        &self,
        batch: &mut Batch<'_>,
        mut record: PatientRecord,
        gone: &[VaccinationReportId],
        reason: DestructionReason,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let (patient_id, version) = (record.patient.id, record.patient.version);
        record.vaccinations.retain(|report| !gone.contains(&report.id));
        record.patient.version = version + 1;
        record.patient.updated_at = at;
        batch.destroy_doses(patient_id, gone)?;
        batch.close_dose_reviews_of(patient_id)?;
        let audit = vec![audited(AuditAction::DosesDestroyed, patient_id, reason, at)];
        let mut changes = Changes { audit, ..Changes::default() };
        self.regroup(&mut record, &mut changes);
        Ok(batch.replace_records(vec![(record, version)], &[], changes)?)
    }

    /// Whether a message reported a dose that is gone, as far as it can be read; what cannot be read may have.
    fn names_dose_gone(
        &self,
        message: &LoggedMessage,
        record: &PatientRecord,
        gone: &[VaccinationReportId],
        by: Date,
    ) -> bool {
        let reported = record.vaccinations.iter().filter(|report| gone.contains(&report.id));
        if reported.into_iter().any(|report| report.message_id == message.id) {
            return true;
        }
        let (Some(original), Some(keeping)) = (&message.original, Keeping::on(self.rules(), record, by)) else {
            return false;
        };
        let decoded = hl7::decode(original);
        let text = hl7::Message::read(&decoded.text);
        let read = || hl7::read_submission(&text, self.codes(), &self.rules().clocks);
        !text.begins_with_header() || read().vaccinations.iter().any(|stated| !keeping.keeps(&stated.dose))
    }
}

/// The messages that say what stands in records now.
fn messages_of(records: &[PatientRecord]) -> Vec<MessageId> {
    let of_one = |record: &PatientRecord| -> Vec<MessageId> {
        let reports = record.reports.iter().map(|report| report.message_id);
        let doses = record.vaccinations.iter().map(|report| report.message_id);
        reports.chain(doses).chain(record.consents.iter().map(|consent| consent.message_id)).collect()
    };
    records.iter().flat_map(of_one).collect()
}

/// Destroys what messages said, as of those that are refused without consent nothing is kept (decision 0006). Of questions
/// nothing is kept anyway.
fn destroy_messages(
    batch: &mut Batch<'_>,
    messages: &[LoggedMessage],
    at: Timestamp,
    is_concerned: impl Fn(&LoggedMessage) -> bool,
) -> Result<(), RegistryError> {
    let kept = messages.iter().filter(|message| message.state != MessageState::Answered);
    for message in kept.filter(|message| message.destroyed_at.is_none() && is_concerned(message)) {
        let findings: Vec<_> = message.findings.iter().map(without_value).collect();
        batch.destroy_message(message.id, &findings, at)?;
    }
    Ok(())
}

/// The registry itself did it.
fn audited(action: AuditAction, patient_id: PatientId, reason: DestructionReason, at: Timestamp) -> AuditEntry {
    AuditEntry {
        at,
        account_id: None,
        organization_id: OrganizationId(Uuid::nil()),
        action,
        patient_id: Some(patient_id),
        message_id: None,
        detail: reason.word().to_owned(),
    }
}
