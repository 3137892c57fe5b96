//! Second factors: authenticator apps, recovery codes, and the invitation that lets somebody begin anew.
//!
//! # Source
//! NIST SP 800-63B-4, 3.1.2 (recovery codes) and 3.1.5 (one-time passwords).

mod codes;
mod reset;

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use model::{AccountId, AuditAction, Caller, Factor, FactorId, FactorKind, Invitation, Right, Session};

use crate::passwords::{check_password, hash_password};
use crate::sessions::SessionToken;
use crate::sign_ins::Failed;
use crate::{Admission, Registry, RegistryError, SessionError, SignInRefused, SignedIn, Stage};

use codes::matching_step;
pub use codes::{AuthenticatorKey, RECOVERY_CODE_COUNT, RecoveryCodes};
pub(crate) use codes::{code_text, hash_of_code};
pub use reset::SecondFactorReset;

/// Second factors of an account at most, recovery codes not counted.
const FACTORS_MAXIMUM: usize = 10;
/// Letters kept of what its owner calls a factor.
const LABEL_LENGTH_MAXIMUM: usize = 60;
/// How long an invitation works.
const INVITED_FOR: SignedDuration = SignedDuration::from_hours(72);

impl Registry {
    /// The second factors of the signed-in person.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn factors(&self, _admission: &Admission, signed_in: &SignedIn) -> Result<Vec<Factor>, SessionError> {
        let id = signed_in.account.id;
        let mut factors = self.blocking(move |registry| Ok(registry.database().factors_of(id)?)).await?;
        factors.iter_mut().for_each(|factor| factor.secret.clear());
        Ok(factors)
    }

    /// Proves with a code of an app, or with a recovery code, who the signed-in person is. This opens the session, or
    /// makes it fresh; it gets another token.
    ///
    /// # Errors
    /// [`SessionError::ProofWrong`]; after some of them [`SignInRefused::LockedOut`].
    pub async fn prove_with_code(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        code: &str,
        token: SessionToken,
        at: Timestamp,
    ) -> Result<Session, SessionError> {
        let subjects = self.check_code_lock(signed_in, at)?;
        let (id, code) = (signed_in.account.id, code.to_owned());
        let used = self.blocking(move |registry| registry.use_code(id, &code, at)).await?;
        match used {
            Some(by) => {
                self.sign_ins().forget_failures(&subjects);
                self.prove_session(signed_in, token, at, by).await
            }
            None => {
                self.sign_ins().record_failure(&subjects, at);
                self.note(signed_in, AuditAction::SignInRefused, at, "wrong code of the second factor".into()).await?;
                Err(SessionError::ProofWrong)
            }
        }
    }

    /// Adds the authenticator app whose key this session offers, once it shows the right code. The first factor opens
    /// the session; a further one needs a fresh proof.
    ///
    /// # Errors
    /// [`SessionError::ProofWrong`], [`SessionError::ProofStale`].
    pub async fn add_authenticator(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        offered: (&SessionToken, FactorId),
        typed: (&str, &str),
        token: SessionToken,
        at: Timestamp,
    ) -> Result<Session, SessionError> {
        let ((current, id), (label, code)) = (offered, typed);
        let subjects = self.check_code_lock(signed_in, at)?;
        let key = AuthenticatorKey::of_session(current);
        let Some(step) = matching_step(&key.0, code, at, -1) else {
            self.sign_ins().record_failure(&subjects, at);
            return Err(SessionError::ProofWrong);
        };
        let factor = Factor {
            id,
            account_id: signed_in.account.id,
            kind: FactorKind::AuthenticatorApp,
            label: shortened(label),
            secret: key.0.to_vec(),
            counter: step,
            created_at: at,
            used_at: Some(at),
        };
        self.add_factor(signed_in, factor, at).await?;
        self.prove_session(signed_in, token, at, "an authenticator app").await
    }

    /// Keeps a new second factor: the first one, or, with a fresh proof, a further one.
    pub(crate) async fn add_factor(
        &self,
        signed_in: &SignedIn,
        factor: Factor,
        at: Timestamp,
    ) -> Result<(), SessionError> {
        match signed_in.stage {
            Stage::SecondFactorDue => return Err(SessionError::ProofStale),
            Stage::Open if !signed_in.is_fresh(at) => return Err(SessionError::ProofStale),
            Stage::Open | Stage::EnrollmentDue => {}
        }
        let what = format!("added a second factor: {}", factor.kind.word());
        self.blocking(move |registry| {
            let known = registry.database().factors_of(factor.account_id)?;
            let devices = known.iter().filter(|factor| factor.kind != FactorKind::RecoveryCode).count();
            if devices >= FACTORS_MAXIMUM {
                return Err(RegistryError::Refused(format!("there are {FACTORS_MAXIMUM} second factors already")));
            }
            Ok(registry.database().insert_factor(&factor)?)
        })
        .await?;
        Ok(self.note(signed_in, AuditAction::AccountChanged, at, what).await?)
    }

    /// Removes a second factor; the last one cannot be removed.
    ///
    /// # Errors
    /// [`SessionError::ProofStale`]; [`RegistryError::Refused`] when it is the last one.
    pub async fn remove_factor(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        id: FactorId,
        at: Timestamp,
    ) -> Result<(), SessionError> {
        require_fresh(signed_in, at)?;
        let account = signed_in.account.id;
        self.blocking(move |registry| {
            let known = registry.database().factors_of(account)?;
            let is_device = |factor: &&Factor| factor.kind != FactorKind::RecoveryCode;
            if !known.iter().filter(is_device).any(|factor| factor.id != id) {
                let reason = "this is the last second factor: add another one before removing it";
                return Err(RegistryError::Refused(reason.into()));
            }
            Ok(registry.database().remove_factor(account, id)?)
        })
        .await?;
        Ok(self.note(signed_in, AuditAction::AccountChanged, at, "removed a second factor".into()).await?)
    }

    /// Puts new recovery codes in place of the old ones.
    ///
    /// # Errors
    /// [`SessionError::ProofStale`].
    pub async fn replace_recovery_codes(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        codes: &RecoveryCodes,
        at: Timestamp,
    ) -> Result<(), SessionError> {
        require_fresh(signed_in, at)?;
        let account_id = signed_in.account.id;
        let factors: Vec<Factor> = codes
            .codes
            .iter()
            .map(|(id, text)| Factor {
                id: *id,
                account_id,
                kind: FactorKind::RecoveryCode,
                label: String::new(),
                secret: hash_of_code(text).to_vec(),
                counter: 0,
                created_at: at,
                used_at: None,
            })
            .collect();
        self.blocking(move |registry| Ok(registry.database().replace_recovery_codes(account_id, &factors)?)).await?;
        Ok(self.note(signed_in, AuditAction::AccountChanged, at, "made new recovery codes".into()).await?)
    }

    /// Gives the signed-in person another password and ends all their other sessions.
    ///
    /// # Errors
    /// [`SessionError::ProofStale`]; [`RegistryError::Refused`] when the password is not good enough.
    pub async fn change_own_password(
        &self,
        admission: &Admission,
        signed_in: &SignedIn,
        password: &str,
        salt: [u8; 16],
        at: Timestamp,
    ) -> Result<(), SessionError> {
        require_fresh(signed_in, at)?;
        self.keep_password(signed_in.account.id, password.to_owned(), salt).await?;
        self.end_sessions(admission, signed_in, None, at).await?;
        Ok(self.note(signed_in, AuditAction::AccountChanged, at, "changed the password".into()).await?)
    }

    /// Invites somebody who is new or locked out: with the code that is given back, once and for three days, they choose
    /// a password and set up a second factor anew. Until then nothing changes for them.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may not; [`RegistryError::Refused`] when there is no such account.
    pub async fn invite(
        &self,
        _admission: &Admission,
        caller: &Caller,
        username: &str,
        random: [u8; 10],
        at: Timestamp,
    ) -> Result<String, RegistryError> {
        let account = self.require_account(username)?;
        self.authorize(caller, Right::ChangeAccounts, account.organization_id)?;
        let code = code_text(&random);
        let invitation = Invitation {
            account_id: account.id,
            code_hash: hash_of_code(&code),
            issued_by: caller.account_id,
            issued_at: at,
            expires_at: at + INVITED_FOR,
        };
        self.blocking(move |registry| Ok(registry.database().set_invitation(&invitation)?)).await?;
        self.note_administration(caller, account.organization_id, at, format!("invited account {}", account.username))
            .await?;
        Ok(code)
    }

    /// Uses an invitation: the account gets this password, loses its second factors and its sessions. Gives the user
    /// name to sign in with.
    ///
    /// # Errors
    /// [`SessionError::ProofWrong`] for a code that is wrong, used or too old.
    pub async fn accept_invitation(
        &self,
        _admission: &Admission,
        code: &str,
        password: &str,
        salt: [u8; 16],
        (source, at): (IpAddr, Timestamp),
    ) -> Result<String, SessionError> {
        let subjects = [Failed::Source(source)];
        if let Some(retry_after_seconds) = self.sign_ins().locked_for(&subjects, at) {
            return Err(SignInRefused::LockedOut { retry_after_seconds }.into());
        }
        let hash = hash_of_code(code);
        let found = self.blocking(move |registry| Ok(registry.database().find_invitation(&hash)?)).await?;
        let snapshot = self.directory().snapshot();
        let account = found.as_ref().filter(|invitation| at < invitation.expires_at);
        let account = account.and_then(|invitation| snapshot.account(invitation.account_id));
        let (Some(invitation), Some(account)) = (found, account) else {
            self.sign_ins().record_failure(&subjects, at);
            return Err(SessionError::ProofWrong);
        };
        check_password(password, &self.names_of(account).each_ref().map(String::as_str))?;
        if !self.blocking(move |registry| Ok(registry.database().remove_invitation(&invitation)?)).await? {
            return Err(SessionError::ProofWrong);
        }
        let id = account.id;
        self.keep_password(id, password.to_owned(), salt).await?;
        self.blocking(move |registry| {
            registry.database().remove_factors_of(id)?;
            Ok(registry.database().remove_sessions_of(id)?)
        })
        .await?;
        let entry = model::AuditEntry {
            at,
            account_id: Some(id),
            organization_id: account.organization_id,
            action: AuditAction::AccountChanged,
            patient_id: None,
            message_id: None,
            detail: "chose a password by invitation".into(),
        };
        self.lanes().note(None, vec![entry]).await?;
        Ok(account.username.clone())
    }

    /// Adds an authenticator app without asking for a code of it: for the demonstration.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account.
    pub fn give_authenticator(
        &self,
        _admission: &Admission,
        username: &str,
        id: FactorId,
        key: &AuthenticatorKey,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        self.database().remove_factors_of(account.id)?;
        let factor = Factor {
            id,
            account_id: account.id,
            kind: FactorKind::AuthenticatorApp,
            label: "demonstration".into(),
            secret: key.0.to_vec(),
            counter: -1,
            created_at: at,
            used_at: None,
        };
        Ok(self.database().insert_factor(&factor)?)
    }

    async fn keep_password(&self, id: AccountId, password: String, salt: [u8; 16]) -> Result<(), SessionError> {
        let snapshot = self.directory().snapshot();
        let account = snapshot.account(id).ok_or(SessionError::Over)?;
        check_password(&password, &self.names_of(account).each_ref().map(String::as_str))?;
        let kept = self.blocking(move |registry| {
            let hash = hash_password(&password, &salt)?;
            registry.database().update_account_password(id, &hash)?;
            registry.refresh()
        });
        Ok(kept.await?)
    }

    /// What a wrong code counts against, if it is not locked.
    pub(crate) fn check_code_lock(&self, signed_in: &SignedIn, at: Timestamp) -> Result<[Failed; 1], SessionError> {
        let subjects = [Failed::Code(signed_in.account.id)];
        match self.sign_ins().locked_for(&subjects, at) {
            Some(retry_after_seconds) => Err(SignInRefused::LockedOut { retry_after_seconds }.into()),
            None => Ok(subjects),
        }
    }

    /// Uses a code up; gives what it was a code of.
    fn use_code(&self, id: AccountId, code: &str, at: Timestamp) -> Result<Option<&'static str>, RegistryError> {
        let code_hash = hash_of_code(code);
        for factor in self.database().factors_of(id)? {
            match factor.kind {
                FactorKind::AuthenticatorApp => {
                    let step = matching_step(&factor.secret, code, at, factor.counter);
                    if let Some(step) = step
                        && self.database().use_factor(&factor, step, at)?
                    {
                        return Ok(Some("an authenticator app"));
                    }
                }
                FactorKind::RecoveryCode => {
                    if factor.secret == code_hash && self.database().remove_factor(id, factor.id)? {
                        return Ok(Some("a recovery code"));
                    }
                }
                FactorKind::Passkey => {}
            }
        }
        Ok(None)
    }
}

/// Refuses a sensitive change of somebody who proved too long ago who they are.
pub(crate) fn require_fresh(signed_in: &SignedIn, at: Timestamp) -> Result<(), SessionError> {
    if signed_in.is_fresh(at) { Ok(()) } else { Err(SessionError::ProofStale) }
}

pub(crate) fn shortened(label: &str) -> String {
    label.trim().chars().filter(|letter| !letter.is_control()).take(LABEL_LENGTH_MAXIMUM).collect()
}
