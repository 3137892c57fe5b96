//! What a window costs: the web service's 503 beside the smallest page that the same server has, and beside the smallest
//! answer of the same server to the same call, which differs from it by what the gate does alone.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::body::Bytes;
use axum::routing::{get, post};
use codes::CodeSets;
use jiff::Timestamp;
use model::{ChannelModes, MaintenanceWindow, WallTime, WindowId, WindowKind};
use registry::setup::{Database, DatabaseOptions, DatabaseUrl};
use registry::{NewWindow, Profile, Registry, WindowOrder, ordered};
use tokio::net::TcpListener;
use uuid::Uuid;
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

/// Measures them and adds their rows.
///
/// # Errors
/// When the server does not start.
pub(crate) fn measure(options: &Options, table: &mut Table) -> anyhow::Result<()> {
    eprintln!("A closed gate");
    let folder = tempfile::tempdir()?;
    let registry = open_registry(&DatabaseUrl::Sqlite(folder.path().join("registry.db")))?;
    #[expect(
        clippy::disallowed_methods,
        reason = "the window is in force now, and the gate reads the clock at each call"
    )]
    let clock: fn() -> Timestamp = Timestamp::now;
    registry.gate().set_clock(clock);
    registry.gate().set_windows(vec![window(clock())?]);
    let router = webservice::router(WebService::new(registry, Settings::default()));
    let router = router.route("/livez", get(|| async { "alive\n" }));
    let router = router.route(soap::TAKEN_PATH, post(|_: Bytes| async { "alive\n" }));
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
    // In turn, so that whatever disturbs the machine disturbs all.
    let mut rounds = Vec::new();
    for _ in 0..ROUND_COUNT {
        let (live, taken, closed) = (see(Call::Live)?, see(Call::Taken)?, see(Call::TurnedAway)?);
        for seen in [&live, &taken, &closed] {
            anyhow::ensure!(seen.others == 0, "answered otherwise: {:?}", seen.first_other);
        }
        rounds.push((closed.per_second, [live.per_second, taken.per_second]));
    }
    let rivals = ["/livez of the same server", "the same call to a handler that reads it and says one word"];
    for (place, rival) in rivals.into_iter().enumerate() {
        let ratio = |(closed, rivals): &(f64, [f64; 2])| closed / rivals[place];
        rounds.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
        let round = &rounds[ROUND_COUNT / 2];
        table.add(Row {
            work: format!("503 of a maintenance window, {CLIENTS} clients"),
            rival: rival.to_owned(),
            ours: format!("{:.0}/s", round.0),
            theirs: format!("{:.0}/s", round.1[place]),
            figure: ratio(round),
            goal: Goal::Ratio(0.9),
        });
    }
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

/// A window that begins now, as it stands once it is announced.
fn window(now: Timestamp) -> anyhow::Result<MaintenanceWindow> {
    let draft = NewWindow {
        id: WindowId(Uuid::from_u128(1)),
        kind: WindowKind::Scheduled,
        reason: "scheduled system maintenance".to_owned(),
        performed_by: "IT".to_owned(),
        owner: String::new(),
        time_zone: None,
        starts: WallTime::of(now, "UTC")?,
        ends: WallTime::of(now + Duration::from_secs(7200), "UTC")?,
        modes: ChannelModes::OF_A_DOWNTIME,
        test_organizations: Vec::new(),
    }
    .draft("UTC", "IT", now)?;
    Ok(ordered(&draft, WindowOrder::Announce, "IT", "", now)?)
}
