//! Accounts and signing in of programs.
//!
//! A password is kept as Argon2id, which takes some 20 ms to verify. Programs sign in with every message, so a
//! verified password is remembered for minutes as an HMAC under a key that lives as long as the process. A wrong
//! password costs a full verification the first time, whether or not the account exists; after a few different ones the
//! account is locked for the address they came from, and an address that tries many accounts is locked altogether.
//! People sign in by way of `sessions.rs`.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use model::{
    Account, AccountId, AccountKind, Caller, Membership, Organization, OrganizationKind, Role, Standing,
    SubscriptionWay,
};

use crate::directory::check_name;
use crate::passwords::{check_password, hash_password};
use crate::sign_ins::{FAILURES_REMEMBERED_FOR, Failed};
use crate::subscriptions::check_address;
use crate::{Admission, Registry, RegistryError};

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
    /// No such account, or one that may not sign in at this door.
    #[error("no account of this name may sign in here")]
    Unknown,
    /// Not the password of this account.
    #[error("the password is wrong")]
    Wrong,
    /// None of the public keys that were offered is one of this account.
    #[error("no public key that was offered is known for this account")]
    KeyUnknown,
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
    /// What a person is to the registry; `None` for programs.
    pub role: Option<Role>,
}

impl Registry {
    /// Checks a program's credentials and gives the caller: the account, and the organization it speaks for in this
    /// call.
    ///
    /// # Errors
    /// [`SignInRefused`], after the same time whatever the reason.
    pub async fn sign_in(&self, _admission: &Admission, credentials: Credentials<'_>) -> Result<Caller, SignInRefused> {
        let account = self.check_credentials(AccountKind::WebService, &credentials).await?;
        let snapshot = self.directory().snapshot();
        let own = snapshot.organization(account.organization_id).filter(|own| own.is_active);
        let own = own.ok_or(SignInRefused::FacilityNotAllowed)?;
        let facility = credentials.facility.trim();
        let spoken_for = if facility.is_empty() {
            own
        } else {
            snapshot
                .find_organization(facility)
                .filter(|organization| snapshot.may_speak_for(own.id, organization.id))
                .ok_or(SignInRefused::FacilityNotAllowed)?
        };
        Ok(caller(&account, spoken_for, Standing::Program))
    }

    /// The active account of this kind whose password it is. An account of another kind is refused like one that does
    /// not exist, and takes as long.
    pub(crate) async fn check_credentials(
        &self,
        kind: AccountKind,
        credentials: &Credentials<'_>,
    ) -> Result<Arc<Account>, SignInRefused> {
        let Credentials { username, password, source, at, .. } = *credentials;
        let snapshot = self.directory().snapshot();
        let account = snapshot.find_account(username).filter(|account| account.is_active && account.kind == kind);
        let subjects = Failed::of_password(kind, username, source);
        self.sign_ins().verify(account.map(Arc::as_ref), password, &subjects, at).await?;
        account.cloned().ok_or(SignInRefused::Unknown)
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
    /// [`RegistryError::Refused`] when the user name is empty or taken, the password too short, the organization unknown, or
    /// the address for mail can be none. A person without one, whom only operators add, is told of nothing by mail.
    pub fn add_account(&self, _admission: &Admission, new: NewAccount) -> Result<Account, RegistryError> {
        let snapshot = self.directory().snapshot();
        let organization = snapshot
            .find_organization(&new.organization_code)
            .ok_or_else(|| RegistryError::Refused(format!("there is no organization {}", new.organization_code)))?;
        check_username(&new.username)?;
        if snapshot.find_account(&new.username).is_some() {
            return Err(RegistryError::Refused(format!("the user name {} is taken", new.username)));
        }
        check_role(new.kind, new.role, organization.kind)?;
        if !new.email.is_empty() {
            check_mail(new.kind, &new.email)?;
        }
        check_password(&new.password, &[&new.username, &new.full_name, &organization.name])?;
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
            language: None,
        };
        self.database().insert_account(&account)?;
        self.refresh()?;
        Ok(account)
    }

    /// Lifts the locks of an account after wrong passwords, keys or codes, on every node. That of an address from which many
    /// accounts were tried stays.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account.
    pub fn lift_locks(&self, _admission: &Admission, username: &str, at: Timestamp) -> Result<Account, RegistryError> {
        let account = self.require_account(username)?;
        self.database().lift_locks(account.id, at, at - FAILURES_REMEMBERED_FOR)?;
        self.refresh()?;
        Ok(Account { password_hash: String::new(), ..account })
    }

