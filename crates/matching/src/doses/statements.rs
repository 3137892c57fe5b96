//! A sender's own words: which of its reports a dose of its message says again, corrects or deletes.
//!
//! A sender's id of a dose (ORC-3) should be of one dose, and many senders give one to all doses of a visit. Where an id is
//! borne by several doses, those deleted since included, it says which visit is meant, and the day and the vaccine say
//! which dose.

use std::cmp::Reverse;

use model::{Action, Dose, EntityId, OrganizationId, VaccinationReportId};

use super::comparison::is_one_statement;
use super::{KnownDose, Vaccines};

/// A dose of a message, and how it is said.
#[derive(Clone, Copy, Debug)]
pub struct DoseStatement<'a> {
    /// The dose.
    pub dose: &'a Dose,
    /// What the sender wants done (RXA-21).
    pub action: Action,
    /// Whether the sender said what became of the dose (RXA-20).
    pub is_completion_stated: bool,
}

/// The sender's own earlier report that a dose says again, or corrects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnReport {
    /// Which.
    pub report_id: VaccinationReportId,
    /// Why, in words without values of the data.
    pub because: &'static str,
}

/// The report that a deletion (RXA-21 D) means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ReportToDelete {
    /// The sender's own: it may be deleted.
    Owned(VaccinationReportId),
    /// Another organization's: the sender may not delete it.
    Foreign(VaccinationReportId),
}

/// The sender's own report that a dose says again or corrects. The order of the known doses does not matter, nor what
/// others reported. All doses of the message are given: none takes the report that another one says again.
///
/// First the sender's id of the dose (ORC-3): with the day or the vaccine, or alone for an update (RXA-21 U); the id of a
/// visit only with both. Then, where that is missing, the id of the order (ORC-2); then the day and the vaccine. A dose
/// that its owner deleted comes to life again only when that owner sends it again.
///
/// # Source
/// HL7 IG 1.5, ORC-2, ORC-3: the filler order number is the sender's unique id of the dose.
pub fn find_own_report(
    incoming: DoseStatement<'_>,
    message: &[DoseStatement<'_>],
    organization: OrganizationId,
    known: &[KnownDose<'_>],
    vaccines: Vaccines<'_>,
) -> Option<OwnReport> {
    let own = Own::of(incoming, message, organization, known, vaccines);
    own.by_order_id()
        .map(|report_id| OwnReport { report_id, because: "the sender's own id of the dose" })
        .or_else(|| Some(OwnReport { report_id: own.by_placer_id()?, because: "the sender's own id of the order" }))
        .or_else(|| Some(OwnReport { report_id: own.by_content()?, because: "the same sender, day and vaccine" }))
}

/// Finds the report that a deletion means; `None` when there is none.
///
/// The sender's own reports come before those of others; the id of the dose (ORC-3) before day and vaccine. What was
/// deleted is not deleted again, and nothing in its place.
///
/// # Source
/// HL7 IG 1.5, RXA-21 and ORC-3: a deletion names the dose by its filler order number and its content.
pub fn find_report_to_delete(
    deletion: DoseStatement<'_>,
    message: &[DoseStatement<'_>],
    organization: OrganizationId,
    known: &[KnownDose<'_>],
    vaccines: Vaccines<'_>,
) -> Option<ReportToDelete> {
    let own = Own::of(deletion, message, organization, known, vaccines);
    if let Some((_, report)) = own.best(|likeness, report| own.is_repetition(likeness, report)) {
        return (!report.is_deleted).then_some(ReportToDelete::Owned(report.report_id));
    }
    let is_of_content = |likeness: &Likeness, report: &KnownDose<'_>| {
        likeness.is_same_day && likeness.is_same_group && !likeness.are_two_ids && deletion.may_speak_of(report.dose)
    };
    if let Some(report_id) = own.by_order_id() {
        return Some(ReportToDelete::Owned(report_id));
    }
    if let Some((_, report)) = own.best(|likeness, report| !report.is_deleted && is_of_content(likeness, report)) {
        return Some(ReportToDelete::Owned(report.report_id));
    }
    known
        .iter()
        .filter(|report| report.organization_id != organization && !report.is_deleted)
        .map(|report| (Likeness::between(deletion.dose, organization, report, vaccines), report))
        .filter(|(likeness, report)| {
            likeness.is_order_id_same && likeness.is_same_in_part() || is_of_content(likeness, report)
        })
        .max_by_key(|(likeness, report)| (*likeness, Reverse(report.report_id)))
        .map(|(_, report)| ReportToDelete::Foreign(report.report_id))
}

impl DoseStatement<'_> {
    /// Whether both are given, both refused, or both withheld. A correction or a deletion need not say what became of the
    /// dose.
    fn may_speak_of(&self, known: &Dose) -> bool {
        let is_silent = self.action != Action::Add && !self.is_completion_stated;
        is_silent || is_one_statement(self.dose, known)
    }

    /// Whether the two are of one day and vaccine.
    fn is_like(&self, other: &Dose) -> bool {
        (self.dose.administered_on, self.dose.cvx) == (other.administered_on, other.cvx)
    }
}

/// The sender's own reports beside a dose of its message.
struct Own<'a> {
    incoming: DoseStatement<'a>,
    message: &'a [DoseStatement<'a>],
    reports: Vec<(Likeness, &'a KnownDose<'a>)>,
    /// How many reports bear the id of the dose, those deleted since included.
    bearer_count: usize,
    /// Whether the id of the dose is borne by several: then it is that of a visit. An update is of the one that stands.
    is_id_of_a_visit: bool,
}

