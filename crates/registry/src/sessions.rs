//! Signed-in people: a session begins with a password, opens with a second factor, and ends by itself.
//!
//! The browser holds a random token, the registry its hash. The token changes whenever the session gains rights, so that
//! one that was planted or seen before opens nothing.

use std::net::IpAddr;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use model::{
    Account, AccountId, AccountKind, AuditAction, AuditEntry, Caller, Factor, Organization, OrganizationId, Role,
    Session, SessionId, Standing,
};
use sha2::{Digest, Sha256};

use crate::accounts::caller;
use crate::{Admission, Credentials, Registry, RegistryError, SignInRefused};

/// A session that is not used for as long ends.
pub(crate) const IDLE_MAXIMUM: SignedDuration = SignedDuration::from_mins(15);
/// A session ends after as long, however much it is used.
const SESSION_MAXIMUM: SignedDuration = SignedDuration::from_hours(12);
/// A session that waits for its second factor ends after as long.
const UNPROVED_MAXIMUM: SignedDuration = SignedDuration::from_mins(10);
/// How long a proof of who one is suffices for sensitive changes.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Uses of a session are noted this far apart.
const TOUCHED_EVERY: SignedDuration = SignedDuration::from_secs(30);
/// Letters kept of what a browser calls itself.
const AGENT_LENGTH_MAXIMUM: usize = 120;

/// The secret in the browser's cookie: 256 random bits, written as hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    /// Of random bytes.
    pub fn new(random: [u8; 32]) -> SessionToken {
        SessionToken(random)
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// A secret for one purpose, derived from the token: what forms carry, for example. The token cannot be found
    /// from it.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        Sha256::new().chain_update(b"derived\0").chain_update(purpose).chain_update(self.0).finalize().into()
    }
}

/// For the cookie. Whoever has it is signed in.
impl std::fmt::Display for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Nothing of it: it must not get into a log.
impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(...)")
    }
}

impl FromStr for SessionToken {
    type Err = ();

    fn from_str(text: &str) -> Result<SessionToken, ()> {
        if text.len() != 64 || !text.is_ascii() {
            return Err(());
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).map_err(|_| ())?;
        }
        Ok(SessionToken(bytes))
    }
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Its id, made by the door.
    pub id: SessionId,
    /// Its token, made by the door.
    pub token: SessionToken,
    /// What the browser calls itself.
    pub agent: &'a str,
    /// The tag (BCP 47) of the language that the browser is shown.
    pub language: &'a str,
}

/// How far somebody has come with signing in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The password was right; a second factor is due.
    SecondFactorDue,
    /// The password was right; the account has no second factor yet, and one must be set up first.
    EnrollmentDue,
    /// Signed in.
    Open,
}

/// A session that holds, and for whom.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The account, without its password's hash.
    pub account: Account,
    /// The organization or site that the person acts for.
    pub organization: Organization,
    /// The role there.
    pub role: Role,
    /// How far they have come.
    pub stage: Stage,
    /// When the session ends if it is not used again.
    pub ends_at: Timestamp,
}

impl SignedIn {
    /// Who is asking, for the verbs of the registry. `None` before the second factor: nothing can be done yet.
    pub fn caller(&self) -> Option<Caller> {
        let standing = Standing::Person(self.role);
        (self.stage == Stage::Open).then(|| caller(&self.account, &self.organization, standing))
    }

    /// Whether the person proved lately enough who they are for a sensitive change.
    pub fn is_fresh(&self, at: Timestamp) -> bool {
        self.session.proved_at.is_some_and(|proved_at| at.duration_since(proved_at) <= FRESH_FOR)
    }
}

