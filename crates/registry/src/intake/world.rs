//! The world of one batch: what was read about the people and messages concerned, and what the batch has decided so
//! far. Each decision sees those of its predecessors; the difference to what was read is written at the end.

use std::collections::{BTreeMap, HashMap, HashSet};

use matching::{Grouped, UnsurePair};
use model::{
    AuditEntry, DataFixStep, Demographics, FileMessage, FilePosition, LoggedMessage, OrganizationId, Outcome,
    PatientId, PatientRecord, PatientStatus, VaccinationEvent, VaccinationEventId, VaccinationReport,
    VaccinationReportId,
};
use store::{Changes, DoseReviewOpened, Exclusion, KnownMessage, PEOPLE_PER_KEY_LIMIT, PatientChange, ReviewOpened};

use super::{Decision, Rules};
use crate::consolidate::doses::{assign, events, group};
use crate::exclusions::{Excluded, KnownExclusions};

/// Steps from a merged record to the one that leads on; more are a mistake.
const MERGES_MAXIMUM: usize = 64;

/// What a batch knows.
#[derive(Debug, Default)]
pub struct World {
    messages: HashMap<i64, Vec<KnownMessage>>,
    file_messages: HashMap<FilePosition, FileMessage>,
    decided_in_files: Vec<FileMessage>,
    keys: HashMap<i64, Vec<PatientId>>,
    records: BTreeMap<PatientId, Entry>,
    logged: Vec<LoggedMessage>,
    reviews: Vec<ReviewOpened>,
    audit: Vec<AuditEntry>,
    /// People whose records are wanted whatever the keys say.
    named: Vec<PatientId>,
    /// Who was found not to be the same as whom, by the records that lead on.
    apart: HashSet<(PatientId, PatientId)>,
    fix_steps: Vec<DataFixStep>,
    exclusions: KnownExclusions,
    /// Places of submissions in the batch of whom nobody seems to be there, in order.
    unknown: Vec<usize>,
}

/// A record, as it is now and as it was read; `None` when the batch made it.
#[derive(Debug)]
struct Entry {
    now: PatientRecord,
    read: Option<PatientRecord>,
    is_changed: bool,
    /// Whether its doses were not read.
    lacks_doses: bool,
    /// Its doses put together as they are now, where that is known.
    doses: Option<Grouped>,
}

impl World {
    /// A world of these messages and of these people under these keys, whose records follow.
    pub(super) fn new(mut messages: Vec<KnownMessage>, found: Vec<(i64, PatientId)>) -> World {
        let mut world = World::default();
        messages.sort_by_key(|message| (message.received_at, message.id));
        for message in messages {
            world.messages.entry(message.identity.control_hash).or_default().push(message);
        }
        for (key, patient_id) in found {
            world.keys.entry(key).or_default().push(patient_id);
        }
        // A key that too many people share (a dummy identifier, say) tells nothing.
        let all = world.keys.len();
        world.keys.retain(|_, people| people.len() < PEOPLE_PER_KEY_LIMIT as usize);
        metrics::counter!("bluebonnet_match_keys_over_full_total").increment((all - world.keys.len()) as u64);
        world
    }

    /// Adds what is known of messages of files.
    pub(super) fn add_file_messages(&mut self, known: Vec<FileMessage>) {
        self.file_messages.extend(known.into_iter().map(|message| (message.position, message)));
    }

    /// What is known of the message at a place in a file.
    pub(super) fn file_message(&self, position: FilePosition) -> Option<&FileMessage> {
        self.file_messages.get(&position)
    }

    /// Asks for the records of these people, too.
    pub(super) fn want(&mut self, people: impl Iterator<Item = PatientId>) {
        self.named.extend(people);
    }

    /// Takes in what became of a step of a data fix.
    pub(super) fn mark(&mut self, step: DataFixStep) {
        self.fix_steps.push(step);
    }

    /// The people whose records the world still lacks: those under its keys, and those that merged records lead to.
    pub(super) fn missing_records(&self) -> Vec<PatientId> {
        let under_keys = self.keys.values().flatten().copied();
        let merged_into = self.records.values().filter_map(|entry| match entry.now.patient.status {
            PatientStatus::MergedInto(patient_id) => Some(patient_id),
            PatientStatus::Active | PatientStatus::Pending => None,
        });
        let named = self.named.iter().copied();
        let wanted: HashSet<PatientId> = under_keys.chain(merged_into).chain(named).collect();
        wanted.into_iter().filter(|patient_id| !self.records.contains_key(patient_id)).collect()
    }

