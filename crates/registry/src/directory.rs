//! Organizations and accounts, kept in memory: tens of thousands of rows that every message asks for.
//!
//! The snapshot is renewed after every change made here, and within seconds after one made by another node: every change
//! changes a stamp, too, and only the stamp is read again and again.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::{Account, AccountId, Membership, Organization, OrganizationId, OrganizationKind, Relation, Role};
use store::Database;

use crate::{Admission, Registry, RegistryError};

/// Letters of the code of an organization at most: it goes into MSH-4, file names and addresses.
const CODE_LENGTH_MAXIMUM: usize = 40;

/// Letters of the name of an organization, or of the user name of an account, at most.
const NAME_LENGTH_MAXIMUM: usize = 200;

/// The levels of the tree of organizations that are followed; a deeper one is a mistake.
const TREE_DEPTH_MAXIMUM: usize = 8;

/// How often the directory is looked at, and found unchanged by its stamp, before it is read all the same: a node looks
/// every three seconds, and once more for its file door, so within a minute.
const LOOKS_MAXIMUM: u32 = 20;

/// An organization or site to add.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// Its id, made by the caller.
    pub id: OrganizationId,
    /// Its code; unique.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: OrganizationKind,
    /// The code of the organization that it is a site of.
    pub parent_code: Option<String>,
    /// Other names under which its messages arrive.
    pub aliases: Vec<String>,
}

/// What is known of organizations and accounts at one moment.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    organizations: HashMap<OrganizationId, Organization>,
    by_code: HashMap<String, OrganizationId>,
    /// By user name in small letters.
    accounts: BTreeMap<String, Arc<Account>>,
    accounts_by_id: HashMap<AccountId, Arc<Account>>,
    memberships: HashMap<AccountId, Vec<Membership>>,
    /// Of organizations whose clocks are not the registry's.
    time_zones: HashMap<OrganizationId, TimeZone>,
    /// The accounts whose locks were lifted lately.
    lifted_locks: Vec<(Arc<Account>, Timestamp)>,
    /// Whether all of them are made up.
    is_demonstration: bool,
}

impl Snapshot {
    fn read(database: &Database) -> Result<Snapshot, RegistryError> {
        let is_demonstration = crate::demonstrations::is_demonstration(database)?;
        let mut snapshot = Snapshot { is_demonstration, ..Snapshot::default() };
        for organization in database.organizations()? {
            for code in std::iter::once(&organization.code).chain(&organization.aliases) {
                snapshot.by_code.insert(code.to_lowercase(), organization.id);
            }
            snapshot.organizations.insert(organization.id, organization);
        }
        for account in database.accounts()? {
            let account = Arc::new(account);
            snapshot.accounts_by_id.insert(account.id, account.clone());
            snapshot.accounts.insert(account.username.to_lowercase(), account);
        }
        for membership in database.memberships()? {
            snapshot.memberships.entry(membership.account_id).or_default().push(membership);
        }
        for (id, zone) in database.organization_time_zones()? {
            snapshot.time_zones.extend(TimeZone::get(&zone).map(|zone| (id, zone)));
        }
        for (id, at) in database.lifted_locks()? {
            snapshot.lifted_locks.extend(snapshot.accounts_by_id.get(&id).map(|account| (account.clone(), at)));
        }
        Ok(snapshot)
    }

    /// All organizations, in no order.
    pub(crate) fn organizations(&self) -> impl Iterator<Item = &Organization> {
        self.organizations.values()
    }

    /// The organization of this id.
    pub(crate) fn organization(&self, id: OrganizationId) -> Option<&Organization> {
        self.organizations.get(&id)
    }

    /// The organization known by this code or alias, also one that was stopped; case does not matter.
    pub(crate) fn known_organization(&self, code: &str) -> Option<&Organization> {
        self.organizations.get(self.by_code.get(&code.to_lowercase())?)
    }

    /// The same, if it is active.
    pub(crate) fn find_organization(&self, code: &str) -> Option<&Organization> {
        self.known_organization(code).filter(|organization| organization.is_active)
    }

