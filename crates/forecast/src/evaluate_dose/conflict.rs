//! Evaluate conflicts between live vaccines.
//!
//! # Source
//! CDSi Logic Specification 4.6, 6.7: CALCDTCONFLICT-1, -2, CONFLICT-3.

use super::is_within;
use crate::days::Day;
use crate::organize_history::{Dose, Selected};
use crate::reasons::Reason;
use crate::schedule::ConflictRule;
use crate::walk::{DoseStatus, SeriesWalk};

impl SeriesWalk<'_> {
    /// Whether no earlier dose of the whole history stands in the way.
    pub(super) fn check_conflicts(&mut self, record: usize, dose: &Dose) -> bool {
        let [previous, current] = &self.schedule.conflicting;
        if !current.contains(dose.vaccine) {
            return true;
        }
        for place in 0..self.records[record] {
            let earlier = &self.person.doses[usize::from(place)];
            if !previous.contains(earlier.vaccine) {
                continue;
            }
            for rule in &self.schedule.conflicts {
                if !rule.previous.contains(earlier.vaccine) || !rule.current.contains(dose.vaccine) {
                    continue;
                }
                let end = self.conflict_end(rule, place);
                if is_within(dose.date, rule.begin.after(earlier.date), end) {
                    self.trail.reasons.push(Reason::Conflict {
                        with: earlier.place,
                        on: earlier.date,
                        given: dose.date,
                        end,
                    });
                    return false;
                }
            }
        }
        true
    }

    /// Where the conflict with an earlier dose ends: sooner after a dose that was valid, or that nobody has evaluated.
    pub(crate) fn conflict_end(&self, rule: &ConflictRule, place: u16) -> Day {
        let dose = &self.person.doses[usize::from(place)];
        let own = self.evaluations().iter().find(|evaluation| evaluation.dose == place);
        let is_valid = match own {
            Some(own) => own.status == DoseStatus::Valid,
            None => dose.selected != Selected::NotValid,
        };
        if is_valid { rule.minimum_end.after(dose.date) } else { rule.end.after(dose.date) }
    }
}
