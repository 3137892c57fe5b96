//! Whether the database answers and takes what is written, for probes that ask again and again and must not wait long.

use std::sync::TryLockError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::{Connection, Database, WriteAheadLog};
use crate::{StoreError, settings};

/// The setting that is written to see whether anything can be.
const WRITTEN_TO_SEE: &str = "written_to_see";

/// Whether a database can be worked with, and if not, why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Readiness {
    /// It answers, and takes what is written.
    Ready,
    /// It answers, and its disk has no room.
    DiskFull,
    /// It answers, and its disk failed: nothing is written until the program is started again.
    DiskFailed,
    /// It does not answer in time.
    Away,
}

impl Database {
    /// The same as [`Database::ping`], and why not.
    pub fn readiness(&self, timeout: Duration) -> Readiness {
        match self.ping(timeout) {
            Ok(()) => Readiness::Ready,
            Err(_) if self.shared.wal.as_ref().is_some_and(|wal| wal.check().is_err()) => Readiness::DiskFailed,
            Err(error) if error.is_disk_full() => Readiness::DiskFull,
            // Another is trying: it knows no more yet than why the last write failed.
            Err(StoreError::Busy { .. }) if self.shared.has_found_disk_full.load(Ordering::Relaxed) => {
                Readiness::DiskFull
            }
            Err(_) => Readiness::Away,
        }
    }

    /// Whether the database answers, and its disk has not failed and is not full. Waits that long at most for a connection,
    /// and as long for the turn to write, where the last write failed.
    ///
    /// # Errors
    /// It does not; or the connections were in use for so long; or somebody else is trying to write just now.
    pub fn ping(&self, timeout: Duration) -> Result<(), StoreError> {
        self.shared.wal.as_ref().map_or(Ok(()), WriteAheadLog::check)?;
        let mut connection = self.shared.readers.take(timeout)?;
        let answer = connection.ping(timeout);
        if answer.is_err() {
            connection.discard();
            return answer;
        }
        drop(connection);
        self.check_writing(timeout)
    }

    /// Where the machine failed at the last write, writes something: a full disk is read from as ever. One tries at a time:
    /// whoever asks meanwhile knows as much as that the last write failed.
    fn check_writing(&self, timeout: Duration) -> Result<(), StoreError> {
        if !self.shared.has_failed_to_write.load(Ordering::Relaxed) {
            return Ok(());
        }
        let busy = || StoreError::Busy { attempted: "write something to see whether that can be".to_owned() };
        let _trying = match self.shared.trying_to_write.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(busy()),
            Err(TryLockError::Poisoned(left)) => left.into_inner(),
            Ok(trying) => trying,
        };
        let writing = self.writing_within(timeout).ok_or_else(busy)?;
        self.write_holding_in(writing, &[], |connection| settings::set(connection, WRITTEN_TO_SEE, ""))
    }

    /// Remembers whether something could be written on a connection. What was refused, or came too late, says nothing of
    /// the machine.
    pub(crate) fn note_write<T, E>(&self, connection: &Connection, result: Result<T, E>) -> Result<T, E> {
        if result.is_ok() || connection.has_failed {
            self.shared.has_found_disk_full.store(connection.has_found_disk_full, Ordering::Relaxed);
            self.shared.has_failed_to_write.store(result.is_err(), Ordering::Relaxed);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::{DatabaseUrl, Options};

    #[test]
    fn what_was_refused_is_no_failure_of_the_machine() {
        let (_folder, database) = open();
        let fails = |error: fn() -> StoreError| database.write(|_| Err::<(), _>(error()));
        fails(|| StoreError::Conflict { attempted: "change a row".to_owned() }).expect_err("another was faster");
        fails(|| StoreError::Busy { attempted: "change a row".to_owned() }).expect_err("it came too late");
        let refused = database.write(|connection| connection.execute("NO STATEMENT", &[], "be refused"));
        assert!(matches!(refused, Err(StoreError::Refused { .. })), "{refused:?}");
        ping(&database).expect("it is ready");
        assert!(!was_tried(&database), "nothing was written to see");
    }

    #[test]
    fn after_a_failure_of_the_machine_something_is_written_to_see() {
        let (_folder, database) = open();
        let failed = database.write(fill).expect_err("it is full");
        assert!(failed.is_transient() && failed.is_disk_full(), "{failed}");
        ping(&database).expect("a setting has room");
        assert!(was_tried(&database));
    }

    #[test]
    fn a_probe_waits_no_longer_than_it_says_for_the_turn_to_write() {
        let (_folder, database) = open();
        database.shared.has_failed_to_write.store(true, Ordering::Relaxed);
        let writing = database.writing();
        let begun = Instant::now();
        ping(&database).expect_err("somebody else writes");
        assert!(begun.elapsed() < Duration::from_secs(5));
        drop(writing);
        let trying = database.shared.trying_to_write.lock().expect("nobody panicked");
        ping(&database).expect_err("somebody else tries");
        drop(trying);
        ping(&database).expect("it can be written");
    }

    #[test]
    fn whoever_asks_while_another_tries_to_write_is_told_why_the_last_write_failed() {
        let (_folder, database) = open();
        let readiness = || database.readiness(Duration::from_millis(200));
        for (failure, reason) in
            [(fill as fn(&mut Connection) -> Result<(), StoreError>, Readiness::DiskFull), (be_away, Readiness::Away)]
        {
            database.write(failure).expect_err("it fails");
            let trying = database.shared.trying_to_write.lock().expect("nobody panicked");
            assert_eq!(readiness(), reason, "another tries");
            drop(trying);
            let writing = database.writing();
            assert_eq!(readiness(), reason, "another writes");
            drop(writing);
            assert_eq!(readiness(), Readiness::Ready);
        }
    }

    /// Writes more than there is room for.
    fn fill(connection: &mut Connection) -> Result<(), StoreError> {
        connection.run_script("PRAGMA max_page_count = 1", "fill the disk")?;
        connection.execute("CREATE TABLE more (text TEXT)", &[], "write on a full disk").map(drop)
    }

    /// Fails as where the database went away.
    fn be_away(connection: &mut Connection) -> Result<(), StoreError> {
        let attempted = "reach it".to_owned();
        connection.ask(|_| Err(StoreError::Unavailable { attempted, source: "it is away".into() }))
    }

    fn open() -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().expect("a folder for temporary files is there");
        let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
        let database = Database::open(&url, &Options::default()).expect("a file can be made");
        database.migrate().expect("it can be migrated");
        (folder, database)
    }

    fn ping(database: &Database) -> Result<(), StoreError> {
        database.ping(Duration::from_millis(200))
    }

    fn was_tried(database: &Database) -> bool {
        database.setting(WRITTEN_TO_SEE).expect("readable").is_some()
    }
}
