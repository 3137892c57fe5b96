//! How an organization stands to a person: whether they are still its client, and if not, why.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{DatedCode, Demographics, OrganizationId, PatientStatement};
use registry::{Entry, OpenedRecord};

use super::person::{PersonHead, open};
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

/// The states by their HL70441 codes; those that the table lacks are kinds of its `I`, inactive.
const STATES: [&str; 8] = ["A", "L", "M", "I-MOOSA", "I-ONE", "I", "P", "U"];

#[derive(Template)]
#[template(path = "client_status.html")]
struct ClientStatusView {
    page: Page,
    head: PersonHead,
    form: Form,
    states: Vec<Choice>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/people/{id}/status", get(form).post(save))
}

/// The status that an organization gave the person; active when it gave none.
pub(crate) fn shown(opened: &OpenedRecord, organization: OrganizationId, language: Language) -> String {
    let own = opened.shown.reports.iter().find(|report| report.organization_id == organization);
    let Some(own) = own else { return language.text("client_status.none").to_owned() };
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
    let organization = signed_in.caller.organization_id;
    let own = opened.shown.reports.iter().find(|report| report.organization_id == organization);
    let status = own.and_then(|own| own.demographics.registry_status.clone());
    let mut form = Form::default();
    form.set("status", status.map_or("A".to_owned(), |status| status.code));
    view(&signed_in, head, form)
}

fn view(signed_in: &SignedIn, head: PersonHead, mut form: Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    if form.value("once").is_empty() {
        form.set("once", random_secret());
    }
    let state = |code: &str| Choice {
        value: code.to_owned(),
        text: language.text(&key(code)).to_owned(),
        description: language.text(&format!("{}_what", key(code))).to_owned(),
    };
    let title = format!("{} – {}", language.text("client_status.heading"), head.who.name);
    show(&ClientStatusView {
        page: Page { is_in_error: form.has_errors(), ..signed_in.page(&title) },
        states: STATES.into_iter().map(state).collect(),
        head,
        form,
    })
}

async fn save(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let (opened, head) = open(&signed_in, &id).await?;
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    let code = STATES.into_iter().find(|code| *code == posted.text("status"));
    let death_date = dates::read(&posted, &mut form, "death", language);
    let Some(code) = code else {
        form.refuse_with(language, "status", "client_status.choose");
        return view(&signed_in, head, form);
    };
    if form.has_errors() {
        return view(&signed_in, head, form);
    }
    let receipt = signed_in.receipt();
    let is_deceased = code == "P" && death_date.is_some();
    let demographics = Demographics {
        birth_date: opened.held.patient.demographics.birth_date,
        registry_status: Some(DatedCode { code: code.to_owned(), since: Some(receipt.today) }),
        is_deceased: is_deceased.then_some(true),
        death_date: death_date.filter(|_| is_deceased),
        ..Demographics::default()
    };
    let patient =
        PatientStatement { demographics, record: Some(opened.held.patient.id), ..PatientStatement::default() };
    let entry =
        Entry { once: posted.text("once").to_owned(), patient, vaccinations: Vec::new(), reason: String::new() };
    signed_in.registry().enter(&signed_in.admission, &signed_in.caller, receipt, entry).await?;
    Ok(Redirect::to(&format!("/people/{}?done=status_saved", head.id)).into_response())
}
