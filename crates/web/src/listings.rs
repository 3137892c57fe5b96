//! Pages that are a heading, a few words, and tables: lists of the offices.

use askama::Template;
use axum::response::Response;

use crate::failures::Failure;
use crate::forms::{Choice, Form};
use crate::layout::{Page, show};
use crate::organization_choice::OrganizationField;

/// Lines on one page of a long list.
pub(crate) const LINES_PER_PAGE: usize = 100;

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
    /// Where the list goes on; `None` at its end.
    pub(crate) more: Option<String>,
}

/// A form that narrows a list.
#[derive(Default)]
pub(crate) struct Filter {
    pub(crate) form: Form,
    pub(crate) fields: Vec<FilterField>,
}

/// One field of a form that narrows a list; its name is that of the parameter in the address.
pub(crate) enum FilterField {
    /// A text to search for.
    Text {
        /// The field's name.
        name: &'static str,
        /// Its label.
        label: String,
    },
    /// One of several.
    Choice {
        /// The field's name.
        name: &'static str,
        /// Its label.
        label: String,
        /// The option that chooses nothing; empty where something is always chosen.
        nothing: String,
        /// What can be chosen.
        choices: Vec<Choice>,
    },
    /// An organization.
    Organization {
        /// Its label.
        label: String,
        /// The option that chooses none; empty where one is always chosen.
        nothing: String,
        /// Which there are.
        field: OrganizationField,
    },
    /// A day.
    Date {
        /// The field's name.
        name: &'static str,
        /// Its label.
        label: String,
        /// What it does.
        hint: String,
    },
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

/// An address with these parameters, those without a value left out.
pub(crate) fn address_with<'a>(path: &str, parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let given = parameters.into_iter().filter(|(_, value)| !value.is_empty());
    let parameters = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    format!("{path}?{parameters}")
}

impl Filter {
    /// Where the list goes on, narrowed as it is.
    pub(crate) fn address_of_more(&self, path: &str, place: (&str, &str)) -> String {
        let fields = self.form.fields().iter().map(|(name, value)| (name.as_str(), value.as_str()));
        address_with(path, fields.chain([place]))
    }
}

impl Listing {
    pub(crate) fn show(self) -> Result<Response, Failure> {
        show(&self)
    }
}
