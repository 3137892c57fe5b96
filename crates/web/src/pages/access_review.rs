//! The yearly review of who has access: the accounts that nobody confirmed for a year, and all of them.

use askama::Template;
use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::SignedDuration;
use model::Right;
use registry::{AccountChange, AccountFilter, AccountSeen};

use super::accounts::{page_of, role_name};
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show};
use crate::listings::address_with;
use crate::signed_in::SignedIn;

/// An account that nobody confirmed for so long asks to be.
const REVIEWED_EVERY: SignedDuration = SignedDuration::from_hours(365 * 24);

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/accounts/review", get(review).post(confirm))
}

#[derive(Template)]
#[template(path = "access_review.html")]
struct ReviewView {
    page: Page,
    rows: Vec<ReviewRow>,
    /// Whether all accounts are shown, not only those that are due.
    shows_all: bool,
    more: Option<String>,
}

struct ReviewRow {
    name: String,
    username: String,
    role: String,
    organization: String,
    seen: String,
    reviewed: String,
    is_due: bool,
}

async fn review(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let registry = signed_in.registry();
    registry.authorize_here(&signed_in.caller, Right::ReviewAccess)?;
    let (due_since, shows_all) = (signed_in.now() - REVIEWED_EVERY, !signed_in.parameter("all").is_empty());
    let filter = AccountFilter {
        is_active: Some(true),
        unconfirmed_since: (!shows_all).then_some(due_since),
        after: signed_in.parameter("after"),
        ..AccountFilter::default()
    };
    let (seen, has_more) = page_of(&signed_in, &filter, &Form::default()).await?;
    let last = seen.last().filter(|_| has_more).map(|last| last.account.username.clone());
    let all = if shows_all { "yes" } else { "" };
    let more = last.map(|last| address_with("/accounts/review", [("all", all), ("after", &last)]));
    let time = |at| dates::moment(registry, at, language);
    let never = || language.text("accounts.never").to_owned();
    let row = |seen: AccountSeen| ReviewRow {
        name: if seen.account.full_name.is_empty() { seen.account.username.clone() } else { seen.account.full_name },
        username: seen.account.username,
        role: role_name(seen.account.role, language),
        organization: seen.organization.name,
        seen: seen.seen_at.map_or_else(never, time),
        reviewed: seen.reviewed_at.map_or_else(never, time),
        is_due: seen.reviewed_at.is_none_or(|at| at < due_since),
    };
    let page = signed_in.page(language.text("accounts.review"));
    show(&ReviewView { page, rows: seen.into_iter().map(row).collect(), shows_all, more })
}

async fn confirm(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    if posted.all("needed").next().is_none() {
        return Ok(Redirect::to("/accounts/review?done=nothing_marked").into_response());
    }
    for username in posted.all("needed") {
        registry.change_account(admission, &signed_in.caller, username, AccountChange::Confirmed, now).await?;
    }
    Ok(Redirect::to("/accounts/review?done=accounts_confirmed").into_response())
}
