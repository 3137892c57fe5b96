//! Pages that are a heading, a few words, and tables: lists of the offices.

use askama::Template;
use axum::response::Response;

use crate::failures::Failure;
use crate::forms::{Choice, Form};
use crate::layout::{Page, show};

/// A page of tables.
#[derive(Template)]
#[template(path = "listing.html")]
pub(crate) struct Listing {
    pub(crate) page: Page,
    /// What the page is for, below the heading.
    pub(crate) intro: String,
    /// What else can be done here: address and text of links.
    pub(crate) ways: Vec<(String, String)>,
    /// What narrows the list, kept in the address.
    pub(crate) filter: Option<Filter>,
    pub(crate) tables: Vec<Table>,
}

/// A form that narrows a list.
pub(crate) struct Filter {
    /// The field's name in the address, and its label.
    pub(crate) field: &'static str,
    pub(crate) label: String,
    pub(crate) form: Form,
    /// Choices; empty for a text to search for.
    pub(crate) choices: Vec<Choice>,
    pub(crate) nothing: String,
}

/// One table.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What is said when there are no rows.
    pub(crate) empty: String,
}

/// One cell.
#[derive(Default)]
pub(crate) struct Cell {
    pub(crate) text: String,
    /// Where its text leads; empty when nowhere.
    pub(crate) address: String,
    /// More, in small letters.
    pub(crate) note: String,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    pub(crate) fn link(text: impl Into<String>, address: impl Into<String>) -> Cell {
        Cell { text: text.into(), address: address.into(), note: String::new() }
    }

    pub(crate) fn with_note(self, note: impl Into<String>) -> Cell {
        Cell { note: note.into(), ..self }
    }
}

impl Listing {
    pub(crate) fn show(self) -> Result<Response, Failure> {
        show(&self)
    }
}
