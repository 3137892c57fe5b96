//! Consent: whose record may be kept, which doses it covers, and to whom it may be shown.
//!
//! The rules are the profile's; this file only follows them.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{
    Caller, Consent, ConsentId, ConsentStatement, ConsentStatus, Dose, Finding, FindingKind, Location, PatientId,
    PatientRecord, PatientStatement, Places, Protection, Receipt, Severity, VaccinationStatement,
};

use crate::exclusions::Excluded;
use crate::intake::{Purpose, derive};
use crate::profile::{CarriedConsent, ConsentPolicy, ConsentRules, DisasterEvent, Profile};
use crate::{Rules, consolidate};

/// What consent allows of a submission.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Verdict<'rules> {
    /// What the submission says of consent, to be kept with the record.
    pub(crate) recorded: Vec<Consent>,
    /// What PD1-12 says of protection when a new affirmation of consent stands in it, in the place of the protection asked
    /// for before.
    pub(crate) unprotected: Option<Protection>,
    /// An affirmation that lacks its date, told when there is no other.
    undated: Option<Finding>,
    coverage: Coverage<'rules>,
    how_to_affirm: &'rules str,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Coverage<'rules> {
    /// Everything that the submission says.
    All,
    /// The person, and the doses of these events.
    Events(Vec<&'rules DisasterEvent>),
    /// Nothing but the withdrawal itself.
    Withdrawal,
}

impl Verdict<'_> {
    /// What needs no consent.
    fn everything() -> Verdict<'static> {
        let coverage = Coverage::All;
        Verdict { recorded: Vec::new(), unprotected: None, undated: None, coverage, how_to_affirm: "" }
    }

    /// Whether nothing but the withdrawal of consent may be recorded.
    pub(crate) fn is_withdrawal(&self) -> bool {
        self.coverage == Coverage::Withdrawal
    }

    /// The doses that consent covers; a finding for each that it does not. `None`: nothing is left to keep.
    pub(crate) fn keep_covered<'s>(
        &self,
        vaccinations: Vec<&'s VaccinationStatement>,
        findings: &mut Vec<Finding>,
    ) -> Option<Vec<&'s VaccinationStatement>> {
        let Coverage::Events(events) = &self.coverage else {
            return Some(vaccinations);
        };
        let (covered, uncovered): (Vec<_>, Vec<_>) =
            vaccinations.into_iter().partition(|given| events.iter().any(|event| covers(event, &given.dose)));
        if covered.is_empty() {
            findings.push(Finding::new(FindingKind::ConsentMissing).naming(self.how_to_affirm));
            findings.extend(self.undated.clone());
            return None;
        }
        findings.extend(uncovered.into_iter().map(needs_consent));
        Some(covered)
    }
}

/// What is known already of whom a submission is about.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The person's record.
    pub(crate) existing: Option<&'a PatientRecord>,
    /// Records of people who may be the same.
    pub(crate) possible: &'a [&'a PatientRecord],
    /// What is left of who they may be, where there is no record any more.
    pub(crate) excluded: &'a Excluded,
}

