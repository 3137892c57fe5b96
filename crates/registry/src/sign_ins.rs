//! What signing in remembers from one call to the next: verified passwords for minutes, and failures.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use model::{Account, AccountId, AccountKind};
use sha2::Sha256;
use tokio::sync::Semaphore;

use crate::account_uses::AccountUses;
use crate::passwords::{hash_password, verify_password};
use crate::{RegistryError, SignInRefused};

/// How long a verified password is remembered.
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Different wrong passwords for a program's account from one address before it is locked there.
const ACCOUNT_FAILURES_MAXIMUM: u32 = 5;
/// Wrong passwords of a person from one address before the first, short wait.
const PERSON_FAILURES_MAXIMUM: u32 = 3;
/// Wrong passwords of a person, from wherever (NIST SP 800-63B-4, 3.2.2: no more than 100).
const PERSON_FAILURES_ANYWHERE_MAXIMUM: u32 = 50;
/// Wrong codes of a second factor in a row.
const CODE_FAILURES_MAXIMUM: u32 = 5;
/// Failures from one address, whatever the account, before the address is locked.
const SOURCE_FAILURES_MAXIMUM: u32 = 30;
/// How long a lock lasts.
const LOCKED_FOR: SignedDuration = SignedDuration::from_mins(15);
/// The waits of a person whose password is wrong again and again; the last one stays.
const PERSON_WAITS: [SignedDuration; 5] = [
    SignedDuration::from_secs(10),
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(5),
    LOCKED_FOR,
    SignedDuration::from_hours(1),
];
/// Failures are forgotten when there was none for as long.
pub(crate) const FAILURES_REMEMBERED_FOR: SignedDuration = SignedDuration::from_hours(2);
/// Failures remembered at most; beyond it the oldest are forgotten.
const FAILURES_REMEMBERED_MAXIMUM: usize = 100_000;
/// Passwords verified at once: each takes a core and 19 MiB.
const VERIFICATIONS_MAXIMUM: usize = 2;

pub(crate) struct SignIns {
    key: [u8; 32],
    pub(crate) decoy_hash: String,
    pub(crate) verifications: Semaphore,
    memory: Mutex<Memory>,
    account_uses: Mutex<AccountUses>,
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

/// What failed too often is locked.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Failed {
    /// A program's user name, from one address.
    Program(String, IpAddr),
    /// A person's user name, from one address.
    Person(String, IpAddr),
    /// A person's user name, from wherever.
    PersonAnywhere(String),
    /// The second factor of an account.
    Code(AccountId),
    /// An address.
    Source(IpAddr),
}

impl Failed {
    /// What a wrong password counts against.
    pub(crate) fn of_password(kind: AccountKind, username: &str, source: IpAddr) -> Vec<Failed> {
        let username = username.to_lowercase();
        match kind {
            AccountKind::WebService => vec![Failed::Program(username, source), Failed::Source(source)],
            AccountKind::WebUser => {
                vec![Failed::Person(username.clone(), source), Failed::PersonAnywhere(username), Failed::Source(source)]
            }
        }
    }

    fn is_of(&self, id: AccountId, username: &str) -> bool {
        match self {
            Failed::Program(of, _) | Failed::Person(of, _) | Failed::PersonAnywhere(of) => of == username,
            Failed::Code(of) => *of == id,
            Failed::Source(_) => false,
        }
    }

    /// How long it is locked after so many failures.
    fn locked_for(&self, count: u32) -> Option<SignedDuration> {
        let (maximum, waits): (u32, &[SignedDuration]) = match self {
            Failed::Program(..) => (ACCOUNT_FAILURES_MAXIMUM, &[LOCKED_FOR]),
            Failed::Person(..) => (PERSON_FAILURES_MAXIMUM, &PERSON_WAITS),
            Failed::PersonAnywhere(_) => (PERSON_FAILURES_ANYWHERE_MAXIMUM, &[LOCKED_FOR]),
            Failed::Code(_) => (CODE_FAILURES_MAXIMUM, &PERSON_WAITS[3..]),
            Failed::Source(_) => (SOURCE_FAILURES_MAXIMUM, &[LOCKED_FOR]),
        };
        let beyond = count.checked_sub(maximum)? as usize;
        waits.get(beyond).or(waits.last()).copied()
    }
}

