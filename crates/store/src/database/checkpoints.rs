//! Copying SQLite's write-ahead log back into its file, beside those who write.
//!
//! Left to itself SQLite has whoever commits do it, while everybody else waits, and again with each commit for as long as
//! somebody reads an older state.

use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{Database, DatabaseUrl, Driver, Writing};
use crate::StoreError;

/// Copies beside those who write, at most: each copies what was written during the one before it.
const PASSES_MAXIMUM: u32 = 8;
/// What a pass copied when it is time for the last, for which all wait: 2 MB, a few milliseconds.
const LAST_PAGES: u32 = 512;

/// The one who copies; when it is dropped, the next may begin.
struct Running(Database);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.shared.is_checkpointing.store(false, Ordering::Release);
    }
}

impl Database {
    /// Has SQLite's write-ahead log copied back when it is long, by a thread beside those who write.
    pub(super) fn checkpoint_if_due(&self, writing: &mut Writing<'_>) {
        let Driver::Sqlite(sqlite) = &mut writing.connection.driver else { return };
        if !sqlite.is_checkpoint_due() || self.shared.is_checkpointing.swap(true, Ordering::AcqRel) {
            return;
        }
        let running = Running(self.clone());
        let copy_back = move || {
            if let Err(error) = running.0.checkpoint() {
                tracing::warn!(%error, "the write-ahead log stays as it is, and grows");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("checkpoint".to_owned()).spawn(copy_back) {
            tracing::warn!(%error, "the write-ahead log stays as it is, and grows");
        }
    }

    /// Copies the write-ahead log back: most of it while others write, the rest while nobody does and no lane reads, so
    /// that the log can begin anew.
    fn checkpoint(&self) -> Result<(), StoreError> {
        let Driver::Sqlite(mut beside) = self.open_writer()?.driver else { return Ok(()) };
        let mut copied = 0;
        for _ in 0..PASSES_MAXIMUM {
            let copied_before = copied;
            copied = beside.checkpoint()?;
            self.sync_file()?;
            if copied.saturating_sub(copied_before) < LAST_PAGES {
                break;
            }
        }
        let mut writing = self.writing();
        let _nobody_reads = self.shared.snapshots.write().unwrap_or_else(PoisonError::into_inner);
        let copied = beside.checkpoint();
        if let Driver::Sqlite(sqlite) = &mut writing.connection.driver {
            sqlite.note_checkpoint();
        }
        copied.map(drop)
    }

    /// On SQLite, copies the whole write-ahead log back and empties it, so that nothing is left in it of what was removed.
    /// False: somebody reads an older state, or copies; it is to be tried again.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn empty_log(&self) -> Result<bool, StoreError> {
        if !self.has_one_writer() {
            return Ok(true);
        }
        if self.shared.is_checkpointing.swap(true, Ordering::AcqRel) {
            return Ok(false);
        }
        let _running = Running(self.clone());
        let Driver::Sqlite(mut beside) = self.open_writer()?.driver else { return Ok(true) };
        beside.checkpoint()?;
        self.sync_file()?;
        let mut writing = self.writing();
        let _nobody_reads = self.shared.snapshots.write().unwrap_or_else(PoisonError::into_inner);
        let is_empty = beside.empty_log()?;
        if let Driver::Sqlite(sqlite) = &mut writing.connection.driver {
            sqlite.note_checkpoint();
        }
        Ok(is_empty)
    }

    /// Brings to the disk what was copied into the file. SQLite does so only once all is copied, and then everybody waits.
    fn sync_file(&self) -> Result<(), StoreError> {
        let DatabaseUrl::Sqlite(path) = &self.shared.url else { return Ok(()) };
        let sync = || -> io::Result<()> {
            let file = match self.shared.open_file.get() {
                Some(file) => file,
                None => {
                    let file = ManuallyDrop::new(File::open(path)?);
                    self.shared.open_file.get_or_init(|| file)
                }
            };
            file.sync_data()
        };
        sync().map_err(|error| StoreError::Unavailable {
            attempted: format!("bring {} to the disk", path.display()),
            source: Box::new(error),
        })
    }
}
