//! What administrators do for their organization: sites, accounts of people and of programs, reviews of access.

use jiff::Timestamp;
use model::{AccessReview, Account, AccountId, AccountKind, Caller, Organization, OrganizationKind, Right, Role};
use store::{AuditFilter, AuditRecord};

use crate::accounts::check_mail;
use crate::directory::check_name;
use crate::registrations::unknown_password;
use crate::{Admission, NewAccount, NewOrganization, Registry, RegistryError};

/// A person to give an account.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The account's id, made by the door.
    pub id: AccountId,
    /// The code of the organization.
    pub organization_code: String,
    /// First name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Where to reach them.
    pub email: String,
    /// What they are to be.
    pub role: Role,
    /// Random bytes for a salt, for a password that nobody knows, and for the invitation.
    pub random: ([u8; 16], [u8; 20], [u8; 10]),
}

/// What an administrator changes about an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccountChange {
    /// Another role.
    Role(Role),
    /// It can be used, or not any more; stopping it ends its sessions.
    Active(bool),
    /// Whoever has it need not wait any longer after wrong passwords or codes.
    Unlocked,
    /// It was looked at and is still needed.
    Confirmed,
}

/// How an account is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountName {
    /// A person's name, or a program's user name.
    pub shown: String,
    /// The user name.
    pub username: String,
}

impl Registry {
    /// How an account is called in lists of who did something.
    pub fn account_name(&self, _admission: &Admission, id: AccountId) -> Option<AccountName> {
        let snapshot = self.directory().snapshot();
        let account = snapshot.account(id)?;
        let name = if account.full_name.is_empty() { &account.username } else { &account.full_name };
        Some(AccountName { shown: name.clone(), username: account.username.clone() })
    }

    /// The account of a user name, whatever its case.
    pub fn find_account_id(&self, _admission: &Admission, username: &str) -> Option<AccountId> {
        self.directory().snapshot().find_account(username).map(|account| account.id)
    }

    /// Gives a person an account, with a user name that is made up and an invitation; gives both.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when something of it cannot be.
    pub async fn add_person_account(
        &self,
        admission: &Admission,
        caller: &Caller,
        new: NewPerson,
        at: Timestamp,
    ) -> Result<(Account, String), RegistryError> {
        let organization = self.find_organization(admission, &new.organization_code);
        let organization =
            organization.ok_or_else(|| RegistryError::Refused("there is no such organization".into()))?;
        self.authorize(caller, Right::ChangeAccounts, organization.id)?;
        check_mail(AccountKind::WebUser, &new.email)?;
        let (salt, password, invitation) = new.random;
        let account = NewAccount {
            id: new.id,
            organization_code: organization.code.clone(),
            kind: AccountKind::WebUser,
            username: self.free_username(&new.first_name, &new.last_name),
            password: unknown_password(&password),
            salt,
            full_name: format!("{} {}", new.first_name.trim(), new.last_name.trim()),
            email: new.email,
            role: Some(new.role),
        };
        let admitted = self.gate().admit(admission.channel()).map_err(|_| RegistryError::Stopping)?;
        let account = self.blocking(move |registry| registry.add_account(&admitted, account)).await?;
        let what = format!("added account {} as {}", account.username, new.role.word());
        self.note_administration(caller, organization.id, at, what).await?;
        let code = self.invite(admission, caller, &account.username, invitation, at).await?;
        Ok((account, code))
    }

    /// Changes an account of a person.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] for one's own account, or a role that does not fit.
    pub async fn change_account(
        &self,
        admission: &Admission,
        caller: &Caller,
        username: &str,
        change: AccountChange,
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        let right = match (account.kind, change) {
            (AccountKind::WebService, _) => Right::ChangeExchangeAccounts,
            (_, AccountChange::Confirmed) => Right::ReviewAccess,
            _ => Right::ChangeAccounts,
        };
        self.authorize(caller, right, account.organization_id)?;
        if caller.account_id == Some(account.id) && change != AccountChange::Confirmed {
            return Err(RegistryError::Refused("somebody else must change this about your own account".into()));
        }
        let what = match change {
            AccountChange::Role(role) if account.role == Some(role) => return Ok(()),
            AccountChange::Role(role) => {
                self.set_role(admission, username, role)?;
                format!("made account {} {}", account.username, role.word())
            }
            AccountChange::Active(is_active) => {
                self.set_account_active(admission, username, is_active)?;
                format!("{} account {}", if is_active { "activated" } else { "deactivated" }, account.username)
            }
            AccountChange::Unlocked => {
                self.lift_locks(admission, username, at)?;
                format!("lifted the lock of account {}", account.username)
            }
            AccountChange::Confirmed => {
                let review = AccessReview { account_id: account.id, reviewed_at: at, reviewed_by: caller.account_id };
                self.blocking(move |registry| Ok(registry.database().set_access_review(&review)?)).await?;
                format!("confirmed account {}", account.username)
            }
        };
        self.note_administration(caller, account.organization_id, at, what).await
    }

    /// Gives an account another name and another address for mail.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when a person would have no name, or the address can be none.
    pub async fn change_account_contact(
        &self,
        admission: &Admission,
        caller: &Caller,
        username: &str,
        (full_name, email): (&str, &str),
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        let right = match account.kind {
            AccountKind::WebService => Right::ChangeExchangeAccounts,
            AccountKind::WebUser => Right::ChangeAccounts,
        };
        self.authorize(caller, right, account.organization_id)?;
        self.set_account_contact(admission, username, full_name, email)?;
        let what = format!("changed name or mail address of account {}", account.username);
        self.note_administration(caller, account.organization_id, at, what).await
    }

