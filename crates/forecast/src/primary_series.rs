//! How many doses the primary series takes for a person, boosters left out: what LOINC 59782-3 asks.
//!
//! A release has no such number. Its series hold target doses that only some people need (DTaP has eleven, of which a child who
//! begins in time needs five), and does not say which ones are boosters. So the doses that were counted are taken, and those
//! that would still be needed if each were given on the day it is recommended for.

use crate::days::Day;
use crate::periods::Period;
use crate::schedule::{CvxSet, From, Schedule, TargetRule};
use crate::walk::SeriesWalk;

/// A dose that nobody has given yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Planned {
    pub(crate) day: Day,
    /// Any of these.
    pub(crate) vaccines: CvxSet,
}

/// No series plans more doses than this; 4.64 has eleven.
const PLANNED_LIMIT: usize = 16;

/// A dose that comes again and again counts as a booster when so many months lie between.
const BOOSTER_INTERVAL: Period = Period::months(6);

impl SeriesWalk<'_> {
    /// How many doses the primary series takes; `None` for a series that begins anew every season.
    pub(crate) fn primary_dose_count(&self) -> Option<u16> {
        let targets = self.series.targets.of(&self.schedule.targets);
        if targets.iter().any(|target| target.is_recurring && !is_booster(self.schedule, target)) {
            return None;
        }
        let is_primary = |number: u8| {
            let target = targets.get(usize::from(number).saturating_sub(1));
            target.is_some_and(|target| !is_booster(self.schedule, target))
        };
        let given = self.steps().iter().filter(|step| step.satisfied_by.is_some() && is_primary(step.target_number));
        u16::try_from(given.count() + self.planned_primary_count(&targets[self.target.min(targets.len())..])).ok()
    }

    /// The target doses in hand that would be needed, in turn.
    fn planned_primary_count(&self, targets: &[TargetRule]) -> usize {
        let mut planned = [Planned::default(); PLANNED_LIMIT];
        let (mut planned_count, mut primary_count) = (0, 0);
        let mut day = self.person.today;
        for target in targets {
            day = self.recommended_after(target, day, planned_count > 0);
            if self.is_skipped_when_planned(target, day, &planned[..planned_count]) {
                continue;
            }
            let Some(next) = planned.get_mut(planned_count) else { break };
            *next = Planned { day, vaccines: target.preferable_vaccines };
            planned_count += 1;
            primary_count += usize::from(!is_booster(self.schedule, target));
            if target.is_recurring {
                break;
            }
        }
        primary_count
    }

    /// The day from which a target dose is recommended, when the dose before it was given on a day.
    fn recommended_after(&self, target: &TargetRule, previous: Day, is_after_dose: bool) -> Day {
        let age = target.ages.of(&self.schedule.ages).iter().find(|row| row.effect.holds_on(self.person.today));
        let age = age.and_then(|row| self.person.age(row.recommended).or(self.person.age(row.minimum)));
        let rows = target.intervals.of(&self.schedule.intervals).iter();
        let rows = rows.filter(|row| is_after_dose && row.effect.holds_on(self.person.today));
        let intervals = rows.filter_map(|row| row.recommended.or(row.minimum)).map(|period| period.after(previous));
        intervals.chain(age).fold(previous, Day::max)
    }
}

/// Whether a target dose refreshes what earlier ones gave: it comes again and again, far apart, or it stands by itself at an age
/// (Tdap at 11 years), without an interval from a dose of its series.
fn is_booster(schedule: &Schedule, target: &TargetRule) -> bool {
    let mut rows = target.intervals.of(&schedule.intervals).iter();
    if target.is_recurring {
        let is_far = |period: Period| period.after(Day(0)) >= BOOSTER_INTERVAL.after(Day(0));
        return rows.filter_map(|row| row.minimum).any(is_far);
    }
    target.number > 1 && !rows.any(|row| matches!(row.from, From::Previous | From::TargetDose(_)))
}
