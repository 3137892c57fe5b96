//! Rounds of forecasts over everybody: the registry's own work in the background.
//!
//! A round goes by the schedule in use on a day, person by person in the order of ids. How far it is, is committed with every step:
//! whoever stops it, and whatever stops, it goes on where it was. Each step asks the gate first, so that maintenance holds it.

use forecast::{ForecastKind, Schedule, SeriesStatus, Standing, Workspace};
use jiff::civil::Date;
use model::{PatientId, PatientRecord};
use store::{DueCount, ForecastRound, StoreError, StoredDue, StoredForecast};
use uuid::Uuid;

use crate::assess::{history, is_alive, is_told};
use crate::{Admission, Registry, RegistryError, Rules, consolidate};

/// People of one step: enough that a commit costs little, few enough that a stopping node does not wait.
pub const PEOPLE_PER_STEP: u32 = 500;
/// Threads that read and forecast the people of a step.
const THREADS: usize = 2;

impl Registry {
    /// The present round, or the last one; `None` before the first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn forecast_round(&self, _admission: &Admission) -> Result<Option<ForecastRound>, RegistryError> {
        Ok(self.database().forecast_round()?)
    }

    /// Begins a round by the schedule in use, as seen on a day. One that is under way is replaced, and begins anew.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn begin_forecast_round(&self, _admission: &Admission, on: Date) -> Result<ForecastRound, RegistryError> {
        let round = ForecastRound {
            schedule: self.schedule().name().to_owned(),
            on,
            people_count: self.database().people_count()?,
            done_count: 0,
            last_done: Uuid::nil(),
            is_finished: false,
            is_held: false,
        };
        self.database().set_forecast_round(&round)?;
        Ok(round)
    }

    /// Holds the present round, or lets it go on.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is none; when the database cannot be written.
    pub fn hold_forecast_round(&self, _admission: &Admission, is_held: bool) -> Result<ForecastRound, RegistryError> {
        let round = self.database().forecast_round()?.filter(|round| !round.is_finished);
        let round = round.ok_or_else(|| RegistryError::Refused("no round of forecasts is under way".to_owned()))?;
        let round = ForecastRound { is_held, ..round };
        self.database().set_forecast_round(&round)?;
        Ok(round)
    }

    /// Whether everybody should be gone over anew: never done, or done on an earlier day or by another schedule.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn needs_forecast_round(&self, _admission: &Admission, today: Date) -> Result<bool, RegistryError> {
        let round = self.database().forecast_round()?;
        Ok(round
            .is_none_or(|round| round.is_finished && (round.on < today || round.schedule != self.schedule().name())))
    }

    /// Takes the present round one step further and gives how far it is; `None` when there is nothing to do. Blocks.
    ///
    /// A round whose schedule is no longer the one in use begins anew with the one that is.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub fn advance_forecast_round(&self, admission: &Admission) -> Result<Option<ForecastRound>, RegistryError> {
        let present = self.database().forecast_round()?.filter(|round| !round.is_finished && !round.is_held);
        let Some(mut round) = present else { return Ok(None) };
        let schedule = self.schedule();
        if round.schedule != schedule.name() {
            round = self.begin_forecast_round(admission, round.on)?;
        }
        let people = self.database().people_after(round.last_done, PEOPLE_PER_STEP)?;
        let forecasts = self.forecast_people(&schedule, &people, round.on)?;
        let next = ForecastRound {
            done_count: round.done_count + people.len() as u64,
            // Records that were merged away behind the last person lose their forecasts with the last step.
            last_done: people.last().map_or(Uuid::max(), |last| last.0),
            is_finished: people.is_empty(),
            ..round.clone()
        };
        match self.database().write_forecast_step(&round, &next, &forecasts) {
            Ok(()) => Ok(Some(next)),
            Err(StoreError::Conflict { .. }) => Ok(self.database().forecast_round()?),
            Err(error) => Err(error.into()),
        }
    }

    /// The forecast of a person as the last round found it. The answer about one person is [`Registry::assess_patient`].
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn stored_forecasts(
        &self,
        _admission: &Admission,
        people: &[PatientId],
    ) -> Result<Vec<StoredForecast>, RegistryError> {
        Ok(self.database().stored_forecasts(people)?)
    }

    /// How many people need a dose of each vaccine group, as seen on a day, by the last round. Reads every row.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due_counts(&self, _admission: &Admission, on: Date) -> Result<Vec<DueCount>, RegistryError> {
        Ok(self.database().due_counts(on)?)
    }

    fn forecast_people(
        &self,
        schedule: &Schedule,
        people: &[PatientId],
        on: Date,
    ) -> Result<Vec<StoredForecast>, RegistryError> {
        let parts = people.chunks(people.len().div_ceil(THREADS).max(1));
        let forecast_part = |part: &[PatientId]| -> Result<Vec<StoredForecast>, StoreError> {
            let records = self.database().patient_records(part)?;
            let mut workspace = Workspace::default();
            Ok(records.into_iter().map(|record| stored(schedule, self.rules(), record, on, &mut workspace)).collect())
        };
        std::thread::scope(|scope| {
            let parts: Vec<_> = parts.map(|part| scope.spawn(move || forecast_part(part))).collect();
            let mut forecasts = Vec::with_capacity(people.len());
            for part in parts {
                forecasts.extend(part.join().map_err(|_| RegistryError::Stopping)??);
            }
            Ok(forecasts)
        })
    }
}

/// What is kept of one person's forecast. Without a birth date there is nothing to forecast.
fn stored(
    schedule: &Schedule,
    rules: &Rules,
    record: PatientRecord,
    on: Date,
    workspace: &mut Workspace,
) -> StoredForecast {
    let record = consolidate::shown(record, rules);
    let mut stored = StoredForecast {
        patient_id: record.patient.id,
        patient_version: record.patient.version,
        schedule: schedule.name().to_owned(),
        on,
        valid_dose_count: 0,
        other_dose_count: 0,
        standings: Vec::new(),
        due: Vec::new(),
    };
    let Some((history, _)) = history(schedule, &record, on) else { return stored };
    let found = forecast::forecast(schedule, &history, on, workspace);
    (stored.valid_dose_count, stored.other_dose_count) = found.dose_counts();
    let status = |group: &str, kind: ForecastKind| {
        let mut of_group = found.standings().filter(|other| other.vaccine_group == group);
        of_group.find(|other| other.kind == kind).map(|standing| standing.status)
    };
    let told = found.standings().filter(|standing| is_told(standing.vaccine_group, standing.kind, status));
    for standing in told.filter(|_| is_alive(&record)) {
        match due(&standing) {
            Some(due) => stored.due.push(due),
            None => stored.standings.push((standing.vaccine_group.to_owned(), word(standing.status).to_owned())),
        }
    }
    stored
}

fn due(standing: &Standing<'_>) -> Option<StoredDue> {
    Some(StoredDue {
        vaccine_group: standing.vaccine_group.to_owned(),
        is_for_risk: standing.kind == ForecastKind::Risk,
        dose_number: standing.dose_number.unwrap_or(1),
        earliest_on: standing.earliest?,
        recommended_on: standing.recommended?,
        past_due_on: standing.past_due,
        latest_on: standing.latest,
    })
}

fn word(status: SeriesStatus) -> &'static str {
    match status {
        SeriesStatus::NotComplete => "not_complete",
        SeriesStatus::Complete => "complete",
        SeriesStatus::Immune => "immune",
        SeriesStatus::Contraindicated => "contraindicated",
        SeriesStatus::AgedOut => "aged_out",
        SeriesStatus::NotRecommended => "not_recommended",
    }
}
