//! PostgreSQL: connects, speaks to it, translates its errors. Nothing else knows tokio-postgres.
//!
//! Each connection runs on a small runtime of its own, on the thread of whoever uses it. The statements of one step are
//! sent together and answered together: one round trip.

use std::collections::HashMap;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::try_join_all;
use tokio::runtime::{Handle, Runtime, RuntimeFlavor};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use crate::StoreError;
use crate::database::Purpose;
use crate::postgres_server::Server;
use crate::postgres_values::ArrayColumn;
use crate::sets::{Expectation, Keys, SetRead, SetWrite, Texts, Visit, Write};
use crate::value::{Columns, Row, Value};

/// A connection whose packets stay unanswered for this long is lost.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);
/// Statements kept prepared by a connection; more are forgotten, oldest and newest alike.
const PREPARED_STATEMENTS: usize = 256;

/// What every connection is set to. Plans are made once, for any parameters; a transaction whose client hangs is
/// undone, so that a hanging node holds no locks; a commit is on disk before it is answered.
const SETTINGS: &str = "
SET plan_cache_mode = force_generic_plan;
SET jit = off;
SET idle_in_transaction_session_timeout = '60s';
SELECT set_config('synchronous_commit', 'on', FALSE) WHERE current_setting('synchronous_commit') = 'off'";
/// Writers never want a sequential scan: not even while a table is still so small that it would be quicker once.
const WRITER_SETTINGS: &str = "
SET enable_seqscan = off";
/// What every connection that may write holds for as long as it lives, beside the others: whoever wants to know whether a
/// program works on the database finds it held. Two numbers are a space of their own, apart from that of the buckets.
const HOLD_WORKING: &str = "
SELECT pg_advisory_lock_shared(1836, 1)";
const TAKE_WORKING: &str = "
SELECT pg_advisory_lock(1836, 1)";
/// Holds a node's name, apart from both; again where the connection has it already.
const HOLD_NAME: &str = "
SELECT CAST(CAST(pg_try_advisory_lock(1837, hashtext($1)) AS INTEGER) AS BIGINT)";
/// The server is to notice within half a minute that the machine is gone whose program holds a name.
const NOTICE_LOSS: &str = "
SET tcp_keepalives_idle = 10;
SET tcp_keepalives_interval = 5;
SET tcp_keepalives_count = 4";
/// Readers cannot write, whatever they are told: what a question or a read-only door is answered from changes nothing.
const READER_SETTINGS: &str = "
SET default_transaction_read_only = on";

const LOCK_BUCKETS: &str = "
SELECT pg_advisory_xact_lock(bucket)
FROM UNNEST($1::bigint[]) AS bucket";

/// A connection to a PostgreSQL server, made anew when it was lost between transactions.
pub(crate) struct PostgresConnection {
    /// `None` only while being dropped.
    runtime: Option<Runtime>,
    server: Server,
    purpose: Purpose,
    wait: Duration,
    client: Client,
    statements: HashMap<String, Statement>,
    texts: Texts,
    transaction: Transaction,
}

/// Where the connection stands between two steps.
enum Transaction {
    None,
    /// Begun here, not yet at the server: it goes out with the first statements.
    Wanted(Beginning),
    Open,
}

/// How a transaction begins.
#[derive(Clone)]
struct Beginning {
    sql: &'static str,
    /// What it locks, in order.
    buckets: Vec<i64>,
}

/// A statement to be sent.
struct Asked<'a> {
    sql: &'a str,
    attempt: &'a str,
    parameters: Vec<&'a (dyn ToSql + Sync)>,
}

/// What came back.
struct Answer {
    rows: Vec<tokio_postgres::Row>,
    changed: u64,
}

impl PostgresConnection {
    pub(crate) fn open(url: &str, purpose: Purpose, wait: Duration) -> Result<PostgresConnection, StoreError> {
        let mut server = Server::parse(url)?;
        server.config.connect_timeout(wait).tcp_user_timeout(SILENCE_LIMIT);
        if server.config.get_application_name().is_none() {
            server.config.application_name("bluebonnet");
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| unreachable_server(error, "open a connection to PostgreSQL"))?;
        let client = match connect(&runtime, &server, purpose, wait) {
            Ok(client) => client,
            Err(error) => {
                // Dropped where somebody waits for a future, a runtime panics.
                runtime.shutdown_background();
                return Err(error);
            }
        };
        Ok(PostgresConnection {
            runtime: Some(runtime),
            server,
            purpose,
            wait,
            client,
            statements: HashMap::new(),
            texts: Texts::default(),
            transaction: Transaction::None,
        })
    }

