//! Data fixes: named, reviewed batches of corrections that are applied in small steps and can be undone.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Cvx, DataFixId, Dose, OrganizationId, PatientId, VaccinationReportId};

/// A batch of corrections.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataFix {
    /// Its id.
    pub id: DataFixId,
    /// Its name; unique.
    pub name: String,
    /// What it corrects.
    pub correction: Correction,
    /// Whose reports.
    pub organization_id: OrganizationId,
    /// Why, and who asked for it.
    pub reason: String,
    /// Who planned it.
    pub planned_by: String,
    /// Who reviewed it; empty until somebody did.
    pub reviewed_by: String,
    /// Where it stands.
    pub state: DataFixState,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

/// What a data fix corrects. Further kinds are further variants.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Correction {
    /// A lot was reported under the wrong vaccine.
    ChangeCvx {
        /// The vaccine reported.
        from: Cvx,
        /// The vaccine given.
        to: Cvx,
        /// The lot, compared without case.
        lot_number: String,
    },
}

impl Correction {
    /// What it does, in a few words (`CVX 03 to 94, lot A1234`).
    pub fn words(&self) -> String {
        match self {
            Correction::ChangeCvx { from, to, lot_number } => format!("CVX {from} to {to}, lot {lot_number}"),
        }
    }
}

/// Where a data fix stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataFixState {
    /// What it would change is known; nothing is changed yet.
    Planned,
    /// It is being applied, or would be if whoever applied it had not been stopped.
    Applying,
    /// Everything that could be changed is changed.
    Applied,
    /// It is being taken back.
    Undoing,
    /// Everything that could be taken back is taken back.
    Undone,
}

impl DataFixState {
    /// All states.
    pub const ALL: [DataFixState; 5] = [
        DataFixState::Planned,
        DataFixState::Applying,
        DataFixState::Applied,
        DataFixState::Undoing,
        DataFixState::Undone,
    ];

    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            DataFixState::Planned => "planned",
            DataFixState::Applying => "applying",
            DataFixState::Applied => "applied",
            DataFixState::Undoing => "undoing",
            DataFixState::Undone => "undone",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<DataFixState> {
        DataFixState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// One report that a data fix concerns.
#[derive(Clone, PartialEq, Debug)]
pub struct DataFixStep {
    /// The fix.
    pub fix_id: DataFixId,
    /// Whose report.
    pub patient_id: PatientId,
    /// The report.
    pub report_id: VaccinationReportId,
    /// What stands of it.
    pub state: DataFixStepState,
    /// The dose as it was planned to be found.
    pub before: Dose,
    /// The dose as it shall be.
    pub after: Dose,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

/// What stands of one report of a data fix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataFixStepState {
    /// Not changed yet.
    Waiting,
    /// Changed.
    Applied,
    /// Left as it is: it was not any more as it was planned to be found.
    Skipped,
    /// Changed back.
    Undone,
    /// Not changed back: its owner had changed it since.
    Kept,
}

impl DataFixStepState {
    /// All states.
    pub const ALL: [DataFixStepState; 5] = [
        DataFixStepState::Waiting,
        DataFixStepState::Applied,
        DataFixStepState::Skipped,
        DataFixStepState::Undone,
        DataFixStepState::Kept,
    ];

    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            DataFixStepState::Waiting => "waiting",
            DataFixStepState::Applied => "applied",
            DataFixStepState::Skipped => "skipped",
            DataFixStepState::Undone => "undone",
            DataFixStepState::Kept => "kept",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<DataFixStepState> {
        DataFixStepState::ALL.into_iter().find(|state| state.word() == word)
    }
}
