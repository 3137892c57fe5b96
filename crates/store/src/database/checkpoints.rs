//! Copying SQLite's write-ahead log back into its file, beside those who write.
//!
//! Left to itself SQLite has whoever commits do it, while everybody else waits, and again with each commit for as long as
//! somebody reads an older state.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use super::{Connection, Database, Writing};
use crate::StoreError;

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
        let Connection::Sqlite(sqlite) = &mut *writing.connection else { return };
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
        let Connection::Sqlite(mut beside) = self.open_writer()? else { return Ok(()) };
        beside.checkpoint()?;
        let mut writing = self.writing();
        let _nobody_reads = self.shared.snapshots.write().unwrap_or_else(PoisonError::into_inner);
        let copied = beside.checkpoint();
        if let Connection::Sqlite(sqlite) = &mut *writing.connection {
            sqlite.note_checkpoint();
        }
        copied
    }
}
