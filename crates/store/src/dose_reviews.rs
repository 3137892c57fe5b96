//! Pairs of reported doses that may be one: what waits for a reviewer, and what reviewers decided.

use jiff::Timestamp;
use model::{AccountId, OrganizationId, PatientId, VaccinationReportId};

use crate::batch::Batch;
use crate::reviews::reported_by;
use crate::sets::SetWrite;
use crate::value::{Columns, Value};
use crate::{Database, DoseReviewOpened, StoreError};

pub(crate) const OPEN_DOSE_REVIEWS: SetWrite = SetWrite {
    attempt: "open reviews of doses",
    columns: &[
        ("one_id", "uuid"),
        ("other_id", "uuid"),
        ("patient_id", "uuid"),
        ("state", "text"),
        ("opened_at", "timestamptz"),
        ("rule", "text"),
        ("reason", "text"),
    ],
    sql: "
INSERT INTO dose_review ({columns})
{rows}",
    // What was decided to be one and is doubtful again, as a report was corrected, waits again.
    when_known: "ON CONFLICT (one_id, other_id) DO UPDATE
SET patient_id = excluded.patient_id,
    rule = excluded.rule,
    state = CASE WHEN dose_review.state IN ('same', 'closed') THEN excluded.state ELSE dose_review.state END",
};

pub(crate) const CLOSE_DOSE_REVIEWS: SetWrite = SetWrite {
    attempt: "close reviews of doses",
    columns: &[("one_id", "uuid"), ("other_id", "uuid")],
    sql: "
UPDATE dose_review
SET state = 'closed'
FROM {given}
WHERE dose_review.one_id = given.one_id
    AND dose_review.other_id = given.other_id
    AND dose_review.state IN ('open', 'later')",
    when_known: "",
};

pub(crate) const CLOSE_DOSE_REVIEWS_OF: &str = "
DELETE FROM dose_review
WHERE patient_id = $1 AND state IN ('open', 'later', 'closed')";

const LIST_DOSE_REVIEWS: &str = "
SELECT one_id, other_id, patient_id, state, opened_at, rule, decided_at, reason
FROM dose_review
WHERE (state = 'open' OR (state = 'later' AND decided_at <= $1))";

pub(crate) const LIST_DOSE_REVIEWS_OF: &str = "
SELECT one_id, other_id, patient_id, state, opened_at, rule, decided_at, reason
FROM dose_review
WHERE one_id = $1 AND other_id = $2";

const LIST_DECIDED_DOSE_REVIEWS: &str = "
SELECT one_id, other_id, patient_id, state, opened_at, rule, decided_at, reason
FROM dose_review
WHERE state IN ('same', 'not_the_same', 'later')";

pub(crate) const DECIDE_DOSE_REVIEW: &str = "
INSERT INTO dose_review (
    one_id, other_id, patient_id, state, opened_at, rule, decided_at, account_id, organization_id, reason
)
VALUES ($1, $2, $3, $4, $5, $6, $5, $7, $8, $9)
ON CONFLICT (one_id, other_id) DO UPDATE
SET patient_id = excluded.patient_id,
    state = excluded.state,
    decided_at = excluded.decided_at,
    account_id = excluded.account_id,
    organization_id = excluded.organization_id,
    reason = excluded.reason";

pub(crate) const FORGET_DOSE_REVIEW: &str = "
DELETE FROM dose_review
WHERE one_id = $1 AND other_id = $2";

/// How a pair of doses stands with reviewers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DoseReviewState {
    /// It waits.
    Open,
    /// It was put off.
    Later,
    /// They are of one dose.
    Same,
    /// They are of two doses: kept for ever.
    NotTheSame,
    /// It needs no decision any more.
    Closed,
}

impl DoseReviewState {
    const ALL: [DoseReviewState; 5] = [
        DoseReviewState::Open,
        DoseReviewState::Later,
        DoseReviewState::Same,
        DoseReviewState::NotTheSame,
        DoseReviewState::Closed,
    ];

    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            DoseReviewState::Open => "open",
            DoseReviewState::Later => "later",
            DoseReviewState::Same => "same",
            DoseReviewState::NotTheSame => "not_the_same",
            DoseReviewState::Closed => "closed",
        }
    }

    fn parse(word: &str) -> Option<DoseReviewState> {
        DoseReviewState::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A pair of doses that reviewers were or are asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoseReview {
    /// The two reports, the smaller id first, whose they are, and why it is asked.
    pub opened: DoseReviewOpened,
    /// How it stands.
    pub state: DoseReviewState,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// Why, in a few words without personal data.
    pub reason: String,
}

/// What a reviewer decided about two reports of doses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoseReviewDecided {
    /// The two reports, whose they are, when, and by which rule they were compared.
    pub pair: DoseReviewOpened,
    /// What was decided.
    pub state: DoseReviewState,
    /// By whom; `None` for the operator.
    pub account_id: Option<AccountId>,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// Why, in a few words without personal data.
    pub reason: String,
}

