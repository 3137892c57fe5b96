//! Bare SQLite: a connection and a thread for each, with the settings of the registry's own writer.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::{FIND_MESSAGE, Pace, Replay, Source, TABLES, deal, upsert};

const FIND_PERSON: &str = "SELECT patient_id FROM match_key WHERE key = ?1";
const ADD_KEY: &str = "INSERT INTO match_key (key, patient_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";

/// A connection with the settings of the registry's writer: durable, and with a WAL that is reused.
///
/// # Errors
/// When the file cannot be opened.
pub(crate) fn open(path: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(path).with_context(|| format!("open {}", path.display()))?;
    connection.busy_timeout(Duration::from_secs(60))?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "mmap_size", 1_i64 << 30)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    Ok(connection)
}

impl Source for Connection {
    type Value = Value;

    fn rows(&mut self, sql: &str, after: &Value, limit: i64) -> anyhow::Result<Vec<Vec<Value>>> {
        let mut statement = self.prepare(&numbered(sql))?;
        let column_count = statement.column_count();
        let rows =
            statement.query_map((after, limit), |row| (0..column_count).map(|column| row.get(column)).collect())?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn number(value: &Value) -> anyhow::Result<i64> {
        match value {
            Value::Integer(number) => Ok(*number),
            other => Err(anyhow!("{other:?} is no number")),
        }
    }
}

/// Writes the messages over so many connections.
///
/// # Errors
/// When the database refuses.
pub(crate) fn write(path: &Path, connections: usize, replays: Vec<Replay<Value>>) -> anyhow::Result<Pace> {
    let mut writers = Vec::new();
    for hand in deal(replays, connections) {
        writers.push((Writer::open(path)?, hand));
    }
    let begun = Instant::now();
    let threads: Vec<_> = writers
        .into_iter()
        .map(|(writer, hand)| {
            std::thread::spawn(move || -> anyhow::Result<Vec<Duration>> {
                hand.iter().map(|replay| writer.write(replay)).collect()
            })
        })
        .collect();
    let mut times = Vec::new();
    for thread in threads {
        times.extend(thread.join().map_err(|_| anyhow!("a writer ended by a panic"))??);
    }
    Ok(Pace::of(connections, begun.elapsed(), times))
}

struct Writer {
    connection: Connection,
    upserts: Vec<String>,
}

impl Writer {
    fn open(path: &Path) -> anyhow::Result<Writer> {
        let connection = open(path)?;
        let mut upserts = Vec::new();
        for table in &TABLES {
            let statement = connection.prepare(&format!("SELECT * FROM {}", table.name))?;
            let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
            upserts.push(numbered(&upsert(table, &columns)));
        }
        Ok(Writer { connection, upserts })
    }

    fn write(&self, replay: &Replay<Value>) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let run = |sql: &str| self.connection.prepare_cached(sql)?.raw_execute();
        run("BEGIN IMMEDIATE")?;
        let mut find = self.connection.prepare_cached(&numbered(FIND_MESSAGE))?;
        let earlier = find.query_map([&replay.control_hash], |row| row.get::<_, Value>(0))?.count();
        anyhow::ensure!(earlier == 0, "the message is there already");
        let mut known_keys = HashSet::new();
        let mut find = self.connection.prepare_cached(FIND_PERSON)?;
        for key in &replay.keys {
            let mut people = find.query([key])?;
            while let Some(person) = people.next()? {
                if person.get::<_, Value>(0)? == replay.patient_id {
                    known_keys.insert(*key);
                }
            }
        }
        for (table, row) in &replay.rows {
            self.connection.prepare_cached(&self.upserts[*table])?.execute(params_from_iter(row))?;
        }
        let mut add = self.connection.prepare_cached(ADD_KEY)?;
        for key in replay.keys.iter().filter(|key| !known_keys.contains(key)) {
            add.execute((key, &replay.patient_id))?;
        }
        run("COMMIT")?;
        Ok(begun.elapsed())
    }
}

/// SQLite would number `$2 .. $1` by first appearance.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}
