//! A node at work: its listeners, its background work, and how it stops.
//!
//! A stopping node closes the gate, answers what it took, and ends; newcomers get the 503 of the gate, or no
//! connection, and come back.

mod bound;

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::task::Poll;

use anyhow::anyhow;
use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use model::Channel;
use registry::setup::NodeName;
use registry::{Exchange, FileAccounts, Gate, Registry};
use sftp::FileDoor;
use spool::Spool;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use webservice::{ForwardedHeaders, TlsFiles, WebService};

use crate::addresses::Asked;
use crate::commands::matching::sweep;
use crate::commands::{destroy, reforecast};
use crate::ending::Failure;
use crate::file_door::{self, FileDoorSettings};
use crate::maintenance_watch::MaintenanceWatch;
use crate::operations::{self, Operations};
use crate::ports::{self, Ports};
use crate::postman::PostSettings;
use crate::roles::Role;
use crate::stop_signals::StopSignals;
use crate::{handover, limits, measurements, node_name, place, tables};

pub(crate) use bound::Bound;

/// Where a node listens that was told nothing.
const USUAL_HTTP: &str = "127.0.0.1:8080";

/// How a node is reached and what it does.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Serving {
    /// Where to listen; may be given several times. Port 0 takes a free port; the line `listening URL` on standard
    /// output tells which [default: 127.0.0.1:8080, or with --take-over where the other listens]
    #[arg(long, value_name = "ADDR", env = "BLUEBONNET_HTTP", value_delimiter = ',')]
    http: Vec<String>,
    /// Where `/metrics` is given to everybody who reaches it, over HTTP; elsewhere to callers on this machine alone
    #[arg(long, value_name = "ADDR", env = "BLUEBONNET_METRICS")]
    metrics: Option<String>,
    /// What this node does
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Role::ALL)]
    roles: Vec<Role>,
    /// Takes the ports over from the program that serves this data folder now; that one answers what it took, and ends.
    /// Where several programs do, --http says from which
    #[arg(long)]
    take_over: bool,
    /// The certificate chain in PEM: HTTPS instead of HTTP. Renewed files are read again by themselves
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Believe the headers Forwarded and X-Forwarded-*: only behind a proxy of your own that sets them
    #[arg(long)]
    behind_proxy: bool,
    #[command(flatten)]
    post: PostSettings,
    #[command(flatten)]
    file_door: FileDoorSettings,
}

/// The servers of a node, one a listener.
type Servers = JoinSet<Result<(), webservice::ServeError>>;

/// What is served where.
struct Routers {
    doors: Router,
    /// For the listener of `--metrics`.
    measurements: Router,
}

impl Serving {
    /// Takes the data folder and the ports: those of the program before, those of the service manager, or new ones.
    pub(crate) async fn bind(&self, data: &Path) -> Result<Bound, Failure> {
        place::make_folder(data)?;
        let asked = self.asked()?;
        let mut ports = Ports::given(data, self.take_over.then_some(&asked))?;
        let mut claims = std::mem::take(&mut ports.claims);
        if !self.is_front() {
            claims.keep_only(&self.roles);
        }
        claims.claim(data, &self.roles)?;
        let usual = [USUAL_HTTP.to_owned()];
        let http = if self.http.is_empty() && !ports.has("http") { &usual } else { self.http.as_slice() };
        let listeners = ports.listeners("http", http).await?;
        let scheme = if self.tls_cert.is_some() { "https" } else { "http" };
        let file_listener = match self.has(Role::Sftp) {
            true => ports.listeners("sftp", self.file_door.address()).await?.into_iter().next(),
            false => None,
        };
        let file_listener = file_listener.map(|(listener, _)| listener);
        let metrics_listener = match &self.metrics {
            Some(address) if !self.is_front() => {
                ports.listeners("metrics", std::slice::from_ref(address)).await?.into_iter().next()
            }
            _ => None,
        };
        ports.close_unserved();
        Ok(Bound { listeners, file_listener, metrics_listener, scheme, ports, claims })
    }

