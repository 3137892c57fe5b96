//! Signing in at the file door, with or without the database.
//!
//! The door works from a list of accounts that it has in memory: password hashes and fingerprints of keys, nothing
//! that opens anything by itself. The program keeps the list as text in the data folder, renews it while the database
//! is up, and starts from it while the database is down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, RwLock};

use jiff::Timestamp;
use model::{Account, AccountId, AccountKind, Caller, OrganizationId, Standing};
use serde::{Deserialize, Serialize};

use crate::sign_ins::{Failed, SignIns};
use crate::{Admission, Registry, RegistryError, SignInRefused};

/// The form of the list's text; a text of another form is refused.
const FORM: u32 = 1;

/// One account that may sign in at the file door.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAccount {
    id: AccountId,
    username: String,
    password_hash: String,
    organization_id: OrganizationId,
    organization_code: String,
    /// SHA-256 fingerprints of its public keys.
    keys: Vec<String>,
}

/// The accounts that may sign in at the file door: active accounts of programs, of active organizations.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileAccountList {
    form: u32,
    accounts: Vec<FileAccount>,
}

/// A list of accounts that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileAccountListError {
    /// It is not such a list.
    #[error("not a list of accounts: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Another version of the program wrote it.
    #[error("a list of accounts of form {0}, and this program reads form {FORM}")]
    OtherForm(u32),
}

impl FileAccountList {
    /// A list on which nobody stands.
    pub fn empty() -> FileAccountList {
        FileAccountList { form: FORM, accounts: Vec::new() }
    }

    /// The list as text, one account a line.
    pub fn to_text(&self) -> String {
        let accounts: Vec<String> = self
            .accounts
            .iter()
            .map(|account| serde_json::to_string(account).expect("an account has string keys and cannot fail"))
            .collect();
        format!("{{\"form\":{FORM},\"accounts\":[\n{}\n]}}\n", accounts.join(",\n"))
    }

    /// Reads the text.
    ///
    /// # Errors
    /// [`FileAccountListError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<FileAccountList, FileAccountListError> {
        let list: FileAccountList = serde_json::from_str(text)?;
        if list.form != FORM {
            return Err(FileAccountListError::OtherForm(list.form));
        }
        Ok(list)
    }

    /// How many accounts stand on it.
    pub fn account_count(&self) -> usize {
        self.accounts.len()
    }
}

impl Registry {
    /// The accounts that may sign in at the file door, as the database has them now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn file_accounts(&self, _admission: &Admission) -> Result<FileAccountList, RegistryError> {
        self.directory().refresh(self.database())?;
        let snapshot = self.directory().snapshot();
        let mut keys: HashMap<AccountId, Vec<String>> = HashMap::new();
        for key in self.database().account_keys()? {
            keys.entry(key.account_id).or_default().push(key.fingerprint);
        }
        let accounts = snapshot.accounts();
        let accounts = accounts.filter(|account| account.is_active && account.kind == AccountKind::WebService);
        let mut listed: Vec<FileAccount> = accounts
            .filter_map(|account| {
                let organization = snapshot.organization(account.organization_id).filter(|own| own.is_active)?;
                Some(FileAccount {
                    keys: keys.remove(&account.id).unwrap_or_default(),
                    organization_code: organization.code.clone(),
                    id: account.id,
                    username: account.username.clone(),
                    password_hash: account.password_hash.clone(),
                    organization_id: account.organization_id,
                })
            })
            .collect();
        listed.sort_by(|left, right| left.username.cmp(&right.username));
        Ok(FileAccountList { form: FORM, accounts: listed })
    }
}

/// Who may sign in at the file door. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct FileAccounts {
    inner: Arc<Inner>,
}

struct Inner {
    sign_ins: SignIns,
    current: RwLock<Arc<FileAccountList>>,
}

impl FileAccounts {
    /// Starts with a list. `secret` is random and lives as long as the process.
    ///
    /// # Errors
    /// When no password can be hashed.
    pub fn new(list: FileAccountList, secret: [u8; 32]) -> Result<FileAccounts, RegistryError> {
        let inner = Inner { sign_ins: SignIns::new(secret)?, current: RwLock::new(Arc::new(list)) };
        Ok(FileAccounts { inner: Arc::new(inner) })
    }

    /// Goes by another list from now on. Gives whether it differs from the one before.
    pub fn replace(&self, list: FileAccountList) -> bool {
        let mut current = self.inner.current.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        let differs = **current != list;
        *current = Arc::new(list);
        differs
    }

    /// Lifts the locks that were lifted in the registry.
    pub fn lift_locks(&self, registry: &Registry) {
        self.inner.sign_ins.lift_locks(registry.directory().snapshot().lifted_locks());
    }