/// Why a step of signing in, or of using a session, was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The password was not accepted.
    #[error(transparent)]
    Refused(#[from] SignInRefused),
    /// The session has ended; sign in again.
    #[error("the session has ended")]
    Over,
    /// The code or the passkey is not right, or was used already.
    #[error("the code is wrong, has run out, or was used before")]
    ProofWrong,
    /// This change needs a proof of who one is that is not older than some minutes.
    #[error("prove again who you are before this change")]
    ProofStale,
    /// The machine, or an order that cannot be followed.
    #[error(transparent)]
    Failed(#[from] RegistryError),
}

impl From<store::StoreError> for SessionError {
    fn from(error: store::StoreError) -> SessionError {
        SessionError::Failed(error.into())
    }
}

impl Registry {
    /// Begins a session with user name and password. It opens with the second factor. Mail comes in the language
    /// of the newest one.
    ///
    /// # Errors
    /// [`SessionError::Refused`], after the same time whatever the reason.
    pub async fn begin_session(
        &self,
        _admission: &Admission,
        credentials: Credentials<'_>,
        new: NewSession<'_>,
    ) -> Result<Session, SessionError> {
        let Credentials { username, source, at, .. } = credentials;
        let account = match self.check_credentials(AccountKind::WebUser, &credentials).await {
            Ok(account) => account,
            Err(refused) => {
                self.note_refused(username, source, at, refused);
                return Err(refused.into());
            }
        };
        let snapshot = self.directory().snapshot();
        let may_act_for = snapshot.may_act_for(&account);
        let own = may_act_for.iter().find(|(organization, _)| organization.id == account.organization_id);
        let (organization, _) = own.or(may_act_for.first()).ok_or(SignInRefused::FacilityNotAllowed)?;
        let session = Session {
            id: new.id,
            token_hash: new.token.hash(),
            account_id: account.id,
            organization_id: organization.id,
            started_at: at,
            seen_at: at,
            proved_at: None,
            source: source.to_string(),
            agent: new.agent.chars().filter(|letter| !letter.is_control()).take(AGENT_LENGTH_MAXIMUM).collect(),
        };
        let kept = session.clone();
        self.blocking(move |registry| Ok(registry.database().insert_session(&kept)?)).await?;
        if account.language.as_deref() != Some(new.language) {
            self.choose_language(account.id, new.language).await?;
        }
        Ok(session)
    }

    /// Writes mail to a person in this language from now on. A tag of BCP 47.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_language(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        language: &str,
    ) -> Result<(), RegistryError> {
        self.choose_language(signed_in.account.id, language).await
    }

    async fn choose_language(&self, id: AccountId, language: &str) -> Result<(), RegistryError> {
        let language = language.to_owned();
        self.blocking(move |registry| {
            registry.database().update_account_language(id, &language)?;
            registry.refresh()
        })
        .await
    }

    /// The session of this token, if it holds, and notes that it was used.
    ///
    /// # Errors
    /// [`SessionError::Over`].
    pub async fn resume_session(
        &self,
        admission: &Admission,
        token: &SessionToken,
        at: Timestamp,
    ) -> Result<SignedIn, SessionError> {
        let mut signed_in = self.peek_session(admission, token, at).await?;
        if at.duration_since(signed_in.session.seen_at) >= TOUCHED_EVERY {
            let id = signed_in.session.id;
            self.blocking(move |registry| Ok(registry.database().touch_session(id, at)?)).await?;
            signed_in.session.seen_at = at;
            signed_in.ends_at = ends_at(&signed_in.session);
        }
        Ok(signed_in)
    }

    /// The same, without noting it: for a page that asks how long its session still lasts.
    ///
    /// # Errors
    /// [`SessionError::Over`].
    pub async fn peek_session(
        &self,
        _admission: &Admission,
        token: &SessionToken,
        at: Timestamp,
    ) -> Result<SignedIn, SessionError> {
        let hash = token.hash();
        let found = self.blocking(move |registry| {
            let Some(session) = registry.database().find_session(&hash)? else { return Ok(None) };
            let factors = match session.proved_at {
                Some(_) => Vec::new(),
                None => registry.database().factors_of(session.account_id)?,
            };
            Ok(Some((session, factors)))
        });
        let (session, factors) = found.await?.ok_or(SessionError::Over)?;
        self.signed_in(session, &factors, at).ok_or(SessionError::Over)
    }

    /// Ends the session of this token.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_session(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        at: Timestamp,
    ) -> Result<(), SessionError> {
        let (account, id) = (signed_in.account.id, signed_in.session.id);
        self.blocking(move |registry| Ok(registry.database().remove_session(account, id)?)).await?;
        Ok(self.note(signed_in, AuditAction::SignedOut, at, "signed out".into()).await?)
    }

    /// The sessions of the signed-in person that still hold, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn sessions(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        at: Timestamp,
    ) -> Result<Vec<Session>, SessionError> {
        let id = signed_in.account.id;
        let mut all = self.blocking(move |registry| Ok(registry.database().sessions_of(id)?)).await?;
        all.retain(|session| at < ends_at(session));
        Ok(all)
    }

    /// Ends another session of the signed-in person, or all others.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn end_sessions(
        &self,
        admission: &Admission,
        signed_in: &SignedIn,
        which: Option<SessionId>,
        at: Timestamp,
    ) -> Result<(), SessionError> {
        let own = signed_in.session.id;
        let sessions = self.sessions(admission, signed_in, at).await?;
        let ended = sessions.into_iter().filter(|session| session.id != own && which.is_none_or(|id| id == session.id));
        let ended: Vec<Session> = ended.collect();
        let count = ended.len();
        self.blocking(move |registry| {
            for session in ended {
                registry.database().remove_session(session.account_id, session.id)?;
            }
            Ok(())
        })
        .await?;
        Ok(self.note(signed_in, AuditAction::SignedOut, at, format!("ended {count} other sessions")).await?)
    }

    /// The organizations and sites that the signed-in person may act for, with the role there, by code.
    pub fn may_act_for(&self, _admission: &Admission, signed_in: &SignedIn) -> Vec<(Organization, Role)> {
        let snapshot = self.directory().snapshot();
        let all = snapshot.may_act_for(&signed_in.account);
        all.into_iter().map(|(organization, role)| (organization.clone(), role)).collect()
    }

    /// Lets the signed-in person act for another of their organizations. The session gets a new token.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when it is none of theirs.
    pub async fn switch_organization(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        organization: OrganizationId,
        token: SessionToken,
        at: Timestamp,
    ) -> Result<Session, SessionError> {
        if self.directory().snapshot().role_in(&signed_in.account, organization).is_none() {
            return Err(RegistryError::Refused("this account may not act for that organization".into()).into());
        }
        let known_by = signed_in.session.token_hash;
        let changed = Session { organization_id: organization, token_hash: token.hash(), ..signed_in.session.clone() };
        let session = self.replace_session(changed, known_by).await?;
        let mut there = signed_in.clone();
        there.organization.id = organization;
        self.note(&there, AuditAction::SignedIn, at, "acts for this organization from now on".into()).await?;
        Ok(session)
    }

    /// Removes sessions that are over; gives their number. For the background.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn remove_old_sessions(&self, _admission: &Admission, at: Timestamp) -> Result<u64, RegistryError> {
        Ok(self.database().remove_old_sessions(at - IDLE_MAXIMUM, at - SESSION_MAXIMUM)?)
    }

    /// Opens a session, or proves again who its owner is: it gets another token.
    pub(crate) async fn prove_session(
        &self,
        signed_in: &SignedIn,
        token: SessionToken,
        at: Timestamp,
        by: &str,
    ) -> Result<Session, SessionError> {
        let known_by = signed_in.session.token_hash;
        let proved =
            Session { token_hash: token.hash(), proved_at: Some(at), seen_at: at, ..signed_in.session.clone() };
        let session = self.replace_session(proved, known_by).await?;
        let done = if signed_in.stage == Stage::Open { "proved again who they are" } else { "signed in" };
        self.note(signed_in, AuditAction::SignedIn, at, format!("{done} with {by}")).await?;
        Ok(session)
    }

    async fn replace_session(&self, changed: Session, known_by: [u8; 32]) -> Result<Session, SessionError> {
        let kept = changed.clone();
        let replaced = self.blocking(move |registry| match registry.database().update_session(&kept, &known_by) {
            Err(error) if error.is_conflict() => Ok(false),
            other => Ok(other.map(|()| true)?),
        });
        if replaced.await? { Ok(changed) } else { Err(SessionError::Over) }
    }

    fn signed_in(&self, session: Session, factors: &[Factor], at: Timestamp) -> Option<SignedIn> {
        let snapshot = self.directory().snapshot();
        let account = snapshot.account(session.account_id).filter(|account| account.is_active)?;
        let role = snapshot.role_in(account, session.organization_id)?;
        let organization = snapshot.organization(session.organization_id)?.clone();
        let ends_at = ends_at(&session);
        let stage = match session.proved_at {
            Some(_) => Stage::Open,
            None if factors.is_empty() => Stage::EnrollmentDue,
            None => Stage::SecondFactorDue,
        };
        let account = Account { password_hash: String::new(), ..account.as_ref().clone() };
        (at < ends_at).then_some(SignedIn { session, account, organization, role, stage, ends_at })
    }

    /// Writes a line about somebody who signed in into the audit trail.
    pub(crate) async fn note(
        &self,
        signed_in: &SignedIn,
        action: AuditAction,
        at: Timestamp,
        detail: String,
    ) -> Result<(), RegistryError> {
        let entry = AuditEntry {
            at,
            account_id: Some(signed_in.account.id),
            organization_id: signed_in.organization.id,
            action,
            patient_id: None,
            message_id: None,
            detail,
        };
        self.lanes().note(None, vec![entry]).await
    }

    /// Writes a refused sign-in down, if there is such an account; not waited for, so that its time tells nothing.
    fn note_refused(&self, username: &str, source: IpAddr, at: Timestamp, refused: SignInRefused) {
        let snapshot = self.directory().snapshot();
        let Some(account) = snapshot.find_account(username) else { return };
        let entry = AuditEntry {
            at,
            account_id: Some(account.id),
            organization_id: account.organization_id,
            action: AuditAction::SignInRefused,
            patient_id: None,
            message_id: None,
            detail: format!("from {source}: {refused}"),
        };
        let registry = self.clone();
        tokio::spawn(async move {
            if let Err(error) = registry.lanes().note(None, vec![entry]).await {
                tracing::warn!(%error, "a refused sign-in could not be written down");
            }
        });
    }
}

/// When a session ends if it is not used again.
fn ends_at(session: &Session) -> Timestamp {
    match session.proved_at {
        None => session.started_at + UNPROVED_MAXIMUM,
        Some(_) => (session.seen_at + IDLE_MAXIMUM).min(session.started_at + SESSION_MAXIMUM),
    }
}
