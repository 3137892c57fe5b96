//! Who the person is: birth, death, name, and who answers for them.

use jiff::civil::{Date, date};

use model::{PatientObservation, Places, Telecom};

use super::*;
use crate::intake::is_same_name;

/// Nobody in the registry was born before this day.
///
/// # Source
/// ImmTrac2's own limit for birth dates.
const BIRTH_DATE_MINIMUM: Date = date(1890, 1, 1);
/// The age in years from which nobody needs to answer for a person.
const ADULT_AGE: i16 = 18;

/// The statement without what cannot be true. `None`: it has no possible birth date, and nobody is known by it.
pub(super) fn check<'s>(
    rules: &Rules,
    submission: &Submission,
    stated: &'s PatientStatement,
    findings: &mut Vec<Finding>,
) -> Option<Cow<'s, PatientStatement>> {
    let today = submission.receipt.today;
    let Some(birth_date) = stated.demographics.birth_date else {
        findings.push(at(FindingKind::BirthDateMissing, 7));
        return None;
    };
    if !(BIRTH_DATE_MINIMUM..=today).contains(&birth_date) {
        findings.push(at(FindingKind::BirthDateInFuture, 7).naming(birth_date.to_string()));
        return None;
    }
    let mut stated = Cow::Borrowed(stated);
    check_name(&stated, findings);
    check_death(&mut stated, birth_date, today, findings);
    check_birth_order(submission, &stated, findings);
    check_next_of_kin(submission, &stated, birth_date, findings);
    check_self(&stated, findings);
    check_phones(&mut stated, findings);
    check_facts(&mut stated, birth_date, today, findings);
    check_days_without_vaccine(&stated, today, findings);
    check_other_observations(rules, &stated, findings);
    Some(stated)
}

fn check_name(stated: &PatientStatement, findings: &mut Vec<Finding>) {
    if let Some(name) = stated.demographics.names.first().filter(|name| matching::is_placeholder(name)) {
        let in_full = format!("{} {}", name.given, name.family);
        findings.push(at(FindingKind::PatientNamePlaceholder, 5).naming(in_full.trim()));
    }
}

/// A possible day of death says that the person has died, whether or not the sender says so too.
fn check_death(stated: &mut Cow<'_, PatientStatement>, birth_date: Date, today: Date, findings: &mut Vec<Finding>) {
    let who = &stated.demographics;
    let Some(death_date) = who.death_date else { return };
    let fault = if death_date < birth_date {
        FindingKind::DeathBeforeBirth
    } else if death_date > today || who.is_deceased == Some(false) {
        FindingKind::DateImplausible
    } else {
        stated.to_mut().demographics.is_deceased = Some(true);
        return;
    };
    findings.push(at(fault, 29).naming(death_date.to_string()));
    stated.to_mut().demographics.death_date = None;
}

fn check_birth_order(submission: &Submission, stated: &PatientStatement, findings: &mut Vec<Finding>) {
    let who = &stated.demographics;
    let is_missing = who.multiple_birth == Some(true) && who.birth_order.is_none();
    let finding = at(FindingKind::BirthOrderMissing, 25);
    if is_missing && !finding.location.is_some_and(|field| is_explained(submission, field)) {
        findings.push(finding);
    }
}

/// Somebody answers for a child; one whom the reader had to ignore is not missing as well.
fn check_next_of_kin(
    submission: &Submission,
    stated: &PatientStatement,
    birth_date: Date,
    findings: &mut Vec<Finding>,
) {
    let is_child = crate::consents::age_on(birth_date, submission.receipt.today) < ADULT_AGE;
    // A page that names the record states what is new, not who the person is.
    let is_named = submission.patient.as_ref().is_some_and(|stated| stated.record.is_some());
    let was_sent = submission.findings.iter().any(|finding| finding.kind == FindingKind::NextOfKinIgnored);
    if is_child && stated.demographics.next_of_kin.is_empty() && !was_sent && !is_named {
        findings.push(Finding::new(FindingKind::NextOfKinMissing).at(Location::segment("NK1", 1)));
    }
}

/// Whoever answers for themselves has their own name.
fn check_self(stated: &PatientStatement, findings: &mut Vec<Finding>) {
    let who = &stated.demographics;
    for (place, kin) in who.next_of_kin.iter().enumerate().filter(|(_, kin)| kin.relationship == "SEL") {
        if !who.names.iter().any(|name| is_same_name(name, &kin.name)) {
            let location = Location::field("NK1", Places::of(&stated.places.next_of_kin, place), 3);
            findings.push(Finding::new(FindingKind::RelationSelfNamedOtherwise).at(location));
        }
    }
}

