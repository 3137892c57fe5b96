//! What a merge moves from one record to another, and what an undone merge moves back. Pure.

use std::collections::{HashMap, HashSet};

use matching::{DoseDecision, Folded, Matcher};
use model::{
    CodeTables, Cvx, MergeId, OrganizationId, PatientId, PatientRecord, PatientReport, VaccinationEventId,
    VaccinationReport,
};
use store::MergePart;
use uuid::Uuid;

use crate::consolidate::consolidate;
use crate::intake::known_doses;

/// Moves everything that was reported of the retired person to the survivor. Gives what was moved.
///
/// Vaccinations of both that are one are put together. The retired record keeps what it showed, so that its number and
/// names still lead to the survivor.
pub(super) fn move_all(
    survivor: &mut PatientRecord,
    retired: &mut PatientRecord,
    codes: &dyn CodeTables,
) -> Vec<MergePart> {
    let part = |part_id, event_id| MergePart { part_id, event_id };
    let mut parts: Vec<MergePart> = retired.reports.iter().map(|report| part(report.id.0, None)).collect();
    parts.extend(retired.vaccinations.iter().map(|report| part(report.id.0, Some(report.event_id))));
    parts.extend(retired.consents.iter().map(|consent| part(consent.id.0, None)));

    let joined = joined_events(survivor, &retired.vaccinations, codes);
    for mut report in retired.vaccinations.drain(..) {
        report.event_id = joined.get(&report.event_id).copied().unwrap_or(report.event_id);
        report.patient_id = survivor.patient.id;
        survivor.vaccinations.push(report);
    }
    for mut report in retired.reports.drain(..) {
        report.patient_id = survivor.patient.id;
        survivor.reports.push(report);
    }
    for mut consent in retired.consents.drain(..) {
        consent.patient_id = survivor.patient.id;
        survivor.consents.push(consent);
    }
    in_order(survivor);
    consolidate(survivor);
    parts
}

/// Which of the vaccinations are known to the survivor under another id.
fn joined_events(
    survivor: &PatientRecord,
    reports: &[VaccinationReport],
    codes: &dyn CodeTables,
) -> HashMap<VaccinationEventId, VaccinationEventId> {
    let groups = |cvx: Cvx| codes.vaccine_groups(cvx);
    let known = known_doses(survivor);
    let mut joined = HashMap::new();
    for report in reports.iter().filter(|report| !report.is_deleted) {
        let event_id = match matching::decide_dose(&report.dose, report.organization_id, &known, &groups).decision {
            DoseDecision::SameEvent(event_id) => Some(event_id),
            DoseDecision::SameReport(id) => {
                known.iter().find(|known| known.report_id == id).map(|known| known.event_id)
            }
            DoseDecision::New => None,
        };
        if let Some(event_id) = event_id {
            joined.entry(report.event_id).or_insert(event_id);
        }
    }
    joined
}

/// Moves back what a merge moved, and what has come since for the retired person alone.
pub(super) fn move_back(
    holder: &mut PatientRecord,
    retired: &mut PatientRecord,
    parts: &[MergePart],
    merge_id: MergeId,
    matcher: &Matcher,
) {
    let moved: HashMap<Uuid, Option<VaccinationEventId>> =
        parts.iter().map(|part| (part.part_id, part.event_id)).collect();
    let later = later_reports(holder, &moved, merge_id, matcher);
    let belongs = |id: &Uuid| moved.contains_key(id) || later.contains(id);
    let retired_id = retired.patient.id;

    let sides = Sides::of(&holder.reports, &belongs);
    take(&mut holder.reports, &mut retired.reports, |report| belongs(&report.id.0));
    take(&mut holder.consents, &mut retired.consents, |consent| belongs(&consent.id.0));
    take(&mut holder.vaccinations, &mut retired.vaccinations, |report| {
        belongs(&report.id.0) || (is_later(report.id.0, merge_id) && sides.is_of_retired(report.organization_id))
    });
    rename(retired, retired_id);
    for report in &mut retired.vaccinations {
        if let Some(Some(event_id)) = moved.get(&report.id.0) {
            report.event_id = *event_id;
        }
    }
    in_order(holder);
    in_order(retired);
    consolidate(holder);
    if !retired.reports.is_empty() {
        consolidate(retired);
    }
}

/// Which organizations report the retired person and not the other.
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

    fn is_of_retired(&self, organization_id: OrganizationId) -> bool {
        self.retired.contains(&organization_id) && !self.other.contains(&organization_id)
    }
}

/// Reports made since the merge that are nearer to the retired person.
fn later_reports(
    holder: &PatientRecord,
    moved: &HashMap<Uuid, Option<VaccinationEventId>>,
    merge_id: MergeId,
    matcher: &Matcher,
) -> HashSet<Uuid> {
    let (theirs, rest): (Vec<&PatientReport>, Vec<&PatientReport>) =
        holder.reports.iter().partition(|report| moved.contains_key(&report.id.0));
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
fn is_later(id: Uuid, merge_id: MergeId) -> bool {
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
