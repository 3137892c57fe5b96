//! A SQLite file put in the place of another, so that a crash at any instant loses nothing.
//!
//! While the folder `registry.db.restoring` stands, nobody opens `registry.db` (place.rs). In it are the copy, until that is
//! in its place, and what was there, under the names that it had. When all is done the folder gets a name of its own, with
//! what was there in it. Each step is on the disk before the next, so that whoever comes after a crash sees by the copy
//! whether what was there goes back or stays.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use spool::{Faults, Point};

use super::{files_of, remove};
use crate::ending::Failure;
use crate::ownership::{self, folder_of};
use crate::place;
use crate::{spooling, world};

/// The copy's name in the folder.
const COPY: &str = "restored.db";

/// One exchange; no other goes on while it is held.
pub(super) struct Exchange {
    target: PathBuf,
    folder: PathBuf,
    /// Locked, so that nobody takes this exchange for one that broke off.
    _locked: File,
    faults: Faults,
}

impl Exchange {
    /// Begins to put another file in the place of this one, which is there or not.
    pub(super) fn begin(target: &Path) -> Result<Exchange, Failure> {
        let folder = place::restoring_folder(target);
        match ownership::create_folder(&folder) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(goes_on(target)),
            made => drop(made.with_context(|| format!("cannot make the folder {}", folder.display()))?),
        }
        sync_folder(folder_of(&folder))?;
        Exchange::lock(target, folder)
    }

    /// Ends one that broke off, if there is one. Gives what it kept.
    pub(super) fn end_earlier(target: &Path) -> Result<Vec<PathBuf>, Failure> {
        let folder = place::restoring_folder(target);
        if !place::is_there(&folder)? {
            return Ok(Vec::new());
        }
        let kept = Exchange::lock(target, folder)?.end()?;
        tracing::warn!(file = %target.display(), ?kept, "a restore that broke off is ended");
        Ok(kept)
    }

    fn lock(target: &Path, folder: PathBuf) -> Result<Exchange, Failure> {
        let locked = File::open(&folder).with_context(|| format!("cannot open the folder {}", folder.display()))?;
        match locked.try_lock() {
            Err(fs::TryLockError::WouldBlock) => return Err(goes_on(target)),
            Err(fs::TryLockError::Error(error)) => return Err(error.into()),
            Ok(()) => {}
        }
        Ok(Exchange { target: target.to_owned(), folder, _locked: locked, faults: spooling::planned_faults()? })
    }

    /// Where the copy stands until it is in its place.
    pub(super) fn copy(&self) -> PathBuf {
        self.folder.join(COPY)
    }

    /// Has the copy made, puts it in its place, and gives what was there. Whatever fails, all is then as it was.
    pub(super) fn run(self, make: impl FnOnce(&Exchange) -> Result<(), Failure>) -> Result<Vec<PathBuf>, Failure> {
        match make(&self).and_then(|()| self.put_in_place()) {
            Ok(()) => self.end(),
            Err(error) => {
                if let Err(left) = self.end() {
                    tracing::error!(?left, folder = %self.folder.display(), "what was there is not back in its place");
                }
                Err(error)
            }
        }
    }

    /// Copies a file, with the owner and the rights of the one to be replaced, and brings it to the disk.
    pub(super) fn copy_durably(&self, from: &Path) -> Result<(), Failure> {
        let copy = || -> io::Result<()> {
            let mut copy = ownership::create_for_place_of(&self.copy(), &self.target)?;
            io::copy(&mut File::open(from)?, &mut copy)?;
            copy.sync_all()?;
            self.faults.pass(Point::Fsync)
        };
        Ok(copy().with_context(|| format!("cannot copy {} to {}", from.display(), self.copy().display()))?)
    }

    /// Takes away what is there, the log first: a program that knows nothing of the folder finds no log beside another file.
    fn put_in_place(&self) -> Result<(), Failure> {
        sync_folder(&self.folder)?;
        for (there, kept) in self.names().rev() {
            if place::is_there(&there)? {
                self.rename(&there, &kept)?;
            }
        }
        self.rename(&self.copy(), &self.target)
    }

    /// Moves back what was there, as long as the copy is not in its place, and gives the folder its last name. Gives what
    /// stays in it.
    fn end(&self) -> Result<Vec<PathBuf>, Failure> {
        if place::is_there(&self.copy())? {
            for (there, kept) in self.names() {
                if place::is_there(&kept)? {
                    self.rename(&kept, &there)?;
                }
            }
        }
        remove(&self.copy())?;
        let mut kept = Vec::new();
        for (_, name) in self.names() {
            kept.extend(place::is_there(&name)?.then_some(name));
        }
        let attempt = || format!("cannot put the folder {} away", self.folder.display());
        if kept.is_empty() {
            fs::remove_dir(&self.folder).with_context(attempt)?;
        } else {
            let time = world::now().strftime("%Y%m%dT%H%M%S%.3fZ");
            let aside = self.target.with_added_extension(format!("before-{time}"));
            fs::rename(&self.folder, &aside).with_context(attempt)?;
            self.faults.pass(Point::Rename)?;
            kept = kept.iter().filter_map(|name| name.file_name()).map(|name| aside.join(name)).collect();
        }
        sync_folder(folder_of(&self.folder))?;
        Ok(kept)
    }

    /// The names of the file and of those beside it: where they belong, and where they are kept.
    fn names(&self) -> impl DoubleEndedIterator<Item = (PathBuf, PathBuf)> {
        let kept = self.folder.join(self.target.file_name().unwrap_or_default());
        files_of(&self.target).into_iter().zip(files_of(&kept))
    }

    /// Gives a file another name, durably; none is lost by it.
    fn rename(&self, from: &Path, to: &Path) -> Result<(), Failure> {
        if place::is_there(to)? {
            return Err(Failure::Refused(format!("{} is there already, and {} too", to.display(), from.display())));
        }
        fs::rename(from, to).with_context(|| format!("cannot rename {} to {}", from.display(), to.display()))?;
        self.faults.pass(Point::Rename)?;
        // Where it is now comes to the disk before where it is no more.
        sync_folder(folder_of(to))?;
        sync_folder(folder_of(from))
    }
}

fn goes_on(target: &Path) -> Failure {
    Failure::Refused(format!("another restore of {} goes on; nothing was changed", target.display()))
}

/// Brings the names in a folder to the disk.
fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(synced.with_context(|| format!("cannot bring the folder {} to the disk", folder.display()))?)
}