/// Phones that are none are taken out.
fn check_phones(stated: &mut Cow<'_, PatientStatement>, findings: &mut Vec<Finding>) {
    let telecoms = &stated.demographics.telecoms;
    for (place, telecom) in telecoms.iter().enumerate().filter(|(_, telecom)| is_placeholder_phone(telecom)) {
        let location = Location::field("PID", 1, 13).repetition(Places::of(&stated.places.telecoms, place));
        findings.push(Finding::new(FindingKind::PhonePlaceholder).at(location).naming(telecom.value.as_str()));
    }
    if telecoms.iter().any(is_placeholder_phone) {
        stated.to_mut().demographics.telecoms.retain(|telecom| !is_placeholder_phone(telecom));
    }
}

/// Facts of days that cannot be are taken out.
fn check_facts(stated: &mut Cow<'_, PatientStatement>, birth_date: Date, today: Date, findings: &mut Vec<Finding>) {
    let fault = |fact: &PatientObservation| impossible_day(fact, birth_date, today);
    for fact in &stated.observations {
        if let Some(day) = fault(fact) {
            let what = format!("{} {} of {day}", fact.question, fact.value.code);
            findings.push(Finding::new(FindingKind::ObservationDateImpossible).naming(what));
        }
    }
    if stated.observations.iter().any(|fact| fault(fact).is_some()) {
        stated.to_mut().observations.retain(|fact| fault(fact).is_none());
    }
}

/// A group without a vaccine is not of a day to come. Its facts have days of their own, and stay.
fn check_days_without_vaccine(stated: &PatientStatement, today: Date, findings: &mut Vec<Finding>) {
    for (order, day) in stated.days_without_vaccine.iter().filter(|(_, day)| *day > today) {
        let location = Location::field("RXA", *order, 3);
        findings.push(Finding::new(FindingKind::DateImplausible).at(location).naming(day.to_string()));
    }
}

/// What is observed of no dose, is no fact about the person and carries no consent has no place in a record.
fn check_other_observations(rules: &Rules, stated: &PatientStatement, findings: &mut Vec<Finding>) {
    let carriers = &rules.profile.consent.observation_questions;
    for (place, observation) in stated.other_observations.iter().enumerate() {
        let question = &observation.question.code;
        if !carriers.contains(question) {
            let location = Location::segment("OBX", Places::of(&stated.places.other_observations, place));
            findings.push(Finding::new(FindingKind::ObservationNotKept).at(location).naming(question.as_str()));
        }
    }
}

/// A day of the fact that is before birth, or in the future; a contraindication may end in the future.
fn impossible_day(fact: &PatientObservation, birth_date: Date, today: Date) -> Option<Date> {
    let mut days = [fact.since, fact.observed_on].into_iter().flatten();
    let impossible = days.find(|day| !(birth_date..=today).contains(day));
    impossible.or(fact.until.filter(|until| *until < birth_date))
}

/// One digit repeated, or the digits in their order.
fn is_placeholder_phone(telecom: &Telecom) -> bool {
    let digits: Vec<u8> = telecom.value.bytes().filter(u8::is_ascii_digit).collect();
    let is_one_digit = digits.len() >= 7 && digits.iter().all(|digit| *digit == digits[0]);
    !telecom.is_email() && (is_one_digit || digits == *b"1234567890")
}

fn at(kind: FindingKind, field: u16) -> Finding {
    Finding::new(kind).at(Location::field("PID", 1, field))
}

#[cfg(test)]
mod tests {
    use model::Coded;

    use super::*;

    const BIRTH: Date = date(2020, 3, 15);
    const TODAY: Date = date(2024, 3, 1);

    fn fact(since: Option<Date>, until: Option<Date>) -> PatientObservation {
        let value = Coded { code: "VXC18".into(), text: String::new(), system: "CDCPHINVS".into() };
        let question = "30945-0".to_owned();
        PatientObservation { question, value, vaccine: None, since, observed_on: None, first_said_on: None, until }
    }

    #[test]
    fn facts_are_of_days_between_birth_and_today() {
        let late = date(2024, 3, 2);
        let early = date(2020, 3, 14);
        let cases = [
            (fact(None, None), None),
            (fact(Some(BIRTH), Some(late)), None),
            (fact(Some(TODAY), None), None),
            (fact(Some(late), None), Some(late)),
            (fact(Some(early), None), Some(early)),
            (fact(None, Some(early)), Some(early)),
        ];
        for (fact, expected) in cases {
            assert_eq!(impossible_day(&fact, BIRTH, TODAY), expected, "{fact:?}");
        }
    }

    #[test]
    fn a_fact_of_an_impossible_day_is_taken_out_and_told() {
        let observations = vec![fact(Some(TODAY), None), fact(Some(date(2030, 1, 1)), None)];
        let stated = PatientStatement { observations, ..PatientStatement::default() };
        let (mut stated, mut findings) = (Cow::Borrowed(&stated), Vec::new());
        check_facts(&mut stated, BIRTH, TODAY, &mut findings);
        assert_eq!(stated.observations, [fact(Some(TODAY), None)]);
        assert_eq!(findings[0].value, "30945-0 VXC18 of 2030-01-01");
        assert_eq!(findings.len(), 1);
    }
}