    /// The account of this user name; case does not matter.
    pub(crate) fn find_account(&self, username: &str) -> Option<&Arc<Account>> {
        self.accounts.get(&username.to_lowercase())
    }

    /// The account of this id.
    pub(crate) fn account(&self, id: AccountId) -> Option<&Arc<Account>> {
        self.accounts_by_id.get(&id)
    }

    /// All accounts, in no order.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values().map(Arc::as_ref)
    }

    /// The accounts whose user names come after this one, whatever the case, by user name.
    pub(crate) fn accounts_after(&self, username: &str) -> impl Iterator<Item = &Account> {
        let after = (Bound::Excluded(username.to_lowercase()), Bound::Unbounded);
        self.accounts.range(after).map(|(_, account)| account.as_ref())
    }

    /// The accounts whose locks were lifted lately, and when.
    pub(crate) fn lifted_locks(&self) -> &[(Arc<Account>, Timestamp)] {
        &self.lifted_locks
    }

    /// Whether they are the made-up ones of a demonstration.
    pub(crate) fn is_demonstration(&self) -> bool {
        self.is_demonstration
    }

    /// The organizations that an account may act for besides its own, with its role there.
    pub(crate) fn memberships(&self, id: AccountId) -> &[Membership] {
        self.memberships.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The role of an account in an active organization: of the nearest organization upward that it belongs to.
    pub(crate) fn role_in(&self, account: &Account, organization: OrganizationId) -> Option<Role> {
        let memberships = self.memberships(account.id);
        let role_at = |id: OrganizationId| {
            let membership = memberships.iter().find(|membership| membership.organization_id == id);
            membership.map(|membership| membership.role).or(account.role.filter(|_| account.organization_id == id))
        };
        self.organization(organization).filter(|organization| organization.is_active)?;
        self.upward(organization).find_map(role_at)
    }

    /// The active organizations that an account may act for, with its role there, by code.
    pub(crate) fn may_act_for(&self, account: &Account) -> Vec<(&Organization, Role)> {
        let all = self.organizations.values();
        let all = all.filter_map(|organization| Some((organization, self.role_in(account, organization.id)?)));
        let mut all: Vec<(&Organization, Role)> = all.collect();
        all.sort_by(|(left, _), (right, _)| left.code.cmp(&right.code));
        all
    }

    /// How `target` stands to `from`.
    pub(crate) fn relation(&self, from: OrganizationId, target: OrganizationId) -> Relation {
        if from == target {
            Relation::Same
        } else if self.may_speak_for(from, target) {
            Relation::Below
        } else if self.may_speak_for(target, from) {
            Relation::Above
        } else {
            Relation::Other
        }
    }

    /// Whether two organizations are one, or one stands above the other in the tree.
    pub(crate) fn is_related(&self, one: OrganizationId, other: OrganizationId) -> bool {
        self.may_speak_for(one, other) || self.may_speak_for(other, one)
    }

    /// The clocks of an organization that are not the registry's: its own, or those of the nearest above it that has some.
    pub(crate) fn time_zone(&self, organization: OrganizationId) -> Option<&TimeZone> {
        self.upward(organization).find_map(|id| self.time_zones.get(&id))
    }

    /// An organization and those above it, upward.
    fn upward(&self, organization: OrganizationId) -> impl Iterator<Item = OrganizationId> {
        let above = |id: &OrganizationId| self.organizations.get(id).and_then(|organization| organization.parent_id);
        std::iter::successors(Some(organization), above).take(TREE_DEPTH_MAXIMUM)
    }

    /// Whether `speaker` is `organization` or stands above it in the tree.
    pub(crate) fn may_speak_for(&self, speaker: OrganizationId, organization: OrganizationId) -> bool {
        self.upward(organization).any(|id| id == speaker)
    }
}

/// The current snapshot.
#[derive(Debug)]
pub(crate) struct Directory {
    current: RwLock<Arc<Snapshot>>,
    seen: Mutex<Seen>,
}

