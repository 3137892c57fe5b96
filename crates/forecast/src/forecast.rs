//! A history in, evaluations and forecasts out.

use jiff::civil::Date;

use crate::best_series::is_best;
use crate::days::Day;
use crate::history::History;
use crate::organize_history::{Person, Selected};
use crate::relevant_series::is_relevant;
use crate::schedule::Schedule;
use crate::select_patient_series::Scoring;
use crate::vaccine_groups::Groups;
use crate::walk::{DoseStatus, SeriesWalk, Trail};

/// The space in which people are forecast, one after the other. After the first few, nothing is allocated.
#[derive(Debug, Default)]
pub struct Workspace {
    pub(crate) person: Person,
    pub(crate) trail: Trail,
    pub(crate) groups: Groups,
    /// The best series of all antigens: places in the runs of the trail, in the order of the schedule.
    pub(crate) best: Vec<usize>,
    prioritized: Vec<usize>,
    scoring: Scoring,
}

/// What the engine found for one person: evaluations of doses and forecasts of vaccine groups. Holds the workspace until it is read.
#[derive(Clone, Copy, Debug)]
pub struct Forecast<'a> {
    pub(crate) schedule: &'a Schedule,
    pub(crate) history: &'a History,
    pub(crate) workspace: &'a Workspace,
}

/// Evaluates a history and forecasts what is due, as seen on a day.
///
/// ```
/// use bluebonnet_forecast::{History, HistoryDose, Language, Schedule, Workspace, forecast};
/// use jiff::civil::date;
/// use model::{Cvx, Sex};
///
/// let mut history = History::new(date(2025, 1, 10), Sex::F);
/// history.doses.push(HistoryDose::new(date(2025, 1, 10), Cvx(8)));
/// let mut workspace = Workspace::default();
/// let found = forecast(Schedule::builtin(), &history, date(2025, 2, 1), &mut workspace).report(Language::English);
/// let hepatitis_b = found.forecasts.iter().find(|forecast| forecast.vaccine_group == "HepB").expect("due for everybody");
/// assert_eq!((hepatitis_b.dose_number, hepatitis_b.earliest), (Some(2), Some(date(2025, 2, 7))));
/// ```
pub fn forecast<'a>(
    schedule: &'a Schedule,
    history: &'a History,
    on: Date,
    workspace: &'a mut Workspace,
) -> Forecast<'a> {
    let Workspace { person, trail, groups, best, prioritized, scoring } = &mut *workspace;
    person.organize(schedule, history, Day::from_date(on));
    trail.clear();
    best.clear();
    for antigen in &schedule.antigens {
        let first_run = trail.runs.len();
        for series in antigen.series.range() {
            if is_relevant(schedule, person, &schedule.series[series]) {
                let series = u16::try_from(series).expect("the number of series is limited");
                SeriesWalk::run(schedule, person, series, first_run, trail);
            }
        }
        prioritized.clear();
        let mut groups_seen = 0_u64;
        for place in first_run..trail.runs.len() {
            let group = schedule.series_rule(trail.runs[place].series).group;
            if groups_seen >> group & 1 == 0 {
                groups_seen |= 1 << group;
                prioritized.extend(scoring.prioritize(schedule, person, trail, first_run, group));
            }
        }
        let first_best = best.len();
        best.extend(prioritized.iter().filter(|place| is_best(schedule, trail, prioritized, **place)));
        for place in &best[first_best..] {
            select(person, trail, *place);
        }
    }
    groups.blend(schedule, person, trail, best);
    Forecast { schedule, history, workspace }
}

/// Notes what a best series made of the doses: conflicts of other antigens ask for it.
fn select(person: &mut Person, trail: &Trail, place: usize) {
    for evaluation in trail.evaluations(&trail.runs[place]) {
        let dose = &mut person.doses[usize::from(evaluation.dose)];
        if evaluation.status == DoseStatus::Valid {
            dose.selected = Selected::Valid;
        } else if dose.selected == Selected::Unknown {
            dose.selected = Selected::NotValid;
        }
    }
}
