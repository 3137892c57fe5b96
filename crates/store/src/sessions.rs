//! Sessions, memberships and invitations of people who sign in.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{AccountId, Invitation, Membership, OrganizationId, Role, Session, SessionId};
use uuid::Uuid;

use crate::sets::{Keys, SetRead};
use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const INSERT_SESSION: &str = "
INSERT INTO session (id, token_hash, account_id, organization_id, started_at, seen_at, proved_at, source, agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Replaces what changes while a session lasts, if it still has the token that it was read by.
pub(crate) const UPDATE_SESSION: &str = "
UPDATE session
SET token_hash = $3,
    organization_id = $4,
    seen_at = $5,
    proved_at = $6
WHERE id = $1 AND token_hash = $2";

pub(crate) const TOUCH_SESSION: &str = "
UPDATE session
SET seen_at = $2
WHERE id = $1 AND seen_at < $2";

pub(crate) const FIND_SESSION: &str = "
SELECT id, token_hash, account_id, organization_id, started_at, seen_at, proved_at, source, agent
FROM session
WHERE token_hash = $1";

pub(crate) const LIST_SESSIONS: &str = "
SELECT id, token_hash, account_id, organization_id, started_at, seen_at, proved_at, source, agent
FROM session
WHERE account_id = $1
ORDER BY started_at DESC, id";

pub(crate) const REMOVE_SESSION: &str = "
DELETE FROM session
WHERE account_id = $1 AND id = $2";

pub(crate) const REMOVE_SESSIONS: &str = "
DELETE FROM session
WHERE account_id = $1";

pub(crate) const REMOVE_OLD_SESSIONS: &str = "
DELETE FROM session
WHERE seen_at < $1 OR started_at < $2";

/// Sessions are removed when they are over; second factors, without which nobody signs in, remember their last use.
pub(crate) const READ_LAST_SEEN: SetRead = SetRead {
    attempt: "read when accounts were last seen",
    sql: "
SELECT account_id, MAX(seen_at)
FROM (
    SELECT account_id, seen_at
    FROM session
    WHERE account_id {among}
    UNION ALL
    SELECT account_id, used_at
    FROM sign_in_factor
    WHERE account_id {among} AND used_at IS NOT NULL
    UNION ALL
    SELECT account_id, used_at
    FROM account_use
    WHERE account_id {among}
) AS seen
GROUP BY account_id",
    limit_per_key: None,
};

pub(crate) const READ_INVITATIONS: SetRead = SetRead {
    attempt: "read until when accounts are invited",
    sql: "
SELECT account_id, expires_at
FROM invitation
WHERE account_id {among}",
    limit_per_key: None,
};

pub(crate) const LIST_MEMBERSHIPS: &str = "
SELECT account_id, organization_id, role
FROM membership
ORDER BY account_id, organization_id";

pub(crate) const SET_MEMBERSHIP: &str = "
INSERT INTO membership (account_id, organization_id, role)
VALUES ($1, $2, $3)
ON CONFLICT (account_id, organization_id) DO UPDATE
SET role = excluded.role";

pub(crate) const REMOVE_MEMBERSHIP: &str = "
DELETE FROM membership
WHERE account_id = $1 AND organization_id = $2";

pub(crate) const SET_INVITATION: &str = "
INSERT INTO invitation (account_id, code_hash, issued_by, issued_at, expires_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id) DO UPDATE
SET code_hash = excluded.code_hash,
    issued_by = excluded.issued_by,
    issued_at = excluded.issued_at,
    expires_at = excluded.expires_at";

pub(crate) const FIND_INVITATION: &str = "
SELECT account_id, code_hash, issued_by, issued_at, expires_at
FROM invitation
WHERE code_hash = $1";

pub(crate) const REMOVE_INVITATION: &str = "
DELETE FROM invitation
WHERE account_id = $1 AND code_hash = $2";

impl Database {
    /// Adds a session.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn insert_session(&self, session: &Session) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(session.id.0),
            Value::bytes(&session.token_hash),
            Value::Uuid(session.account_id.0),
            Value::Uuid(session.organization_id.0),
            Value::instant(session.started_at),
            Value::instant(session.seen_at),
            Value::optional(session.proved_at, Value::instant),
            Value::text(&session.source),
            Value::text(&session.agent),
        ];
        self.write(|connection| connection.execute(INSERT_SESSION, &values, "add a session").map(drop))
    }

    /// Replaces token, organization and times of a session that still has the token `known_by`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it has ended or was given another token meanwhile.
    pub fn update_session(&self, session: &Session, known_by: &[u8; 32]) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(session.id.0),
            Value::bytes(known_by),
            Value::bytes(&session.token_hash),
            Value::Uuid(session.organization_id.0),
            Value::instant(session.seen_at),
            Value::optional(session.proved_at, Value::instant),
        ];
        self.change_one(UPDATE_SESSION, &values, "change a session")
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let values = [Value::Uuid(id.0), Value::instant(at)];
        self.write(|connection| connection.execute(TOUCH_SESSION, &values, "note the use of a session").map(drop))
    }

    /// The session with this hash of its token.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_session(&self, token_hash: &[u8; 32]) -> Result<Option<Session>, StoreError> {
        let values = [Value::bytes(token_hash)];
        let found =
            self.read(|connection| connection.query_as(FIND_SESSION, &values, "find a session", read_session))?;
        Ok(found.into_iter().next())
    }

    /// The sessions of an account, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sessions_of(&self, id: AccountId) -> Result<Vec<Session>, StoreError> {
        self.read(|connection| {
            connection.query_as(LIST_SESSIONS, &[Value::Uuid(id.0)], "list the sessions of an account", read_session)
        })
    }

    /// When people signed in or opened a page last, and programs signed in, by account; who never did is not there.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_seen(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, Timestamp>, StoreError> {
        self.instants_of(&READ_LAST_SEEN, ids)
    }

    /// Until when the invitations hold that nobody has used, by account.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn invited_until(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, Timestamp>, StoreError> {
        self.instants_of(&READ_INVITATIONS, ids)
    }

    fn instants_of(
        &self,
        read: &'static SetRead,
        ids: &[AccountId],
    ) -> Result<HashMap<AccountId, Timestamp>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
        self.read(|connection| {
            let mut instants = HashMap::with_capacity(ids.len());
            connection.read_sets(&[(read, Keys::Ids(&ids))], &mut |_, row| {
                instants.insert(AccountId(row.uuid(0)?), row.instant(1)?);
                Ok(())
            })?;
            Ok(instants)
        })
    }

    /// Ends one session of an account; gives whether there was one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_session(&self, account_id: AccountId, id: SessionId) -> Result<bool, StoreError> {
        let values = [Value::Uuid(account_id.0), Value::Uuid(id.0)];
        self.write(|connection| Ok(connection.execute(REMOVE_SESSION, &values, "end a session")? > 0))
    }

    /// Ends all sessions of an account; gives their number.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_sessions_of(&self, id: AccountId) -> Result<u64, StoreError> {
        self.write(|connection| connection.execute(REMOVE_SESSIONS, &[Value::Uuid(id.0)], "end all sessions"))
    }

    /// Removes sessions not used since the one instant or begun before the other; gives their number.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_old_sessions(&self, unused_since: Timestamp, begun_before: Timestamp) -> Result<u64, StoreError> {
        let values = [Value::instant(unused_since), Value::instant(begun_before)];
        self.write(|connection| connection.execute(REMOVE_OLD_SESSIONS, &values, "remove sessions that are over"))
    }

    /// All memberships, by account.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn memberships(&self) -> Result<Vec<Membership>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(Membership {
                account_id: AccountId(row.uuid(0)?),
                organization_id: OrganizationId(row.uuid(1)?),
                role: row.word(2, Role::parse)?,
            })
        };
        self.read(|connection| connection.query_as(LIST_MEMBERSHIPS, &[], "list the memberships", read))
    }

    /// Lets an account act for an organization, in a role.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_membership(&self, membership: &Membership) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(membership.account_id.0),
            Value::Uuid(membership.organization_id.0),
            Value::text(membership.role.word()),
        ];
        self.write_directory(|connection| connection.execute(SET_MEMBERSHIP, &values, "set a membership").map(drop))
    }

    /// Ends a membership; gives whether there was one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_membership(&self, id: AccountId, organization_id: OrganizationId) -> Result<bool, StoreError> {
        let values = [Value::Uuid(id.0), Value::Uuid(organization_id.0)];
        self.write_directory(|connection| Ok(connection.execute(REMOVE_MEMBERSHIP, &values, "end a membership")? > 0))
    }

    /// Keeps an invitation in place of an earlier one of the account.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_invitation(&self, invitation: &Invitation) -> Result<(), StoreError> {
        let values = [
            Value::Uuid(invitation.account_id.0),
            Value::bytes(&invitation.code_hash),
            Value::optional(invitation.issued_by, |id| Value::Uuid(id.0)),
            Value::instant(invitation.issued_at),
            Value::instant(invitation.expires_at),
        ];
        self.write(|connection| connection.execute(SET_INVITATION, &values, "keep an invitation").map(drop))
    }

    /// The invitation with this hash of its code.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_invitation(&self, code_hash: &[u8; 32]) -> Result<Option<Invitation>, StoreError> {
        let read = |row: &dyn Columns| {
            Ok(Invitation {
                account_id: AccountId(row.uuid(0)?),
                code_hash: row.hash(1)?,
                issued_by: row.optional_uuid(2)?.map(AccountId),
                issued_at: row.instant(3)?,
                expires_at: row.instant(4)?,
            })
        };
        let values = [Value::bytes(code_hash)];
        let found =
            self.read(|connection| connection.query_as(FIND_INVITATION, &values, "find an invitation", read))?;
        Ok(found.into_iter().next())
    }

    /// Uses an invitation up; gives whether it was still there.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_invitation(&self, invitation: &Invitation) -> Result<bool, StoreError> {
        let values = [Value::Uuid(invitation.account_id.0), Value::bytes(&invitation.code_hash)];
        self.write(|connection| Ok(connection.execute(REMOVE_INVITATION, &values, "use an invitation up")? > 0))
    }
}

fn read_session(row: &dyn Columns) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId(row.uuid(0)?),
        token_hash: row.hash(1)?,
        account_id: AccountId(row.uuid(2)?),
        organization_id: OrganizationId(row.uuid(3)?),
        started_at: row.instant(4)?,
        seen_at: row.instant(5)?,
        proved_at: row.optional_instant(6)?,
        source: row.string(7)?,
        agent: row.string(8)?,
    })
}
