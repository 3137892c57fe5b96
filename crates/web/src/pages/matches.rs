//! Possible matches: records that may be of one person, side by side, and what a reviewer decides.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{CodeTables, PatientId, PatientRecord};
use registry::setup::{Merge, ReviewDecision};
use registry::{DecidedMatch, OpenedRecord, RegistryError, SideBySide};

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show_as};
use crate::listings::{Cell, Listing, Table};
use crate::people::PersonSummary;
use crate::signed_in::SignedIn;

/// Possible matches on the page; the oldest come first, and the rest after them.
const LINES_MAXIMUM: u32 = 100;

#[derive(Template)]
#[template(path = "match.html")]
struct MatchView {
    page: Page,
    form: Form,
    numbers: [String; 2],
    addresses: [String; 2],
    facts: Vec<FactRow>,
    sentence: String,
    reasons: Vec<String>,
    decisions: Vec<Choice>,
}

/// Two numbers of one record: nothing is left to decide.
#[derive(Template)]
#[template(path = "match_merged.html")]
struct MergedView {
    page: Page,
    numbers: String,
    merged: String,
    reason: String,
    /// Where the merge is undone.
    merges_address: String,
}

/// A fact of both that are compared.
pub(super) struct FactRow {
    pub(super) key: &'static str,
    pub(super) one: String,
    pub(super) other: String,
    pub(super) differs: bool,
}

impl FactRow {
    /// They differ when both are known and not the same.
    pub(super) fn new(key: &'static str, one: String, other: String) -> FactRow {
        let differs = !one.is_empty() && !other.is_empty() && !one.eq_ignore_ascii_case(&other);
        FactRow { key, one, other, differs }
    }
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/matches", get(list))
        .route("/matches/decided", get(decided_lately))
        .route("/matches/{one}/{other}", get(side_by_side).post(decide))
}

async fn list(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, caller, now) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.now());
    let admitted = signed_in.admit()?;
    let reading = tokio::task::spawn_blocking(move || registry.open_reviews(&admitted, &caller, now, LINES_MAXIMUM));
    let open = reading.await??;
    // Numbers, not names: who is looked at is written down when a pair is opened.
    let row = |review: &registry::setup::ReviewOpened| {
        let (one, other) = (review.patient_id, review.candidate);
        vec![
            Cell::link(format!("{} – {}", one.number(), other.number()), format!("/matches/{one}/{other}")),
            Cell::text(dates::moment(signed_in.registry(), review.opened_at, language)),
            // By which weights it was found so stands on the page of the pair.
            Cell::text(review.reason.rsplit_once(" (").map_or(review.reason.as_str(), |(reason, _)| reason)),
        ]
    };
    let table = Table {
        caption: language.text("matches.caption").to_owned(),
        columns: ["records", "since", "because"].map(|key| language.text(&format!("matches.{key}")).to_owned()).into(),
        rows: open.iter().map(row).collect(),
        empty: language.text("matches.none").to_owned(),
    };
    Listing {
        more: None,
        page: signed_in.page(language.text("matches.title")),
        intro: language.text("matches.what").to_owned(),
        ways: vec![("/matches/decided".to_owned(), language.text("matches.decided_title").to_owned())],
        filter: None,
        tables: vec![table, super::dose_matches::waiting(&signed_in).await?],
    }
    .show()
}

/// The way back to what was decided: a pair that was told apart can be decided anew, a merge undone.
async fn decided_lately(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, caller, now) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.now());
    let admitted = signed_in.admit()?;
    let reading = tokio::task::spawn_blocking(move || registry.decided_reviews(&admitted, &caller, now, LINES_MAXIMUM));
    let found = reading.await??;
    let row = |found: &DecidedMatch| {
        let decided = &found.decided;
        let (one, other) = (decided.patient_id, decided.candidate);
        let address = match found.merged_into {
            Some(survivor) => format!("/people/{survivor}/merges"),
            None => format!("/matches/{one}/{other}"),
        };
        vec![
            Cell::link(format!("{} – {}", one.number(), other.number()), address),
            Cell::text(dates::moment(signed_in.registry(), decided.decided_at, language)),
            Cell::text(language.text(&format!("matches.{}", decided.decision.word()))),
            Cell::text(decided.reason.as_str()),
        ]
    };
    let table = Table {
        caption: language.text("matches.decided_caption").to_owned(),
        columns: ["records", "decided_at", "decided_as", "decided_why"]
            .map(|key| language.text(&format!("matches.{key}")).to_owned())
            .into(),
        rows: found.iter().map(row).collect(),
        empty: language.text("matches.decided_none").to_owned(),
    };
    Listing {
        more: None,
        page: signed_in.page(language.text("matches.decided_title")),
        intro: language.text("matches.decided_what").to_owned(),
        ways: vec![("/matches".to_owned(), language.text("matches.back").to_owned())],
        filter: None,
        tables: vec![table, super::dose_matches::decided_lately(&signed_in).await?],
    }
    .show()
}

