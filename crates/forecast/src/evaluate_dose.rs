//! One dose held against one target dose: every condition in the order of the specification.
//!
//! # Source
//! CDSi Logic Specification 4.6, chapter 6.

use crate::days::Day;
use crate::organize_history::{Dose, Substandard};
use crate::reasons::Reason;
use crate::schedule::{Span, TargetRule};
use crate::walk::{DoseStatus, Evaluation, SeriesWalk};

mod age;
mod conflict;
pub(crate) mod interval;
mod vaccine;

/// What the ages of a target dose say of a dose.
#[derive(Clone, Copy, PartialEq, Eq)]
enum AgeVerdict {
    Right,
    TooYoung,
    TooOld,
}

impl SeriesWalk<'_> {
    /// Evaluates a dose against a target dose. Every condition that fails leaves its reason, in the order in which they are told.
    pub(crate) fn evaluate_dose(&mut self, record: usize, target: &TargetRule) -> Evaluation {
        let start = self.trail.reasons.len();
        let dose = self.dose(record);
        let (status, is_inadvertent) = if let Some(reason) = substandard(dose) {
            self.trail.reasons.push(reason);
            (DoseStatus::Substandard, false)
        } else if target.inadvertent.contains(dose.vaccine) {
            self.trail.reasons.push(Reason::Inadvertent);
            (DoseStatus::NotValid, true)
        } else {
            (self.evaluate_conditions(record, dose, target), false)
        };
        Evaluation {
            dose: self.records[record],
            target_number: target.number,
            status,
            is_inadvertent,
            reasons: Span::new(start, self.trail.reasons.len()),
        }
    }

    /// 6.4 to 6.10.
    fn evaluate_conditions(&mut self, record: usize, dose: &Dose, target: &TargetRule) -> DoseStatus {
        let age = self.check_age(dose, target);
        let is_interval_right = self.check_intervals(record, dose, target);
        let has_no_conflict = self.check_conflicts(record, dose);
        let is_vaccine_right = self.check_vaccine(dose, target);
        match age {
            AgeVerdict::TooOld => DoseStatus::Extraneous,
            AgeVerdict::Right if is_interval_right && has_no_conflict && is_vaccine_right => DoseStatus::Valid,
            AgeVerdict::Right | AgeVerdict::TooYoung => DoseStatus::NotValid,
        }
    }
}

/// 6.1: the lot had expired, or the dose must be repeated.
fn substandard(dose: &Dose) -> Option<Reason> {
    dose.is_substandard.map(|substandard| match substandard {
        Substandard::Expired(on) => Reason::LotExpired { on },
        Substandard::MustBeRepeated => Reason::MustBeRepeated,
    })
}

/// A window of time, begin included and end not.
fn is_within(day: Day, begin: Day, end: Day) -> bool {
    begin <= day && day < end
}
