//! A record that may not be given out, opened by the registry's office with a reason that the person can read later.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use model::Right;
use registry::RegistryError;

use crate::Web;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show_as};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "withheld.html")]
struct WithheldView {
    page: Page,
    form: Form,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/audit/withheld", get(ask).post(open))
}

async fn ask(signed_in: SignedIn) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::OpenWithheld)?;
    signed_in.require_fresh()?;
    Ok(page(&signed_in, Form::default(), StatusCode::OK))
}

fn page(signed_in: &SignedIn, form: Form, status: StatusCode) -> Response {
    let mut page = signed_in.page(signed_in.language().text("withheld.title"));
    page.is_in_error = form.has_errors();
    show_as(status, &WithheldView { page, form })
}

/// The number comes in a form, not in the address: addresses are kept in histories and logs.
async fn open(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    registry.authorize_here(caller, Right::OpenWithheld)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    let (searching, admitted, number) = (registry.clone(), signed_in.admit()?, posted.text("number").to_owned());
    let found = tokio::task::spawn_blocking(move || searching.find_patient_number(&admitted, &number)).await??;
    let Some(patient) = found else {
        form.refuse_with(signed_in.language(), "number", "audit.number_unknown");
        return Ok(page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY));
    };
    let opening = registry.open_withheld(admission, caller, signed_in.receipt(), patient, posted.text("reason"));
    match opening.await {
        Ok(()) => Ok(Redirect::to(&format!("/people/{patient}")).into_response()),
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(signed_in.language(), "reason", "withheld.reason_missing");
            Ok(page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error.into()),
    }
}
