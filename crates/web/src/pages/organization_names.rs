//! An organization's name, and the other names under which its messages arrive.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::Right;
use registry::RegistryError;

use super::organizations::find;
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show_as};
use crate::signed_in::SignedIn;

/// Other names of one organization.
const ALIASES_MAXIMUM: usize = 50;

#[derive(Template)]
#[template(path = "organization_names.html")]
struct NamesView {
    page: Page,
    form: Form,
    code: String,
    name: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/organizations/{code}/names", get(form).post(save))
}

async fn form(signed_in: SignedIn, Path(code): Path<String>) -> Result<Response, Failure> {
    let organization = find(&signed_in, &code)?;
    signed_in.registry().authorize(&signed_in.caller, Right::ChangeOrganization, organization.id)?;
    let mut form = Form::default();
    form.set("name", organization.name.as_str());
    form.set("aliases", organization.aliases.join("\n"));
    page(&signed_in, form, (organization.code, organization.name), StatusCode::OK)
}

fn page(
    signed_in: &SignedIn,
    form: Form,
    (code, name): (String, String),
    status: StatusCode,
) -> Result<Response, Failure> {
    let mut page = signed_in.page(signed_in.language().text("organizations.names"));
    page.is_in_error = form.has_errors();
    Ok(show_as(status, &NamesView { page, form, code, name }))
}

async fn save(signed_in: SignedIn, Path(code): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let organization = find(&signed_in, &code)?;
    signed_in.registry().authorize(&signed_in.caller, Right::ChangeOrganization, organization.id)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    if posted.text("name").is_empty() {
        form.refuse_with(signed_in.language(), "name", "organizations.name_missing");
    }
    let aliases = posted.text("aliases").lines().map(str::trim).filter(|alias| !alias.is_empty());
    let aliases: Vec<String> = aliases.take(ALIASES_MAXIMUM).map(str::to_owned).collect();
    let known = (organization.code.clone(), organization.name.clone());
    if form.has_errors() {
        return page(&signed_in, form, known, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let names = (organization.code.as_str(), posted.text("name").to_owned(), aliases);
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    match registry.rename_organization(admission, &signed_in.caller, names, signed_in.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("/organizations/{}?done=names_changed", organization.code)).into_response()),
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(signed_in.language(), "aliases", "organizations.alias_taken");
            page(&signed_in, form, known, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}
