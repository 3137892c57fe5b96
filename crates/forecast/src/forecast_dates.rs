//! Whether a series still needs a dose, and when.
//!
//! # Source
//! CDSi Logic Specification 4.6, 7.4 (need) and 7.5 (dates).

use crate::contraindication::contraindication;
use crate::days::Day;
use crate::immunity::immunity;
use crate::reasons::{Basis, Need};
use crate::schedule::{AgeRow, IntervalRow, TargetRule};
use crate::walk::{SeriesStatus, SeriesWalk};

/// The forecast of one series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SeriesForecast {
    /// The target dose that is forecast: its place in the schedule.
    pub(crate) target: Option<u16>,
    pub(crate) need: Need,
    /// Only of a series that is not complete.
    pub(crate) dates: Option<Dates>,
    /// The number of the dose that is forecast (FORECASTDN-1).
    pub(crate) dose_number: u16,
    /// When the series could be finished (SELECTB-12).
    pub(crate) finish: Day,
    /// It could be finished in time (SELECTB-3).
    pub(crate) is_completable: bool,
    /// Its intervals override the other antigens of the group (FORECASTPRIORITY-1).
    pub(crate) is_priority: bool,
}

/// The dates of a forecast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dates {
    pub(crate) earliest: Day,
    pub(crate) recommended: Day,
    pub(crate) past_due: Option<Day>,
    pub(crate) latest: Option<Day>,
    pub(crate) earliest_by: Basis,
    pub(crate) recommended_by: Basis,
}

/// The latest day so far, and what demands it.
#[derive(Clone, Copy)]
struct Latest(Option<(Day, Basis)>);

impl Latest {
    fn demand(&mut self, day: Option<Day>, basis: Basis) {
        if let Some(day) = day.filter(|day| self.0.is_none_or(|(latest, _)| latest < *day)) {
            self.0 = Some((day, basis));
        }
    }
}

