//! SQLite: opens it, speaks to it, translates its errors. Nothing else knows rusqlite.

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};

use crate::StoreError;
use crate::database::Purpose;
use crate::sets::{Expectation, Keys, SetRead, SetWrite, Texts, Visit, Write};
use crate::value::{Columns, Row, Value};

/// The WAL is copied back when it has this many pages (64 MB): a WAL that is reused is faster than one that grows.
const CHECKPOINT_PAGES: u32 = 16_384;
/// A WAL that was copied back, but went on because somebody read from it, is copied again after this many pages more.
const CHECKPOINT_AGAIN_PAGES: u32 = 4_096;
/// How long everybody waits at most for those who read an older state, when the WAL is to be emptied.
const EMPTYING_WAIT: Duration = Duration::from_millis(500);
/// Pages that a connection keeps. SQLite may walk through all of them with each commit of a file below 1 GB, and throws a
/// reader's away with each commit of others: with more, a message that comes alone takes a tenth longer. What falls out
/// is mostly still in the system's memory.
const PAGE_CACHE_KIB: i64 = 4_096;
/// Statements kept prepared by a connection.
const PREPARED_STATEMENTS: usize = 128;

/// A connection to a SQLite file.
pub(crate) struct SqliteConnection {
    connection: Connection,
    /// SQLite's number of the state that this connection saw last; others' commits change it, its own do not.
    data_version: Option<i64>,
    texts: Texts,
    wal: WalSize,
}

/// How long the WAL is after this connection's last commit, and when it is to be copied back.
struct WalSize {
    /// Told by SQLite.
    pages: Arc<AtomicU32>,
    pages_before: u32,
    due_pages: u32,
}

impl SqliteConnection {
    /// Opens the file; a writer makes it when there is none.
    pub(crate) fn open(path: &Path, purpose: Purpose, wait: Duration) -> Result<SqliteConnection, StoreError> {
        let open = || match purpose {
            Purpose::Write | Purpose::Read => open_to_work(path, purpose, wait),
            Purpose::Inspect => open_to_inspect(path, wait),
        };
        let pages = Arc::new(AtomicU32::default());
        let told = pages.clone();
        let open_and_listen = || -> rusqlite::Result<Connection> {
            let mut connection = open()?;
            let note = move |_: &mut Wal, pages: i32| {
                told.store(pages.unsigned_abs(), Ordering::Relaxed);
                Ok(())
            };
            connection.wal_hook(Some(note))?;
            Ok(connection)
        };
        let connection = open_and_listen().map_err(|error| failure(error, &format!("open {}", path.display())))?;
        let wal = WalSize { pages, pages_before: 0, due_pages: CHECKPOINT_PAGES };
        Ok(SqliteConnection { connection, data_version: None, texts: Texts::default(), wal })
    }

    /// Ends commits before the disk has the WAL, whose place this gives: whoever calls this brings it there.
    pub(crate) fn leave_wal_to_caller(&mut self, path: &Path) -> Result<PathBuf, StoreError> {
        let leave = |connection: &Connection| connection.pragma_update(None, "synchronous", "NORMAL");
        leave(&self.connection).map_err(|error| failure(error, "leave the write-ahead log to its caller"))?;
        // Links are followed before the WAL is named.
        let mut name = self.connection.path().map_or_else(|| path.as_os_str().to_owned(), OsString::from);
        name.push("-wal");
        Ok(name.into())
    }