/// Decides whether and how much of a submission may be kept. `None`: nothing; the findings say why.
pub(crate) fn check<'rules>(
    rules: &'rules Rules,
    receipt: &Receipt,
    caller: &Caller,
    stated: &PatientStatement,
    Known { existing, possible, excluded }: Known<'_>,
    findings: &mut Vec<Finding>,
) -> Option<Verdict<'rules>> {
    let consent = &rules.profile.consent;
    let birth_date = stated.demographics.birth_date?;
    let is_code_known = matches!(stated.protection_code.as_str(), "" | "Y" | "N")
        || consent.codes.contains_key(&stated.protection_code);
    if !is_code_known {
        let finding = Finding::new(FindingKind::ValueNotInTable).at(Location::field("PD1", 1, 12));
        findings.push(finding.naming(stated.protection_code.as_str()));
    }
    if consent.policy == ConsentPolicy::Mandatory {
        return Some(Verdict::everything());
    }
    let how_to_affirm = consent.how_to_affirm.as_str();
    let statements = match carried(consent, stated, birth_date, receipt.today, findings) {
        Ok(statements) => statements,
        Err(finding) => {
            findings.retain(|general| general.kind != FindingKind::DateInvalid || general.location != finding.location);
            findings.push(finding);
            return None;
        }
    };
    let known = existing.map_or(excluded.surely.as_slice(), |record| record.consents.as_slice());
    let new = statements.iter().filter(|statement| {
        let is_outright = stated.consents.contains(statement);
        let mut others = possible.iter().map(|other| other.consents.as_slice()).chain([excluded.possibly.as_slice()]);
        let is_withdrawn_since = |consents: &[Consent]| is_withdrawn_since(rules, statement, consents);
        is_new(rules, receipt, caller, statement, known, is_outright)
            && (is_outright || !others.any(is_withdrawn_since))
    });
    let recorded = record(new, receipt, caller, existing.map(|record| record.patient.id));
    let newest = newest_of_each_kind(known.iter().chain(&recorded));
    let coverage = cover(rules, &newest, age_on(birth_date, receipt.today), receipt.today);
    let withdrawals = || statements.iter().filter(|statement| statement.status == ConsentStatus::Withdrawn);
    let is_granted = |kind: &str| newest.get(kind).is_some_and(|newest| newest.status == ConsentStatus::Granted);
    let is_recorded = |statement: &ConsentStatement| recorded.iter().any(|consent| consent.statement == *statement);
    let is_overtaken = |withdrawal: &ConsentStatement| is_granted(&withdrawal.kind) && !is_recorded(withdrawal);
    for withdrawal in withdrawals().filter(|withdrawal| is_overtaken(withdrawal)) {
        let label = consent_label(rules, &withdrawal.kind);
        findings.push(Finding::new(FindingKind::WithdrawalOvertaken).naming(label));
    }
    // What takes nothing back, as newer consent stands, leaves all as it is; but nothing is kept that no consent covers.
    let is_withdrawal = withdrawals().next().is_some() && (coverage.is_none() || !withdrawals().any(is_overtaken));
    match coverage {
        _ if is_withdrawal && existing.is_some() => {
            let coverage = Coverage::Withdrawal;
            Some(Verdict { recorded, unprotected: None, undated: None, coverage, how_to_affirm })
        }
        Some(coverage) if !is_withdrawal => {
            for consent in recorded.iter().filter(|consent| consent.statement.status == ConsentStatus::Granted) {
                let label = consent_label(rules, &consent.statement.kind);
                findings.push(Finding::new(FindingKind::ConsentRecorded).naming(label));
            }
            let unprotected = existing.and_then(|record| unprotected(rules, stated, record, &recorded));
            Some(Verdict { recorded, unprotected, undated: undated(consent, stated), coverage, how_to_affirm })
        }
        _ => {
            let was_withdrawn =
                is_withdrawal || newest.values().any(|statement| statement.status == ConsentStatus::Withdrawn);
            let kind = if was_withdrawn { FindingKind::ConsentWithdrawn } else { FindingKind::ConsentMissing };
            findings.push(Finding::new(kind).naming(how_to_affirm));
            findings.extend(undated(consent, stated));
            None
        }
    }
}

/// Whether the value of such a finding is how consent is affirmed, as the profile says it, and nothing that a sender said.
pub(crate) fn tells_how_to_affirm(kind: FindingKind) -> bool {
    matches!(kind, FindingKind::ConsentMissing | FindingKind::ConsentWithdrawn)
}

/// A finding as it is told of many messages: with an ellipsis for what each of them said.
pub(crate) fn of_many(kind: FindingKind, location: Option<Location>, profile: &Profile) -> Finding {
    let value = if tells_how_to_affirm(kind) { profile.consent.how_to_affirm.as_str() } else { "…" };
    Finding { kind, location, value: value.to_owned() }
}

/// PD1-12 holds one thing: whoever affirms consent anew there, on a day not before that of the protection, no longer asks
/// for protection. A consent that systems repeat lifts none, as it gives back none that was withdrawn.
fn unprotected(
    rules: &Rules,
    stated: &PatientStatement,
    record: &PatientRecord,
    recorded: &[Consent],
) -> Option<Protection> {
    record.patient.demographics.protection.filter(|protection| protection.is_protected)?;
    let since = stated.protection_since?;
    let protecting = record.reports.iter().filter(|report| consolidate::protects(report, &record.reports, rules));
    let mut protected_since = protecting.filter_map(|report| consolidate::protected_since(report, rules));
    let is_given_then = |consent: &Consent| {
        consent.statement.status == ConsentStatus::Granted && consent.statement.effective_on == Some(since)
    };
    let is_affirmed = stated.demographics.protection.is_none()
        && !stated.protection_code.is_empty()
        && recorded.iter().any(is_given_then)
        && protected_since.all(|protected_since| since >= protected_since);
    is_affirmed.then_some(Protection { is_protected: false, since: Some(since) })
}

