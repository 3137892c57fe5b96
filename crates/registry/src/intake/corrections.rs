//! Steps of a data fix, in the world of a batch: each report is changed when it is as it was planned to be found, and
//! left alone when it is not.

use model::{AuditAction, AuditEntry, DataFixStep, DataFixStepState, PatientId, PatientRecord};

use super::World;
use crate::data_fixes::{Corrections, Direction};

impl World {
    /// Does these steps; what became of each is written with them.
    pub(super) fn correct(&mut self, corrections: &Corrections) {
        let mut changed: Vec<PatientId> = Vec::new();
        for step in &corrections.steps {
            let patient_id = self.leading(step.patient_id);
            let record = self.record(patient_id).cloned();
            let (state, record) = match record {
                Some(record) => corrected(record, step, corrections),
                None => (not_found(corrections.direction), None),
            };
            if let Some(record) = record {
                if !changed.contains(&patient_id) {
                    changed.push(patient_id);
                }
                self.apply_record(record, None);
            }
            self.mark(DataFixStep { state, changed_at: corrections.at, ..step.clone() });
        }
        let audit: Vec<AuditEntry> = changed.into_iter().map(|patient_id| audited(corrections, patient_id)).collect();
        self.note(None, &audit);
    }
}

/// What becomes of a step, and the record when it changes.
fn corrected(
    mut record: PatientRecord,
    step: &DataFixStep,
    corrections: &Corrections,
) -> (DataFixStepState, Option<PatientRecord>) {
    let (from, to, done) = match corrections.direction {
        Direction::Apply => (&step.before, &step.after, DataFixStepState::Applied),
        Direction::Undo => (&step.after, &step.before, DataFixStepState::Undone),
    };
    let Some(report) = record.vaccinations.iter_mut().find(|report| report.id == step.report_id) else {
        return (not_found(corrections.direction), None);
    };
    if report.dose == *to {
        return (done, None);
    }
    if report.dose != *from || report.is_deleted {
        return (not_found(corrections.direction), None);
    }
    report.dose = to.clone();
    record.patient.version += 1;
    record.patient.updated_at = corrections.at;
    (done, Some(record))
}

/// Of a report that its owner has changed since, or that is gone.
fn not_found(direction: Direction) -> DataFixStepState {
    match direction {
        Direction::Apply => DataFixStepState::Skipped,
        Direction::Undo => DataFixStepState::Kept,
    }
}

fn audited(corrections: &Corrections, patient_id: PatientId) -> AuditEntry {
    let what = match corrections.direction {
        Direction::Apply => "applied",
        Direction::Undo => "undone",
    };
    AuditEntry {
        at: corrections.at,
        account_id: corrections.operator.account_id,
        organization_id: corrections.fix.organization_id,
        action: AuditAction::PatientChanged,
        patient_id: Some(patient_id),
        message_id: None,
        detail: format!("data fix {} {what}: {}", corrections.fix.name, corrections.fix.correction.words()),
    }
}
