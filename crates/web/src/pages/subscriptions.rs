//! Subscribing to notices, confirming it, and ending it with one click: public pages, whose links are signed.

use askama::Template;
use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use model::{Audience, SubscriptionId, SubscriptionWay};
use registry::notices::tokens::Purpose;
use registry::{Consent, NewSubscription, RegistryError};

use crate::Web;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show};
use crate::pages::status::{now, of_notices};
use crate::visits::Visitor;

#[derive(Template)]
#[template(path = "subscribe.html")]
struct SubscribeView {
    page: Page,
    form: Form,
    audiences: Vec<Choice>,
    /// Without an address of its own the registry can send no link to confirm by.
    is_possible: bool,
    is_done: bool,
}

#[derive(Template)]
#[template(path = "subscription.html")]
struct SubscriptionView {
    page: Page,
    what: &'static str,
    /// What the button says; empty where there is nothing to do.
    button: &'static str,
    token: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/subscribe", get(ask).post(subscribe))
        .route("/subscription/confirm", get(ask_confirm).post(confirm))
        .route("/subscription/end", get(ask_end).post(end))
}

async fn ask(visitor: Visitor) -> Result<Response, Failure> {
    show(&view(&visitor, Form::default(), false))
}

/// Whatever becomes of it, the answer is the same: nobody learns here who is subscribed.
async fn subscribe(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let language = visitor.language();
    let mut form = Form::from(&posted);
    let Some(public_url) = visitor.web().settings.public_url.clone() else {
        return show(&view(&visitor, form, false));
    };
    let new = NewSubscription {
        id: SubscriptionId(visitor.receipt().message_id.0),
        audience: Audience::parse(posted.text("audience")).unwrap_or(Audience::AllUsers),
        way: SubscriptionWay::Email,
        address: posted.text("address").to_owned(),
        kinds: Vec::new(),
        channels: Vec::new(),
        language: of_notices(language),
        organization_id: None,
        secret: String::new(),
    };
    let (admission, registry, at) = (visitor.admit()?, visitor.web().registry.clone(), now(visitor.web()));
    let asked = tokio::task::spawn_blocking(move || {
        registry.subscribe(&admission, new, Consent::Asked(&public_url), at).map(drop)
    });
    match asked.await? {
        Ok(()) => show(&view(&visitor, Form::default(), true)),
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(language, "address", "subscription.address_wrong");
            show(&view(&visitor, form, false))
        }
        Err(error) => Err(error.into()),
    }
}

async fn ask_confirm(visitor: Visitor, query: Query<Vec<(String, String)>>) -> Result<Response, Failure> {
    ask_link(&visitor, &query, Purpose::Confirm).await
}

async fn confirm(visitor: Visitor, query: Query<Vec<(String, String)>>) -> Result<Response, Failure> {
    follow(&visitor, &query, Purpose::Confirm).await
}

async fn ask_end(visitor: Visitor, query: Query<Vec<(String, String)>>) -> Result<Response, Failure> {
    ask_link(&visitor, &query, Purpose::End).await
}

/// One click (RFC 8058): the signed link alone says who is meant; mail programs post here without a form of ours.
async fn end(visitor: Visitor, query: Query<Vec<(String, String)>>) -> Result<Response, Failure> {
    follow(&visitor, &query, Purpose::End).await
}

/// A link is opened by programs that look for harm, too: only a button does what it is for.
async fn ask_link(
    visitor: &Visitor,
    query: &Query<Vec<(String, String)>>,
    purpose: Purpose,
) -> Result<Response, Failure> {
    let token = token(query);
    let (admission, registry, at) = (visitor.admit()?, visitor.web().registry.clone(), now(visitor.web()));
    let asked = token.clone();
    let known =
        tokio::task::spawn_blocking(move || registry.subscription_of_link(&admission, purpose, &asked, at)).await??;
    if known.is_none() {
        return Ok(unknown(visitor));
    }
    let language = visitor.language();
    let (what, button) = match purpose {
        Purpose::Confirm => (language.text("subscription.confirm_what"), language.text("subscription.confirm")),
        Purpose::End => (language.text("subscription.end_what"), language.text("subscription.end")),
    };
    show(&SubscriptionView { page: page(visitor), what, button, token })
}

async fn follow(
    visitor: &Visitor,
    query: &Query<Vec<(String, String)>>,
    purpose: Purpose,
) -> Result<Response, Failure> {
    let token = token(query);
    let (admission, registry, at) = (visitor.admit()?, visitor.web().registry.clone(), now(visitor.web()));
    let known = tokio::task::spawn_blocking(move || registry.follow_link(&admission, purpose, &token, at)).await??;
    if known.is_none() {
        return Ok(unknown(visitor));
    }
    let what = match purpose {
        Purpose::Confirm => visitor.language().text("subscription.confirmed"),
        Purpose::End => visitor.language().text("subscription.ended"),
    };
    show(&SubscriptionView { page: page(visitor), what, button: "", token: String::new() })
}

fn unknown(visitor: &Visitor) -> Response {
    let what = visitor.language().text("subscription.unknown");
    let shown = show(&SubscriptionView { page: page(visitor), what, button: "", token: String::new() });
    match shown {
        Ok(response) => (StatusCode::NOT_FOUND, response).into_response(),
        Err(failure) => failure.into_response(),
    }
}

fn page(visitor: &Visitor) -> Page {
    visitor.page(visitor.language().text("subscription.title"))
}

fn token(query: &Query<Vec<(String, String)>>) -> String {
    query.iter().find(|(name, _)| name == "token").map(|(_, token)| token.clone()).unwrap_or_default()
}

fn view(visitor: &Visitor, form: Form, is_done: bool) -> SubscribeView {
    let language = visitor.language();
    let mut page = page(visitor);
    page.is_in_error = form.has_errors();
    let audiences = [
        (Audience::AllUsers, language.text("subscription.all_users")),
        (Audience::DataExchange, language.text("subscription.data_exchange")),
        (Audience::ItContacts, language.text("subscription.it_contacts")),
        (Audience::EhrVendors, language.text("subscription.ehr_vendors")),
    ];
    let audiences = audiences.into_iter().map(|(audience, text)| Choice::new(audience.word(), text)).collect();
    let is_possible = visitor.web().settings.public_url.is_some();
    SubscribeView { page, form, audiences, is_possible, is_done }
}
