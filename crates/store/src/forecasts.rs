//! Forecasts as they were last made for everybody, and how far the present round is.

use jiff::civil::Date;
use model::PatientId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sets::{Expectation, Keys, SetRead, SetWrite, Write};
use crate::settings::{FIND_SETTING, SET_SETTING};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// The setting that holds how far a round is, as JSON.
const ROUND_SETTING: &str = "forecast_round";
/// Held while a step of a round is written: nodes take turns. No birth date is this far away.
const BUCKET: i64 = i64::MIN + 1;

pub(crate) const LIST_PEOPLE_AFTER: &str = "
SELECT id
FROM patient
WHERE id > $1 AND status <> 'merged'
ORDER BY id
LIMIT $2";

pub(crate) const COUNT_PEOPLE: &str = "
SELECT COUNT(*)
FROM patient
WHERE status <> 'merged'";

pub(crate) const DELETE_FORECASTS: &str = "
DELETE FROM patient_forecast
WHERE patient_id > $1 AND patient_id <= $2";

pub(crate) const DELETE_DUE: &str = "
DELETE FROM patient_due
WHERE patient_id > $1 AND patient_id <= $2";

pub(crate) const COUNT_DUE: &str = "
SELECT vaccine_group,
    COUNT(*),
    SUM(CASE WHEN past_due_on < $1 THEN 1 ELSE 0 END),
    SUM(CASE WHEN recommended_on <= $1 AND (past_due_on IS NULL OR past_due_on >= $1) THEN 1 ELSE 0 END)
FROM patient_due
GROUP BY vaccine_group
ORDER BY vaccine_group";

pub(crate) const READ_FORECASTS: SetRead = SetRead {
    attempt: "read forecasts",
    sql: "
SELECT patient_id, patient_version, schedule, assessed_on, valid_dose_count, other_dose_count, standings
FROM patient_forecast
WHERE patient_id {among}",
    limit_per_key: None,
};

pub(crate) const READ_DUE: SetRead = SetRead {
    attempt: "read what is due",
    sql: "
SELECT patient_id, vaccine_group, is_for_risk, dose_number, earliest_on, recommended_on, past_due_on, latest_on
FROM patient_due
WHERE patient_id {among}",
    limit_per_key: None,
};

pub(crate) const WRITE_FORECASTS: SetWrite = SetWrite {
    attempt: "write forecasts",
    columns: &[
        ("patient_id", "uuid"),
        ("patient_version", "bigint"),
        ("schedule", "text"),
        ("assessed_on", "date"),
        ("valid_dose_count", "integer"),
        ("other_dose_count", "integer"),
        ("standings", "bytea"),
    ],
    sql: "
INSERT INTO patient_forecast ({columns})
{rows}",
    when_known: "",
};

pub(crate) const WRITE_DUE: SetWrite = SetWrite {
    attempt: "write what is due",
    columns: &[
        ("patient_id", "uuid"),
        ("vaccine_group", "text"),
        ("is_for_risk", "boolean"),
        ("dose_number", "integer"),
        ("earliest_on", "date"),
        ("recommended_on", "date"),
        ("past_due_on", "date"),
        ("latest_on", "date"),
    ],
    sql: "
INSERT INTO patient_due ({columns})
{rows}",
    when_known: "",
};

/// A round of forecasts over everybody: what it is for, and how far it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ForecastRound {
    /// The schedule by which it is made.
    pub schedule: String,
    /// The day as seen from which.
    pub on: Date,
    /// How many people there were when it began.
    pub people_count: u64,
    /// How many are done.
    pub done_count: u64,
    /// Whoever is done last; everybody before is done too.
    pub last_done: Uuid,
    /// Nobody is left.
    pub is_finished: bool,
    /// An operator holds it; it goes on from here.
    #[serde(default)]
    pub is_held: bool,
}

