//! Whom an organization has told of maintenance besides its accounts: IT contacts, makers of record systems, and who looks
//! after its exchange.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{Audience, Organization, Right, Subscription, SubscriptionId, SubscriptionState, SubscriptionWay};
use registry::{ContactRefusal, NewSubscription, RegistryError};

use super::organizations::find;
use super::status::of_notices;
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show_as};
use crate::signed_in::SignedIn;

/// As whom an organization has somebody told. Its users have accounts, and are told by these.
const AUDIENCES: [Audience; 3] = [Audience::ItContacts, Audience::EhrVendors, Audience::DataExchange];

/// A contact as people read it.
pub(crate) struct ContactView {
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) audience: &'static str,
    pub(crate) language: &'static str,
    /// The mail that asks is not answered yet.
    pub(crate) is_waiting: bool,
}

#[derive(Template)]
#[template(path = "organization_contacts.html")]
struct ContactsView {
    page: Page,
    form: Form,
    code: String,
    name: String,
    contacts: Vec<ContactView>,
    audiences: Vec<Choice>,
    languages: Vec<Choice>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/organizations/{code}/contacts", get(form).post(add))
        .route("/organizations/{code}/contacts/remove", post(remove))
}

/// Whom an organization has told, for whoever may see the organization.
pub(crate) async fn contacts(signed_in: &SignedIn, organization: &Organization) -> Result<Vec<ContactView>, Failure> {
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let contacts = registry.organization_contacts(admission, &signed_in.caller, organization.id).await?;
    let language = signed_in.language();
    let view = |contact: Subscription| ContactView {
        id: contact.id.to_string(),
        audience: audience_name(contact.audience, language),
        language: Language::parse(&contact.language).unwrap_or(Language::English).own_name(),
        is_waiting: contact.state == SubscriptionState::Pending,
        address: contact.address,
    };
    Ok(contacts.into_iter().map(view).collect())
}

fn audience_name(audience: Audience, language: Language) -> &'static str {
    language.text(&format!("contacts.{}", audience.word()))
}

fn require(signed_in: &SignedIn, code: &str) -> Result<Organization, Failure> {
    let organization = find(signed_in, code)?;
    signed_in.registry().authorize(&signed_in.caller, Right::ChangeOrganization, organization.id)?;
    Ok(organization)
}

async fn form(signed_in: SignedIn, Path(code): Path<String>) -> Result<Response, Failure> {
    let organization = require(&signed_in, &code)?;
    let mut form = Form::default();
    form.set("audience", Audience::ItContacts.word());
    form.set("language", signed_in.language().tag());
    page(&signed_in, &organization, form, StatusCode::OK).await
}

async fn page(
    signed_in: &SignedIn,
    organization: &Organization,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut page = signed_in.page(language.text("contacts.title"));
    page.is_in_error = form.has_errors();
    let view = ContactsView {
        page,
        form,
        code: organization.code.clone(),
        name: organization.name.clone(),
        contacts: contacts(signed_in, organization).await?,
        audiences: AUDIENCES.map(|audience| Choice::new(audience.word(), audience_name(audience, language))).into(),
        languages: Language::ALL.map(|language| Choice::new(language.tag(), language.own_name())).into(),
    };
    Ok(show_as(status, &view))
}

async fn add(signed_in: SignedIn, Path(code): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let organization = require(&signed_in, &code)?;
    signed_in.require_fresh()?;
    let audience = Audience::parse(posted.text("audience")).filter(|audience| AUDIENCES.contains(audience));
    let written = Language::parse(posted.text("language")).unwrap_or(signed_in.language());
    let new = NewSubscription {
        id: SubscriptionId(signed_in.new_id()),
        audience: audience.ok_or(Failure::FormUnreadable)?,
        way: SubscriptionWay::Email,
        address: posted.text("address").to_owned(),
        kinds: Vec::new(),
        channels: Vec::new(),
        language: of_notices(written),
        organization_id: None,
        secret: String::new(),
    };
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let adding =
        registry.add_organization_contact(admission, &signed_in.caller, (organization.id, new), signed_in.now());
    let Err(refusal) = adding.await? else {
        return Ok(
            Redirect::to(&format!("/organizations/{}/contacts?done=contact_added", organization.code)).into_response()
        );
    };
    let key = match refusal {
        ContactRefusal::NoAddress => "subscription.address_wrong",
        ContactRefusal::ToldAlready => "contacts.told_already",
        ContactRefusal::Ended => "contacts.ended",
        ContactRefusal::TooMany => "contacts.too_many",
    };
    let mut form = Form::from(&posted);
    form.refuse_with(signed_in.language(), "address", key);
    page(&signed_in, &organization, form, StatusCode::UNPROCESSABLE_ENTITY).await
}

async fn remove(signed_in: SignedIn, Path(code): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let organization = require(&signed_in, &code)?;
    signed_in.require_fresh()?;
    let contact: SubscriptionId = posted.text("contact").parse().map_err(|_| Failure::FormUnreadable)?;
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let removing =
        registry.remove_organization_contact(admission, &signed_in.caller, (organization.id, contact), signed_in.now());
    match removing.await {
        // Somebody else was faster; it is gone all the same.
        Ok(()) | Err(RegistryError::Refused(_)) => {
            let back = format!("/organizations/{}/contacts?done=contact_removed", organization.code);
            Ok(Redirect::to(&back).into_response())
        }
        Err(error) => Err(error.into()),
    }
}
