//! Vaccine groups: the forecasts of the antigens of a group as one, standard and risk apart.
//!
//! # Source
//! CDSi Logic Specification 4.6, chapter 9: FORECASTVG-1, SINGLEANTVG, MULTIANTVG-1.

use crate::days::Day;
use crate::facts::SeriesKind;
use crate::forecast_dates::Dates;
use crate::organize_history::Person;
use crate::schedule::{Schedule, Span};
use crate::walk::{SeriesRun, SeriesStatus, Trail};

/// Whom a forecast is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastKind {
    /// Everybody of this age.
    Standard,
    /// This person, because of an observation.
    Risk,
}

impl ForecastKind {
    pub(crate) fn of(kind: SeriesKind) -> ForecastKind {
        if kind == SeriesKind::Risk { ForecastKind::Risk } else { ForecastKind::Standard }
    }
}

/// The forecast of one vaccine group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupForecast {
    pub(crate) group: u8,
    pub(crate) kind: ForecastKind,
    pub(crate) status: SeriesStatus,
    /// The best series that it is made of: places in a list of runs.
    pub(crate) members: Span,
    pub(crate) dates: Option<Dates>,
    pub(crate) dose_number: Option<u16>,
}

/// The forecasts of all groups; the space is used again.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) forecasts: Vec<GroupForecast>,
    pub(crate) members: Vec<usize>,
    /// The best series by the forecast that they belong to: group, kind, and place in the list of the best.
    sorted: Vec<(u8, ForecastKind, usize)>,
}

impl Groups {
    /// Blends the best series (places in [`Trail::runs`]) into forecasts of groups.
    pub(crate) fn blend(&mut self, schedule: &Schedule, person: &Person, trail: &Trail, best: &[usize]) {
        self.forecasts.clear();
        self.members.clear();
        self.sorted.clear();
        self.sorted.extend(best.iter().enumerate().map(|(order, place)| {
            let rule = schedule.series_rule(trail.runs[*place].series);
            (schedule.antigens[usize::from(rule.antigen)].group, ForecastKind::of(rule.kind), order)
        }));
        self.sorted.sort_unstable();
        for of_group in self.sorted.chunk_by(|one, next| (one.0, one.1) == (next.0, next.1)) {
            let (number, kind, _) = of_group[0];
            let group = &schedule.groups[usize::from(number)];
            let start = self.members.len();
            self.members.extend(of_group.iter().map(|(.., order)| best[*order]));
            let members = Span::new(start, self.members.len());
            let runs = || members.of(&self.members).iter().map(|place| &trail.runs[*place]);
            let is_single = group.antigens.len() == 1;
            let status = if is_single { single_status(runs()) } else { multiple_status(runs()) };
            let mut forecast = GroupForecast { group: number, kind, status, members, dates: None, dose_number: None };
            if status == SeriesStatus::NotComplete {
                let last_dose = || last_dose(person, &group.antigens);
                forecast.dates = blend_dates(runs(), is_single, last_dose);
                let numbers = runs().filter(|run| run.forecast.dates.is_some()).map(|run| run.forecast.dose_number);
                forecast.dose_number = if group.is_given_in_full { numbers.min() } else { numbers.max() };
            }
            self.forecasts.push(forecast);
        }
    }
}

/// Where two series of an antigen are best, the one that still needs a dose speaks, then the complete one.
fn single_status<'a>(runs: impl Iterator<Item = &'a SeriesRun> + Clone) -> SeriesStatus {
    let has = |status| runs.clone().any(|run| run.status == status);
    let first = runs.clone().map(|run| run.status).next().unwrap_or(SeriesStatus::NotRecommended);
    [SeriesStatus::NotComplete, SeriesStatus::Complete].into_iter().find(|status| has(*status)).unwrap_or(first)
}

fn multiple_status<'a>(runs: impl Iterator<Item = &'a SeriesRun> + Clone) -> SeriesStatus {
    let has = |status| runs.clone().any(|run| run.status == status);
    let first_match =
        [SeriesStatus::Contraindicated, SeriesStatus::AgedOut, SeriesStatus::NotRecommended, SeriesStatus::NotComplete];
    let all_immune = runs.clone().all(|run| run.status == SeriesStatus::Immune);
    let last = if all_immune { SeriesStatus::Immune } else { SeriesStatus::Complete };
    first_match.into_iter().find(|status| has(*status)).unwrap_or(last)
}

/// MULTIANTVG-1: the latest of the earliest dates, unless the intervals of an antigen override the others.
fn blend_dates<'a>(
    runs: impl Iterator<Item = &'a SeriesRun> + Clone,
    is_single: bool,
    last_dose: impl Fn() -> Option<Day>,
) -> Option<Dates> {
    let dates = runs.clone().filter_map(|run| run.forecast.dates);
    let first = dates.clone().min_by_key(|dates| dates.earliest)?;
    let mut earliest = first.earliest;
    let mut earliest_by = first.earliest_by;
    if !is_single {
        if runs.clone().any(|run| run.forecast.is_priority && run.forecast.dates.is_some()) {
            earliest = earliest.max(last_dose().unwrap_or(earliest));
        } else if let Some(last) = dates.clone().max_by_key(|dates| dates.earliest) {
            (earliest, earliest_by) = (last.earliest, last.earliest_by);
        }
    }
    let recommended = dates.clone().min_by_key(|dates| dates.recommended)?;
    Some(Dates {
        earliest,
        recommended: recommended.recommended.max(earliest),
        past_due: dates.clone().filter_map(|dates| dates.past_due).min().map(|past_due| past_due.max(earliest)),
        latest: dates.filter_map(|dates| dates.latest).min(),
        earliest_by,
        recommended_by: if recommended.recommended < earliest { earliest_by } else { recommended.recommended_by },
    })
}

/// The date of the last dose of any antigen of a group.
fn last_dose(person: &Person, antigens: &[u8]) -> Option<Day> {
    let last = antigens.iter().filter_map(|antigen| person.records(*antigen).last());
    last.map(|place| person.doses[usize::from(*place)].date).max()
}
