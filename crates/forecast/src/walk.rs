//! One series against one person: the walk over target doses and doses, and what it leaves behind.
//!
//! # Source
//! CDSi Logic Specification 4.6, 4.4.

use crate::days::Day;
use crate::forecast_dates::SeriesForecast;
use crate::organize_history::{Dose, Person};
use crate::reasons::Reason;
use crate::schedule::{Schedule, SeriesRule, Span, TargetRule};

/// What all walks for one person leave behind; the space is used again for the next person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    pub(crate) runs: Vec<SeriesRun>,
    pub(crate) evaluations: Vec<Evaluation>,
    pub(crate) steps: Vec<Step>,
    pub(crate) reasons: Vec<Reason>,
}

impl Trail {
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
        self.evaluations.clear();
        self.steps.clear();
        self.reasons.clear();
    }

    pub(crate) fn evaluations(&self, run: &SeriesRun) -> &[Evaluation] {
        run.evaluations.of(&self.evaluations)
    }
}

/// What became of one series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesRun {
    pub(crate) series: u16,
    /// One for each dose of the antigen, by date.
    pub(crate) evaluations: Span,
    pub(crate) steps: Span,
    pub(crate) status: SeriesStatus,
    pub(crate) satisfied_count: u16,
    pub(crate) valid_count: u16,
    pub(crate) first_valid: Option<Day>,
    /// The series asked for no dose yet when the first one was given: the person was too old for its beginning.
    pub(crate) was_closed: bool,
    pub(crate) forecast: SeriesForecast,
}

/// What a series is to a person (patient series status).
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesStatus {
    /// A dose is still needed.
    NotComplete,
    /// Every target dose is satisfied or skipped.
    Complete,
    /// The person is immune.
    Immune,
    /// Something forbids it.
    Contraindicated,
    /// The person is too old for it.
    AgedOut,
    /// The history makes it unnecessary, or its season is over.
    NotRecommended,
}

/// What a series makes of a dose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DoseStatus {
    /// It counts.
    Valid,
    /// It must be given again.
    NotValid,
    /// It was not needed.
    Extraneous,
    /// It was spoiled, and must be given again.
    Substandard,
}

/// The evaluation of one dose in one series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evaluation {
    /// Its place in [`Person::doses`].
    pub(crate) dose: u16,
    /// The target dose that it was held against, from 1; 0 when none was left.
    pub(crate) target_number: u8,
    pub(crate) status: DoseStatus,
    pub(crate) is_inadvertent: bool,
    pub(crate) reasons: Span,
}

impl Evaluation {
    /// Whether this is a dose (by its place in [`Person::doses`]) that was a mistake.
    pub(crate) fn is_inadvertent_dose(&self, place: usize) -> bool {
        self.is_inadvertent && usize::from(self.dose) == place
    }

    /// Whether an interval is counted from this dose (CALCDTINT-1).
    fn begins_interval(&self) -> bool {
        matches!(self.status, DoseStatus::Valid | DoseStatus::NotValid) && !self.is_inadvertent
    }
}

/// A target dose left behind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// From 1, within the series.
    pub(crate) target_number: u8,
    /// The dose that satisfied it, by its place in [`Person::doses`]; `None` when it was skipped.
    pub(crate) satisfied_by: Option<u16>,
}

/// One series on its way.
pub(crate) struct SeriesWalk<'a> {
    pub(crate) schedule: &'a Schedule,
    pub(crate) person: &'a Person,
    pub(crate) series: &'a SeriesRule,
    pub(crate) records: &'a [u16],
    pub(crate) trail: &'a mut Trail,
    /// Where the runs of this antigen begin.
    pub(crate) first_run: usize,
    first_evaluation: usize,
    first_step: usize,
    /// Where the evaluations and the steps of a walk that is over end.
    end: Option<(usize, usize)>,
    /// The target dose in hand, from 0 within the series.
    pub(crate) target: usize,
    was_closed: bool,
}

impl<'a> SeriesWalk<'a> {
    /// Evaluates and forecasts one series.
    pub(crate) fn run(schedule: &'a Schedule, person: &'a Person, series: u16, first_run: usize, trail: &'a mut Trail) {
        let rule = schedule.series_rule(series);
        let mut walk = SeriesWalk {
            schedule,
            person,
            series: rule,
            records: person.records(rule.antigen),
            first_run,
            first_evaluation: trail.evaluations.len(),
            first_step: trail.steps.len(),
            trail,
            end: None,
            target: 0,
            was_closed: false,
        };
        walk.evaluate_all();
        let (status, forecast) = walk.forecast();
        let valid = walk.evaluations().iter().filter(|evaluation| evaluation.status == DoseStatus::Valid);
        let valid_count = valid.clone().count();
        let first_valid = valid.map(|evaluation| person.doses[usize::from(evaluation.dose)].date).next();
        let satisfied_count = walk.satisfied_count();
        let count = |count: usize| u16::try_from(count).expect("the number of doses is limited");
        let run = SeriesRun {
            series,
            evaluations: Span::new(walk.first_evaluation, walk.trail.evaluations.len()),
            steps: Span::new(walk.first_step, walk.trail.steps.len()),
            status,
            satisfied_count: count(satisfied_count),
            valid_count: count(valid_count),
            first_valid,
            was_closed: walk.was_closed,
            forecast,
        };
        walk.trail.runs.push(run);
    }

