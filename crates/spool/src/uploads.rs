//! Files that are being uploaded: written at any place, by one handle at a time, kept when the connection is cut.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use jiff::Timestamp;

use crate::errors::disk;
use crate::limits::{check_disk, sizes};
use crate::{Finished, Owner, Point, Record, Spool, SpoolError, durable};

/// Bytes by which a file grows before the organization's limit and the disk are looked at again.
const GROWTH_BETWEEN_CHECKS: u64 = 8 << 20;

/// How an upload is begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opening {
    /// From the beginning: what an earlier upload of this name left is thrown away.
    Fresh,
    /// Where an earlier upload of this name was cut off; from the beginning when there is none.
    Resume,
}

/// A handle that writes an upload. Dropping it keeps what was written, for a resume; [`Upload::finish`] takes it.
#[derive(Debug)]
pub struct Upload {
    spool: Spool,
    owner: Owner,
    pub(crate) part: Arc<Part>,
    pub(crate) generation: u64,
}

/// An upload that was not finished.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Partial {
    /// Its name.
    pub name: String,
    /// The bytes that are here.
    pub size: u64,
    /// When the last of them came.
    pub modified_at: Timestamp,
}

/// A file that is being written. The newest handle on it writes; older ones are told that they do not any more.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) file: File,
    /// The generation of the handle that may write; 0 for none. Held while writing, so that nothing is written into a
    /// file that was taken.
    writer: RwLock<u64>,
    generations: AtomicU64,
    /// Up to which size the limits allow it to grow without being asked again.
    allowed: AtomicU64,
}

impl Spool {
    /// Begins an upload, or goes on with one. An older handle on the same file writes no longer.
    ///
    /// # Errors
    /// A name that cannot be used, no room, [`SpoolError::Busy`], or the disk.
    pub fn begin(&self, owner: &Owner, name: &str, opening: Opening) -> Result<Upload, SpoolError> {
        let path = self.partial_path(owner, name)?;
        let _turn = self.turns().take([path.clone()]);
        if !path.exists() {
            let count = self.usage(owner.organization_id)?.files;
            if count >= self.limits().organization_files {
                return Err(SpoolError::TooManyFiles { count });
            }
            self.make_folders(owner.organization_id)?;
            let folder = path.parent().unwrap_or(&path);
            durable::make_folder(folder).map_err(disk("make the folder of an account"))?;
        }
        let part = self.part(path, name)?;
        let generation = part.generations.fetch_add(1, Ordering::AcqRel) + 1;
        let mut writer = part.writer.write().unwrap_or_else(PoisonError::into_inner);
        *writer = generation;
        if opening == Opening::Fresh {
            part.file.set_len(0).map_err(disk(format!("begin {name:?}")))?;
            part.allowed.store(0, Ordering::Release);
        }
        drop(writer);
        let upload = Upload { spool: self.clone(), owner: owner.clone(), part, generation };
        check_disk(&upload.part.file, self.limits().disk_reserve_bytes)?;
        Ok(upload)
    }

    /// The file as this process has it open, or opened now.
    pub(crate) fn part(&self, path: PathBuf, name: &str) -> Result<Arc<Part>, SpoolError> {
        let mut parts = self.parts();
        if let Some(part) = parts.get(&path).and_then(std::sync::Weak::upgrade) {
            return Ok(part);
        }
        let attempt = || format!("open {name:?}");
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(disk(attempt()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SpoolError::Busy { name: name.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(disk(attempt())(error)),
        }
        let part = Arc::new(Part {
            path: path.clone(),
            name: name.to_owned(),
            file,
            writer: RwLock::new(0),
            generations: AtomicU64::new(0),
            allowed: AtomicU64::new(0),
        });
        parts.retain(|_, part| part.strong_count() > 0);
        parts.insert(path, Arc::downgrade(&part));
        Ok(part)
    }

    /// What an account has begun and not finished, by name.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn partials(&self, owner: &Owner) -> Result<Vec<Partial>, SpoolError> {
        let mut found = Vec::new();
        let folder = self.partial_folder(owner)?;
        for (name, metadata) in self.turns().between_moves(|| sizes(&folder))? {
            let Some(name) = name.strip_prefix("p-") else { continue };
            found.push(Partial { name: name.to_owned(), size: metadata.len(), modified_at: modified_at(&metadata) });
        }
        found.sort_unstable_by(|left, right| left.name.cmp(&right.name));
        Ok(found)
    }

    /// An unfinished upload of this name.
    ///
    /// # Errors
    /// A name that cannot be used, or [`SpoolError::Missing`].
    pub fn partial(&self, owner: &Owner, name: &str) -> Result<Partial, SpoolError> {
        let path = self.partial_path(owner, name)?;
        let _turn = self.turns().take([path.clone()]);
        look_at(&path, name)
    }

    /// Gives an unfinished upload another name; one that stood there is replaced.
    ///
    /// # Errors
    /// A name that cannot be used, [`SpoolError::Missing`], [`SpoolError::Busy`], or the disk.
    pub fn rename_partial(&self, owner: &Owner, from: &str, to: &str) -> Result<(), SpoolError> {
        let (source, target) = (self.partial_path(owner, from)?, self.partial_path(owner, to)?);
        let _turn = self.turns().take([source.clone(), target.clone()]);
        look_at(&source, from)?;
        for (path, name) in [(&source, from), (&target, to)] {
            if path.exists() {
                self.part(path.clone(), name)?.seal();
                self.parts().remove(path);
            }
        }
        fs::rename(&source, &target).map_err(disk(format!("rename {from:?} to {to:?}")))
    }

    /// Throws an unfinished upload away.
    ///
    /// # Errors
    /// A name that cannot be used, [`SpoolError::Missing`], [`SpoolError::Busy`], or the disk.
    pub fn discard(&self, owner: &Owner, name: &str) -> Result<(), SpoolError> {
        let path = self.partial_path(owner, name)?;
        let _turn = self.turns().take([path.clone()]);
        look_at(&path, name)?;
        let part = self.part(path, name)?;
        part.seal();
        self.throw_away(&part.path).map_err(disk(format!("throw {name:?} away")))
    }

    pub(crate) fn throw_away(&self, path: &Path) -> io::Result<()> {
        self.parts().remove(path);
        durable::remove(path)
    }
}

impl Part {
    /// From here on no handle writes; returns when none is writing any more.
    pub(crate) fn seal(&self) {
        *self.writer.write().unwrap_or_else(PoisonError::into_inner) = 0;
    }
}

impl Upload {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.part.name
    }

