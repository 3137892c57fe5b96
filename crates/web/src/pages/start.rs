//! The start page: what this is, and the ways in.

use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;

use crate::Web;
use crate::failures::Failure;
use crate::layout::{Page, show};
use crate::visits::Visitor;

#[derive(Template)]
#[template(path = "start.html")]
struct StartView {
    page: Page,
    exchange_contact: String,
    web_service: String,
    may_subscribe: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/", get(start))
}

async fn start(visitor: Visitor) -> Result<Response, Failure> {
    let _admission = visitor.admit()?;
    let web = visitor.web();
    show(&StartView {
        page: visitor.page(visitor.language().text("start.title")),
        exchange_contact: web.registry.profile().contacts.data_exchange.clone(),
        web_service: web.settings.web_service.clone().unwrap_or_default(),
        may_subscribe: web.settings.public_url.is_some(),
    })
}
