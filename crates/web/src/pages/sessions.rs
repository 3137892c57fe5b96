//! How long a session still lasts, for the script that warns two minutes before it ends; and staying signed in.

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::Web;
use crate::forms::Posted;
use crate::visits::Visitor;

/// Where a page asks; asking does not count as using the session.
pub(crate) const ASKED_AT: &str = "/session";

pub(crate) fn routes() -> Router<Web> {
    Router::new().route(ASKED_AT, get(left)).route("/session/stay", post(stay))
}

/// The seconds left, as plain text; 0 when nobody is signed in. Where nobody can say, the page may stay what it is and ask
/// again.
async fn left(visitor: Visitor) -> Response {
    if visitor.is_session_unread() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let left =
        visitor.session().map_or(0, |(signed_in, _)| signed_in.ends_at.duration_since(visitor.now()).as_secs().max(0));
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], left.to_string()).into_response()
}

/// The request itself is the use that makes the session last.
async fn stay(visitor: Visitor, _posted: Posted) -> StatusCode {
    if visitor.session().is_some() { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}