    /// Lets a person act for another organization, too, as this role; or ends that. Whoever orders it looks after the
    /// accounts of both.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] for one's own account, or a role that does not fit.
    pub async fn change_membership(
        &self,
        admission: &Admission,
        caller: &Caller,
        username: &str,
        (code, role): (&str, Option<Role>),
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        let found = self.find_organization(admission, code);
        let organization = found.ok_or_else(|| RegistryError::Refused(format!("there is no organization {code}")))?;
        for target in [account.organization_id, organization.id] {
            self.authorize(caller, Right::ChangeAccounts, target)?;
        }
        if caller.account_id == Some(account.id) {
            return Err(RegistryError::Refused("somebody else must change this about your own account".into()));
        }
        if role.is_some() && organization.id == account.organization_id {
            let reason = format!("{code} is the account's own organization: change its role there");
            return Err(RegistryError::Refused(reason));
        }
        self.set_membership(admission, username, code, role)?;
        let what = match role {
            Some(role) => format!("lets account {username} act for {} as {}", organization.code, role.word()),
            None => format!("account {username} acts for {} no longer", organization.code),
        };
        self.note_administration(caller, account.organization_id, at, what).await
    }

    /// Gives an organization another name, and the other names under which its messages arrive.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when there is no such organization, the name is empty, or
    /// one of the others is taken.
    pub async fn rename_organization(
        &self,
        admission: &Admission,
        caller: &Caller,
        (code, name, aliases): (&str, String, Vec<String>),
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let organization = self.known_organization(admission, code)?;
        self.authorize(caller, Right::ChangeOrganization, organization.id)?;
        check_name("an organization", &name)?;
        for alias in &aliases {
            let known = self.known_organization(admission, alias);
            if known.is_ok_and(|other| other.id != organization.id) {
                return Err(RegistryError::Refused(format!(
                    "the code {alias} is taken; codes are unique without case"
                )));
            }
        }
        let id = organization.id;
        let renamed = Organization { name, aliases, ..organization };
        self.blocking(move |registry| {
            registry.database().update_organization(&renamed)?;
            registry.refresh()
        })
        .await?;
        self.note_administration(caller, id, at, format!("changed the names of organization {code}")).await
    }

    /// Adds an account of a program.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when something of it cannot be.
    pub async fn add_program_account(
        &self,
        admission: &Admission,
        caller: &Caller,
        new: NewAccount,
        at: Timestamp,
    ) -> Result<Account, RegistryError> {
        let organization = self.find_organization(admission, &new.organization_code);
        let organization =
            organization.ok_or_else(|| RegistryError::Refused("there is no such organization".into()))?;
        self.authorize(caller, Right::ChangeExchangeAccounts, organization.id)?;
        let new = NewAccount { kind: AccountKind::WebService, role: None, ..new };
        let account = self.add_account(admission, new)?;
        self.note_administration(caller, organization.id, at, format!("added account {}", account.username)).await?;
        Ok(account)
    }

    /// Gives a program's account another password.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when it is none of a program.
    pub async fn renew_program_password(
        &self,
        admission: &Admission,
        caller: &Caller,
        username: &str,
        (password, salt): (&str, [u8; 16]),
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        let account = self.require_account(username)?;
        self.authorize(caller, Right::ChangeExchangeAccounts, account.organization_id)?;
        if account.kind != AccountKind::WebService {
            return Err(RegistryError::Refused("people choose their passwords themselves".into()));
        }
        self.set_password(admission, username, password, salt)?;
        self.lift_locks(admission, username, at)?;
        let what = format!("set the password of account {}", account.username);
        self.note_administration(caller, account.organization_id, at, what).await
    }

    /// Adds a site to an organization.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when the code is empty or taken.
    pub async fn add_site(
        &self,
        admission: &Admission,
        caller: &Caller,
        new: NewOrganization,
        at: Timestamp,
    ) -> Result<Organization, RegistryError> {
        let parent = new.parent_code.as_deref().and_then(|code| self.find_organization(admission, code));
        let parent = parent.ok_or_else(|| RegistryError::Refused("a site belongs to an organization".into()))?;
        self.authorize(caller, Right::ChangeOrganization, parent.id)?;
        let site = self.add_organization(admission, NewOrganization { kind: parent.kind, ..new })?;
        self.note_administration(caller, parent.id, at, format!("added site {}", site.code)).await?;
        Ok(site)
    }

    /// Lets an organization send and ask, or stops it; for the registry's office. Nobody stops the office itself, or whom
    /// they act for: who does so by mistake shuts out everybody who could mend it.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] when there is no such organization, or it is the office's or
    /// the caller's own.
    pub async fn change_organization_state(
        &self,
        admission: &Admission,
        caller: &Caller,
        (code, is_active): (&str, bool),
        at: Timestamp,
    ) -> Result<(), RegistryError> {
        self.authorize_here(caller, Right::ApproveRegistration)?;
        let snapshot = self.directory().snapshot();
        let is_own = |known: &Organization| {
            known.kind == OrganizationKind::Registry || snapshot.may_speak_for(known.id, caller.organization_id)
        };
        if !is_active && snapshot.find_organization(code).is_some_and(is_own) {
            let reason = format!("{code} is the organization that you act for: only the command line stops it");
            return Err(RegistryError::Refused(reason));
        }
        self.set_organization_active(admission, code, is_active)?;
        let what = format!("{} organization {code}", if is_active { "activated" } else { "deactivated" });
        self.note_administration(caller, caller.organization_id, at, what).await
    }

    /// What the people and programs of an organization did, newest first.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`].
    pub async fn audit_of_organization(
        &self,
        _admission: &Admission,
        caller: &Caller,
        filter: AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, RegistryError> {
        self.authorize(caller, Right::ReadAudit, filter.organization_id)?;
        self.blocking(move |registry| Ok(registry.database().audit_of_organization(&filter, limit)?)).await
    }
}