    /// Refuses what cannot be served, before anything is changed: roles, addresses, certificates, mail, and a program to take
    /// over that is not there.
    pub(crate) fn check(&self, data: &Path) -> Result<(), Failure> {
        if self.has(Role::Gate) && !self.is_front() {
            return Err(Failure::Usage(
                "the role gate is a front without a database: it goes with the role sftp and with no other".to_owned(),
            ));
        }
        let asked = self.asked()?;
        if let Some(files) = self.tls_files() {
            files.check().map_err(|error| Failure::Usage(error.to_string()))?;
        }
        self.file_door.check()?;
        self.post.smtp()?;
        if self.take_over
            && let Some(program) = handover::take(data, &asked)?
        {
            program.decline();
        }
        Ok(())
    }

    /// Where the node is asked to listen.
    fn asked(&self) -> Result<Asked, Failure> {
        let (http, sftp, metrics) = (self.http.as_slice(), self.file_door.address(), self.metrics.as_slice());
        Asked::read(&[("http", http), ("sftp", sftp), ("metrics", metrics)])
    }

    /// Whether the node is to open the database before it takes the ports: whoever has them serves meanwhile.
    pub(crate) fn takes_over(&self) -> bool {
        self.take_over
    }

    /// Warns of files that this program takes and does not process: another one must, on the same data folder.
    pub(crate) fn warn_of_files(&self, bound: &Bound) {
        let takes_files = bound.file_listener.is_some() || self.has(Role::Web);
        if takes_files && !self.has(Role::Jobs) {
            tracing::warn!(
                "files are taken here and not processed: give this node the role jobs, or run another program with it on \
                 the same data folder"
            );
        }
    }

    /// Whether people sign in at this node.
    pub(crate) fn has_pages(&self) -> bool {
        self.has(Role::Web)
    }

    /// Where the public pages are.
    pub(crate) fn public_url(&self) -> Option<String> {
        self.post.public_url.clone()
    }

    /// Whether the node is nothing but the front.
    pub(crate) fn is_front(&self) -> bool {
        !self.roles.iter().any(|role| role.needs_database())
    }

    /// Serves until the process is told to stop, and then until what was taken is answered.
    pub(crate) async fn serve(
        &self,
        exchange: Exchange,
        watch: &MaintenanceWatch,
        name: Arc<NodeName>,
        bound: Bound,
        measured: PrometheusHandle,
    ) -> Result<(), Failure> {
        let registry = exchange.registry();
        let mut jobs = self.begin_background_work(&exchange, &measured);
        self.begin_watch(watch, &mut jobs);
        let (kept, node) = (name, watch.node().to_owned());
        jobs.spawn(after(
            limits::NODE_NAME_EVERY,
            regularly(limits::NODE_NAME_EVERY, move || node_name::keep(&kept, &node)),
        ));
        self.begin_post(registry, watch.node(), &mut jobs)?;
        let doors = [(Role::Web, Channel::Web), (Role::Webservice, Channel::WebService)];
        let doors = doors.into_iter().filter(|(role, _)| self.has(*role)).map(|(_, door)| door).collect();
        let is_behind_proxy = self.behind_proxy;
        let operations = Operations { registry: registry.clone(), measured, doors, is_behind_proxy };
        let measurements = operations::measurements_router(operations.clone());
        let routers = Routers { doors: self.router(&exchange, operations), measurements };
        let file_door = match bound.file_listener {
            Some(_) => Some(self.file_door.open(watch.data(), registry.gate().clone(), exchange.spool().clone())?),
            None => None,
        };
        if let Some(door) = &file_door {
            jobs.spawn(renew_accounts(watch.data(), registry, door)?);
        }
        let (used, file_accounts) = (registry.clone(), file_door.as_ref().map(|door| door.accounts.clone()));
        jobs.spawn(regularly(limits::ACCOUNT_USES_EVERY, move || write_account_uses(&used, file_accounts.as_ref())));
        let served = self.serve_routers(registry.gate(), watch.data(), bound, routers, file_door).await;
        jobs.abort_all();
        let last = watch.clone();
        tokio::task::spawn_blocking(move || last.end()).await.map_err(anyhow::Error::from)?;
        served
    }

