//! Is this a vaccination that we know? Compares a reported dose with the person's known reports.

use model::{Cvx, Dose, OrganizationId, VaccinationEventId, VaccinationReportId, VaccineGroupSet};

/// A report of a dose of the same person.
#[derive(Clone, Copy, Debug)]
pub struct KnownDose<'a> {
    /// The report.
    pub report_id: VaccinationReportId,
    /// The vaccination that it is a report of.
    pub event_id: VaccinationEventId,
    /// Who reported it.
    pub organization_id: OrganizationId,
    /// What it says.
    pub dose: &'a Dose,
    /// Whether its owner has deleted it.
    pub is_deleted: bool,
}

/// What a reported dose is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DoseDecision {
    /// The sender's own earlier report, again or corrected: update it.
    SameReport(VaccinationReportId),
    /// Another report of a known vaccination: keep both.
    SameEvent(VaccinationEventId),
    /// A vaccination that was not known.
    New,
}

/// A decision and why, in words without values of the data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoseMatch {
    /// What it is.
    pub decision: DoseDecision,
    /// Why.
    pub because: &'static str,
}

/// The report that a correction or deletion (RXA-21 U, D) means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReportToChange {
    /// The sender's own: it may be changed.
    Owned(VaccinationReportId),
    /// Another organization's: the sender may not change it.
    Foreign(VaccinationReportId),
}

/// Decides what a reported dose is. The order of the known doses does not matter.
pub fn decide_dose(
    incoming: &Dose,
    organization: OrganizationId,
    known: &[KnownDose<'_>],
    groups: &dyn Fn(Cvx) -> VaccineGroupSet,
) -> DoseMatch {
    let _ = (incoming, organization, known, groups);
    DoseMatch { decision: DoseDecision::New, because: "" }
}

/// Finds the report that a correction or deletion means; `None` when there is none.
pub fn find_report_to_change(
    change: &Dose,
    organization: OrganizationId,
    known: &[KnownDose<'_>],
    groups: &dyn Fn(Cvx) -> VaccineGroupSet,
) -> Option<ReportToChange> {
    let _ = (change, organization, known, groups);
    None
}

/// The report whose facts are shown for a vaccination; `None` when all of its reports are deleted.
pub fn primary_report(reports: &[KnownDose<'_>], is_unspecified: &dyn Fn(Cvx) -> bool) -> Option<VaccinationReportId> {
    let _ = is_unspecified;
    reports.iter().filter(|report| !report.is_deleted).map(|report| report.report_id).max()
}