impl Database {
    /// Pairs of doses that wait for a reviewer, the oldest first: of all people, or only of those about whom one of these
    /// organizations reported. Those put off come again when they were put off before `put_off_before`.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open_dose_reviews(
        &self,
        reporters: Option<&[OrganizationId]>,
        limit: u32,
        put_off_before: Timestamp,
    ) -> Result<Vec<DoseReview>, StoreError> {
        let (sql, values) = open_statement(reporters, limit, put_off_before);
        self.read(|connection| connection.query_as(&sql, &values, "list reviews of doses", read_review))
    }

    /// Pairs of doses that reviewers decided about, the newest decision first: of all people, or only of those about whom
    /// one of these organizations reported.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn decided_dose_reviews(
        &self,
        reporters: Option<&[OrganizationId]>,
        limit: u32,
    ) -> Result<Vec<DoseReview>, StoreError> {
        let (sql, values) = decided_statement(reporters, limit);
        self.read(|connection| connection.query_as(&sql, &values, "list decisions about doses", read_review))
    }

    /// How a pair of doses, the smaller id first, stands with reviewers; `None` when nobody was asked.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn dose_review(
        &self,
        one: VaccinationReportId,
        other: VaccinationReportId,
    ) -> Result<Option<DoseReview>, StoreError> {
        let values = [Value::Uuid(one.0), Value::Uuid(other.0)];
        let found = self.read(|connection| {
            connection.query_as(LIST_DOSE_REVIEWS_OF, &values, "read a review of doses", read_review)
        })?;
        Ok(found.into_iter().next())
    }
}

impl Batch<'_> {
    /// Writes a decision down; an earlier one about the same two reports is replaced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn decide_dose_review(&mut self, decided: &DoseReviewDecided) -> Result<(), StoreError> {
        let pair = &decided.pair;
        let values = [
            Value::Uuid(pair.one.0),
            Value::Uuid(pair.other.0),
            Value::Uuid(pair.patient_id.0),
            Value::text(decided.state.word()),
            Value::instant(pair.opened_at),
            Value::text(&pair.rule),
            Value::optional(decided.account_id, |id| Value::Uuid(id.0)),
            Value::Uuid(decided.organization_id.0),
            Value::text(&decided.reason),
        ];
        self.connection().execute(DECIDE_DOSE_REVIEW, &values, "decide about two doses").map(drop)
    }

    /// Forgets what was decided about two reports, the smaller id first.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn forget_dose_review(
        &mut self,
        one: VaccinationReportId,
        other: VaccinationReportId,
    ) -> Result<(), StoreError> {
        let values = [Value::Uuid(one.0), Value::Uuid(other.0)];
        self.connection().execute(FORGET_DOSE_REVIEW, &values, "undo a decision about two doses").map(drop)
    }

    /// Takes what waits of a person's doses out of the queue: it is asked anew.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn close_dose_reviews_of(&mut self, patient_id: PatientId) -> Result<(), StoreError> {
        let values = [Value::Uuid(patient_id.0)];
        self.connection().execute(CLOSE_DOSE_REVIEWS_OF, &values, "close reviews of doses").map(drop)
    }
}

/// The statement that lists pairs that wait, and its parameters.
pub(crate) fn open_statement(
    reporters: Option<&[OrganizationId]>,
    limit: u32,
    put_off_before: Timestamp,
) -> (String, Vec<Value<'static>>) {
    let values = vec![Value::instant(put_off_before)];
    list_statement(LIST_DOSE_REVIEWS, values, reporters, &format!("opened_at, one_id, other_id\nLIMIT {limit}"))
}

/// The statement that lists pairs that were decided, and its parameters.
pub(crate) fn decided_statement(reporters: Option<&[OrganizationId]>, limit: u32) -> (String, Vec<Value<'static>>) {
    let order = format!("decided_at DESC, one_id, other_id\nLIMIT {limit}");
    list_statement(LIST_DECIDED_DOSE_REVIEWS, Vec::new(), reporters, &order)
}

fn list_statement(
    list: &str,
    mut values: Vec<Value<'static>>,
    reporters: Option<&[OrganizationId]>,
    order: &str,
) -> (String, Vec<Value<'static>>) {
    let of_reporters = reporters.map_or_else(String::new, |reporters| {
        format!("\n    AND {}", reported_by(&["dose_review.patient_id"], reporters, &mut values))
    });
    (format!("{list}{of_reporters}\nORDER BY {order}"), values)
}

fn read_review(row: &dyn Columns) -> Result<DoseReview, StoreError> {
    Ok(DoseReview {
        opened: DoseReviewOpened {
            one: VaccinationReportId(row.uuid(0)?),
            other: VaccinationReportId(row.uuid(1)?),
            patient_id: PatientId(row.uuid(2)?),
            opened_at: row.instant(4)?,
            rule: row.string(5)?,
        },
        state: row.word(3, DoseReviewState::parse)?,
        decided_at: row.optional_instant(6)?,
        reason: row.string(7)?,
    })
}

pub(crate) fn opened_values(opened: &DoseReviewOpened) -> [Value<'_>; 7] {
    [
        Value::Uuid(opened.one.0),
        Value::Uuid(opened.other.0),
        Value::Uuid(opened.patient_id.0),
        Value::text(DoseReviewState::Open.word()),
        Value::instant(opened.opened_at),
        Value::text(&opened.rule),
        Value::text(""),
    ]
}

pub(crate) fn closed_values((one, other): &(VaccinationReportId, VaccinationReportId)) -> [Value<'_>; 2] {
    [Value::Uuid(one.0), Value::Uuid(other.0)]
}