    /// The people whose records are wanted whatever the keys say.
    pub(super) fn named(&self) -> &[PatientId] {
        &self.named
    }

    /// Who is found under a key.
    pub(super) fn under_key(&self, key: i64) -> &[PatientId] {
        self.keys.get(&key).map_or(&[], Vec::as_slice)
    }

    /// Adds records that were read, with the doses of some.
    pub(super) fn add_people(&mut self, records: Vec<PatientRecord>, with_doses: &HashSet<PatientId>) {
        for record in records {
            let lacks_doses = !with_doses.contains(&record.patient.id);
            let entry = Entry { now: record, read: None, is_changed: false, lacks_doses, doses: None };
            self.records.insert(entry.now.patient.id, entry);
        }
    }

    /// Adds the doses of a person whose record was read without them.
    pub(super) fn add_doses(&mut self, patient_id: PatientId, doses: Vec<VaccinationReport>) {
        if let Some(entry) = self.records.get_mut(&patient_id) {
            entry.now.vaccinations = doses;
            entry.lacks_doses = false;
        }
    }

    /// Whether a person's record was read without its doses.
    pub(super) fn lacks_doses(&self, patient_id: PatientId) -> bool {
        self.records.get(&patient_id).is_some_and(|entry| entry.lacks_doses)
    }

    /// People known here of whom a reviewer found that they are not the same as another.
    pub(super) fn told_apart(&self) -> Vec<PatientId> {
        let flagged = self.records.values().filter(|entry| entry.now.patient.is_told_apart);
        flagged.map(|entry| entry.now.patient.id).collect()
    }

    /// Adds who was found not to be the same as whom.
    pub(super) fn add_apart(&mut self, pairs: &[(PatientId, PatientId)]) {
        self.apart = pairs.iter().map(|(one, other)| (self.leading(*one), self.leading(*other))).collect();
    }

    /// Whether a reviewer found that the two are not the same person.
    pub(super) fn are_apart(&self, one: PatientId, other: PatientId) -> bool {
        self.apart.contains(&(one, other)) || self.apart.contains(&(other, one))
    }

    /// The messages that an organization sent under a control id, oldest first.
    pub(super) fn messages_of(&self, organization_id: OrganizationId, control_hash: i64) -> Vec<&KnownMessage> {
        let messages = self.messages.get(&control_hash).into_iter().flatten();
        messages.filter(|message| message.organization_id == organization_id).collect()
    }

    /// The record of a person as it is now; without doses where it lacks them.
    pub(super) fn record(&self, patient_id: PatientId) -> Option<&PatientRecord> {
        self.records.get(&patient_id).map(|entry| &entry.now)
    }

    /// The record of this id, or the one that leads on from it.
    pub(super) fn leading_record(&self, patient_id: PatientId) -> Option<&PatientRecord> {
        self.record(self.leading(patient_id))
    }

    /// The people who may be meant: those under the statement's keys, merged ones by the record that leads on.
    pub(super) fn candidates(&self, stated: &Demographics) -> Vec<&PatientRecord> {
        let mut found: Vec<PatientId> = Vec::new();
        for key in matching::lookup_keys(stated) {
            for &patient_id in self.keys.get(&key).into_iter().flatten() {
                let leading = self.leading(patient_id);
                if !found.contains(&leading) {
                    found.push(leading);
                }
            }
        }
        found.sort_unstable();
        found.into_iter().filter_map(|patient_id| self.record(patient_id)).collect()
    }

    pub(super) fn leading(&self, patient_id: PatientId) -> PatientId {
        let mut current = patient_id;
        for _ in 0..MERGES_MAXIMUM {
            match self.record(current).map(|record| record.patient.status) {
                Some(PatientStatus::MergedInto(next)) => current = next,
                _ => break,
            }
        }
        current
    }

