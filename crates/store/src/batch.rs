//! A batch: what the intake reads before it decides, and the one write of all that was decided.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::ops::{Deref, DerefMut};

use model::{
    Consent, FileMessage, FilePosition, Patient, PatientId, PatientRecord, PatientReport, VaccinationEvent,
    VaccinationReport, VaccinationReportId,
};
use uuid::Uuid;

use crate::audit::{APPEND_AUDIT, audit_values, find_head};
use crate::audit_chain::Head;
use crate::changes::PatientChange;
use crate::consents::{WRITE_CONSENTS, consent_values};
use crate::data_fixes::{MARK_DATA_FIX_STEPS, step_values};
use crate::database::Connection;
use crate::dose_reviews::{CLOSE_DOSE_REVIEWS, OPEN_DOSE_REVIEWS, closed_values, opened_values};
use crate::file_messages::{READ_FILE_MESSAGES, WRITE_FILE_MESSAGES, file_message_values, read_file_message};
use crate::match_keys::{READ_MATCH_KEYS, WRITE_MATCH_KEYS, match_key_values, read_match_key};
use crate::merges::told_apart;
use crate::messages::{READ_KNOWN_MESSAGES, WRITE_MESSAGES, message_values, read_known_message};
use crate::patients::{
    ADD_PATIENTS, UPDATE_PATIENTS, WRITE_PATIENT_REPORTS, patient_records, patient_report_values,
    patient_update_values, patient_values, people,
};
use crate::reviews::{OPEN_REVIEWS, review_values};
use crate::sets::{Expectation, Keys, SetWrite, Write};
use crate::vaccinations::{
    MARK_PRIMARY_REPORTS, READ_VACCINATION_REPORTS, UNMARK_PRIMARY_REPORTS, WRITE_VACCINATION_REPORTS,
    read_vaccination_report, removed_event_values, vaccination_event_values, vaccination_report_values,
};
use crate::value::Value;
use crate::{Changes, Database, KnownMessage, StoreError};

/// What [`Reading::look_up`] gives: messages known, and who is found under which key.
pub type LookedUp = (Vec<KnownMessage>, Vec<(i64, PatientId)>);

/// What can be read to decide by. On SQLite, and in [`Database::read_at_once`], all of it is of one state of the database;
/// in a lane on PostgreSQL each read sees what was committed before it, and a person's version tells who was overtaken.
pub struct Reading<'lane> {
    connection: &'lane mut Connection,
}

/// One transaction of a lane: it reads, and it can write.
pub struct Batch<'lane> {
    reading: Reading<'lane>,
    chain: &'lane str,
    head: Option<Head>,
}

impl Database {
    /// Runs `work` on one unchanging state of the database; once more where a connection turned out to be lost.
    ///
    /// # Errors
    /// Those of `work`, and those of the database.
    pub fn read_at_once<T>(
        &self,
        mut work: impl FnMut(&mut Reading<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.read(|connection| connection.snapshot(|connection| work(&mut Reading::new(connection))))
    }
}

impl<'lane> Reading<'lane> {
    pub(crate) fn new(connection: &'lane mut Connection) -> Reading<'lane> {
        Reading { connection }
    }

    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.connection
    }

    /// The logged messages with these control hashes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages_by_control_hash(&mut self, hashes: &[i64]) -> Result<Vec<KnownMessage>, StoreError> {
        Ok(self.look_up(hashes, &[])?.0)
    }

