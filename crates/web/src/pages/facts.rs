//! Facts about a person's health that bear on vaccination, refusals, and notes.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{
    Action, CodeTables, Coded, Completion, Demographics, InformationSource, PatientObservation, PatientStatement,
    Table, VaccinationStatement,
};
use registry::{Entry, OpenedRecord};

use super::person::{PersonHead, open};
use crate::Web;
use crate::dates;
use crate::dose_form::{bare_dose, chosen};
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// Letters of a note at most.
const NOTE_LENGTH_MAXIMUM: usize = 500;

#[derive(Template)]
#[template(path = "facts.html")]
struct FactView {
    page: Page,
    head: PersonHead,
    form: Form,
    choices: Vec<Choice>,
    is_note: bool,
    has_end: bool,
    what: &'static str,
    question: &'static str,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalView {
    page: Page,
    head: PersonHead,
    form: Form,
    groups: Vec<Choice>,
    reasons: Vec<Choice>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/people/{id}/facts/new", get(form).post(save))
        .route("/people/{id}/facts/take-back", post(take_back))
        .route("/people/{id}/refusals/new", get(refusal_form).post(refuse))
}

/// The question of a kind in the address.
fn question_of(kind: &str) -> Option<&'static str> {
    match kind {
        "contraindication" => Some(PatientObservation::CONTRAINDICATION),
        "immunity" => Some(PatientObservation::IMMUNITY),
        "indication" => Some(PatientObservation::INDICATION),
        "note" => Some(PatientObservation::NOTE),
        _ => None,
    }
}

fn new_form() -> Form {
    let mut form = Form::default();
    form.set("once", random_secret());
    form
}

async fn form(
    signed_in: SignedIn,
    Path(id): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let (_, head) = open(&signed_in, &id).await?;
    let kind = query.iter().find(|(name, _)| name == "kind").map_or("", |(_, kind)| kind);
    let mut form = new_form();
    form.set("kind", kind);
    view(&signed_in, head, form)
}

fn view(signed_in: &SignedIn, head: PersonHead, form: Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    let kind = form.value("kind").to_owned();
    let question = question_of(&kind).ok_or(Failure::NotFound)?;
    let (title, what, asks) = match question {
        PatientObservation::CONTRAINDICATION => {
            ("fact.add_contraindication", "fact.contraindication_what", "fact.contraindication_question")
        }
        PatientObservation::IMMUNITY => ("fact.add_immunity", "fact.immunity_what", "fact.immunity_question"),
        PatientObservation::INDICATION => ("fact.add_indication", "fact.indication_what", "fact.indication_question"),
        _ => ("note.add", "note.what", "note.question"),
    };
    let known = signed_in.registry().health_facts().into_iter().filter(|fact| fact.question == question);
    show(&FactView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(language.text(title)) },
        head,
        choices: known.map(|fact| Choice::new(fact.code, fact.name)).collect(),
        is_note: question == PatientObservation::NOTE,
        has_end: question == PatientObservation::CONTRAINDICATION,
        what: language.text(what),
        question: language.text(asks),
        form,
    })
}

async fn save(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let mut form = Form::from(&posted);
    let observation = read(&signed_in, &posted, &mut form);
    let Some(observation) = observation.filter(|_| !form.has_errors()) else {
        return view(&signed_in, head, form);
    };
    let done = if observation.question == PatientObservation::NOTE { "note_saved" } else { "fact_saved" };
    let patient = PatientStatement { observations: vec![observation], ..about(&opened) };
    enter(&signed_in, &head, patient, posted.text("once"), done).await
}

/// A statement about an opened record that says nothing yet.
fn about(opened: &OpenedRecord) -> PatientStatement {
    let patient = &opened.held.patient;
    let demographics = Demographics { birth_date: patient.demographics.birth_date, ..Demographics::default() };
    PatientStatement { demographics, record: Some(patient.id), ..PatientStatement::default() }
}

