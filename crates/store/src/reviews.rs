//! Possible matches that wait for a reviewer, and what reviewers decided.

use jiff::Timestamp;
use model::{AccountId, OrganizationId, PatientId};

use crate::batch::{Batch, Reading};
use crate::sets::{SetRead, SetWrite};
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

const LIST_REVIEWS: &str = "
SELECT patient_review.patient_id, patient_review.candidate_id, opened_at, patient_review.reason
FROM patient_review
LEFT JOIN review_decision
    ON review_decision.patient_id = patient_review.patient_id
    AND review_decision.candidate_id = patient_review.candidate_id
WHERE (review_decision.decision IS NULL
        OR (review_decision.decision = 'later' AND review_decision.decided_at <= $1))
    AND (
        SELECT COUNT(*)
        FROM patient
        WHERE id IN (patient_review.patient_id, patient_review.candidate_id) AND status <> 'merged') = 2";

pub(crate) const LIST_REVIEWS_OF: &str = "
SELECT patient_id, candidate_id, opened_at, reason
FROM patient_review
WHERE patient_id = $1 OR candidate_id = $1
ORDER BY opened_at, patient_id, candidate_id";

pub(crate) const LIST_DECISIONS_OF: &str = "
SELECT patient_id, candidate_id, decision, decided_at, account_id, organization_id, reason
FROM review_decision
WHERE patient_id = $1 OR candidate_id = $1
ORDER BY decided_at, patient_id, candidate_id";

const LIST_DECISIONS: &str = "
SELECT patient_id, candidate_id, decision, decided_at, account_id, organization_id, reason
FROM review_decision";

pub(crate) const READ_TOLD_APART: SetRead = SetRead {
    attempt: "read who is not the same",
    sql: "
SELECT patient_id, candidate_id
FROM review_decision
WHERE decision = 'not_the_same' AND patient_id {among}",
    limit_per_key: None,
};

pub(crate) const DECIDE_REVIEW: &str = "
INSERT INTO review_decision (patient_id, candidate_id, decision, decided_at, account_id, organization_id, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (patient_id, candidate_id) DO UPDATE
SET decision = excluded.decision,
    decided_at = excluded.decided_at,
    account_id = excluded.account_id,
    organization_id = excluded.organization_id,
    reason = excluded.reason";

/// What a reviewer decided about two records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReviewDecision {
    /// They are of one person, and were merged.
    Same,
    /// They are of two people: kept for ever.
    NotTheSame,
    /// It cannot be said yet.
    Later,
}

impl ReviewDecision {
    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            ReviewDecision::Same => "same",
            ReviewDecision::NotTheSame => "not_the_same",
            ReviewDecision::Later => "later",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<ReviewDecision> {
        [ReviewDecision::Same, ReviewDecision::NotTheSame, ReviewDecision::Later]
            .into_iter()
            .find(|decision| decision.word() == word)
    }
}

/// A possible match that a reviewer decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewDecided {
    /// The record that gave rise to the question.
    pub patient_id: PatientId,
    /// The record that may be of the same person.
    pub candidate: PatientId,
    /// What was decided.
    pub decision: ReviewDecision,
    /// When.
    pub decided_at: Timestamp,
    /// By whom; `None` for the operator.
    pub account_id: Option<AccountId>,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// Why, in a few words without personal data.
    pub reason: String,
}

impl Database {
    /// Possible matches of two records that both lead, and that wait for a reviewer, oldest first: of all people, or only
    /// those about whom one of these organizations reported. Those put off come again when they were put off before
    /// `put_off_before`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open_reviews(
        &self,
        reporters: Option<&[OrganizationId]>,
        limit: u32,
        put_off_before: Timestamp,
    ) -> Result<Vec<ReviewOpened>, StoreError> {
        let (sql, values) = list_statement(reporters, limit, put_off_before);
        self.read(|connection| connection.query_as(&sql, &values, "list open reviews", read_review))
    }

    /// Every possible match that a record took part in, decided or not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn reviews_of(&self, patient_id: PatientId) -> Result<Vec<ReviewOpened>, StoreError> {
        let values = [Value::Uuid(patient_id.0)];
        self.read(|connection| {
            connection.query_as(LIST_REVIEWS_OF, &values, "list the possible matches of a person", read_review)
        })
    }

    /// What reviewers decided, the newest first: about all people, or only those about whom one of these organizations
    /// reported.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn latest_review_decisions(
        &self,
        reporters: Option<&[OrganizationId]>,
        limit: u32,
    ) -> Result<Vec<ReviewDecided>, StoreError> {
        let (sql, values) = decisions_statement(reporters, limit);
        self.read(|connection| connection.query_as(&sql, &values, "list what was decided", read_decision))
    }

    /// What reviewers decided about a record and others.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn review_decisions_of(&self, patient_id: PatientId) -> Result<Vec<ReviewDecided>, StoreError> {
        let values = [Value::Uuid(patient_id.0)];
        self.read(|connection| connection.query_as(LIST_DECISIONS_OF, &values, DECISIONS, read_decision))
    }
}

