//! Questions about one person, and what the registry may answer.

use crate::{Assessment, Demographics, Finding, MessageId, PatientRecord};

/// A request for a person's history.
#[derive(Clone, PartialEq, Debug)]
pub struct Query {
    /// What is wanted.
    pub kind: QueryKind,
    /// The sender's name for this query, given back as it came (QPD-2).
    pub tag: String,
    /// Whom it asks about: identifiers, name, birth date and so on (QPD-3 to QPD-11).
    pub person: Demographics,
    /// The most candidates that the sender wants to see (RCP-2).
    pub limit: Option<u32>,
}

/// What is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueryKind {
    /// Z34: the history.
    History,
    /// Z44: the history, evaluated, with a forecast.
    EvaluatedHistory,
}

/// QAK-2, HL70208.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum QueryStatus {
    /// `OK`: one person, surely the one asked for.
    Found,
    /// `OK`: people who may be the one asked for.
    Candidates,
    /// `NF`: nobody found who may be shown.
    NotFound,
    /// `TM`: too many to show.
    TooMany,
    /// `AE`: the question could not be understood.
    Error,
}

impl QueryStatus {
    /// The HL70208 code.
    pub fn code(self) -> &'static str {
        match self {
            QueryStatus::Found | QueryStatus::Candidates => "OK",
            QueryStatus::NotFound => "NF",
            QueryStatus::TooMany => "TM",
            QueryStatus::Error => "AE",
        }
    }
}

/// The answer to a query, before it is written as a message.
#[derive(Clone, PartialEq, Debug)]
pub struct QueryOutcome {
    /// The receipt of the question.
    pub message_id: MessageId,
    /// What was found.
    pub status: QueryStatus,
    /// Found: the one record. Candidates: those who may be meant, of whom only the demographics are shown.
    pub people: Vec<PatientRecord>,
    /// The one person's doses evaluated, and what is due; only when it was asked for.
    pub assessment: Option<Assessment>,
    /// What to tell the asker.
    pub findings: Vec<Finding>,
}
