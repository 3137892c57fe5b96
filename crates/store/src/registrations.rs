//! Registrations and renewals of organizations, their agreements, and reviews of who has access.

use model::{AccessReview, AccountId, Agreement, OrganizationId, Registration, RegistrationId, RegistrationState};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// Inserts a registration, or replaces one that still has the state it was read in.
pub(crate) const SAVE_REGISTRATION: &str = "
INSERT INTO registration
    (id, code_hash, state, organization_id, answers, begun_at, changed_at, decided_at, decided_by, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE
SET state = excluded.state,
    organization_id = excluded.organization_id,
    answers = excluded.answers,
    changed_at = excluded.changed_at,
    decided_at = excluded.decided_at,
    decided_by = excluded.decided_by,
    note = excluded.note
WHERE registration.state = $11";

pub(crate) const FIND_REGISTRATION: &str = "
SELECT id, code_hash, state, organization_id, answers, begun_at, changed_at, decided_at, decided_by, note
FROM registration
WHERE id = $1";

pub(crate) const FIND_REGISTRATION_BY_CODE: &str = "
SELECT id, code_hash, state, organization_id, answers, begun_at, changed_at, decided_at, decided_by, note
FROM registration
WHERE code_hash = $1";

pub(crate) const LIST_REGISTRATIONS: &str = "
SELECT id, code_hash, state, organization_id, answers, begun_at, changed_at, decided_at, decided_by, note
FROM registration
WHERE state = $1
ORDER BY changed_at DESC, id
LIMIT $2";

pub(crate) const SET_AGREEMENT: &str = "
INSERT INTO agreement (organization_id, registration_id, signed_by, begins_on, ends_on)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (organization_id) DO UPDATE
SET registration_id = excluded.registration_id,
    signed_by = excluded.signed_by,
    begins_on = excluded.begins_on,
    ends_on = excluded.ends_on";

pub(crate) const LIST_AGREEMENTS: &str = "
SELECT organization_id, registration_id, signed_by, begins_on, ends_on
FROM agreement
ORDER BY ends_on, organization_id";

pub(crate) const SET_REVIEW: &str = "
INSERT INTO access_review (account_id, reviewed_at, reviewed_by)
VALUES ($1, $2, $3)
ON CONFLICT (account_id) DO UPDATE
SET reviewed_at = excluded.reviewed_at,
    reviewed_by = excluded.reviewed_by";

pub(crate) const LIST_ACCESS_REVIEWS: &str = "
SELECT account_id, reviewed_at, reviewed_by
FROM access_review
ORDER BY account_id";

impl Database {
    /// Saves a registration that is new, or that is still in the state `from`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when somebody else has moved it on meanwhile.
    pub fn save_registration(&self, registration: &Registration, from: RegistrationState) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(registration.id.0),
            Value::bytes(&registration.code_hash),
            Value::text(registration.state.word()),
            Value::optional(registration.organization_id, |id| Value::Uuid(id.0)),
            Value::document(&registration.answers),
            Value::instant(registration.begun_at),
            Value::instant(registration.changed_at),
            Value::optional(registration.decided_at, Value::instant),
            Value::optional(registration.decided_by, |id| Value::Uuid(id.0)),
            Value::text(&registration.note),
            Value::text(from.word()),
        ];
        self.change_one(SAVE_REGISTRATION, &values, "save a registration")
    }

    /// The registration of that id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreError> {
        self.one_registration(FIND_REGISTRATION, &[Value::Uuid(id.0)])
    }

    /// The registration with this hash of its code.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_registration_by_code(&self, code_hash: &[u8; 32]) -> Result<Option<Registration>, StoreError> {
        self.one_registration(FIND_REGISTRATION_BY_CODE, &[Value::bytes(code_hash)])
    }

    fn one_registration(&self, sql: &str, values: &[Value<'_>]) -> Result<Option<Registration>, StoreError> {
        let found =
            self.read(|connection| connection.query_as(sql, values, "find a registration", read_registration))?;
        Ok(found.into_iter().next())
    }

    /// The registrations in a state, the one changed last first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn registrations(&self, state: RegistrationState, limit: u32) -> Result<Vec<Registration>, StoreError> {
        let values = [Value::text(state.word()), Value::Integer(limit.into())];
        self.read(|connection| {
            connection.query_as(LIST_REGISTRATIONS, &values, "list the registrations", read_registration)
        })
    }

    /// Puts an agreement in place of an earlier one of its organization.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_agreement(&self, agreement: &Agreement) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(agreement.organization_id.0),
            Value::Uuid(agreement.registration_id.0),
            Value::text(&agreement.signed_by),
            Value::Date(agreement.begins_on),
            Value::Date(agreement.ends_on),
        ];
        self.write(|connection| connection.execute(SET_AGREEMENT, &values, "keep an agreement").map(drop))
    }

    /// All agreements, the one that ends first first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn agreements(&self) -> Result<Vec<Agreement>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(Agreement {
                organization_id: OrganizationId(row.uuid(0)?),
                registration_id: RegistrationId(row.uuid(1)?),
                signed_by: row.string(2)?,
                begins_on: row.date(3)?,
                ends_on: row.date(4)?,
            })
        };
        self.read(|connection| connection.query_as(LIST_AGREEMENTS, &[], "list the agreements", read))
    }

    /// Notes that an account is still needed.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_access_review(&self, review: &AccessReview) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(review.account_id.0),
            Value::instant(review.reviewed_at),
            Value::optional(review.reviewed_by, |id| Value::Uuid(id.0)),
        ];
        self.write(|connection| connection.execute(SET_REVIEW, &values, "note a review of access").map(drop))
    }

    /// The newest review of each account that had one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn access_reviews(&self) -> Result<Vec<AccessReview>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(AccessReview {
                account_id: AccountId(row.uuid(0)?),
                reviewed_at: row.instant(1)?,
                reviewed_by: row.optional_uuid(2)?.map(AccountId),
            })
        };
        self.read(|connection| connection.query_as(LIST_ACCESS_REVIEWS, &[], "list the reviews of access", read))
    }
}

fn read_registration(row: &dyn Columns) -> Result<Registration, StoreError> {
    Ok(Registration {
        id: RegistrationId(row.uuid(0)?),
        code_hash: row.hash(1)?,
        state: row.word(2, RegistrationState::parse)?,
        organization_id: row.optional_uuid(3)?.map(OrganizationId),
        answers: row.document(4)?,
        begun_at: row.instant(5)?,
        changed_at: row.instant(6)?,
        decided_at: row.optional_instant(7)?,
        decided_by: row.optional_uuid(8)?.map(AccountId),
        note: row.string(9)?,
    })
}
