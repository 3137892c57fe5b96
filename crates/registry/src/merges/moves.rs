//! What a merge moves from one record to another, and what an undone merge moves back. Pure.

use std::collections::HashSet;

use matching::{Folded, Matcher};
use model::{MergeId, OrganizationId, PatientId, PatientRecord, PatientReport, VaccinationReport};
use uuid::Uuid;

use super::restrictions::{self, Restrictions};
use crate::Rules;
use crate::consolidate::consolidate;

/// What a merge that is undone needs to be told.
pub(super) struct Undoing<'a> {
    pub(super) merge_id: MergeId,
    /// The ids of what it moved.
    pub(super) parts: &'a [Uuid],
    pub(super) rules: &'a Rules,
    /// What was said since of who may see the records, and whom the messages since named.
    pub(super) restrictions: Restrictions,
}

/// Moves everything that was reported of the retired person to the survivor. Gives the ids of what was moved.
///
/// The retired record keeps what it showed, so that its number and names still lead to the survivor.
pub(super) fn move_all(survivor: &mut PatientRecord, retired: &mut PatientRecord, rules: &Rules) -> Vec<Uuid> {
    let reports = retired.reports.iter().map(|report| report.id.0);
    let vaccinations = retired.vaccinations.iter().map(|report| report.id.0);
    let consents = retired.consents.iter().map(|consent| consent.id.0);
    let parts = reports.chain(vaccinations).chain(consents).collect();
    survivor.reports.append(&mut retired.reports);
    survivor.vaccinations.append(&mut retired.vaccinations);
    survivor.consents.append(&mut retired.consents);
    let survivor_id = survivor.patient.id;
    rename(survivor, survivor_id);
    in_order(survivor);
    consolidate(survivor, rules);
    parts
}

/// Moves back what a merge moved, and what has come since for the retired person alone.
pub(super) fn move_back(holder: &mut PatientRecord, retired: &mut PatientRecord, undoing: Undoing<'_>) {
    let Undoing { merge_id, parts, rules, restrictions } = undoing;
    let matcher = &rules.matcher;
    let moved: HashSet<Uuid> = parts.iter().copied().collect();
    let later = later_reports(holder, &moved, merge_id, matcher);
    let belongs = |id: &Uuid| moved.contains(id) || later.contains(id);
    let retired_id = retired.patient.id;

    let sides = Sides::of(&holder.reports, &belongs);
    take(&mut holder.reports, &mut retired.reports, |report| belongs(&report.id.0));
    take(&mut holder.consents, &mut retired.consents, |consent| moved.contains(&consent.id.0));
    let (own, theirs) = (&holder.reports, &retired.reports);
    let is_of_retired = |report: &VaccinationReport| match sides.of_organization(report.organization_id) {
        // An organization that has charts of both named one of them.
        (true, true) => restrictions.names_retired(report, own, theirs, matcher),
        (is_of_retired, is_of_other) => is_of_retired && !is_of_other,
    };
    take(&mut holder.vaccinations, &mut retired.vaccinations, |report| {
        belongs(&report.id.0) || (is_later(report.id.0, merge_id) && is_of_retired(report))
    });
    restrictions::divide(holder, retired, restrictions, matcher);
    rename(retired, retired_id);
    in_order(holder);
    in_order(retired);
    consolidate(holder, rules);
    if !retired.reports.is_empty() {
        consolidate(retired, rules);
    }
}

/// Which organizations report the retired person, and which the other.
struct Sides {
    retired: HashSet<OrganizationId>,
    other: HashSet<OrganizationId>,
}

impl Sides {
    fn of(reports: &[PatientReport], belongs: &dyn Fn(&Uuid) -> bool) -> Sides {
        let of_side = |is_retired: bool| {
            let reports = reports.iter().filter(move |report| belongs(&report.id.0) == is_retired);
            reports.map(|report| report.organization_id).collect()
        };
        Sides { retired: of_side(true), other: of_side(false) }
    }

    /// Whether an organization reports the retired person, and whether it reports the other.
    fn of_organization(&self, organization_id: OrganizationId) -> (bool, bool) {
        (self.retired.contains(&organization_id), self.other.contains(&organization_id))
    }
}

/// Reports made since the merge that are nearer to the retired person.
fn later_reports(holder: &PatientRecord, moved: &HashSet<Uuid>, merge_id: MergeId, matcher: &Matcher) -> HashSet<Uuid> {
    let (theirs, rest): (Vec<&PatientReport>, Vec<&PatientReport>) =
        holder.reports.iter().partition(|report| moved.contains(&report.id.0));
    let (later, own): (Vec<&PatientReport>, Vec<&PatientReport>) =
        rest.into_iter().partition(|report| is_later(report.id.0, merge_id));
    let nearest = |report: &PatientReport, others: &[&PatientReport]| {
        let folded = Folded::new(&report.demographics);
        let scores = others.iter().map(|other| matcher.compare(&folded, &Folded::new(&other.demographics)).1);
        scores.fold(f64::MIN, f64::max)
    };
    let is_theirs = |report: &&PatientReport| nearest(report, &theirs) > nearest(report, &own);
    later.into_iter().filter(is_theirs).map(|report| report.id.0).collect()
}

/// Whether the id (UUID v7) was made after the merge's.
pub(super) fn is_later(id: Uuid, merge_id: MergeId) -> bool {
    id.as_u128() >> 80 > merge_id.0.as_u128() >> 80
}

fn take<T>(from: &mut Vec<T>, to: &mut Vec<T>, is_taken: impl Fn(&T) -> bool) {
    let (taken, left) = std::mem::take(from).into_iter().partition(|part| is_taken(part));
    *from = left;
    to.extend::<Vec<T>>(taken);
}

fn rename(record: &mut PatientRecord, id: PatientId) {
    record.reports.iter_mut().for_each(|report| report.patient_id = id);
    record.vaccinations.iter_mut().for_each(|report| report.patient_id = id);
    record.consents.iter_mut().for_each(|consent| consent.patient_id = id);
}

/// As the store gives a record: so that it is the same whichever way it came about.
fn in_order(record: &mut PatientRecord) {
    record.reports.sort_by_key(|report| report.id);
    record.vaccinations.sort_by_key(|report| report.id);
    record.consents.sort_by_key(|consent| (consent.recorded_at, consent.id));
}
