//! Lists of accounts for those who look after them: narrowed, and a page at a time, as a state has tens of thousands.

use std::collections::HashMap;

use jiff::Timestamp;
use model::{
    Account, AccountId, AccountKind, Caller, Organization, OrganizationId, Right, Role, SubscriptionWay, recipient_key,
};

use crate::{Admission, Registry, RegistryError, SignInWait};

/// Which accounts a list shows; by default all.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AccountFilter {
    /// Of this organization.
    pub organization_id: Option<OrganizationId>,
    /// With these words, or parts of words, in the name, the user name or the e-mail address, whatever the case and the
    /// accents.
    pub text: String,
    /// Of people, or of programs.
    pub kind: Option<AccountKind>,
    /// Those that can be used, or that were stopped.
    pub is_active: Option<bool>,
    /// Those that nobody has confirmed since then.
    pub unconfirmed_since: Option<Timestamp>,
    /// Only after this user name: the last of the page before.
    pub after: String,
}

/// One account as administrators see it.
#[derive(Clone, Debug)]
pub struct AccountSeen {
    /// The account, without its password's hash.
    pub account: Account,
    /// Its organization.
    pub organization: Organization,
    /// When a person last signed in or opened a page, or a program last signed in: of programs to the hour.
    pub seen_at: Option<Timestamp>,
    /// Until when an invitation holds that was not used.
    pub invited_until: Option<Timestamp>,
    /// When somebody last confirmed that it is needed.
    pub reviewed_at: Option<Timestamp>,
    /// The organizations that it may act for besides its own, and as what.
    pub memberships: Vec<(Organization, Role)>,
}

impl Registry {
    /// The accounts of the organizations within the caller's reach that fit, by user name, so many at most: of people for
    /// those who may read accounts, of programs for those who look after them.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may see neither.
    pub async fn accounts_within_reach(
        &self,
        _admission: &Admission,
        caller: &Caller,
        filter: &AccountFilter,
        limit: usize,
    ) -> Result<Vec<AccountSeen>, RegistryError> {
        self.authorize_accounts(caller)?;
        let reviewed_at = self.reviewed_at().await?;
        let is_unconfirmed = |account: &Account| {
            filter.unconfirmed_since.is_none_or(|since| reviewed_at.get(&account.id).is_none_or(|at| *at < since))
        };
        let snapshot = self.directory().snapshot();
        let fitting = snapshot
            .accounts_after(&filter.after)
            .filter(|account| filter.fits(account) && is_unconfirmed(account) && self.may_see(caller, account));
        self.seen(fitting.take(limit).cloned().collect(), &reviewed_at).await
    }

    /// The account of a user name, if it is within the caller's reach.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may see no accounts.
    pub async fn account_within_reach(
        &self,
        _admission: &Admission,
        caller: &Caller,
        username: &str,
    ) -> Result<Option<AccountSeen>, RegistryError> {
        self.authorize_accounts(caller)?;
        let snapshot = self.directory().snapshot();
        let found = snapshot.find_account(username).filter(|account| self.may_see(caller, account));
        let found = found.map(|account| Account::clone(account)).into_iter().collect();
        Ok(self.seen(found, &self.reviewed_at().await?).await?.pop())
    }

    /// The user names of the accounts within the caller's reach that have this mail address, whatever its case. Several may:
    /// nobody signs in by an address, and mail goes there once.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may see no accounts.
    pub fn usernames_of_address(
        &self,
        _admission: &Admission,
        caller: &Caller,
        email: &str,
    ) -> Result<Vec<String>, RegistryError> {
        self.authorize_accounts(caller)?;
        let key = recipient_key(SubscriptionWay::Email, email);
        let has_it = |account: &&Account| {
            !account.email.trim().is_empty() && recipient_key(SubscriptionWay::Email, &account.email) == key
        };
        let snapshot = self.directory().snapshot();
        let found = snapshot.accounts_after("").filter(has_it).filter(|account| self.may_see(caller, account));
        Ok(found.map(|account| account.username.clone()).collect())
    }

