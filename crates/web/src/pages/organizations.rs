//! Organizations and their sites: the list, one organization with its agreement, a new site.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{Agreement, Organization, OrganizationId, OrganizationKind, Right};
use registry::{NewOrganization, RegistryError, holds_words};

use super::organization_contacts::{ContactView, contacts};
use super::register;
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show, show_as};
use crate::listings::{Cell, Filter, FilterField, LINES_PER_PAGE, Listing, Table};
use crate::signed_in::SignedIn;

/// Days before its end from which an agreement asks to be renewed.
const RENEWED_WITHIN_DAYS: i32 = 90;

#[derive(Template)]
#[template(path = "organization.html")]
struct OrganizationView {
    page: Page,
    code: String,
    name: String,
    kind: &'static str,
    state: &'static str,
    is_active: bool,
    parent: Option<(String, String)>,
    agreement: String,
    /// Other names under which its messages arrive.
    aliases: String,
    is_due: bool,
    /// Address and contact, as the organization registered.
    registered: Vec<(&'static str, String)>,
    /// Whom it has told of maintenance.
    contacts: Vec<ContactView>,
    sites: Vec<(String, String)>,
    may_change: bool,
    may_decide: bool,
    may_read_accounts: bool,
}

#[derive(Template)]
#[template(path = "organization_stop.html")]
struct StopView {
    page: Page,
    code: String,
    name: String,
}

#[derive(Template)]
#[template(path = "new_site.html")]
struct NewSiteView {
    page: Page,
    form: Form,
    code: String,
    name: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/organizations", get(list))
        .route("/organizations/{code}", get(one))
        .route("/organizations/{code}/state", post(change_state))
        .route("/organizations/{code}/sites", get(site_form).post(add_site))
}

/// The name of a kind of organization.
pub(crate) fn kind_name(kind: OrganizationKind, language: Language) -> &'static str {
    language.text(&format!("organization_kind.{}", kind.word()))
}

/// The kinds of organizations that register.
pub(crate) fn kinds(language: Language) -> Vec<Choice> {
    let kinds = OrganizationKind::ALL.into_iter().filter(|kind| *kind != OrganizationKind::Registry);
    kinds.map(|kind| Choice::new(kind.word(), kind_name(kind, language))).collect()
}

async fn list(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    registry.authorize_here(&signed_in.caller, Right::ReadOrganization)?;
    let all = registry.within_reach(admission, &signed_in.caller, Right::ReadOrganization);
    let agreements = registry.agreements(admission, &signed_in.caller).await?;
    let (sought, after) = (signed_in.parameter("name"), signed_in.parameter("after"));
    let is_sought = |organization: &&Organization| {
        let own = [organization.name.as_str(), organization.code.as_str()];
        let fields: Vec<&str> = own.into_iter().chain(organization.aliases.iter().map(String::as_str)).collect();
        organization.code > after && holds_words(&sought, &fields)
    };
    let names: HashMap<OrganizationId, &str> = all.iter().map(|known| (known.id, known.name.as_str())).collect();
    let mut fitting = all.iter().filter(is_sought).peekable();
    let shown: Vec<&Organization> = fitting.by_ref().take(LINES_PER_PAGE).collect();
    let has_more = fitting.peek().is_some();
    let rows = shown.iter().map(|organization| {
        vec![
            Cell::link(&organization.name, format!("/organizations/{}", organization.code))
                .with_note(&organization.code),
            Cell::text(kind_name(organization.kind, language)),
            Cell::text(organization.parent_id.and_then(|id| names.get(&id).copied()).unwrap_or_default()),
            Cell::text(state_name(organization.is_active, language)),
            Cell::text(agreement_text(organization, &agreements, &signed_in).0),
        ]
    });
    let table = Table {
        caption: language.text("organizations.title").to_owned(),
        columns: ["name", "kind", "part_of", "state", "agreement"]
            .map(|key| language.text(&format!("organizations.{key}")).to_owned())
            .into(),
        rows: rows.collect(),
        empty: language.text("organizations.none").to_owned(),
    };
    let mut form = Form::default();
    form.set("name", sought.as_str());
    let label = language.text("organizations.filter").to_owned();
    let filter = Filter { form, fields: vec![FilterField::Text { name: "name", label }] };
    let last = shown.last().filter(|_| has_more);
    Listing {
        page: signed_in.page(language.text("organizations.title")),
        intro: String::new(),
        ways: Vec::new(),
        more: last.map(|last| filter.address_of_more("/organizations", ("after", &last.code))),
        filter: Some(filter),
        tables: vec![table],
    }
    .show()
}

fn state_name(is_active: bool, language: Language) -> &'static str {
    language.text(if is_active { "organizations.active" } else { "organizations.stopped" })
}

