//! The seam: which database runs. Whoever uses a [`Connection`] does not know.

mod checkpoints;
mod connection;
mod readiness;
mod url;
mod wal;

use std::fs::File;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use crate::StoreError;
use crate::claims::{Claims, Held};
use crate::pool::{Pool, Pooled};
use crate::turns::{Turn, Turns};
use crate::value::Value;
use connection::Driver;
pub(crate) use connection::{Connection, Purpose};
pub use readiness::Readiness;
pub use url::DatabaseUrl;
pub(crate) use url::without_password;
use wal::WriteAheadLog;

/// How a database is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// This node's name: part of the names of its audit chains, so it must differ between nodes.
    pub node: String,
    /// The most connections that read at the same time.
    pub readers: usize,
    /// How long a caller waits for a connection or a lock.
    pub wait: Duration,
}

/// A database. Cheap to clone; clones share their connections.
///
/// ```
/// use store::{Database, DatabaseUrl, Options};
///
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("registry.db");
/// let url = DatabaseUrl::parse(path.to_str().ok_or("the path is not Unicode")?)?;
/// let database = Database::open(&url, &Options::default())?;
/// database.migrate()?;
/// database.set_setting("greeting", "howdy")?;
/// assert_eq!(database.setting("greeting")?.as_deref(), Some("howdy"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    url: DatabaseUrl,
    options: Options,
    readers: Pool,
    /// The connection for writes off the hot path; on SQLite, for all writes of this program.
    writer: Mutex<Connection>,
    /// SQLite's log.
    wal: Option<WriteAheadLog>,
    /// Whose turn it is to write on that connection: waiting here is fair and quick, waiting for the lock of SQLite's file
    /// is neither.
    turns: Turns,
    /// How often somebody else than a lane wrote to SQLite, as far as this program has seen.
    writes_of_others: AtomicU64,
    /// Whether the machine failed when something was written last.
    has_failed_to_write: AtomicBool,
    /// Whether that was for want of room.
    has_found_disk_full: AtomicBool,
    /// Held by whoever writes something only to see whether that can be.
    trying_to_write: Mutex<()>,
    /// What the lanes of this program decide about.
    claims: Claims,
    /// Held for reading by lanes on SQLite while they read, so that the WAL can be copied back whole.
    snapshots: RwLock<()>,
    /// Whether the WAL is being copied back.
    is_checkpointing: AtomicBool,
    /// SQLite's file, opened when the WAL is copied back first. Never closed: with any handle that a program closes, the
    /// system takes back the locks that SQLite has on the file.
    open_file: OnceLock<ManuallyDrop<File>>,
}

/// The connection for writing, and the turn to do so, which ends after the connection is given back.
struct Writing<'database> {
    connection: MutexGuard<'database, Connection>,
    _turn: Turn<'database>,
}

impl Default for Options {
    fn default() -> Options {
        Options { node: "main".to_owned(), readers: 4, wait: Duration::from_secs(10) }
    }
}

