//! Whom a submission is about, and what it adds to what its sender says of them.

use std::collections::HashMap;

use jiff::civil::Date;
use matching::{Candidate, PersonDecision, PersonNote};
use model::{
    ClearedFact, Demographics, Identifier, OrganizationId, Patient, PatientObservation, PatientReport, PatientReportId,
    PatientStatus, PersonName, Places, Standing,
};

use super::ids::{Purpose, derive};
use super::*;
use crate::consolidate;
use crate::consolidate::identity::Otherwise;

/// Names and identifiers remembered of one person from one organization; beyond it the oldest go.
const REMEMBERED_MAXIMUM: usize = 32;

/// Facts about one person's health, beyond which no new one is taken.
pub const FACTS_MAXIMUM: usize = 500;

/// Whom a submission is about.
pub(super) struct Resolved<'world> {
    /// The record of the person, when they are known.
    pub(super) existing: Option<&'world PatientRecord>,
    /// Other people who may be the same: the submission becomes a record of its own, pending review.
    pub(super) candidates: Vec<&'world PatientRecord>,
    /// Why, in words without personal data.
    pub(super) because: String,
}

impl Resolved<'_> {
    pub(super) fn is_pending(&self) -> bool {
        !self.candidates.is_empty()
            || self.existing.is_some_and(|record| record.patient.status == PatientStatus::Pending)
    }

    pub(super) fn reviews(&self, submission: &Submission) -> Vec<ReviewOpened> {
        let patient_id = PatientId(derive(submission.receipt.message_id, Purpose::Patient, 0));
        let opened_at = submission.receipt.received_at;
        self.candidates
            .iter()
            .map(|candidate| candidate.patient.id)
            .map(|candidate| ReviewOpened { patient_id, candidate, opened_at, reason: self.because.clone() })
            .collect()
    }
}

/// Finds the person among those that the world holds under the statement's keys.
pub(super) fn resolve<'world>(
    rules: &Rules,
    submission: &Submission,
    stated: &PatientStatement,
    last_event_on: Option<Date>,
    world: &'world World,
    findings: &mut Vec<Finding>,
) -> Resolved<'world> {
    if let Some(record) = stated.record.and_then(|patient_id| world.leading_record(patient_id)) {
        return Resolved { existing: Some(record), candidates: Vec::new(), because: "named by its id".into() };
    }
    let records = world.candidates(&stated.demographics);
    let own_pending = records.iter().find(|record| is_own_pending(record, submission, &stated.demographics));
    if let Some(record) = own_pending {
        findings.push(Finding::new(FindingKind::PatientPending).at(Location::segment("PID", 1)));
        return Resolved { existing: Some(record), candidates: Vec::new(), because: "same pending record".into() };
    }
    let organization_id = submission.caller.organization_id;
    let home = records.iter().find(|record| is_known_by_number(record, organization_id, &stated.demographics));
    let home_id = home.map(|record| record.patient.id);
    let is_apart = |record: &&PatientRecord| home_id.is_some_and(|home| world.are_apart(home, record.patient.id));
    // Whoever a reviewer found not to be the sender's own person is not asked about again.
    let asked: Vec<&PatientRecord> = records.into_iter().filter(|record| !is_apart(record)).collect();
    let alive = taken_for_alive(&asked, organization_id, stated);
    let candidates_of = |status: PatientStatus| -> Vec<Candidate<'_>> {
        let standing = asked.iter().filter(|record| record.patient.status == status);
        standing
            .map(|record| Candidate {
                patient_id: record.patient.id,
                demographics: alive.get(&record.patient.id).unwrap_or(&record.patient.demographics),
                is_senders: record.reports.iter().any(|report| report.organization_id == organization_id),
            })
            .collect()
    };
    let matcher = &rules.matcher;
    let decide = |status| matcher.decide_person(&stated.demographics, last_event_on, &candidates_of(status));
    let mut matched = decide(PatientStatus::Active);
    matched.decision.keep_version(&matcher.version());
    for note in &matched.notes {
        let PersonNote::IdentifierSharedWithOthers { identifier, .. } = note;
        let location = Location::field("PID", 1, 3).repetition(Places::of(&stated.places.identifiers, *identifier));
        let finding = Finding::new(FindingKind::IdentifierSharedWithOthers).at(location);
        // A number that stands under both names of its authority is one.
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    match matched.decision {
        PersonDecision::Same { patient_id, because } => {
            Resolved { existing: world.record(patient_id), candidates: Vec::new(), because }
        }
        PersonDecision::Possible { candidates, because } => {
            // Whoever waits for a review, and surely is the stated person, waits for both: one review is enough.
            let mut waiting = decide(PatientStatus::Pending);
            waiting.decision.keep_version(&matcher.version());
            if let PersonDecision::Same { patient_id, because } = waiting.decision {
                findings.push(Finding::new(FindingKind::PatientPending).at(Location::segment("PID", 1)));
                return Resolved { existing: world.record(patient_id), candidates: Vec::new(), because };
            }
            let kind = if candidates.len() > 1 { FindingKind::PatientAmbiguous } else { FindingKind::PatientPending };
            let finding = Finding::new(kind).at(Location::segment("PID", 1));
            findings.push(finding.naming(candidates.len().to_string()));
            let candidates = candidates.into_iter().filter_map(|patient_id| world.record(patient_id)).collect();
            Resolved { existing: None, candidates, because }
        }
        PersonDecision::Nobody { because } => Resolved { existing: None, candidates: Vec::new(), because },
    }
}

