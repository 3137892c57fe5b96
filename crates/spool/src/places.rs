//! The spool as a whole, and where in it things stand.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use jiff::Timestamp;
use model::{FileId, OrganizationId};
use uuid::Uuid;

use crate::errors::disk;
use crate::turns::Turns;
use crate::uploads::Part;
use crate::{Faults, Limits, Record, SpoolError, Usage, durable, limits, names, recovery};

/// Whose file it is: the organization, and the account that uploads it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Owner {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The account's username, compared without case.
    pub account: String,
}

/// The spool of a node. Cheap to clone; all clones are one. Several processes may have it open at the same time.
#[derive(Clone, Debug)]
pub struct Spool {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) root: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    /// Uploads that somebody writes in this process.
    pub(crate) parts: Mutex<HashMap<PathBuf, Weak<Part>>>,
    /// Who is beginning, renaming, removing or finishing which of them.
    pub(crate) turns: Turns,
    /// Records that were read.
    pub(crate) records: Mutex<HashMap<(OrganizationId, FileId), Record>>,
    /// Held, shared, as long as the spool is open: only who is alone may mend.
    _presence: File,
}

/// The folders of one organization.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Folder {
    Partial,
    Content,
    Waiting,
    Claimed,
    Archive,
    Outbox,
    New,
}

impl Folder {
    pub(crate) const ALL: [Folder; 7] = [
        Folder::Partial,
        Folder::Content,
        Folder::Waiting,
        Folder::Claimed,
        Folder::Archive,
        Folder::Outbox,
        Folder::New,
    ];

    fn name(self) -> &'static str {
        match self {
            Folder::Partial => "partial",
            Folder::Content => "content",
            Folder::Waiting => "waiting",
            Folder::Claimed => "claimed",
            Folder::Archive => "archive",
            Folder::Outbox => "outbox",
            Folder::New => "new",
        }
    }
}

/// Refuses root the folder of another user, and making one in such a folder: what root puts into it, its user cannot read.
/// Whether anybody else may use a folder, of theirs or of their group, the system says.
fn check_owner(root: &Path) -> Result<(), SpoolError> {
    let attempt = || format!("open the spool {}", root.display());
    let root = std::path::absolute(root).map_err(disk(attempt()))?;
    let Some((folder, found)) = root.ancestors().find_map(|folder| Some((folder, fs::metadata(folder).ok()?))) else {
        return Ok(());
    };
    let owner = found.uid();
    match rustix::process::geteuid().is_root() && owner != rustix::process::Uid::ROOT.as_raw() {
        true => Err(SpoolError::NotOurs { folder: folder.display().to_string(), owner }),
        false => Ok(()),
    }
}

impl Spool {
    /// Opens the spool in a folder, which is made if need be, and mends what a crash left.
    ///
    /// # Errors
    /// [`SpoolError::NotOurs`] when root comes to another user's; [`SpoolError::Disk`] when the folder cannot be used.
    pub fn open(root: &Path, limits: Limits, faults: Faults, now: Timestamp) -> Result<Spool, SpoolError> {
        let attempt = || format!("open the spool {}", root.display());
        check_owner(root)?;
        durable::make_folder(root).map_err(disk(attempt()))?;
        let presence = durable::lock_file(&root.join("presence")).map_err(disk(attempt()))?;
        let is_alone = presence.try_lock().is_ok();
        let inner = Inner {
            root: root.to_owned(),
            limits,
            faults,
            parts: Mutex::default(),
            turns: Turns::default(),
            records: Mutex::default(),
            _presence: presence.try_clone().map_err(disk(attempt()))?,
        };
        let spool = Spool { inner: Arc::new(inner) };
        if is_alone {
            recovery::mend(&spool, now)?;
        }
        presence.lock_shared().map_err(disk(attempt()))?;
        Ok(spool)
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// The failures planned for this process; none in earnest.
    pub fn faults(&self) -> &Faults {
        &self.inner.faults
    }

    /// Every organization that ever sent a file here.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn organizations(&self) -> Result<Vec<OrganizationId>, SpoolError> {
        let names = limits::names_in(&self.inner.root)?.into_iter();
        let mut ids: Vec<OrganizationId> =
            names.filter_map(|name| Uuid::parse_str(&name).ok()).map(OrganizationId).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    /// What an organization has on its way.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn usage(&self, organization_id: OrganizationId) -> Result<Usage, SpoolError> {
        let mut usage = Usage::default();
        for id in self.ids_on_the_way(organization_id)? {
            usage.files += 1;
            let known = self.known_records().get(&(organization_id, id)).map(|record| record.size);
            let found = || fs::metadata(self.content_path(organization_id, id)).map_or(0, |found| found.len());
            usage.bytes += known.unwrap_or_else(found);
        }
        for (account, _) in limits::sizes(&self.folder(organization_id, Folder::Partial))? {
            let folder = self.folder(organization_id, Folder::Partial).join(account);
            for (_, metadata) in limits::sizes(&folder)? {
                usage.files += 1;
                usage.bytes += metadata.len();
            }
        }
        Ok(usage)
    }

    pub(crate) fn folder(&self, organization_id: OrganizationId, folder: Folder) -> PathBuf {
        self.inner.root.join(organization_id.to_string()).join(folder.name())
    }

    /// The folders of an organization, made when its first file comes.
    pub(crate) fn make_folders(&self, organization_id: OrganizationId) -> Result<(), SpoolError> {
        for folder in Folder::ALL {
            let path = self.folder(organization_id, folder);
            if !path.is_dir() {
                durable::make_folder(&path).map_err(disk("make a folder of the spool"))?;
                let organization = path.parent().unwrap_or(&path);
                durable::sync_folder(organization).map_err(disk("make a folder of the spool"))?;
                durable::sync_folder(&self.inner.root).map_err(disk("make a folder of the spool"))?;
            }
        }
        Ok(())
    }

    /// Where the bytes of a taken file are, for an operator who looks after one that is set aside.
    pub fn content_path(&self, organization_id: OrganizationId, id: FileId) -> PathBuf {
        self.folder(organization_id, Folder::Content).join(id.to_string())
    }

    pub(crate) fn partial_folder(&self, owner: &Owner) -> Result<PathBuf, SpoolError> {
        let account = names::account_folder(&owner.account)?;
        Ok(self.folder(owner.organization_id, Folder::Partial).join(account))
    }

    pub(crate) fn partial_path(&self, owner: &Owner, name: &str) -> Result<PathBuf, SpoolError> {
        names::check(name)?;
        Ok(self.partial_folder(owner)?.join(format!("p-{name}")))
    }

    pub(crate) fn turns(&self) -> &Turns {
        &self.inner.turns
    }

    pub(crate) fn known_records(&self) -> MutexGuard<'_, HashMap<(OrganizationId, FileId), Record>> {
        self.inner.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn parts(&self) -> MutexGuard<'_, HashMap<PathBuf, Weak<Part>>> {
        self.inner.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