fn read(signed_in: &SignedIn, posted: &Posted, form: &mut Form) -> Option<PatientObservation> {
    let language = signed_in.language();
    let question = question_of(posted.text("kind"))?;
    if question == PatientObservation::NOTE {
        let text: String = posted.text("note").chars().take(NOTE_LENGTH_MAXIMUM).collect();
        if text.is_empty() {
            form.refuse_with(language, "note", "note.missing");
            return None;
        }
        let code = posted.text("once").chars().take(16).collect();
        let value = Coded { code, text, system: "L".to_owned() };
        return Some(PatientObservation {
            question: question.to_owned(),
            value,
            since: Some(signed_in.today()),
            until: None,
            vaccine: None,
        });
    }
    let known = signed_in.registry().health_facts();
    let fact = known.into_iter().find(|fact| fact.question == question && fact.code == posted.text("fact"));
    let since = dates::read(posted, form, "since", language);
    let until = dates::read(posted, form, "until", language);
    if since.zip(until).is_some_and(|(since, until)| until < since) {
        form.refuse_with(language, "until", "fact.until_before_since");
    }
    let Some(fact) = fact else {
        form.refuse_with(language, "fact", "fact.choose");
        return None;
    };
    let value = Coded { code: fact.code, text: fact.name, system: fact.system };
    Some(PatientObservation { question: question.to_owned(), value, since, until, vaccine: None })
}

async fn take_back(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let retracted = vec![(posted.text("question").to_owned(), posted.text("code").to_owned())];
    let patient = PatientStatement { retracted, ..about(&opened) };
    enter(&signed_in, &head, patient, &random_secret(), "fact_taken_back").await
}

async fn enter(
    signed_in: &SignedIn,
    head: &PersonHead,
    patient: PatientStatement,
    once: &str,
    done: &str,
) -> Result<Response, Failure> {
    let entry = Entry { once: once.to_owned(), patient, vaccinations: Vec::new(), reason: String::new() };
    signed_in.registry().enter(&signed_in.admission, &signed_in.caller, signed_in.receipt(), entry).await?;
    Ok(Redirect::to(&format!("/people/{}?done={done}", head.id)).into_response())
}

async fn refusal_form(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (_, head) = open(&signed_in, &id).await?;
    let mut form = new_form();
    dates::fill(&mut form, "refused", signed_in.today());
    refusal_view(&signed_in, head, form)
}

fn refusal_view(signed_in: &SignedIn, head: PersonHead, form: Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    let codes = signed_in.registry().codes();
    let groups = codes.all_vaccine_groups().iter().filter(|group| group.is_forecast);
    show(&RefusalView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(language.text("fact.add_refusal")) },
        head,
        groups: groups.map(|group| Choice::new(group.representative.to_string(), group.name.clone())).collect(),
        reasons: reasons(signed_in, language),
        form,
    })
}

fn reasons(signed_in: &SignedIn, language: Language) -> Vec<Choice> {
    let reason = |(code, name): (&str, &str)| {
        Choice::new(code, language.find_text(&format!("refusal_reason.{code}")).unwrap_or(name))
    };
    signed_in.registry().codes().table(Table::RefusalReason).map(reason).collect()
}

async fn refuse(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    let on = dates::read(&posted, &mut form, "refused", language).unwrap_or(signed_in.today());
    let vaccine = chosen(posted.text("vaccine"));
    if vaccine.is_none() {
        form.refuse_with(language, "vaccine", "dose.vaccine_missing");
    }
    if on > signed_in.today() {
        form.refuse_with(language, "refused", "dose.date_in_future");
    }
    let codes = signed_in.registry().codes();
    let reason = posted.text("reason");
    if codes.name(Table::RefusalReason, reason).is_none() {
        form.refuse_with(language, "reason", "fact.reason_missing");
    }
    let (Some((cvx, _)), false) = (vaccine, form.has_errors()) else {
        return refusal_view(&signed_in, head, form);
    };
    let mut dose = bare_dose(on, cvx, InformationSource::Administered);
    dose.completion = Completion::Refused;
    dose.entered_by = Some(super::record_doses::author(&signed_in));
    dose.refusal_reason = Some(Coded {
        code: reason.to_owned(),
        text: codes.name(Table::RefusalReason, reason).unwrap_or_default().to_owned(),
        system: "NIP002".to_owned(),
    });
    let vaccination = VaccinationStatement {
        order: 1,
        action: Action::Add,
        dose,
        is_source_stated: true,
        is_completion_stated: true,
        report: None,
        unusable: Vec::new(),
    };
    let entry = Entry {
        once: posted.text("once").to_owned(),
        patient: about(&opened),
        vaccinations: vec![vaccination],
        reason: String::new(),
    };
    signed_in.registry().enter(&signed_in.admission, &signed_in.caller, signed_in.receipt(), entry).await?;
    Ok(Redirect::to(&format!("/people/{}?done=refusal_saved", head.id)).into_response())
}