    pub(crate) fn sign_ins(&self) -> &SignIns {
        &self.inner.sign_ins
    }

    /// The list in use.
    pub fn current(&self) -> Arc<FileAccountList> {
        self.inner.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Whether a signed-in caller would still be let in.
    pub fn still_knows(&self, caller: &Caller) -> bool {
        self.current()
            .accounts
            .iter()
            .any(|account| Some(account.id) == caller.account_id && account.organization_id == caller.organization_id)
    }

    /// Whether there is an account of this name: for the log alone, never for an answer.
    pub fn knows(&self, username: &str) -> bool {
        self.current().find(username).is_some()
    }

    /// Checks a password.
    ///
    /// # Errors
    /// [`SignInRefused`], after the same time whatever the reason.
    pub async fn sign_in_with_password(
        &self,
        username: &str,
        password: &str,
        source: IpAddr,
        at: Timestamp,
    ) -> Result<Caller, SignInRefused> {
        let list = self.current();
        let listed = list.find(username);
        let account = listed.map(FileAccount::account);
        self.inner.sign_ins.verify(account.as_ref(), password, &subjects(username, source), at).await?;
        listed.map(FileAccount::caller).ok_or(SignInRefused::Unknown)
    }

    /// Whether a public key could sign in: asked before the client proves that it has the private one. Says nothing
    /// about accounts that a stranger could not find out by trying.
    pub fn accepts_key(&self, username: &str, fingerprint: &str, source: IpAddr, at: Timestamp) -> bool {
        self.inner.sign_ins.locked_for(&subjects(username, source), at).is_none()
            && self.current().find(username).is_some_and(|account| account.has_key(fingerprint))
    }

    /// Signs in with a public key whose private key the client has proved to have. One that is refused counts as a failure
    /// only when [`FileAccounts::refuse_keys`] says so: clients offer all that they have.
    ///
    /// # Errors
    /// [`SignInRefused`].
    pub fn sign_in_with_key(
        &self,
        username: &str,
        fingerprint: &str,
        source: IpAddr,
        at: Timestamp,
    ) -> Result<Caller, SignInRefused> {
        let subjects = subjects(username, source);
        if let Some(retry_after_seconds) = self.inner.sign_ins.locked_for(&subjects, at) {
            return Err(SignInRefused::LockedOut { retry_after_seconds });
        }
        let list = self.current();
        match list.find(username).filter(|account| account.has_key(fingerprint)) {
            Some(account) => {
                self.inner.sign_ins.forget_failures(&subjects);
                self.inner.sign_ins.account_uses().note(account.id, at);
                Ok(account.caller())
            }
            None => Err(self.why_no_key(username)),
        }
    }

    /// Counts a failure of whoever offered keys, was let in by none, and went away. Gives why they were refused.
    pub fn refuse_keys(&self, username: &str, source: IpAddr, at: Timestamp) -> SignInRefused {
        let subjects = subjects(username, source);
        if let Some(retry_after_seconds) = self.inner.sign_ins.locked_for(&subjects, at) {
            return SignInRefused::LockedOut { retry_after_seconds };
        }
        self.inner.sign_ins.record_failure(&subjects, at);
        self.why_no_key(username)
    }

    /// Why a key opened nothing.
    fn why_no_key(&self, username: &str) -> SignInRefused {
        if self.knows(username) { SignInRefused::KeyUnknown } else { SignInRefused::Unknown }
    }
}

impl FileAccountList {
    fn find(&self, username: &str) -> Option<&FileAccount> {
        let wanted = username.to_lowercase();
        self.accounts.iter().find(|account| account.username.to_lowercase() == wanted)
    }
}

impl FileAccount {
    fn has_key(&self, fingerprint: &str) -> bool {
        self.keys.iter().any(|known| known == fingerprint)
    }

    fn account(&self) -> Account {
        Account {
            id: self.id,
            organization_id: self.organization_id,
            kind: AccountKind::WebService,
            username: self.username.clone(),
            password_hash: self.password_hash.clone(),
            full_name: String::new(),
            email: String::new(),
            role: None,
            is_active: true,
            language: None,
        }
    }

    fn caller(&self) -> Caller {
        Caller {
            account_id: Some(self.id),
            username: self.username.clone(),
            organization_id: self.organization_id,
            organization_code: self.organization_code.clone(),
            standing: Standing::Program,
        }
    }
}

/// What a failure here counts against: the same as at the web service.
fn subjects(username: &str, source: IpAddr) -> Vec<Failed> {
    Failed::of_password(AccountKind::WebService, username, source)
}
