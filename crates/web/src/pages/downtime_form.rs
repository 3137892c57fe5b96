//! The downtime form: a page to print, on which immunizations are written down by hand while the registry is away.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::Web;
use crate::failures::Failure;
use crate::layout::{Page, show};
use crate::visits::Visitor;

/// Lines for doses on the form.
const LINES: usize = 6;

#[derive(Template)]
#[template(path = "downtime_form.html")]
struct DowntimeFormView {
    page: Page,
    person: Vec<&'static str>,
    columns: Vec<&'static str>,
    lines: Vec<usize>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/downtime-form", get(form))
}

async fn form(visitor: Visitor) -> Result<Response, Failure> {
    let language = visitor.language();
    let person = [
        language.text("downtime_form.family_name"),
        language.text("downtime_form.given_name"),
        language.text("downtime_form.birth_date"),
        language.text("downtime_form.sex"),
        language.text("downtime_form.address"),
        language.text("downtime_form.mother"),
        language.text("downtime_form.phone"),
        language.text("downtime_form.consent"),
    ];
    let columns = [
        language.text("downtime_form.given_on"),
        language.text("downtime_form.vaccine"),
        language.text("downtime_form.lot"),
        language.text("downtime_form.expires"),
        language.text("downtime_form.site"),
        language.text("downtime_form.eligibility"),
        language.text("downtime_form.given_by"),
        language.text("downtime_form.entered"),
    ];
    show(&DowntimeFormView {
        page: visitor.page(language.text("downtime_form.title")),
        person: person.into(),
        columns: columns.into(),
        lines: (1..=LINES).collect(),
    })
}
