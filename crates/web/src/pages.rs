//! The pages: each is one file here and one template of the same name.

pub(crate) mod language;
pub(crate) mod not_found;
pub(crate) mod start;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};

use crate::Web;
use crate::visits::Visitor;

/// All pages.
pub(crate) fn routes() -> Router<Web> {
    Router::new().merge(start::routes()).merge(language::routes())
}

/// Where somebody goes who has not signed in.
pub(crate) fn to_sign_in(_: &Visitor) -> Response {
    Redirect::to("/").into_response()
}
