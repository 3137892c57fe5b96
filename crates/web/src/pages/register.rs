//! Registering an organization, and renewing its agreement: step by step, saved after each, with a code to come back.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{Registration, RegistrationId, RegistrationState, Right};
use registry::RegistryError;

use super::organizations::kinds;
use crate::Web;
use crate::cookies::{self, Lifetime};
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show, show_as};
use crate::signed_in::SignedIn;
use crate::visits::Visitor;

/// The cookie with the code of the registration that is being filled in.
pub(crate) const REGISTRATION_COOKIE: &str = "registration";

/// One step: its name in the address, and its fields.
struct Step {
    name: &'static str,
    fields: &'static [Field],
}

/// One answer of a step.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    kind: FieldKind,
    is_required: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FieldKind {
    Text,
    Area,
    Kinds,
    /// One of these words.
    Words(&'static [&'static str]),
    Agreed,
}

const fn required(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind, is_required: true }
}

const fn optional(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind, is_required: false }
}

const YES_NO: FieldKind = FieldKind::Words(&["yes", "no"]);

/// The steps, in order. The last one is the agreement, which also shows all answers.
static STEPS: [Step; 5] = [
    Step {
        name: "organization",
        fields: &[
            required("name", FieldKind::Text),
            required("kind", FieldKind::Kinds),
            optional("parent_code", FieldKind::Text),
            required("street", FieldKind::Text),
            required("city", FieldKind::Text),
            required("zip", FieldKind::Text),
            required("county", FieldKind::Text),
            required("phone", FieldKind::Text),
        ],
    },
    Step {
        name: "contact",
        fields: &[
            required("first_name", FieldKind::Text),
            required("last_name", FieldKind::Text),
            required("email", FieldKind::Text),
            required("contact_phone", FieldKind::Text),
        ],
    },
    Step {
        name: "usage",
        fields: &[
            required("people", FieldKind::Words(&["children", "adults", "both"])),
            required("manner", FieldKind::Words(&["online", "exchange", "view"])),
            required("vfc", YES_NO),
            optional("record_system", FieldKind::Text),
        ],
    },
    Step {
        name: "prescribers",
        fields: &[required("medical_provider", FieldKind::Text), optional("prescribers", FieldKind::Area)],
    },
    Step {
        name: "agreement",
        fields: &[
            required("signer_name", FieldKind::Text),
            required("signer_title", FieldKind::Text),
            required("agreed", FieldKind::Agreed),
        ],
    },
];

/// How many steps, from the first on, tell where an organization is and whom one reaches there.
const PLACE_STEPS: usize = 2;

#[derive(Template)]
#[template(path = "register.html")]
struct RegisterView {
    page: Page,
    form: Form,
}

#[derive(Template)]
#[template(path = "register_step.html")]
struct StepView {
    page: Page,
    form: Form,
    step: &'static str,
    back: String,
    steps: Vec<(String, &'static str)>,
    code: String,
    note: String,
    inputs: Vec<Input>,
    answers: Vec<(&'static str, String)>,
    is_last: bool,
}

struct Input {
    name: &'static str,
    label: String,
    hint: &'static str,
    shape: &'static str,
    choices: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "register_sent.html")]
struct SentView {
    page: Page,
    state: &'static str,
    number: String,
    note: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/register", get(begin_form).post(begin))
        .route("/register/return", post(come_back))
        .route("/register/renew", post(renew))
        .route("/register/sent", get(sent))
        .route("/register/{step}", get(step_form).post(save))
}

async fn begin_form(visitor: Visitor) -> Result<Response, Failure> {
    let page = visitor.page(visitor.language().text("register.title"));
    show(&RegisterView { page, form: Form::default() })
}

fn with_code(visitor: &Visitor, code: &str, path: &str) -> Response {
    let cookie = cookies::line(REGISTRATION_COOKIE, code, Lifetime::Visit, visitor.is_secure());
    ([(header::SET_COOKIE, cookie)], Redirect::to(path)).into_response()
}

fn seed(visitor: &Visitor) -> (RegistrationId, [u8; 10]) {
    let mut random = [0; 10];
    rand::fill(&mut random[..]);
    (RegistrationId(visitor.new_id()), random)
}

async fn begin(visitor: Visitor, _posted: Posted) -> Result<Response, Failure> {
    let registry = &visitor.web().registry;
    let beginning = registry.begin_registration(&visitor.admit()?, None, seed(&visitor), visitor.now()).await;
    Ok(with_code(&visitor, &beginning?.1, "/register/organization"))
}

async fn renew(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let organization = registry.find_organization(admission, posted.text("organization")).ok_or(Failure::NotFound)?;
    registry.authorize(&signed_in.caller, Right::ChangeOrganization, organization.id)?;
    let renewal = Some((&signed_in.caller, organization.id));
    let beginning = registry.begin_registration(admission, renewal, seed(&signed_in), signed_in.now()).await;
    Ok(with_code(&signed_in, &beginning?.1, "/register/organization"))
}

async fn come_back(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let registry = &visitor.web().registry;
    match registry.find_registration(&visitor.admit()?, posted.text("code")).await? {
        Some(registration) => Ok(with_code(&visitor, posted.text("code"), place_of(&registration))),
        None => {
            let mut form = Form::default();
            form.set("code", posted.text("code"));
            form.refuse_with(visitor.language(), "code", "register.code_wrong");
            let page = Page { is_in_error: true, ..visitor.page(visitor.language().text("register.title")) };
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &RegisterView { page, form }))
        }
    }
}

