//! What the reader of a message cannot know: whether its dates and codes can be true together.
//!
//! Facts that cannot be right are taken out and reported; a dose without a possible date is dropped.

use jiff::civil::{Date, date};
use model::CodeTables;

use super::*;

/// Nobody in the registry was born before this day.
///
/// # Source
/// ImmTrac2's own limit for birth dates.
const BIRTH_DATE_MINIMUM: Date = date(1890, 1, 1);
/// The age in years from which nobody needs to answer for a person.
const ADULT_AGE: i16 = 18;

/// The statement and the doses that can be true. `None`: the message must be refused.
pub(super) fn check(
    rules: &Rules,
    submission: &Submission,
    stated: &PatientStatement,
    findings: &mut Vec<Finding>,
) -> Option<(PatientStatement, Vec<VaccinationStatement>)> {
    let today = submission.receipt.today;
    let mut stated = stated.clone();
    let birth_date = stated.demographics.birth_date?;
    if birth_date > today || birth_date < BIRTH_DATE_MINIMUM {
        let finding = Finding::new(FindingKind::BirthDateInFuture).at(Location::field("PID", 1, 7));
        findings.push(finding.naming(birth_date.to_string()));
        return None;
    }
    check_person(&mut stated, birth_date, today, findings);
    let death_date = stated.demographics.death_date;
    let given = submission.vaccinations.len();
    let possible: Vec<VaccinationStatement> = submission
        .vaccinations
        .iter()
        .filter(|vaccination| is_possible(vaccination, birth_date, today, findings))
        .cloned()
        .collect();
    if possible.is_empty() && given > 0 {
        findings.push(Finding::new(FindingKind::NoOrderGroupLeft));
        return None;
    }
    for vaccination in &possible {
        check_dose(rules, vaccination, death_date, findings);
    }
    Some((stated, possible))
}

fn check_person(stated: &mut PatientStatement, birth_date: Date, today: Date, findings: &mut Vec<Finding>) {
    let demographics = &mut stated.demographics;
    if let Some(death_date) = demographics.death_date {
        let is_impossible = death_date < birth_date || death_date > today;
        if is_impossible {
            let kind =
                if death_date < birth_date { FindingKind::DeathBeforeBirth } else { FindingKind::DateImplausible };
            findings.push(Finding::new(kind).at(Location::field("PID", 1, 29)).naming(death_date.to_string()));
            demographics.death_date = None;
        }
    }
    if demographics.multiple_birth == Some(true) && demographics.birth_order.is_none() {
        findings.push(Finding::new(FindingKind::BirthOrderMissing).at(Location::field("PID", 1, 25)));
    }
    let is_child = birth_date.saturating_add(jiff::Span::new().years(ADULT_AGE)) > today;
    if is_child && demographics.next_of_kin.is_empty() {
        findings.push(Finding::new(FindingKind::NextOfKinMissing).at(Location::segment("NK1", 1)));
    }
}

fn is_possible(vaccination: &VaccinationStatement, birth_date: Date, today: Date, findings: &mut Vec<Finding>) -> bool {
    let administered_on = vaccination.dose.administered_on;
    let kind = if administered_on > today {
        FindingKind::AdministrationDateInFuture
    } else if administered_on < birth_date {
        FindingKind::AdministrationBeforeBirth
    } else {
        return true;
    };
    findings.push(at(vaccination, kind, 3).naming(administered_on.to_string()));
    false
}

fn check_dose(
    rules: &Rules,
    vaccination: &VaccinationStatement,
    death_date: Option<Date>,
    findings: &mut Vec<Finding>,
) {
    let dose = &vaccination.dose;
    if vaccination.action == model::Action::Delete {
        return;
    }
    if death_date.is_some_and(|death_date| dose.administered_on > death_date) && dose.is_given() {
        findings
            .push(at(vaccination, FindingKind::AdministrationAfterDeath, 3).naming(dose.administered_on.to_string()));
    }
    if let Some(expired_on) = dose.lot_expires_on.filter(|expires_on| dose.administered_on > *expires_on) {
        findings.push(at(vaccination, FindingKind::LotExpired, 16).naming(expired_on.to_string()));
    }
    let is_own = dose.source == model::InformationSource::Administered && dose.is_given();
    if dose.is_given() && !rules.codes.is_in_use(dose.cvx, dose.administered_on) {
        findings.push(at(vaccination, FindingKind::VaccineNotInUse, 5).naming(dose.cvx.to_string()));
    }
    if is_own && dose.lot_number.is_none() {
        findings.push(at(vaccination, FindingKind::LotMissing, 15));
    }
    if is_own && dose.mvx.is_none() {
        findings.push(at(vaccination, FindingKind::ManufacturerMissing, 17));
    }
}

fn at(vaccination: &VaccinationStatement, kind: FindingKind, field: u16) -> Finding {
    Finding::new(kind).at(Location::field("RXA", vaccination.order, field))
}