/// What is told of a code in PD1-12 that would be consent with a date.
fn undated(rules: &ConsentRules, stated: &PatientStatement) -> Option<Finding> {
    let carried = rules.codes.get(&stated.protection_code)?;
    let is_undated = carried.needs_date && stated.protection_since.is_none();
    let at = Location::field("PD1", 1, 13);
    is_undated.then(|| Finding::new(FindingKind::ConsentDateMissing).at(at).naming(stated.protection_code.as_str()))
}

/// Told to who asks for protection. To nobody else: that another asked for it is nobody's business.
pub(crate) fn note_protection(rules: &Rules, stated: &PatientStatement, record: &PatientRecord) -> Option<Finding> {
    let is_asked_for = stated.demographics.protection.is_some_and(|protection| protection.is_protected);
    let at = Location::field("PD1", 1, 12);
    (is_asked_for && is_protected(rules, record)).then(|| Finding::new(FindingKind::RecordProtected).at(at))
}

/// What is told of doses that came with a withdrawal: none of them was stored, whatever else was found about them.
pub(crate) fn refuse_all(
    stated: &PatientStatement,
    vaccinations: &[&VaccinationStatement],
    findings: &mut Vec<Finding>,
) {
    let is_of_a_dose = |at: Location| match at.segment.as_str() {
        "ORC" | "RXA" | "RXR" => true,
        "OBX" => !stated.places.other_observations.contains(&at.sequence),
        _ => false,
    };
    findings.retain(|finding| finding.severity() == Severity::Error || !finding.location.is_some_and(is_of_a_dose));
    findings.extend(vaccinations.iter().copied().map(needs_consent));
}

fn needs_consent(vaccination: &VaccinationStatement) -> Finding {
    let location = Location::field("RXA", vaccination.order, 5);
    Finding::new(FindingKind::DoseNeedsConsent).at(location).naming(format!("CVX {}", vaccination.dose.cvx))
}

fn is_protected(rules: &Rules, record: &PatientRecord) -> bool {
    rules.profile.consent.policy != ConsentPolicy::Mandatory
        && record.patient.demographics.protection.is_some_and(|protection| protection.is_protected)
}

/// Whether a record may be given out on this day.
pub(crate) fn is_shown(rules: &Rules, record: &PatientRecord, today: Date) -> bool {
    let consent = &rules.profile.consent;
    if consent.policy == ConsentPolicy::Mandatory {
        return true;
    }
    if is_protected(rules, record) {
        return false;
    }
    let newest = newest_of_each_kind(&record.consents);
    match consent.policy {
        ConsentPolicy::OptIn => {
            let age = record.patient.demographics.birth_date.map(|birth_date| age_on(birth_date, today));
            newest.iter().any(|(kind, statement)| {
                statement.status == ConsentStatus::Granted
                    && consent.kinds.get(*kind).is_some_and(|kind| {
                        // What keeps doses of declared disasters opens no record: all of it would be seen.
                        !kind.covers_events_only && age.is_some_and(|age| is_before(age, kind.shown_before_age))
                    })
            })
        }
        _ => newest.values().all(|statement| statement.status == ConsentStatus::Granted),
    }
}

/// Full years of age on a day.
pub(crate) fn age_on(birth_date: Date, day: Date) -> i16 {
    let had_birthday = (day.month(), day.day()) >= (birth_date.month(), birth_date.day());
    day.year() - birth_date.year() - i16::from(!had_birthday)
}

pub(crate) fn is_before(age: i16, limit: Option<u8>) -> bool {
    limit.is_none_or(|limit| age < i16::from(limit))
}

pub(crate) fn covers(event: &DisasterEvent, dose: &Dose) -> bool {
    let day = dose.administered_on;
    event.vaccines.contains(&dose.cvx) && day >= event.from && event.until.is_none_or(|until| day <= until)
}

/// What the newest consents cover; `None` for nothing.
pub(crate) fn cover<'rules>(
    rules: &'rules Rules,
    newest: &BTreeMap<&str, &ConsentStatement>,
    age: i16,
    today: Date,
) -> Option<Coverage<'rules>> {
    let consent = &rules.profile.consent;
    if consent.policy == ConsentPolicy::OptOut {
        return Some(Coverage::All);
    }
    let granted = newest.iter().filter(|(_, statement)| statement.status == ConsentStatus::Granted);
    let keeping: Vec<_> = granted
        .filter_map(|(kind, _)| consent.kinds.get(*kind))
        .filter(|kind| is_before(age, kind.kept_before_age))
        .collect();
    if keeping.iter().any(|kind| !kind.covers_events_only) {
        return Some(Coverage::All);
    }
    // Consent to keep what was given in disasters holds beyond their time, and whatever else was withdrawn.
    let keeps_events = !keeping.is_empty();
    if !keeps_events && newest.values().any(|statement| statement.status == ConsentStatus::Withdrawn) {
        return None;
    }
    let events =
        consent.events.iter().filter(|event| keeps_events || event.kept_until.is_none_or(|until| today < until));
    let events: Vec<&DisasterEvent> = events.collect();
    (!events.is_empty()).then_some(Coverage::Events(events))
}

