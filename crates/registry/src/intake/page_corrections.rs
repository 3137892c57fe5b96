//! What an organization's people corrected on a page, and its own system sends otherwise: systems send what they hold, so that a
//! correction that was made on a page alone is gone with the next message. The sender is told, and the record keeps that it was so.

use model::{
    Demographics, Finding, FindingKind, NextOfKin, PageCorrection, PatientRecord, PatientReport, PatientStatement,
    PersonFact, Submission, Telecom, plain_letters,
};

/// What an organization says of a person, beside what it said before this submission and what the registry showed.
pub(super) struct Said<'a> {
    pub(super) before: Option<&'a Demographics>,
    pub(super) now: &'a Demographics,
    pub(super) shown: &'a Demographics,
}

/// The corrections on pages that an organization's report holds after a submission.
pub(super) fn after(submission: &Submission, stated: &PatientStatement, said: Said<'_>) -> Vec<PageCorrection> {
    let known = said.before.map(|before| before.page_corrections.as_slice()).unwrap_or_default();
    if known.is_empty() && stated.record.is_none() {
        return Vec::new();
    }
    let of_fact = |fact| {
        let known = known.iter().find(|known| known.fact == fact).copied();
        match stated.record {
            Some(_) => after_page(submission, stated, &said, fact, known),
            None => after_message(submission, stated, &said, known?),
        }
    };
    PersonFact::ALL.into_iter().filter_map(of_fact).collect()
}

/// A page repeats what is shown, which is no correction where the organization has said nothing of it. Whoever saves the page
/// once more has seen what was replaced.
fn after_page(
    submission: &Submission,
    stated: &PatientStatement,
    said: &Said<'_>,
    fact: PersonFact,
    known: Option<PageCorrection>,
) -> Option<PageCorrection> {
    let (before, now) = (said.before_of(fact), words(said.now, fact));
    if now == before {
        let is_seen = !stated.demographics.names.is_empty();
        return known.filter(|known| !is_seen || known.replaced_at.is_none());
    }
    let is_correction = !before.is_empty() || now != words(said.shown, fact);
    is_correction.then_some(PageCorrection { fact, corrected_at: submission.receipt.received_at, replaced_at: None })
}

/// A message puts something else in the place of a correction, or says the same: then its system knows it. What it put there it
/// takes away again once it says something else.
fn after_message(
    submission: &Submission,
    stated: &PatientStatement,
    said: &Said<'_>,
    known: PageCorrection,
) -> Option<PageCorrection> {
    let is_changed = words(said.now, known.fact) != said.before_of(known.fact);
    let is_stated = || !words(&stated.demographics, known.fact).is_empty();
    match (known.replaced_at, is_changed) {
        (None, true) => Some(PageCorrection { replaced_at: Some(submission.receipt.received_at), ..known }),
        (None, false) if is_stated() => None,
        (Some(_), true) => None,
        _ => Some(known),
    }
}

/// A message about another chart that its organization has of the person speaks for all of them from then on, and so puts what
/// it says otherwise in the place of corrections in those. They go with the chart that speaks.
pub(super) fn overtake(
    submission: &Submission,
    stated: &PatientStatement,
    reports: &mut [PatientReport],
    speaking: usize,
) {
    let newest = reports[speaking].clone();
    if stated.record.is_some() || newest.message_id != submission.receipt.message_id {
        return;
    }
    let mut all = newest.demographics.page_corrections.clone();
    let others = reports.iter_mut().filter(|other| other.id != newest.id);
    for other in others.filter(|other| other.organization_id == newest.organization_id) {
        let known = std::mem::take(&mut other.demographics.page_corrections);
        let is_overtaken = |known: &PageCorrection| {
            let now = words(&newest.demographics, known.fact);
            known.replaced_at.is_none() && !now.is_empty() && now != words(&other.demographics, known.fact)
        };
        let (overtaken, kept): (Vec<_>, Vec<_>) = known.into_iter().partition(is_overtaken);
        other.demographics.page_corrections = kept;
        let replaced_at = Some(submission.receipt.received_at);
        let new = overtaken.into_iter().filter(|known| all.iter().all(|own| own.fact != known.fact));
        let new: Vec<PageCorrection> = new.map(|known| PageCorrection { replaced_at, ..known }).collect();
        all.extend(new);
    }
    reports[speaking].demographics.page_corrections = all;
}

/// The corrections that a submission has put something else in the place of.
pub(super) fn replaced(submission: &Submission, record: &PatientRecord) -> Vec<PersonFact> {
    let (message_id, at) = (submission.receipt.message_id, Some(submission.receipt.received_at));
    let reports = record.reports.iter().filter(|report| report.message_id == message_id);
    let corrections = reports.flat_map(|report| &report.demographics.page_corrections);
    corrections.filter(|known| known.replaced_at == at).map(|known| known.fact).collect()
}

/// What the sender is told of it.
pub(super) fn finding(fact: PersonFact) -> Finding {
    Finding::new(FindingKind::PageCorrectionReplaced).at(fact.location())
}

/// What the audit trail says of it; empty where nothing was replaced.
pub(super) fn in_words(facts: &[PersonFact]) -> String {
    let words: Vec<&str> = facts.iter().map(|fact| fact.word()).collect();
    match words.is_empty() {
        true => String::new(),
        false => format!("; replaced what was corrected on a page: {}", words.join(", ")),
    }
}

impl Said<'_> {
    fn before_of(&self, fact: PersonFact) -> Vec<String> {
        self.before.map(|before| words(before, fact)).unwrap_or_default()
    }
}

/// What is said of a fact, by what two statements of it are held against each other: case, accents and punctuation make no
/// difference. Empty where nothing is said.
fn words(said: &Demographics, fact: PersonFact) -> Vec<String> {
    match fact {
        PersonFact::Name => {
            let name = said.names.first().map(|name| [&name.family, &name.given, &name.middle, &name.suffix]);
            name.map(plain).unwrap_or_default()
        }
        PersonFact::MotherMaidenName => said.mother_maiden_name.iter().map(|it| plain_letters(&it.family)).collect(),
        PersonFact::BirthDate => said.birth_date.iter().map(ToString::to_string).collect(),
        PersonFact::Sex => said.sex.iter().map(|sex| sex.code().to_owned()).collect(),
        PersonFact::Address => {
            let first = said.addresses.first().map(|at| [&at.street, &at.city, &at.state, &at.zip]);
            first.map(plain).unwrap_or_default()
        }
        PersonFact::Phone => phone(&said.telecoms).into_iter().collect(),
        PersonFact::NextOfKin => {
            let mut all: Vec<String> = said.next_of_kin.iter().map(kin).collect();
            all.sort();
            all
        }
    }
}

fn plain<const N: usize>(parts: [&String; N]) -> Vec<String> {
    parts.map(|part| plain_letters(part)).into()
}

/// The digits of the phone number that pages show.
fn phone(telecoms: &[Telecom]) -> Option<String> {
    let phone = telecoms.iter().find(|telecom| !telecom.is_email())?;
    Some(Telecom::digits_of(&phone.value).into_owned())
}

fn kin(kin: &NextOfKin) -> String {
    let named = plain([&kin.relationship, &kin.name.family, &kin.name.given]);
    format!("{} {}", named.join(" "), phone(&kin.telecoms).unwrap_or_default())
}
