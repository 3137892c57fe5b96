//! Destroying what may no longer be kept: everything of a person, or some of their doses, and how far a round over everybody is.
//!
//! What stays names nobody: the lines of the audit trail, which follow from one another, and of each message its hashes, its state
//! and the kinds and places of its findings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use model::{Finding, LoggedMessage, MessageId, PatientId, VaccinationReportId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::batch::Batch;
use crate::merges::{
    READ_RETIRED, REMOVE_CONSENTS, REMOVE_MATCH_KEY, REMOVE_PATIENT_REPORTS, REMOVE_VACCINATION_REPORTS,
};
use crate::messages::{FIND_MESSAGE, read_message};
use crate::sets::Keys;
use crate::settings::{FIND_SETTING, SET_SETTING};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// The setting that holds how far a round is, as JSON.
const ROUND_SETTING: &str = "destruction_round";
/// Keys without a person that are removed at once.
const KEYS_AT_ONCE: usize = 1_000;

/// Messages about a person: each has a line of the audit trail, which is found by the person; the log is not.
pub(crate) const LIST_MESSAGES_ABOUT: &str = "
SELECT DISTINCT message_id
FROM audit
WHERE patient_id = $1 AND message_id IS NOT NULL
ORDER BY message_id";

pub(crate) const DESTROY_MESSAGE: &str = "
UPDATE message
SET original = NULL,
    findings = $2,
    destroyed_at = $3
WHERE id = $1";

pub(crate) const REMOVE_DOSE_REVIEWS_OF_REPORT: &str = "
DELETE FROM dose_review
WHERE patient_id = $1 AND (one_id = $2 OR other_id = $2)";

pub(crate) const REMOVE_DATA_FIX_STEPS_OF_REPORT: &str = "
DELETE FROM data_fix_step
WHERE fix_id IN (SELECT id FROM data_fix) AND patient_id = $1 AND report_id = $2";

pub(crate) const REMOVE_FORECAST: &str = "
DELETE FROM patient_forecast
WHERE patient_id = $1";

pub(crate) const REMOVE_DUE: &str = "
DELETE FROM patient_due
WHERE patient_id = $1";

/// Everything that stands under a person, but for the keys, which are not found by the person.
pub(crate) const REMOVE_PERSON: [&str; 11] = [
    REMOVE_PATIENT_REPORTS,
    REMOVE_VACCINATION_REPORTS,
    REMOVE_CONSENTS,
    REMOVE_FORECAST,
    REMOVE_DUE,
    "
DELETE FROM patient_review
WHERE patient_id = $1 OR candidate_id = $1",
    "
DELETE FROM review_decision
WHERE patient_id = $1 OR candidate_id = $1",
    "
DELETE FROM dose_review
WHERE patient_id = $1",
    "
DELETE FROM merge_part
WHERE merge_id IN (SELECT id FROM merge WHERE survivor_id = $1 OR retired_id = $1)",
    "
DELETE FROM merge
WHERE survivor_id = $1 OR retired_id = $1",
    "
DELETE FROM data_fix_step
WHERE fix_id IN (SELECT id FROM data_fix) AND patient_id = $1",
];

pub(crate) const REMOVE_PATIENT: &str = "
DELETE FROM patient
WHERE id = $1";

/// Keys of names that somebody bore long ago, which nothing of them tells any more: a walk over all keys.
pub(crate) const LIST_KEYS_OF_NOBODY: &str = "
SELECT key, patient_id
FROM match_key
WHERE NOT EXISTS (SELECT 1 FROM patient WHERE patient.id = match_key.patient_id)
LIMIT $1";

/// A round over everybody: for which day, how far it is, and what it destroyed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DestructionRound {
    /// The day as seen from which something is due.
    pub on: Date,
    /// How many people there were when it began.
    pub people_count: u64,
    /// How many are done.
    pub done_count: u64,
    /// Whoever is done last; everybody before is done too.
    pub last_done: Uuid,
    /// Nobody is left.
    pub is_finished: bool,
    /// What was destroyed is gone from the indexes and from the write-ahead log, too.
    pub is_cleared: bool,
    /// A round before this one destroyed something, and was not cleared.
    pub is_behind: bool,
    /// How many people were destroyed, by the word of the reason.
    pub people: BTreeMap<String, u64>,
    /// How many people some doses were destroyed of, by the word of the reason.
    pub reduced: BTreeMap<String, u64>,
}

impl DestructionRound {
    /// Whether something was destroyed that may still stand in indexes and the log.
    pub fn leaves_something(&self) -> bool {
        !self.is_cleared && (self.is_behind || !self.people.is_empty() || !self.reduced.is_empty())
    }
}

impl Database {
    /// Held by whoever destroys: one at a time, of all nodes. No birth date is this far away.
    pub const DESTRUCTION_BUCKET: i64 = i64::MIN + 3;