/// What the snapshot was read by.
#[derive(Debug, Default)]
struct Seen {
    /// The directory's stamp before it was read.
    version: String,
    /// How often the stamp was the same since.
    looks: u32,
}

impl Directory {
    /// Reads organizations and accounts for the first time.
    pub(crate) fn open(database: &Database) -> Result<Directory, RegistryError> {
        let directory = Directory { current: RwLock::default(), seen: Mutex::default() };
        directory.read(database, database.directory_version()?)?;
        Ok(directory)
    }

    /// Reads them again when they were changed, and now and then without: a program of an earlier version beside this
    /// one changes them and not their stamp. Gives whether they were read. On an error the old snapshot stays.
    pub(crate) fn refresh(&self, database: &Database) -> Result<bool, RegistryError> {
        let version = database.directory_version()?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.version == version && seen.looks < LOOKS_MAXIMUM {
            seen.looks += 1;
            return Ok(false);
        }
        drop(seen);
        self.read(database, version)?;
        Ok(true)
    }

    /// Reads them again, changed or not.
    pub(crate) fn read_again(&self, database: &Database) -> Result<(), RegistryError> {
        self.read(database, database.directory_version()?)
    }

    fn read(&self, database: &Database, version: String) -> Result<(), RegistryError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = Arc::new(Snapshot::read(database)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        *seen = Seen { version, looks: 0 };
        Ok(())
    }

    /// What is known now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        self.current.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl Registry {
    /// All organizations, by code.
    pub fn organizations(&self, _admission: &Admission) -> Vec<Organization> {
        let mut all: Vec<Organization> = self.directory().snapshot().organizations.values().cloned().collect();
        all.sort_by(|left, right| left.code.cmp(&right.code));
        all
    }

    /// The active organization known by this code or alias.
    pub fn find_organization(&self, _admission: &Admission, code: &str) -> Option<Organization> {
        self.directory().snapshot().find_organization(code).cloned()
    }

    /// The organization known by this code or alias, also one that was stopped: what it did is still to be read, and mended.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is none.
    pub fn known_organization(&self, _admission: &Admission, code: &str) -> Result<Organization, RegistryError> {
        self.directory().snapshot().known_organization(code).cloned().ok_or_else(|| {
            RegistryError::Refused(format!("there is no organization {code}; `bluebonnet organization list` names all"))
        })
    }

    /// Adds an organization, or a site of one.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when the code cannot be one, the name can be none, a code or alias is empty or taken, the parent
    /// unknown, or too many stand above each other.
    pub fn add_organization(
        &self,
        _admission: &Admission,
        new: NewOrganization,
    ) -> Result<Organization, RegistryError> {
        let snapshot = self.directory().snapshot();
        if !is_code(&new.code) {
            return Err(RegistryError::Refused(format!(
                "{:?} cannot be the code of an organization: it takes {CODE_LENGTH_MAXIMUM} letters, digits, hyphens, \
                 underscores and full stops at most, the first a letter or a digit",
                new.code
            )));
        }
        check_name("an organization", &new.name)?;
        for code in std::iter::once(&new.code).chain(&new.aliases) {
            if code.trim().is_empty() {
                return Err(RegistryError::Refused("an organization needs a code".into()));
            }
            if snapshot.by_code.contains_key(&code.to_lowercase()) {
                return Err(RegistryError::Refused(format!("the code {code} is taken; codes are unique without case")));
            }
        }
        let parent_id = match &new.parent_code {
            None => None,
            Some(code) => Some(
                snapshot
                    .find_organization(code)
                    .ok_or_else(|| RegistryError::Refused(format!("there is no organization {code} to be a site of")))?
                    .id,
            ),
        };
        if let Some(parent) = parent_id
            && snapshot.upward(parent).count() == TREE_DEPTH_MAXIMUM
        {
            return Err(RegistryError::Refused(format!(
                "{} cannot stand below {}: organizations stand {TREE_DEPTH_MAXIMUM} below each other at most; give it one further up",
                new.code,
                new.parent_code.unwrap_or_default()
            )));
        }
        let organization = Organization {
            id: new.id,
            code: new.code,
            name: new.name,
            kind: new.kind,
            parent_id,
            aliases: new.aliases,
            is_active: true,
        };
        self.database().insert_organization(&organization)?;
        self.refresh()?;
        Ok(organization)
    }

