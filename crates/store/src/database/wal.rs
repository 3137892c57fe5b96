//! SQLite's write-ahead log, brought to the disk beside whoever writes next.
//!
//! SQLite would do it within the commit, while everybody else waits for the disk. Here a commit ends with its pages in the
//! hands of the operating system, the next may begin, and whoever committed says so only when the disk has them. Those who
//! wait for it at the same time are served by one call.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::StoreError;

/// The log of one database, as one program sees it.
pub(super) struct WriteAheadLog {
    path: PathBuf,
    /// How many commits there were.
    commits: AtomicU64,
    /// Whether what an earlier program left in it was looked after.
    is_taken_over: AtomicBool,
    /// Whether the disk failed. What it has is not known from then on: a later success says nothing of what failed before.
    has_failed: AtomicBool,
    disk: Mutex<Disk>,
}

/// What the disk has.
#[derive(Default)]
struct Disk {
    commits: u64,
    /// The log, opened when it is needed first. It stays the same file for as long as this program has it open.
    file: Option<File>,
}

impl WriteAheadLog {
    pub(super) fn new(path: PathBuf) -> WriteAheadLog {
        WriteAheadLog {
            path,
            commits: AtomicU64::default(),
            is_taken_over: AtomicBool::default(),
            has_failed: AtomicBool::default(),
            disk: Mutex::default(),
        }
    }

    /// Whether anything can be written.
    ///
    /// # Errors
    /// The disk failed before.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.has_failed.load(Ordering::Acquire) {
            true => Err(failure(io::Error::other("it failed before; restart the program when the disk is well"))),
            false => Ok(()),
        }
    }

    /// To be called in the turn of whoever is about to write. The first time `copy_back` is called for what an earlier
    /// program left in the log: if that one saw the disk fail, some of it may be nowhere but in memory.
    ///
    /// # Errors
    /// The disk failed before; those of `copy_back`.
    pub(super) fn begin(&self, copy_back: impl FnOnce() -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.check()?;
        if !self.is_taken_over.load(Ordering::Relaxed) {
            copy_back()?;
            self.is_taken_over.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Counts a commit, in the turn of whoever committed. Gives how many the disk must have for it, and for all that it
    /// may have seen.
    pub(super) fn note_commit(&self) -> u64 {
        self.commits.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Waits until the disk has so many commits.
    ///
    /// # Errors
    /// The disk fails: whether it has them is not known, and this program writes nothing more.
    pub(super) fn wait_for(&self, commits: u64) -> Result<(), StoreError> {
        let mut disk = self.disk.lock().unwrap_or_else(PoisonError::into_inner);
        self.check()?;
        if disk.commits >= commits {
            return Ok(());
        }
        let commits = self.commits.load(Ordering::Acquire);
        disk.sync(&self.path).map_err(|error| {
            self.has_failed.store(true, Ordering::Release);
            tracing::error!(%error, "the disk does not take the write-ahead log: nothing is written until a restart");
            failure(error)
        })?;
        disk.commits = commits;
        Ok(())
    }
}

impl Disk {
    fn sync(&mut self, path: &Path) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(path)?,
        };
        self.file.insert(file).sync_data()
    }
}

fn failure(error: io::Error) -> StoreError {
    StoreError::Unavailable { attempted: "bring the write-ahead log to the disk".to_owned(), source: Box::new(error) }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;
    use crate::{Changes, Claim, Database, DatabaseUrl, Options};

    #[test]
    fn what_an_earlier_program_left_is_looked_after_once() {
        let log = WriteAheadLog::new("/dev/null".into());
        let copies = Cell::new(0);
        let copy = |may| {
            copies.set(copies.get() + 1);
            if may { Ok(()) } else { Err(StoreError::Busy { attempted: "copy".to_owned() }) }
        };
        log.begin(|| copy(false)).expect_err("it could not be");
        for _ in 0..3 {
            log.begin(|| copy(true)).expect("it could be");
        }
        assert_eq!(copies.get(), 2);
    }

    #[test]
    fn whoever_has_written_may_say_so_because_the_disk_has_it() {
        let folder = tempfile::tempdir().expect("a folder for temporary files is there");
        let database = open(&folder);
        let log = database.shared.wal.as_ref().expect("it is SQLite");
        let missing = || log.commits.load(Ordering::Acquire) - log.disk.lock().expect("nobody panicked").commits;
        database.set_setting("greeting", "howdy").expect("writable");
        assert_eq!((missing(), log.commits.load(Ordering::Acquire)), (0, 2), "of the migration, and of the setting");
        let mut lane = database.lane(0).expect("a lane opens");
        lane.batch(&[], |_| Ok::<_, StoreError>(())).expect("writable");
        lane.decide(&Claim::default(), |_| Ok::<_, StoreError>(((), Changes::default()))).expect("writable");
        assert_eq!((missing(), log.commits.load(Ordering::Acquire)), (0, 4));
        // Two that wait at the same time are served by one call.
        let (first, second) = (log.note_commit(), log.note_commit());
        log.wait_for(first).expect("the disk is well");
        assert_eq!((missing(), second), (0, 6));
    }

    #[test]
    fn after_a_failure_of_the_disk_nothing_is_written_until_a_restart() {
        let folder = tempfile::tempdir().expect("a folder for temporary files is there");
        let database = open(&folder);
        database.set_setting("greeting", "howdy").expect("writable");
        // A device that cannot be brought to a disk.
        let broken = File::open("/dev/null").expect("every machine has it");
        let log = database.shared.wal.as_ref().expect("it is SQLite");
        let whole = log.disk.lock().expect("nobody panicked").file.replace(broken);
        let error = database.set_setting("greeting", "hello").expect_err("the disk does not take it");
        assert!(error.is_transient() && error.to_string().contains("write-ahead log to the disk"), "{error}");
        log.disk.lock().expect("nobody panicked").file = whole;
        for _ in 0..2 {
            let refused = database.set_setting("greeting", "hi").expect_err("what the disk has is not known");
            assert!(refused.to_string().contains("restart the program"), "{refused}");
        }
        database.ping(Duration::from_secs(5)).expect_err("it is not ready");
        assert_ne!(database.setting("greeting").expect("readable").as_deref(), Some("hi"));
        drop(database);
        open(&folder).set_setting("greeting", "hi").expect("writable again");
    }

    fn open(folder: &tempfile::TempDir) -> Database {
        let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
        let database = Database::open(&url, &Options::default()).expect("a file can be made");
        database.migrate().expect("it can be migrated");
        database
    }
}