impl Reading<'_> {
    /// Every possible match that a record took part in, decided or not, as they stand in what is read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn reviews_of(&mut self, patient_id: PatientId) -> Result<Vec<ReviewOpened>, StoreError> {
        let values = [Value::Uuid(patient_id.0)];
        self.connection().query_as(LIST_REVIEWS_OF, &values, "list the possible matches of a person", read_review)
    }

    /// What reviewers decided about a record and others, as it stands in what is read.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn review_decisions_of(&mut self, patient_id: PatientId) -> Result<Vec<ReviewDecided>, StoreError> {
        self.connection().query_as(LIST_DECISIONS_OF, &[Value::Uuid(patient_id.0)], DECISIONS, read_decision)
    }
}

impl Batch<'_> {
    /// Writes a decision down; an earlier one about the same two records is replaced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn decide_review(&mut self, decided: &ReviewDecided) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(decided.patient_id.0),
            Value::Uuid(decided.candidate.0),
            Value::text(decided.decision.word()),
            Value::instant(decided.decided_at),
            Value::optional(decided.account_id, |id| Value::Uuid(id.0)),
            Value::Uuid(decided.organization_id.0),
            Value::text(&decided.reason),
        ];
        self.connection().execute(DECIDE_REVIEW, &values, "decide a possible match").map(drop)
    }
}

const DECISIONS: &str = "list what was decided about a person";

/// The statement that lists open reviews, and its parameters.
pub(crate) fn list_statement(
    reporters: Option<&[OrganizationId]>,
    limit: u32,
    put_off_before: Timestamp,
) -> (String, Vec<Value<'static>>) {
    let (mut sql, mut values) = (LIST_REVIEWS.to_owned(), vec![Value::instant(put_off_before)]);
    if let Some(reporters) = reporters {
        sql.push_str(&format!("\n    AND {}", reported_by(&REVIEWED, reporters, &mut values)));
    }
    sql.push_str(&format!(
        "\nORDER BY opened_at, patient_review.patient_id, patient_review.candidate_id\nLIMIT {limit}"
    ));
    (sql, values)
}

/// The statement that lists what was decided, and its parameters.
pub(crate) fn decisions_statement(reporters: Option<&[OrganizationId]>, limit: u32) -> (String, Vec<Value<'static>>) {
    let (mut sql, mut values) = (LIST_DECISIONS.to_owned(), Vec::new());
    if let Some(reporters) = reporters {
        sql.push_str(&format!("\nWHERE {}", reported_by(&DECIDED, reporters, &mut values)));
    }
    sql.push_str(&format!("\nORDER BY decided_at DESC, patient_id, candidate_id\nLIMIT {limit}"));
    (sql, values)
}

const REVIEWED: [&str; 2] = ["patient_review.patient_id", "patient_review.candidate_id"];
const DECIDED: [&str; 2] = ["review_decision.patient_id", "review_decision.candidate_id"];

/// The condition that one of these organizations reported about one of the people, or about whom they were merged into;
/// the organizations are added to the values.
pub(crate) fn reported_by(people: &[&str], reporters: &[OrganizationId], values: &mut Vec<Value<'static>>) -> String {
    let start = people.iter().map(|person| format!("SELECT {person}")).collect::<Vec<_>>().join(" UNION ");
    let mut places = vec!["NULL".to_owned()];
    for id in reporters {
        values.push(Value::Uuid(id.0));
        places.push(format!("${}", values.len()));
    }
    format!(
        "EXISTS (
        WITH RECURSIVE meant (id) AS (
            {start}
            UNION
            SELECT patient.merged_into
            FROM patient
            JOIN meant ON patient.id = meant.id
            WHERE patient.merged_into IS NOT NULL
        )
        SELECT 1
        FROM meant
        JOIN patient_report ON patient_report.patient_id = meant.id
        WHERE patient_report.organization_id IN ({}))",
        places.join(", ")
    )
}

fn read_review(row: &dyn Columns) -> Result<ReviewOpened, StoreError> {
    Ok(ReviewOpened {
        patient_id: PatientId(row.uuid(0)?),
        candidate: PatientId(row.uuid(1)?),
        opened_at: row.instant(2)?,
        reason: row.string(3)?,
    })
}

fn read_decision(row: &dyn Columns) -> Result<ReviewDecided, StoreError> {
    Ok(ReviewDecided {
        patient_id: PatientId(row.uuid(0)?),
        candidate: PatientId(row.uuid(1)?),
        decision: row.word(2, ReviewDecision::parse)?,
        decided_at: row.instant(3)?,
        account_id: row.optional_uuid(4)?.map(AccountId),
        organization_id: OrganizationId(row.uuid(5)?),
        reason: row.string(6)?,
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
