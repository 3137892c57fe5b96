//! Vaccine Information Statements, by the document number (GDTI) in their bar code.

use jiff::civil::Date;
use model::Cvx;

use crate::TableError;
use crate::texts::{self, Row};

/// One edition of a Vaccine Information Statement, or of an emergency use fact sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisDocument {
    /// Global Document Type Identifier: 24 digits, the last six of them the date of the edition.
    pub gdti: String,
    /// Its title.
    pub name: String,
    /// The date of the edition.
    pub edition_on: Option<Date>,
    /// The vaccines that it is about.
    pub vaccines: Vec<Cvx>,
}

impl VisDocument {
    pub(crate) fn read(row: &Row) -> Result<VisDocument, TableError> {
        let [gdti, edition, vaccines, name] = row.columns()?;
        if !is_gdti(gdti) {
            return Err(row.error(format!("\"{gdti}\" is not a document number of 24 digits")));
        }
        Ok(VisDocument {
            gdti: gdti.to_owned(),
            name: name.to_owned(),
            edition_on: row.date(edition)?,
            vaccines: row.cvx_list(vaccines)?,
        })
    }

    pub(crate) fn line(&self) -> String {
        let edition = self.edition_on.map(|date| date.to_string()).unwrap_or_default();
        format!("{} | {edition} | {} | {}", self.gdti, texts::list(&self.vaccines), self.name)
    }
}

/// Whether the text has the form of a document number of CDC.
pub(crate) fn is_gdti(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|byte| byte.is_ascii_digit())
}