impl SeriesWalk<'_> {
    /// 7.2 to 7.5 for the target dose in hand.
    pub(crate) fn forecast_target(&self) -> (SeriesStatus, SeriesForecast) {
        let Some(target) = self.target_rule() else { return self.finished() };
        let antigen = &self.schedule.antigens[usize::from(self.series.antigen)];
        let (person, today) = (self.person, self.person.today);
        if let Some(immunity) = immunity(person, antigen) {
            return (SeriesStatus::Immune, self.without_dates(Need::Immune(immunity)));
        }
        if let Some(code) = contraindication(self.schedule, person, antigen, target) {
            return (SeriesStatus::Contraindicated, self.without_dates(Need::Contraindicated(code)));
        }
        if let Some(end) = target.season_end.filter(|end| today > *end) {
            return (SeriesStatus::NotRecommended, self.without_dates(Need::SeasonOver(end)));
        }
        let age = target.ages.of(&self.schedule.ages).iter().find(|row| row.effect.holds_on(today));
        let maximum = age.and_then(|age| person.age(age.maximum));
        let (earliest, earliest_by) = self.candidate_earliest(target, age);
        if let Some(maximum) = maximum.filter(|maximum| today >= *maximum || earliest >= *maximum) {
            return (SeriesStatus::AgedOut, self.without_dates(Need::TooOld(maximum)));
        }
        if earliest >= Day::LAST {
            return (SeriesStatus::AgedOut, self.without_dates(Need::NoDate));
        }
        let dates = self.dates(target, age, earliest, earliest_by, maximum);
        let mut forecast = SeriesForecast { dates: Some(dates), ..self.without_dates(Need::Needed) };
        forecast.dose_number = self.dose_number(target);
        forecast.is_priority = self.is_priority(target);
        (forecast.finish, forecast.is_completable) = self.finish(earliest);
        (SeriesStatus::NotComplete, forecast)
    }

    /// No target dose is left: complete, when any was satisfied.
    fn finished(&self) -> (SeriesStatus, SeriesForecast) {
        if self.satisfied_count() > 0 {
            // Complete for a season that is over: what the next one asks for, the schedule does not hold.
            let ended = self.series.last_season_end.filter(|end| self.person.today > *end);
            (SeriesStatus::Complete, self.without_dates(ended.map_or(Need::Complete, Need::SeasonOver)))
        } else {
            (SeriesStatus::NotRecommended, self.without_dates(Need::PastHistory))
        }
    }

    fn without_dates(&self, need: Need) -> SeriesForecast {
        let target = self.series.targets.range().start + self.target;
        let target = u16::try_from(target).ok().filter(|_| self.target_rule().is_some());
        SeriesForecast {
            target,
            need,
            dates: None,
            dose_number: 0,
            finish: Day::LAST,
            is_completable: false,
            is_priority: false,
        }
    }

    /// FORECASTDTCAN-1. Without any date the assumed value of a missing date is taken.
    fn candidate_earliest(&self, target: &TargetRule, age: Option<&AgeRow>) -> (Day, Basis) {
        let mut latest = Latest(None);
        if let Some(age) = age {
            latest.demand(self.person.age(age.minimum), Basis::Age(age.minimum));
        }
        for row in self.intervals_in_effect(target) {
            if let (Some(period), Some((origin, reference))) =
                (row.minimum, self.interval_reference(row, self.person.doses.len()))
            {
                latest.demand(Some(period.after(reference)), Basis::Interval { period, origin });
            }
        }
        self.demand_conflict_ends(target, &mut latest);
        latest.demand(target.season_start, Basis::Season);
        for evaluation in self.evaluations() {
            let dose = &self.person.doses[usize::from(evaluation.dose)];
            if evaluation.is_inadvertent {
                latest.demand(Some(dose.date), Basis::Inadvertent(dose.place));
            } else if evaluation.target_number != 0 {
                latest.demand(Some(dose.date), Basis::LastDose(dose.place));
            }
        }
        latest.0.unwrap_or((Day::LAST, Basis::LastDose(0)))
    }

    /// CALCDTCONFLICT-3: for each earlier dose, the end of its conflict with any vaccine that the target dose asks for; the whole of it,
    /// whatever became of the dose.
    fn demand_conflict_ends(&self, target: &TargetRule, latest: &mut Latest) {
        let [previous, current] = &self.schedule.conflicting;
        if !target.preferable_vaccines.overlaps(current) {
            return;
        }
        for dose in &self.person.doses {
            if !previous.contains(dose.vaccine) {
                continue;
            }
            for rule in &self.schedule.conflicts {
                if rule.previous.contains(dose.vaccine) && rule.current.overlaps(&target.preferable_vaccines) {
                    latest.demand(Some(rule.end.after(dose.date)), Basis::Conflict(dose.place));
                }
            }
        }
    }

    /// FORECASTDT-1 to -6.
    fn dates(
        &self,
        target: &TargetRule,
        age: Option<&AgeRow>,
        earliest: Day,
        earliest_by: Basis,
        maximum: Option<Day>,
    ) -> Dates {
        let recommended_age = age.and_then(|age| self.person.age(age.recommended));
        let late_age = age.and_then(|age| self.person.age(age.late));
        let (mut recommended, mut late) = (Latest(None), Latest(None));
        if let Some(age) = age {
            recommended.demand(recommended_age, Basis::Age(age.recommended));
        }
        for row in self.intervals_in_effect(target) {
            let Some((origin, reference)) = self.interval_reference(row, self.person.doses.len()) else { continue };
            if let Some(period) = row.recommended.filter(|_| recommended_age.is_none()) {
                recommended.demand(Some(period.after(reference)), Basis::Interval { period, origin });
            }
            if let Some(period) = row.late.filter(|_| late_age.is_none()) {
                late.demand(Some(period.after(reference)), Basis::LastDose(0));
            }
        }
        let late = late_age.or(late.0.map(|(day, _)| day));
        let (unadjusted, recommended_by) = recommended.0.unwrap_or((earliest, earliest_by));
        Dates {
            earliest,
            recommended: unadjusted.max(earliest),
            past_due: late.map(|late| late.plus(-1).max(earliest)),
            latest: maximum.map(|maximum| maximum.plus(-1)),
            earliest_by,
            recommended_by: if unadjusted < earliest { earliest_by } else { recommended_by },
        }
    }

    fn intervals_in_effect(&self, target: &TargetRule) -> impl Iterator<Item = &IntervalRow> {
        let today = self.person.today;
        target.intervals.of(&self.schedule.intervals).iter().filter(move |row| row.effect.holds_on(today))
    }

    /// Skipped target doses do not count; in a season only the doses of that season do.
    fn dose_number(&self, target: &TargetRule) -> u16 {
        let season = target.season_start.unwrap_or(Day::FIRST);
        let doses = self.steps().iter().filter_map(|step| step.satisfied_by);
        let count = doses.filter(|dose| self.person.doses[usize::from(*dose)].date >= season).count();
        u16::try_from(count + 1).expect("the number of doses is limited")
    }

    fn is_priority(&self, target: &TargetRule) -> bool {
        let mut intervals = self.intervals_in_effect(target).peekable();
        intervals.peek().is_some() && intervals.all(|row| row.is_override)
    }

    /// When the last target dose could be given, and whether that is before its maximum age: the longest minimum interval of the target
    /// doses after the one that is forecast is added once (SELECTB-12).
    fn finish(&self, earliest: Day) -> (Day, bool) {
        let targets = self.series.targets.of(&self.schedule.targets);
        let remaining = targets[self.target + 1..].iter().flat_map(|target| self.intervals_in_effect(target));
        let finish =
            remaining.filter_map(|row| row.minimum).map(|period| period.after(earliest)).max().unwrap_or(earliest);
        let maximum = targets.last().and_then(|last| {
            let mut ages = last.ages.of(&self.schedule.ages).iter();
            ages.find(|row| row.effect.holds_on(self.person.today)).and_then(|row| self.person.age(row.maximum))
        });
        (finish, maximum.is_none_or(|maximum| finish < maximum))
    }
}
