//! Runs a test on each database: a SQLite file, and a PostgreSQL database on a private server.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use store::{Database, DatabaseUrl, Options};

use crate::postgres_cluster::{Availability, PostgresCluster};

/// Runs the test on an empty, migrated database of each kind.
pub(crate) fn on_each_database(test: impl Fn(&Database)) {
    for place in places() {
        let database = open(&place.url);
        database.migrate().expect("an empty database can be migrated");
        println!("on {}", place.url);
        test(&database);
    }
}

/// Somewhere to put a database, gone when dropped.
pub(crate) struct Place {
    pub(crate) url: DatabaseUrl,
    _folder: Option<tempfile::TempDir>,
    _cluster: Option<Arc<PostgresCluster>>,
}

impl Place {
    /// Changes the database behind the program's back.
    pub(crate) fn run(&self, sql: &str) {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let connection = rusqlite::Connection::open(path).expect("the file can be opened");
                connection.execute_batch(sql).expect("the statement runs");
            }
            DatabaseUrl::Postgres(url) => {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime starts").block_on(async {
                    let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
                    let (client, connection) = connected.expect("the server can be reached");
                    tokio::spawn(connection);
                    client.batch_execute(sql).await.expect("the statement runs");
                });
            }
        }
    }
}

/// One empty place of each kind.
pub(crate) fn places() -> Vec<Place> {
    let mut places = vec![sqlite_place()];
    places.extend(postgres_place());
    places
}

pub(crate) fn sqlite_place() -> Place {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
    Place { url, _folder: Some(folder), _cluster: None }
}

/// `None`, after saying so, where PostgreSQL is not installed.
pub(crate) fn postgres_place() -> Option<Place> {
    let cluster = shared_cluster()?;
    let url = DatabaseUrl::Postgres(cluster.new_database().expect("a new database can be made"));
    Some(Place { url, _folder: None, _cluster: Some(cluster) })
}

pub(crate) fn open(url: &DatabaseUrl) -> Database {
    Database::open(url, &Options::default()).expect("the database can be opened")
}

/// The server that all tests running now share; the last to end stops it.
fn shared_cluster() -> Option<Arc<PostgresCluster>> {
    static CLUSTER: Mutex<Weak<PostgresCluster>> = Mutex::new(Weak::new());
    let mut shared = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(cluster) = shared.upgrade() {
        return Some(cluster);
    }
    let cluster = Arc::new(start_cluster()?);
    *shared = Arc::downgrade(&cluster);
    Some(cluster)
}

/// A server of the caller's own, or `None` after saying why.
pub(crate) fn start_cluster() -> Option<PostgresCluster> {
    match PostgresCluster::start(&["max_connections=200"]).expect("an installed PostgreSQL can be started") {
        Availability::Running(cluster) => Some(cluster),
        Availability::NotInstalled(reason) => {
            println!("skipped on PostgreSQL: {reason}");
            None
        }
    }
}
