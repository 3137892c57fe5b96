//! Evaluate for a preferable and for an allowable vaccine.
//!
//! # Source
//! CDSi Logic Specification 4.6, 6.8 (CALCDTPREF-1, -2) and 6.9 (CALCDTALLOW-1, -2).

use crate::organize_history::Dose;
use crate::reasons::Reason;
use crate::schedule::{ProductRow, TargetRule};
use crate::walk::SeriesWalk;

impl SeriesWalk<'_> {
    /// The vaccine is preferable or allowable at this age. A dose whose manufacturer nobody knows may be any manufacturer's.
    pub(super) fn check_vaccine(&mut self, dose: &Dose, target: &TargetRule) -> bool {
        let allowable = target.allowable.of(&self.schedule.products);
        let preferable = target.preferable.of(&self.schedule.products);
        let is_right = |row: &ProductRow| {
            row.vaccines.contains(dose.vaccine)
                && self.person.is_within(dose.date, row.from, row.before)
                && row.maker.is_none_or(|maker| dose.maker.is_none_or(|known| known == maker))
        };
        if allowable.iter().any(is_right) || preferable.iter().any(is_right) {
            return true;
        }
        let is_of_another_age = allowable.iter().chain(preferable).any(|row| row.vaccines.contains(dose.vaccine));
        let reason = if is_of_another_age { Reason::VaccineOfAnotherAge } else { Reason::WrongVaccine };
        self.trail.reasons.push(reason);
        false
    }
}
