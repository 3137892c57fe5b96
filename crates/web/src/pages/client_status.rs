//! How an organization stands to a person: whether they are still its client, and if not, why. Who has died is said here,
//! too, by whoever may, and taken back here.

mod deaths;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{DatedCode, Finding, OrganizationId, PatientStatement, Right};
use registry::{Entry, OpenedRecord};

use self::deaths::Death;
use super::person::{PersonHead, Told, open};
use crate::Web;
use crate::dates;
use crate::entries::about;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// The states by their HL70441 codes; those that the table lacks are kinds of its `I`, inactive.
const STATES: [&str; 8] = ["A", "L", "M", "I-MOOSA", "I-ONE", "I", DECEASED, "U"];
/// The state that says that the person has died.
const DECEASED: &str = "P";

#[derive(Template)]
#[template(path = "client_status.html")]
struct ClientStatusView {
    page: Page,
    head: PersonHead,
    form: Form,
    states: Vec<Choice>,
    may_record_death: bool,
    /// Who said that the person has died, and who can take it back; empty for who lives.
    death: Vec<String>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/people/{id}/status", get(form).post(save))
}

/// The status that an organization gave the person; active when it gave none.
pub(crate) fn shown(opened: &OpenedRecord, organization: OrganizationId, language: Language) -> String {
    let Some(own) = opened.own_report(organization) else { return language.text("client_status.none").to_owned() };
    let status = own.demographics.registry_status.as_ref();
    let code = status.map_or("A", |status| status.code.as_str());
    let since = status.and_then(|status| status.since).map(|since| dates::shown(since, language));
    let name = language.text(&key(code));
    since.map_or_else(|| name.to_owned(), |since| format!("{name} ({since})"))
}

fn key(code: &str) -> String {
    let known = STATES.into_iter().find(|known| *known == code).unwrap_or("I");
    format!("client_status.{}", known.to_lowercase().replace('-', "_"))
}

async fn form(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let mut form = Form::default();
    // Of whom the organization has said nothing nobody is made its client by chance.
    if let Some(own) = opened.own_report(signed_in.caller.organization_id).map(|own| &own.demographics) {
        let status = own.registry_status.as_ref().map_or("A", |status| status.code.as_str());
        form.set("status", if own.is_deceased == Some(true) { DECEASED } else { status });
        if let Some(on) = own.death_date {
            dates::fill(&mut form, "death", on);
        }
    }
    view(&signed_in, &opened, head, form)
}

fn view(signed_in: &SignedIn, opened: &OpenedRecord, head: PersonHead, mut form: Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    if form.value("once").is_empty() {
        form.set("once", random_secret());
    }
    let state = |code: &str| {
        Choice::new(code, language.text(&key(code))).described(language.text(&format!("{}_what", key(code))))
    };
    let title = format!("{} – {}", language.text("client_status.heading"), head.who.name);
    let may_record_death = signed_in.may(Right::RecordDeath);
    let offered = STATES.into_iter().filter(|code| *code != DECEASED || may_record_death);
    show(&ClientStatusView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(&title) },
        states: offered.map(state).collect(),
        may_record_death,
        death: deaths::told(signed_in, opened),
        head,
        form,
    })
}

async fn save(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    if posted.has("change") {
        return view(&signed_in, &opened, head, form);
    }
    let code = STATES.into_iter().find(|code| *code == posted.text("status"));
    if code.is_none() {
        form.refuse_with(language, "status", "client_status.choose");
    }
    let death_date = dates::read(&posted, &mut form, "death", language);
    let code = code.unwrap_or_default();
    if death_date.is_some() && code != DECEASED && !code.is_empty() {
        form.refuse_with(language, "death", "client_status.death_of_living");
    }
    if form.has_errors() {
        return view(&signed_in, &opened, head, form);
    }
    let today = signed_in.today();
    let death = Death::of(&signed_in, &opened, (code == DECEASED).then_some(death_date));
    let mut patient: PatientStatement = about(&opened);
    patient.demographics.registry_status = Some(DatedCode { code: code.to_owned(), since: Some(today) });
    death.state(&mut patient);
    let entry =
        Entry { once: posted.text("once").to_owned(), patient, vaccinations: Vec::new(), reason: String::new() };
    let is_of_death =
        |finding: &Finding| finding.location.is_some_and(|at| at.segment.as_str() == "PID" && at.field == 29);
    let field_of = |finding: &Finding| if is_of_death(finding) { "death" } else { "" };
    if death.is_asked_again() && !posted.has("confirmed") {
        return match signed_in.may_be_entered(&entry, &mut form, field_of).await? {
            true => death.ask(&signed_in, &opened, head, &form),
            false => view(&signed_in, &opened, head, form),
        };
    }
    match signed_in.enter(entry, &mut form, field_of).await? {
        Some(_) => Ok(Redirect::to(&format!("/people/{}?done={}", head.id, death.done())).into_response()),
        None => view(&signed_in, &opened, head, form),
    }
}