/// Where a registration goes on: at the first step that lacks an answer, or where its state is told.
fn place_of(registration: &Registration) -> &'static str {
    if matches!(registration.state, RegistrationState::Submitted | RegistrationState::Approved) {
        return "/register/sent";
    }
    let lacks = |field: &&Field| field.is_required && registration.answers.get(field.name).is_none_or(String::is_empty);
    match STEPS.iter().position(|step| step.fields.iter().any(|field| lacks(&field))) {
        Some(0) | None => "/register/organization",
        Some(1) => "/register/contact",
        Some(2) => "/register/usage",
        Some(3) => "/register/prescribers",
        Some(_) => "/register/agreement",
    }
}

async fn current(visitor: &Visitor) -> Result<Option<(Registration, String)>, Failure> {
    let Some(code) = visitor.cookie(REGISTRATION_COOKIE) else { return Ok(None) };
    let found = visitor.web().registry.find_registration(&visitor.admit()?, &code).await?;
    Ok(found.map(|registration| (registration, code)))
}

/// The name of an answer for people.
pub(crate) fn label(name: &str, language: Language) -> &'static str {
    language.text(&format!("register.field_{name}"))
}

/// All answers as people read them, in the order of the steps.
pub(crate) fn shown(answers: &BTreeMap<String, String>, language: Language) -> Vec<(&'static str, String)> {
    shown_of(&STEPS, answers, language)
}

/// Where an organization is and whom one reaches there, as it registered. What it is called may have changed since.
pub(crate) fn shown_of_place(answers: &BTreeMap<String, String>, language: Language) -> Vec<(&'static str, String)> {
    let mut answers = answers.clone();
    answers.retain(|name, _| !["name", "kind", "parent_code"].contains(&name.as_str()));
    shown_of(&STEPS[..PLACE_STEPS], &answers, language)
}

fn shown_of(
    steps: &'static [Step],
    answers: &BTreeMap<String, String>,
    language: Language,
) -> Vec<(&'static str, String)> {
    let fields = steps.iter().flat_map(|step| step.fields);
    let fields = fields.filter(|field| field.kind != FieldKind::Agreed);
    let answered = fields.filter_map(|field| {
        let answer = answers.get(field.name).filter(|answer| !answer.is_empty())?;
        let words = match field.kind {
            FieldKind::Kinds => {
                language.find_text(&format!("organization_kind.{answer}")).unwrap_or_default().to_owned()
            }
            FieldKind::Words(_) => {
                language.find_text(&format!("register.answer_{answer}")).unwrap_or_default().to_owned()
            }
            _ => answer.clone(),
        };
        Some((label(field.name, language), words))
    });
    answered.collect()
}

async fn step_form(visitor: Visitor, Path(step): Path<String>) -> Result<Response, Failure> {
    let place = STEPS.iter().position(|known| known.name == step).ok_or(Failure::NotFound)?;
    let Some((registration, code)) = current(&visitor).await? else {
        return Ok(Redirect::to("/register").into_response());
    };
    if matches!(registration.state, RegistrationState::Submitted | RegistrationState::Approved) {
        return Ok(Redirect::to("/register/sent").into_response());
    }
    let mut form = Form::default();
    for field in STEPS[place].fields {
        form.set(field.name, registration.answers.get(field.name).cloned().unwrap_or_default());
    }
    step_page(&visitor, place, (registration, code), form, StatusCode::OK)
}