    /// The present or the last round; `None` before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn destruction_round(&self) -> Result<Option<DestructionRound>, StoreError> {
        read_round(self.setting(ROUND_SETTING)?)
    }

    /// Begins a round: whatever round was there is replaced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_destruction_round(&self, round: &DestructionRound) -> Result<(), StoreError> {
        let text = round_text(round);
        let values = [Value::text(ROUND_SETTING), Value::text(&text)];
        self.write_holding(&[Database::DESTRUCTION_BUCKET], |connection| {
            connection.execute(SET_SETTING, &values, "begin a round of destruction").map(drop)
        })
    }

    /// Writes down how far a round is.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another node took this step, or began another round.
    pub fn step_destruction_round(&self, known: &DestructionRound, next: &DestructionRound) -> Result<(), StoreError> {
        const ATTEMPT: &str = "write a step of a round of destruction";
        let text = round_text(next);
        self.write_holding(&[Database::DESTRUCTION_BUCKET], |connection| {
            let key = [Value::text(ROUND_SETTING)];
            let found = connection.query_as(FIND_SETTING, &key, ATTEMPT, |row| row.string(0))?;
            if read_round(found.into_iter().next())?.as_ref() != Some(known) {
                return Err(StoreError::Conflict { attempted: ATTEMPT.to_owned() });
            }
            connection.execute(SET_SETTING, &[Value::text(ROUND_SETTING), Value::text(&text)], ATTEMPT).map(drop)
        })
    }

    /// Removes match keys that lead to nobody. Reads every key, and lets others write between.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn remove_keys_of_nobody(&self) -> Result<(), StoreError> {
        const ATTEMPT: &str = "remove keys of nobody";
        loop {
            let limit = [Value::Integer(KEYS_AT_ONCE as i64)];
            let read = |row: &dyn Columns| Ok((row.integer(0)?, row.uuid(1)?));
            let keys = self.read(|connection| connection.query_as(LIST_KEYS_OF_NOBODY, &limit, ATTEMPT, read))?;
            if !keys.is_empty() {
                self.write(|connection| {
                    keys.iter().try_for_each(|(key, patient_id)| {
                        let values = [Value::Integer(*key), Value::Uuid(*patient_id)];
                        connection.execute(REMOVE_MATCH_KEY, &values, ATTEMPT).map(drop)
                    })
                })?;
            }
            if keys.len() < KEYS_AT_ONCE {
                return Ok(());
            }
        }
    }
}

impl Batch<'_> {
    /// The records that were merged into one, whatever they led to in between; the one itself is the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn with_retired(&mut self, id: PatientId) -> Result<Vec<PatientId>, StoreError> {
        let mut all = vec![id];
        let mut asked = vec![id.0];
        while !asked.is_empty() {
            let mut retired = Vec::new();
            self.connection().read_sets(&[(&READ_RETIRED, Keys::Ids(&asked))], &mut |_, row| {
                retired.push(row.uuid(1)?);
                Ok(())
            })?;
            retired.retain(|id| !all.contains(&PatientId(*id)));
            all.extend(retired.iter().map(|id| PatientId(*id)));
            asked = retired;
        }
        Ok(all)
    }

    /// The messages that the audit trail names with any of these people, and these others, with their bytes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages_about(
        &mut self,
        people: &[PatientId],
        others: &[MessageId],
    ) -> Result<Vec<LoggedMessage>, StoreError> {
        const ATTEMPT: &str = "read the messages about a person";
        let mut ids: Vec<Uuid> = others.iter().map(|id| id.0).collect();
        for person in people {
            let values = [Value::Uuid(person.0)];
            ids.extend(self.connection().query_as(LIST_MESSAGES_ABOUT, &values, ATTEMPT, |row| row.uuid(0))?);
        }
        ids.sort_unstable();
        ids.dedup();
        let mut messages = Vec::with_capacity(ids.len());
        for id in ids {
            messages.extend(self.connection().query_as(FIND_MESSAGE, &[Value::Uuid(id)], ATTEMPT, read_message)?);
        }
        Ok(messages)
    }

    /// Destroys the bytes of a message; these findings stand in the place of its own.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn destroy_message(&mut self, id: MessageId, findings: &[Finding], at: Timestamp) -> Result<(), StoreError> {
        let values = [Value::Uuid(id.0), Value::document(findings), Value::instant(at)];
        self.connection().execute(DESTROY_MESSAGE, &values, "destroy a message").map(drop)
    }

    /// Removes everything that stands under a person. Of the keys those that are given: others are left to
    /// [`Database::remove_keys_of_nobody`].
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn destroy_person(&mut self, id: PatientId, keys: &[i64]) -> Result<(), StoreError> {
        const ATTEMPT: &str = "destroy a person";
        for sql in REMOVE_PERSON.iter().chain([&REMOVE_PATIENT]) {
            self.connection().execute(sql, &[Value::Uuid(id.0)], ATTEMPT)?;
        }
        for key in keys {
            self.connection().execute(REMOVE_MATCH_KEY, &[Value::Integer(*key), Value::Uuid(id.0)], ATTEMPT)?;
        }
        Ok(())
    }

    /// Removes what is known of reported doses besides the reports themselves, which
    /// [`replace_records`](Batch::replace_records) leaves out.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn destroy_doses(&mut self, id: PatientId, reports: &[VaccinationReportId]) -> Result<(), StoreError> {
        const ATTEMPT: &str = "destroy doses";
        for sql in [REMOVE_FORECAST, REMOVE_DUE] {
            self.connection().execute(sql, &[Value::Uuid(id.0)], ATTEMPT)?;
        }
        for report in reports {
            for sql in [REMOVE_DOSE_REVIEWS_OF_REPORT, REMOVE_DATA_FIX_STEPS_OF_REPORT] {
                self.connection().execute(sql, &[Value::Uuid(id.0), Value::Uuid(report.0)], ATTEMPT)?;
            }
        }
        Ok(())
    }
}

fn round_text(round: &DestructionRound) -> String {
    serde_json::to_string(round).expect("numbers and text can be written")
}

fn read_round(text: Option<String>) -> Result<Option<DestructionRound>, StoreError> {
    let invalid = |error: serde_json::Error| StoreError::ContentInvalid {
        what: "the round of destruction".to_owned(),
        reason: error.to_string(),
    };
    text.map(|text| serde_json::from_str(&text).map_err(invalid)).transpose()
}
