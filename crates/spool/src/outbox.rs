//! The outbox of an organization: what it fetches.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::PathBuf;

use jiff::Timestamp;
use model::OrganizationId;

use crate::errors::disk;
use crate::limits::sizes;
use crate::places::Folder;
use crate::uploads::modified_at;
use crate::{Point, Spool, SpoolError, durable, names};

/// One file of an outbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutboxFile {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// When it was put there.
    pub modified_at: Timestamp,
}

impl Spool {
    /// What an organization can fetch, by name.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn outbox(&self, organization_id: OrganizationId) -> Result<Vec<OutboxFile>, SpoolError> {
        let mut files = Vec::new();
        for (name, metadata) in sizes(&self.folder(organization_id, Folder::Outbox))? {
            let Some(name) = name.strip_prefix("o-") else { continue };
            files.push(OutboxFile { name: name.to_owned(), size: metadata.len(), modified_at: modified_at(&metadata) });
        }
        files.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        Ok(files)
    }

    /// One file that an organization can fetch.
    ///
    /// # Errors
    /// A name that cannot be used, [`SpoolError::Missing`] or [`SpoolError::Disk`].
    pub fn outbox_file(&self, organization_id: OrganizationId, name: &str) -> Result<OutboxFile, SpoolError> {
        match fs::metadata(self.outbox_path(organization_id, name)?) {
            Ok(found) => Ok(OutboxFile { name: name.to_owned(), size: found.len(), modified_at: modified_at(&found) }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SpoolError::Missing { name: name.to_owned() }),
            Err(error) => Err(disk(format!("look at {name:?}"))(error)),
        }
    }

    /// Opens a file of the outbox to be read.
    ///
    /// # Errors
    /// A name that cannot be used, [`SpoolError::Missing`] or [`SpoolError::Disk`].
    pub fn open_outbox_file(&self, organization_id: OrganizationId, name: &str) -> Result<File, SpoolError> {
        match File::open(self.outbox_path(organization_id, name)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SpoolError::Missing { name: name.to_owned() }),
            opened => opened.map_err(disk(format!("open {name:?}"))),
        }
    }

    /// Puts a file into the outbox, whole or not at all; one of the same name is replaced.
    ///
    /// # Errors
    /// A name that cannot be used, no room, or the disk; also whatever `write` gives.
    pub fn put_into_outbox(
        &self,
        organization_id: OrganizationId,
        name: &str,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), SpoolError> {
        let target = self.outbox_path(organization_id, name)?;
        self.make_folders(organization_id)?;
        let new = self.folder(organization_id, Folder::New).join(format!("o-{name}"));
        let written = durable::write_whole(&new, &target, self.faults(), write);
        written.and_then(|()| self.faults().pass(Point::Result)).map_err(disk(format!("put {name:?} into the outbox")))
    }

    /// Removes a file from the outbox; one that is not there is removed already.
    ///
    /// # Errors
    /// A name that cannot be used, or the disk.
    pub fn remove_from_outbox(&self, organization_id: OrganizationId, name: &str) -> Result<(), SpoolError> {
        match fs::remove_file(self.outbox_path(organization_id, name)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk(format!("remove {name:?}"))(error)),
            _ => Ok(()),
        }
    }

    fn outbox_path(&self, organization_id: OrganizationId, name: &str) -> Result<PathBuf, SpoolError> {
        names::check(name)?;
        Ok(self.folder(organization_id, Folder::Outbox).join(format!("o-{name}")))
    }
}