    /// Who is found under these keys: [`PEOPLE_PER_KEY_LIMIT`](crate::PEOPLE_PER_KEY_LIMIT) people a key at most.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patients_by_match_keys(&mut self, keys: &[i64]) -> Result<Vec<(i64, PatientId)>, StoreError> {
        Ok(self.look_up(&[], keys)?.1)
    }

    /// Both of these in one round trip.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn look_up(&mut self, control_hashes: &[i64], keys: &[i64]) -> Result<LookedUp, StoreError> {
        let (mut messages, mut patients) = (Vec::new(), Vec::new());
        let reads = [(&READ_KNOWN_MESSAGES, Keys::Numbers(control_hashes)), (&READ_MATCH_KEYS, Keys::Numbers(keys))];
        self.connection.read_sets(&reads, &mut |read, row| {
            match read {
                0 => messages.push(read_known_message(row)?),
                _ => patients.push(read_match_key(row)?),
            }
            Ok(())
        })?;
        Ok((messages, patients))
    }

    /// What is known of the messages at these places in files.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn file_messages(&mut self, places: &[FilePosition]) -> Result<Vec<FileMessage>, StoreError> {
        let ids: Vec<Uuid> = places.iter().map(|place| place.message_id().0).collect();
        let mut found = Vec::new();
        if !ids.is_empty() {
            let reads = [(&READ_FILE_MESSAGES, Keys::Ids(&ids))];
            self.connection.read_sets(&reads, &mut |_, row| {
                found.push(read_file_message(row)?);
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// The records of these people, by id; unknown ids are left out.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patient_records(&mut self, ids: &[PatientId]) -> Result<Vec<PatientRecord>, StoreError> {
        patient_records(self.connection, ids)
    }

    /// The same, with the doses of some of them only; of the others it is not known here which they have.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn people(&mut self, ids: &[PatientId], doses_of: &[PatientId]) -> Result<Vec<PatientRecord>, StoreError> {
        people(self.connection, ids, doses_of)
    }

    /// The reported doses of a person, by id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn doses_of(&mut self, id: PatientId) -> Result<Vec<VaccinationReport>, StoreError> {
        let mut doses = Vec::new();
        self.connection.read_sets(&[(&READ_VACCINATION_REPORTS, Keys::Ids(&[id.0]))], &mut |_, row| {
            doses.push(read_vaccination_report(row)?);
            Ok(())
        })?;
        doses.sort_unstable_by_key(|report| report.id);
        Ok(doses)
    }

    /// Who was found not to be the same as whom, among these people and those merged into them; each pair in one order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn told_apart(&mut self, people: &[PatientId]) -> Result<Vec<(PatientId, PatientId)>, StoreError> {
        told_apart(self.connection, people)
    }
}

impl<'lane> Batch<'lane> {
    pub(crate) fn new(connection: &'lane mut Connection, chain: &'lane str, head: Option<Head>) -> Batch<'lane> {
        Batch { reading: Reading::new(connection), chain, head }
    }

    /// The end of the lane's audit chain; `None` while not known.
    pub(crate) fn into_head(self) -> Option<Head> {
        self.head
    }

    /// Writes all changes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a patient's version is not the expected one, or another program uses this lane's
    /// audit chain: end the batch with it and run it again.
    pub fn write(&mut self, changes: &Changes) -> Result<(), StoreError> {
        let mut head = match self.head.take() {
            Some(head) => head,
            None => find_head(self.reading.connection, self.chain)?,
        };
        let writes = writes_of(changes, self.chain, &mut head);
        self.reading.connection.write_sets(&writes)?;
        self.head = Some(head);
        Ok(())
    }
}

impl<'lane> Deref for Batch<'lane> {
    type Target = Reading<'lane>;
    fn deref(&self) -> &Reading<'lane> {
        &self.reading
    }
}

impl DerefMut for Batch<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.reading
    }
}

/// The rows of all changes, packed and in the order in which they are written; the head becomes that of the chain after
/// them.
pub(crate) fn writes_of<'a>(changes: &'a Changes, chain: &'a str, head: &mut Head) -> Vec<Write<'a>> {
    let patients = merged(&changes.patients);
    let added = patients.iter().filter(|(_, expected)| expected.is_none()).map(|(patient, _)| *patient);
    let updated = patients.iter().filter_map(|(patient, expected)| Some((*patient, (*expected)?)));
    let audit = changes.audit.iter().map(|entry| audit_values(head, chain, entry));
    let messages = latest(&changes.messages, |message| message.id).into_iter();
    let events = latest(&changes.vaccination_events, OfPerson::key);
    let primary: HashMap<(PatientId, Uuid), VaccinationReportId> =
        events.iter().map(|event| (event.key(), event.primary_report_id)).collect();
    let is_primary = |report: &VaccinationReport| {
        primary.get(&(report.patient_id, report.event_id.0)).map(|primary| *primary == report.id)
    };
    // Keys are spread over the whole index: in order, neighbors share pages.
    let mut match_keys: Vec<&(i64, PatientId)> = changes.match_keys.iter().collect();
    match_keys.sort_unstable();
    let (all_new, all_known, any) = (Expectation::AllNew, Expectation::AllKnown, Expectation::Any);
    let new: HashSet<PatientId> = added.clone().map(|patient| patient.id).collect();
    // Those that can fail for a race come first.
    let mut writes = vec![
        Write::new(&ADD_PATIENTS, all_new, added.map(patient_values)),
        Write::new(&UPDATE_PATIENTS, all_known, updated.map(patient_update_values)),
        Write::new(&APPEND_AUDIT, all_new, audit),
        Write::new(&WRITE_MESSAGES, any, messages.map(message_values)),
        Write::new(&WRITE_FILE_MESSAGES, any, changes.file_messages.iter().map(file_message_values)),
        Write::new(&OPEN_REVIEWS, any, changes.reviews.iter().map(review_values)),
    ];
    writes.extend(of_people(&WRITE_PATIENT_REPORTS, &changes.patient_reports, &new, patient_report_values));
    writes.extend(of_people(&WRITE_VACCINATION_REPORTS, &changes.vaccination_reports, &new, |report| {
        vaccination_report_values(report, is_primary(report))
    }));
    // The reports of a vaccination that nobody had reported are all written above, with their marks.
    let is_marked = |event: &VaccinationEvent| {
        new.contains(&event.patient_id) || changes.first_reported.contains(&(event.patient_id, event.id))
    };
    let to_be_marked = events.into_iter().filter(|event| !is_marked(event));
    writes.push(Write::new(&UNMARK_PRIMARY_REPORTS, any, changes.removed_events.iter().map(removed_event_values)));
    writes.push(Write::new(&MARK_PRIMARY_REPORTS, any, to_be_marked.map(vaccination_event_values)));
    writes.extend(of_people(&WRITE_CONSENTS, &changes.consents, &new, consent_values));
    writes.extend(of_people(&WRITE_MATCH_KEYS, match_keys, &new, match_key_values));
    let closed = changes.closed_dose_reviews.iter().map(closed_values);
    writes.push(Write::new(&CLOSE_DOSE_REVIEWS, any, closed));
    writes.push(Write::new(&OPEN_DOSE_REVIEWS, any, changes.dose_reviews.iter().map(opened_values)));
    let fixes = changes.data_fix_steps.iter().map(step_values);
    writes.push(Write::new(&MARK_DATA_FIX_STEPS, all_known, fixes));
    writes
}

