//! Accounts and signing in.
//!
//! A password is kept as Argon2id, which takes some 20 ms to verify. Programs sign in with every message, so a
//! verified password is remembered for minutes as an HMAC under a key that lives as long as the process. A wrong
//! password always costs a full verification, whether or not the account exists; after a few of them the account is
//! locked for the address they came from, and an address that tries many accounts is locked altogether.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use model::{Account, AccountId, AccountKind, Caller, Channel, Organization};
use sha2::Sha256;
use tokio::sync::Semaphore;

use crate::{Admission, Registry, RegistryError};

/// How long a verified password is remembered.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Wrong passwords for one account from one address before it is locked there.
const ACCOUNT_FAILURES_MAXIMUM: u32 = 5;
/// Wrong passwords from one address, whatever the account, before the address is locked.
const SOURCE_FAILURES_MAXIMUM: u32 = 30;
/// How long a lock lasts, and how long failures are remembered.
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(15);
/// Failures remembered at most; beyond it the oldest are forgotten.
const FAILURES_REMEMBERED_MAXIMUM: usize = 100_000;
/// Passwords verified at once: each takes a core and 19 MiB.
const VERIFICATIONS_MAXIMUM: usize = 2;
/// Passwords shorter than this are refused (NIST SP 800-63B-4, 3.1.1.2: 15 for a password alone).
const PASSWORD_LENGTH_MINIMUM: usize = 15;

/// What a caller shows at a door.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// User name.
    pub username: &'a str,
    /// Password.
    pub password: &'a str,
    /// The facility that the caller speaks for; empty for the account's own organization.
    pub facility: &'a str,
    /// Where the call comes from.
    pub source: IpAddr,
    /// The instant of the call.
    pub at: Timestamp,
}

/// Why somebody was not let in. Doors give one answer to all of these; the log tells them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SignInRefused {
    /// No such account, or not this password.
    #[error("the user name or the password is wrong")]
    Wrong,
    /// Too many wrong passwords.
    #[error("locked after too many wrong passwords, for {retry_after_seconds} more seconds")]
    LockedOut {
        /// How long the lock still lasts.
        retry_after_seconds: u32,
    },
    /// The password is right, but the facility is not one that the account may speak for.
    #[error("the account may not speak for this facility")]
    FacilityNotAllowed,
}

/// An account to add.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id, made by the caller.
    pub id: AccountId,
    /// The code of its organization.
    pub organization_code: String,
    /// Program or person.
    pub kind: AccountKind,
    /// Unique, compared without case.
    pub username: String,
    /// The password.
    pub password: String,
    /// Sixteen random bytes.
    pub salt: [u8; 16],
    /// A person's name; empty for programs.
    pub full_name: String,
    /// Where to reach the person, or the contact of the program.
    pub email: String,
    /// A role's name, for people.
    pub role: String,
}

/// What signing in remembers from one call to the next.
pub(crate) struct SignIns {
    key: [u8; 32],
    decoy_hash: String,
    verifications: Semaphore,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    verified: HashMap<AccountId, Verified>,
    failures: HashMap<Failed, Failures>,
}

struct Verified {
    digest: [u8; 32],
    password_hash: String,
    until: Timestamp,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Failed {
    Account(String, IpAddr),
    Source(IpAddr),
}

impl Failed {
    fn maximum(&self) -> u32 {
        match self {
            Failed::Account(..) => ACCOUNT_FAILURES_MAXIMUM,
            Failed::Source(_) => SOURCE_FAILURES_MAXIMUM,
        }
    }
}

struct Failures {
    count: u32,
    last_at: Timestamp,
}

impl SignIns {
    /// `secret` is random and lives as long as the process.
    pub(crate) fn new(secret: [u8; 32]) -> Result<SignIns, RegistryError> {
        Ok(SignIns {
            key: secret,
            decoy_hash: hash_password("no account has this password", &[7; 16])?,
            verifications: Semaphore::new(VERIFICATIONS_MAXIMUM),
            memory: Mutex::new(Memory::default()),
        })
    }

