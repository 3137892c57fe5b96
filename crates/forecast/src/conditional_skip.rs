//! Whether a target dose is not needed.
//!
//! # Source
//! CDSi Logic Specification 4.6, 6.2 (evaluation), 7.1 (forecast) and 7.6 (validation): CONDSKIP-1, CONDSKIP-2, CALCDTSKIP-3 to -5.

use crate::days::Day;
use crate::facts::{Comparison, SkipContext};
use crate::primary_series::Planned;
use crate::schedule::{Condition, Count, SkipSet, TargetRule};
use crate::walk::{DoseStatus, SeriesStatus, SeriesWalk, Step};

/// From where a skip is asked.
#[derive(Clone, Copy)]
struct Standpoint<'p> {
    /// The reference date (CONDSKIP-2).
    day: Day,
    /// The doses of the antigen that have been seen.
    records: usize,
    /// The doses of the whole history that have been seen.
    doses: usize,
    /// Doses that are only planned, by date.
    planned: &'p [Planned],
}

impl SeriesWalk<'_> {
    /// Whether the target dose in hand is skipped before a dose is held against it. Only earlier doses are counted.
    pub(crate) fn is_skipped_in_evaluation(&self, record: usize) -> bool {
        let (day, doses) = (self.dose(record).date, usize::from(self.records[record]));
        let standpoint = Standpoint { day, records: record, doses, planned: &[] };
        self.target_rule().is_some_and(|target| self.is_skipped(target, SkipContext::Evaluation, standpoint))
    }

    /// Whether the target dose in hand is skipped when it would be given on a day.
    pub(crate) fn is_skipped_in_forecast(&self, day: Day) -> bool {
        self.target_rule().is_some_and(|target| self.is_skipped_when_planned(target, day, &[]))
    }

    /// Whether a target dose would be skipped on a day, if some more doses were given before.
    pub(crate) fn is_skipped_when_planned(&self, target: &TargetRule, day: Day, planned: &[Planned]) -> bool {
        let standpoint = Standpoint { day, records: self.records.len(), doses: self.person.doses.len(), planned };
        self.is_skipped(target, SkipContext::Forecast, standpoint)
    }

    /// Any skip of the context that holds will do.
    fn is_skipped(&self, target: &TargetRule, context: SkipContext, from: Standpoint<'_>) -> bool {
        target.skips.of(&self.schedule.skips).iter().any(|skip| {
            let is_asked = skip.context == SkipContext::Both || skip.context == context;
            let mut sets = skip.sets.of(&self.schedule.skip_sets).iter();
            is_asked
                && if skip.needs_every_set {
                    sets.all(|set| self.holds(set, from))
                } else {
                    sets.any(|set| self.holds(set, from))
                }
        })
    }

    fn holds(&self, set: &SkipSet, from: Standpoint<'_>) -> bool {
        let mut conditions = set.conditions.of(&self.schedule.conditions).iter();
        set.effect.holds_on(from.day)
            && if set.needs_any {
                conditions.any(|condition| self.is_met(condition, from))
            } else {
                conditions.all(|condition| self.is_met(condition, from))
            }
    }

    fn is_met(&self, condition: &Condition, from: Standpoint<'_>) -> bool {
        match condition {
            Condition::Age { from: begin, before } => self.person.is_within(from.day, *begin, *before),
            Condition::Interval(period) => {
                let given = from.records.checked_sub(1).map(|record| self.dose(record).date);
                let previous = from.planned.last().map(|planned| planned.day).or(given);
                previous.is_some_and(|previous| from.day >= period.after(previous))
            }
            Condition::CompletedSeries(groups) => self.has_completed_series(*groups, from),
            Condition::Count(count) => {
                let doses = self.count(count, from);
                let number = usize::from(count.number);
                match count.comparison {
                    Comparison::Greater => doses > number,
                    Comparison::Equal => doses == number,
                    Comparison::Less => doses < number,
                }
            }
        }
    }

    /// A series that only later doses complete is not complete yet.
    fn has_completed_series(&self, groups: u64, from: Standpoint<'_>) -> bool {
        let has_seen = |step: &Step| step.satisfied_by.is_none_or(|dose| usize::from(dose) < from.doses);
        self.trail.runs[self.first_run..].iter().any(|run| {
            let group = self.schedule.series_rule(run.series).group;
            let is_asked = run.status == SeriesStatus::Complete && groups >> group & 1 == 1;
            is_asked && run.steps.of(&self.trail.steps).iter().all(has_seen)
        })
    }

    /// A list of vaccines is sought in the whole history; without one the doses of the antigen count (CONDSKIP-1).
    fn count(&self, count: &Count, from: Standpoint<'_>) -> usize {
        let is_counted = |place: u16| {
            let dose = &self.person.doses[usize::from(place)];
            count.vaccines.as_ref().is_none_or(|vaccines| vaccines.contains(dose.vaccine))
                && self.person.is_within(dose.date, count.from, count.before)
                && (count.since..count.until).contains(&dose.date)
        };
        let is_planned = |planned: &&Planned| {
            count.vaccines.as_ref().is_none_or(|vaccines| vaccines.overlaps(&planned.vaccines))
                && self.person.is_within(planned.day, count.from, count.before)
                && (count.since..count.until).contains(&planned.day)
        };
        let planned = from.planned.iter().filter(is_planned).count();
        let given = if count.valid_only {
            let valid = self.evaluations().iter().filter(|evaluation| evaluation.status == DoseStatus::Valid);
            valid.filter(|evaluation| is_counted(evaluation.dose)).count()
        } else if count.vaccines.is_some() {
            (0..).take(from.doses).filter(|place| is_counted(*place)).count()
        } else {
            self.records[..from.records].iter().filter(|place| is_counted(**place)).count()
        };
        given + planned
    }
}