    /// Gives an account another password; the old one stops working at once, and its sessions end.
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
        let account = self.require_account(username)?;
        check_password(password, &self.names_of(&account).each_ref().map(String::as_str))?;
        let id = account.id;
        self.database().update_account(&Account { password_hash: hash_password(password, &salt)?, ..account })?;
        self.database().remove_sessions_of(id)?;
        self.refresh()
    }

    /// Gives an account another name and another address for mail.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account, a person would have no name, or the address can be none.
    pub fn set_account_contact(
        &self,
        _admission: &Admission,
        username: &str,
        full_name: &str,
        email: &str,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        if account.kind == AccountKind::WebUser && full_name.trim().is_empty() {
            return Err(RegistryError::Refused("the account of a person needs their name".into()));
        }
        check_mail(account.kind, email)?;
        let (full_name, email) = (full_name.trim().to_owned(), email.trim().to_owned());
        self.database().update_account(&Account { full_name, email, ..account })?;
        self.refresh()
    }

    /// Lets an account be used, or stops it from being used, which ends its sessions for good.
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
        let id = account.id;
        self.database().update_account(&Account { is_active, ..account })?;
        self.database().remove_sessions_of(id)?;
        self.refresh()
    }

    /// Lets a person act for another organization, too, with its sites; or ends that.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account or organization, the account is a program's, or the
    /// role is none of this organization.
    pub fn set_membership(
        &self,
        _admission: &Admission,
        username: &str,
        organization_code: &str,
        role: Option<Role>,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        let snapshot = self.directory().snapshot();
        let organization = snapshot
            .find_organization(organization_code)
            .ok_or_else(|| RegistryError::Refused(format!("there is no organization {organization_code}")))?;
        match role {
            Some(role) => {
                check_role(account.kind, Some(role), organization.kind)?;
                let membership = Membership { account_id: account.id, organization_id: organization.id, role };
                self.database().set_membership(&membership)?;
            }
            None => drop(self.database().remove_membership(account.id, organization.id)?),
        }
        self.refresh()
    }

    /// Gives a person another role in the account's own organization.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such account, it is a program's, or the role is none of its
    /// organization.
    pub fn set_role(&self, _admission: &Admission, username: &str, role: Role) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        let snapshot = self.directory().snapshot();
        let kind = snapshot.organization(account.organization_id).map(|organization| organization.kind);
        check_role(account.kind, Some(role), kind.unwrap_or(OrganizationKind::Clinic))?;
        self.database().update_account(&Account { role: Some(role), ..account })?;
        self.refresh()
    }

    pub(crate) fn names_of(&self, account: &Account) -> [String; 3] {
        let snapshot = self.directory().snapshot();
        let organization = snapshot.organization(account.organization_id);
        let organization = organization.map(|organization| organization.name.clone()).unwrap_or_default();
        [account.username.clone(), account.full_name.clone(), organization]
    }

    pub(crate) fn require_account(&self, username: &str) -> Result<Account, RegistryError> {
        // Who is about to change it writes all of it: what another node wrote a moment ago must be in it.
        self.refresh()?;
        let snapshot = self.directory().snapshot();
        let account = snapshot.find_account(username).map(|account| account.as_ref().clone());
        account.ok_or_else(|| RegistryError::Refused(format!("there is no account {username}")))
    }
}

/// A caller in this organization.
pub(crate) fn caller(account: &Account, organization: &Organization, standing: Standing) -> Caller {
    Caller {
        account_id: Some(account.id),
        username: account.username.clone(),
        organization_id: organization.id,
        organization_code: organization.code.clone(),
        standing,
    }
}

/// Mail must be able to reach a person; of a program the address of its contact may be missing.
pub(crate) fn check_mail(kind: AccountKind, email: &str) -> Result<(), RegistryError> {
    match kind {
        AccountKind::WebService if email.trim().is_empty() => Ok(()),
        AccountKind::WebService | AccountKind::WebUser => check_address(SubscriptionWay::Email, email),
    }
}

/// A person has a role, a program has none; and the registry's own roles are given in the registry's own office only.
/// Refuses what cannot be a user name: programs put it into headers and lists, people type it.
fn check_username(username: &str) -> Result<(), RegistryError> {
    if username.contains(char::is_whitespace) {
        return Err(RegistryError::Refused(format!("the user name {username:?} has a blank in it; it takes none")));
    }
    check_name("an account", username)
}

fn check_role(kind: AccountKind, role: Option<Role>, organization: OrganizationKind) -> Result<(), RegistryError> {
    let refuse = |reason: String| Err(RegistryError::Refused(reason));
    match (kind, role) {
        (AccountKind::WebService, None) => Ok(()),
        (AccountKind::WebService, Some(_)) => {
            refuse("an account of a program has no role; a person's account is of the kind web_user".into())
        }
        (AccountKind::WebUser, None) => {
            let words: Vec<&str> = Role::ALL.into_iter().map(Role::word).collect();
            refuse(format!("an account of a person needs a role: {}", words.join(", ")))
        }
        (AccountKind::WebUser, Some(role))
            if role.is_of_the_registry() && organization != OrganizationKind::Registry =>
        {
            refuse(format!("the role {} is given in the registry's own organization only", role.word()))
        }
        (AccountKind::WebUser, Some(_)) => Ok(()),
    }
}
