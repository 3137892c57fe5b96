//! How long things are kept.

use std::fs;

use jiff::{Timestamp, ToSpan};
use model::OrganizationId;

use crate::errors::disk;
use crate::limits::sizes;
use crate::places::Folder;
use crate::uploads::modified_at;
use crate::{RecordState, Spool, SpoolError, durable, records};

/// What was removed because its time had come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Retention {
    /// Uploads that were cut off and never resumed.
    pub partials: u64,
    /// Results.
    pub results: u64,
    /// Processed files.
    pub archived: u64,
}

impl Spool {
    /// Removes what has been kept long enough. `archive_days` may be fewer than the limit says.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn remove_expired(
        &self,
        organization_id: OrganizationId,
        archive_days: u32,
        now: Timestamp,
    ) -> Result<Retention, SpoolError> {
        let limits = self.limits();
        let before = |days: u32| now.checked_sub((24 * i64::from(days)).hours()).unwrap_or(Timestamp::MIN);
        let mut removed = Retention::default();
        let partial = self.folder(organization_id, Folder::Partial);
        for (account, _) in sizes(&partial)? {
            removed.partials += self.remove_older(&partial.join(account), before(limits.partial_days))?;
        }
        let outbox = self.folder(organization_id, Folder::Outbox);
        removed.results = self.remove_older(&outbox, before(limits.outbox_days))?;
        let archived_before = before(archive_days.min(limits.archive_days));
        for id in self.ids(organization_id, RecordState::Archived)? {
            let record_path = records::path(self, organization_id, Folder::Archive, id);
            // It may be processed again meanwhile.
            let Ok(archived_at) = fs::metadata(&record_path).map(|found| modified_at(&found)) else { continue };
            // One that cannot be read stands in nobody's way, and is kept no longer than others.
            let record = self.record(organization_id, RecordState::Archived, id).ok().flatten();
            if record.map_or(archived_at, |record| archived_at.max(record.received_at)) < archived_before {
                // The content first: a content without a record is removed by the next mending, a record alone not.
                let content = self.content_path(organization_id, id);
                for path in [&content, &record_path] {
                    durable::remove(path).map_err(disk("remove an archived file"))?;
                }
                self.known_records().remove(&(organization_id, id));
                removed.archived += 1;
            }
        }
        Ok(removed)
    }

    fn remove_older(&self, folder: &std::path::Path, before: Timestamp) -> Result<u64, SpoolError> {
        let mut removed = 0;
        for (name, metadata) in sizes(folder)? {
            let path = folder.join(name);
            let is_open = self.parts().get(&path).is_some_and(|part| part.strong_count() > 0);
            if metadata.is_file() && !is_open && modified_at(&metadata) < before {
                durable::remove(&path).map_err(disk("remove what was kept long enough"))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}