/// A row that belongs to a person.
trait OfPerson {
    /// The person, and what tells the row from others of the person.
    fn key(&self) -> (PatientId, Uuid);
}

impl OfPerson for PatientReport {
    fn key(&self) -> (PatientId, Uuid) {
        (self.patient_id, self.id.0)
    }
}

impl OfPerson for VaccinationReport {
    fn key(&self) -> (PatientId, Uuid) {
        (self.patient_id, self.id.0)
    }
}

impl OfPerson for VaccinationEvent {
    fn key(&self) -> (PatientId, Uuid) {
        (self.patient_id, self.id.0)
    }
}

impl OfPerson for Consent {
    fn key(&self) -> (PatientId, Uuid) {
        (self.patient_id, self.id.0)
    }
}

impl OfPerson for (i64, PatientId) {
    fn key(&self) -> (PatientId, Uuid) {
        (self.1, Uuid::from_u128(self.0.cast_unsigned().into()))
    }
}

/// Two writes: whatever belongs to a new person is surely new, the rest may be known.
fn of_people<'a, Row: OfPerson + 'a, const WIDTH: usize>(
    set: &'static SetWrite,
    rows: impl IntoIterator<Item = &'a Row>,
    new: &HashSet<PatientId>,
    values: impl Fn(&'a Row) -> [Value<'a>; WIDTH],
) -> [Write<'a>; 2] {
    let (of_new, of_any): (Vec<&Row>, Vec<&Row>) =
        latest(rows, OfPerson::key).into_iter().partition(|row| new.contains(&row.key().0));
    [
        Write::new(set, Expectation::AllNew, of_new.into_iter().map(&values)),
        Write::new(set, Expectation::Any, of_any.into_iter().map(values)),
    ]
}

/// Each patient once, as the last change has them, with the version that the first change expected.
fn merged(changes: &[PatientChange]) -> Vec<(&Patient, Option<i64>)> {
    let mut first_version = HashMap::with_capacity(changes.len());
    for change in changes {
        first_version.entry(change.patient.id).or_insert(change.expected_version);
    }
    let kept = latest(changes, |change| change.patient.id).into_iter();
    kept.map(|change| (&change.patient, first_version[&change.patient.id])).collect()
}

/// The rows without those that a later row of the same id replaces.
fn latest<'a, T: 'a, Id: Eq + Hash>(rows: impl IntoIterator<Item = &'a T>, id: impl Fn(&T) -> Id) -> Vec<&'a T> {
    let rows = rows.into_iter();
    let mut places: HashMap<Id, usize> = HashMap::with_capacity(rows.size_hint().0);
    let mut kept: Vec<&T> = Vec::with_capacity(rows.size_hint().0);
    for row in rows {
        match places.entry(id(row)) {
            std::collections::hash_map::Entry::Occupied(place) => kept[*place.get()] = row,
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(kept.len());
                kept.push(row);
            }
        }
    }
    kept
}
