//! Passkeys: keys that a device keeps and shows after a fingerprint, a face or a PIN, in place of a code. No site but the
//! registry's own can ask for one, so that nobody can be lured into giving it away.
//!
//! # Source
//! W3C Web Authentication Level 3; NIST SP 800-63B-4, 3.1.7 (multi-factor cryptographic authentication) and 3.2.5
//! (phishing resistance).

use jiff::{SignedDuration, Timestamp};
use model::{AuditAction, Factor, FactorId, FactorKind, Session};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::second_factors::shortened;
use crate::sessions::SessionToken;
use crate::{Admission, Registry, RegistryError, SessionError, SignedIn, Stage};

/// How long a browser may take to answer.
const ANSWERED_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// The site in whose name passkeys are made: they work nowhere else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelyingParty {
    /// The name of the host (`registry.example.org`); no address of digits can be one.
    pub host: String,
    /// What browsers call the site (`https://registry.example.org`).
    pub origin: String,
    /// What people call it.
    pub name: String,
}

/// What a browser was asked, until it answers.
#[derive(Serialize, Deserialize)]
enum Ceremony {
    /// To make a key.
    Registration(PasskeyRegistration),
    /// To show one.
    Proof(PasskeyAuthentication),
}

impl Registry {
    /// What a browser needs to make a passkey for the signed-in person, as JSON. The first factor of an account, or, with
    /// a fresh proof, a further one.
    ///
    /// # Errors
    /// [`SessionError::ProofStale`].
    pub async fn begin_passkey(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        party: &RelyingParty,
        at: Timestamp,
    ) -> Result<String, SessionError> {
        match signed_in.stage {
            Stage::SecondFactorDue => return Err(SessionError::ProofStale),
            Stage::Open if !signed_in.is_fresh(at) => return Err(SessionError::ProofStale),
            Stage::Open | Stage::EnrollmentDue => {}
        }
        let known = self.passkeys_of(signed_in).await?.into_iter();
        let known = known.map(|(_, passkey)| passkey.cred_id().clone()).collect();
        let account = &signed_in.account;
        let shown = if account.full_name.is_empty() { &account.username } else { &account.full_name };
        let begun = checker(party)?.start_passkey_registration(account.id.0, &account.username, shown, Some(known));
        let (options, state) = begun.map_err(|error| unusable(&error))?;
        self.keep_ceremony(signed_in, Ceremony::Registration(state), at).await?;
        json(&options)
    }

