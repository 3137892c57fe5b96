//! Where a registry lies while it is measured: a folder with SQLite, or a database of a private PostgreSQL cluster. And
//! copies of it as it is at one moment, for the rival.

#[path = "../../crates/store/tests/it/postgres_cluster.rs"]
mod postgres_cluster;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};
use postgres_cluster::{Availability, PostgresCluster};
use rusqlite::types::Value;
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;

use crate::bare::{self, Pace, postgres, sqlite};
use crate::options::DatabaseKind;

/// The file of a registry on SQLite, in its folder.
const SQLITE_FILE: &str = "registry.db";
/// What a server with some memory would have; the rival runs on the same.
const POSTGRES_SETTINGS: [&str; 3] = ["shared_buffers=1GB", "max_wal_size=8GB", "max_connections=100"];
/// All of them must be on, or nothing is durable and nothing is measured.
const DURABLE_SETTINGS: [&str; 3] = ["fsync", "synchronous_commit", "full_page_writes"];

/// Where a registry lies.
pub(crate) struct Home {
    /// Its data folder; on PostgreSQL without a database in it.
    pub(crate) folder: PathBuf,
    place: Place,
}

enum Place {
    Sqlite,
    Postgres { url: String, cluster: PostgresCluster, runtime: Runtime },
}

impl Home {
    /// A home without a registry yet; `None` when this machine lacks the database.
    ///
    /// # Errors
    /// When the database does not start, or is not durable.
    pub(crate) fn new(kind: DatabaseKind, folder: &Path) -> anyhow::Result<Option<Home>> {
        let place = match kind {
            DatabaseKind::Sqlite => Place::Sqlite,
            DatabaseKind::Postgresql => {
                let Availability::Running(cluster) = PostgresCluster::start(&POSTGRES_SETTINGS)? else {
                    return Ok(None);
                };
                let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
                let url = cluster.new_database()?;
                runtime.block_on(require_durable(&url))?;
                Place::Postgres { url, cluster, runtime }
            }
        };
        Ok(Some(Home { folder: folder.to_owned(), place }))
    }

    /// What tells the program where the registry is.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["--data".to_owned(), self.folder.display().to_string()];
        if let Place::Postgres { url, .. } = &self.place {
            arguments.extend(["--database".to_owned(), url.clone()]);
        }
        arguments
    }

    /// Where the registry lies, as the program takes it.
    pub(crate) fn database_url(&self) -> String {
        match &self.place {
            Place::Sqlite => self.sqlite_file().display().to_string(),
            Place::Postgres { url, .. } => url.clone(),
        }
    }

    /// A copy of the registry as it is. No server may be running on it.
    ///
    /// # Errors
    /// When it cannot be copied.
    pub(crate) fn copy(&self) -> anyhow::Result<Copy> {
        match &self.place {
            Place::Sqlite => {
                sqlite::open(&self.sqlite_file())?.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
                let copy = self.folder.join("copy.db");
                std::fs::copy(self.sqlite_file(), &copy).context("copy the SQLite file")?;
                Ok(Copy::Sqlite(copy))
            }
            Place::Postgres { url, cluster, runtime } => {
                let copy = cluster.new_database()?;
                let [original, name] = [url, &copy].map(|url| url.rsplit('/').next().unwrap_or_default());
                let statements = [
                    format!("DROP DATABASE {name}"),
                    format!("CREATE DATABASE {name} TEMPLATE {original}"),
                    "CHECKPOINT".to_owned(),
                ];
                let maintenance = url.replace(&format!("/{original}"), "/postgres");
                runtime.block_on(async {
                    let client = postgres::connect(&maintenance).await?;
                    for statement in &statements {
                        client.batch_execute(statement).await.with_context(|| format!("run {statement}"))?;
                    }
                    anyhow::Ok(())
                })?;
                Ok(Copy::Postgres(copy))
            }
        }
    }

    /// How many messages the registry has stored.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn message_count(&self) -> anyhow::Result<u64> {
        self.number("SELECT COUNT(*) FROM message WHERE kind = 'VXU'")
    }

    /// Bytes that the registry takes on the disk, indexes and all.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn byte_count(&self) -> anyhow::Result<u64> {
        match &self.place {
            Place::Sqlite => self.number("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
            Place::Postgres { .. } => self.number("SELECT pg_database_size(current_database())"),
        }
    }

    fn number(&self, sql: &str) -> anyhow::Result<u64> {
        let number: i64 = match &self.place {
            Place::Sqlite => sqlite::open(&self.sqlite_file())?.query_row(sql, [], |row| row.get(0))?,
            Place::Postgres { url, runtime, .. } => runtime.block_on(async {
                let client = postgres::connect(url).await?;
                anyhow::Ok(client.query_one(sql, &[]).await?.get(0))
            })?,
        };
        Ok(number as u64)
    }

    fn sqlite_file(&self) -> PathBuf {
        self.folder.join(SQLITE_FILE)
    }
}

