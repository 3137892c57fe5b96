//! Why a page could not be given, and the page that says so. The visitor gets a reference number, the log the cause.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use registry::{Closed, RegistryError};

use crate::layout::{Page, show_as};
use crate::visits::Visitor;

/// What is answered instead of a page. A page returns it; `visits.rs` makes the answer of it.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// There is nothing at this address, or nothing that this visitor may see.
    NotFound,
    /// No record may be shown here: there is none, or one that may not be given out. Which of the two is not told.
    NoRecord,
    /// The visitor's role does not include this.
    NotAllowed,
    /// Only for people who have signed in.
    NotSignedIn,
    /// The visitor proved too long ago who they are for this change.
    ProofStale,
    /// The form is too old, or not of this visitor.
    FormExpired,
    /// The form is too large, or not one that a page of ours sends.
    FormUnreadable,
    /// The gate is closed.
    Closed(Closed),
    /// The machine failed; the cause is in the log under this reference.
    Machine {
        /// What the visitor can quote.
        reference: String,
    },
}

impl Failure {
    /// A failure of the machine, written to the log.
    pub(crate) fn of_machine(error: &dyn std::fmt::Display) -> Failure {
        let reference = crate::visits::random_secret()[..8].to_uppercase();
        tracing::error!(%reference, %error, "a page could not be given");
        Failure::Machine { reference }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Failure {
        match error {
            RegistryError::Forbidden { .. } => Failure::NotAllowed,
            error => Failure::of_machine(&error),
        }
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Failure {
        Failure::of_machine(&error)
    }
}

impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Failure {
        Failure::of_machine(&error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailureView {
    page: Page,
    heading: &'static str,
    paragraphs: Vec<String>,
}

impl Visitor {
    /// The page that says what went wrong and what to do.
    pub(crate) fn failure_page(&self, failure: Failure) -> Response {
        let language = self.language();
        let (status, heading, told) = match &failure {
            Failure::NotSignedIn => return crate::pages::to_sign_in(self),
            Failure::ProofStale => return crate::pages::to_proof(self),
            Failure::Closed(_) => (StatusCode::SERVICE_UNAVAILABLE, "closed.title", vec![]),
            Failure::NotFound => (StatusCode::NOT_FOUND, "not_found.title", vec!["not_found.what"]),
            Failure::NoRecord => (StatusCode::NOT_FOUND, "no_record.title", vec!["no_record.what"]),
            Failure::NotAllowed => (StatusCode::FORBIDDEN, "not_allowed.title", vec!["not_allowed.what"]),
            Failure::FormExpired => (StatusCode::FORBIDDEN, "form_expired.title", vec!["form_expired.what"]),
            Failure::FormUnreadable => (StatusCode::BAD_REQUEST, "form_unreadable.title", vec!["form_unreadable.what"]),
            Failure::Machine { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "error.title", vec!["error.what"]),
        };
        let heading = language.text(heading);
        let mut paragraphs: Vec<String> = told.into_iter().map(|key| language.text(key).to_owned()).collect();
        if let Failure::Machine { reference } = &failure {
            paragraphs.push(language.fill("error.reference", &[("reference", reference)]));
        }
        let contact = &self.web().registry.profile().contacts.web_application;
        paragraphs.push(language.fill("error.contact", &[("contact", contact)]));
        show_as(status, &FailureView { page: self.page(heading), heading, paragraphs })
    }
}