    /// Runs several statements without parameters.
    pub(crate) fn run_script(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        self.run(&[])?;
        self.block_on(self.client.batch_execute(sql)).map_err(|error| failure(error, attempt))
    }

    pub(crate) fn query(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<Vec<Row>, StoreError> {
        let answer = self.run_one(sql, values, attempt)?;
        let value = |row: &tokio_postgres::Row, column| Ok((row as &dyn Columns).value(column)?.into_owned());
        answer.rows.iter().map(|row| (0..row.len()).map(|column| value(row, column)).collect()).collect()
    }

    pub(crate) fn execute(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<u64, StoreError> {
        Ok(self.run_one(sql, values, attempt)?.changed)
    }

    /// Holds the name of a node for as long as the connection lives; false while another has it.
    pub(crate) fn hold_name(&mut self, node: &str) -> Result<bool, StoreError> {
        const ATTEMPT: &str = "hold the name of this node";
        self.run_script(NOTICE_LOSS, ATTEMPT)?;
        let answer = self.run_one(HOLD_NAME, &[Value::text(node)], ATTEMPT)?;
        let is_held = answer.rows.first().map_or(Ok(false), |row| (row as &dyn Columns).boolean(0));
        is_held.map_err(|error| error.while_trying(ATTEMPT))
    }

    /// Prepares a statement to see whether it fits the schema.
    pub(crate) fn prepare(&mut self, sql: &str, attempt: &str) -> Result<(), StoreError> {
        self.prepared(sql, attempt).map(drop)
    }

    /// Whether the server answers within that time.
    pub(crate) fn ping(&mut self, timeout: Duration) -> Result<(), StoreError> {
        const ATTEMPT: &str = "ask the server for a sign of life";
        let answer = self.block_on(async { tokio::time::timeout(timeout, self.client.check_connection()).await });
        answer.map_err(|error| unreachable_server(error, ATTEMPT))?.map_err(|error| failure(error, ATTEMPT))
    }

    /// Begins a transaction that holds these buckets. It is sent with the first statements. What a panic left open is
    /// undone first.
    pub(crate) fn begin(&mut self, sql: &'static str, buckets: &[i64]) -> Result<(), StoreError> {
        self.roll_back();
        if self.client.is_closed() {
            self.reconnect()?;
        }
        let mut buckets = buckets.to_vec();
        buckets.sort_unstable();
        buckets.dedup();
        self.transaction = Transaction::Wanted(Beginning { sql, buckets });
        Ok(())
    }

    pub(crate) fn commit(&mut self) -> Result<(), StoreError> {
        match std::mem::replace(&mut self.transaction, Transaction::None) {
            Transaction::Open => {
                self.block_on(self.client.batch_execute("COMMIT")).map_err(|error| failure(error, "commit"))
            }
            Transaction::None | Transaction::Wanted(_) => Ok(()),
        }
    }

    /// Undoes the open transaction, if any.
    pub(crate) fn roll_back(&mut self) {
        if let Transaction::Open = std::mem::replace(&mut self.transaction, Transaction::None)
            && let Err(error) = self.block_on(self.client.batch_execute("ROLLBACK"))
        {
            tracing::warn!(%error, "could not roll back: the server does so when the connection ends");
        }
    }

    /// Runs the reads in one round trip.
    pub(crate) fn read_sets(
        &mut self,
        reads: &[(&'static SetRead, Keys<'_>)],
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let wanted: Vec<_> = reads.iter().enumerate().filter(|(_, (_, keys))| !keys.is_empty()).collect();
        let texts: Vec<_> = wanted.iter().map(|(_, (read, _))| self.texts.of_read(read, read_text)).collect();
        let asked: Vec<Asked<'_>> = wanted
            .iter()
            .zip(&texts)
            .map(|((_, (read, keys)), sql)| Asked {
                sql,
                attempt: read.attempt,
                parameters: vec![match keys {
                    Keys::Ids(ids) => ids as _,
                    Keys::Numbers(numbers) => numbers as _,
                }],
            })
            .collect();
        for ((index, (read, _)), answer) in wanted.iter().zip(self.run(&asked)?) {
            for row in &answer.rows {
                visit(*index, row).map_err(|error| error.while_trying(read.attempt))?;
            }
        }
        Ok(())
    }

    /// Runs the writes in one round trip.
    pub(crate) fn write_sets(&mut self, writes: &[Write<'_>]) -> Result<(), StoreError> {
        let wanted: Vec<&Write<'_>> = writes.iter().filter(|write| !write.values.is_empty()).collect();
        let columns: Vec<Vec<ArrayColumn<'_>>> = wanted
            .iter()
            .map(|write| {
                let width = write.set.columns.len();
                (0..width).map(|column| ArrayColumn { values: &write.values, width, column }).collect()
            })
            .collect();
        let texts: Vec<_> = wanted.iter().map(|write| self.texts.of_write(write, write_text)).collect();
        let asked: Vec<Asked<'_>> = wanted
            .iter()
            .zip(&columns)
            .zip(&texts)
            .map(|((write, columns), sql)| Asked {
                sql,
                attempt: write.set.attempt,
                parameters: columns.iter().map(|column| column as _).collect(),
            })
            .collect();
        for (write, answer) in wanted.iter().zip(self.run(&asked)?) {
            write.check(answer.changed)?;
        }
        Ok(())
    }

    fn run_one(&mut self, sql: &str, values: &[Value<'_>], attempt: &str) -> Result<Answer, StoreError> {
        let parameters = values.iter().map(|value| value as _).collect();
        let answers = self.run(&[Asked { sql, attempt, parameters }])?;
        Ok(answers.into_iter().next().expect("one statement has one answer"))
    }

    /// Sends all statements together, after the transaction's beginning where that is still to be sent. A connection
    /// that turns out to be lost is made anew, as long as nothing of the transaction has happened.
    fn run(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Answer>, StoreError> {
        match self.run_once(asked) {
            Err(StoreError::Unavailable { .. }) if matches!(self.transaction, Transaction::Wanted(_)) => {
                self.reconnect()?;
                self.run_once(asked)
            }
            result => result,
        }
    }

    fn run_once(&mut self, asked: &[Asked<'_>]) -> Result<Vec<Answer>, StoreError> {
        let beginning = match &self.transaction {
            Transaction::Wanted(beginning) => Some(beginning.clone()),
            Transaction::None | Transaction::Open => None,
        };
        let mut requests = Vec::with_capacity(asked.len() + 2);
        let begin = beginning.as_ref().map(Beginning::asked).unwrap_or_default();
        for request in begin.iter().chain(asked) {
            requests.push((self.prepared(request.sql, request.attempt)?, request));
        }
        let client = &self.client;
        let answers = self.block_on(try_join_all(
            requests.iter().map(|(statement, request)| async move { answer(client, statement, request).await }),
        ));
        if beginning.is_some() && !matches!(answers, Err(StoreError::Unavailable { .. })) {
            self.transaction = Transaction::Open;
        }
        Ok(answers?.split_off(begin.len()))
    }

    fn prepared(&mut self, sql: &str, attempt: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.block_on(self.client.prepare(sql)).map_err(|error| failure(error, attempt))?;
        if self.statements.len() >= PREPARED_STATEMENTS {
            self.statements.clear();
        }
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    fn reconnect(&mut self) -> Result<(), StoreError> {
        tracing::info!("the connection to PostgreSQL was lost; connecting again");
        let runtime = self.runtime.as_ref().expect("the runtime lives as long as the connection");
        self.client = connect(runtime, &self.server, self.purpose, self.wait)?;
        self.statements.clear();
        Ok(())
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        block_on(self.runtime.as_ref().expect("the runtime lives as long as the connection"), future)
    }
}

/// A PostgreSQL database that no program works on, and that none can begin to work on while this is held. Nothing of it is
/// changed.
pub struct TakenServer {
    connection: PostgresConnection,
}

impl TakenServer {
    /// How long is waited for programs that are ending: the server notices a moment later.
    const WAIT: Duration = Duration::from_secs(3);

    /// Takes the database at this address.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when a program works on it; or it cannot be reached.
    pub fn take(url: &str) -> Result<TakenServer, StoreError> {
        let mut taken = TakenServer { connection: PostgresConnection::open(url, Purpose::Inspect, TakenServer::WAIT)? };
        taken.hold_on()?;
        Ok(taken)
    }

    /// Sees that it is still held: it is not when the connection was lost.
    ///
    /// # Errors
    /// It is not held any more.
    pub fn hold_on(&mut self) -> Result<(), StoreError> {
        self.connection.run_script(TAKE_WORKING, "take the database for itself")
    }
}

impl Beginning {
    fn asked(&self) -> Vec<Asked<'_>> {
        let begin = Asked { sql: self.sql, attempt: "begin a transaction", parameters: Vec::new() };
        let lock = || Asked { sql: LOCK_BUCKETS, attempt: "lock the buckets", parameters: vec![&self.buckets] };
        std::iter::once(begin).chain((!self.buckets.is_empty()).then(lock)).collect()
    }
}

impl Drop for PostgresConnection {
    fn drop(&mut self) {
        // Unlike a plain drop, this is also allowed where an asynchronous program ends.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs a future on a connection's own runtime, and waits for it.
fn block_on<T>(runtime: &Runtime, future: impl Future<Output = T>) -> T {
    match Handle::try_current() {
        // On a thread that drives other tasks, those are handed over first. (A runtime of one thread cannot.)
        Ok(outer) if outer.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(|| runtime.block_on(future))
        }
        _ => runtime.block_on(future),
    }
}

/// Connects, and sets the connection up.
fn connect(runtime: &Runtime, server: &Server, purpose: Purpose, wait: Duration) -> Result<Client, StoreError> {
    const ATTEMPT: &str = "connect to PostgreSQL";
    let of_purpose = match purpose {
        Purpose::Write => &format!("{WRITER_SETTINGS};{HOLD_WORKING}"),
        Purpose::Read | Purpose::Inspect => READER_SETTINGS,
    };
    let settings = format!("{SETTINGS};\nSET lock_timeout = {};{of_purpose}", wait.as_millis());
    block_on(runtime, async {
        let client = server.connect(runtime).await.map_err(|error| failure(error, ATTEMPT))?;
        let set = tokio::time::timeout(wait, client.batch_execute(&settings)).await;
        set.map_err(|error| unreachable_server(error, ATTEMPT))?.map_err(|error| failure(error, ATTEMPT))?;
        Ok(client)
    })
}

/// Sends one statement at the first poll, then gathers its answer.
async fn answer(client: &Client, statement: &Statement, request: &Asked<'_>) -> Result<Answer, StoreError> {
    let gather = async {
        let mut stream = pin!(client.query_raw(statement, request.parameters.iter().copied()).await?);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await? {
            rows.push(row);
        }
        Ok(Answer { rows, changed: stream.rows_affected().unwrap_or(0) })
    };
    gather.await.map_err(|error| failure(error, request.attempt))
}

/// The text of a read for PostgreSQL.
pub(crate) fn read_text(read: &SetRead) -> String {
    let Some(limit) = read.limit_per_key else {
        return read.sql.replace("{among}", "= ANY ($1)");
    };
    let of_one_key = read.sql.replace("{among}", "= wanted.number");
    format!(
        "
SELECT found.*
FROM UNNEST ($1::bigint[]) AS wanted (number)
CROSS JOIN LATERAL ({of_one_key}
LIMIT {limit}) AS found"
    )
}

/// The text of a write for PostgreSQL.
pub(crate) fn write_text(write: &SetWrite, expects: Expectation) -> String {
    let names = write.column_names();
    let types = write.columns.iter().enumerate().map(|(index, (_, kind))| format!("${}::{kind}[]", index + 1));
    let arrays = types.collect::<Vec<_>>().join(", ");
    write
        .text(expects)
        .replace("{columns}", &names)
        .replace("{rows}", &format!("SELECT * FROM UNNEST ({arrays})"))
        .replace("{given}", &format!("UNNEST ({arrays}) AS given ({names})"))
}

/// What PostgreSQL's error means for the caller.
fn failure(error: tokio_postgres::Error, attempt: &str) -> StoreError {
    let attempted = attempt.to_owned();
    let Some(refusal) = error.as_db_error() else {
        return match std::error::Error::source(&error).is_none() && !error.is_closed() {
            true => StoreError::Refused { attempted, source: Box::new(error) },
            false => StoreError::Unavailable { attempted, source: Box::new(error) },
        };
    };
    // Code and message, but not the detail: it would quote the row, and rows are personal.
    let source = format!("{}: {}", refusal.code().code(), refusal.message()).into();
    match (refusal.code(), &refusal.code().code()[..2]) {
        (&SqlState::UNIQUE_VIOLATION, _) => StoreError::Conflict { attempted },
        (&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED, _) => StoreError::Busy { attempted },
        (&SqlState::LOCK_NOT_AVAILABLE, _) => StoreError::Busy { attempted },
        (&SqlState::READ_ONLY_SQL_TRANSACTION | &SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT, _) => {
            StoreError::Unavailable { attempted, source }
        }
        // What the server's operator keeps from this user says nothing of what is stored.
        (&SqlState::INSUFFICIENT_PRIVILEGE, _) => StoreError::Unavailable { attempted, source },
        // Connection exceptions, who may come in, insufficient resources, operator intervention, system errors.
        (_, "08" | "28" | "53" | "57" | "58") => StoreError::Unavailable { attempted, source },
        _ => StoreError::Refused { attempted, source },
    }
}

/// Whether a refusal, as [`failure`] writes it, says that there is no room on the disk.
pub(crate) fn is_disk_full(source: &dyn std::error::Error) -> bool {
    source.to_string().starts_with(SqlState::DISK_FULL.code())
}

fn unreachable_server(error: impl std::error::Error + Send + Sync + 'static, attempt: &str) -> StoreError {
    StoreError::Unavailable { attempted: attempt.to_owned(), source: Box::new(error) }
}
