//! What is asked once more before it is saved: because something of it is probably wrong, or because it weighs much.

use askama::Template;
use axum::response::Response;

use crate::failures::Failure;
use crate::layout::{Page, show};
use crate::pages::person::PersonHead;

/// The page that asks.
#[derive(Template)]
#[template(path = "ask_again.html")]
pub(crate) struct AskAgain {
    pub(crate) page: Page,
    pub(crate) head: PersonHead,
    /// What it is about.
    pub(crate) told: String,
    /// What it brings, or what to look at.
    pub(crate) what: &'static str,
    /// What is meant, in single lines.
    pub(crate) lines: Vec<String>,
    /// Where the answer goes.
    pub(crate) address: String,
    /// What was filled in, to be sent again.
    pub(crate) kept: Vec<(String, String)>,
    /// The button that does it.
    pub(crate) confirm: &'static str,
    /// Where it leads who does not want it; empty: back to the form, with all that was filled in.
    pub(crate) cancel: String,
}

impl AskAgain {
    /// Asks.
    pub(crate) fn ask(&self) -> Result<Response, Failure> {
        show(self)
    }
}
