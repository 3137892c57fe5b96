//! Doses that may be one: two reports side by side, and what a reviewer decides. A decision is taken back here, too.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{CodeTables, PatientId, VaccinationReport, VaccinationReportId};
use registry::setup::DoseReviewState;
use registry::{DosePair, DoseReview, DoseReviewDecision, RegistryError};

use super::matches::{FactRow, decided};
use super::person::{PersonHead, Told, open};
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show_as};
use crate::listings::{Cell, Table};
use crate::signed_in::SignedIn;

/// Pairs on the page; the oldest come first, and the rest after them.
const LINES_MAXIMUM: u32 = 100;

#[derive(Template)]
#[template(path = "dose_match.html")]
struct DoseMatchView {
    page: Page,
    head: PersonHead,
    form: Form,
    facts: Vec<FactRow>,
    rule: &'static str,
    sentence: String,
    /// What was decided before, and why; empty when nothing was.
    decided: String,
    decisions: Vec<Choice>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/matches/doses/{person}/{one}/{other}", get(side_by_side).post(decide))
}

/// What waits, for the page of possible matches. Numbers, not names: who is looked at is written down when a pair is
/// opened.
///
/// # Errors
/// When the registry cannot be read.
pub(super) async fn waiting(signed_in: &SignedIn) -> Result<Table, Failure> {
    let language = signed_in.language();
    let (registry, caller, now) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.now());
    let admitted = signed_in.admit()?;
    let reading =
        tokio::task::spawn_blocking(move || registry.open_dose_reviews(&admitted, &caller, now, LINES_MAXIMUM));
    let row = |pair: &DosePair| {
        let since = pair.review.as_ref().map(|review| review.opened.opened_at);
        vec![
            link(signed_in, pair),
            Cell::text(since.map(|since| dates::moment(signed_in.registry(), since, language)).unwrap_or_default()),
            Cell::text(pair.comparison.rule.sentence()),
        ]
    };
    let open = reading.await??;
    Ok(Table {
        caption: language.text("dose_matches.caption").to_owned(),
        columns: ["dose_matches.person", "matches.since", "matches.because"]
            .map(|key| language.text(key).to_owned())
            .into(),
        rows: open.iter().map(row).collect(),
        empty: language.text("dose_matches.none").to_owned(),
    })
}

/// What was decided, for the page of decisions.
///
/// # Errors
/// When the registry cannot be read.
pub(super) async fn decided_lately(signed_in: &SignedIn) -> Result<Table, Failure> {
    let language = signed_in.language();
    let (registry, caller, now) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.now());
    let admitted = signed_in.admit()?;
    let reading =
        tokio::task::spawn_blocking(move || registry.decided_dose_reviews(&admitted, &caller, now, LINES_MAXIMUM));
    let row = |pair: &DosePair| {
        let review = pair.review.as_ref();
        let moment = |at| dates::moment(signed_in.registry(), at, language);
        let decision = |review: &DoseReview| language.text(&format!("dose_matches.{}", review.state.word()));
        vec![
            link(signed_in, pair),
            Cell::text(review.and_then(|review| review.decided_at).map(moment).unwrap_or_default()),
            Cell::text(review.map(decision).unwrap_or_default()),
            Cell::text(review.map(|review| review.reason.as_str()).unwrap_or_default()),
        ]
    };
    let decided = reading.await??;
    Ok(Table {
        caption: language.text("dose_matches.decided_caption").to_owned(),
        columns: ["dose_matches.person", "matches.decided_at", "matches.decided_as", "matches.decided_why"]
            .map(|key| language.text(key).to_owned())
            .into(),
        rows: decided.iter().map(row).collect(),
        empty: language.text("dose_matches.decided_none").to_owned(),
    })
}

/// The way to a pair, under the person's number, with the vaccines.
fn link(signed_in: &SignedIn, pair: &DosePair) -> Cell {
    let address = format!("/matches/doses/{}/{}/{}", pair.patient_id, pair.one.id, pair.other.id);
    let codes = signed_in.registry().codes();
    let [one, other] = [&pair.one, &pair.other].map(|report| {
        let cvx = report.dose.cvx;
        codes.vaccine_name(cvx).map_or_else(|| cvx.to_string(), |name| format!("{name} ({cvx})"))
    });
    let vaccines = signed_in.language().fill("dose_matches.vaccines", &[("one", &one), ("other", &other)]);
    Cell::link(pair.patient_id.number(), address).with_note(vaccines)
}

