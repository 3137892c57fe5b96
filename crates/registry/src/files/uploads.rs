//! Files that people send from a browser: into the spool, as at the file door, with its refusals.

use jiff::Timestamp;
use model::{Caller, Channel, FileId, OrganizationId, Right};
use spool::{Finished, Opening, Owner, SpoolError, Upload};

use super::Exchange;
use crate::{Admission, RegistryError};

/// A file that is coming in. What is dropped before it is finished leaves nothing.
#[derive(Debug)]
pub struct FileUpload {
    owner: Owner,
    id: FileId,
    name: String,
    size: u64,
    /// `None` once the file was taken.
    upload: Option<Upload>,
    spool: spool::Spool,
}

impl Exchange {
    /// Begins a file of an organization. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// [`RegistryError::Forbidden`]; [`RegistryError::Refused`] for want of room, or when the name cannot be used.
    pub fn begin_upload(
        &self,
        _admission: &Admission,
        caller: &Caller,
        organization_id: OrganizationId,
        name: &str,
        id: FileId,
    ) -> Result<FileUpload, RegistryError> {
        self.registry.authorize(caller, Right::SendFiles, organization_id)?;
        let owner = Owner { organization_id, account: caller.username.clone() };
        match self.spool.partial(&owner, name) {
            Ok(_) | Err(SpoolError::Missing { .. }) => {}
            Err(error) => return Err(refused(error)),
        }
        // Under a name of its own: two files of one name may come in at once.
        let upload = self.spool.begin(&owner, &unfinished_name(id), Opening::Fresh).map_err(refused)?;
        Ok(FileUpload { owner, id, name: name.to_owned(), size: 0, upload: Some(upload), spool: self.spool.clone() })
    }
}

impl FileUpload {
    /// Adds bytes at the end. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when the file may not grow further.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), RegistryError> {
        let upload = self.upload.as_ref().expect("it is not finished: finishing takes it");
        upload.write_at(bytes, self.size).map_err(refused)?;
        self.size += bytes.len() as u64;
        Ok(())
    }

    /// Takes the file for good: when this gives its receipt, no crash loses it.
    ///
    /// # Errors
    /// [`RegistryError::Refused`]: the file was not taken, and nothing of it is kept.
    pub fn finish(mut self, now: Timestamp) -> Result<FileId, RegistryError> {
        if self.size == 0 {
            let empty = format!("{:?} is empty; there is nothing in it to process", self.name);
            return Err(RegistryError::Refused(empty));
        }
        let uploaded_as = unfinished_name(self.id);
        let finished =
            Finished { uploaded_as: &uploaded_as, name: &self.name, id: self.id, channel: Channel::Web, now };
        let upload = self.upload.take().expect("it is not finished: finishing takes it");
        let taken = upload.finish(&finished);
        if taken.is_err() {
            self.throw_away(&uploaded_as);
        }
        taken.map(|record| record.id).map_err(refused)
    }
}

impl FileUpload {
    fn throw_away(&self, name: &str) {
        match self.spool.discard(&self.owner, name) {
            Ok(()) | Err(SpoolError::Missing { .. }) => {}
            Err(error) => tracing::warn!(%error, "what is left of an upload stays until it is old enough"),
        }
    }
}

impl Drop for FileUpload {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        let name = upload.name().to_owned();
        drop(upload);
        self.throw_away(&name);
    }
}

/// A name that says that its file is not finished, as clients of the file door give it.
fn unfinished_name(id: FileId) -> String {
    format!("{id}.part")
}

/// The sentence of the file door. The cause of a failed disk is nobody's business outside.
fn refused(error: SpoolError) -> RegistryError {
    match error {
        SpoolError::Disk { .. } | SpoolError::RecordInvalid { .. } | SpoolError::NotDurable { .. } => {
            tracing::error!(%error, "a file was not taken");
            RegistryError::Refused("the registry's disk failed; the file was not taken, send it again later".to_owned())
        }
        error => RegistryError::Refused(error.to_string()),
    }
}