/// Until when the agreement holds, and whether it should be renewed. Sites share that of the organization above.
fn agreement_text(organization: &Organization, agreements: &[Agreement], signed_in: &SignedIn) -> (String, bool) {
    let language = signed_in.language();
    let is_meant = |agreement: &&Agreement| {
        agreement.organization_id == organization.id || Some(agreement.organization_id) == organization.parent_id
    };
    let Some(agreement) = agreements.iter().find(is_meant) else {
        return (language.text("organizations.no_agreement").to_owned(), true);
    };
    let today = signed_in.today();
    let days = today.until(agreement.ends_on).map_or(0, |span| span.get_days());
    let key = if agreement.ends_on < today { "organizations.ended" } else { "organizations.until" };
    (language.fill(key, &[("day", &dates::shown(agreement.ends_on, language))]), days <= RENEWED_WITHIN_DAYS)
}

pub(crate) fn find(signed_in: &SignedIn, code: &str) -> Result<Organization, Failure> {
    let all = signed_in.registry().within_reach(&signed_in.admission, &signed_in.caller, Right::ReadOrganization);
    all.into_iter().find(|organization| organization.code.eq_ignore_ascii_case(code)).ok_or(Failure::NotFound)
}

async fn one(signed_in: SignedIn, Path(code): Path<String>) -> Result<Response, Failure> {
    let language = signed_in.language();
    let organization = find(&signed_in, &code)?;
    let (registry, admission, caller) = (signed_in.registry(), &signed_in.admission, &signed_in.caller);
    let agreements = registry.agreements(admission, caller).await?;
    let answers = registry.registered_answers(admission, caller, organization.id).await?;
    let visible = registry.within_reach(admission, caller, Right::ReadOrganization);
    let named = |other: &Organization| (other.code.clone(), other.name.clone());
    let (agreement, is_due) = agreement_text(&organization, &agreements, &signed_in);
    show(&OrganizationView {
        page: signed_in.page(&organization.name),
        kind: kind_name(organization.kind, language),
        state: state_name(organization.is_active, language),
        is_active: organization.is_active,
        parent: visible.iter().find(|other| Some(other.id) == organization.parent_id).map(named),
        sites: visible.iter().filter(|other| other.parent_id == Some(organization.id)).map(named).collect(),
        agreement,
        aliases: organization.aliases.join(", "),
        is_due,
        registered: register::shown_of_place(&answers, language),
        contacts: contacts(&signed_in, &organization).await?,
        may_change: registry.may(caller, Right::ChangeOrganization, organization.id),
        may_decide: registry.may(caller, Right::ApproveRegistration, organization.id)
            && organization.kind != OrganizationKind::Registry,
        may_read_accounts: registry.may(caller, Right::ReadAccounts, organization.id),
        code: organization.code,
        name: organization.name,
    })
}

async fn change_state(signed_in: SignedIn, Path(code): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let organization = find(&signed_in, &code)?;
    signed_in.require_fresh()?;
    let is_active = posted.switch("state", "active", "stopped")?;
    if !is_active && posted.text("confirmed") != "yes" {
        let page =
            signed_in.page(&signed_in.language().fill("organizations.stop_sure", &[("name", &organization.name)]));
        return show(&StopView { page, code: organization.code, name: organization.name });
    }
    let change = (organization.code.as_str(), is_active);
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let changing = registry.change_organization_state(admission, &signed_in.caller, change, signed_in.now());
    changing.await.map_err(|error| match error {
        // The page offers it for no such organization.
        RegistryError::Refused(_) => Failure::NotAllowed,
        error => error.into(),
    })?;
    Ok(Redirect::to(&format!("/organizations/{}?done=state_changed", organization.code)).into_response())
}

async fn site_form(signed_in: SignedIn, Path(code): Path<String>) -> Result<Response, Failure> {
    let organization = find(&signed_in, &code)?;
    signed_in.registry().authorize(&signed_in.caller, Right::ChangeOrganization, organization.id)?;
    site_page(&signed_in, &organization, Form::default(), StatusCode::OK)
}

fn site_page(
    signed_in: &SignedIn,
    organization: &Organization,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let mut page = signed_in.page(signed_in.language().text("organizations.add_site"));
    page.is_in_error = form.has_errors();
    let (code, name) = (organization.code.clone(), organization.name.clone());
    Ok(show_as(status, &NewSiteView { page, form, code, name }))
}

async fn add_site(signed_in: SignedIn, Path(code): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let organization = find(&signed_in, &code)?;
    let mut form = Form::from(&posted);
    for field in ["name", "code"] {
        if posted.text(field).is_empty() {
            form.refuse_with(signed_in.language(), field, &format!("organizations.{field}_missing"));
        }
    }
    if form.has_errors() {
        return site_page(&signed_in, &organization, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let new = NewOrganization {
        id: OrganizationId(signed_in.new_id()),
        code: posted.text("code").to_uppercase(),
        name: posted.text("name").to_owned(),
        kind: organization.kind,
        parent_code: Some(organization.code.clone()),
        aliases: Vec::new(),
    };
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    match registry.add_site(admission, &signed_in.caller, new, signed_in.now()).await {
        Ok(_) => Ok(Redirect::to(&format!("/organizations/{}?done=site_added", organization.code)).into_response()),
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(signed_in.language(), "code", "organizations.code_taken");
            site_page(&signed_in, &organization, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}
