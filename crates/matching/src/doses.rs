//! Is this a vaccination that we know? Which of a person's reports are the sender's own words of one dose, which are of
//! one vaccination, what is shown of it, and what a reviewer has to decide.
//!
//! Everything is a function of the set of reports: the order in which they came does not matter.

mod comparison;
mod facts;
mod grouping;
mod rules;
mod statements;

use model::{Cvx, Dose, OrganizationId, ReportVerdict, VaccinationReportId, VaccineGroupSet};

pub use comparison::{DoseComparison, DoseOutcome, DoseRule};
pub use facts::{DoseFact, FactSource, surviving};
pub use grouping::{Grouped, JoinedReport, UnsurePair, Vaccination};
pub use rules::{DoseRules, DoseRulesError};
pub use statements::{DoseStatement, OwnReport, ReportToDelete, find_own_report, find_report_to_delete};

/// A report of a dose of the same person.
#[derive(Clone, Copy, Debug)]
pub struct KnownDose<'a> {
    /// The report.
    pub report_id: VaccinationReportId,
    /// Who reported it.
    pub organization_id: OrganizationId,
    /// What it says.
    pub dose: &'a Dose,
    /// Whether its owner has deleted it.
    pub is_deleted: bool,
    /// What reviewers decided about it and other reports.
    pub verdicts: &'a [ReportVerdict],
}

/// What is asked about vaccines.
#[derive(Clone, Copy)]
pub struct Vaccines<'a> {
    /// The groups that a vaccine protects in.
    pub groups: &'a dyn Fn(Cvx) -> VaccineGroupSet,
    /// Whether the code names a family rather than a product.
    pub is_unspecified: &'a dyn Fn(Cvx) -> bool,
}
