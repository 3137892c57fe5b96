//! The way past the closed door: operators sign in while a window shuts everybody else out, say why, and are let in for
//! an hour.

use askama::Template;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use model::{Channel, Right, SessionId};
use registry::{Credentials, NewSession, RegistryError, SessionError, SessionToken, SignedIn, Stage};

use super::sign_in::{new_token, refuse};
use crate::Web;
use crate::cookies::{self, Lifetime};
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show_as};
use crate::visits::{PASS_COOKIE, SESSION_COOKIE, Visitor};

/// Where somebody who must pass is known before they have.
pub(crate) const PASS: &str = "/pass";

#[derive(Template)]
#[template(path = "pass.html")]
struct PassView {
    page: Page,
    form: Form,
    /// The password was right; the code and the reason are due.
    is_begun: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route(PASS, get(form).post(begin)).route("/pass/code", get(code_form).post(prove))
}

/// With the door open there is nothing to pass.
fn is_needed(visitor: &Visitor) -> bool {
    visitor.web().registry.gate().admit(Channel::Web).is_err()
}

async fn form(visitor: Visitor) -> Result<Response, Failure> {
    if !is_needed(&visitor) {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    page(&visitor, Form::default(), false, StatusCode::OK)
}

fn page(visitor: &Visitor, form: Form, is_begun: bool, status: StatusCode) -> Result<Response, Failure> {
    let mut page = visitor.page(visitor.language().text("pass.title"));
    page.is_in_error = form.has_errors();
    Ok(show_as(status, &PassView { page, form, is_begun }))
}

async fn begin(visitor: Visitor, agent: axum::http::HeaderMap, posted: Posted) -> Result<Response, Failure> {
    let mut form = Form::default();
    form.set("username", posted.text("username"));
    let token = new_token();
    let credentials = Credentials {
        username: posted.text("username"),
        password: posted.raw("password"),
        facility: "",
        source: visitor.source(),
        at: visitor.now(),
    };
    let agent = agent.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let new =
        NewSession { id: SessionId(visitor.new_id()), token: token.clone(), agent, language: visitor.language().tag() };
    let registry = &visitor.web().registry;
    let admission = registry.gate().admit_to_show_pass(Channel::Web).map_err(Failure::Closed)?;
    if let Err(error) = registry.begin_session(&admission, credentials, new).await {
        let status = refuse(&visitor, &mut form, "username", error)?;
        return page(&visitor, form, false, status);
    }
    let cookie = cookies::line(SESSION_COOKIE, &token.to_string(), Lifetime::Visit, visitor.is_secure());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/pass/code")).into_response())
}

/// Whoever gave their password; who may not pass, or has no second factor yet, waits like everybody.
fn begun(visitor: &Visitor) -> Result<&SignedIn, Failure> {
    let (signed_in, _) = visitor.session().ok_or(Failure::NotSignedIn)?;
    let may = signed_in.role.reach(Right::PassClosedDoor).is_some();
    if may && signed_in.stage != Stage::EnrollmentDue {
        return Ok(signed_in);
    }
    let gate = visitor.web().registry.gate();
    Err(gate.admit(Channel::Web).map_or_else(Failure::Closed, |_| Failure::NotAllowed))
}

async fn code_form(visitor: Visitor) -> Result<Response, Failure> {
    begun(&visitor)?;
    page(&visitor, Form::default(), true, StatusCode::OK)
}

async fn prove(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let signed_in = begun(&visitor)?;
    let registry = &visitor.web().registry;
    let admission = registry.gate().admit_to_show_pass(Channel::Web).map_err(Failure::Closed)?;
    let mut form = Form::default();
    form.set("reason", posted.text("reason"));
    if posted.text("reason").is_empty() {
        form.refuse_with(visitor.language(), "reason", "pass.reason_missing");
        return page(&visitor, form, true, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (token, now) = (new_token(), visitor.now());
    if let Err(error) = registry.prove_with_code(&admission, signed_in, posted.text("code"), token.clone(), now).await {
        let status = refuse(&visitor, &mut form, "code", error)?;
        return page(&visitor, form, true, status);
    }
    let proved = registry.peek_session(&admission, &token, now).await.map_err(|_| Failure::NotSignedIn)?;
    match registry.take_pass(&admission, &proved, posted.text("reason"), now).await {
        Ok(_) => Ok(let_in(&visitor, &token)),
        Err(SessionError::Failed(RegistryError::Refused(_))) => {
            form.refuse_with(visitor.language(), "reason", "pass.reason_missing");
            let answer = page(&visitor, form, true, StatusCode::UNPROCESSABLE_ENTITY)?;
            let cookie = cookies::line(SESSION_COOKIE, &token.to_string(), Lifetime::Visit, visitor.is_secure());
            Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
        }
        Err(SessionError::Failed(error)) => Err(error.into()),
        Err(error) => Err(Failure::of_machine(&error)),
    }
}

fn let_in(visitor: &Visitor, token: &SessionToken) -> Response {
    let line =
        |name, value: &str| (header::SET_COOKIE, cookies::line(name, value, Lifetime::Visit, visitor.is_secure()));
    let cookies = AppendHeaders([line(SESSION_COOKIE, &token.to_string()), line(PASS_COOKIE, "shown")]);
    (cookies, Redirect::to("/maintenance-windows")).into_response()
}
