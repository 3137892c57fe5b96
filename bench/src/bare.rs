//! The rival: the same database, bare. It writes the rows that Bluebonnet wrote, read back out of a registry, into a copy
//! of the registry as it was before them: one transaction a message, prepared statements, and nothing else. No HTTP, no
//! parsing, no matching, no decisions: what to write is known beforehand.
//!
//! A transaction looks the message up by its control hash and the person by their keys, then stores the person, the
//! report, doses, missing keys, the message with its compressed original, and the line of the audit trail.

pub(crate) mod postgres;
pub(crate) mod sqlite;

use std::time::Duration;

/// Numbers of connections, in the order of the runs: the first run only warms the caches, of the others the best counts.
pub(crate) const RUNS: [usize; 5] = [4, 1, 4, 8, 16];

/// The first messages after one, by their ids.
const SLICE: &str = "(SELECT * FROM message WHERE id > $1 ORDER BY id LIMIT $2) AS written";

/// A table whose rows are written again.
struct Table {
    name: &'static str,
    /// Its primary key.
    key: &'static str,
    /// Which of its rows belong to a message.
    belongs: &'static str,
}

const TABLES: [Table; 5] = [
    Table { name: "patient", key: "id", belongs: "row.id = written.patient_id" },
    Table {
        name: "patient_report",
        key: "patient_id, id",
        belongs: "row.patient_id = written.patient_id AND row.organization_id = written.organization_id",
    },
    Table {
        name: "vaccination_report",
        key: "patient_id, id",
        belongs: "row.patient_id = written.patient_id AND row.message_id = written.id",
    },
    Table { name: "message", key: "id", belongs: "row.id = written.id" },
    Table {
        name: "audit",
        key: "chain, sequence",
        belongs: "row.patient_id = written.patient_id AND row.message_id = written.id",
    },
];

const FIND_MESSAGE: &str = "SELECT id, content_hash FROM message WHERE control_hash = $1";

/// What one transaction writes.
pub(crate) struct Replay<V> {
    message_id: V,
    control_hash: V,
    patient_id: V,
    keys: Vec<i64>,
    /// Rows with the number of their table, in the order of [`TABLES`].
    rows: Vec<(usize, Vec<V>)>,
}

/// A registry that rows are read out of.
pub(crate) trait Source {
    type Value: Clone + PartialEq;

    /// The rows of a query whose parameters are a message and a number of messages.
    fn rows(&mut self, sql: &str, after: &Self::Value, limit: i64) -> anyhow::Result<Vec<Vec<Self::Value>>>;

    fn number(value: &Self::Value) -> anyhow::Result<i64>;
}

/// What was written for the messages that follow one.
///
/// # Errors
/// When the registry cannot be read.
pub(crate) fn read_back<S: Source>(
    source: &mut S,
    after: &S::Value,
    count: u64,
) -> anyhow::Result<Vec<Replay<S::Value>>> {
    let limit = count as i64;
    let sql = format!("SELECT id, control_hash, patient_id FROM {SLICE} WHERE patient_id IS NOT NULL ORDER BY id");
    let mut replays = Vec::new();
    for row in source.rows(&sql, after, limit)? {
        let [message_id, control_hash, patient_id] =
            <[_; 3]>::try_from(row).map_err(|_| anyhow::anyhow!("not a row of three"))?;
        replays.push(Replay { message_id, control_hash, patient_id, keys: Vec::new(), rows: Vec::new() });
    }
    for (number, Table { name, belongs, .. }) in TABLES.iter().enumerate() {
        let sql = format!("SELECT written.id, row.* FROM {SLICE} JOIN {name} AS row ON {belongs} ORDER BY written.id");
        for_each(&mut replays, source.rows(&sql, after, limit)?, |replay, row| {
            replay.rows.push((number, row));
            Ok(())
        })?;
    }
    let sql = format!(
        "SELECT written.id, row.key FROM {SLICE} JOIN match_key AS row ON row.patient_id = written.patient_id ORDER BY written.id"
    );
    for_each(&mut replays, source.rows(&sql, after, limit)?, |replay, row| {
        replay.keys.push(S::number(&row[0])?);
        Ok(())
    })?;
    Ok(replays)
}

/// The last of these messages.
pub(crate) fn last_message<V: Clone>(replays: &[Replay<V>]) -> Option<V> {
    replays.last().map(|replay| replay.message_id.clone())
}

/// Gives every row to the message that its first column names; both are in the order of the messages.
fn for_each<V: PartialEq>(
    replays: &mut [Replay<V>],
    rows: Vec<Vec<V>>,
    mut take: impl FnMut(&mut Replay<V>, Vec<V>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut place = 0;
    for mut row in rows {
        let message_id = row.remove(0);
        while place < replays.len() && replays[place].message_id != message_id {
            place += 1;
        }
        let Some(replay) = replays.get_mut(place) else { break };
        take(replay, row)?;
    }
    Ok(())
}

/// The statement that stores a row, whether it is there already or not.
fn upsert(table: &Table, columns: &[String]) -> String {
    let places: Vec<String> = (1..=columns.len()).map(|place| format!("${place}")).collect();
    let changes: Vec<String> = columns
        .iter()
        .filter(|column| !table.key.split(", ").any(|key| key == *column))
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}",
        table.name,
        columns.join(", "),
        places.join(", "),
        table.key,
        changes.join(", ")
    )
}

/// Deals messages to connections in turn.
fn deal<V>(replays: Vec<Replay<V>>, connections: usize) -> Vec<Vec<Replay<V>>> {
    let mut hands: Vec<Vec<Replay<V>>> = (0..connections).map(|_| Vec::new()).collect();
    for (number, replay) in replays.into_iter().enumerate() {
        hands[number % connections].push(replay);
    }
    hands
}

/// How fast the bare database was.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    pub(crate) connections: usize,
    pub(crate) per_second: f64,
    /// The median time of a transaction.
    pub(crate) median: Duration,
}

impl Pace {
    fn of(connections: usize, took: Duration, mut times: Vec<Duration>) -> Pace {
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        Pace { connections, per_second: times.len() as f64 / took.as_secs_f64(), median }
    }
}
