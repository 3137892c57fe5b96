//! Is this a vaccination that we know? Compares a reported dose with the person's known reports.

use std::cmp::Reverse;

use model::{
    Completion, Cvx, Dose, EntityId, InformationSource, OrganizationId, VaccinationEventId, VaccinationReportId,
    VaccineGroupSet,
};

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
///
/// First the sender's own id of the dose; then the day and the vaccine. A dose that its owner deleted comes to life
/// again only when that owner sends it again.
///
/// # Source
/// MIROW vaccination-level de-duplication (2006): one day and a shared vaccine group make a likely duplicate; two
/// administered doses of two organizations with two lots do not.
pub fn decide_dose(
    incoming: &Dose,
    organization: OrganizationId,
    known: &[KnownDose<'_>],
    groups: &dyn Fn(Cvx) -> VaccineGroupSet,
) -> DoseMatch {
    let likeness = |report: &KnownDose<'_>| Likeness::between(incoming, organization, report, groups);
    let best_of = |fits: &dyn Fn(&Likeness, &KnownDose<'_>) -> bool| {
        known
            .iter()
            .map(|report| (likeness(report), report))
            .filter(|(likeness, report)| fits(likeness, report))
            .max_by_key(|(likeness, report)| (*likeness, !report.is_deleted, Reverse(report.report_id)))
            .map(|(_, report)| report)
    };
    let by_order_id = |likeness: &Likeness, _: &KnownDose<'_>| {
        likeness.is_own && likeness.is_order_id_same && (likeness.is_same_day || likeness.is_same_group)
    };
    if let Some(report) = best_of(&by_order_id) {
        return same_report(report, "the sender's own id of the dose");
    }
    let by_content = |likeness: &Likeness, report: &KnownDose<'_>| {
        likeness.is_own && likeness.is_same_vaccine && !likeness.are_two_ids && is_one_statement(incoming, report.dose)
    };
    if let Some(report) = best_of(&|likeness, report| likeness.is_same_day && by_content(likeness, report)) {
        return same_report(report, "the same sender, day and vaccine");
    }
    let is_one_event = |likeness: &Likeness, report: &KnownDose<'_>| {
        !report.is_deleted && likeness.is_same_day && is_one_vaccination(incoming, report.dose, likeness)
    };
    match best_of(&is_one_event) {
        Some(report) => DoseMatch {
            decision: DoseDecision::SameEvent(report.event_id),
            because: "the same day and vaccine group, reported before",
        },
        None => DoseMatch { decision: DoseDecision::New, because: "no known dose of that day and vaccine group" },
    }
}

fn same_report(report: &KnownDose<'_>, because: &'static str) -> DoseMatch {
    DoseMatch { decision: DoseDecision::SameReport(report.report_id), because }
}

/// What a reported and a known dose have in common. Ordered: a greater one is more alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Likeness {
    is_order_id_same: bool,
    is_same_day: bool,
    is_same_vaccine: bool,
    /// The lots are known and are one.
    is_same_lot: bool,
    is_own: bool,
    is_same_group: bool,
    /// Both have an id of the sender's own, and the ids differ: the sender tells two doses apart.
    are_two_ids: bool,
}

impl Likeness {
    fn between(
        dose: &Dose,
        organization: OrganizationId,
        report: &KnownDose<'_>,
        groups: &dyn Fn(Cvx) -> VaccineGroupSet,
    ) -> Likeness {
        let known = report.dose;
        let is_own = report.organization_id == organization;
        let is_same_vaccine = dose.cvx == known.cvx;
        let ids = dose.order_id.as_ref().zip(known.order_id.as_ref());
        let is_order_id_same = ids.is_some_and(|(id, other)| is_same_order_id(id, other, is_own));
        Likeness {
            is_order_id_same,
            is_same_day: dose.administered_on == known.administered_on,
            is_same_vaccine,
            is_same_lot: compare_lots(dose, known) == Some(true),
            is_own,
            is_same_group: is_same_vaccine || groups(dose.cvx).overlaps(groups(known.cvx)),
            are_two_ids: is_own && ids.is_some() && !is_order_id_same,
        }
    }
}

