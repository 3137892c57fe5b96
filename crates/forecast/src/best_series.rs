//! Determine the best patient series of an antigen: of the prioritized series of its groups, those that stand.
//!
//! # Source
//! CDSi Logic Specification 4.6, 8.8.

use crate::facts::SeriesKind;
use crate::schedule::{Schedule, SeriesRule};
use crate::walk::{SeriesRun, SeriesStatus, Trail};

/// Whether a prioritized series is a best one, among the prioritized series of all groups of the antigen.
pub(crate) fn is_best(schedule: &Schedule, trail: &Trail, prioritized: &[usize], place: usize) -> bool {
    let of = |place: usize| -> (&SeriesRun, &SeriesRule) {
        let run = &trail.runs[place];
        (run, schedule.series_rule(run.series))
    };
    let (run, rule) = of(place);
    if run.status == SeriesStatus::Complete {
        return true;
    }
    let equivalent = || {
        let others = prioritized.iter().map(|place| of(*place));
        others.filter(|(_, other)| other.group != rule.group && rule.equivalent_groups >> other.group & 1 == 1)
    };
    if equivalent().any(|(run, _)| run.status == SeriesStatus::Complete) {
        return false;
    }
    match rule.kind {
        SeriesKind::EvaluationOnly => false,
        SeriesKind::Risk => true,
        SeriesKind::Standard => !equivalent().any(|(_, other)| other.kind == SeriesKind::Risk),
    }
}
