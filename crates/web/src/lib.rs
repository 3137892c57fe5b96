//! The web application: the first way in, for people. Pages are made on the server, in English and Spanish, and work
//! without JavaScript.
//!
//! A door translates only: what may be seen and done is decided by `registry`, which also writes down who saw and did
//! it. A page is one file in `pages/` and one template of the same name; `visits.rs` is what all requests go through.

mod access;
mod addresses;
mod ask_again;
mod assets;
mod audit_words;
mod cookies;
mod dates;
mod desk;
mod dose_form;
mod dose_lists;
mod entries;
mod evaluations;
mod failures;
mod findings;
mod forms;
mod health_words;
mod languages;
mod layout;
mod listings;
mod organization_choice;
mod pages;
mod people;
mod person_form;
mod quick_response;
mod refusals;
mod signed_in;
mod states;
mod vaccine_groups;
mod visits;

use std::sync::Arc;

use registry::{Exchange, Registry};

/// How the application is reached, and what else this node has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Settings {
    /// A proxy of our own stands in front, and sets `X-Forwarded-*`.
    pub is_behind_proxy: bool,
    /// The path of the web service for electronic health records, when this node has it.
    pub web_service: Option<String>,
    /// The address under which people reach the application, for links in mail and feeds.
    pub public_url: Option<String>,
    /// The program's version, for the foot of the pages.
    pub version: &'static str,
}

/// The web application of a registry. Cheap to clone.
#[derive(Clone)]
pub struct Web {
    pub(crate) registry: Registry,
    pub(crate) exchange: Exchange,
    pub(crate) settings: Arc<Settings>,
    pub(crate) desks: Arc<desk::Desks>,
}

impl Web {
    /// The web application of this registry and of the files of its node.
    pub fn new(exchange: Exchange, settings: Settings) -> Web {
        let registry = exchange.registry().clone();
        Web { registry, exchange, settings: Arc::new(settings), desks: Arc::default() }
    }
}

/// What an audit line says was done, in the English words of the pages.
pub fn audit_action(action: model::AuditAction) -> &'static str {
    audit_words::action(action, languages::Language::English)
}

/// Why, or with what result, in the English words of the pages.
pub fn audit_detail(detail: &str) -> String {
    audit_words::sentence(detail, languages::Language::English)
}

/// All pages and assets, with the page for addresses that are none as the fallback.
pub fn router(web: Web) -> axum::Router {
    let pages = pages::routes().fallback(pages::not_found::show).method_not_allowed_fallback(pages::not_found::show);
    let pages = pages.layer(axum::middleware::from_fn_with_state(web.clone(), visits::receive));
    assets::routes().merge(pages).with_state(web)
}