fn is_same_order_id(id: &EntityId, other: &EntityId, is_own: bool) -> bool {
    let is_authority_same = id.authority.eq_ignore_ascii_case(&other.authority)
        || (is_own && (id.authority.is_empty() || other.authority.is_empty()));
    id.id == other.id && is_authority_same
}

/// Whether the two say the same kind of thing: both given, both refused, or both withheld.
fn is_one_statement(dose: &Dose, known: &Dose) -> bool {
    dose.is_given() == known.is_given() && (dose.is_given() || dose.completion == known.completion)
}

/// Whether two reports of one day and given doses are of one vaccination. Refusals are never taken for another's.
fn is_one_vaccination(dose: &Dose, known: &Dose, likeness: &Likeness) -> bool {
    if !dose.is_given() || !known.is_given() || !likeness.is_same_group {
        return false;
    }
    if dose.cvx == Cvx::UNKNOWN {
        // An unknown vaccine is one only with the same sender's unknown vaccine.
        return likeness.is_own && known.cvx == Cvx::UNKNOWN && !likeness.are_two_ids;
    }
    if !is_administered(dose) || !is_administered(known) {
        return true;
    }
    let are_two_lots = compare_lots(dose, known) == Some(false);
    let is_told_apart_by_sender =
        likeness.are_two_ids && (are_two_lots || !likeness.is_same_vaccine || dose.completion != known.completion);
    let is_told_apart_by_lot = are_two_lots && !likeness.is_own;
    !is_told_apart_by_sender && !is_told_apart_by_lot
}

fn is_administered(dose: &Dose) -> bool {
    dose.source == InformationSource::Administered
}

/// Whether the lots are one; `None` when one of them is not known.
fn compare_lots(dose: &Dose, known: &Dose) -> Option<bool> {
    let letters = |lot: &'_ str| -> Vec<u8> {
        lot.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect()
    };
    let (lot, other) = (letters(dose.lot_number.as_deref()?), letters(known.lot_number.as_deref()?));
    (!lot.is_empty() && !other.is_empty()).then(|| lot == other)
}

/// Finds the report that a correction or deletion means; `None` when there is none.
///
/// The sender's own reports come before those of others; the id of the dose (ORC-3) before day and vaccine.
///
/// # Source
/// HL7 IG 1.5, RXA-21 and ORC-3: a deletion names the dose by its filler order number and its content.
pub fn find_report_to_change(
    change: &Dose,
    organization: OrganizationId,
    known: &[KnownDose<'_>],
    groups: &dyn Fn(Cvx) -> VaccineGroupSet,
) -> Option<ReportToChange> {
    let is_meant = |likeness: &Likeness, report: &KnownDose<'_>| {
        let is_same_content = likeness.is_same_day && likeness.is_same_group && is_one_statement(change, report.dose);
        likeness.is_order_id_same || is_same_content
    };
    known
        .iter()
        .filter(|report| !report.is_deleted)
        .map(|report| (Likeness::between(change, organization, report, groups), report))
        .filter(|(likeness, report)| is_meant(likeness, report))
        .max_by_key(|(likeness, report)| (likeness.is_own, *likeness, Reverse(report.report_id)))
        .map(|(likeness, report)| match likeness.is_own {
            true => ReportToChange::Owned(report.report_id),
            false => ReportToChange::Foreign(report.report_id),
        })
}

/// The report whose facts are shown for a vaccination; `None` when all of its reports are deleted.
///
/// Administered before historical; complete before partial; a product before a family of vaccines; with a lot before
/// without; a combination before its components. What then still differs is decided by the vaccine's code, so that the
/// order of arrival decides only between reports that say the same.
pub fn primary_report(
    reports: &[KnownDose<'_>],
    is_unspecified: &dyn Fn(Cvx) -> bool,
    groups: &dyn Fn(Cvx) -> VaccineGroupSet,
) -> Option<VaccinationReportId> {
    let merit = |report: &KnownDose<'_>| {
        let dose = report.dose;
        (
            is_administered(dose),
            dose.completion == Completion::Complete,
            !is_unspecified(dose.cvx),
            dose.lot_number.is_some(),
            groups(dose.cvx).0.count_ones(),
            dose.cvx,
            report.report_id,
        )
    };
    reports.iter().filter(|report| !report.is_deleted).max_by_key(|report| merit(report)).map(|report| report.report_id)
}