/// One person's forecast as it was last made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredForecast {
    /// The person.
    pub patient_id: PatientId,
    /// The version of their record; an older one than the record's is out of date.
    pub patient_version: i64,
    /// The schedule.
    pub schedule: String,
    /// The day as seen from which.
    pub on: Date,
    /// Doses that count in every vaccine group that they are for.
    pub valid_dose_count: u16,
    /// Doses that do not count somewhere.
    pub other_dose_count: u16,
    /// Vaccine groups in which no dose is needed, each with its word: `complete`, `immune`, `aged_out` ...
    pub standings: Vec<(String, String)>,
    /// Vaccine groups in which a dose is needed.
    pub due: Vec<StoredDue>,
}

/// A vaccine group in which a dose is needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredDue {
    /// The vaccine group.
    pub vaccine_group: String,
    /// The forecast is for this person's risk.
    pub is_for_risk: bool,
    /// The number of the dose.
    pub dose_number: u16,
    /// The first day on which it counts.
    pub earliest_on: Date,
    /// The day from which it is recommended.
    pub recommended_on: Date,
    /// The last day on which it is in time.
    pub past_due_on: Option<Date>,
    /// The last day on which it can be given.
    pub latest_on: Option<Date>,
}

/// How many people need a dose of one vaccine group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueCount {
    /// The vaccine group.
    pub vaccine_group: String,
    /// People who need a dose, now or later.
    pub people_count: u64,
    /// Of them, for whom it is late.
    pub overdue_count: u64,
    /// Of them, for whom it is recommended now and not late.
    pub due_count: u64,
}

impl Database {
    /// The present or the last round; `None` before the first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn forecast_round(&self) -> Result<Option<ForecastRound>, StoreError> {
        read_round(self.setting(ROUND_SETTING)?)
    }

    /// Begins a round, or changes one: whatever round was there is replaced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_forecast_round(&self, round: &ForecastRound) -> Result<(), StoreError> {
        let text = round_text(round);
        let values = [Value::text(ROUND_SETTING), Value::text(&text)];
        self.write_holding(&[BUCKET], |connection| {
            connection.execute(SET_SETTING, &values, "begin a round of forecasts").map(drop)
        })
    }

    /// How many people there are.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn people_count(&self) -> Result<u64, StoreError> {
        let counts =
            self.read(|connection| connection.query_as(COUNT_PEOPLE, &[], "count the people", |row| row.number(0)))?;
        Ok(counts.into_iter().next().unwrap_or_default())
    }

    /// The next people after one, by id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn people_after(&self, last: Uuid, limit: u32) -> Result<Vec<PatientId>, StoreError> {
        let values = [Value::Uuid(last), Value::Integer(limit.into())];
        self.read(|connection| {
            connection.query_as(LIST_PEOPLE_AFTER, &values, "list the next people", |row| row.uuid(0).map(PatientId))
        })
    }

    /// Writes one step of a round: the forecasts of everybody after the last step, up to `next.last_done`, and how far it is now.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another node took this step, or the round was changed meanwhile; nothing is written then.
    pub fn write_forecast_step(
        &self,
        known: &ForecastRound,
        next: &ForecastRound,
        forecasts: &[StoredForecast],
    ) -> Result<(), StoreError> {
        const ATTEMPT: &str = "write a step of a round of forecasts";
        let text = round_text(next);
        self.write_holding(&[BUCKET], |connection| {
            let key = [Value::text(ROUND_SETTING)];
            let found = connection.query_as(FIND_SETTING, &key, ATTEMPT, |row| row.string(0))?;
            if read_round(found.into_iter().next())?.as_ref() != Some(known) {
                return Err(StoreError::Conflict { attempted: ATTEMPT.to_owned() });
            }
            let range = [Value::Uuid(known.last_done), Value::Uuid(next.last_done)];
            connection.execute(DELETE_FORECASTS, &range, ATTEMPT)?;
            connection.execute(DELETE_DUE, &range, ATTEMPT)?;
            let due = forecasts.iter().flat_map(|forecast| forecast.due.iter().map(|due| (forecast.patient_id, due)));
            let mut writes =
                vec![Write::new(&WRITE_FORECASTS, Expectation::AllNew, forecasts.iter().map(forecast_values))];
            writes.push(Write::new(&WRITE_DUE, Expectation::AllNew, due.map(due_values)));
            writes.retain(|write| write.row_count() > 0);
            connection.write_sets(&writes)?;
            connection.execute(SET_SETTING, &[Value::text(ROUND_SETTING), Value::text(&text)], ATTEMPT).map(drop)
        })
    }

    /// The forecasts of these people as they were last made, by id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn stored_forecasts(&self, ids: &[PatientId]) -> Result<Vec<StoredForecast>, StoreError> {
        let mut ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.read(|connection| {
            let mut forecasts: Vec<StoredForecast> = Vec::new();
            let mut due: Vec<(PatientId, StoredDue)> = Vec::new();
            let reads = [(&READ_FORECASTS, Keys::Ids(&ids)), (&READ_DUE, Keys::Ids(&ids))];
            connection.read_sets(&reads, &mut |read, row| {
                match read {
                    0 => forecasts.push(read_forecast(row)?),
                    _ => due.push(read_due(row)?),
                }
                Ok(())
            })?;
            forecasts.sort_unstable_by_key(|forecast| forecast.patient_id);
            for (patient_id, due) in due {
                if let Ok(place) = forecasts.binary_search_by_key(&patient_id, |forecast| forecast.patient_id) {
                    forecasts[place].due.push(due);
                }
            }
            Ok(forecasts)
        })
    }

    /// How many people need a dose of each vaccine group, as seen on a day. Reads every row.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn due_counts(&self, on: Date) -> Result<Vec<DueCount>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(DueCount {
                vaccine_group: row.string(0)?,
                people_count: row.number(1)?,
                overdue_count: row.number(2)?,
                due_count: row.number(3)?,
            })
        };
        let values = [Value::Date(on)];
        self.read(|connection| connection.query_as(COUNT_DUE, &values, "count what is due", read))
    }
}