    /// What is left of who is stated, where nobody is found; nothing while nobody was destroyed.
    ///
    /// # Errors
    /// The keys that were not looked up.
    pub(super) fn excluded(&self, rules: &Rules, stated: &Demographics) -> Result<Excluded, Vec<i64>> {
        match rules.exclusion_keys.get() {
            Some(keyed) => self.exclusions.of(keyed, stated),
            None if self.exclusions.is_looked_for => Ok(Excluded::default()),
            None => Err(Vec::new()),
        }
    }

    /// Nobody shares enough keys with the submissions at these places, in order.
    pub(super) fn note_unknown(&mut self, places: Vec<usize>) {
        self.unknown = places;
    }

    /// Whether nobody seems to be there whom the submission at a place is about.
    pub(super) fn is_unknown(&self, place: usize) -> bool {
        self.unknown.binary_search(&place).is_ok()
    }

    /// It was looked whether anybody is excluded.
    pub(super) fn note_exclusions_looked_for(&mut self) {
        self.exclusions.is_looked_for = true;
    }

    /// Adds who is excluded by these keys.
    pub(super) fn add_exclusions(&mut self, asked: &[i64], found: Vec<(i64, Exclusion)>) {
        self.exclusions.add(asked, found);
    }

    /// Takes a decision into the world, for those that follow it and for the write at the end; gives its answer.
    pub(super) fn apply(&mut self, decision: Decision) -> Outcome {
        if let Some(record) = decision.record {
            self.apply_record(record, decision.doses);
        }
        if let Some(message) = decision.message {
            self.messages.entry(message.identity.control_hash).or_default().push(KnownMessage {
                id: message.id,
                received_at: message.received_at,
                channel: message.channel,
                organization_id: message.organization_id,
                identity: message.identity,
                kind: message.kind.clone(),
                state: message.state,
                patient_id: message.patient_id,
                findings: message.findings.clone(),
                destroyed_at: message.destroyed_at,
            });
            self.logged.push(message);
        }
        self.decided_in_files.extend(decision.file_message);
        self.reviews.extend(decision.reviews);
        self.audit.extend(decision.audit);
        decision.outcome
    }

    /// Takes in a line of the log or of the audit trail that no submission made (a question and its answer).
    pub(super) fn note(&mut self, message: Option<LoggedMessage>, audit: &[AuditEntry]) {
        self.logged.extend(message);
        self.audit.extend_from_slice(audit);
    }

    pub(super) fn apply_record(&mut self, record: PatientRecord, doses: Option<Grouped>) {
        let patient_id = record.patient.id;
        let known = self.records.get(&patient_id).map(|entry| &entry.now);
        for key in new_keys(known, &record) {
            let people = self.keys.entry(key).or_default();
            if !people.contains(&patient_id) {
                people.push(patient_id);
            }
        }
        match self.records.get_mut(&patient_id) {
            Some(entry) => {
                let before = std::mem::replace(&mut entry.now, record);
                entry.doses = doses;
                if !entry.is_changed {
                    (entry.read, entry.is_changed) = (Some(before), true);
                }
            }
            None => {
                self.records
                    .insert(patient_id, Entry { now: record, read: None, is_changed: true, lacks_doses: false, doses });
            }
        }
    }

    /// Everything that differs from what was read.
    pub(super) fn into_changes(self, rules: &Rules) -> Changes {
        let mut changes = Changes {
            messages: self.logged,
            file_messages: self.decided_in_files,
            reviews: self.reviews,
            audit: self.audit,
            data_fix_steps: self.fix_steps,
            ..Changes::default()
        };
        for entry in self.records.into_values().filter(|entry| entry.is_changed) {
            add_difference(&mut changes, entry, rules);
        }
        changes
    }
}

/// The keys under which a person is found now, and was not before.
fn new_keys(before: Option<&PatientRecord>, now: &PatientRecord) -> Vec<i64> {
    let number = now.patient.id.number();
    let keys_of = |record: &PatientRecord| matching::match_keys(&record.patient.demographics, Some(&number));
    match before {
        // Most messages about a known person say nothing new of them but doses.
        Some(before) if before.patient.demographics == now.patient.demographics => Vec::new(),
        Some(before) => {
            let old_keys = keys_of(before);
            keys_of(now).into_iter().filter(|key| !old_keys.contains(key)).collect()
        }
        None => keys_of(now),
    }
}