    /// Whose it is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The bytes that are here; a resume goes on after them.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn size(&self) -> Result<u64, SpoolError> {
        self.part.file.metadata().map(|metadata| metadata.len()).map_err(disk("ask for a size"))
    }

    /// Writes all bytes at this place, whatever stood there.
    ///
    /// # Errors
    /// No room, [`SpoolError::Superseded`], or the disk; what was written before stays.
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<(), SpoolError> {
        let _writing = self.writing()?;
        self.check_room(offset.saturating_add(bytes.len() as u64))?;
        let attempt = || format!("write {:?}", self.part.name);
        self.part.file.write_all_at(bytes, offset).map_err(disk(attempt()))?;
        self.spool.faults().pass(Point::Write).map_err(disk(attempt()))
    }

    /// Reads what stands at this place; 0 at the end.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, SpoolError> {
        self.part.file.read_at(buffer, offset).map_err(disk(format!("read {:?}", self.part.name)))
    }

    /// Cuts or lengthens the file.
    ///
    /// # Errors
    /// No room, [`SpoolError::Superseded`], or the disk.
    pub fn set_size(&self, size: u64) -> Result<(), SpoolError> {
        let _writing = self.writing()?;
        self.check_room(size)?;
        self.part.file.set_len(size).map_err(disk(format!("cut {:?}", self.part.name)))
    }

    /// Brings what was written to the disk. A file that the disk does not confirm is thrown away.
    ///
    /// # Errors
    /// [`SpoolError::NotDurable`] or [`SpoolError::Superseded`].
    pub fn sync(&self) -> Result<(), SpoolError> {
        let _writing = self.writing()?;
        self.spool.sync_part(&self.part)
    }

    /// Takes what was written for good, as [`Spool::finish`] does, if this is the handle that writes it.
    ///
    /// # Errors
    /// [`SpoolError::Superseded`], and those of [`Spool::finish`].
    pub fn finish(self, finished: &Finished<'_>) -> Result<Record, SpoolError> {
        let spool = self.spool.clone();
        let owner = self.owner.clone();
        spool.take(&owner, finished, Some(self))
    }

    /// Throws away what was written, as [`Spool::discard`] does, if this is the handle that writes it.
    ///
    /// # Errors
    /// [`SpoolError::Superseded`], or the disk.
    pub fn discard(self) -> Result<(), SpoolError> {
        let path = &self.part.path;
        let _turn = self.spool.turns().take([path.clone()]);
        drop(self.writing()?);
        self.part.seal();
        self.spool.throw_away(path).map_err(disk(format!("throw {:?} away", self.part.name)))
    }

    /// Refuses for a handle that writes no longer, or not into this file.
    pub(crate) fn check_writes(&self, part: &Arc<Part>) -> Result<(), SpoolError> {
        match Arc::ptr_eq(&self.part, part) {
            true => self.writing().map(drop),
            false => Err(SpoolError::Superseded { name: self.part.name.clone() }),
        }
    }

    fn writing(&self) -> Result<RwLockReadGuard<'_, u64>, SpoolError> {
        let writer = self.part.writer.read().unwrap_or_else(PoisonError::into_inner);
        if *writer != self.generation {
            return Err(SpoolError::Superseded { name: self.part.name.clone() });
        }
        Ok(writer)
    }

    fn check_room(&self, size: u64) -> Result<(), SpoolError> {
        let limits = self.spool.limits();
        if size > limits.file_bytes {
            return Err(SpoolError::TooLarge { limit: limits.file_bytes });
        }
        if size <= self.part.allowed.load(Ordering::Acquire) {
            return Ok(());
        }
        check_disk(&self.part.file, limits.disk_reserve_bytes)?;
        let now = self.size()?;
        let others = self.spool.usage(self.owner.organization_id)?.bytes.saturating_sub(now);
        let may = limits.organization_bytes.saturating_sub(others);
        if size > may {
            return Err(SpoolError::TooManyBytes { limit: limits.organization_bytes });
        }
        self.part.allowed.store(may.min(size.saturating_add(GROWTH_BETWEEN_CHECKS)), Ordering::Release);
        Ok(())
    }
}

/// An unfinished upload, as whoever has its turn finds it.
pub(crate) fn look_at(path: &Path, name: &str) -> Result<Partial, SpoolError> {
    match fs::metadata(path) {
        Ok(found) => Ok(Partial { name: name.to_owned(), size: found.len(), modified_at: modified_at(&found) }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SpoolError::Missing { name: name.to_owned() }),
        Err(error) => Err(disk(format!("look at {name:?}"))(error)),
    }
}

pub(crate) fn modified_at(metadata: &fs::Metadata) -> Timestamp {
    metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok()).unwrap_or(Timestamp::UNIX_EPOCH)
}
