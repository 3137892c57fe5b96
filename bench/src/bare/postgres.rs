//! Bare PostgreSQL: a connection for each, statements prepared once, one after the other as drivers do.

use std::error::Error;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use tokio::runtime::Runtime;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, NoTls, Statement};

use super::{FIND_MESSAGE, Pace, Replay, Source, TABLES, deal, upsert};

const FIND_PERSON: &str = "SELECT key, patient_id FROM match_key WHERE key = ANY ($1)";
const ADD_KEYS: &str =
    "INSERT INTO match_key (key, patient_id) SELECT UNNEST ($1::bigint[]), $2 ON CONFLICT DO NOTHING";

/// A value as the server sent it, whatever its type, to be sent back as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Raw(Option<Vec<u8>>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Raw, Box<dyn Error + Sync + Send>> {
        Ok(Raw(Some(raw.to_vec())))
    }

    fn from_sql_null(_: &Type) -> Result<Raw, Box<dyn Error + Sync + Send>> {
        Ok(Raw(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

impl ToSql for Raw {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(bytes) = &self.0 else { return Ok(IsNull::Yes) };
        out.extend_from_slice(bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// Connects.
///
/// # Errors
/// When the server does not answer.
pub(crate) async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.context("connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

/// A registry that rows are read out of.
pub(crate) struct Reader<'r> {
    pub(crate) runtime: &'r Runtime,
    pub(crate) client: Client,
}

impl Source for Reader<'_> {
    type Value = Raw;

    fn rows(&mut self, sql: &str, after: &Raw, limit: i64) -> anyhow::Result<Vec<Vec<Raw>>> {
        let rows = self.runtime.block_on(self.client.query(sql, &[after, &limit]))?;
        Ok(rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect())
    }

    fn number(value: &Raw) -> anyhow::Result<i64> {
        let bytes = value.0.as_deref().and_then(|bytes| bytes.try_into().ok());
        Ok(i64::from_be_bytes(bytes.ok_or_else(|| anyhow!("{value:?} is no number"))?))
    }
}

/// Writes the messages over so many connections.
///
/// # Errors
/// When the database refuses.
pub(crate) async fn write(url: &str, connections: usize, replays: Vec<Replay<Raw>>) -> anyhow::Result<Pace> {
    let mut writers = Vec::new();
    for hand in deal(replays, connections) {
        writers.push((Writer::open(url).await?, hand));
    }
    let begun = Instant::now();
    let tasks: Vec<_> = writers
        .into_iter()
        .map(|(mut writer, hand)| {
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(hand.len());
                for replay in &hand {
                    times.push(writer.write(replay).await?);
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(Pace::of(connections, begun.elapsed(), times))
}

struct Writer {
    client: Client,
    find_message: Statement,
    find_person: Statement,
    add_keys: Statement,
    upserts: Vec<Statement>,
}

impl Writer {
    async fn open(url: &str) -> anyhow::Result<Writer> {
        let client = connect(url).await?;
        let mut upserts = Vec::new();
        for table in &TABLES {
            let all = client.prepare(&format!("SELECT * FROM {}", table.name)).await?;
            let columns: Vec<String> = all.columns().iter().map(|column| column.name().to_owned()).collect();
            upserts.push(client.prepare(&upsert(table, &columns)).await?);
        }
        Ok(Writer {
            find_message: client.prepare(FIND_MESSAGE).await?,
            find_person: client.prepare(FIND_PERSON).await?,
            add_keys: client.prepare(ADD_KEYS).await?,
            upserts,
            client,
        })
    }

    async fn write(&mut self, replay: &Replay<Raw>) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        let transaction = self.client.transaction().await?;
        let earlier = transaction.query(&self.find_message, &[&replay.control_hash]).await?;
        anyhow::ensure!(earlier.is_empty(), "the message is there already");
        let found = transaction.query(&self.find_person, &[&replay.keys]).await?;
        let is_known = |key: &i64| {
            found.iter().any(|row| row.get::<_, i64>(0) == *key && row.get::<_, Raw>(1) == replay.patient_id)
        };
        for (table, row) in &replay.rows {
            let values: Vec<&(dyn ToSql + Sync)> = row.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
            transaction.execute(&self.upserts[*table], &values).await?;
        }
        let missing: Vec<i64> = replay.keys.iter().copied().filter(|key| !is_known(key)).collect();
        if !missing.is_empty() {
            transaction.execute(&self.add_keys, &[&missing, &replay.patient_id]).await?;
        }
        transaction.commit().await?;
        Ok(begun.elapsed())
    }
}
