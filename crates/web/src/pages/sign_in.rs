//! Signing in: the password, then a second factor; at the first time the second factor is set up.

use askama::Template;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{FactorId, SessionId};
use registry::{
    AuthenticatorKey, Credentials, NewSession, RecoveryCodes, SessionError, SessionToken, SignInRefused, Stage,
};

use super::language::local;
use crate::Web;
use crate::cookies::{self, Lifetime};
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show, show_as};
use crate::quick_response::QuickResponseCode;
use crate::visits::{SESSION_COOKIE, Visitor, random_secret};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInView {
    page: Page,
    form: Form,
    back: String,
    /// The session had ended when a form was sent, or ended while a page was open.
    ended: &'static str,
}

#[derive(Template)]
#[template(path = "second_factor.html")]
struct SecondFactorView {
    page: Page,
    form: Form,
    back: String,
    is_again: bool,
    /// What the browser needs to show a passkey, as JSON; empty without one.
    passkey: String,
}

#[derive(Template)]
#[template(path = "set_up_authenticator.html")]
struct SetUpView {
    page: Page,
    form: Form,
    key: String,
    code: QuickResponseCode,
    is_first: bool,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodesView {
    page: Page,
    codes: Vec<String>,
    next: &'static str,
}

#[derive(Template)]
#[template(path = "invitation.html")]
struct InvitationView {
    page: Page,
    form: Form,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/sign-in", get(form).post(begin))
        .route("/sign-in/code", get(code_form).post(prove))
        .route("/sign-in/set-up", get(set_up_form).post(set_up))
        .route("/sign-out", post(sign_out))
        .route("/invitation", get(invitation_form).post(accept_invitation))
}

async fn form(visitor: Visitor) -> Result<Response, Failure> {
    let _admission = visitor.admit()?;
    sign_in_page(&visitor, Form::default(), StatusCode::OK)
}

fn sign_in_page(visitor: &Visitor, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let mut page = visitor.page(visitor.language().text("sign_in.title"));
    page.is_in_error = form.has_errors();
    let back = if form.value("back").is_empty() { visitor.parameter("back") } else { form.value("back").to_owned() };
    let ended = match visitor.parameter("ended").as_str() {
        "yes" => visitor.language().text("sign_in.ended"),
        "open" => visitor.language().text("session.over"),
        _ => "",
    };
    Ok(show_as(status, &SignInView { page, form, back, ended }))
}

async fn begin(visitor: Visitor, agent: axum::http::HeaderMap, posted: Posted) -> Result<Response, Failure> {
    let language = visitor.language();
    let mut form = Form::default();
    form.set("username", posted.text("username"));
    form.set("back", posted.text("back"));
    for field in ["username", "password"] {
        if posted.raw(field).is_empty() {
            form.refuse_with(language, field, &format!("sign_in.{field}_missing"));
        }
    }
    if form.has_errors() {
        return sign_in_page(&visitor, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
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
    match visitor.web().registry.begin_session(&visitor.admit()?, credentials, new).await {
        Ok(_) => Ok(with_session(&visitor, &token, with_back("/sign-in/code", posted.text("back")))),
        Err(error) => {
            let status = refuse(&visitor, &mut form, "username", error)?;
            sign_in_page(&visitor, form, status)
        }
    }
}

/// Puts what was refused into the form; what nobody can mend is the machine's failure.
pub(crate) fn refuse(
    visitor: &Visitor,
    form: &mut Form,
    field: &str,
    error: SessionError,
) -> Result<StatusCode, Failure> {
    let language = visitor.language();
    match error {
        SessionError::Refused(SignInRefused::LockedOut { retry_after_seconds }) => {
            let minutes = retry_after_seconds.div_ceil(60).to_string();
            form.refuse(field, language.fill("sign_in.locked", &[("minutes", &minutes)]));
            Ok(StatusCode::TOO_MANY_REQUESTS)
        }
        // Nobody is told which user names there are.
        SessionError::Refused(SignInRefused::Unknown | SignInRefused::Wrong | SignInRefused::KeyUnknown) => {
            form.refuse_with(language, field, "sign_in.wrong");
            Ok(StatusCode::UNPROCESSABLE_ENTITY)
        }
        SessionError::Refused(SignInRefused::FacilityNotAllowed) => {
            form.refuse_with(language, field, "sign_in.no_organization");
            Ok(StatusCode::FORBIDDEN)
        }
        SessionError::ProofWrong => {
            form.refuse_with(language, field, "second_factor.wrong");
            Ok(StatusCode::UNPROCESSABLE_ENTITY)
        }
        SessionError::Failed(registry::RegistryError::Refused(reason)) => {
            form.refuse(
                field,
                language.find_text(&format!("refused.{}", refused_key(&reason))).map_or(reason, str::to_owned),
            );
            Ok(StatusCode::UNPROCESSABLE_ENTITY)
        }
        SessionError::ProofStale => Err(Failure::ProofStale),
        SessionError::Over => Err(Failure::NotSignedIn),
        SessionError::Failed(error) => Err(error.into()),
    }
}

/// The key of the catalog for a sentence of the registry about passwords and factors.
fn refused_key(reason: &str) -> &'static str {
    match reason {
        reason if reason.starts_with("a password needs at least") => "password_short",
        reason if reason.starts_with("a password has at most") => "password_long",
        reason if reason.starts_with("this password is easy") => "password_guessable",
        reason if reason.starts_with("this is the last second factor") => "last_factor",
        _ => "other",
    }
}

/// A new token for a session.
pub(crate) fn new_token() -> SessionToken {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes[..]);
    SessionToken::new(bytes)
}

/// Goes on to a path, with a session's token in the cookie.
pub(crate) fn with_session(visitor: &Visitor, token: &SessionToken, path: String) -> Response {
    let cookie = cookies::line(SESSION_COOKIE, &token.to_string(), Lifetime::Visit, visitor.is_secure());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&path)).into_response()
}