/// What the submission's carriers say of consent: PD1-12 and the observations that the profile names.
fn carried(
    rules: &ConsentRules,
    stated: &PatientStatement,
    birth_date: Date,
    today: Date,
    findings: &[Finding],
) -> Result<Vec<ConsentStatement>, Finding> {
    let mut statements = stated_outright(rules, stated, birth_date, today)?;
    let (in_header, date) = (Location::field("PD1", 1, 12), Location::field("PD1", 1, 13));
    if let Some(carried) = rules.codes.get(&stated.protection_code) {
        let bad_date =
            findings.iter().find(|found| found.kind == FindingKind::DateInvalid && found.location == Some(date));
        if let Some(bad_date) = bad_date {
            return Err(Finding::new(FindingKind::ConsentDateInvalid).at(date).naming(bad_date.value.clone()));
        }
        let said = Said { code: &stated.protection_code, carried, on: stated.protection_since, at: in_header, date };
        statements.extend(said.statements(rules, birth_date, today)?);
    }
    for (place, observation) in stated.other_observations.iter().enumerate() {
        if !rules.observation_questions.contains(&observation.question.code) {
            continue;
        }
        let code = match &observation.value {
            model::ObservationValue::Code(coded) => coded.code.as_str(),
            model::ObservationValue::Text(text) => text.as_str(),
            _ => continue,
        };
        if let Some(carried) = rules.codes.get(code) {
            let at = |field| Location::field("OBX", Places::of(&stated.places.other_observations, place), field);
            let said = Said { code, carried, on: observation.observed_on, at: at(5), date: at(14) };
            statements.extend(said.statements(rules, birth_date, today)?);
        }
    }
    Ok(statements)
}

/// What was stated in so many words. Consent is for an age, and not for a day to come.
fn stated_outright(
    rules: &ConsentRules,
    stated: &PatientStatement,
    birth_date: Date,
    today: Date,
) -> Result<Vec<ConsentStatement>, Finding> {
    for statement in &stated.consents {
        let at = Location::segment("PD1", 1);
        if let Some(day) = statement.effective_on.filter(|day| *day > today) {
            return Err(Finding::new(FindingKind::ConsentDateInFuture).at(at).naming(day.to_string()));
        }
        let age = age_on(birth_date, statement.effective_on.unwrap_or(today));
        let fits = rules.kinds.get(&statement.kind).is_some_and(|kind| kind.is_given_at(age));
        if statement.status == ConsentStatus::Granted && !fits {
            return Err(Finding::new(FindingKind::ConsentUnfitForAge).at(at).naming(statement.kind.as_str()));
        }
    }
    Ok(stated.consents.clone())
}

/// A consent code where it stood.
struct Said<'a> {
    code: &'a str,
    carried: &'a CarriedConsent,
    on: Option<Date>,
    /// Where the code stood.
    at: Location,
    /// Where its date stood.
    date: Location,
}

impl Said<'_> {
    fn statements(
        &self,
        rules: &ConsentRules,
        birth_date: Date,
        today: Date,
    ) -> Result<Vec<ConsentStatement>, Finding> {
        if self.carried.needs_date && self.on.is_none() {
            return Ok(Vec::new());
        }
        if let Some(day) = self.on.filter(|day| *day > today) {
            return Err(Finding::new(FindingKind::ConsentDateInFuture).at(self.date).naming(day.to_string()));
        }
        let statement =
            |kind: &String| ConsentStatement { kind: kind.clone(), status: self.carried.status, effective_on: self.on };
        if self.carried.status == ConsentStatus::Withdrawn {
            return Ok(self.carried.kinds.iter().map(statement).collect());
        }
        let age = age_on(birth_date, self.on.unwrap_or(today));
        let fits = self.carried.kinds.iter().find(|kind| rules.kinds[*kind].is_given_at(age));
        match fits {
            Some(kind) => Ok(vec![statement(kind)]),
            None => Err(Finding::new(FindingKind::ConsentUnfitForAge).at(self.at).naming(self.code)),
        }
    }
}