/// Those who are dead by the sender's word alone, which it takes back: nothing speaks against a dose since. That others say so
/// is a question for a reviewer, as many systems send `N` for everybody.
fn taken_for_alive(
    asked: &[&PatientRecord],
    organization_id: OrganizationId,
    stated: &PatientStatement,
) -> HashMap<PatientId, Demographics> {
    if !validate::takes_back_death(stated) {
        return HashMap::new();
    }
    let is_own_word = |report: &PatientReport| report.organization_id == organization_id;
    let is_dead = |report: &&PatientReport| report.demographics.is_deceased == Some(true);
    let dead = asked.iter().filter(|record| record.patient.demographics.death_date.is_some());
    let own = dead.filter(|record| record.reports.iter().filter(is_dead).all(is_own_word));
    let alive = |who: &Demographics| Demographics { death_date: None, ..who.clone() };
    own.map(|record| (record.patient.id, alive(&record.patient.demographics))).collect()
}

/// A sender that writes again about a person of whom its last message still waits for review means that record.
fn is_own_pending(record: &PatientRecord, submission: &Submission, stated: &Demographics) -> bool {
    record.patient.status == PatientStatus::Pending
        && record.reports.iter().any(|report| {
            report.organization_id == submission.caller.organization_id
                && report.demographics.birth_date == stated.birth_date
                && report.demographics.sex == stated.sex
                && report.demographics.names.first().map(folded) == stated.names.first().map(folded)
        })
}

/// Whether the sender has reported this person under a number that it states again.
fn is_known_by_number(record: &PatientRecord, organization_id: OrganizationId, stated: &Demographics) -> bool {
    record.patient.status == PatientStatus::Active
        && record.reports.iter().any(|report| {
            report.organization_id == organization_id
                && report.demographics.identifiers.iter().any(|known| stated.identifiers.contains(known))
        })
}

fn folded(name: &PersonName) -> (String, String, String) {
    (name.family.to_lowercase(), name.given.to_lowercase(), name.suffix.to_lowercase())
}

/// The record with the statement in it: a new record, or the known one with the sender's report brought up to date.
pub(super) fn record_statement(
    rules: &Rules,
    submission: &Submission,
    stated: &PatientStatement,
    resolved: &Resolved<'_>,
) -> PatientRecord {
    let mut record = resolved.existing.cloned().unwrap_or_else(|| new_record(submission, resolved.is_pending()));
    let organization_id = submission.caller.organization_id;
    let at = own_report(&record, organization_id, stated);
    let mut report = match at {
        Some(at) => record.reports[at].clone(),
        None => new_report(submission, &record),
    };
    let mut stated = without_what_is_shown(stated, &report.demographics, &record.patient.demographics);
    match is_correction(submission, &stated) {
        true => settle_identity(&mut report.demographics, submission, &stated, &record.patient.demographics),
        false => leave_what_is_settled(&report.demographics, &mut stated),
    }
    let stated = &*stated;
    state(&mut report.demographics, stated);
    let corrections = {
        let before = at.map(|at| &record.reports[at].demographics);
        let shown = &record.patient.demographics;
        page_corrections::after(submission, stated, page_corrections::Said { before, now: &report.demographics, shown })
    };
    if says_protection_anew(rules, stated, at.map(|at| &record.reports[at]), &record.reports) {
        report.demographics.protection_said_at = Some(submission.receipt.received_at);
    }
    for observation in &stated.observations {
        state_fact(rules, submission, &mut report, observation);
    }
    retract(&mut report, stated);
    let others = record.reports.iter_mut().enumerate().filter(|(place, _)| Some(*place) != at);
    for (_, other) in others.filter(|(_, other)| other.organization_id == organization_id) {
        retract(other, stated);
        // A page says all names of its own chart anew; another keeps its own, by which it stands where a merge is undone.
        let cleared = stated.cleared.iter().filter(|fact| stated.record.is_some() && **fact != ClearedFact::Names);
        cleared.for_each(|&fact| clear(&mut other.demographics, fact));
    }
    match at {
        None => record.reports.push(report),
        Some(at) if !says_the_same(&record.reports[at], &report) => {
            forget_overruled(&mut report, stated, &record.reports);
            let said_at = report.protection_said_at();
            report.demographics.protection_said_at = report.demographics.protection.map(|_| said_at);
            report.message_id = submission.receipt.message_id;
            report.received_at = submission.receipt.received_at;
            record.reports[at] = report;
        }
        Some(_) => {}
    }
    let own = at.unwrap_or(record.reports.len() - 1);
    record.reports[own].demographics.page_corrections = corrections;
    page_corrections::overtake(submission, stated, &mut record.reports, own);
    record
}