struct Failures {
    count: u32,
    last_at: Timestamp,
    /// The newest wrong passwords of a program, each with the stored hash that it was not of.
    tried: Vec<[u8; 32]>,
}

/// That nobody gets into an account for a while, from where passwords or codes were wrong too often.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignInWait {
    /// How many were wrong.
    pub failure_count: u32,
    /// When it ends by itself.
    pub until: Timestamp,
}

impl SignIns {
    /// `secret` is random and lives as long as the process.
    pub(crate) fn new(secret: [u8; 32]) -> Result<SignIns, RegistryError> {
        Ok(SignIns {
            key: secret,
            decoy_hash: hash_password("no account has this password", &[7; 16])?,
            verifications: Semaphore::new(VERIFICATIONS_MAXIMUM),
            memory: Mutex::new(Memory::default()),
            account_uses: Mutex::new(AccountUses::default()),
        })
    }

    /// Checks a password. Without an account it takes as long, and is refused.
    pub(crate) async fn verify(
        &self,
        account: Option<&Account>,
        password: &str,
        subjects: &[Failed],
        at: Timestamp,
    ) -> Result<(), SignInRefused> {
        if let Some(retry_after_seconds) = self.locked_for(subjects, at) {
            return Err(SignInRefused::LockedOut { retry_after_seconds });
        }
        let digest = self.digest(password);
        if account.is_some_and(|account| self.remembers(account, &digest, at)) {
            return Ok(());
        }
        let hash = account.map_or_else(|| self.decoy_hash.clone(), |account| account.password_hash.clone());
        let tried = self.digest(&format!("{password}\0{hash}"));
        if self.was_tried(subjects, tried, at) {
            return Err(refused(account));
        }
        let is_right = verify_password(&self.verifications, password, hash).await;
        match account.filter(|_| is_right) {
            Some(account) => {
                self.remember(account, digest, at);
                self.forget_failures(subjects);
                if account.kind == AccountKind::WebService {
                    self.account_uses().note(account.id, at);
                }
                Ok(())
            }
            None => {
                // It may have come several times at once.
                if !self.was_tried(subjects, tried, at) {
                    self.record_failure(subjects, at);
                    self.note_tried(subjects, tried);
                }
                Err(refused(account))
            }
        }
    }

    /// Whether a program showed just this password before, and it was wrong. A system that nobody told of the new password repeats the
    /// old one with every message: that is one guess, and locks out no other system of the clinic.
    fn was_tried(&self, subjects: &[Failed], tried: [u8; 32], at: Timestamp) -> bool {
        let mut memory = self.memory();
        let is_known =
            |failures: &Failures| at.duration_since(failures.last_at) < LOCKED_FOR && failures.tried.contains(&tried);
        subjects.iter().any(|failed| {
            let failures = memory.failures.get_mut(failed).filter(|failures| is_known(failures));
            failures.map(|failures| failures.last_at = failures.last_at.max(at)).is_some()
        })
    }

    fn note_tried(&self, subjects: &[Failed], tried: [u8; 32]) {
        let mut memory = self.memory();
        for failed in subjects.iter().filter(|failed| matches!(failed, Failed::Program(..))) {
            if let Some(failures) = memory.failures.get_mut(failed) {
                failures.tried.truncate(ACCOUNT_FAILURES_MAXIMUM as usize - 1);
                failures.tried.insert(0, tried);
            }
        }
    }

