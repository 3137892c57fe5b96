//! Facts about a person's health that bear on vaccination, refusals, and notes.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{
    Action, CodeTables, Coded, Completion, Cvx, Finding, FindingKind, InformationSource, PatientObservation,
    PatientStatement, Retraction, Right, Table, VaccinationStatement, plain_letters,
};
use registry::{Entry, HealthFact, OpenedRecord};

use super::person::{Fact, PersonHead, Told, open};
use crate::Web;
use crate::ask_again::AskAgain;
use crate::dates;
use crate::dose_form::{bare_dose, chosen};
use crate::entries::about;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::health_words;
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;
use crate::vaccine_groups;
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
    note_hint: String,
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
    let (opened, head) = open(&signed_in, &id).await?;
    let kind = query.iter().find(|(name, _)| name == "kind").map_or("", |(_, kind)| kind);
    let mut form = new_form();
    form.set("kind", kind);
    view(&signed_in, &opened, head, form)
}

/// The facts that can be chosen for a person.
fn choices(signed_in: &SignedIn, opened: &OpenedRecord, question: &str) -> Vec<HealthFact> {
    let mut known = signed_in.registry().health_facts_of(&opened.held.patient.demographics, signed_in.today());
    known.retain(|fact| fact.question == question);
    known
}

fn view(signed_in: &SignedIn, opened: &OpenedRecord, head: PersonHead, form: Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    let kind = form.value("kind").to_owned();
    let question = question_of(&kind).ok_or(Failure::NotFound)?;
    if question == PatientObservation::INDICATION && !signed_in.may(Right::ReadHealthFacts) {
        return Err(Failure::NotFound);
    }
    let (title, what, asks) = match question {
        PatientObservation::CONTRAINDICATION => {
            ("fact.add_contraindication", "fact.contraindication_what", "fact.contraindication_question")
        }
        PatientObservation::IMMUNITY => ("fact.add_immunity", "fact.immunity_what", "fact.immunity_question"),
        PatientObservation::INDICATION => ("fact.add_indication", "fact.indication_what", "fact.indication_question"),
        _ => ("note.add", "note.what", "note.question"),
    };
    show(&FactView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(language.text(title)) },
        head,
        choices: health_words::choices(choices(signed_in, opened, question), language),
        is_note: question == PatientObservation::NOTE,
        note_hint: language.fill("note.hint", &[("maximum", &NOTE_LENGTH_MAXIMUM.to_string())]),
        has_end: matches!(question, PatientObservation::CONTRAINDICATION | PatientObservation::INDICATION),
        what: language.text(what),
        question: language.text(asks),
        form,
    })
}

async fn save(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let mut form = Form::from(&posted);
    let observation = read(&signed_in, &opened, &posted, &mut form);
    let Some(observation) = observation.filter(|_| !form.has_errors()) else {
        return view(&signed_in, &opened, head, form);
    };
    let done = if observation.question == PatientObservation::NOTE { "note_saved" } else { "fact_saved" };
    let since = observation.since.map(|since| since.to_string());
    let is_since = |finding: &Finding| since.as_ref().is_some_and(|since| finding.value.ends_with(since));
    // The finding names the day that cannot be.
    let field_of = |finding: &Finding| match finding.kind {
        FindingKind::ObservationDateImpossible => {
            if is_since(finding) {
                "since"
            } else {
                "until"
            }
        }
        _ => "",
    };
    let patient = PatientStatement { observations: vec![observation], ..about(&opened) };
    match signed_in.enter(entry(patient, posted.text("once")), &mut form, field_of).await? {
        Some(_) => Ok(to_record(&head, done)),
        None => view(&signed_in, &opened, head, form),
    }
}

fn entry(patient: PatientStatement, once: &str) -> Entry {
    Entry { once: once.to_owned(), patient, vaccinations: Vec::new(), reason: String::new() }
}

fn to_record(head: &PersonHead, done: &str) -> Response {
    Redirect::to(&format!("/people/{}?done={done}", head.id)).into_response()
}