    /// Runs several statements without parameters.
    pub(crate) fn run_script(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        self.connection.execute_batch(sql).map_err(|error| failure(error, attempt))
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<Vec<Row>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Row>> {
            let mut statement = self.connection.prepare_cached(&numbered(sql))?;
            bind(&mut statement, values)?;
            let column_count = statement.column_count();
            let mut rows = statement.raw_query();
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let value = |column| row.get_ref(column).map(|value| borrowed(value).into_owned());
                found.push((0..column_count).map(value).collect::<rusqlite::Result<Row>>()?);
            }
            Ok(found)
        };
        read().map_err(|error| failure(error, attempt))
    }

    pub(crate) fn execute(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<u64, StoreError> {
        let write = || -> rusqlite::Result<usize> {
            let mut statement = self.connection.prepare_cached(&numbered(sql))?;
            bind(&mut statement, values)?;
            statement.raw_execute()
        };
        write().map(|count| count as u64).map_err(|error| failure(error, attempt))
    }

    /// Prepares a statement to see whether it fits the schema.
    pub(crate) fn prepare(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        self.connection.prepare(&numbered(sql)).map(drop).map_err(|error| failure(error, attempt))
    }

    /// Begins a transaction. What a panic left open is undone first.
    pub(crate) fn begin(&mut self, sql: &str) -> Result<(), StoreError> {
        self.roll_back();
        self.execute(sql, &[], "begin a transaction").map(drop)
    }

    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        self.execute("COMMIT", &[], "commit").map(drop)
    }

    /// Undoes the open transaction, if any.
    pub(crate) fn roll_back(&mut self) {
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::warn!(%error, "could not roll back");
        }
    }

    /// Whether the WAL should be copied back, after this connection's last commit.
    pub(crate) fn is_checkpoint_due(&mut self) -> bool {
        let pages = self.wal.pages.load(Ordering::Relaxed);
        if pages < self.wal.pages_before {
            // It was begun anew.
            self.wal.due_pages = CHECKPOINT_PAGES;
        }
        self.wal.pages_before = pages;
        pages >= self.wal.due_pages
    }

    /// Takes note that the WAL was just copied back as far as it could be.
    pub(crate) fn note_checkpoint(&mut self) {
        self.wal.due_pages = self.wal.pages_before + CHECKPOINT_AGAIN_PAGES;
    }

    /// Copies the WAL back, as far as nobody reads an older state, without waiting for anybody; not at all where another
    /// program does so. Says how many of its pages have been copied so far.
    pub(crate) fn checkpoint(&mut self) -> Result<u32, StoreError> {
        let copied = self.connection.wal_checkpoint_v2(Some(rusqlite::MAIN_DB), CheckpointMode::PASSIVE);
        match copied.map_err(|error| failure(error, "copy the write-ahead log back")) {
            Ok((_, copied)) => Ok(copied.max(0).unsigned_abs()),
            Err(StoreError::Busy { .. }) => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Copies all of the WAL back and empties it. False where somebody reads an older state for longer than the others can wait.
    pub(crate) fn empty_log(&mut self) -> Result<bool, StoreError> {
        let empty = || -> rusqlite::Result<bool> {
            self.connection.busy_timeout(EMPTYING_WAIT)?;
            let (left, _) = self.connection.wal_checkpoint_v2(Some(rusqlite::MAIN_DB), CheckpointMode::TRUNCATE)?;
            Ok(left == 0)
        };
        match empty().map_err(|error| failure(error, "empty the write-ahead log")) {
            Err(StoreError::Busy { .. }) => Ok(false),
            other => other,
        }
    }

    /// Whether another connection has committed since this was asked last, or was never asked.
    pub(crate) fn was_written_by_others(&mut self) -> Result<bool, StoreError> {
        let ask = |connection: &Connection| -> rusqlite::Result<i64> {
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
        };
        let now = ask(&self.connection).map_err(|error| failure(error, "ask whether others wrote"))?;
        Ok(self.data_version.replace(now) != Some(now))
    }

    /// Runs the reads, one key at a time.
    pub(crate) fn read_sets(
        &mut self,
        reads: &[(&'static SetRead, Keys<'_>)],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        for (index, (read, keys)) in reads.iter().enumerate() {
            let refused = |error| failure(error, read.attempt);
            let text = self.texts.of_read(read, read_text);
            let mut statement = self.connection.prepare_cached(&text).map_err(refused)?;
            let mut take = |key: &dyn ToSql| -> Result<(), StoreError> {
                statement.raw_bind_parameter(1, key).map_err(refused)?;
                let mut rows = statement.raw_query();
                while let Some(row) = rows.next().map_err(refused)? {
                    visit(index, row).map_err(|error| error.while_trying(read.attempt))?;
                }
                Ok(())
            };
            match keys {
                Keys::Ids(ids) => ids.iter().try_for_each(|id| take(id.as_bytes()))?,
                Keys::Numbers(numbers) => numbers.iter().try_for_each(|number| take(number))?,
            }
        }
        Ok(())
    }

    /// Runs the writes, one row at a time.
    pub(crate) fn write_sets(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        for write in writes.iter().filter(|write| !write.values.is_empty()) {
            let text = self.texts.of_write(write, write_text);
            let run = || -> rusqlite::Result<usize> {
                let mut statement = self.connection.prepare_cached(&text)?;
                let mut changed = 0;
                for row in write.values.chunks_exact(write.set.columns.len()) {
                    bind(&mut statement, row)?;
                    changed += statement.raw_execute()?;
                }
                Ok(changed)
            };
            let changed = run().map_err(|error| failure(error, write.set.attempt))?;
            write.check(changed as u64)?;
        }
        Ok(())
    }
}

fn open_to_work(path: &Path, purpose: Purpose, wait: Duration) -> rusqlite::Result<Connection> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if purpose == Purpose::Write {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Whoever commits would copy the WAL back, while all others wait: it is done beside them (database.rs).
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "foreign_keys", false)?;
    // What is removed or replaced is overwritten: whoever was destroyed is not found in the file, either (decision 0110).
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -PAGE_CACHE_KIB)?;
    if purpose == Purpose::Read {
        connection.pragma_update(None, "query_only", true)?;
    }
    Ok(connection)
}

