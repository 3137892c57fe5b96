//! Accounts of people and of programs: the list, one account, new ones, and the yearly review of who has access.

mod words;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{AccountId, AccountKind, Right, Role};
use registry::{AccountChange, AccountFilter, AccountSeen, NewAccount, NewPerson, RegistryError};

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show, show_as};
use crate::listings::{Cell, Filter, FilterField, LINES_PER_PAGE, Listing, Table, address_with};
use crate::organization_choice::{FIELD, OrganizationChoice, OrganizationField};
use crate::signed_in::SignedIn;
use crate::visits::random_secret;

pub(crate) use words::role_name;
use words::{roles, state_key, wait_text};

/// Letters of a password that is made up for a program: 128 bits.
const PROGRAM_PASSWORD_LENGTH: usize = 32;

#[derive(Template)]
#[template(path = "account_seen.html")]
struct AccountSeenView {
    page: Page,
    form: Form,
    username: String,
    is_program: bool,
    facts: Vec<(&'static str, String)>,
    is_active: bool,
    /// Whether it waits after wrong passwords or codes.
    is_locked: bool,
    may_change: bool,
    may_review: bool,
    roles: Vec<Choice>,
    /// What else the person may act for: code, name, role.
    memberships: Vec<(String, String, String)>,
    /// The organizations that may be added.
    organizations: OrganizationField,
}

#[derive(Template)]
#[template(path = "new_account.html")]
struct NewAccountView {
    page: Page,
    form: Form,
    is_program: bool,
    organizations: OrganizationField,
    roles: Vec<Choice>,
}

/// Shown once: what the administrator passes on.
#[derive(Template)]
#[template(path = "told_once.html")]
pub(crate) struct ToldOnceView {
    pub(crate) page: Page,
    pub(crate) what: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) next: String,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/accounts", get(list))
        .route("/accounts/new", get(person_form).post(add_person))
        .route("/accounts/new-program", get(program_form).post(add_program))
        .route("/accounts/of/{username}", get(one))
        .route("/accounts/of/{username}/contact", post(change_contact))
        .route("/accounts/of/{username}/role", post(change_role))
        .route("/accounts/of/{username}/state", post(change_state))
        .route("/accounts/of/{username}/lock", post(unlock))
        .route("/accounts/of/{username}/invitation", post(invite))
        .route("/accounts/of/{username}/password", post(program_password))
}

/// The right by which somebody sees accounts: those of people, or else those of programs.
fn right_to_read(signed_in: &SignedIn) -> Right {
    if signed_in.may(Right::ReadAccounts) { Right::ReadAccounts } else { Right::ChangeExchangeAccounts }
}

async fn list(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, caller) = (signed_in.registry(), &signed_in.caller);
    let organizations = OrganizationChoice::within_reach(&signed_in, right_to_read(&signed_in));
    let mut form = Form::default();
    for field in ["text", "kind", FIELD] {
        form.set(field, signed_in.parameter(field));
    }
    let organization_id = organizations.chosen(&mut form, language).map(|organization| organization.id);
    let filter = AccountFilter {
        organization_id,
        text: form.value("text").trim().to_owned(),
        kind: AccountKind::parse(form.value("kind")),
        after: signed_in.parameter("after"),
        ..AccountFilter::default()
    };
    let (seen, has_more) = page_of(&signed_in, &filter, &form).await?;
    let time = |at| dates::moment(registry, at, language);
    let row = |seen: &AccountSeen| {
        let name = if seen.account.full_name.is_empty() { &seen.account.username } else { &seen.account.full_name };
        vec![
            Cell::link(name, address_of(&seen.account.username)).with_note(&seen.account.username),
            Cell::text(role_name(seen.account.role, language)),
            Cell::text(&seen.organization.name).with_note(&seen.organization.code),
            Cell::text(seen.seen_at.map(time).unwrap_or_default()),
            Cell::text(language.text(state_key(seen, signed_in.now()))),
        ]
    };
    let table = Table {
        caption: language.text("accounts.title").to_owned(),
        columns: ["name", "role", "organization", "seen", "state"]
            .map(|key| language.text(&format!("accounts.{key}")).to_owned())
            .into(),
        rows: seen.iter().map(row).collect(),
        empty: language.text("accounts.none").to_owned(),
    };
    let kinds = [(AccountKind::WebUser, "accounts.people"), (AccountKind::WebService, "accounts.programs")];
    let mut fields = vec![
        FilterField::Text { name: "text", label: language.text("accounts.search").to_owned() },
        FilterField::Choice {
            name: "kind",
            label: language.text("accounts.kind").to_owned(),
            nothing: language.text("accounts.any_kind").to_owned(),
            choices: kinds.map(|(kind, key)| Choice::new(kind.word(), language.text(key))).into(),
        },
    ];
    let field = organizations.field(&form);
    if field.is_needed() {
        let label = language.text("accounts.organization").to_owned();
        fields.push(FilterField::Organization {
            label,
            nothing: language.text("accounts.all_organizations").to_owned(),
            field,
        });
    }
    let of_organization = |address: &str| match form.value(FIELD) {
        "" => address.to_owned(),
        code => address_with(address, [(FIELD, code)]),
    };
    let ways = [
        (Right::ChangeAccounts, of_organization("/accounts/new"), "accounts.add_person"),
        (Right::ChangeExchangeAccounts, of_organization("/accounts/new-program"), "accounts.add_program"),
        (Right::ReviewAccess, "/accounts/review".to_owned(), "accounts.review"),
    ];
    let ways = ways.into_iter().filter(|(right, ..)| registry.may_here(caller, *right));
    let filter = Filter { form, fields };
    let last = seen.last().filter(|_| has_more);
    Listing {
        page: signed_in.page(language.text("accounts.title")),
        intro: String::new(),
        ways: ways.map(|(_, address, key)| (address, language.text(key).to_owned())).collect(),
        more: last.map(|last| filter.address_of_more("/accounts", ("after", &last.account.username))),
        filter: Some(filter),
        tables: vec![table],
    }
    .show()
}

