//! The pages: each is one file here and one template of the same name.

pub(crate) mod add_person;
pub(crate) mod client_status;
pub(crate) mod consent;
pub(crate) mod facts;
pub(crate) mod find;
pub(crate) mod language;
pub(crate) mod not_found;
pub(crate) mod person;
pub(crate) mod printed_records;
pub(crate) mod record_doses;
pub(crate) mod start;
pub(crate) mod workbench;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};

use crate::Web;
use crate::visits::Visitor;

/// All pages.
pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .merge(start::routes())
        .merge(language::routes())
        .merge(find::routes())
        .merge(add_person::routes())
        .merge(person::routes())
        .merge(record_doses::routes())
        .merge(facts::routes())
        .merge(client_status::routes())
        .merge(consent::routes())
        .merge(printed_records::routes())
        .merge(workbench::routes())
}

/// Where somebody goes who has not signed in.
pub(crate) fn to_sign_in(_: &Visitor) -> Response {
    Redirect::to("/sign-in").into_response()
}