    /// The wait of an account within the caller's reach after wrong passwords or codes, as far as this node had them.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`] for who may see no accounts.
    pub fn sign_in_wait(
        &self,
        _admission: &Admission,
        caller: &Caller,
        username: &str,
        at: Timestamp,
    ) -> Result<Option<SignInWait>, RegistryError> {
        self.authorize_accounts(caller)?;
        let snapshot = self.directory().snapshot();
        let found = snapshot.find_account(username).filter(|account| self.may_see(caller, account));
        Ok(found.and_then(|account| self.sign_ins().wait_of(account, at)))
    }

    fn authorize_accounts(&self, caller: &Caller) -> Result<(), RegistryError> {
        if self.may_here(caller, Right::ReadAccounts) {
            return Ok(());
        }
        self.authorize_here(caller, Right::ChangeExchangeAccounts)
    }

    fn may_see(&self, caller: &Caller, account: &Account) -> bool {
        let programs = account.kind == AccountKind::WebService
            && self.may(caller, Right::ChangeExchangeAccounts, account.organization_id);
        programs || self.may(caller, Right::ReadAccounts, account.organization_id)
    }

    /// These accounts with what is known of their use.
    async fn seen(
        &self,
        accounts: Vec<Account>,
        reviewed_at: &HashMap<AccountId, Timestamp>,
    ) -> Result<Vec<AccountSeen>, RegistryError> {
        let ids: Vec<AccountId> = accounts.iter().map(|account| account.id).collect();
        let reading = self.blocking(move |registry| {
            let database = registry.database();
            Ok((database.last_seen(&ids)?, database.invited_until(&ids)?))
        });
        let (last_seen, invited_until) = reading.await?;
        let snapshot = self.directory().snapshot();
        let seen = accounts.into_iter().filter_map(|account| {
            let memberships = snapshot.memberships(account.id).iter();
            let memberships =
                memberships.filter_map(|one| Some((snapshot.organization(one.organization_id)?.clone(), one.role)));
            Some(AccountSeen {
                organization: snapshot.organization(account.organization_id)?.clone(),
                seen_at: last_seen.get(&account.id).copied(),
                invited_until: invited_until.get(&account.id).copied(),
                reviewed_at: reviewed_at.get(&account.id).copied(),
                memberships: memberships.collect(),
                account: Account { password_hash: String::new(), ..account },
            })
        });
        Ok(seen.collect())
    }

    async fn reviewed_at(&self) -> Result<HashMap<AccountId, Timestamp>, RegistryError> {
        let reviews = self.blocking(|registry| Ok(registry.database().access_reviews()?)).await?;
        Ok(reviews.into_iter().map(|review| (review.account_id, review.reviewed_at)).collect())
    }
}

impl AccountFilter {
    fn fits(&self, account: &Account) -> bool {
        self.organization_id.is_none_or(|id| account.organization_id == id)
            && self.kind.is_none_or(|kind| account.kind == kind)
            && self.is_active.is_none_or(|is_active| account.is_active == is_active)
            && holds_words(&self.text, &[&account.full_name, &account.username, &account.email])
    }
}

/// Whether each word that is looked for stands in one of the fields, or is a part of what does: whatever the case, the
/// accents and the order. A mail address, or a part of one with its `@`, is looked for as it is written.
pub fn holds_words(sought: &str, fields: &[&str]) -> bool {
    if sought.contains('@') {
        let address = sought.trim().to_lowercase();
        return fields.iter().any(|field| field.to_lowercase().contains(&address));
    }
    let words = model::plain_letters(sought);
    if words.is_empty() {
        return true;
    }
    let fields: Vec<String> = fields.iter().map(|field| model::plain_letters(field)).collect();
    words.split(' ').all(|word| fields.iter().any(|field| field.contains(word)))
}