impl<'a> Own<'a> {
    fn of(
        incoming: DoseStatement<'a>,
        message: &'a [DoseStatement<'a>],
        organization: OrganizationId,
        known: &'a [KnownDose<'a>],
        vaccines: Vaccines<'_>,
    ) -> Own<'a> {
        let own = known.iter().filter(|report| report.organization_id == organization);
        let likeness = |report| Likeness::between(incoming.dose, organization, report, vaccines);
        let reports: Vec<_> = own.map(|report| (likeness(report), report)).collect();
        let bearers = || reports.iter().filter(|(likeness, _)| likeness.is_order_id_same);
        let (bearer_count, standing_count) =
            (bearers().count(), bearers().filter(|(_, report)| !report.is_deleted).count());
        let is_borne_by_another = |other: &DoseStatement<'_>| {
            order_ids(other.dose, incoming.dose, true) == Some(true) && !other.is_like(incoming.dose)
        };
        let is_of_the_one = incoming.action == Action::Update && standing_count == 1;
        let is_id_of_a_visit = !is_of_the_one && (bearer_count > 1 || message.iter().any(is_borne_by_another));
        Own { incoming, message, reports, bearer_count, is_id_of_a_visit }
    }

    /// The report that is most like the dose, of those that fit. One that stands comes before one that was deleted.
    fn best(&self, fits: impl Fn(&Likeness, &KnownDose<'_>) -> bool) -> Option<(Likeness, &'a KnownDose<'a>)> {
        let fitting = self.reports.iter().filter(|(likeness, report)| fits(likeness, report));
        fitting.max_by_key(|(likeness, report)| (*likeness, !report.is_deleted, Reverse(report.report_id))).copied()
    }

    fn by_order_id(&self) -> Option<VaccinationReportId> {
        let is_said_again =
            |likeness: &Likeness, _: &KnownDose<'_>| likeness.is_order_id_same && likeness.is_same_dose();
        let may_correct = |likeness: &Likeness, report: &KnownDose<'_>| self.may_correct(likeness, report);
        let is_one_of_many =
            || self.reports.iter().filter(|(likeness, report)| may_correct(likeness, report)).count() > 1;
        let found = self.best(is_said_again).or_else(|| self.best(may_correct).filter(|_| !is_one_of_many()));
        found.map(|(_, report)| report.report_id)
    }

    /// Whether the dose, under the same id, may correct what this report says.
    fn may_correct(&self, likeness: &Likeness, report: &KnownDose<'_>) -> bool {
        let is_update = self.incoming.action == Action::Update;
        let is_of_the_dose = match self.is_id_of_a_visit {
            // A visit has one day: only who says that it corrects speaks of the dose of another.
            true => (likeness.is_same_day && likeness.is_same_group) || (is_update && likeness.is_same_vaccine),
            false => likeness.is_same_in_part() || is_update,
        };
        let may_stand_again = self.incoming.action != Action::Delete && self.bearer_count == 1;
        likeness.is_order_id_same
            && is_of_the_dose
            && (!report.is_deleted || may_stand_again)
            && !self.is_said_by_another(report)
    }

    fn by_placer_id(&self) -> Option<VaccinationReportId> {
        let is_meant = |likeness: &Likeness, report: &KnownDose<'_>| {
            let is_id_missing = self.incoming.dose.order_id.is_none() || report.dose.order_id.is_none();
            // One order may stand for a series of doses: only the same day makes it the same dose.
            likeness.is_placer_id_same
                && is_id_missing
                && likeness.is_same_day
                && likeness.is_same_group
                && self.incoming.may_speak_of(report.dose)
                && !self.is_said_by_another(report)
        };
        self.best(is_meant).map(|(_, report)| report.report_id)
    }

    fn by_content(&self) -> Option<VaccinationReportId> {
        self.best(|likeness, report| self.is_repetition(likeness, report)).map(|(_, report)| report.report_id)
    }

    /// Whether the dose is that of the report, by its id or for want of one, and of the same day and vaccine.
    fn is_repetition(&self, likeness: &Likeness, report: &KnownDose<'_>) -> bool {
        let is_said_to_be = likeness.is_order_id_same || self.incoming.may_speak_of(report.dose);
        likeness.is_same_dose() && !likeness.are_two_ids && is_said_to_be
    }

    /// Whether another dose of the message says just what this report says, under its id or none.
    fn is_said_by_another(&self, report: &KnownDose<'_>) -> bool {
        let says_it = |other: &DoseStatement<'_>| {
            other.is_like(report.dose) && order_ids(other.dose, report.dose, true) != Some(false)
        };
        !self.incoming.is_like(report.dose) && self.message.iter().any(says_it)
    }
}

/// What a reported and a known dose have in common. Ordered: a greater one is more alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Likeness {
    is_order_id_same: bool,
    is_same_day: bool,
    is_same_vaccine: bool,
    /// The lots are known and are one.
    is_same_lot: bool,
    is_same_group: bool,
    is_placer_id_same: bool,
    /// Both have an id of the sender's own, and the ids differ: the sender tells two doses apart.
    are_two_ids: bool,
}

impl Likeness {
    fn is_same_dose(&self) -> bool {
        self.is_same_day && self.is_same_vaccine
    }

    fn is_same_in_part(&self) -> bool {
        self.is_same_day || self.is_same_group
    }

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