fn with_back(path: &str, back: &str) -> String {
    let back = local(back);
    if back == "/" {
        return path.to_owned();
    }
    let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
    format!("{path}?back={back}")
}

async fn code_form(visitor: Visitor) -> Result<Response, Failure> {
    code_page(&visitor, Form::default(), StatusCode::OK).await
}

/// The page that asks for a code, or a passkey.
pub(crate) async fn code_page(visitor: &Visitor, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let (signed_in, _) = visitor.session().ok_or(Failure::NotSignedIn)?;
    if signed_in.stage == Stage::EnrollmentDue {
        return Ok(Redirect::to("/sign-in/set-up").into_response());
    }
    let mut page = visitor.page(visitor.language().text("second_factor.title"));
    page.is_in_error = form.has_errors();
    let back = if form.value("back").is_empty() { visitor.parameter("back") } else { form.value("back").to_owned() };
    let passkey = super::passkeys::options(visitor).await?;
    Ok(show_as(status, &SecondFactorView { page, form, back, is_again: signed_in.stage == Stage::Open, passkey }))
}

async fn prove(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let (signed_in, _) = visitor.session().ok_or(Failure::NotSignedIn)?;
    let token = new_token();
    let (registry, admission) = (&visitor.web().registry, visitor.admit()?);
    let proving = registry.prove_with_code(&admission, signed_in, posted.text("code"), token.clone(), visitor.now());
    match proving.await {
        Ok(_) => Ok(with_session(&visitor, &token, local(posted.text("back")).to_owned())),
        Err(error) => {
            let mut form = Form::default();
            form.set("back", posted.text("back"));
            let status = refuse(&visitor, &mut form, "code", error)?;
            code_page(&visitor, form, status).await
        }
    }
}

async fn set_up_form(visitor: Visitor) -> Result<Response, Failure> {
    set_up_page(&visitor, Form::default(), StatusCode::OK)
}

fn set_up_page(visitor: &Visitor, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let (signed_in, token) = visitor.session().ok_or(Failure::NotSignedIn)?;
    match signed_in.stage {
        Stage::SecondFactorDue => return Ok(Redirect::to("/sign-in/code").into_response()),
        Stage::Open if !signed_in.is_fresh(visitor.now()) => return Err(Failure::ProofStale),
        Stage::Open | Stage::EnrollmentDue => {}
    }
    let key = AuthenticatorKey::of_session(token);
    let issuer = &visitor.web().registry.profile().registry.short_name;
    let code = QuickResponseCode::new(&key.url(issuer, &signed_in.account.username)).ok_or(Failure::NotFound)?;
    let mut page = visitor.page(visitor.language().text("set_up.title"));
    page.is_in_error = form.has_errors();
    let text = key.text();
    let groups: Vec<&str> = (0..text.len()).step_by(4).map(|place| &text[place..text.len().min(place + 4)]).collect();
    let is_first = signed_in.stage == Stage::EnrollmentDue;
    Ok(show_as(status, &SetUpView { page, form, key: groups.join(" "), code, is_first }))
}