    /// Serves routers until the process is told to stop or its ports are taken over, and then until what was taken is
    /// answered.
    async fn serve_routers(
        &self,
        gate: &Gate,
        data: &Path,
        mut bound: Bound,
        routers: Routers,
        file_door: Option<FileDoor>,
    ) -> Result<(), Failure> {
        let mut stop_signals = StopSignals::listen()?;
        let (stop, _) = watch::channel(false);
        let (scheme, addresses) = (bound.scheme, bound.addresses());
        let mut handles = Vec::new();
        for (listener, _) in &bound.listeners {
            handles.push(("http".to_owned(), ports::handle(listener)?));
        }
        let mut ports = std::mem::take(&mut bound.ports);
        // Held until everything taken is answered.
        let claims = std::mem::take(&mut bound.claims);
        let file_listener = bound.file_listener.take();
        let metrics_listener = bound.metrics_listener.take();
        let mut servers = Servers::new();
        for (listener, _) in bound.listeners {
            start_server(&mut servers, listener, &routers.doors, self.tls_files(), &stop).await?;
        }
        if let Some((listener, address)) = metrics_listener {
            handles.push(("metrics".to_owned(), ports::handle(&listener)?));
            tables::print_line(&format!("measurements http://{address}/metrics"))?;
            start_server(&mut servers, listener, &routers.measurements, None, &stop).await?;
        }
        if let (Some(listener), Some(door)) = (file_listener, file_door) {
            handles.push(("sftp".to_owned(), ports::handle(&listener)?));
            tables::print_line(&format!("listening sftp://{}", listener.local_addr()?))?;
            servers.spawn(serve_files(listener, door, stop.subscribe()));
        }
        ports.served()?;
        for address in addresses {
            tracing::info!(%address, scheme, "listening");
            tables::print_line(&format!("listening {scheme}://{address}"))?;
        }
        handles.extend(claims.handles()?);
        let handles = ports::Handles::new(handles.into());
        tokio::select! {
            () = stop_signals.next() => tracing::info!(in_flight = gate.in_flight(), "stopping"),
            () = ports::taken_over(data, handles.clone()) => tracing::info!(in_flight = gate.in_flight(), "ports handed over"),
            _ = servers.join_next() => return Err(anyhow!("a listener ended by itself").into()),
        }
        handles.lock().unwrap_or_else(PoisonError::into_inner).clear();
        gate.stop();
        stop.send_replace(true);
        // Where everything is answered nothing is counted again: who is turned away meanwhile stands in the count for a moment.
        let (why, unanswered) = tokio::select! {
            () = drain(gate, &mut servers) => ("everything taken is answered", 0),
            () = tokio::time::sleep(limits::DRAIN_TIMEOUT) => ("a client took too long", gate.in_flight()),
            () = stop_signals.next() => ("told to stop at once", gate.in_flight()),
        };
        tracing::info!(why, unanswered, "stopped");
        if unanswered > 0 {
            return Err(anyhow!("stopped with {unanswered} calls unanswered: {why}").into());
        }
        Ok(())
    }

    /// Serves as a front without a database: this router, and files.
    pub(crate) async fn serve_front(
        &self,
        gate: &Gate,
        data: &Path,
        spool: Spool,
        bound: Bound,
        router: &Router,
    ) -> Result<(), Failure> {
        let mut jobs = JoinSet::new();
        let file_door = match bound.file_listener {
            Some(_) => Some(self.file_door.open(data, gate.clone(), spool)?),
            None => None,
        };
        if let Some(door) = &file_door {
            let (data, accounts) = (data.to_owned(), door.accounts.clone());
            jobs.spawn(regularly(limits::REFRESH_EVERY, move || {
                if let Err(error) = file_door::reread_accounts(&data, &accounts) {
                    tracing::warn!(?error, "the accounts of the file door could not be read; the known ones stay");
                }
            }));
        }
        let routers = Routers { doors: router.clone(), measurements: Router::new() };
        let served = self.serve_routers(gate, data, bound, routers, file_door).await;
        jobs.abort_all();
        served
    }