fn add_difference(changes: &mut Changes, entry: Entry, rules: &Rules) {
    let (read, mut now) = (entry.read.as_ref(), entry.now);
    let patient_id = now.patient.id;
    changes.match_keys.extend(new_keys(read, &now).into_iter().map(|key| (key, patient_id)));

    let known_doses = read.map(|read| read.vaccinations.as_slice()).unwrap_or_default();
    if now.vaccinations != known_doses {
        let doses = entry.doses.unwrap_or_else(|| group(&now, rules));
        add_dose_difference(changes, read, &mut now, &doses, rules);
    }
    let known_reports = read.map(|read| read.reports.as_slice()).unwrap_or_default();
    changes.patient_reports.extend(now.reports.into_iter().filter(|report| !known_reports.contains(report)));
    let known_consents = read.map(|read| read.consents.as_slice()).unwrap_or_default();
    changes.consents.extend(now.consents.into_iter().filter(|consent| !known_consents.contains(consent)));
    let expected_version = read.map(|read| read.patient.version);
    changes.patients.push(PatientChange { patient: now.patient, expected_version });
}

/// The doses: reports that changed, the vaccinations that they make now, and what a reviewer has to decide.
fn add_dose_difference(
    changes: &mut Changes,
    read: Option<&PatientRecord>,
    now: &mut PatientRecord,
    grouped: &Grouped,
    rules: &Rules,
) {
    let patient_id = now.patient.id;
    assign(now, grouped);
    let new_events = events(now, grouped);
    if let Some(read) = read {
        let before = group(read, rules);
        let is_stored = |event: &VaccinationEvent| {
            let is_of_it = |report: &&VaccinationReport| report.event_id == event.id && !report.is_deleted;
            let count =
                before.vaccinations.iter().find(|found| found.id == event.id).map_or(0, |found| found.reports.len());
            read.vaccinations.iter().filter(is_of_it).count() == count
        };
        let old_events: Vec<VaccinationEvent> = events(read, &before).into_iter().filter(is_stored).collect();
        let mut gone: Vec<VaccinationEventId> = read.vaccinations.iter().map(|report| report.event_id).collect();
        gone.sort_unstable();
        gone.dedup();
        gone.retain(|id| new_events.iter().all(|event| event.id != *id));
        let is_first = |event: &&VaccinationEvent| read.vaccinations.iter().all(|report| report.event_id != event.id);
        changes.first_reported.extend(new_events.iter().filter(is_first).map(|event| (patient_id, event.id)));
        changes.removed_events.extend(gone.into_iter().map(|id| (patient_id, id)));
        changes.vaccination_events.extend(new_events.into_iter().filter(|event| !old_events.contains(event)));
        changes.closed_dose_reviews.extend(over(&before, grouped));
    } else {
        changes.vaccination_events.extend(new_events);
    }
    let opened_at = now.patient.updated_at;
    changes.dose_reviews.extend(opened(grouped, patient_id, opened_at, rules));
    let known = read.map(|read| read.vaccinations.as_slice()).unwrap_or_default();
    let changed = std::mem::take(&mut now.vaccinations).into_iter().filter(|report| !known.contains(report));
    changes.vaccination_reports.extend(changed);
}

/// The pairs of doses that a reviewer no longer has to decide.
pub(crate) fn over(before: &Grouped, now: &Grouped) -> Vec<(VaccinationReportId, VaccinationReportId)> {
    let pair = |unsure: &UnsurePair| (unsure.one, unsure.other);
    let is_over = |old: &&UnsurePair| now.unsure.iter().all(|new| pair(new) != pair(old));
    before.unsure.iter().filter(is_over).map(pair).collect()
}

/// The pairs of doses of a record that a reviewer has to decide, as they are stored.
pub(crate) fn opened<'a>(
    grouped: &'a Grouped,
    patient_id: PatientId,
    opened_at: jiff::Timestamp,
    rules: &'a Rules,
) -> impl Iterator<Item = DoseReviewOpened> + 'a {
    grouped.unsure.iter().map(move |pair| DoseReviewOpened {
        one: pair.one,
        other: pair.other,
        patient_id,
        opened_at,
        rule: format!("{} {} ({})", pair.rule.id(), pair.rule.sentence(), rules.doses.version()),
    })
}