fn read(signed_in: &SignedIn, opened: &OpenedRecord, posted: &Posted, form: &mut Form) -> Option<PatientObservation> {
    let language = signed_in.language();
    let question = question_of(posted.text("kind"))?;
    if question == PatientObservation::NOTE {
        // A browser sends each end of a line as two letters.
        let text = posted.text("note").replace("\r\n", "\n");
        let length = text.chars().count();
        if text.is_empty() {
            form.refuse_with(language, "note", "note.missing");
            return None;
        }
        if length > NOTE_LENGTH_MAXIMUM {
            let (count, maximum) = (length.to_string(), NOTE_LENGTH_MAXIMUM.to_string());
            form.refuse("note", language.fill("note.too_long", &[("count", &count), ("maximum", &maximum)]));
            return None;
        }
        let code = posted.text("once").chars().take(16).collect();
        let value = Coded { code, text, system: "L".to_owned() };
        return Some(PatientObservation {
            question: question.to_owned(),
            value,
            since: Some(signed_in.today()),
            observed_on: None,
            first_said_on: None,
            until: None,
            vaccine: None,
        });
    }
    let known = choices(signed_in, opened, question);
    let fact = known.into_iter().find(|fact| fact.code == posted.text("fact"));
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
    Some(PatientObservation {
        question: question.to_owned(),
        value,
        since,
        observed_on: None,
        first_said_on: None,
        until,
        vaccine: None,
    })
}

/// Asks whether a fact or a note is to be taken back, as it cannot be put back, and does it when that was read.
async fn take_back(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let (question, code) = (posted.text("question").to_owned(), posted.text("code").to_owned());
    let retraction = Retraction { question, code, vaccine: Cvx::parse(posted.text("vaccine")) };
    let is_meant = |fact: &PatientObservation| retraction.means(fact) && retraction.vaccine == fact.vaccine;
    let meant = Told::of(&signed_in, &opened).facts(is_meant).into_iter().find(|fact| fact.is_own);
    // Somebody else of the organization took it back meanwhile.
    let Some(meant) = meant else { return Ok(to_record(&head, "fact_taken_back")) };
    let mut form = Form::from(&posted);
    if !posted.has("confirmed") {
        form.set("once", random_secret());
        return ask_to_take_back(&signed_in, head, &form, &meant);
    }
    let patient = PatientStatement { retracted: vec![retraction], ..about(&opened) };
    match signed_in.enter(entry(patient, posted.text("once")), &mut form, |_| "").await? {
        Some(_) => Ok(to_record(&head, "fact_taken_back")),
        None => ask_to_take_back(&signed_in, head, &form, &meant),
    }
}

fn ask_to_take_back(signed_in: &SignedIn, head: PersonHead, form: &Form, meant: &Fact) -> Result<Response, Failure> {
    let language = signed_in.language();
    let told = match meant.period.as_str() {
        "" => format!("{}: {}", meant.kind, meant.name.text),
        period => format!("{}: {} ({period})", meant.kind, meant.name.text),
    };
    let question = AskAgain {
        page: signed_in.page(language.text("fact.take_back_title")),
        kept: form.answers(),
        told,
        what: language.text("fact.take_back_what"),
        lines: form.errors.iter().map(|error| error.text.clone()).chain([meant.source.clone()]).collect(),
        address: format!("/people/{}/facts/take-back", head.id),
        confirm: language.text("fact.take_back"),
        cancel: format!("/people/{}", head.id),
        head,
    };
    question.ask()
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
    let choice = |group: &codes::VaccineGroup| {
        Choice::new(group.representative.to_string(), vaccine_groups::name(&group.name, language))
    };
    let mut groups: Vec<Choice> = groups.map(choice).collect();
    groups.sort_by_key(|group| plain_letters(&group.text));
    show(&RefusalView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(language.text("fact.add_refusal")) },
        head,
        groups,
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
        rxr: None,
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
    let is_of_dose = |finding: &Finding| finding.location.is_some_and(|at| at.segment.as_str() == "RXA");
    // Of a refusal only its day can be wrong.
    let field_of = |finding: &Finding| if is_of_dose(finding) { "refused" } else { "" };
    match signed_in.enter(entry, &mut form, field_of).await? {
        Some(_) => Ok(to_record(&head, "refusal_saved")),
        None => refusal_view(&signed_in, head, form),
    }
}
