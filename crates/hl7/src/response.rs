//! RSP^K11: the answer to a question (profiles Z31, Z32, Z33 and Z42).

use model::{CodeTables, QueryKind, QueryOutcome};

use crate::acknowledgment::Envelope;
use crate::er7::Message;

/// Writes the response to a question by what was decided.
pub fn write_response(
    question: &Message<'_>,
    kind: QueryKind,
    envelope: &Envelope<'_>,
    outcome: &QueryOutcome,
    tables: &dyn CodeTables,
) -> String {
    let _ = (question, kind, envelope, outcome, tables);
    String::new()
}