    pub(crate) fn digest(&self, password: &str) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(password.as_bytes());
        mac.finalize().into_bytes().into()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When programs signed in: noted when a password is verified, or a key, and so every few minutes.
    pub(crate) fn account_uses(&self) -> MutexGuard<'_, AccountUses> {
        self.account_uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn remembers(&self, account: &Account, digest: &[u8; 32], at: Timestamp) -> bool {
        self.memory().verified.get(&account.id).is_some_and(|verified| {
            // Both are HMACs under a key nobody knows, so comparing them tells an attacker nothing.
            verified.digest == *digest && verified.password_hash == account.password_hash && at < verified.until
        })
    }

    pub(crate) fn remember(&self, account: &Account, digest: [u8; 32], at: Timestamp) {
        let until = at + REMEMBERED_FOR;
        let verified = Verified { digest, password_hash: account.password_hash.clone(), until };
        self.memory().verified.insert(account.id, verified);
    }

    /// The seconds for which one of these is still locked.
    pub(crate) fn locked_for(&self, subjects: &[Failed], at: Timestamp) -> Option<u32> {
        let memory = self.memory();
        let left = |failed: &Failed| {
            let failures = memory.failures.get(failed)?;
            let left = failed.locked_for(failures.count)? - at.duration_since(failures.last_at);
            (left > SignedDuration::ZERO).then(|| left.as_secs() as u32 + 1)
        };
        subjects.iter().filter_map(left).max()
    }

    /// The longest of the waits of an account.
    pub(crate) fn wait_of(&self, account: &Account, at: Timestamp) -> Option<SignInWait> {
        let (memory, username) = (self.memory(), account.username.to_lowercase());
        let own = memory.failures.iter().filter(|(failed, _)| failed.is_of(account.id, &username));
        let waits = own.filter_map(|(failed, failures)| {
            let until = failures.last_at + failed.locked_for(failures.count)?;
            (until > at).then_some(SignInWait { failure_count: failures.count, until })
        });
        waits.max_by_key(|wait| wait.until)
    }

    pub(crate) fn record_failure(&self, subjects: &[Failed], at: Timestamp) {
        let mut memory = self.memory();
        if memory.failures.len() >= FAILURES_REMEMBERED_MAXIMUM {
            memory.failures.retain(|_, failures| at.duration_since(failures.last_at) < LOCKED_FOR);
        }
        for failed in subjects {
            let failures = memory.failures.entry(failed.clone());
            let failures = failures.or_insert_with(|| Failures { count: 0, last_at: at, tried: Vec::new() });
            let since = at.duration_since(failures.last_at);
            let remembered_for = if matches!(failed, Failed::Program(..) | Failed::Source(_)) {
                LOCKED_FOR
            } else {
                FAILURES_REMEMBERED_FOR
            };
            if since >= remembered_for {
                failures.count = 0;
                failures.tried.clear();
            }
            failures.count += 1;
            failures.last_at = at;
        }
    }

    /// Forgets the failures of accounts until an instant; those of addresses stay.
    pub(crate) fn lift_locks(&self, lifted: &[(Arc<Account>, Timestamp)]) {
        let mut memory = self.memory();
        for (account, at) in lifted {
            let username = account.username.to_lowercase();
            memory.failures.retain(|failed, failures| failures.last_at > *at || !failed.is_of(account.id, &username));
        }
    }

    /// Forgets the failures of somebody who came in; those of their address stay, and which passwords of a program were wrong.
    pub(crate) fn forget_failures(&self, subjects: &[Failed]) {
        let mut memory = self.memory();
        for failed in subjects.iter().filter(|failed| !matches!(failed, Failed::Source(_))) {
            match memory.failures.get_mut(failed) {
                Some(failures) if !failures.tried.is_empty() => failures.count = 0,
                _ => drop(memory.failures.remove(failed)),
            }
        }
    }
}

fn refused(account: Option<&Account>) -> SignInRefused {
    if account.is_some() { SignInRefused::Wrong } else { SignInRefused::Unknown }
}
