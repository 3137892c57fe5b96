//! Registrations and renewals that wait for the registry's office: the list, one of them, the decision.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{AccountId, OrganizationId, Registration, RegistrationId, RegistrationState};
use registry::{ApprovalSeed, RegistryError};

use super::accounts::ToldOnceView;
use super::register::shown;
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show, show_as};
use crate::listings::{Cell, Filter, FilterField, Listing, Table};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "registration.html")]
struct RegistrationView {
    page: Page,
    form: Form,
    id: String,
    state: &'static str,
    answers: Vec<(&'static str, String)>,
    waits: bool,
    is_renewal: bool,
    note: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/registrations", get(list))
        .route("/registrations/{id}", get(one))
        .route("/registrations/{id}/approval", post(approve))
        .route("/registrations/{id}/refusal", post(refuse))
}

async fn list(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let state = RegistrationState::parse(&signed_in.parameter("state")).unwrap_or(RegistrationState::Submitted);
    let found = registry.registrations(admission, &signed_in.caller, state).await?;
    let row = |registration: &Registration| {
        let answer = |name: &str| registration.answers.get(name).cloned().unwrap_or_default();
        let kind = if registration.is_renewal() { "registrations.renewal" } else { "registrations.new" };
        let name = Some(answer("name")).filter(|name| !name.is_empty());
        vec![
            Cell::link(name.unwrap_or_else(|| registration.id.number()), format!("/registrations/{}", registration.id))
                .with_note(registration.id.number()),
            Cell::text(language.text(kind)),
            Cell::text(answer("city")),
            Cell::text(dates::moment(registry, registration.changed_at, language)),
        ]
    };
    let table = Table {
        caption: state_name(state, &signed_in).to_owned(),
        columns: ["name", "kind", "city", "changed"]
            .map(|key| language.text(&format!("registrations.{key}")).to_owned())
            .into(),
        rows: found.iter().map(row).collect(),
        empty: language.text("registrations.none").to_owned(),
    };
    let mut form = Form::default();
    form.set("state", state.word());
    let states =
        RegistrationState::ALL.into_iter().map(|state| Choice::new(state.word(), state_name(state, &signed_in)));
    let label = language.text("registrations.state").to_owned();
    let states = FilterField::Choice { name: "state", label, nothing: String::new(), choices: states.collect() };
    Listing {
        page: signed_in.page(language.text("ways.registrations")),
        intro: language.text("registrations.what").to_owned(),
        ways: Vec::new(),
        filter: Some(Filter { form, fields: vec![states] }),
        tables: vec![table],
        more: None,
    }
    .show()
}

fn state_name(state: RegistrationState, signed_in: &SignedIn) -> &'static str {
    signed_in.language().text(&format!("registrations.state_{}", state.word()))
}

async fn find(signed_in: &SignedIn, id: &str) -> Result<Registration, Failure> {
    let id: RegistrationId = id.parse().map_err(|_| Failure::NotFound)?;
    let found = signed_in.registry().registration(&signed_in.admission, &signed_in.caller, id).await?;
    found.ok_or(Failure::NotFound)
}

async fn one(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let registration = find(&signed_in, &id).await?;
    let mut form = Form::default();
    form.set("code", proposed_code(&registration));
    registration_page(&signed_in, registration, form, StatusCode::OK)
}

/// Four letters of the name and four digits of the number, as codes are in the field.
fn proposed_code(registration: &Registration) -> String {
    let name = registration.answers.get("name").map_or("", String::as_str);
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).take(4).collect();
    let number = registration.id.0.as_u128() % 9_000 + 1_000;
    format!("{:X<4}{number}", letters.to_uppercase())
}

fn registration_page(
    signed_in: &SignedIn,
    registration: Registration,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let name = registration.answers.get("name").cloned().unwrap_or_else(|| registration.id.number());
    let mut page = signed_in.page(&name);
    page.is_in_error = form.has_errors();
    let view = RegistrationView {
        page,
        form,
        id: registration.id.to_string(),
        state: state_name(registration.state, signed_in),
        answers: shown(&registration.answers, language),
        waits: registration.state == RegistrationState::Submitted,
        is_renewal: registration.is_renewal(),
        note: registration.note,
    };
    Ok(show_as(status, &view))
}

async fn approve(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let registration = find(&signed_in, &id).await?;
    signed_in.require_fresh()?;
    let mut seed = ApprovalSeed {
        organization_id: OrganizationId(signed_in.new_id()),
        account_id: AccountId(signed_in.new_id()),
        salt: [0; 16],
        password: [0; 20],
        invitation: [0; 10],
    };
    rand::fill(&mut seed.salt[..]);
    rand::fill(&mut seed.password[..]);
    rand::fill(&mut seed.invitation[..]);
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    let decided = (registration.id, posted.text("code"));
    match registry.approve_registration(admission, &signed_in.caller, decided, seed, now).await {
        Ok(approved) => {
            let address = format!("/organizations/{}", approved.organization.code);
            let Some((username, code)) = approved.administrator else {
                return Ok(Redirect::to(&format!("{address}?done=renewed")).into_response());
            };
            let language = signed_in.language();
            let facts = vec![
                ("organizations.code", approved.organization.code),
                ("accounts.user", username),
                ("invitation.code", code),
            ];
            let page = signed_in.page(language.text("registrations.approved"));
            show(&ToldOnceView {
                page,
                what: language.text("registrations.approved_what").to_owned(),
                facts,
                next: address,
            })
        }
        Err(RegistryError::Refused(_)) => {
            let mut form = Form::from(&posted);
            form.refuse_with(signed_in.language(), "code", "organizations.code_taken");
            registration_page(&signed_in, registration, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

async fn refuse(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let registration = find(&signed_in, &id).await?;
    if posted.text("note").is_empty() {
        let mut form = Form::default();
        form.set("code", proposed_code(&registration));
        form.refuse_with(signed_in.language(), "note", "registrations.note_missing");
        return registration_page(&signed_in, registration, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    registry.refuse_registration(admission, &signed_in.caller, registration.id, posted.text("note"), now).await?;
    Ok(Redirect::to("/registrations?done=registration_refused").into_response())
}