    fn tls_files(&self) -> Option<TlsFiles> {
        let (certificates, private_key) = (self.tls_cert.clone()?, self.tls_key.clone()?);
        Some(TlsFiles { certificates, private_key })
    }

    fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    fn router(&self, exchange: &Exchange, operations: Operations) -> Router {
        let registry = exchange.registry();
        let settings = webservice::Settings {
            forwarded: if self.behind_proxy { ForwardedHeaders::Trusted } else { ForwardedHeaders::Ignored },
            ..limits::of_web_service()
        };
        let serves_messages = self.has(Role::Webservice);
        let web_service = serves_messages.then(|| settings.path.clone());
        let mut router = operations::router(operations);
        if self.has(Role::Web) {
            let settings = web::Settings {
                is_behind_proxy: self.behind_proxy,
                web_service,
                public_url: self.post.public_url.clone(),
                version: env!("CARGO_PKG_VERSION"),
            };
            router = router.merge(web::router(web::Web::new(exchange.clone(), settings)));
        }
        if serves_messages {
            router = router.merge(webservice::router(WebService::new(registry.clone(), settings)));
        }
        router
    }

    fn begin_post(&self, registry: &Registry, node: &str, jobs: &mut JoinSet<()>) -> Result<(), Failure> {
        if self.has(Role::Jobs) {
            let postman = self.post.postman(registry, node)?;
            postman.begin()?;
            jobs.spawn(regularly(limits::NOTICES_EVERY, move || postman.round()));
        }
        Ok(())
    }

    fn begin_watch(&self, watch: &MaintenanceWatch, jobs: &mut JoinSet<()>) {
        let of = |work: fn(&MaintenanceWatch)| {
            let watch = watch.clone();
            move || work(&watch)
        };
        jobs.spawn(regularly(limits::REFRESH_EVERY, of(MaintenanceWatch::refresh)));
        jobs.spawn(regularly(limits::STATE_FILE_EVERY, of(MaintenanceWatch::look_at_state_file)));
        jobs.spawn(regularly(limits::LIVE_COUNTS_EVERY, of(MaintenanceWatch::tell_live_counts)));
        jobs.spawn(regularly(limits::KEEP_COUNTS_EVERY, of(MaintenanceWatch::keep_counts)));
        if self.has(Role::Jobs) {
            jobs.spawn(regularly(limits::WINDOWS_EVERY, of(MaintenanceWatch::advance)));
        }
    }

    fn begin_background_work(&self, exchange: &Exchange, measured: &PrometheusHandle) -> JoinSet<()> {
        let registry = exchange.registry();
        let mut jobs = JoinSet::new();
        let refreshed = registry.clone();
        jobs.spawn(regularly(limits::REFRESH_EVERY, move || {
            if let Err(error) = refreshed.refresh() {
                tracing::warn!(%error, "organizations, accounts and the schedule could not be read again; the known ones stay");
            }
        }));
        let measured = measured.clone();
        jobs.spawn(regularly(limits::UPKEEP_EVERY, move || measured.run_upkeep()));
        if self.has(Role::Jobs) {
            let forecast = registry.clone();
            let forecasting = regularly(limits::FORECAST_EVERY, move || reforecast::visit(&forecast));
            jobs.spawn(after(limits::FORECAST_FIRST_AFTER, forecasting));
            let kept = registry.clone();
            let destroying = regularly(limits::DESTRUCTION_EVERY, move || destroy::visit(&kept));
            jobs.spawn(after(limits::DESTRUCTION_FIRST_AFTER, destroying));
            let swept = registry.clone();
            jobs.spawn(regularly(limits::SWEEP_EVERY, move || sweep::visit(&swept)));
            let counted = registry.clone();
            jobs.spawn(regularly(limits::COUNT_EVERY, move || count_waiting(&counted)));
            let drained = exchange.clone();
            jobs.spawn(async move { drained.drain().await });
        }
        jobs
    }
}