/// A page of accounts, and whether there are more; none where the form that narrows them is wrong.
pub(crate) async fn page_of(
    signed_in: &SignedIn,
    filter: &AccountFilter,
    form: &Form,
) -> Result<(Vec<AccountSeen>, bool), Failure> {
    if form.has_errors() {
        return Ok((Vec::new(), false));
    }
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let mut seen = registry.accounts_within_reach(admission, &signed_in.caller, filter, LINES_PER_PAGE + 1).await?;
    let has_more = seen.len() > LINES_PER_PAGE;
    seen.truncate(LINES_PER_PAGE);
    Ok((seen, has_more))
}

pub(crate) fn address_of(username: &str) -> String {
    let username: String = form_urlencoded::byte_serialize(username.as_bytes()).collect();
    format!("/accounts/of/{username}")
}

pub(crate) async fn find(signed_in: &SignedIn, username: &str) -> Result<AccountSeen, Failure> {
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    registry.account_within_reach(admission, &signed_in.caller, username).await?.ok_or(Failure::NotFound)
}

async fn one(signed_in: SignedIn, Path(username): Path<String>) -> Result<Response, Failure> {
    let seen = find(&signed_in, &username).await?;
    account_page(&signed_in, seen, Form::default(), StatusCode::OK)
}

pub(crate) fn account_page(
    signed_in: &SignedIn,
    seen: AccountSeen,
    mut form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (registry, caller) = (signed_in.registry(), &signed_in.caller);
    let time = |at| dates::moment(registry, at, language);
    let state = language.text(state_key(&seen, signed_in.now()));
    let waits = wait_text(signed_in, &seen.account.username)?;
    let is_locked = !waits.is_empty();
    let AccountSeen { account, organization, seen_at, reviewed_at, memberships, .. } = seen;
    let is_program = account.kind == AccountKind::WebService;
    if form.value("role").is_empty() {
        form.set("role", account.role.map_or("", Role::word));
    }
    for (field, known) in [("full_name", &account.full_name), ("email", &account.email)] {
        if form.fields().iter().all(|(written, _)| written != field) {
            form.set(field, known.as_str());
        }
    }
    let sharing = registry.usernames_of_address(&signed_in.admission, caller, &account.email)?;
    let sharing: Vec<String> = sharing.into_iter().filter(|username| *username != account.username).collect();
    let never = || language.text("accounts.never").to_owned();
    let facts = vec![
        ("accounts.user", account.username.clone()),
        ("accounts.role", role_name(account.role, language)),
        ("accounts.organization", format!("{} ({})", organization.name, organization.code)),
        ("accounts.email", account.email.clone()),
        ("accounts.email_shared", sharing.join(", ")),
        ("accounts.seen", seen_at.map_or_else(never, time)),
        ("accounts.reviewed", reviewed_at.map_or_else(never, time)),
        ("accounts.state", state.to_owned()),
        ("accounts.waits", waits),
    ];
    let name = if account.full_name.is_empty() { &account.username } else { &account.full_name };
    let mut page = signed_in.page(name);
    page.is_in_error = form.has_errors();
    let is_registry = organization.kind == model::OrganizationKind::Registry;
    let right = if is_program { Right::ChangeExchangeAccounts } else { Right::ChangeAccounts };
    let is_own = caller.account_id == Some(account.id);
    let view = AccountSeenView {
        page,
        organizations: OrganizationChoice::active_within_reach(signed_in, right).field(&form),
        form,
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        is_active: account.is_active,
        is_locked,
        may_change: !is_own && registry.may(caller, right, organization.id),
        may_review: registry.may(caller, Right::ReviewAccess, organization.id),
        roles: roles(is_registry, language),
        memberships: memberships
            .into_iter()
            .map(|(known, role)| (known.code, known.name, role_name(Some(role), language)))
            .collect(),
        username: account.username,
        is_program,
    };
    Ok(show_as(status, &view))
}

