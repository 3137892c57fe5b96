//! Evaluate age.
//!
//! # Source
//! CDSi Logic Specification 4.6, 6.4: CALCDTAGE-5 (absolute minimum), -4 (minimum), -1 (maximum).

use super::AgeVerdict;
use crate::organize_history::Dose;
use crate::reasons::Reason;
use crate::schedule::TargetRule;
use crate::walk::SeriesWalk;

impl SeriesWalk<'_> {
    pub(super) fn check_age(&mut self, dose: &Dose, target: &TargetRule) -> AgeVerdict {
        let rows = target.ages.of(&self.schedule.ages);
        let Some(row) = rows.iter().find(|row| row.effect.holds_on(dose.date)) else { return AgeVerdict::Right };
        let age = |age| self.person.age(age);
        if age(row.absolute).is_some_and(|absolute| dose.date < absolute) {
            let reason = Reason::TooYoung { minimum: row.minimum, absolute: row.absolute };
            self.trail.reasons.push(reason);
            return AgeVerdict::TooYoung;
        }
        if age(row.minimum).is_some_and(|minimum| dose.date < minimum) {
            self.trail.reasons.push(Reason::AgeWithGrace { minimum: row.minimum, absolute: row.absolute });
        }
        if age(row.maximum).is_some_and(|maximum| dose.date >= maximum) {
            self.trail.reasons.push(Reason::TooOld { maximum: row.maximum });
            return AgeVerdict::TooOld;
        }
        AgeVerdict::Right
    }
}
