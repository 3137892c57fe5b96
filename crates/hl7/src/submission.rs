//! A VXU as a submission: what may be kept of it by the receiving rules of the guide, and what is wrong with it.

use model::{CodeTables, Finding, PatientStatement, VaccinationStatement};

use crate::er7::Message;

/// What could be read of a VXU.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SubmissionReading {
    /// Whom it is about; `None` when the message is rejected, and the findings say why.
    pub patient: Option<PatientStatement>,
    /// What happened to them.
    pub vaccinations: Vec<VaccinationStatement>,
    /// What was found wrong.
    pub findings: Vec<Finding>,
}

/// Reads a VXU by the receiving rules.
///
/// # Source
/// HL7 IG 1.5, table 3-1.
pub fn read_submission(message: &Message<'_>, tables: &dyn CodeTables) -> SubmissionReading {
    let _ = (message, tables);
    SubmissionReading::default()
}