impl Database {
    /// Opens the database; a SQLite file is made when there is none. Nothing is migrated.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub fn open(url: &DatabaseUrl, options: &Options) -> Result<Database, StoreError> {
        Database::open_for(url, options, [Purpose::Write, Purpose::Read])
    }

    /// Opens a database that must stay as it is, whatever state that is: nothing can be written, and a SQLite file needs to
    /// be no more than readable. What is no database at all is found when something is read.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub fn open_to_inspect(url: &DatabaseUrl, options: &Options) -> Result<Database, StoreError> {
        Database::open_for(url, options, [Purpose::Inspect; 2])
    }

    fn open_for(url: &DatabaseUrl, options: &Options, purposes: [Purpose; 2]) -> Result<Database, StoreError> {
        let [writers, readers] = purposes;
        let mut writer = Connection::open(url, writers, options.wait)?;
        let wal = match (&mut writer.driver, url) {
            (Driver::Sqlite(sqlite), DatabaseUrl::Sqlite(path)) if writers == Purpose::Write => {
                Some(WriteAheadLog::new(sqlite.leave_wal_to_caller(path)?))
            }
            _ => None,
        };
        let (reader_url, wait) = (url.clone(), options.wait);
        let readers = Pool::new(options.readers, move || Connection::open(&reader_url, readers, wait));
        let shared = Shared {
            url: url.clone(),
            options: options.clone(),
            readers,
            writer: Mutex::new(writer),
            wal,
            turns: Turns::default(),
            writes_of_others: AtomicU64::default(),
            has_failed_to_write: AtomicBool::default(),
            has_found_disk_full: AtomicBool::default(),
            trying_to_write: Mutex::default(),
            claims: Claims::default(),
            snapshots: RwLock::default(),
            is_checkpointing: AtomicBool::default(),
            open_file: OnceLock::new(),
        };
        Ok(Database { shared: Arc::new(shared) })
    }

    /// Where this database is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.shared.url
    }

    /// How many can read at a time; others wait.
    pub fn reader_count(&self) -> usize {
        self.shared.options.readers.max(1)
    }

    /// How long a caller waits at most for a connection or a lock.
    pub fn wait_maximum(&self) -> Duration {
        self.shared.options.wait
    }

    pub(crate) fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Opens a further connection for writing.
    pub(crate) fn open_writer(&self) -> Result<Connection, StoreError> {
        Connection::open(&self.shared.url, Purpose::Write, self.shared.options.wait)
    }

    /// Opens a further connection for reading.
    pub(crate) fn open_reader(&self) -> Result<Connection, StoreError> {
        Connection::open(&self.shared.url, Purpose::Read, self.shared.options.wait)
    }

    /// Whether all writers take turns with one connection, as on SQLite.
    pub(crate) fn has_one_writer(&self) -> bool {
        matches!(self.shared.url, DatabaseUrl::Sqlite(_))
    }

    /// A connection for reading; one that turned out to be lost is replaced by a new one, once.
    pub(crate) fn read<T>(
        &self,
        mut work: impl FnMut(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let wait = self.shared.options.wait;
        let mut connection = self.shared.readers.take(wait)?;
        match work(&mut connection) {
            Err(StoreError::Unavailable { .. }) => {
                connection.discard();
                // A server that went away took the idle ones with it.
                self.shared.readers.discard_idle();
                let mut connection = self.shared.readers.take(wait)?;
                let answer = work(&mut connection);
                if matches!(answer, Err(StoreError::Unavailable { .. })) {
                    connection.discard();
                }
                answer
            }
            answer => answer,
        }
    }

    /// A connection for reading, for as long as the caller wants it.
    pub(crate) fn reader(&self) -> Result<Pooled<'_>, StoreError> {
        self.shared.readers.take(self.shared.options.wait)
    }

    /// Runs `work` in one transaction and commits it. Whatever error comes, nothing of it is kept.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_holding(&[], work)
    }

    /// The same, while no other transaction of any node holds these buckets.
    pub(crate) fn write_holding<T, E: From<StoreError>>(
        &self,
        buckets: &[i64],
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_holding_in(self.writing(), buckets, work)
    }

    /// The same by whoever has the turn to write.
    fn write_holding_in<T, E: From<StoreError>>(
        &self,
        writing: Writing<'_>,
        buckets: &[i64],
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_durably(writing, |connection| {
            let result = connection.transaction(buckets, work);
            // Within the turn, but after the commit: who reads this number first and the rows then, misses nothing.
            self.shared.writes_of_others.fetch_add(1, Ordering::SeqCst);
            result
        })
    }

    /// On SQLite, how often others than lanes wrote. To be read before what is decided by.
    pub(crate) fn writes_of_others(&self) -> u64 {
        self.shared.writes_of_others.load(Ordering::SeqCst)
    }

    /// On SQLite, a lane's turn to write. `work` is told whether nobody else wrote since that many writes of others.
    pub(crate) fn write_in_turn<T, E: From<StoreError>>(
        &self,
        seen: u64,
        work: impl FnOnce(&mut Connection, bool) -> Result<T, E>,
    ) -> Result<T, E> {
        self.write_durably(self.writing(), |connection| {
            connection.transaction(&[], |connection| {
                if connection.was_written_by_others()? {
                    self.shared.writes_of_others.fetch_add(1, Ordering::SeqCst);
                }
                let is_as_seen = self.writes_of_others() == seen;
                work(connection, is_as_seen)
            })
        })
    }

    /// Lends the connection for writing to one transaction. When this returns, the disk has what was committed; on SQLite
    /// the next may write already while it is brought there.
    fn write_durably<T, E: From<StoreError>>(
        &self,
        mut writing: Writing<'_>,
        transaction: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = &mut *writing.connection;
        let Some(wal) = &self.shared.wal else {
            let result = transaction(connection);
            return self.note_write(connection, result);
        };
        let begun = wal.begin(|| connection.take_over_wal());
        let result = begun.map_err(E::from).and_then(|()| transaction(connection));
        let value = self.note_write(connection, result)?;
        let commits = wal.note_commit();
        self.checkpoint_if_due(&mut writing);
        drop(writing);
        wal.wait_for(commits)?;
        Ok(value)
    }

    /// To be held by a lane on SQLite while it reads.
    pub(crate) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.shared.snapshots.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no other lane of this program holds any of these numbers, and holds them.
    pub(crate) fn hold(&self, numbers: Vec<i64>) -> Held<'_> {
        self.shared.claims.hold(numbers)
    }

    fn writing(&self) -> Writing<'_> {
        self.writing_in(self.shared.turns.wait())
    }

    /// The same for whoever waits that long at most.
    fn writing_within(&self, wait: Duration) -> Option<Writing<'_>> {
        self.shared.turns.wait_for(wait).map(|turn| self.writing_in(turn))
    }

    fn writing_in<'database>(&'database self, turn: Turn<'database>) -> Writing<'database> {
        let connection = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Writing { connection, _turn: turn }
    }

    /// Changes exactly one row.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none to change.
    pub(crate) fn change_one(&self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<(), StoreError> {
        self.write(|connection| match connection.execute(sql, values, attempt)? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict { attempted: attempt.to_owned() }),
        })
    }
}
