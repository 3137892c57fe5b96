//! How much may wait.

use std::fs;
use std::os::fd::AsFd;
use std::path::Path;

use crate::SpoolError;
use crate::errors::disk;

/// Limits of the spool.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: u64,
    /// Bytes of one organization that are uploaded or wait.
    pub organization_bytes: u64,
    /// Files of one organization that are uploaded or wait.
    pub organization_files: u64,
    /// Bytes of the disk that are left free for everything else.
    pub disk_reserve_bytes: u64,
    /// Days for which an upload that was cut off is kept, to be resumed.
    pub partial_days: u32,
    /// Days for which results stay in the outbox.
    pub outbox_days: u32,
    /// Days for which processed files stay in the archive.
    pub archive_days: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes: 20 << 30,
            organization_bytes: 50 << 30,
            organization_files: 10_000,
            disk_reserve_bytes: 1 << 30,
            partial_days: 7,
            outbox_days: 90,
            archive_days: 30,
        }
    }
}

/// What an organization has on its way: uploads, waiting files, files being processed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    /// How many.
    pub files: u64,
    /// How large together.
    pub bytes: u64,
}

/// Refuses when the disk has less than the reserve left.
pub(crate) fn check_disk(file: impl AsFd, reserve_bytes: u64) -> Result<(), SpoolError> {
    let status = rustix::fs::fstatvfs(file).map_err(|error| disk("ask how much room the disk has")(error.into()))?;
    match status.f_bavail.saturating_mul(status.f_frsize) < reserve_bytes {
        true => Err(SpoolError::DiskFull),
        false => Ok(()),
    }
}

/// The names in a folder with their sizes; a folder that is not there is empty. What disappears meanwhile is left out.
pub(crate) fn sizes(folder: &Path) -> Result<Vec<(String, fs::Metadata)>, SpoolError> {
    each_in(folder, |entry, name| Some((name, entry.metadata().ok()?)))
}

/// The names in a folder alone: nothing is asked of each.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<String>, SpoolError> {
    each_in(folder, |_, name| Some(name))
}

fn each_in<T>(folder: &Path, read: impl Fn(&fs::DirEntry, String) -> Option<T>) -> Result<Vec<T>, SpoolError> {
    let attempt = || format!("list {}", folder.display());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(disk(attempt())(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(disk(attempt()))?;
        found.extend(entry.file_name().into_string().ok().and_then(|name| read(&entry, name)));
    }
    Ok(found)
}
