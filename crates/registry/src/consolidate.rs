//! Consolidation: from what was reported to what the registry shows. Pure, and independent of the order of reports.

pub(crate) mod doses;
pub(crate) mod identity;

use std::collections::HashSet;

use jiff::civil::Date;
use model::{Cvx, Demographics, Identifier, PatientRecord, PatientReport, Protection, Telecom};

use crate::Rules;
use crate::intake::{is_same_name, remember};

/// Makes the person that the registry shows out of the reports of them.
///
/// The newest report that states a fact decides it, but for protection; of name, birth date and sex that which most speaks for.
/// Names, identifiers and ways to reach a person are all kept, the newest first, because people are found by old ones too.
pub(crate) fn consolidate(record: &mut PatientRecord, rules: &Rules) {
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
        keep_first(&mut shown.publicity, &said.publicity);
    }
    (shown.is_deceased, shown.death_date) = death(&reports);
    shown.protection = protection(&record.reports, rules);
    identity::decide(&mut shown, &reports, record);
    record.patient.demographics = shown;
}

/// What the newest report that speaks of it says of death. The day may be that of an older one, but of none that was
/// overruled: who lives has no day of death.
fn death(newest_first: &[&PatientReport]) -> (Option<bool>, Option<Date>) {
    let said = || newest_first.iter().map(|report| &report.demographics).filter(|said| said.is_deceased.is_some());
    let is_deceased = said().next().and_then(|said| said.is_deceased);
    (is_deceased, said().take_while(|said| said.is_deceased == Some(true)).find_map(|said| said.death_date))
}

/// What the record shows of protection: what was said last, but what one protected, others open only with the day from which
/// it is open, not before that of the protection. Systems send `N` for everybody, and again with every message.
fn protection(reports: &[PatientReport], rules: &Rules) -> Option<Protection> {
    let said_last = |counts: &dyn Fn(&PatientReport) -> bool| {
        let counting = reports.iter().filter(|report| counts(report));
        counting.max_by_key(|report| (report.protection_said_at(), report.id))?.demographics.protection
    };
    let says_open = |report: &PatientReport| report.demographics.protection.is_some_and(|said| !said.is_protected);
    said_last(&|report| protects(report, reports, rules)).or_else(|| said_last(&says_open))
}

/// Whether a report protects the record: it says so, and no other has opened the record since.
pub(crate) fn protects(report: &PatientReport, reports: &[PatientReport], rules: &Rules) -> bool {
    let Some(since) = protected_since(report, rules) else { return false };
    let opens = |other: &PatientReport| {
        let said = other.demographics.protection.filter(|said| !said.is_protected);
        said.and_then(|said| said.since).is_some_and(|day| day >= since)
            && (other.protection_said_at(), other.id) > (report.protection_said_at(), report.id)
    };
    !reports.iter().any(opens)
}

/// The day from which a report protects the record: where it names none, that on which it was said.
pub(crate) fn protected_since(report: &PatientReport, rules: &Rules) -> Option<Date> {
    let said = report.demographics.protection.filter(|said| said.is_protected)?;
    Some(said.since.unwrap_or_else(|| rules.day_of(report.protection_said_at())))
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
