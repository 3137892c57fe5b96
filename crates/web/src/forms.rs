//! Forms: what was filled in, what is wrong with it, and how both come back to the page.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;

use crate::dose_lists::ChoiceGroup;
use crate::failures::Failure;
use crate::languages::Language;
use crate::visits::Visitor;

/// Bytes of a form at most: a pasted message fits.
const FORM_BYTES_MAXIMUM: usize = 1024 * 1024;
/// Fields of a form at most.
const FIELDS_MAXIMUM: usize = 500;
/// The buttons by which a form is sent, changed, asked about or saved: no answers.
const BUTTONS: [&str; 6] = ["check", "save", "more", "change", "confirmed", "none_of_these"];
/// The name of the field that carries the visitor's form token.
pub(crate) const TOKEN_FIELD: &str = "form_token";

/// A form that was sent by a page of ours. Taking it is the only way to read a form, and checks the form token.
#[derive(Clone, Default, Debug)]
pub(crate) struct Posted {
    fields: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Posted, Failure> {
        let (parts, body) = request.into_parts();
        let visitor = parts.extensions.get::<Visitor>().expect("every page stands behind `receive`");
        let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded")) {
            return Err(Failure::FormUnreadable);
        }
        let bytes = to_bytes(body, FORM_BYTES_MAXIMUM).await.map_err(|_| Failure::FormUnreadable)?;
        let fields: Vec<(String, String)> = form_urlencoded::parse(&bytes)
            .take(FIELDS_MAXIMUM)
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        let posted = Posted { fields };
        // Digests of a secret are compared, so the time that it takes tells nothing.
        if posted.raw(TOKEN_FIELD) != visitor.form_token() {
            return Err(Failure::FormExpired);
        }
        Ok(posted)
    }
}

impl Posted {
    /// A form that was read before, to be read again.
    pub(crate) fn of(fields: &[(String, String)]) -> Posted {
        Posted { fields: fields.to_vec() }
    }

    /// The value of a field without spaces around it; empty when it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// The value of a field as it was sent: for passwords and pasted messages.
    pub(crate) fn raw(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All values of a field: of check boxes.
    pub(crate) fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.fields.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Which of two words a field has; anything else is no form of ours.
    pub(crate) fn switch(&self, name: &str, yes: &str, no: &str) -> Result<bool, Failure> {
        match self.text(name) {
            word if word == yes => Ok(true),
            word if word == no => Ok(false),
            _ => Err(Failure::FormUnreadable),
        }
    }

    /// Whether a field was sent: a check box, or the button that was pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }
}

/// A form as a page shows it: its values, and what is wrong with them.
#[derive(Clone, Default, Debug)]
pub(crate) struct Form {
    values: Vec<(String, String)>,
    /// What is wrong, in the order of the fields.
    pub(crate) errors: Vec<FieldError>,
}

/// One choice of a list, of radio buttons or of check boxes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) text: String,
    /// More about it, below the text.
    pub(crate) description: String,
    /// The tag of the text's language where it is not the page's; else empty.
    pub(crate) lang: &'static str,
}

impl Choice {
    /// A choice that needs no description.
    pub(crate) fn new(value: impl Into<String>, text: impl Into<String>) -> Choice {
        Choice { value: value.into(), text: text.into(), description: String::new(), lang: "" }
    }

    /// The same with more about it.
    pub(crate) fn described(self, description: impl Into<String>) -> Choice {
        Choice { description: description.into(), ..self }
    }
}

/// What is wrong with a field.
#[derive(Clone, Debug)]
pub(crate) struct FieldError {
    /// The field's name, and the id of its first input; empty when it is about no single field.
    pub(crate) field: String,
    /// What to do about it, in the visitor's language.
    pub(crate) text: String,
}

impl From<&Posted> for Form {
    fn from(posted: &Posted) -> Form {
        let values = posted.fields.iter().filter(|(name, _)| name != TOKEN_FIELD).cloned();
        Form { values: values.collect(), errors: Vec::new() }
    }
}

impl Form {
    /// A form with these answers.
    pub(crate) fn of(answers: Vec<(String, String)>) -> Form {
        Form { values: answers, errors: Vec::new() }
    }

    /// A value of a field; empty when there is none.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// A part of a field: `birth_year` of `birth`.
    pub(crate) fn value_of(&self, name: &str, part: &str) -> &str {
        self.value(&format!("{name}_{part}"))
    }

    /// Whether a field has this value: of a radio button, a check box, an option.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.values.iter().any(|(known, chosen)| known == name && chosen == value)
    }

    /// Sets a field's value.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.values.retain(|(known, _)| known != name);
        self.values.push((name.to_owned(), value.into()));
    }

    /// Whether a field's value is none of the choices: that of an older record, say.
    pub(crate) fn needs_option(&self, name: &str, groups: &[ChoiceGroup]) -> bool {
        let value = self.value(name);
        !value.is_empty() && !groups.iter().flat_map(|group| &group.choices).any(|choice| choice.value == value)
    }

    /// Whether something was filled in beside name and birth date.
    pub(crate) fn has_more(&self) -> bool {
        ["phone", "zip", "mother", "identifier"].into_iter().any(|name| !self.value(name).is_empty())
    }

    /// All fields.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.values
    }

    /// The answers, without the buttons that were pressed: for a page that keeps them while it asks for more.
    pub(crate) fn answers(&self) -> Vec<(String, String)> {
        self.values.iter().filter(|(name, _)| !BUTTONS.contains(&name.as_str())).cloned().collect()
    }

    /// What is wrong with a field; empty when nothing is.
    pub(crate) fn error(&self, name: &str) -> &str {
        self.errors.iter().find(|error| error.field == name).map_or("", |error| &error.text)
    }

    /// Whether something is wrong with a field.
    pub(crate) fn has_error(&self, name: &str) -> bool {
        self.errors.iter().any(|error| error.field == name)
    }

    /// Whether something is wrong.
    pub(crate) fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Says that something is wrong with a field.
    pub(crate) fn refuse(&mut self, field: &str, text: impl Into<String>) {
        self.errors.push(FieldError { field: field.to_owned(), text: text.into() });
    }

    /// Says with a text of the catalog that something is wrong with a field.
    pub(crate) fn refuse_with(&mut self, language: Language, field: &str, key: &str) {
        self.refuse(field, language.text(key));
    }
}