/// The statement without the facts that are new and more than are kept of one person.
pub(super) fn without_facts_beyond<'s>(
    stated: &'s PatientStatement,
    organization_id: OrganizationId,
    existing: Option<&PatientRecord>,
    findings: &mut Vec<Finding>,
) -> Cow<'s, PatientStatement> {
    let reports = existing.map(|record| record.reports.as_slice()).unwrap_or_default();
    let known_count: usize = reports.iter().map(|report| report.observations.len()).sum();
    if known_count + stated.observations.len() <= FACTS_MAXIMUM {
        return Cow::Borrowed(stated);
    }
    let own = || reports.iter().filter(|report| report.organization_id == organization_id);
    let mut room = FACTS_MAXIMUM.saturating_sub(known_count);
    let mut kept = stated.clone();
    kept.observations.retain(|fact| {
        let is_known = own().flat_map(|report| &report.observations).any(|known| known.is_same_fact(fact));
        let fits = is_known || room > 0;
        room = room.saturating_sub(usize::from(!is_known));
        fits
    });
    let lost_count = stated.observations.len() - kept.observations.len();
    if lost_count > 0 {
        findings.push(Finding::new(FindingKind::FactsOfPersonTooMany).naming(lost_count.to_string()));
    }
    Cow::Owned(kept)
}

/// Whether what a sender states of protection is said now: what its report did not say before, or `Y` where others opened
/// the record since. `N` said again is as old as before, so that it opens nothing that was protected since.
fn says_protection_anew(
    rules: &Rules,
    stated: &PatientStatement,
    before: Option<&PatientReport>,
    reports: &[PatientReport],
) -> bool {
    let Some(protection) = stated.demographics.protection else { return false };
    match before.filter(|report| report.demographics.protection == Some(protection)) {
        Some(before) => protection.is_protected && !consolidate::protects(before, reports, rules),
        None => true,
    }
}

/// States a fact about the person. Said without a day, it is as old as when it was first said so: systems repeat what they know.
fn state_fact(rules: &Rules, submission: &Submission, report: &mut PatientReport, stated: &PatientObservation) {
    let mut said = stated.clone();
    if said.day().is_none() {
        let known = report.observations.iter().find(|known| known.is_same_fact(stated) && known.day().is_none());
        let before = known.map(|known| known.first_said_on.unwrap_or_else(|| rules.day_of(report.received_at)));
        said.first_said_on = Some(before.unwrap_or(submission.receipt.today));
    }
    report.observations.retain(|known| !known.is_same_fact(stated));
    report.observations.push(said);
}

/// Takes back facts about the person.
fn retract(report: &mut PatientReport, stated: &PatientStatement) {
    report.observations.retain(|known| !stated.retracted.iter().any(|retraction| retraction.means(known)));
}

/// A page about a known person repeats who they are as it is shown: of that it states only what it changes, or what its
/// organization has said before. An echo is no witness.
fn without_what_is_shown<'s>(
    stated: &'s PatientStatement,
    own: &Demographics,
    shown: &Demographics,
) -> Cow<'s, PatientStatement> {
    if stated.record.is_none() {
        return Cow::Borrowed(stated);
    }
    let mut left = stated.clone();
    let said = &mut left.demographics;
    let otherwise = Otherwise::between(said, shown);
    // Entries of doses and facts name the birth date alone.
    let is_of_who_it_is = !said.names.is_empty();
    // An accent or a middle name that is mended is no echo.
    let written = |who: &Demographics| {
        let name = who.names.first()?;
        Some([&name.family, &name.given, &name.middle, &name.suffix].map(String::clone))
    };
    if own.names.is_empty() && written(said) == written(shown) {
        said.names.clear();
    }
    if !is_of_who_it_is || (own.birth_date.is_none() && !otherwise.birth_date) {
        said.birth_date = None;
    }
    if own.sex.is_none() && !otherwise.sex {
        said.sex = None;
    }
    Cow::Owned(left)
}

