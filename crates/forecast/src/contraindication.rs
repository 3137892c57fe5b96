//! Whether something forbids an antigen, or some of its vaccines.
//!
//! # Source
//! CDSi Logic Specification 4.6, 7.3: CALCDTCI-1 and CALCDTCI-2.

use crate::facts::ObservationCode;
use crate::organize_history::Person;
use crate::schedule::{AntigenRule, CvxSet, Schedule, TargetRule};

/// The observation that forbids an antigen, or every vaccine that a target dose asks for.
pub(crate) fn contraindication(
    schedule: &Schedule,
    person: &Person,
    antigen: &AntigenRule,
    target: &TargetRule,
) -> Option<ObservationCode> {
    if !person.is_observed {
        return None;
    }
    let rules = antigen.contraindications.of(&schedule.indications);
    if let Some(rule) = rules.iter().find(|rule| person.has_within(rule, person.today)) {
        return Some(rule.code);
    }
    let (forbidden, code) = forbidden_vaccines(schedule, person, antigen);
    let wanted = &target.preferable_vaccines;
    code.filter(|_| !wanted.is_empty() && wanted.is_within(&forbidden))
}

/// The vaccines that are forbidden today, and the last observation that forbids any.
pub(crate) fn forbidden_vaccines(
    schedule: &Schedule,
    person: &Person,
    antigen: &AntigenRule,
) -> (CvxSet, Option<ObservationCode>) {
    let mut forbidden = (CvxSet::default(), None);
    if !person.is_observed {
        return forbidden;
    }
    for rule in antigen.vaccine_contraindications.of(&schedule.vaccine_contraindications) {
        if person.has_within(&rule.when, person.today) {
            forbidden.0.union(&rule.vaccines);
            forbidden.1 = Some(rule.when.code);
        }
    }
    forbidden
}