/// A cluster that does not keep what it commits measures nothing.
async fn require_durable(url: &str) -> anyhow::Result<()> {
    let client = postgres::connect(url).await?;
    for setting in DURABLE_SETTINGS {
        let value: String = client.query_one(&format!("SHOW {setting}"), &[]).await?.get(0);
        ensure!(value == "on", "PostgreSQL runs with {setting} = {value}");
    }
    Ok(())
}

/// A registry as it was at one moment.
pub(crate) enum Copy {
    /// A file.
    Sqlite(PathBuf),
    /// A database's URL.
    Postgres(String),
}

impl Copy {
    /// Writes into the copy, bare, what the registry at home has written since it was copied: so many messages in
    /// each run.
    ///
    /// # Errors
    /// When the registry has written less, or a database refuses.
    pub(crate) fn write_bare(&self, home: &Home, message_count: u64) -> anyhow::Result<Vec<Pace>> {
        let newest = "SELECT id FROM message ORDER BY id DESC LIMIT 1";
        match (self, &home.place) {
            (Copy::Sqlite(path), _) => {
                let mut source = sqlite::open(&home.sqlite_file())?;
                let mut after: Value = sqlite::open(path)?.query_row(newest, [], |row| row.get(0))?;
                Copy::each_run(|connections| {
                    let replays = bare::read_back(&mut source, &after, message_count)?;
                    after = bare::last_message(&replays).ok_or_else(|| anyhow!("nothing left to write"))?;
                    sqlite::write(path, connections, replays)
                })
            }
            (Copy::Postgres(copy), Place::Postgres { url, runtime, .. }) => {
                let no_values: [&(dyn ToSql + Sync); 0] = [];
                let mut after: postgres::Raw = runtime.block_on(async {
                    anyhow::Ok(postgres::connect(copy).await?.query_one(newest, &no_values).await?.get(0))
                })?;
                let mut source = postgres::Reader { runtime, client: runtime.block_on(postgres::connect(url))? };
                Copy::each_run(|connections| {
                    let replays = bare::read_back(&mut source, &after, message_count)?;
                    after = bare::last_message(&replays).ok_or_else(|| anyhow!("nothing left to write"))?;
                    runtime.block_on(postgres::write(copy, connections, replays))
                })
            }
            (Copy::Postgres(_), Place::Sqlite) => unreachable!("a copy is of the same kind as its home"),
        }
    }

    fn each_run(mut write: impl FnMut(usize) -> anyhow::Result<Pace>) -> anyhow::Result<Vec<Pace>> {
        let mut paces = Vec::new();
        for connections in bare::RUNS {
            let pace = write(connections)?;
            let milliseconds = pace.median.as_secs_f64() * 1e3;
            eprintln!("  bare, {connections} connections: {:.0} messages/s, {milliseconds:.2} ms", pace.per_second);
            paces.push(pace);
        }
        paces.remove(0);
        Ok(paces)
    }
}
