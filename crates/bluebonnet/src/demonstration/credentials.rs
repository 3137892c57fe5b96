//! The accounts of the demonstration and their passwords: made up, shown once, and written to a file when asked for.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;
use model::{AccountId, AccountKind, FactorId};
use registry::{Admission, AuthenticatorKey, NewAccount, Registry};
use serde::Serialize;

use super::organizations::{ORGANIZATIONS, OrganizationPlan};
use crate::ending::Failure;
use crate::tables::Table;
use crate::{place, world};

/// All accounts of the demonstration, in the form of the credentials file.
#[derive(Debug, Serialize)]
pub(crate) struct Credentials {
    /// Where the web service is.
    webservice: String,
    /// Where its description is.
    wsdl: String,
    /// People who sign in.
    web_users: Vec<WebUser>,
    /// Programs that send.
    web_service_accounts: Vec<WebServiceAccount>,
}

#[derive(Debug, Serialize)]
struct WebUser {
    user: String,
    password: String,
    role: &'static str,
    /// The key of the account's authenticator app.
    authenticator_key: String,
    full_name: &'static str,
    organization: &'static str,
}

#[derive(Debug, Serialize)]
struct WebServiceAccount {
    user: String,
    password: String,
    /// What to send as facilityID.
    facility: &'static str,
    /// The organization for which, and for whose sites, the account speaks.
    organization: &'static str,
}

impl Credentials {
    /// Makes every account. One that is there already, from an attempt that was cut off, gets a new password.
    pub(crate) fn make(registry: &Registry, web_service: &str) -> Result<Credentials, Failure> {
        let admission = place::admit(registry)?;
        let mut credentials = Credentials {
            webservice: web_service.to_owned(),
            wsdl: format!("{web_service}?wsdl"),
            web_users: Vec::new(),
            web_service_accounts: Vec::new(),
        };
        for organization in &ORGANIZATIONS {
            credentials.add_users(registry, &admission, organization)?;
            credentials.add_programs(registry, &admission, organization)?;
        }
        Ok(credentials)
    }

    fn add_users(
        &mut self,
        registry: &Registry,
        admission: &Admission,
        organization: &OrganizationPlan,
    ) -> Result<(), Failure> {
        for (full_name, role) in organization.users.iter().copied() {
            let first_name = full_name.split(' ').next().unwrap_or_default().to_lowercase();
            let account = NewAccount {
                kind: AccountKind::WebUser,
                username: format!("{}.{first_name}", organization.short_name),
                full_name: full_name.to_owned(),
                role: Some(role),
                ..new_account(organization.code)
            };
            let (user, password) = add(registry, admission, account)?;
            let key = AuthenticatorKey::new(world::random_bytes());
            registry.give_authenticator(admission, &user, FactorId(world::new_id()), &key, world::now())?;
            let (role, authenticator_key) = (role.word(), key.text());
            let organization = organization.code;
            self.web_users.push(WebUser { user, password, role, authenticator_key, full_name, organization });
        }
        Ok(())
    }

    /// An account for the whole organization, and one for its first site alone.
    fn add_programs(
        &mut self,
        registry: &Registry,
        admission: &Admission,
        organization: &OrganizationPlan,
    ) -> Result<(), Failure> {
        let Some(site) = organization.sites.first() else { return Ok(()) };
        let whole = (organization.code, format!("{}-ehr", organization.short_name));
        let alone = (site.code, format!("{}-site-ehr", organization.short_name));
        for (facility, username) in [whole, alone] {
            let (user, password) = add(registry, admission, NewAccount { username, ..new_account(facility) })?;
            self.web_service_accounts.push(WebServiceAccount { user, password, facility, organization: facility });
        }
        Ok(())
    }

    /// Prints them, for people.
    pub(crate) fn print(&self) -> std::io::Result<()> {
        let mut table =
            Table::new(&["FOR", "USER", "PASSWORD", "ORGANIZATION", "ROLE OR FACILITY", "AUTHENTICATOR KEY"]);
        let text = str::to_owned;
        for user in &self.web_users {
            table.row([
                text("web"),
                user.user.clone(),
                user.password.clone(),
                text(user.organization),
                text(user.role),
                user.authenticator_key.clone(),
            ]);
        }
        for account in &self.web_service_accounts {
            table.row([
                text("web service"),
                account.user.clone(),
                account.password.clone(),
                text(account.organization),
                text(account.facility),
                String::new(),
            ]);
        }
        table.print()
    }

    /// Writes them to a file that only its owner may read.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let write = || {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
            file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
            serde_json::to_writer_pretty(&mut file, self)?;
            writeln!(file)
        };
        Ok(write().with_context(|| format!("cannot write {}", path.display()))?)
    }
}

fn new_account(organization_code: &str) -> NewAccount {
    NewAccount {
        id: AccountId(world::new_id()),
        organization_code: organization_code.to_owned(),
        kind: AccountKind::WebService,
        username: String::new(),
        password: world::random_password(),
        salt: world::random_bytes(),
        full_name: String::new(),
        email: String::new(),
        role: None,
    }
}

fn add(registry: &Registry, admission: &Admission, new: NewAccount) -> Result<(String, String), Failure> {
    let told = (new.username.clone(), new.password.clone());
    let is_there = registry.accounts(admission)?.iter().any(|known| known.username == new.username);
    if is_there {
        registry.set_password(admission, &new.username, &new.password, new.salt)?;
    } else {
        registry.add_account(admission, new)?;
    }
    Ok(told)
}