fn round_text(round: &ForecastRound) -> String {
    serde_json::to_string(round).expect("numbers and text can be written")
}

fn read_round(text: Option<String>) -> Result<Option<ForecastRound>, StoreError> {
    let invalid = |error: serde_json::Error| StoreError::ContentInvalid {
        what: "the round of forecasts".to_owned(),
        reason: error.to_string(),
    };
    text.map(|text| serde_json::from_str(&text).map_err(invalid)).transpose()
}

fn forecast_values(forecast: &StoredForecast) -> [Value<'_>; 7] {
    [
        Value::Uuid(forecast.patient_id.0),
        Value::Integer(forecast.patient_version),
        Value::text(&forecast.schedule),
        Value::Date(forecast.on),
        Value::Integer(forecast.valid_dose_count.into()),
        Value::Integer(forecast.other_dose_count.into()),
        Value::document(&forecast.standings),
    ]
}

fn due_values((patient_id, due): (PatientId, &StoredDue)) -> [Value<'_>; 8] {
    [
        Value::Uuid(patient_id.0),
        Value::text(&due.vaccine_group),
        Value::boolean(due.is_for_risk),
        Value::Integer(due.dose_number.into()),
        Value::Date(due.earliest_on),
        Value::Date(due.recommended_on),
        Value::optional(due.past_due_on, Value::Date),
        Value::optional(due.latest_on, Value::Date),
    ]
}

fn read_forecast(row: &dyn Columns) -> Result<StoredForecast, StoreError> {
    Ok(StoredForecast {
        patient_id: PatientId(row.uuid(0)?),
        patient_version: row.integer(1)?,
        schedule: row.string(2)?,
        on: row.date(3)?,
        valid_dose_count: row.number(4)?,
        other_dose_count: row.number(5)?,
        standings: row.document(6)?,
        due: Vec::new(),
    })
}

fn read_due(row: &dyn Columns) -> Result<(PatientId, StoredDue), StoreError> {
    let due = StoredDue {
        vaccine_group: row.string(1)?,
        is_for_risk: row.boolean(2)?,
        dose_number: row.number(3)?,
        earliest_on: row.date(4)?,
        recommended_on: row.date(5)?,
        past_due_on: row.optional_date(6)?,
        latest_on: row.optional_date(7)?,
    };
    Ok((PatientId(row.uuid(0)?), due))
}