/// Whether somebody of the registry's own staff says on a page who a person is.
fn is_correction(submission: &Submission, stated: &PatientStatement) -> bool {
    let is_of_staff = matches!(submission.caller.standing, Standing::Person(role) if role.is_of_the_registry());
    is_of_staff && stated.record.is_some()
}

/// What staff corrected stands in the report of their office until they correct it again, whatever its systems send.
fn leave_what_is_settled(own: &Demographics, stated: &mut Cow<'_, PatientStatement>) {
    let settled = own.settled;
    if settled.name.is_some() && !stated.demographics.names.is_empty() {
        let said = &mut stated.to_mut().demographics;
        said.names = remember(&own.names, &said.names, is_same_name);
    }
    if settled.birth_date.is_some() && stated.demographics.birth_date.is_some() {
        stated.to_mut().demographics.birth_date = None;
    }
    if settled.sex.is_some() && stated.demographics.sex.is_some() {
        stated.to_mut().demographics.sex = None;
    }
}

/// Notes what somebody of the registry's own staff corrects of who a person is: what they say other than is shown, and other
/// than their organization has said before.
fn settle_identity(own: &mut Demographics, submission: &Submission, stated: &PatientStatement, shown: &Demographics) {
    let (from_shown, from_own) =
        (Otherwise::between(&stated.demographics, shown), Otherwise::between(&stated.demographics, own));
    let at = Some(submission.receipt.received_at);
    if from_shown.name && from_own.name {
        own.settled.name = at;
    }
    if from_shown.birth_date && from_own.birth_date {
        own.settled.birth_date = at;
    }
    if from_shown.sex && from_own.sex {
        own.settled.sex = at;
    }
}

/// Takes out of a report what it does not say again and others have said otherwise since: as the newest report it would
/// bring back what they overruled, such as somebody who has died. What it says of protection keeps its own time.
fn forget_overruled(report: &mut PatientReport, stated: &PatientStatement, reports: &[PatientReport]) {
    let since: Vec<&Demographics> = reports
        .iter()
        .filter(|other| other.id != report.id && other.received_at > report.received_at)
        .map(|other| &other.demographics)
        .collect();
    let (own, stated) = (&mut report.demographics, &stated.demographics);
    forget(&mut own.publicity, stated.publicity.is_some(), since.iter().any(|other| other.publicity.is_some()));
    forget(&mut own.is_deceased, stated.is_deceased.is_some(), since.iter().any(|other| other.is_deceased.is_some()));
    forget(&mut own.death_date, stated.death_date.is_some(), since.iter().any(|other| other.death_date.is_some()));
}

fn forget<T>(fact: &mut Option<T>, is_stated: bool, is_overruled: bool) {
    if is_overruled && !is_stated {
        *fact = None;
    }
}

/// The sender's report of the person. Of several (records of one person were merged), the one that has a stated
/// identifier; of a page, which states none, the newest. A chart with another number and another name or birth date is not
/// the same chart: if the two turn out to be two people, what is said of the one must not stand in the report of the other.
fn own_report(record: &PatientRecord, organization_id: OrganizationId, stated: &PatientStatement) -> Option<usize> {
    let own = || record.reports.iter().enumerate().filter(|(_, report)| report.organization_id == organization_id);
    let newest = own().max_by_key(|(_, report)| (report.received_at, report.id));
    if stated.record.is_some() {
        return newest.map(|(at, _)| at);
    }
    let stated = &stated.demographics;
    let is_meant =
        |report: &PatientReport| report.demographics.identifiers.iter().any(|known| stated.identifiers.contains(known));
    let mut others = own().filter(|(_, report)| !is_another_chart(&report.demographics, stated));
    own().find(|(_, report)| is_meant(report)).or_else(|| others.next()).map(|(at, _)| at)
}

/// Whether both give a number of one kind and authority, which differ, and names or birth dates that differ, too.
fn is_another_chart(known: &Demographics, stated: &Demographics) -> bool {
    let is_comparable =
        |one: &Identifier, other: &Identifier| (&one.kind, &one.authority) == (&other.kind, &other.authority);
    let is_numbered_alike =
        known.identifiers.iter().any(|one| stated.identifiers.iter().any(|other| is_comparable(one, other)));
    let is_named_alike = stated.names.iter().any(|name| known.names.iter().any(|known| is_same_name(known, name)));
    is_numbered_alike && !(is_named_alike && known.birth_date == stated.birth_date)
}