type Asked = (PatientId, VaccinationReportId, VaccinationReportId);

fn asked(person: &str, one: &str, other: &str) -> Result<Asked, Failure> {
    let report = |text: &str| text.parse().map_err(|_| Failure::NotFound);
    Ok((person.parse().map_err(|_| Failure::NotFound)?, report(one)?, report(other)?))
}

async fn side_by_side(
    signed_in: SignedIn,
    Path((person, one, other)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    page(&signed_in, asked(&person, &one, &other)?, Form::default(), StatusCode::OK).await
}

/// Both reports; the person is opened, so that who looked is written down and nobody is shown who may not be.
async fn page(signed_in: &SignedIn, asked: Asked, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let (opened, head) = open(signed_in, &asked.0.to_string()).await?;
    let (registry, caller, now) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.now());
    let admitted = signed_in.admit()?;
    let reading = tokio::task::spawn_blocking(move || registry.dose_pair(&admitted, &caller, now, asked));
    let pair = reading.await?.map_err(|error| match error {
        RegistryError::Refused(_) => Failure::NotFound,
        error => error.into(),
    })?;
    let language = signed_in.language();
    let told = Told::of(signed_in, &opened);
    let row = |key: &'static str, fact: &dyn Fn(&VaccinationReport) -> String| {
        FactRow::new(key, fact(&pair.one), fact(&pair.other))
    };
    let order =
        |report: &VaccinationReport| report.dose.order_id.as_ref().map(|order| order.id.clone()).unwrap_or_default();
    let facts = vec![
        row("history.date", &|report| told.date(report.dose.administered_on)),
        row("history.vaccine", &|report| told.vaccine(report)),
        row("dose_matches.details", &|report| told.details(report)),
        row("history.source", &|report| told.source(report)),
        row("dose_matches.order", &order),
    ];
    let verdict = pair.one.verdicts.iter().find(|verdict| verdict.other == pair.other.id);
    let mut page = signed_in.page(language.text("dose_matches.pair_title"));
    page.is_in_error = form.has_errors();
    let choice = |word: &str| {
        Choice::new(word, language.text(&format!("dose_matches.{word}")))
            .described(language.text(&format!("dose_matches.{word}_what")))
    };
    let mut words = vec!["same", "not_the_same", "later"];
    words.extend(verdict.is_some().then_some("undo"));
    Ok(show_as(
        status,
        &DoseMatchView {
            page,
            form,
            facts,
            rule: pair.comparison.rule.id(),
            sentence: pair.comparison.rule.sentence().to_owned(),
            decided: decided_before(signed_in, &pair),
            decisions: words.into_iter().map(choice).collect(),
            head,
        },
    ))
}

/// What was decided about the two, and why.
fn decided_before(signed_in: &SignedIn, pair: &DosePair) -> String {
    let Some((review, at)) = pair.review.as_ref().and_then(|review| Some((review, review.decided_at?))) else {
        return String::new();
    };
    let language = signed_in.language();
    let decision = match review.state {
        DoseReviewState::Same => "dose_matches.same",
        DoseReviewState::NotTheSame => "dose_matches.not_the_same",
        DoseReviewState::Later => "dose_matches.later",
        DoseReviewState::Open | DoseReviewState::Closed => return String::new(),
    };
    let when = dates::moment(signed_in.registry(), at, language);
    let values = [("when", when.as_str()), ("decision", language.text(decision)), ("reason", &review.reason)];
    language.fill("dose_matches.decided", &values)
}

async fn decide(
    signed_in: SignedIn,
    Path((person, one, other)): Path<(String, String, String)>,
    posted: Posted,
) -> Result<Response, Failure> {
    let asked = asked(&person, &one, &other)?;
    let (mut form, decision) = decided(&signed_in, &posted, DoseReviewDecision::parse);
    let Some(decision) = decision else {
        return page(&signed_in, asked, form, StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    let (registry, caller, receipt) = (signed_in.registry().clone(), signed_in.caller.clone(), signed_in.receipt());
    let (reason, admitted) = (posted.text("reason").to_owned(), signed_in.admit()?);
    let deciding = tokio::task::spawn_blocking(move || {
        registry.decide_dose_review(&admitted, &caller, &receipt, asked, decision, &reason)
    });
    match deciding.await? {
        Ok(_) => Ok(Redirect::to("/matches?done=match_decided").into_response()),
        Err(RegistryError::Refused(refused)) => {
            form.refuse("decision", refused);
            page(&signed_in, asked, form, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(error.into()),
    }
}
