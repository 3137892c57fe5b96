//! The seam: which database runs. Whoever uses a [`Connection`] does not know.

mod checkpoints;
mod url;
mod wal;

use std::fs::File;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use crate::StoreError;
use crate::claims::{Claims, Held};
use crate::dialect::{self, Dialect};
use crate::pool::{Pool, Pooled};
use crate::postgres::{self, PostgresConnection};
use crate::sets::{Expectation, Keys, SetRead, SetWrite, Visit, Write};
use crate::sqlite::{self, SqliteConnection};
use crate::turns::{Turn, Turns};
use crate::value::{Columns, Row, Value};
pub use url::DatabaseUrl;
pub(crate) use url::without_password;
use wal::WriteAheadLog;

/// The setting that is written to see whether anything can be.
const WRITTEN_TO_SEE: &str = "written_to_see";

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
    /// Whose turn it is to write to SQLite: waiting here is fair and quick, waiting for the file's lock is neither.
    turns: Turns,
    /// How often somebody else than a lane wrote to SQLite, as far as this program has seen.
    writes_of_others: AtomicU64,
    /// Whether what was written last could not be, for whatever reason.
    has_failed_to_write: AtomicBool,
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

/// The connection for writing, and on SQLite the turn to do so, which ends after the connection is given back.
struct Writing<'database> {
    connection: MutexGuard<'database, Connection>,
    _turn: Option<Turn<'database>>,
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
    /// To read what must stay as it is, to the last byte of its file.
    Inspect,
}

/// A connection to either database.
pub(crate) enum Connection {
    Sqlite(SqliteConnection),
    Postgres(Box<PostgresConnection>),
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
        let wal = match (&mut writer, url) {
            (Connection::Sqlite(sqlite), DatabaseUrl::Sqlite(path)) if writers == Purpose::Write => {
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
            claims: Claims::default(),
            snapshots: RwLock::default(),
            is_checkpointing: AtomicBool::default(),
            open_file: OnceLock::new(),
        };
        Ok(Database { shared: Arc::new(shared) })
    }

    /// Whether the database answers within that time, and its disk has not failed and is not full.
    ///
    /// # Errors
    /// It does not, or all connections for reading were in use for so long.
    pub fn ping(&self, timeout: Duration) -> Result<(), StoreError> {
        self.shared.wal.as_ref().map_or(Ok(()), WriteAheadLog::check)?;
        let mut connection = self.shared.readers.take(timeout)?;
        let answer = match &mut *connection {
            Connection::Sqlite(sqlite) => {
                sqlite.query("SELECT COUNT(*) FROM sqlite_schema", &[], "ask the file for a sign of life").map(drop)
            }
            Connection::Postgres(postgres) => postgres.ping(timeout),
        };
        if answer.is_err() {
            connection.discard();
            return answer;
        }
        drop(connection);
        self.check_writing()
    }

    /// Where the last write failed, writes something: a full disk is read from as ever.
    fn check_writing(&self) -> Result<(), StoreError> {
        match self.shared.has_failed_to_write.load(Ordering::Relaxed) {
            true => self.set_setting(WRITTEN_TO_SEE, ""),
            false => Ok(()),
        }
    }

