//! Which series of an antigen matter for a person.
//!
//! # Source
//! CDSi Logic Specification 4.6, chapter 5: required gender, CALCDTIND-1 and CALCDTIND-2.

use crate::facts::SeriesKind;
use crate::organize_history::Person;
use crate::schedule::{Schedule, SeriesRule};

/// Whether a series is for this person: of its sexes, and for a risk series with one of its indications today.
pub(crate) fn is_relevant(schedule: &Schedule, person: &Person, series: &SeriesRule) -> bool {
    if series.sexes != 0 && series.sexes & person.sexes == 0 {
        return false;
    }
    series.kind != SeriesKind::Risk
        || person.is_observed
            && series.indications.of(&schedule.indications).iter().any(|rule| person.has_within(rule, person.today))
}