    fn digest(&self, password: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(password.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn remembers(&self, account: &Account, digest: &[u8; 32], at: Timestamp) -> bool {
        let memory = self.memory.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        memory.verified.get(&account.id).is_some_and(|verified| {
            // Both are HMACs under a key nobody knows, so comparing them tells an attacker nothing.
            verified.digest == *digest && verified.password_hash == account.password_hash && at < verified.until
        })
    }

    fn locked_for(&self, username: &str, source: IpAddr, at: Timestamp) -> Option<u32> {
        let memory = self.memory.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let left = |failed: Failed| {
            let failures = memory.failures.get(&failed).filter(|failures| failures.count >= failed.maximum())?;
            let left = LOCKED_FOR - at.duration_since(failures.last_at);
            (left > SignedDuration::ZERO).then(|| left.as_secs() as u32 + 1)
        };
        left(Failed::Account(username.to_lowercase(), source)).max(left(Failed::Source(source)))
    }

    fn record_failure(&self, username: &str, source: IpAddr, at: Timestamp) {
        let mut memory = self.memory.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if memory.failures.len() >= FAILURES_REMEMBERED_MAXIMUM {
            memory.failures.retain(|_, failures| at.duration_since(failures.last_at) < LOCKED_FOR);
        }
        for failed in [Failed::Account(username.to_lowercase(), source), Failed::Source(source)] {
            let failures = memory.failures.entry(failed).or_insert(Failures { count: 0, last_at: at });
            if at.duration_since(failures.last_at) >= LOCKED_FOR {
                failures.count = 0;
            }
            failures.count += 1;
            failures.last_at = at;
        }
    }

    fn record_success(&self, account: &Account, digest: [u8; 32], source: IpAddr, at: Timestamp) {
        let mut memory = self.memory.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        memory.failures.remove(&Failed::Account(account.username.to_lowercase(), source));
        let until = at + REMEMBERED_FOR;
        memory.verified.insert(account.id, Verified { digest, password_hash: account.password_hash.clone(), until });
    }
}

impl Registry {
    /// Checks credentials and gives the caller: the account, and the organization it speaks for in this call.
    ///
    /// # Errors
    /// [`SignInRefused`], after the same time whatever the reason.
    pub async fn sign_in(&self, admission: &Admission, credentials: Credentials<'_>) -> Result<Caller, SignInRefused> {
        let Credentials { username, password, facility, source, at } = credentials;
        let sign_ins = self.sign_ins();
        if let Some(retry_after_seconds) = sign_ins.locked_for(username, source, at) {
            return Err(SignInRefused::LockedOut { retry_after_seconds });
        }
        let snapshot = self.directory().snapshot();
        // Another kind of account is refused like one that does not exist, and takes as long.
        let kind = kind_at(admission.channel());
        let account = snapshot.find_account(username).filter(|account| account.is_active && account.kind == kind);
        let digest = sign_ins.digest(password);
        if !account.is_some_and(|account| sign_ins.remembers(account, &digest, at)) {
            let hash = account.map_or_else(|| sign_ins.decoy_hash.clone(), |account| account.password_hash.clone());
            let is_right = verify_password(&sign_ins.verifications, password, hash).await;
            match account {
                Some(account) if is_right => sign_ins.record_success(account, digest, source, at),
                _ => {
                    sign_ins.record_failure(username, source, at);
                    return Err(SignInRefused::Wrong);
                }
            }
        }
        let account = account.ok_or(SignInRefused::Wrong)?;
        let own = snapshot.organization(account.organization_id).filter(|own| own.is_active);
        let own = own.ok_or(SignInRefused::FacilityNotAllowed)?;
        let spoken_for = if facility.trim().is_empty() {
            own
        } else {
            snapshot
                .find_organization(facility.trim())
                .filter(|organization| snapshot.may_speak_for(own.id, organization.id))
                .ok_or(SignInRefused::FacilityNotAllowed)?
        };
        Ok(caller(account, spoken_for))
    }

    /// All accounts, by user name. Password hashes are left out.
    pub fn accounts(&self, _admission: &Admission) -> Result<Vec<Account>, RegistryError> {
        let mut accounts = self.database().accounts()?;
        accounts.iter_mut().for_each(|account| account.password_hash.clear());
        accounts.sort_by(|left, right| left.username.cmp(&right.username));
        Ok(accounts)
    }

    /// Adds an account.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when the user name is empty or taken, the password too short, or the organization
    /// unknown.
    pub fn add_account(&self, _admission: &Admission, new: NewAccount) -> Result<Account, RegistryError> {
        let snapshot = self.directory().snapshot();
        let organization = snapshot
            .find_organization(&new.organization_code)
            .ok_or_else(|| RegistryError::Refused(format!("there is no organization {}", new.organization_code)))?;
        if new.username.trim().is_empty() {
            return Err(RegistryError::Refused("an account needs a user name".into()));
        }
        if snapshot.find_account(&new.username).is_some() {
            return Err(RegistryError::Refused(format!("the user name {} is taken", new.username)));
        }
        check_password(&new.password)?;
        let account = Account {
            id: new.id,
            organization_id: organization.id,
            kind: new.kind,
            username: new.username,
            password_hash: hash_password(&new.password, &new.salt)?,
            full_name: new.full_name,
            email: new.email,
            role: new.role,
            is_active: true,
        };
        self.database().insert_account(&account)?;
        self.refresh()?;
        Ok(account)
    }

    /// Gives an account another password; the old one stops working at once.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account or the password is too short.
    pub fn set_password(
        &self,
        _admission: &Admission,
        username: &str,
        password: &str,
        salt: [u8; 16],
    ) -> Result<(), RegistryError> {
        check_password(password)?;
        let account = self.require_account(username)?;
        self.database().update_account(&Account { password_hash: hash_password(password, &salt)?, ..account })?;
        self.refresh()
    }

    /// Lets an account be used, or stops it from being used.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account.
    pub fn set_account_active(
        &self,
        _admission: &Admission,
        username: &str,
        is_active: bool,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        self.database().update_account(&Account { is_active, ..account })?;
        self.refresh()
    }

    fn require_account(&self, username: &str) -> Result<Account, RegistryError> {
        let snapshot = self.directory().snapshot();
        let account = snapshot.find_account(username).map(|account| account.as_ref().clone());
        account.ok_or_else(|| RegistryError::Refused(format!("there is no account {username}")))
    }
}

/// The accounts that a door is for: programs use the web service, people the web application.
fn kind_at(channel: Channel) -> AccountKind {
    match channel {
        Channel::Web => AccountKind::WebUser,
        _ => AccountKind::WebService,
    }
}

fn caller(account: &Account, organization: &Organization) -> Caller {
    Caller {
        account_id: Some(account.id),
        username: account.username.clone(),
        organization_id: organization.id,
        organization_code: organization.code.clone(),
    }
}

fn check_password(password: &str) -> Result<(), RegistryError> {
    if password.chars().count() < PASSWORD_LENGTH_MINIMUM {
        return Err(RegistryError::Refused(format!("a password needs at least {PASSWORD_LENGTH_MINIMUM} characters")));
    }
    Ok(())
}

fn hash_password(password: &str, salt: &[u8; 16]) -> Result<String, RegistryError> {
    Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map(|hash| hash.to_string())
        .map_err(|error| RegistryError::Refused(format!("the password cannot be kept: {error}")))
}

async fn verify_password(verifications: &Semaphore, password: &str, hash: String) -> bool {
    let _permit = verifications.acquire().await.expect("the semaphore is never closed");
    let password = password.to_owned();
    let verification = tokio::task::spawn_blocking(move || {
        PasswordHash::new(&hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    });
    verification.await.unwrap_or(false)
}