async fn set_up(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let (signed_in, current) = visitor.session().ok_or(Failure::NotSignedIn)?;
    let (token, at) = (new_token(), visitor.now());
    let is_first = signed_in.stage == Stage::EnrollmentDue;
    let (registry, admission) = (&visitor.web().registry, visitor.admit()?);
    let offered = (current, FactorId(visitor.new_id()));
    let typed = (posted.text("label"), posted.text("code"));
    if let Err(error) = registry.add_authenticator(&admission, signed_in, offered, typed, token.clone(), at).await {
        let mut form = Form::from(&posted);
        form.set("code", "");
        let status = refuse(&visitor, &mut form, "code", error)?;
        return set_up_page(&visitor, form, status);
    }
    if !is_first {
        return Ok(with_session(&visitor, &token, "/account?done=factor_added".to_owned()));
    }
    let cookie = cookies::line(SESSION_COOKIE, &token.to_string(), Lifetime::Visit, visitor.is_secure());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/account/recovery-codes")).into_response())
}

/// New recovery codes, shown once.
pub(crate) async fn show_recovery_codes(visitor: &Visitor, next: &'static str) -> Result<Response, Failure> {
    let (signed_in, _) = visitor.session().ok_or(Failure::NotSignedIn)?;
    let codes = RecoveryCodes::new(std::array::from_fn(|_| {
        let mut random = [0; 10];
        rand::fill(&mut random[..]);
        (FactorId(visitor.new_id()), random)
    }));
    let registry = &visitor.web().registry;
    match registry.replace_recovery_codes(&visitor.admit()?, signed_in, &codes, visitor.now()).await {
        Err(SessionError::ProofStale) => return Err(Failure::ProofStale),
        Err(SessionError::Failed(error)) => return Err(error.into()),
        Err(error) => return Err(Failure::of_machine(&error)),
        Ok(()) => {}
    }
    let page = visitor.page(visitor.language().text("recovery.title"));
    show(&RecoveryCodesView { page, codes: codes.texts().map(str::to_owned).collect(), next })
}

async fn sign_out(visitor: Visitor, _posted: Posted) -> Result<Response, Failure> {
    if let Some((signed_in, _)) = visitor.session() {
        let registry = &visitor.web().registry;
        registry
            .end_session(&visitor.admit()?, signed_in, visitor.now())
            .await
            .map_err(|error| Failure::of_machine(&error))?;
    }
    let cookie = cookies::line(SESSION_COOKIE, &random_secret(), Lifetime::Ended, visitor.is_secure());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in?done=signed_out")).into_response())
}

async fn invitation_form(visitor: Visitor) -> Result<Response, Failure> {
    invitation_page(&visitor, Form::default(), StatusCode::OK)
}

fn invitation_page(visitor: &Visitor, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let mut page = visitor.page(visitor.language().text("invitation.title"));
    page.is_in_error = form.has_errors();
    Ok(show_as(status, &InvitationView { page, form }))
}

async fn accept_invitation(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let language = visitor.language();
    let mut form = Form::default();
    form.set("code", posted.text("code"));
    if posted.raw("password") != posted.raw("again") {
        form.refuse_with(language, "again", "account.passwords_differ");
        return invitation_page(&visitor, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let mut salt = [0; 16];
    rand::fill(&mut salt[..]);
    let (registry, admission) = (&visitor.web().registry, visitor.admit()?);
    let when = (visitor.source(), visitor.now());
    match registry.accept_invitation(&admission, posted.text("code"), posted.raw("password"), salt, when).await {
        Ok(_) => Ok(Redirect::to("/sign-in?done=password_chosen").into_response()),
        Err(SessionError::ProofWrong) => {
            form.refuse_with(language, "code", "invitation.wrong");
            invitation_page(&visitor, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => {
            let status = refuse(&visitor, &mut form, "password", error)?;
            invitation_page(&visitor, form, status)
        }
    }
}
