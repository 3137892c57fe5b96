//! Mending what a crash left. Only a process that is alone does so: another's file may be half on its way.

use std::collections::HashSet;

use jiff::Timestamp;
use model::OrganizationId;

use crate::errors::disk;
use crate::limits::{names_in, sizes};
use crate::places::Folder;
use crate::{Spool, SpoolError, durable};

/// Removes what was never whole: files under `new`, and contents without a record. Their senders were not told OK.
pub(crate) fn mend(spool: &Spool, now: Timestamp) -> Result<(), SpoolError> {
    for organization_id in spool.organizations()? {
        let removed = mend_organization(spool, organization_id)?;
        if removed > 0 {
            tracing::warn!(%organization_id, removed, %now, "files that no sender was told OK for were removed");
        }
    }
    Ok(())
}

fn mend_organization(spool: &Spool, organization_id: OrganizationId) -> Result<u64, SpoolError> {
    let attempt = || disk("mend the spool");
    let mut removed = 0;
    let new = spool.folder(organization_id, Folder::New);
    for (name, _) in sizes(&new)? {
        durable::remove(&new.join(name)).map_err(attempt())?;
    }
    let recorded = recorded(spool, organization_id)?;
    let content = spool.folder(organization_id, Folder::Content);
    for (name, _) in sizes(&content)? {
        if !recorded.contains(&name) {
            durable::remove(&content.join(name)).map_err(attempt())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The ids of all files that have a record.
pub(crate) fn recorded(spool: &Spool, organization_id: OrganizationId) -> Result<HashSet<String>, SpoolError> {
    let mut ids = HashSet::new();
    // Read against the direction of process_again and with that of processing: waiting twice.
    for folder in [Folder::Waiting, Folder::Claimed, Folder::Archive, Folder::Waiting] {
        let names = names_in(&spool.folder(organization_id, folder))?.into_iter();
        ids.extend(names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned)));
    }
    Ok(ids)
}
