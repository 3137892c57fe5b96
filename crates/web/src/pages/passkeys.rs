//! Passkeys: making one, and showing one in place of a code. Browsers give them to scripts only; everything that they do
//! can be done with an authenticator app, too.

use std::net::IpAddr;

use askama::Template;
use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use model::FactorId;
use registry::{RegistryError, RelyingParty, SessionError, Stage};

use super::language::local;
use super::sign_in::{code_page, new_token, refuse, with_session};
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show_as};
use crate::visits::Visitor;

#[derive(Template)]
#[template(path = "new_passkey.html")]
struct NewPasskeyView {
    page: Page,
    form: Form,
    /// What the browser needs, as JSON; empty where passkeys cannot be.
    options: String,
    is_first: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/sign-in/passkey", post(prove)).route("/sign-in/passkey/new", get(form).post(add))
}

/// The site as browsers know it; `None` where it has no name but an address of digits, for which there are no passkeys.
pub(crate) fn relying_party(visitor: &Visitor) -> Option<RelyingParty> {
    let web = visitor.web();
    let public: Option<Uri> = web.settings.public_url.as_ref().and_then(|url| url.parse().ok());
    let (scheme, authority) = match &public {
        Some(uri) => (uri.scheme_str().unwrap_or("https").to_owned(), uri.authority()?.clone()),
        None => (if visitor.is_secure() { "https" } else { "http" }.to_owned(), visitor.host().parse().ok()?),
    };
    let host = authority.host().to_owned();
    let is_name = !host.starts_with('[') && host.parse::<IpAddr>().is_err();
    let name = web.registry.profile().registry.short_name.clone();
    is_name.then(|| RelyingParty { host, origin: format!("{scheme}://{authority}"), name })
}

/// What a browser needs to show one of the visitor's passkeys; empty when there is none.
pub(crate) async fn options(visitor: &Visitor) -> Result<String, Failure> {
    let (Some((signed_in, _)), Some(party)) = (visitor.session(), relying_party(visitor)) else {
        return Ok(String::new());
    };
    let (registry, admission) = (&visitor.web().registry, visitor.admit()?);
    match registry.begin_passkey_proof(&admission, signed_in, &party, visitor.now()).await {
        Ok(options) => Ok(options.unwrap_or_default()),
        Err(error) => {
            tracing::warn!(%error, "passkeys cannot be shown");
            Ok(String::new())
        }
    }
}

async fn prove(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let (signed_in, _) = visitor.session().ok_or(Failure::NotSignedIn)?;
    let party = relying_party(&visitor).ok_or(Failure::NotFound)?;
    let token = new_token();
    let (registry, admission, now) = (&visitor.web().registry, visitor.admit()?, visitor.now());
    let answer = posted.raw("answer");
    match registry.prove_with_passkey(&admission, signed_in, &party, answer, token.clone(), now).await {
        Ok(_) => Ok(with_session(&visitor, &token, local(posted.text("back")).to_owned())),
        Err(error) => {
            let mut form = Form::default();
            form.set("back", posted.text("back"));
            let status = refuse_passkey(&visitor, &mut form, "code", error)?;
            code_page(&visitor, form, status).await
        }
    }
}

fn refuse_passkey(visitor: &Visitor, form: &mut Form, field: &str, error: SessionError) -> Result<StatusCode, Failure> {
    match error {
        SessionError::ProofWrong => {
            form.refuse_with(visitor.language(), field, "passkey.wrong");
            Ok(StatusCode::UNPROCESSABLE_ENTITY)
        }
        error => refuse(visitor, form, field, error),
    }
}

async fn form(visitor: Visitor) -> Result<Response, Failure> {
    page(&visitor, Form::default(), StatusCode::OK).await
}

async fn page(visitor: &Visitor, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let (signed_in, _) = visitor.session().ok_or(Failure::NotSignedIn)?;
    let mut options = String::new();
    if let Some(party) = relying_party(visitor) {
        let (registry, admission) = (&visitor.web().registry, visitor.admit()?);
        options = match registry.begin_passkey(&admission, signed_in, &party, visitor.now()).await {
            Ok(options) => options,
            Err(SessionError::ProofStale) if signed_in.stage == Stage::SecondFactorDue => {
                return Err(Failure::NotSignedIn);
            }
            Err(SessionError::ProofStale) => return Err(Failure::ProofStale),
            Err(SessionError::Failed(RegistryError::Refused(reason))) => {
                tracing::warn!(reason, "passkeys cannot be made");
                String::new()
            }
            Err(error) => return Err(Failure::of_machine(&error)),
        };
    }
    let mut page = visitor.page(visitor.language().text("passkey.title"));
    page.is_in_error = form.has_errors();
    let is_first = signed_in.stage == Stage::EnrollmentDue;
    Ok(show_as(status, &NewPasskeyView { page, form, options, is_first }))
}

async fn add(visitor: Visitor, posted: Posted) -> Result<Response, Failure> {
    let (signed_in, _) = visitor.session().ok_or(Failure::NotSignedIn)?;
    let party = relying_party(&visitor).ok_or(Failure::NotFound)?;
    let (token, now) = (new_token(), visitor.now());
    let (registry, admission) = (&visitor.web().registry, visitor.admit()?);
    let answered = (FactorId(visitor.new_id()), posted.text("label"), posted.raw("answer"));
    if let Err(error) = registry.add_passkey(&admission, signed_in, &party, answered, token.clone(), now).await {
        let mut form = Form::default();
        form.set("label", posted.text("label"));
        let status = refuse_passkey(&visitor, &mut form, "label", error)?;
        return page(&visitor, form, status).await;
    }
    let is_first = signed_in.stage == Stage::EnrollmentDue;
    let next = if is_first { "/account/recovery-codes" } else { "/account?done=passkey_added" };
    Ok(with_session(&visitor, &token, next.to_owned()))
}
