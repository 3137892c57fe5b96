//! A connection to either database: the one place where the two are told apart.

use std::time::Duration;

use super::DatabaseUrl;
use crate::StoreError;
use crate::dialect::{self, Dialect};
use crate::postgres::{self, PostgresConnection};
use crate::sets::{Expectation, Keys, SetRead, SetWrite, Visit, Write};
use crate::sqlite::{self, SqliteConnection};
use crate::value::{Columns, Row, Value};

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Read,
    Write,
    /// To read what must stay as it is, to the last byte of its file.
    Inspect,
}

/// A connection to either database.
pub(crate) struct Connection {
    pub(super) driver: Driver,
    /// Whether the machine failed since the last transaction began: database, disk or network, and not what was asked.
    pub(super) has_failed: bool,
    /// Whether there was no room on its disk then.
    pub(super) has_found_disk_full: bool,
}

pub(super) enum Driver {
    Sqlite(SqliteConnection),
    Postgres(Box<PostgresConnection>),
}

impl Connection {
    pub(super) fn open(url: &DatabaseUrl, purpose: Purpose, wait: Duration) -> Result<Connection, StoreError> {
        let driver = match url {
            DatabaseUrl::Sqlite(path) => Driver::Sqlite(SqliteConnection::open(path, purpose, wait)?),
            DatabaseUrl::Postgres(url) => Driver::Postgres(Box::new(PostgresConnection::open(url, purpose, wait)?)),
        };
        Ok(Connection { driver, has_failed: false, has_found_disk_full: false })
    }

    /// Asks the database, and remembers whether the machine failed.
    pub(super) fn ask<T>(&mut self, ask: impl FnOnce(&mut Driver) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let answer = ask(&mut self.driver);
        if let Err(error @ StoreError::Unavailable { .. }) = &answer {
            self.has_failed = true;
            self.has_found_disk_full |= error.is_disk_full();
        }
        answer
    }

    /// Asks for a sign of life.
    pub(super) fn ping(&mut self, timeout: Duration) -> Result<(), StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => {
                sqlite.query("SELECT COUNT(*) FROM sqlite_schema", &[], "ask the file for a sign of life").map(drop)
            }
            Driver::Postgres(postgres) => postgres.ping(timeout),
        })
    }

    /// Runs `work` in one transaction and commits it; undoes it on any error.
    pub(crate) fn transaction<T, E: From<StoreError>>(
        &mut self,
        buckets: &[i64],
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        (self.has_failed, self.has_found_disk_full) = (false, false);
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.begin("BEGIN IMMEDIATE"),
            Driver::Postgres(postgres) => postgres.begin("BEGIN", buckets),
        })?;
        self.finish(work)
    }

    /// Runs `work` on one unchanging state of the database.
    pub(crate) fn snapshot<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.begin("BEGIN"),
            Driver::Postgres(postgres) => postgres.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", &[]),
        })?;
        self.finish(work)
    }

    /// Runs the rest of a transaction, and commits it or undoes it.
    fn finish<T, E: From<StoreError>>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, E>) -> Result<T, E> {
        let result = work(self).and_then(|value| {
            self.ask(|driver| match driver {
                Driver::Sqlite(sqlite) => sqlite.commit(),
                Driver::Postgres(postgres) => postgres.commit(),
            })?;
            Ok(value)
        });
        if result.is_err() {
            match &mut self.driver {
                Driver::Sqlite(sqlite) => sqlite.roll_back(),
                Driver::Postgres(postgres) => postgres.roll_back(),
            }
        }
        result
    }

    /// Copies back what an earlier program left in SQLite's log.
    pub(super) fn take_over_wal(&mut self) -> Result<(), StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.checkpoint().map(drop),
            Driver::Postgres(_) => Ok(()),
        })
    }

    /// Whether the database was changed since this was asked last, but not by this connection.
    pub(super) fn was_written_by_others(&mut self) -> Result<bool, StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.was_written_by_others(),
            // Its lanes hold locks instead.
            Driver::Postgres(_) => Ok(false),
        })
    }

    /// Holds the name of a node for as long as the connection lives; false while another program has it.
    pub(crate) fn hold_name(&mut self, node: &str) -> Result<bool, StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(_) => Ok(true),
            Driver::Postgres(postgres) => postgres.hold_name(node),
        })
    }

    /// Prepares one statement, to see whether it fits the schema.
    pub(crate) fn prepare(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.prepare(sql, attempt),
            Driver::Postgres(postgres) => postgres.prepare(sql, attempt),
        })
    }

    /// The words and statements that differ.
    pub(crate) fn dialect(&self) -> &'static Dialect {
        match &self.driver {
            Driver::Sqlite(_) => &dialect::SQLITE,
            Driver::Postgres(_) => &dialect::POSTGRES,
        }
    }

    /// Runs one statement, with `$1` for parameters, and gives its rows.
    pub(crate) fn query(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<Vec<Row>, StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.query(sql, values, attempt),
            Driver::Postgres(postgres) => postgres.query(sql, values, attempt),
        })
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
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.execute(sql, values, attempt),
            Driver::Postgres(postgres) => postgres.execute(sql, values, attempt),
        })
    }

    /// Runs several statements without parameters.
    pub(crate) fn run_script(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.run_script(sql, attempt),
            Driver::Postgres(postgres) => postgres.run_script(sql, attempt),
        })
    }

    /// The text of a read as this database gets it.
    pub(crate) fn read_text(&self, read: &SetRead) -> String {
        match &self.driver {
            Driver::Sqlite(_) => sqlite::read_text(read),
            Driver::Postgres(_) => postgres::read_text(read),
        }
    }

    /// The text of a write as this database gets it.
    pub(crate) fn write_text(&self, write: &SetWrite, expects: Expectation) -> String {
        match &self.driver {
            Driver::Sqlite(_) => sqlite::write_text(write, expects),
            Driver::Postgres(_) => postgres::write_text(write, expects),
        }
    }

    /// Runs the reads: one round trip.
    pub(crate) fn read_sets(
        &mut self,
        reads: &[(&'static SetRead, Keys<'_>)],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.read_sets(reads, visit),
            Driver::Postgres(postgres) => postgres.read_sets(reads, visit),
        })
    }

    /// Runs the writes: one round trip.
    pub(crate) fn write_sets(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        self.ask(|driver| match driver {
            Driver::Sqlite(sqlite) => sqlite.write_sets(writes),
            Driver::Postgres(postgres) => postgres.write_sets(writes),
        })
    }
}