/// Serves files until the node stops.
async fn serve_files(
    listener: TcpListener,
    door: FileDoor,
    mut stop: watch::Receiver<bool>,
) -> Result<(), webservice::ServeError> {
    let shutdown = async move {
        let _ = stop.wait_for(|is_stopping| *is_stopping).await;
    };
    sftp::serve(listener, door, shutdown).await;
    Ok(())
}

/// Renews the accounts of the file door now, and from now on.
fn renew_accounts(
    data: &Path,
    registry: &Registry,
    door: &FileDoor,
) -> Result<impl Future<Output = ()> + use<>, Failure> {
    file_door::renew_accounts(data, registry, &door.accounts)?;
    let (data, registry, accounts) = (data.to_owned(), registry.clone(), door.accounts.clone());
    Ok(regularly(limits::REFRESH_EVERY, move || {
        if let Err(error) = file_door::renew_accounts(&data, &registry, &accounts) {
            tracing::warn!(?error, "the accounts of the file door could not be renewed; the known ones stay");
            // Another process on this machine may have had more luck.
            if let Err(error) = file_door::reread_accounts(&data, &accounts) {
                tracing::warn!(?error, "nor could they be read where they are kept");
            }
        }
    }))
}

/// Starts a server for a listener.
async fn start_server(
    servers: &mut Servers,
    listener: TcpListener,
    router: &Router,
    tls: Option<TlsFiles>,
    stop: &watch::Sender<bool>,
) -> Result<(), Failure> {
    let mut stop = stop.subscribe();
    let shutdown = async move {
        let _ = stop.wait_for(|is_stopping| *is_stopping).await;
    };
    let mut server = Box::pin(webservice::serve(listener, router.clone(), tls, limits::of_server(), shutdown));
    // Its first step reads the certificates; nobody is told that it listens before it does.
    let first_step = std::future::poll_fn(|context| Poll::Ready(server.as_mut().poll(context))).await;
    if let Poll::Ready(Err(error)) = first_step {
        return Err(Failure::Usage(error.to_string()));
    }
    servers.spawn(server);
    Ok(())
}

/// Returns when nothing is in flight and every connection has its answer.
async fn drain(gate: &Gate, servers: &mut Servers) {
    gate.drained().await;
    while servers.join_next().await.is_some() {}
}

/// Begins work after a time.
async fn after(pause: std::time::Duration, work: impl Future<Output = ()>) {
    tokio::time::sleep(pause).await;
    work.await;
}

/// Does work that may block, again and again.
async fn regularly(every: std::time::Duration, work: impl Fn() + Clone + Send + 'static) {
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let work = work.clone();
        if tokio::task::spawn_blocking(work).await.is_err() {
            tracing::error!("background work ended by a panic");
        }
    }
}

fn write_account_uses(registry: &Registry, file_accounts: Option<&FileAccounts>) {
    let Ok(admission) = place::admit(registry) else { return };
    if let Err(error) = registry.write_account_uses(&admission, file_accounts) {
        tracing::warn!(%error, "when programs signed in could not be written; it is tried again");
    }
}

fn count_waiting(registry: &Registry) {
    let Ok(admission) = place::admit(registry) else { return };
    match registry.messages_waiting(&admission) {
        Ok(counts) => {
            for (state, count) in counts {
                metrics::gauge!(measurements::MESSAGES_WAITING, "state" => state.word()).set(count as f64);
            }
        }
        Err(error) => tracing::warn!(%error, "the messages that wait could not be counted"),
    }
}