    /// Lets an organization send and ask, or stops it from doing so.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such organization.
    pub fn set_organization_active(
        &self,
        _admission: &Admission,
        code: &str,
        is_active: bool,
    ) -> Result<(), RegistryError> {
        let snapshot = self.directory().snapshot();
        let Some(organization) = snapshot.known_organization(code) else {
            return Err(RegistryError::Refused(format!("there is no organization {code}")));
        };
        self.database().update_organization(&Organization { is_active, ..organization.clone() })?;
        self.refresh()
    }
}

/// Refuses what cannot be the name of an organization or of an account's person: nothing, a whole page, or what steers a terminal.
pub(crate) fn check_name(whose: &str, name: &str) -> Result<(), RegistryError> {
    if name.trim().is_empty() {
        return Err(RegistryError::Refused(format!("{whose} needs a name")));
    }
    if name.chars().count() > NAME_LENGTH_MAXIMUM || name.contains(char::is_control) {
        return Err(RegistryError::Refused(format!(
            "the name of {whose} takes {NAME_LENGTH_MAXIMUM} letters at most, and no control characters"
        )));
    }
    Ok(())
}

/// Whether a text can be the code of an organization.
fn is_code(text: &str) -> bool {
    text.chars().count() <= CODE_LENGTH_MAXIMUM
        && text.starts_with(char::is_alphanumeric)
        && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.'))
}

#[cfg(test)]
mod tests {
    use model::{AccountKind, OrganizationKind};
    use store::DatabaseUrl;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn it_is_read_again_when_it_was_changed_and_now_and_then() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
        let database = Database::open(&url, &store::Options::default()).expect("the database opens");
        database.migrate().expect("the schema is made");
        let organization = Organization {
            id: OrganizationId(Uuid::from_u128(1)),
            code: "CLINIC".into(),
            name: "A clinic".into(),
            kind: OrganizationKind::Clinic,
            parent_id: None,
            aliases: Vec::new(),
            is_active: true,
        };
        let account = Account {
            id: AccountId(Uuid::from_u128(2)),
            organization_id: organization.id,
            kind: AccountKind::WebUser,
            username: "nora".into(),
            password_hash: String::new(),
            full_name: String::new(),
            email: String::new(),
            role: Some(Role::ViewOnly),
            is_active: true,
            language: None,
        };
        let membership =
            Membership { account_id: account.id, organization_id: organization.id, role: Role::SchoolNurse };
        let directory = Directory::open(&database).expect("it is read");
        let is_read = || directory.refresh(&database).expect("the database answers");
        assert!(!is_read(), "nothing has changed");
        let changes: [&dyn Fn() -> Result<(), store::StoreError>; 7] = [
            &|| database.insert_organization(&organization),
            &|| database.update_organization(&Organization { aliases: vec!["1.2".into()], ..organization.clone() }),
            &|| database.insert_account(&account),
            &|| database.update_account(&Account { full_name: "Nora Nurse".into(), ..account.clone() }),
            &|| database.update_account_password(account.id, "another"),
            &|| database.set_membership(&membership),
            &|| database.set_organization_time_zone(organization.id, "America/Denver"),
        ];
        for (place, change) in changes.iter().enumerate() {
            change().expect("it is written");
            assert!(is_read(), "after change {place}");
            assert!(!is_read(), "once after change {place}");
        }
        database.remove_membership(account.id, organization.id).expect("it is written");
        assert!(is_read(), "after the end of a membership");
        let looks = (0..LOOKS_MAXIMUM).filter(|_| is_read()).count();
        assert_eq!((looks, is_read()), (0, true), "after a minute without a change");
    }
}
