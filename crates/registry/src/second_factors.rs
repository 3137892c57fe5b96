//! Second factors: authenticator apps, recovery codes, and the invitation that lets somebody begin anew.
//!
//! # Source
//! RFC 6238 (time-based one-time passwords); NIST SP 800-63B-4, 3.1.2 (recovery codes) and 3.1.5 (one-time passwords).

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use model::{AccountId, AuditAction, Caller, Factor, FactorId, FactorKind, Invitation, Right, Session};
use sha2::{Digest, Sha256};
use totp_rs::{Algorithm, Builder};

use crate::passwords::{check_password, hash_password};
use crate::sessions::SessionToken;
use crate::sign_ins::Failed;
use crate::{Admission, Registry, RegistryError, SessionError, SignInRefused, SignedIn, Stage};

/// Recovery codes given at a time.
pub const RECOVERY_CODE_COUNT: usize = 10;
/// Second factors of an account at most, recovery codes not counted.
const FACTORS_MAXIMUM: usize = 10;
/// Letters kept of what its owner calls a factor.
const LABEL_LENGTH_MAXIMUM: usize = 60;
/// Seconds for which a code of an app holds.
const STEP_SECONDS: u64 = 30;
/// Codes of so many steps before and after are accepted: clocks differ, and people type.
const STEPS_ALLOWED: i64 = 1;
/// How long an invitation works.
const INVITED_FOR: SignedDuration = SignedDuration::from_hours(72);
/// The letters of codes that are read aloud and copied by hand (Crockford base 32).
const CODE_LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The letters of an authenticator's key (RFC 4648).
const KEY_LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The key that an authenticator app and the registry share.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthenticatorKey([u8; 20]);

impl AuthenticatorKey {
    /// Of random bytes.
    pub fn new(random: [u8; 20]) -> AuthenticatorKey {
        AuthenticatorKey(random)
    }

    /// The key that a session offers: the same until the session gets another token.
    pub fn of_session(token: &SessionToken) -> AuthenticatorKey {
        let derived = token.derive("authenticator key");
        AuthenticatorKey(std::array::from_fn(|place| derived[place]))
    }

    /// To be typed into an app: 32 letters and digits.
    pub fn text(&self) -> String {
        in_letters(&self.0, KEY_LETTERS)
    }

    /// What the QR code for an app holds.
    pub fn url(&self, issuer: &str, username: &str) -> String {
        let (issuer, username) = (percent_encoded(issuer), percent_encoded(username));
        format!("otpauth://totp/{issuer}:{username}?secret={}&issuer={issuer}", self.text())
    }

    /// The code of an instant.
    pub fn code(&self, at: Timestamp) -> String {
        code_of_step(&self.0, step(at))
    }
}

/// Nothing of it: it must not get into a log.
impl std::fmt::Debug for AuthenticatorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthenticatorKey(...)")
    }
}

/// Codes to write down, shown once; each opens a session one time.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCodes {
    codes: Vec<(FactorId, String)>,
}

impl RecoveryCodes {
    /// Of random bytes and new ids.
    pub fn new(random: [(FactorId, [u8; 10]); RECOVERY_CODE_COUNT]) -> RecoveryCodes {
        RecoveryCodes { codes: random.into_iter().map(|(id, bytes)| (id, code_text(&bytes))).collect() }
    }

    /// As they are shown: `ABCD-EFGH-JKMN-PQRS`.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().map(|(_, text)| text.as_str())
    }
}

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

fn step(at: Timestamp) -> i64 {
    at.as_second().div_euclid(STEP_SECONDS as i64)
}

/// The newest step, later than `after`, whose code this is.
fn matching_step(key: &[u8], code: &str, at: Timestamp, after: i64) -> Option<i64> {
    let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let now = step(at);
    // All are compared, and each as a whole: the time does not tell how much of a code was right.
    let matching = |step: &i64| {
        let right = code_of_step(key, *step);
        let difference = right.bytes().zip(code.bytes()).fold(0, |sum, (right, typed)| sum | (right ^ typed));
        (right.len() == code.len()) & (difference == 0)
    };
    let all: Vec<i64> = (now - STEPS_ALLOWED..=now + STEPS_ALLOWED).filter(matching).collect();
    all.into_iter().filter(|step| *step > after).max()
}

fn code_of_step(key: &[u8], step: i64) -> String {
    let totp = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_step_duration(STEP_SECONDS)
        .with_secret(key.to_vec())
        .build_noncompliant();
    totp.generate(step as u64 * STEP_SECONDS).to_string()
}

pub(crate) fn code_text(random: &[u8; 10]) -> String {
    let letters = in_letters(random, CODE_LETTERS);
    [&letters[..4], &letters[4..8], &letters[8..12], &letters[12..]].join("-")
}

/// Read as it was meant: without hyphens, spaces and case, and with the letters that look like digits.
pub(crate) fn hash_of_code(code: &str) -> [u8; 32] {
    let read = |letter: char| match letter.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).map(read).collect();
    Sha256::digest(code).into()
}

/// Bytes as letters of five bits each.
fn in_letters(bytes: &[u8], letters: &[u8; 32]) -> String {
    let bit = |place: usize| bytes.get(place / 8).map_or(0, |byte| byte >> (7 - place % 8) & 1);
    let letter = |place: usize| (0..5).fold(0, |number, offset| number << 1 | bit(place * 5 + offset));
    (0..(bytes.len() * 8).div_ceil(5)).map(|place| char::from(letters[usize::from(letter(place))])).collect()
}

fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1; the last six of its eight digits.
        let key = b"12345678901234567890";
        for (seconds, code) in [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")] {
            assert_eq!(code_of_step(key, seconds / 30), code);
        }
        assert_eq!(AuthenticatorKey(*key).text(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    }

    #[test]
    fn a_code_holds_a_step_before_and_after_and_only_once() {
        let key = b"12345678901234567890";
        let at = |second| Timestamp::from_second(second).expect("a time");
        let code = code_of_step(key, 100);
        for second in [2970, 3000, 3029, 3059] {
            assert_eq!(matching_step(key, &code, at(second), -1), Some(100), "{second}");
        }
        for (second, after) in [(2969, -1), (3060, -1), (3000, 100)] {
            assert_eq!(matching_step(key, &code, at(second), after), None, "{second} after {after}");
        }
        assert_eq!(matching_step(key, "", at(3000), -1), None);
    }

    #[test]
    fn a_recovery_code_is_read_as_it_was_meant() {
        let code = code_text(&[0, 0x44, 0x32, 0x14, 0xC7, 0x42, 0x54, 0xB6, 0x35, 0xCF]);
        assert_eq!(code, "0123-4567-89AB-CDEF");
        assert_eq!(hash_of_code(&code), hash_of_code(" oi23 4567 89ab cdef"));
    }
}
