//! The organizations that a person may act for besides their own.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use model::{Right, Role};
use registry::RegistryError;

use super::accounts::{account_page, address_of, chosen_code, find};
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::signed_in::SignedIn;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/accounts/of/{username}/membership", post(change))
}

/// Lets the person act for an organization as a role; without a role that ends.
async fn change(signed_in: SignedIn, Path(username): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let seen = find(&signed_in, &username).await?;
    signed_in.require_fresh()?;
    let role = match posted.text("membership_role") {
        "" => None,
        word => Some(Role::parse(word).ok_or(Failure::FormUnreadable)?),
    };
    let mut form = Form::from(&posted);
    let code = chosen_code(&signed_in, &mut form, Right::ChangeAccounts);
    if form.has_errors() {
        return account_page(&signed_in, seen, form, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let change = (code.as_str(), role);
    let (registry, admission) = (signed_in.registry(), &signed_in.admission);
    match registry.change_membership(admission, &signed_in.caller, &username, change, signed_in.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("{}?done=membership_changed", address_of(&username))).into_response()),
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(signed_in.language(), "organization", "accounts.membership_refused");
            account_page(&signed_in, seen, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}