    /// Adds the passkey that the browser made; the session gets another token.
    ///
    /// # Errors
    /// [`SessionError::ProofWrong`] when the answer is not one to what was asked; those of adding a factor.
    pub async fn add_passkey(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        party: &RelyingParty,
        (id, label, answer): (FactorId, &str, &str),
        token: SessionToken,
        at: Timestamp,
    ) -> Result<Session, SessionError> {
        let Some(Ceremony::Registration(state)) = self.take_ceremony(signed_in, at).await? else {
            return Err(SessionError::ProofWrong);
        };
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| SessionError::ProofWrong)?;
        let made = checker(party)?.finish_passkey_registration(&answer, &state);
        let passkey = made.map_err(|error| refused(&error))?;
        let factor = Factor {
            id,
            account_id: signed_in.account.id,
            kind: FactorKind::Passkey,
            label: shortened(label),
            secret: json(&passkey)?.into_bytes(),
            counter: 0,
            created_at: at,
            used_at: Some(at),
        };
        self.add_factor(signed_in, factor, at).await?;
        self.prove_session(signed_in, token, at, "a passkey").await
    }

    /// What a browser needs to show a passkey of the signed-in person, as JSON; `None` when there is none.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn begin_passkey_proof(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        party: &RelyingParty,
        at: Timestamp,
    ) -> Result<Option<String>, SessionError> {
        let known: Vec<Passkey> = self.passkeys_of(signed_in).await?.into_iter().map(|(_, passkey)| passkey).collect();
        if known.is_empty() {
            return Ok(None);
        }
        let begun = checker(party)?.start_passkey_authentication(&known);
        let (options, state) = begun.map_err(|error| unusable(&error))?;
        self.keep_ceremony(signed_in, Ceremony::Proof(state), at).await?;
        json(&options).map(Some)
    }

    /// Proves with a passkey who the signed-in person is: this opens the session, or makes it fresh. It gets another
    /// token.
    ///
    /// # Errors
    /// [`SessionError::ProofWrong`]; after some of them [`crate::SignInRefused::LockedOut`].
    pub async fn prove_with_passkey(
        &self,
        _admission: &Admission,
        signed_in: &SignedIn,
        party: &RelyingParty,
        answer: &str,
        token: SessionToken,
        at: Timestamp,
    ) -> Result<Session, SessionError> {
        let subjects = self.check_code_lock(signed_in, at)?;
        if self.is_shown(signed_in, party, answer, at).await? {
            self.sign_ins().forget_failures(&subjects);
            return self.prove_session(signed_in, token, at, "a passkey").await;
        }
        self.sign_ins().record_failure(&subjects, at);
        self.note(signed_in, AuditAction::SignInRefused, at, "a passkey was not accepted".into()).await?;
        Err(SessionError::ProofWrong)
    }

    /// Whether the answer shows a passkey of the person, to what was asked; its use is noted.
    async fn is_shown(
        &self,
        signed_in: &SignedIn,
        party: &RelyingParty,
        answer: &str,
        at: Timestamp,
    ) -> Result<bool, SessionError> {
        let Some(Ceremony::Proof(state)) = self.take_ceremony(signed_in, at).await? else { return Ok(false) };
        let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer) else { return Ok(false) };
        let shown = match checker(party)?.finish_passkey_authentication(&answer, &state) {
            Ok(shown) => shown,
            Err(error) => {
                tracing::info!(%error, "a passkey was not accepted");
                return Ok(false);
            }
        };
        let known = self.passkeys_of(signed_in).await?;
        let used = known.into_iter().find(|(_, passkey)| passkey.cred_id() == shown.cred_id());
        let Some((factor, mut passkey)) = used.filter(|_| shown.user_verified()) else { return Ok(false) };
        passkey.update_credential(&shown);
        let secret = json(&passkey)?.into_bytes();
        let counter = i64::from(shown.counter());
        Ok(self.blocking(move |registry| Ok(registry.database().use_passkey(&factor, &secret, counter, at)?)).await?)
    }

    async fn passkeys_of(&self, signed_in: &SignedIn) -> Result<Vec<(Factor, Passkey)>, SessionError> {
        let id = signed_in.account.id;
        let factors = self.blocking(move |registry| Ok(registry.database().factors_of(id)?)).await?;
        let passkeys = factors.into_iter().filter(|factor| factor.kind == FactorKind::Passkey);
        let read = |factor: Factor| {
            let passkey = serde_json::from_slice(&factor.secret);
            passkey
                .inspect_err(|error| tracing::error!(%error, "a stored passkey cannot be read"))
                .ok()
                .map(|key| (factor, key))
        };
        Ok(passkeys.filter_map(read).collect())
    }

    async fn keep_ceremony(&self, signed_in: &SignedIn, asked: Ceremony, at: Timestamp) -> Result<(), SessionError> {
        let (id, state) = (signed_in.session.id, json(&asked)?);
        let kept = self.blocking(move |registry| {
            Ok(registry.database().set_passkey_ceremony(id, &state, at, at - ANSWERED_WITHIN)?)
        });
        Ok(kept.await?)
    }

    async fn take_ceremony(&self, signed_in: &SignedIn, at: Timestamp) -> Result<Option<Ceremony>, SessionError> {
        let id = signed_in.session.id;
        let taken =
            self.blocking(move |registry| Ok(registry.database().take_passkey_ceremony(id, at - ANSWERED_WITHIN)?));
        Ok(taken.await?.and_then(|state| serde_json::from_str(&state).ok()))
    }
}

/// What checks the answers of browsers for this site.
fn checker(party: &RelyingParty) -> Result<Webauthn, SessionError> {
    let origin = Url::parse(&party.origin).map_err(|error| unusable(&error))?;
    let builder = WebauthnBuilder::new(&party.host, &origin).map_err(|error| unusable(&error))?;
    builder.rp_name(&party.name).build().map_err(|error| unusable(&error))
}

fn json(value: &impl Serialize) -> Result<String, SessionError> {
    serde_json::to_string(value).map_err(|error| unusable(&error))
}

/// The site's own name, or the machine, does not allow passkeys.
fn unusable(error: &dyn std::fmt::Display) -> SessionError {
    RegistryError::Refused(format!("passkeys cannot be used here: {error}")).into()
}

/// What was wrong is for the log; the person tries again.
fn refused(error: &dyn std::fmt::Display) -> SessionError {
    tracing::info!(%error, "a passkey was not accepted");
    SessionError::ProofWrong
}
