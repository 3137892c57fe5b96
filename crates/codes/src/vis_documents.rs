//! Vaccine Information Statements, by the document number (GDTI) in their bar code.

use jiff::civil::Date;
use model::Cvx;

/// One edition of a Vaccine Information Statement, or of an emergency use fact sheet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisDocument {
    /// Global Document Type Identifier: 24 digits, the last six of them the edition date.
    pub gdti: String,
    /// Its title.
    pub name: String,
    /// The date of the edition.
    pub edition_on: Option<Date>,
    /// The vaccines that it is about.
    pub vaccines: Vec<Cvx>,
}