fn says_the_same(before: &PatientReport, after: &PatientReport) -> bool {
    before.demographics == after.demographics && before.observations == after.observations
}

fn new_record(submission: &Submission, is_pending: bool) -> PatientRecord {
    let patient = Patient {
        id: PatientId(derive(submission.receipt.message_id, Purpose::Patient, 0)),
        version: 1,
        status: if is_pending { PatientStatus::Pending } else { PatientStatus::Active },
        demographics: Demographics::default(),
        created_at: submission.receipt.received_at,
        updated_at: submission.receipt.received_at,
        is_told_apart: false,
    };
    PatientRecord { patient, reports: Vec::new(), vaccinations: Vec::new(), consents: Vec::new() }
}

fn new_report(submission: &Submission, record: &PatientRecord) -> PatientReport {
    PatientReport {
        id: PatientReportId(derive(submission.receipt.message_id, Purpose::PatientReport, 0)),
        patient_id: record.patient.id,
        organization_id: submission.caller.organization_id,
        message_id: submission.receipt.message_id,
        received_at: submission.receipt.received_at,
        demographics: Demographics::default(),
        observations: Vec::new(),
    }
}

/// Brings what an organization has said up to date: what is stated replaces, what is cleared goes, the rest stays.
/// Names and identifiers are remembered, as people are found by old ones too.
fn state(known: &mut Demographics, stated: &PatientStatement) {
    for &fact in &stated.cleared {
        clear(known, fact);
    }
    let said = &stated.demographics;
    known.names = remember(&said.names, &known.names, |left, right| folded(left) == folded(right));
    known.identifiers = remember(&said.identifiers, &known.identifiers, Identifier::eq);
    replace_list(&mut known.races, &said.races);
    replace_list(&mut known.addresses, &said.addresses);
    replace_list(&mut known.telecoms, &said.telecoms);
    replace_list(&mut known.next_of_kin, &said.next_of_kin);
    replace(&mut known.mother_maiden_name, &said.mother_maiden_name);
    replace(&mut known.birth_date, &said.birth_date);
    replace(&mut known.sex, &said.sex);
    replace(&mut known.ethnicity, &said.ethnicity);
    replace(&mut known.language, &said.language);
    replace(&mut known.multiple_birth, &said.multiple_birth);
    replace(&mut known.birth_order, &said.birth_order);
    replace(&mut known.is_deceased, &said.is_deceased);
    replace(&mut known.death_date, &said.death_date);
    replace(&mut known.publicity, &said.publicity);
    replace(&mut known.protection, &said.protection);
    replace(&mut known.registry_status, &said.registry_status);
}

fn clear(known: &mut Demographics, fact: ClearedFact) {
    match fact {
        ClearedFact::Names => known.names.clear(),
        ClearedFact::MotherMaidenName => known.mother_maiden_name = None,
        ClearedFact::Races => known.races.clear(),
        ClearedFact::Addresses => known.addresses.clear(),
        ClearedFact::Telecoms => known.telecoms.clear(),
        ClearedFact::NextOfKin => known.next_of_kin.clear(),
        ClearedFact::Language => known.language = None,
        ClearedFact::Ethnicity => known.ethnicity = None,
        ClearedFact::MultipleBirth => (known.multiple_birth, known.birth_order) = (None, None),
        ClearedFact::Death => (known.is_deceased, known.death_date) = (None, None),
        ClearedFact::Publicity => known.publicity = None,
        ClearedFact::Protection => known.protection = None,
        ClearedFact::RegistryStatus => known.registry_status = None,
    }
}

fn replace<T: Clone>(known: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        known.clone_from(said);
    }
}

fn replace_list<T: Clone>(known: &mut Vec<T>, said: &[T]) {
    if !said.is_empty() {
        *known = said.to_vec();
    }
}

/// The newly said first, then what was known and is not said again.
pub(crate) fn remember<T: Clone>(said: &[T], known: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut all: Vec<T> = Vec::with_capacity(said.len() + known.len());
    for item in said.iter().chain(known) {
        if all.len() < REMEMBERED_MAXIMUM && !all.iter().any(|earlier| same(earlier, item)) {
            all.push(item.clone());
        }
    }
    all
}

/// Whether two names are one name, but for case.
pub(crate) fn is_same_name(left: &PersonName, right: &PersonName) -> bool {
    folded(left) == folded(right)
}