/// What is kept of the statements that say something new.
fn record<'s>(
    new: impl Iterator<Item = &'s ConsentStatement>,
    receipt: &Receipt,
    caller: &Caller,
    patient_id: Option<PatientId>,
) -> Vec<Consent> {
    let patient_id = patient_id.unwrap_or(PatientId(derive(receipt.message_id, Purpose::Patient, 0)));
    new.enumerate()
        .map(|(ordinal, statement)| Consent {
            id: ConsentId(derive(receipt.message_id, Purpose::Consent, ordinal)),
            patient_id,
            statement: statement.clone(),
            organization_id: caller.organization_id,
            message_id: receipt.message_id,
            recorded_at: receipt.received_at,
        })
        .collect()
}

/// Whether a statement is more than what is known. Systems repeat with every message what they were told once. Consent said
/// again gives nothing back that was withdrawn since, and neither does consent of an earlier day, or of none. A withdrawal that
/// its sender says again takes nothing back that was given since, and neither does one of an earlier day; but without a day it
/// is of the day on which it comes. Who states either outright, on a page, means it.
fn is_new(
    rules: &Rules,
    receipt: &Receipt,
    caller: &Caller,
    statement: &ConsentStatement,
    known: &[Consent],
    is_outright: bool,
) -> bool {
    let of_kind = || known.iter().filter(|consent| consent.statement.kind == statement.kind);
    let of_status = |status| of_kind().filter(move |consent| consent.statement.status == status);
    let withdrawn_on = |consent: &Consent| withdrawn_on(rules, consent);
    let Some(newest) = newest_of_each_kind(of_kind()).into_values().next() else { return true };
    if is_outright {
        return newest != statement;
    }
    let (is_granted, day) = (newest.status == ConsentStatus::Granted, statement.effective_on);
    match statement.status {
        ConsentStatus::Granted => {
            let is_after_all =
                |day: Date| of_status(ConsentStatus::Withdrawn).all(|withdrawal| day >= withdrawn_on(withdrawal));
            of_kind().all(|consent| consent.statement != *statement) && (is_granted || day.is_some_and(is_after_all))
        }
        ConsentStatus::Withdrawn => {
            let mut own = of_status(ConsentStatus::Withdrawn)
                .filter(|withdrawal| withdrawal.organization_id == caller.organization_id);
            let mut granted_on = of_status(ConsentStatus::Granted).filter_map(|consent| consent.statement.effective_on);
            match day {
                Some(day) if is_granted => {
                    own.all(|withdrawal| withdrawal.statement != *statement)
                        && granted_on.all(|granted_on| day >= granted_on)
                }
                None if is_granted => true,
                _ => own.all(|withdrawal| day.unwrap_or(receipt.today) > withdrawn_on(withdrawal)),
            }
        }
    }
}

/// Whether somebody took consent of this kind back, and has not given it again: the misspelt name of whoever did so must not
/// bring the record back by a consent of before.
fn is_withdrawn_since(rules: &Rules, statement: &ConsentStatement, known: &[Consent]) -> bool {
    let of_kind = || known.iter().filter(|consent| consent.statement.kind == statement.kind);
    let is_withdrawn = |consent: &ConsentStatement| consent.status == ConsentStatus::Withdrawn;
    let mut withdrawals = of_kind().filter(|consent| is_withdrawn(&consent.statement));
    statement.status == ConsentStatus::Granted
        && newest_of_each_kind(of_kind()).into_values().any(is_withdrawn)
        && withdrawals.any(|withdrawal| statement.effective_on.is_none_or(|day| day < withdrawn_on(rules, withdrawal)))
}

/// The day from which consent counts again.
pub(crate) fn withdrawn_on(rules: &Rules, withdrawal: &Consent) -> Date {
    withdrawal.statement.effective_on.unwrap_or_else(|| rules.day_of(withdrawal.recorded_at))
}

/// What was said of each kind last, by when it arrived: a file that was held may be processed after what came later.
pub(crate) fn newest_of_each_kind<'a>(
    consents: impl IntoIterator<Item = &'a Consent>,
) -> BTreeMap<&'a str, &'a ConsentStatement> {
    let mut in_order: Vec<&Consent> = consents.into_iter().collect();
    in_order.sort_by_key(|consent| consent.recorded_at);
    in_order.into_iter().map(|consent| (consent.statement.kind.as_str(), &consent.statement)).collect()
}

fn consent_label(rules: &Rules, kind: &str) -> String {
    rules.profile.consent.kinds.get(kind).map_or_else(|| kind.to_owned(), |kind| kind.label.clone())
}