async fn change(signed_in: &SignedIn, username: &str, change: AccountChange, done: &str) -> Result<Response, Failure> {
    find(signed_in, username).await?;
    signed_in.require_fresh()?;
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    match registry.change_account(admission, &signed_in.caller, username, change, signed_in.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done={done}", address_of(username))).into_response()),
        Err(RegistryError::Refused(reason)) => {
            let mut form = Form::default();
            form.refuse("role", reason);
            account_page(signed_in, find(signed_in, username).await?, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

async fn change_contact(
    signed_in: SignedIn,
    Path(username): Path<String>,
    posted: Posted,
) -> Result<Response, Failure> {
    let seen = find(&signed_in, &username).await?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let contact = (posted.text("full_name"), posted.text("email"));
    match registry.change_account_contact(admission, &signed_in.caller, &username, contact, signed_in.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=contact_changed", address_of(&username))).into_response()),
        Err(RegistryError::Refused(_)) => {
            let field = match seen.account.kind == AccountKind::WebUser && posted.text("full_name").is_empty() {
                true => "full_name",
                false => "email",
            };
            form.refuse_with(signed_in.language(), field, &format!("accounts.{field}_wrong"));
            account_page(&signed_in, seen, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

async fn change_role(signed_in: SignedIn, Path(username): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let role = Role::parse(posted.text("role")).ok_or(Failure::FormUnreadable)?;
    change(&signed_in, &username, AccountChange::Role(role), "role_changed").await
}

async fn change_state(signed_in: SignedIn, Path(username): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let is_active = posted.switch("state", "active", "stopped")?;
    change(&signed_in, &username, AccountChange::Active(is_active), "state_changed").await
}

async fn unlock(signed_in: SignedIn, Path(username): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    change(&signed_in, &username, AccountChange::Unlocked, "unlocked").await
}

async fn invite(signed_in: SignedIn, Path(username): Path<String>, _posted: Posted) -> Result<Response, Failure> {
    find(&signed_in, &username).await?;
    signed_in.require_fresh()?;
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let code = registry.invite(admission, &signed_in.caller, &username, random(), signed_in.now()).await?;
    told(
        &signed_in,
        "accounts.invited",
        vec![("accounts.user", username.clone()), ("invitation.code", code)],
        address_of(&username),
    )
}

fn told(
    signed_in: &SignedIn,
    what: &str,
    facts: Vec<(&'static str, String)>,
    next: String,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let page = signed_in.page(language.text("accounts.told_once"));
    show(&ToldOnceView { page, what: language.text(what).to_owned(), facts, next })
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes[..]);
    bytes
}

async fn program_password(
    signed_in: SignedIn,
    Path(username): Path<String>,
    _posted: Posted,
) -> Result<Response, Failure> {
    find(&signed_in, &username).await?;
    signed_in.require_fresh()?;
    let password = random_secret()[..PROGRAM_PASSWORD_LENGTH].to_owned();
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let renewed = (password.as_str(), random());
    registry.renew_program_password(admission, &signed_in.caller, &username, renewed, signed_in.now()).await?;
    let facts = vec![("accounts.user", username.clone()), ("sign_in.password", password)];
    told(&signed_in, "accounts.program_told", facts, address_of(&username))
}

async fn person_form(signed_in: SignedIn) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::ChangeAccounts)?;
    new_page(&signed_in, Form::default(), false, StatusCode::OK)
}

async fn program_form(signed_in: SignedIn) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::ChangeExchangeAccounts)?;
    new_page(&signed_in, Form::default(), true, StatusCode::OK)
}

fn new_page(signed_in: &SignedIn, mut form: Form, is_program: bool, status: StatusCode) -> Result<Response, Failure> {
    let language = signed_in.language();
    let right = if is_program { Right::ChangeExchangeAccounts } else { Right::ChangeAccounts };
    let organizations = OrganizationChoice::active_within_reach(signed_in, right);
    let mut known = organizations.organizations().iter();
    let is_registry = known.any(|organization| organization.kind == model::OrganizationKind::Registry);
    organizations.preselect(&mut form, &signed_in.parameter(FIELD));
    let title = if is_program { "accounts.add_program" } else { "accounts.add_person" };
    let mut page = signed_in.page(language.text(title));
    page.is_in_error = form.has_errors();
    let organizations = organizations.field(&form);
    Ok(show_as(status, &NewAccountView { page, form, is_program, organizations, roles: roles(is_registry, language) }))
}

/// The code of the organization that a form names; empty where it is not clear which, and the form says so. A code that
/// is known is passed on as it is: whether it may be chosen is for the registry to say.
pub(crate) fn chosen_code(signed_in: &SignedIn, form: &mut Form, right: Right) -> String {
    if let Some(known) = signed_in.registry().find_organization(&signed_in.admission, form.value(FIELD).trim()) {
        return known.code;
    }
    let organizations = OrganizationChoice::active_within_reach(signed_in, right);
    if form.value(FIELD).trim().is_empty() {
        form.refuse_with(signed_in.language(), FIELD, "accounts.organization_missing");
    }
    let chosen = organizations.chosen(form, signed_in.language());
    chosen.map(|organization| organization.code.clone()).unwrap_or_default()
}

async fn add_person(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    for field in ["first_name", "last_name", "email"] {
        if posted.text(field).is_empty() {
            form.refuse_with(language, field, &format!("accounts.{field}_missing"));
        }
    }
    let role = Role::parse(posted.text("role"));
    if role.is_none() {
        form.refuse_with(language, "role", "accounts.role_missing");
    }
    let organization_code = chosen_code(&signed_in, &mut form, Right::ChangeAccounts);
    let organization = signed_in.registry().find_organization(&signed_in.admission, &organization_code);
    let is_office = organization.is_some_and(|known| known.kind == model::OrganizationKind::Registry);
    if role.is_some_and(|role| role.is_of_the_registry() && !is_office) {
        form.refuse_with(language, "role", "accounts.role_of_the_registry");
    }
    if !form.has_errors() {
        ask_of_shared_address(&signed_in, &mut form)?;
    }
    let (Some(role), false) = (role, form.has_errors()) else {
        return new_page(&signed_in, form, false, StatusCode::UNPROCESSABLE_ENTITY);
    };
    signed_in.require_fresh()?;
    let new = NewPerson {
        id: AccountId(signed_in.new_id()),
        organization_code,
        first_name: posted.text("first_name").to_owned(),
        last_name: posted.text("last_name").to_owned(),
        email: posted.text("email").to_owned(),
        role,
        random: (random(), random(), random()),
    };
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    match registry.add_person_account(admission, &signed_in.caller, new, signed_in.now()).await {
        Ok((account, code)) => {
            let facts = vec![("accounts.user", account.username.clone()), ("invitation.code", code)];
            told(&signed_in, "accounts.invited", facts, address_of(&account.username))
        }
        Err(RegistryError::Refused(_)) => {
            // What else could be wrong is told before.
            let field =
                if registry.find_organization(admission, form.value(FIELD).trim()).is_some() { "email" } else { FIELD };
            form.refuse_with(language, field, &format!("accounts.{field}_wrong"));
            new_page(&signed_in, form, false, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

/// One address may be that of several accounts; but an account that is added a second time is mostly a mistake.
fn ask_of_shared_address(signed_in: &SignedIn, form: &mut Form) -> Result<(), Failure> {
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let email = form.value("email").trim().to_owned();
    let sharing = registry.usernames_of_address(admission, &signed_in.caller, &email)?;
    if !sharing.is_empty() && form.value("shared_email").trim() != email {
        let told = signed_in.language().fill("accounts.email_known", &[("users", &sharing.join(", "))]);
        form.refuse("email", told);
        form.set("shared_email", email);
    }
    Ok(())
}

async fn add_program(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut form = Form::from(&posted);
    if posted.text("username").is_empty() {
        form.refuse_with(language, "username", "accounts.username_missing");
    }
    let organization_code = chosen_code(&signed_in, &mut form, Right::ChangeExchangeAccounts);
    if form.has_errors() {
        return new_page(&signed_in, form, true, StatusCode::UNPROCESSABLE_ENTITY);
    }
    signed_in.require_fresh()?;
    let password = random_secret()[..PROGRAM_PASSWORD_LENGTH].to_owned();
    let new = NewAccount {
        id: AccountId(signed_in.new_id()),
        organization_code,
        kind: AccountKind::WebService,
        username: posted.text("username").to_owned(),
        password: password.clone(),
        salt: random(),
        full_name: String::new(),
        email: posted.text("email").to_owned(),
        role: None,
    };
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    match registry.add_program_account(admission, &signed_in.caller, new, signed_in.now()).await {
        Ok(account) => {
            let facts = vec![("accounts.user", account.username.clone()), ("sign_in.password", password)];
            told(&signed_in, "accounts.program_told", facts, address_of(&account.username))
        }
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(language, "username", "accounts.username_taken");
            new_page(&signed_in, form, true, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}
