//! Consolidation: from what was reported to what the registry shows. Pure, and independent of the order of reports.

pub(crate) mod doses;

use std::collections::HashSet;

use model::{Cvx, Demographics, Identifier, PatientRecord, PatientReport, Telecom};

use crate::Rules;
use crate::intake::{is_same_name, remember};

/// Makes the person that the registry shows out of the reports of them.
///
/// The newest report that states a fact decides it. Names, identifiers and ways to reach a person are all kept, the
/// newest first, because people are found by old ones too.
pub(crate) fn consolidate(record: &mut PatientRecord) {
    let mut reports: Vec<&PatientReport> = record.reports.iter().collect();
    reports.sort_by_key(|report| std::cmp::Reverse((report.received_at, report.id)));
    let mut shown = Demographics::default();
    for said in reports.iter().map(|report| &report.demographics) {
        shown.names = remember(&shown.names, &said.names, is_same_name);
        shown.identifiers = remember(&shown.identifiers, &said.identifiers, Identifier::eq);
        shown.addresses = remember(&shown.addresses, &said.addresses, PartialEq::eq);
        shown.telecoms = remember(&shown.telecoms, &said.telecoms, same_telecom);
        keep_first_list(&mut shown.races, &said.races);
        keep_first_list(&mut shown.next_of_kin, &said.next_of_kin);
        keep_first(&mut shown.mother_maiden_name, &said.mother_maiden_name);
        keep_first(&mut shown.birth_date, &said.birth_date);
        keep_first(&mut shown.sex, &said.sex);
        keep_first(&mut shown.ethnicity, &said.ethnicity);
        keep_first(&mut shown.language, &said.language);
        keep_first(&mut shown.multiple_birth, &said.multiple_birth);
        keep_first(&mut shown.birth_order, &said.birth_order);
        keep_first(&mut shown.is_deceased, &said.is_deceased);
        keep_first(&mut shown.death_date, &said.death_date);
        keep_first(&mut shown.publicity, &said.publicity);
        keep_first(&mut shown.protection, &said.protection);
    }
    record.patient.demographics = shown;
}

/// The record as it is given out: one report a vaccination, by date; no deleted ones; each fact once.
pub(crate) fn shown(mut record: PatientRecord, rules: &Rules) -> PatientRecord {
    doses::show(&mut record, rules);
    record.vaccinations.sort_by_key(|report| (report.dose.administered_on, report.dose.cvx, report.id));
    say_each_thing_once(&mut record.reports);
    record
}

/// Puts the reports in order, the newest first, and leaves each fact about a person's health where it was said last.
fn say_each_thing_once(reports: &mut [PatientReport]) {
    reports.sort_by_key(|report| std::cmp::Reverse((report.received_at, report.id)));
    let mut said: HashSet<(String, String, Option<Cvx>)> = HashSet::new();
    for report in reports {
        report.observations.retain(|fact| said.insert((fact.question.clone(), fact.value.code.clone(), fact.vaccine)));
    }
}

fn same_telecom(left: &Telecom, right: &Telecom) -> bool {
    left.value == right.value
}

fn keep_first<T: Clone>(shown: &mut Option<T>, said: &Option<T>) {
    if shown.is_none() {
        shown.clone_from(said);
    }
}

fn keep_first_list<T: Clone>(shown: &mut Vec<T>, said: &[T]) {
    if shown.is_empty() {
        *shown = said.to_vec();
    }
}
