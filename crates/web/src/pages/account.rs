//! One's own account: sessions, password, second factors, and for whom one acts.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{FactorId, FactorKind, OrganizationId, SessionId};
use registry::{PASSWORD_LENGTH_MINIMUM, SessionError};

use super::language::local;
use super::sign_in::{new_token, refuse, show_recovery_codes, with_session};
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show, show_as};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountView {
    page: Page,
    form: Form,
    name: String,
    username: String,
    organization: String,
    role: &'static str,
    role_does: &'static str,
    can_switch: bool,
    factors: Vec<FactorRow>,
    recovery_codes_left: String,
    sessions: Vec<SessionRow>,
    has_others: bool,
}

struct FactorRow {
    id: String,
    kind: &'static str,
    label: String,
    added: String,
    used: String,
}

struct SessionRow {
    id: String,
    agent: String,
    source: String,
    started: String,
    seen: String,
    is_own: bool,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordView {
    page: Page,
    form: Form,
    hint: String,
}

#[derive(Template)]
#[template(path = "switch.html")]
struct SwitchView {
    page: Page,
    organizations: Vec<OrganizationRow>,
    back: String,
}

struct OrganizationRow {
    id: String,
    name: String,
    code: String,
    role: &'static str,
    is_current: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/account", get(overview))
        .route("/account/sessions/end", post(end_sessions))
        .route("/account/factors/remove", post(remove_factor))
        .route("/account/password", get(password_form).post(change_password))
        .route("/account/recovery-codes", get(recovery_codes_question).post(recovery_codes))
        .route("/account/organization", get(organizations).post(switch))
}

async fn overview(signed_in: SignedIn) -> Result<Response, Failure> {
    account_page(&signed_in, Form::default(), StatusCode::OK).await
}

async fn account_page(signed_in: &SignedIn, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let language = signed_in.language();
    let (session, _) = signed_in.session().ok_or(Failure::NotSignedIn)?;
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let failed = |error: SessionError| Failure::of_machine(&error);
    let factors = registry.factors(admission, session).await.map_err(failed)?;
    let sessions = registry.sessions(admission, session, signed_in.now()).await.map_err(failed)?;
    let time = |at| dates::moment(registry, at, language);
    let is_code = |kind| kind == FactorKind::RecoveryCode;
    let left = factors.iter().filter(|factor| is_code(factor.kind)).count();
    let factors = factors.iter().filter(|factor| !is_code(factor.kind)).map(|factor| FactorRow {
        id: factor.id.to_string(),
        kind: language.text(match factor.kind {
            FactorKind::Passkey => "account.passkey",
            FactorKind::AuthenticatorApp | FactorKind::RecoveryCode => "account.authenticator",
        }),
        label: factor.label.clone(),
        added: time(factor.created_at),
        used: factor.used_at.map(time).unwrap_or_default(),
    });
    let own = session.session.id;
    let rows = sessions.iter().map(|other| SessionRow {
        id: other.id.to_string(),
        agent: other.agent.clone(),
        source: other.source.clone(),
        started: time(other.started_at),
        seen: time(other.seen_at),
        is_own: other.id == own,
    });
    let mut page = signed_in.page(language.text("account.title"));
    page.is_in_error = form.has_errors();
    let is_spanish = language == crate::languages::Language::Spanish;
    let view = AccountView {
        page,
        form,
        name: session.account.full_name.clone(),
        username: session.account.username.clone(),
        organization: session.organization.name.clone(),
        role: session.role.name(is_spanish),
        role_does: session.role.does(is_spanish),
        can_switch: registry.may_act_for(admission, session).len() > 1,
        factors: factors.collect(),
        recovery_codes_left: language.fill("account.codes_left", &[("count", &left.to_string())]),
        sessions: rows.collect(),
        has_others: sessions.len() > 1,
    };
    Ok(show_as(status, &view))
}

async fn end_sessions(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (session, _) = signed_in.session().ok_or(Failure::NotSignedIn)?;
    let which: Option<SessionId> = match posted.text("session") {
        "" => None,
        id => Some(id.parse().map_err(|_| Failure::NotFound)?),
    };
    let ending = signed_in.registry().end_sessions(&signed_in.admission, session, which, signed_in.now());
    ending.await.map_err(|error| Failure::of_machine(&error))?;
    Ok(Redirect::to("/account?done=sessions_ended").into_response())
}

async fn remove_factor(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (session, _) = signed_in.session().ok_or(Failure::NotSignedIn)?;
    let id: FactorId = posted.text("factor").parse().map_err(|_| Failure::NotFound)?;
    match signed_in.registry().remove_factor(&signed_in.admission, session, id, signed_in.now()).await {
        Ok(()) => Ok(Redirect::to("/account?done=factor_removed").into_response()),
        Err(error) => {
            let mut form = Form::default();
            let status = refuse(&signed_in, &mut form, "factors", error)?;
            account_page(&signed_in, form, status).await
        }
    }
}

async fn password_form(signed_in: SignedIn) -> Result<Response, Failure> {
    let (session, _) = signed_in.session().ok_or(Failure::NotSignedIn)?;
    if !session.is_fresh(signed_in.now()) {
        return Err(Failure::ProofStale);
    }
    password_page(&signed_in, Form::default(), StatusCode::OK)
}

fn password_page(signed_in: &SignedIn, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut page = signed_in.page(language.text("account.password_title"));
    page.is_in_error = form.has_errors();
    let hint = language.fill("account.password_hint", &[("count", &PASSWORD_LENGTH_MINIMUM.to_string())]);
    Ok(show_as(status, &PasswordView { page, form, hint }))
}

async fn change_password(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (session, _) = signed_in.session().ok_or(Failure::NotSignedIn)?;
    let mut form = Form::default();
    if posted.raw("password") != posted.raw("again") {
        form.refuse_with(signed_in.language(), "again", "account.passwords_differ");
        return password_page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut salt = [0; 16];
    rand::fill(&mut salt[..]);
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    match registry.change_own_password(admission, session, posted.raw("password"), salt, signed_in.now()).await {
        Ok(()) => Ok(Redirect::to("/account?done=password_changed").into_response()),
        Err(error) => {
            let status = refuse(&signed_in, &mut form, "password", error)?;
            password_page(&signed_in, form, status)
        }
    }
}

#[derive(Template)]
#[template(path = "recovery_codes_question.html")]
struct QuestionView {
    page: Page,
}

async fn recovery_codes_question(signed_in: SignedIn) -> Result<Response, Failure> {
    show(&QuestionView { page: signed_in.page(signed_in.language().text("recovery.title")) })
}

async fn recovery_codes(signed_in: SignedIn, _posted: Posted) -> Result<Response, Failure> {
    show_recovery_codes(&signed_in, "/account").await
}

async fn organizations(signed_in: SignedIn) -> Result<Response, Failure> {
    let (session, _) = signed_in.session().ok_or(Failure::NotSignedIn)?;
    let is_spanish = signed_in.language() == crate::languages::Language::Spanish;
    let all = signed_in.registry().may_act_for(&signed_in.admission, session);
    let rows = all.into_iter().map(|(organization, role)| OrganizationRow {
        id: organization.id.to_string(),
        is_current: organization.id == session.organization.id,
        name: organization.name,
        code: organization.code,
        role: role.name(is_spanish),
    });
    let page = signed_in.page(signed_in.language().text("switch.title"));
    let back = local(&signed_in.parameter("back")).to_owned();
    show(&SwitchView { page, organizations: rows.collect(), back })
}

async fn switch(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    let (session, _) = signed_in.session().ok_or(Failure::NotSignedIn)?;
    let organization: OrganizationId = posted.text("organization").parse().map_err(|_| Failure::NotFound)?;
    let token = new_token();
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    let switching = registry.switch_organization(admission, session, organization, token.clone(), signed_in.now());
    match switching.await {
        Ok(_) => Ok(with_session(&signed_in, &token, "/account?done=switched".to_owned())),
        Err(SessionError::Failed(registry::RegistryError::Refused(_))) => Err(Failure::NotAllowed),
        Err(error) => Err(Failure::of_machine(&error)),
    }
}