/// Opens the file without reading from it yet, so that what is no database is found by whoever reads.
fn open_to_inspect(path: &Path, wait: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // What stands beside the file stands beside where a link to it leads.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut name = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => name.push(char::from(*byte)),
            other => name.push_str(&format!("%{other:02X}")),
        }
    }
    if is_at_rest(&path) {
        // SQLite then makes no files beside it, and needs no right to.
        name.push_str("?immutable=1");
    }
    let connection = Connection::open_with_flags(name, flags)?;
    connection.busy_timeout(wait)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Whether nobody works on the file, and all of it is in the file: whoever opens it has a WAL beside it, and its index.
fn is_at_rest(path: &Path) -> bool {
    let beside = |ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        std::fs::metadata(name)
    };
    beside("-shm").is_err() && !beside("-wal").is_ok_and(|wal| wal.len() > 0)
}

/// A SQLite file that no program works on, and that none can begin to work on while this is held. Neither the file nor
/// the WAL beside it is changed.
pub struct TakenFile {
    _connection: Connection,
}

impl TakenFile {
    /// Takes a file that is there, in whatever state it is.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when a program works on it; or it cannot be opened.
    pub fn take(path: &Path) -> Result<TakenFile, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let take = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(Duration::ZERO)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            match connection.execute_batch("BEGIN EXCLUSIVE") {
                // Nobody can work on what is no database.
                Err(error) if is_damage(&error) => Ok(connection),
                begun => begun.map(|()| connection),
            }
        };
        let connection = take().map_err(|error| failure(error, &format!("take {} for itself", path.display())))?;
        Ok(TakenFile { _connection: connection })
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

/// The text of a read for SQLite.
pub(crate) fn read_text(read: &SetRead) -> String {
    let limit = read.limit_per_key.map(|limit| format!("\nLIMIT {limit}"));
    read.sql.replace("{among}", "= ?1") + &limit.unwrap_or_default()
}

/// The text of a write for SQLite: a row's values stand where the text names them, so that nothing is given in a FROM.
pub(crate) fn write_text(write: &SetWrite, expects: Expectation) -> String {
    let places: Vec<String> = (1..=write.columns.len()).map(|place| format!("?{place}")).collect();
    let mut named: Vec<_> = write.columns.iter().map(|(name, _)| format!("given.{name}")).zip(&places).collect();
    // The longest first: no name may be taken for the beginning of another.
    named.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    let text = write
        .text(expects)
        .replace("{columns}", &write.column_names())
        .replace("{rows}", &format!("VALUES ({})", places.join(", ")))
        .replace("\nFROM {given}", "");
    named.into_iter().fold(text, |text, (name, place)| text.replace(&name, place))
}

/// `$1` as SQLite must see it: it would number `$2 .. $1` by first appearance.
fn numbered(sql: &str) -> Cow<'_, str> {
    match sql.contains('$') {
        true => sql.replace('$', "?").into(),
        false => sql.into(),
    }
}

fn bind(statement: &mut Statement<'_>, values: &[Value<'_>]) -> rusqlite::Result<()> {
    for (place, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(place + 1, value)?;
    }
    Ok(())
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Uuid(id) => ValueRef::Blob(id.as_bytes()),
            Value::Date(date) => return Ok(ToSqlOutput::from(date.to_string())),
        }))
    }
}

impl Columns for rusqlite::Row<'_> {
    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        self.get_ref(column).map(borrowed).map_err(|error| failure(error, "read a column"))
    }
}

fn borrowed(value: ValueRef<'_>) -> Value<'_> {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => Value::bytes(bytes),
    }
}

/// What SQLite's error means for the caller.
fn failure(error: rusqlite::Error, attempt: &str) -> StoreError {
    let attempted = attempt.to_owned();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy { attempted },
        Some(ErrorCode::ConstraintViolation) if is_taken(&error) => StoreError::Conflict { attempted },
        Some(
            ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::OutOfMemory,
        ) => StoreError::Unavailable { attempted, source: Box::new(error) },
        _ => StoreError::Refused { attempted, source: Box::new(error) },
    }
}

/// Whether the driver says that there is no room on the disk.
pub(crate) fn is_disk_full(source: &(dyn std::error::Error + 'static)) -> bool {
    let code = source.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
    code == Some(ErrorCode::DiskFull)
}

/// Whether a key was taken, rather than a value missing.
fn is_taken(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(code, Some(rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE))
}
