//! A sender's own words: which of its reports a dose of its message says again, corrects or deletes.

use std::cmp::Reverse;

use model::{Dose, EntityId, OrganizationId, VaccinationReportId};

use super::comparison::is_one_statement;
use super::{KnownDose, Vaccines};

/// The sender's own earlier report that a dose says again, or corrects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnReport {
    /// Which.
    pub report_id: VaccinationReportId,
    /// Why, in words without values of the data.
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

/// The sender's own report that a dose says again or corrects. The order of the known doses does not matter, nor what
/// others reported.
///
/// First the sender's id of the dose (ORC-3), where that lacks its id of the order (ORC-2); then the day and the vaccine.
/// A dose that its owner deleted comes to life again only when that owner sends it again.
///
/// # Source
/// HL7 IG 1.5, ORC-2, ORC-3: the filler order number is the sender's unique id of the dose.
pub fn find_own_report(
    incoming: &Dose,
    organization: OrganizationId,
    known: &[KnownDose<'_>],
    vaccines: Vaccines<'_>,
) -> Option<OwnReport> {
    let own = known.iter().filter(|report| report.organization_id == organization);
    let own: Vec<(Likeness, &KnownDose<'_>)> =
        own.map(|report| (Likeness::between(incoming, organization, report, vaccines), report)).collect();
    let best_of = |fits: &dyn Fn(&Likeness, &KnownDose<'_>) -> bool, because: &'static str| {
        own.iter()
            .filter(|(likeness, report)| fits(likeness, report))
            .max_by_key(|(likeness, report)| (*likeness, !report.is_deleted, Reverse(report.report_id)))
            .map(|(_, report)| OwnReport { report_id: report.report_id, because })
    };
    let by_order_id = |likeness: &Likeness, _: &KnownDose<'_>| {
        likeness.is_order_id_same && (likeness.is_same_day || likeness.is_same_group)
    };
    let by_placer_id = |likeness: &Likeness, report: &KnownDose<'_>| {
        let is_id_missing = incoming.order_id.is_none() || report.dose.order_id.is_none();
        // One order may stand for a series of doses: only the same day makes it the same dose.
        likeness.is_placer_id_same
            && is_id_missing
            && likeness.is_same_day
            && likeness.is_same_group
            && is_one_statement(incoming, report.dose)
    };
    let by_content = |likeness: &Likeness, report: &KnownDose<'_>| {
        likeness.is_same_day
            && likeness.is_same_vaccine
            && !likeness.are_two_ids
            && is_one_statement(incoming, report.dose)
    };
    best_of(&by_order_id, "the sender's own id of the dose")
        .or_else(|| best_of(&by_placer_id, "the sender's own id of the order"))
        .or_else(|| best_of(&by_content, "the same sender, day and vaccine"))
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
    vaccines: Vaccines<'_>,
) -> Option<ReportToChange> {
    let is_meant = |likeness: &Likeness, report: &KnownDose<'_>| {
        let is_same_content = likeness.is_same_day && likeness.is_same_group && is_one_statement(change, report.dose);
        // The id alone may be that of a visit; and another id of the sender's own is another dose.
        let is_same_in_part = likeness.is_same_day || likeness.is_same_group;
        (likeness.is_order_id_same && is_same_in_part) || (is_same_content && !likeness.are_two_ids)
    };
    known
        .iter()
        .filter(|report| !report.is_deleted)
        .map(|report| (Likeness::between(change, organization, report, vaccines), report))
        .filter(|(likeness, report)| is_meant(likeness, report))
        .max_by_key(|(likeness, report)| (likeness.is_own, *likeness, Reverse(report.report_id)))
        .map(|(likeness, report)| match likeness.is_own {
            true => ReportToChange::Owned(report.report_id),
            false => ReportToChange::Foreign(report.report_id),
        })
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
    is_placer_id_same: bool,
    /// Both have an id of the sender's own, and the ids differ: the sender tells two doses apart.
    are_two_ids: bool,
}

impl Likeness {
    fn between(dose: &Dose, organization: OrganizationId, report: &KnownDose<'_>, vaccines: Vaccines<'_>) -> Likeness {
        let known = report.dose;
        let is_own = report.organization_id == organization;
        let is_same_vaccine = dose.cvx == known.cvx;
        let ids = order_ids(dose, known, is_own);
        let placers = dose.placer_order_id.as_ref().zip(known.placer_order_id.as_ref());
        Likeness {
            is_order_id_same: ids == Some(true),
            is_same_day: dose.administered_on == known.administered_on,
            is_same_vaccine,
            is_same_lot: compare_lots(dose, known) == Some(true),
            is_own,
            is_same_group: is_same_vaccine || (vaccines.groups)(dose.cvx).overlaps((vaccines.groups)(known.cvx)),
            is_placer_id_same: is_own && placers.is_some_and(|(id, other)| is_same_id(id, other, true)),
            are_two_ids: is_own && ids == Some(false),
        }
    }
}

/// Whether both have an id of the dose, and whether it is one.
pub(super) fn order_ids(dose: &Dose, known: &Dose, is_own: bool) -> Option<bool> {
    let ids = dose.order_id.as_ref().zip(known.order_id.as_ref());
    ids.map(|(id, other)| is_same_id(id, other, is_own))
}

fn is_same_id(id: &EntityId, other: &EntityId, is_own: bool) -> bool {
    let is_authority_same = id.authority.eq_ignore_ascii_case(&other.authority)
        || (is_own && (id.authority.is_empty() || other.authority.is_empty()));
    id.id == other.id && is_authority_same
}

/// Whether the lots are one; `None` when one of them is not known.
pub(super) fn compare_lots(dose: &Dose, known: &Dose) -> Option<bool> {
    let letters = |lot| str::bytes(lot).filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase());
    let (lot, other) = (letters(dose.lot_number.as_deref()?), letters(known.lot_number.as_deref()?));
    let are_known = lot.clone().next().is_some() && other.clone().next().is_some();
    are_known.then(|| lot.eq(other))
}