fn step_page(
    visitor: &Visitor,
    place: usize,
    (registration, code): (Registration, String),
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = visitor.language();
    let step = &STEPS[place];
    let is_last = place + 1 == STEPS.len();
    let heading = language.text(&format!("register.step_{}", step.name));
    let count = [("number", (place + 1).to_string()), ("all", STEPS.len().to_string())];
    let count: Vec<(&str, &str)> = count.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let title = format!("{heading} – {}", language.fill("register.step_of", &count));
    let mut page = visitor.page(&title);
    page.is_in_error = form.has_errors();
    let mark = |other: usize| match other.cmp(&place) {
        std::cmp::Ordering::Less => "complete",
        std::cmp::Ordering::Equal => "current",
        std::cmp::Ordering::Greater => "",
    };
    let steps = STEPS.iter().enumerate();
    let steps =
        steps.map(|(other, step)| (language.text(&format!("register.step_{}", step.name)).to_owned(), mark(other)));
    let view = StepView {
        page,
        form,
        step: step.name,
        back: place.checked_sub(1).map_or("/register".into(), |before| format!("/register/{}", STEPS[before].name)),
        steps: steps.collect(),
        code,
        note: registration.note.clone(),
        inputs: step.fields.iter().map(|field| input(field, language)).collect(),
        answers: if is_last { shown(&registration.answers, language) } else { Vec::new() },
        is_last,
    };
    Ok(show_as(status, &view))
}

fn input(field: &Field, language: Language) -> Input {
    let (shape, choices) = match field.kind {
        FieldKind::Text => ("text", Vec::new()),
        FieldKind::Area => ("area", Vec::new()),
        FieldKind::Agreed => ("agreed", Vec::new()),
        FieldKind::Kinds => ("select", kinds(language)),
        FieldKind::Words(words) => {
            let choice = |word: &&str| Choice::new(*word, language.text(&format!("register.answer_{word}")));
            ("radios", words.iter().map(choice).collect())
        }
    };
    let mut text = label(field.name, language).to_owned();
    if !field.is_required {
        text.push(' ');
        text.push_str(language.text("register.optional"));
    }
    let hint = language.find_text(&format!("register.hint_{}", field.name)).unwrap_or_default();
    Input { name: field.name, label: text, hint, shape, choices }
}

async fn save(visitor: Visitor, Path(step): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let place = STEPS.iter().position(|known| known.name == step).ok_or(Failure::NotFound)?;
    let Some((registration, code)) = current(&visitor).await? else {
        return Ok(Redirect::to("/register").into_response());
    };
    let language = visitor.language();
    let mut form = Form::from(&posted);
    let mut answers = BTreeMap::new();
    for field in STEPS[place].fields {
        let answer = posted.text(field.name);
        if field.is_required && answer.is_empty() {
            let text = language.fill("register.missing", &[("field", label(field.name, language))]);
            form.refuse(field.name, text);
        }
        answers.insert(field.name.to_owned(), answer.to_owned());
    }
    let is_last = place + 1 == STEPS.len();
    let lacks = |field: &&Field| field.is_required && registration.answers.get(field.name).is_none_or(String::is_empty);
    if is_last && STEPS[..place].iter().flat_map(|step| step.fields).any(|field| lacks(&field)) {
        form.refuse_with(language, "signer_name", "register.incomplete");
    }
    let parent = posted.text("parent_code");
    let (registry, admission) = (&visitor.web().registry, visitor.admit()?);
    if !parent.is_empty() && registry.find_organization(&admission, parent).is_none() {
        form.refuse_with(language, "parent_code", "register.parent_unknown");
    }
    if form.has_errors() && !posted.has("later") {
        return step_page(&visitor, place, (registration, code), form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let is_sent = is_last && !posted.has("later");
    match registry.save_registration(&admission, registration, answers, is_sent, visitor.now()).await {
        Err(RegistryError::Refused(_)) => return Ok(Redirect::to("/register/sent").into_response()),
        other => drop(other?),
    }
    let next = match STEPS.get(place + 1) {
        _ if posted.has("later") => format!("/register/{step}?done=registration_saved"),
        Some(next) => format!("/register/{}", next.name),
        None => "/register/sent".to_owned(),
    };
    Ok(Redirect::to(&next).into_response())
}

async fn sent(visitor: Visitor) -> Result<Response, Failure> {
    let Some((registration, _)) = current(&visitor).await? else {
        return Ok(Redirect::to("/register").into_response());
    };
    let state = registration.state.word();
    let language = visitor.language();
    let page = visitor.page(language.text("register.sent_title"));
    let state = language.text(&format!("register.state_{state}"));
    show(&SentView { page, state, number: registration.id.number(), note: registration.note })
}
