//! Evaluate preferable and allowable intervals.
//!
//! # Source
//! CDSi Logic Specification 4.6, 6.5 and 6.6: CALCDTINT-1, -2, -3, -8, -9.

use crate::days::Day;
use crate::organize_history::Dose;
use crate::reasons::{Origin, Reason};
use crate::schedule::{CvxSet, From, IntervalRow, TargetRule};
use crate::walk::SeriesWalk;

impl SeriesWalk<'_> {
    /// All preferable intervals hold, or all allowable ones; where there are no allowable ones they do not help.
    pub(super) fn check_intervals(&mut self, record: usize, dose: &Dose, target: &TargetRule) -> bool {
        let start = self.trail.reasons.len();
        let earlier = usize::from(self.records[record]);
        let mut are_kept = true;
        for row in target.intervals.of(&self.schedule.intervals).iter().filter(|row| row.effect.holds_on(dose.date)) {
            let Some((origin, reference)) = self.interval_reference(row, earlier) else { continue };
            let date = |period: Option<crate::periods::Period>| period.map(|period| period.after(reference));
            let reason = if date(row.absolute).is_some_and(|absolute| dose.date < absolute) {
                are_kept = false;
                Reason::TooSoon { origin, reference, given: dose.date, minimum: row.minimum, absolute: row.absolute }
            } else if date(row.minimum).is_some_and(|minimum| dose.date < minimum) {
                Reason::IntervalWithGrace {
                    origin,
                    reference,
                    given: dose.date,
                    minimum: row.minimum,
                    absolute: row.absolute,
                }
            } else {
                continue;
            };
            self.trail.reasons.push(reason);
        }
        if !are_kept && self.keeps_allowable_intervals(dose, target, earlier) {
            self.trail.reasons.truncate(start);
            self.trail.reasons.push(Reason::AllowableInterval);
            return true;
        }
        are_kept
    }

    fn keeps_allowable_intervals(&self, dose: &Dose, target: &TargetRule, earlier: usize) -> bool {
        let rows = target.allowable_intervals.of(&self.schedule.intervals).iter();
        let mut rows = rows.filter(|row| row.effect.holds_on(dose.date)).peekable();
        rows.peek().is_some()
            && rows.all(|row| {
                let reference = self.interval_reference(row, earlier);
                let absolute = reference.zip(row.absolute).map(|((_, reference), period)| period.after(reference));
                absolute.is_none_or(|absolute| dose.date >= absolute)
            })
    }

    /// What an interval is counted from, among the first so many doses of the history; `None` when there is no such thing.
    pub(crate) fn interval_reference(&self, row: &IntervalRow, earlier: usize) -> Option<(Origin, Day)> {
        match &row.from {
            From::Previous => self.previous_dose().map(|dose| (Origin::Previous(dose.place), dose.date)),
            From::TargetDose(number) => {
                self.dose_of_target(*number).map(|dose| (Origin::TargetDose(*number, dose.place), dose.date))
            }
            From::MostRecent(vaccines) => {
                self.most_recent(vaccines, earlier).map(|dose| (Origin::Vaccine(dose.place), dose.date))
            }
            From::Observation(code) => {
                self.person.latest_observation(*code).map(|date| (Origin::Observation(*code), date))
            }
        }
    }

    fn most_recent(&self, vaccines: &CvxSet, earlier: usize) -> Option<&Dose> {
        let doses = self.person.doses[..earlier].iter();
        let mut doses = doses.enumerate().rev().filter(|(_, dose)| vaccines.contains(dose.vaccine));
        let found = doses.find(|(place, _)| !self.evaluations().iter().any(|known| known.is_inadvertent_dose(*place)));
        found.map(|(_, dose)| dose)
    }
}