fn pair(one: &str, other: &str) -> Result<(PatientId, PatientId), Failure> {
    let id = |text: &str| text.parse().map_err(|_| Failure::NotFound);
    Ok((id(one)?, id(other)?))
}

async fn side_by_side(signed_in: SignedIn, Path((one, other)): Path<(String, String)>) -> Result<Response, Failure> {
    page(&signed_in, pair(&one, &other)?, Form::default(), StatusCode::OK).await
}

/// Both records; each is opened, so that who looked at whom is written down and nobody is shown who may not be.
async fn page(
    signed_in: &SignedIn,
    (one, other): (PatientId, PatientId),
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    let mut shown = Vec::new();
    for id in [one, other] {
        let opened = registry.open_record(admission, caller, signed_in.receipt(), id).await?;
        shown.push(opened.ok_or(Failure::NotFound)?);
    }
    let (asked, asking, now, admitted) = (registry.clone(), caller.clone(), signed_in.now(), signed_in.admit()?);
    let reading = tokio::task::spawn_blocking(move || asked.side_by_side(&admitted, &asking, now, (one, other)));
    let found = reading.await?.map_err(|error| match error {
        RegistryError::Refused(_) => Failure::NotFound,
        error => error.into(),
    })?;
    if let Some(survivor) = found.merged_into {
        return Ok(show_as(status, &merged_view(signed_in, [one, other], survivor, found.merge)));
    }
    Ok(show_as(status, &pair_view(signed_in, &shown, found, form)))
}

/// The two beside one another, with the question.
fn pair_view(signed_in: &SignedIn, shown: &[OpenedRecord], found: SideBySide, form: Form) -> MatchView {
    let language = signed_in.language();
    let who = |place: usize| PersonSummary::of(&shown[place].shown.patient.demographics, signed_in.today(), language);
    let mut page = signed_in.page(language.text("matches.pair_title"));
    page.is_in_error = form.has_errors();
    let decision = |word: &str| {
        Choice::new(word, language.text(&format!("matches.{word}")))
            .described(language.text(&format!("matches.{word}_what")))
    };
    let mut facts = facts(&who(0), &who(1));
    let row = |key, of: fn(&SignedIn, &PatientRecord) -> String| {
        let [one, other] = [0, 1].map(|place: usize| of(signed_in, &shown[place].shown));
        FactRow { key, one, other, differs: false }
    };
    facts.extend([
        row("matches.numbers", chart_numbers),
        row("matches.reported_by", reporters),
        row("matches.doses", doses),
    ]);
    let ids = [found.patient.patient.id, found.candidate.patient.id];
    MatchView {
        page,
        form,
        numbers: ids.map(|id| id.number()),
        addresses: ids.map(|id| format!("/people/{id}")),
        facts,
        sentence: found.explanation.sentence,
        reasons: found.explanation.reasons.into_iter().map(|reason| reason.words).collect(),
        decisions: ["same", "not_the_same", "later"].map(decision).into(),
    }
}

