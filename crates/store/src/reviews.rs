//! Possible matches that wait for a reviewer.

use model::PatientId;

use crate::sets::SetWrite;
use crate::value::{Columns, Value};
use crate::{Database, ReviewOpened, StoreError};

pub(crate) const OPEN_REVIEWS: SetWrite = SetWrite {
    attempt: "open reviews",
    columns: &[("patient_id", "uuid"), ("candidate_id", "uuid"), ("opened_at", "timestamptz"), ("reason", "text")],
    sql: "
INSERT INTO patient_review ({columns})
{rows}",
    when_known: "ON CONFLICT (patient_id, candidate_id) DO NOTHING",
};

pub(crate) const LIST_REVIEWS: &str = "
SELECT patient_id, candidate_id, opened_at, reason
FROM patient_review
ORDER BY opened_at, patient_id, candidate_id
LIMIT $1";

impl Database {
    /// Possible matches that wait for a reviewer, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open_reviews(&self, limit: u32) -> Result<Vec<ReviewOpened>, StoreError> {
        let limit = [Value::Integer(limit.into())];
        self.read(|connection| connection.query_as(LIST_REVIEWS, &limit, "list open reviews", read_review))
    }
}

fn read_review(row: &dyn Columns) -> Result<ReviewOpened, StoreError> {
    Ok(ReviewOpened {
        patient_id: PatientId(row.uuid(0)?),
        candidate: PatientId(row.uuid(1)?),
        opened_at: row.instant(2)?,
        reason: row.string(3)?,
    })
}

pub(crate) fn review_values(review: &ReviewOpened) -> [Value<'_>; 4] {
    [
        Value::Uuid(review.patient_id.0),
        Value::Uuid(review.candidate.0),
        Value::instant(review.opened_at),
        Value::text(&review.reason),
    ]
}