    /// A walk that is over, to be asked: by its place in the runs of the trail.
    pub(crate) fn again(schedule: &'a Schedule, person: &'a Person, run: usize, trail: &'a mut Trail) -> Self {
        let SeriesRun { series, evaluations, steps, was_closed, forecast, .. } = trail.runs[run];
        let rule = schedule.series_rule(series);
        let first = trail.runs.iter().position(|run| schedule.series_rule(run.series).antigen == rule.antigen);
        let targets = rule.targets.range();
        SeriesWalk {
            schedule,
            person,
            series: rule,
            records: person.records(rule.antigen),
            first_run: first.unwrap_or(run),
            trail,
            first_evaluation: evaluations.range().start,
            first_step: steps.range().start,
            end: Some((evaluations.range().end, steps.range().end)),
            target: forecast.target.map_or(targets.len(), |target| usize::from(target) - targets.start),
            was_closed,
        }
    }

    /// The walk itself. A recurring target dose stays in hand when it is satisfied: it is needed again at once.
    fn evaluate_all(&mut self) {
        for record in 0..self.records.len() {
            while self.target_rule().is_some_and(|_| self.is_skipped_in_evaluation(record)) {
                self.skip_target();
            }
            self.was_closed |= record == 0 && !self.asks_for_a_first_dose();
            let evaluation = match self.target_rule() {
                Some(target) => self.evaluate_dose(record, target),
                None => self.extraneous(record),
            };
            let target = self.target_rule().filter(|_| evaluation.status == DoseStatus::Valid);
            self.trail.evaluations.push(evaluation);
            if let Some(target) = target {
                self.trail.steps.push(Step { target_number: target.number, satisfied_by: Some(evaluation.dose) });
                self.target += usize::from(!target.is_recurring);
            }
        }
    }

    /// Whether the target dose in hand had a date when the first dose was given (FORECASTDTCAN-1, before any dose).
    fn asks_for_a_first_dose(&self) -> bool {
        let (Some(target), Some(first)) = (self.target_rule(), self.records.first()) else { return false };
        let on = self.dose(0).date;
        let mut ages = target.ages.of(&self.schedule.ages).iter().filter(|row| row.effect.holds_on(on));
        let mut intervals = target.intervals.of(&self.schedule.intervals).iter().filter(|row| row.effect.holds_on(on));
        target.season_start.is_some()
            || ages.any(|row| self.person.age(row.minimum).is_some())
            || intervals.any(|row| self.interval_reference(row, usize::from(*first)).is_some())
    }

    fn extraneous(&mut self, record: usize) -> Evaluation {
        let start = self.trail.reasons.len();
        let ended = self.series.last_season_end.filter(|end| self.dose(record).date > *end);
        self.trail.reasons.push(ended.map_or(Reason::SeriesAlreadyComplete, Reason::AfterLastSeason));
        Evaluation {
            dose: self.records[record],
            target_number: 0,
            status: DoseStatus::Extraneous,
            is_inadvertent: false,
            reasons: Span::new(start, start + 1),
        }
    }

    /// Leaves the target dose in hand behind.
    pub(crate) fn skip_target(&mut self) {
        if let Some(target) = self.target_rule() {
            self.trail.steps.push(Step { target_number: target.number, satisfied_by: None });
            self.target += 1;
        }
    }

    /// The target dose in hand; `None` after the last.
    pub(crate) fn target_rule(&self) -> Option<&'a TargetRule> {
        self.series.targets.of(&self.schedule.targets).get(self.target)
    }

    pub(crate) fn dose(&self, record: usize) -> &'a Dose {
        &self.person.doses[usize::from(self.records[record])]
    }

    pub(crate) fn evaluations(&self) -> &[Evaluation] {
        let end = self.end.map_or(self.trail.evaluations.len(), |(end, _)| end);
        &self.trail.evaluations[self.first_evaluation..end]
    }

    pub(crate) fn steps(&self) -> &[Step] {
        let end = self.end.map_or(self.trail.steps.len(), |(_, end)| end);
        &self.trail.steps[self.first_step..end]
    }

    pub(crate) fn satisfied_count(&self) -> usize {
        self.steps().iter().filter(|step| step.satisfied_by.is_some()).count()
    }

    /// The latest dose among those evaluated so far from which an interval is counted: valid or not, but neither inadvertent nor
    /// superfluous (CALCDTINT-1).
    pub(crate) fn previous_dose(&self) -> Option<&'a Dose> {
        let previous = self.evaluations().iter().rev().find(|evaluation| evaluation.begins_interval())?;
        Some(&self.person.doses[usize::from(previous.dose)])
    }

    /// The dose that satisfied a target dose; `None` when it was skipped (CALCDTINT-2).
    pub(crate) fn dose_of_target(&self, number: u8) -> Option<&'a Dose> {
        let step = self.steps().iter().find(|step| step.target_number == number)?;
        step.satisfied_by.map(|dose| &self.person.doses[usize::from(dose)])
    }
}
