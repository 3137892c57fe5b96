//! What a closed gate costs: the web service's 503 beside the smallest page that the same server has.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::routing::get;
use codes::CodeSets;
use registry::setup::{Database, DatabaseOptions, DatabaseUrl};
use registry::{Profile, Registry};
use tokio::net::TcpListener;
use webservice::{Limits, Settings, WebService};

use crate::options::Options;
use crate::program::PROFILE;
use crate::repository;
use crate::soap::{self, Call, Numbers, Seen};
use crate::table::{Goal, Row, Table};

/// Clients that call at the same time.
const CLIENTS: usize = 32;
/// Rounds, of which the one with the median ratio counts.
const ROUND_COUNT: usize = 5;

/// Measures both and adds their row.
///
/// # Errors
/// When the server does not start.
pub(crate) fn measure(options: &Options, table: &mut Table) -> anyhow::Result<()> {
    eprintln!("A closed gate");
    let folder = tempfile::tempdir()?;
    let registry = open_registry(&DatabaseUrl::Sqlite(folder.path().join("registry.db")))?;
    registry.gate().stop();
    let router = webservice::router(WebService::new(registry, Settings::default()));
    let router = router.route("/livez", get(|| async { "alive\n" }));
    let server = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    server.spawn(webservice::serve(listener, router, None, Limits::default(), std::future::pending()));

    let clients = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let numbers = Arc::new(Numbers::after(0, 0));
    let see = |call: Call| -> anyhow::Result<Seen> {
        let duration = Duration::from_secs(options.seconds) / ROUND_COUNT as u32;
        clients.block_on(soap::call(address, &call, &numbers, CLIENTS, soap::Pace::Answered, duration))
    };
    // In turn, so that whatever disturbs the machine disturbs both.
    let mut rounds = Vec::new();
    for _ in 0..ROUND_COUNT {
        let (live, closed) = (see(Call::Live)?, see(Call::TurnedAway)?);
        anyhow::ensure!(closed.others == 0, "the gate let calls in: {:?}", closed.first_other);
        rounds.push((closed.per_second, live.per_second));
    }
    rounds.sort_by(|one, other| (one.0 / one.1).total_cmp(&(other.0 / other.1)));
    let (closed, live) = rounds[ROUND_COUNT / 2];
    table.add(Row {
        work: format!("503 of a closed gate, {CLIENTS} clients"),
        rival: "/livez of the same server".to_owned(),
        ours: format!("{closed:.0}/s"),
        theirs: format!("{live:.0}/s"),
        figure: closed / live,
        goal: Goal::Ratio(0.9),
    });
    server.shutdown_background();
    Ok(())
}

fn open_registry(url: &DatabaseUrl) -> anyhow::Result<Registry> {
    let database = Database::open(url, &DatabaseOptions::default())?;
    database.migrate()?;
    let profile = Profile::parse(&std::fs::read_to_string(repository().join(PROFILE)).context("read the profile")?)?;
    let options = registry::Options { lanes: 1, secret: [0; 32] };
    Ok(Registry::open(database, profile, CodeSets::builtin().clone(), &options)?)
}
