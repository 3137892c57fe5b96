//! How a person stands in every vaccine group, without the sentences: for those who go over many people.

use jiff::civil::Date;

use crate::forecast::Forecast;
use crate::vaccine_groups::ForecastKind;
use crate::walk::{DoseStatus, SeriesStatus};

/// How a person stands in one vaccine group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Standing<'a> {
    /// The vaccine group.
    pub vaccine_group: &'a str,
    /// Standard or risk.
    pub kind: ForecastKind,
    /// What the group is to the person.
    pub status: SeriesStatus,
    /// The first day on which the next dose would count.
    pub earliest: Option<Date>,
    /// The day from which it is recommended.
    pub recommended: Option<Date>,
    /// The last day on which it is in time.
    pub past_due: Option<Date>,
    /// The last day on which it can be given.
    pub latest: Option<Date>,
    /// The number of the next dose.
    pub dose_number: Option<u16>,
}

impl<'a> Forecast<'a> {
    /// How the person stands in every vaccine group, in the schedule's order.
    pub fn standings(&self) -> impl Iterator<Item = Standing<'a>> + use<'a> {
        let schedule = self.schedule;
        self.workspace.groups.forecasts.iter().map(move |group| Standing {
            vaccine_group: &schedule.groups[usize::from(group.group)].name,
            kind: group.kind,
            status: group.status,
            earliest: group.dates.map(|dates| dates.earliest.date()),
            recommended: group.dates.map(|dates| dates.recommended.date()),
            past_due: group.dates.and_then(|dates| dates.past_due).map(|day| day.date()),
            latest: group.dates.and_then(|dates| dates.latest).map(|day| day.date()),
            dose_number: group.dose_number,
        })
    }

    /// How many doses count wherever they are evaluated, and how many do not somewhere. Doses that no series uses are in neither.
    pub fn dose_counts(&self) -> (u16, u16) {
        let (mut valid, mut other) = (0, 0);
        for place in 0..self.workspace.person.doses.len() {
            let best = self.workspace.best.iter().map(|run| &self.workspace.trail.runs[*run]);
            let found = best.flat_map(|run| self.workspace.trail.evaluations(run));
            let statuses = found.filter(|found| usize::from(found.dose) == place).map(|found| found.status);
            let are_valid = statuses.map(|status| status == DoseStatus::Valid).reduce(|all, one| all && one);
            valid += u16::from(are_valid == Some(true));
            other += u16::from(are_valid == Some(false));
        }
        (valid, other)
    }
}
