//! Passes: operators go in through the web application's closed door, to look at the work before everybody else does.
//!
//! A pass is a person's, holds for an hour, has a reason, and is written down. It is kept in the database, as the
//! program that gave it is often not the one that stands behind the door a quarter of an hour later.

use jiff::{SignedDuration, Timestamp};
use model::{Account, AccountId, AuditAction, AuditEntry, Caller, Channel, DoorPass, Right, Role};

use crate::second_factors::require_fresh;
use crate::{Admission, Pass, Registry, RegistryError, SessionError, SignedIn};

/// How long a pass through a closed door holds.
const PASS: SignedDuration = SignedDuration::from_mins(60);
/// Letters of the reason for a pass, at least and at most.
const REASON_LENGTH: std::ops::RangeInclusive<usize> = 5..=500;

impl Registry {
    /// Gives the signed-in person the leave to pass the web application's closed door for an hour, and writes it down.
    ///
    /// # Errors
    /// [`SessionError::ProofStale`] without a fresh second factor; [`RegistryError::Forbidden`] for somebody who may
    /// not plan maintenance; [`RegistryError::Refused`] without a reason.
    pub async fn take_pass(
        &self,
        admission: &Admission,
        signed_in: &SignedIn,
        reason: &str,
        now: Timestamp,
    ) -> Result<Pass, SessionError> {
        let caller = signed_in.caller().ok_or(SessionError::ProofStale)?;
        require_fresh(signed_in, now)?;
        self.authorize_here(&caller, Right::PassClosedDoor)?;
        Ok(self.keep_pass(admission, &caller, &signed_in.account, reason, now).await?)
    }

    /// Gives an account that may plan maintenance the leave to pass, on the word of whoever has the command line.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account, it may not plan maintenance, or without a reason.
    pub async fn give_pass(
        &self,
        admission: &Admission,
        operator: &Caller,
        username: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Pass, RegistryError> {
        self.authorize_here(operator, Right::PassClosedDoor)?;
        let directory = self.directory().snapshot();
        let Some(account) = directory.find_account(username) else {
            return Err(RegistryError::Refused(format!("there is no account {username}")));
        };
        let may = |role: Role| role.reach(Right::PassClosedDoor).is_some();
        if !directory.may_act_for(account).iter().any(|(_, role)| may(*role)) {
            return Err(RegistryError::Refused(format!("{username} may not pass closed doors")));
        }
        self.keep_pass(admission, operator, account, reason, now).await
    }

    /// The pass that the signed-in person has now, if any, and still may have.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pass_of(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        now: Timestamp,
    ) -> Result<Option<Pass>, RegistryError> {
        let may = signed_in.caller().is_some_and(|caller| self.may_here(&caller, Right::PassClosedDoor));
        if !may {
            return Ok(None);
        }
        let id = signed_in.account.id;
        let found = self.blocking(move |registry| Ok(registry.database().find_door_pass(id, now)?)).await?;
        Ok(found.map(|pass| Pass { channel: Channel::Web, expires_at: pass.expires_at }))
    }

    /// Takes an account's pass back.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn return_pass(
        &self,
        admission: &Admission,
        operator: &Caller,
        id: AccountId,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        let was_there = self.blocking(move |registry| Ok(registry.database().remove_door_pass(id)?)).await?;
        if was_there {
            self.write_down_pass(admission, operator, now, "gives back the leave to pass closed doors".into()).await?;
        }
        Ok(())
    }

    async fn keep_pass(
        &self,
        admission: &Admission,
        operator: &Caller,
        account: &Account,
        reason: &str,
        now: Timestamp,
    ) -> Result<Pass, RegistryError> {
        let reason = reason.trim().to_owned();
        if !REASON_LENGTH.contains(&reason.chars().count()) || reason.contains(char::is_control) {
            let (least, most) = (REASON_LENGTH.start(), REASON_LENGTH.end());
            let refusal = format!("say in a line why you must pass the closed door, in {least} to {most} characters");
            return Err(RegistryError::Refused(refusal));
        }
        let pass = DoorPass {
            account_id: account.id,
            given_at: now,
            expires_at: now + PASS,
            given_by: operator.username.clone(),
            reason,
        };
        let what = format!("{} may pass closed doors until {:.0}: {}", account.username, pass.expires_at, pass.reason);
        self.write_down_pass(admission, operator, now, what).await?;
        let expires_at = pass.expires_at;
        self.blocking(move |registry| Ok(registry.database().set_door_pass(&pass)?)).await?;
        Ok(Pass { channel: Channel::Web, expires_at })
    }

    /// In every mode of the doors: who passes is written down whatever else may not be.
    async fn write_down_pass(
        &self,
        _admission: &Admission,
        operator: &Caller,
        now: Timestamp,
        detail: String,
    ) -> Result<(), RegistryError> {
        let entry = AuditEntry {
            at: now,
            account_id: operator.account_id,
            organization_id: operator.organization_id,
            action: AuditAction::Administered,
            patient_id: None,
            message_id: None,
            detail,
        };
        self.lanes().note(None, vec![entry]).await
    }
}