/// That the two are one record already, when and by whom they were merged, and where that is undone.
fn merged_view(signed_in: &SignedIn, pair: [PatientId; 2], survivor: PatientId, merge: Option<Merge>) -> MergedView {
    let (registry, language) = (signed_in.registry(), signed_in.language());
    let [one, other] = pair.map(|id| id.number());
    let told = |merge: &Merge| {
        let when = dates::moment(registry, merge.merged_at, language);
        let by = merge.account_id.and_then(|id| registry.account_name(&signed_in.admission, id));
        match by {
            Some(by) => language.fill("matches.merged_by", &[("when", &when), ("who", &by.shown)]),
            None => language.fill("matches.merged_on", &[("when", &when)]),
        }
    };
    MergedView {
        page: signed_in.page(language.text("matches.merged_title")),
        numbers: language.fill("matches.merged_numbers", &[("one", &one), ("other", &other)]),
        merged: merge.as_ref().map(told).unwrap_or_default(),
        reason: merge.map(|merge| merge.reason).unwrap_or_default(),
        merges_address: format!("/people/{survivor}/merges"),
    }
}

fn facts(one: &PersonSummary, other: &PersonSummary) -> Vec<FactRow> {
    let pairs = [
        ("person.name", one.name.as_str(), other.name.as_str()),
        ("person.birth_date", &one.birth_date, &other.birth_date),
        ("person.sex", one.sex, other.sex),
        ("person.address", &one.address, &other.address),
        ("person.phone", &one.phone, &other.phone),
        ("person.mother", &one.mother, &other.mother),
        ("person.kin", &one.kin, &other.kin),
    ];
    let row = |(key, one, other): (&'static str, &str, &str)| FactRow::new(key, one.to_owned(), other.to_owned());
    pairs.into_iter().map(row).collect()
}

/// The numbers under which organizations know the person.
fn chart_numbers(_: &SignedIn, record: &PatientRecord) -> String {
    let numbers = record.patient.demographics.identifiers.iter();
    joined(numbers.map(|number| format!("{} ({} {})", number.value, number.kind, number.authority)))
}

/// The organizations that report on the person.
fn reporters(signed_in: &SignedIn, record: &PatientRecord) -> String {
    let name = |id| signed_in.registry().organization_name(&signed_in.admission, id);
    joined(record.reports.iter().map(|report| name(report.organization_id)))
}

/// The doses by date.
fn doses(signed_in: &SignedIn, record: &PatientRecord) -> String {
    let codes = signed_in.registry().codes();
    joined(record.vaccinations.iter().map(|report| {
        let date = dates::shown(report.dose.administered_on, signed_in.language());
        format!("{date} {}", codes.vaccine_name(report.dose.cvx).unwrap_or("?"))
    }))
}

/// Each thing once.
fn joined(things: impl Iterator<Item = String>) -> String {
    let mut once: Vec<String> = Vec::new();
    things.for_each(|thing| {
        if !once.contains(&thing) {
            once.push(thing);
        }
    });
    once.join("; ")
}

/// What was decided with a reason; nothing, and the form says what is missing, when one of them is.
pub(super) fn decided<D>(
    signed_in: &SignedIn,
    posted: &Posted,
    parse: impl Fn(&str) -> Option<D>,
) -> (Form, Option<D>) {
    let language = signed_in.language();
    let mut form = Form::from(posted);
    let decision = parse(posted.text("decision"));
    if decision.is_none() {
        form.refuse_with(language, "decision", "matches.decision_missing");
    }
    if posted.text("reason").is_empty() {
        form.refuse_with(language, "reason", "matches.reason_missing");
    }
    let decision = decision.filter(|_| !form.has_errors());
    (form, decision)
}

async fn decide(
    signed_in: SignedIn,
    Path((one, other)): Path<(String, String)>,
    posted: Posted,
) -> Result<Response, Failure> {
    let ids = pair(&one, &other)?;
    let (mut form, decision) = decided(&signed_in, &posted, ReviewDecision::parse);
    let Some(decision) = decision else {
        return page(&signed_in, ids, form, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let (registry, caller, receipt) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.receipt());
    let (reason, admitted) = (posted.text("reason").to_owned(), signed_in.admit()?);
    let deciding = tokio::task::spawn_blocking(move || {
        registry.decide_review(&admitted, &caller, &receipt, ids, decision, &reason)
    });
    match deciding.await? {
        Ok(_) => {
            let done = if decision == ReviewDecision::Same { "records_merged" } else { "match_decided" };
            Ok(Redirect::to(&format!("/matches?done={done}")).into_response())
        }
        Err(RegistryError::Refused(refused)) => {
            form.refuse("decision", refused);
            page(&signed_in, ids, form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}
