//! The pages: each is one file here and one template of the same name.

pub(crate) mod access_review;
pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod add_person;
pub(crate) mod audit;
pub(crate) mod client_status;
pub(crate) mod close_now;
pub(crate) mod consent;
pub(crate) mod dose_matches;
pub(crate) mod downtime_form;
pub(crate) mod facts;
pub(crate) mod files;
pub(crate) mod find;
pub(crate) mod language;
pub(crate) mod maintenance;
pub(crate) mod matches;
pub(crate) mod memberships;
pub(crate) mod merges;
pub(crate) mod not_found;
pub(crate) mod operations;
pub(crate) mod organization_contacts;
pub(crate) mod organization_names;
pub(crate) mod organizations;
pub(crate) mod pass;
pub(crate) mod passkeys;
pub(crate) mod person;
pub(crate) mod person_details;
pub(crate) mod plan_window;
pub(crate) mod printed_records;
pub(crate) mod record_doses;
pub(crate) mod register;
pub(crate) mod registrations;
pub(crate) mod sessions;
pub(crate) mod sign_in;
pub(crate) mod start;
pub(crate) mod status;
pub(crate) mod subscriptions;
pub(crate) mod upload;
pub(crate) mod window;
pub(crate) mod window_notices;
pub(crate) mod window_order;
pub(crate) mod window_report;
pub(crate) mod withheld;
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
        .merge(status::routes())
        .merge(subscriptions::routes())
        .merge(downtime_form::routes())
        .merge(find::routes())
        .merge(add_person::routes())
        .merge(person::routes())
        .merge(record_doses::routes())
        .merge(facts::routes())
        .merge(client_status::routes())
        .merge(person_details::routes())
        .merge(consent::routes())
        .merge(printed_records::routes())
        .merge(files::routes())
        .merge(upload::routes())
        .merge(workbench::routes())
        .merge(sign_in::routes())
        .merge(pass::routes())
        .merge(passkeys::routes())
        .merge(sessions::routes())
        .merge(account::routes())
        .merge(access_review::routes())
        .merge(accounts::routes())
        .merge(matches::routes())
        .merge(dose_matches::routes())
        .merge(merges::routes())
        .merge(memberships::routes())
        .merge(organizations::routes())
        .merge(organization_contacts::routes())
        .merge(organization_names::routes())
        .merge(register::routes())
        .merge(registrations::routes())
        .merge(audit::routes())
        .merge(withheld::routes())
        .merge(operations::routes())
        .merge(maintenance::routes())
        .merge(plan_window::routes())
        .merge(close_now::routes())
        .merge(window::routes())
        .merge(window_order::routes())
        .merge(window_notices::routes())
        .merge(window_report::routes())
}

/// Where somebody goes who has not signed in, or only half; a page that was only looked at is shown afterwards. What a form
/// said is not kept when the session has ended meanwhile: the page that asks to sign in says so.
pub(crate) fn to_sign_in(visitor: &Visitor) -> Response {
    let step = match visitor.session() {
        Some(_) => "/sign-in/code?",
        None if visitor.is_order() => "/sign-in?ended=yes&",
        None => "/sign-in?",
    };
    Redirect::to(&format!("{step}back={}", encoded(&visitor.address()))).into_response()
}

/// Where a page goes whose session has ended while it was open: what it showed goes from the screen.
pub(crate) fn sign_in_after(visitor: &Visitor) -> String {
    format!("/sign-in?ended=open&back={}", encoded(&visitor.address()))
}

/// Where somebody goes who must prove again who they are. What they ordered is not kept: the page that they come back to
/// says so.
pub(crate) fn to_proof(visitor: &Visitor) -> Response {
    let mut back = visitor.address();
    if visitor.is_order() {
        back.push_str(if back.contains('?') { "&done=order_again" } else { "?done=order_again" });
    }
    Redirect::to(&format!("/sign-in/code?back={}", encoded(&back))).into_response()
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