    /// Remembers whether something could be written.
    pub(crate) fn note_write<T, E>(&self, result: Result<T, E>) -> Result<T, E> {
        self.shared.has_failed_to_write.store(result.is_err(), Ordering::Relaxed);
        result
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
        self.write_durably(|connection| {
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
        self.write_durably(|connection| {
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
        transaction: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writing = self.writing();
        let Some(wal) = &self.shared.wal else { return self.note_write(transaction(&mut writing.connection)) };
        wal.begin(|| writing.connection.take_over_wal())?;
        let value = self.note_write(transaction(&mut writing.connection))?;
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
        let turn = self.has_one_writer().then(|| self.shared.turns.wait());
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

impl Connection {
    fn open(url: &DatabaseUrl, purpose: Purpose, wait: Duration) -> Result<Connection, StoreError> {
        match url {
            DatabaseUrl::Sqlite(path) => SqliteConnection::open(path, purpose, wait).map(Connection::Sqlite),
            DatabaseUrl::Postgres(url) => {
                PostgresConnection::open(url, purpose, wait).map(Box::new).map(Connection::Postgres)
            }
        }
    }

    /// Runs `work` in one transaction and commits it; undoes it on any error.
    pub(crate) fn transaction<T, E: From<StoreError>>(
        &mut self,
        buckets: &[i64],
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.begin("BEGIN IMMEDIATE")?,
            Connection::Postgres(postgres) => postgres.begin("BEGIN", buckets)?,
        }
        self.finish(work)
    }

    /// Runs `work` on one unchanging state of the database.
    pub(crate) fn snapshot<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.begin("BEGIN")?,
            Connection::Postgres(postgres) => postgres.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &[])?,
        }
        self.finish(work)
    }

    /// Runs the rest of a transaction, and commits it or undoes it.
    fn finish<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, E>) -> Result<T, E> {
        let result = work(self).and_then(|value| {
            match self {
                Connection::Sqlite(sqlite) => sqlite.commit()?,
                Connection::Postgres(postgres) => postgres.commit()?,
            }
            Ok(value)
        });
        if result.is_err() {
            match self {
                Connection::Sqlite(sqlite) => sqlite.roll_back(),
                Connection::Postgres(postgres) => postgres.roll_back(),
            }
        }
        result
    }

    /// Copies back what an earlier program left in SQLite's log.
    fn take_over_wal(&mut self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.checkpoint().map(drop),
            Connection::Postgres(_) => Ok(()),
        }
    }

    /// Whether the database was changed since this was asked last, but not by this connection.
    fn was_written_by_others(&mut self) -> Result<bool, StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.was_written_by_others(),
            // Its lanes hold locks instead.
            Connection::Postgres(_) => Ok(false),
        }
    }

    /// Prepares one statement, to see whether it fits the schema.
    pub(crate) fn prepare(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.prepare(sql, attempt),
            Connection::Postgres(postgres) => postgres.prepare(sql, attempt),
        }
    }

    /// The words and statements that differ.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        match self {
            Connection::Sqlite(_) => &dialect::SQLITE,
            Connection::Postgres(_) => &dialect::POSTGRES,
        }
    }

    /// Runs one statement, with `$1` for parameters, and gives its rows.
    pub(crate) fn query(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<Vec<Row>, StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.query(sql, values, attempt),
            Connection::Postgres(postgres) => postgres.query(sql, values, attempt),
        }
    }

    /// The same, reading each row as what it is.
    pub(crate) fn query_as<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        attempt: &str,
        read: impl Fn(&dyn Columns) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.query(sql, values, attempt)?;
        rows.iter().map(|row| read(row).map_err(|error| error.while_trying(attempt))).collect()
    }

    /// Runs one statement and gives the number of rows that it changed.
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<u64, StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.execute(sql, values, attempt),
            Connection::Postgres(postgres) => postgres.execute(sql, values, attempt),
        }
    }

    /// Runs several statements without parameters.
    pub(crate) fn run_script(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.run_script(sql, attempt),
            Connection::Postgres(postgres) => postgres.run_script(sql, attempt),
        }
    }

    /// The text of a read as this database gets it.
    pub(crate) fn read_text(&self, read: &SetRead) -> String {
        match self {
            Connection::Sqlite(_) => sqlite::read_text(read),
            Connection::Postgres(_) => postgres::read_text(read),
        }
    }

    /// The text of a write as this database gets it.
    pub(crate) fn write_text(&self, write: &SetWrite, expects: Expectation) -> String {
        match self {
            Connection::Sqlite(_) => sqlite::write_text(write, expects),
            Connection::Postgres(_) => postgres::write_text(write, expects),
        }
    }

    /// Runs the reads: one round trip.
    pub(crate) fn read_sets(
        &mut self,
        reads: &[(&'static SetRead, Keys<'_>)],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.read_sets(reads, visit),
            Connection::Postgres(postgres) => postgres.read_sets(reads, visit),
        }
    }

    /// Runs the writes: one round trip.
    pub(crate) fn write_sets(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(sqlite) => sqlite.write_sets(writes),
            Connection::Postgres(postgres) => postgres.write_sets(writes),
        }
    }
}
