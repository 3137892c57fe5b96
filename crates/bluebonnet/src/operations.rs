//! The addresses for operators: is it alive, is it ready, what does it measure.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use model::Channel;
use registry::{Readiness, Registry};
use serde_json::json;

use crate::measurements;

/// The form that Prometheus reads.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the pages here ask.
#[derive(Clone)]
pub(crate) struct Operations {
    /// The registry, for its health.
    pub(crate) registry: Registry,
    /// What was measured.
    pub(crate) measured: PrometheusHandle,
    /// The doors of this node that need the database.
    pub(crate) doors: Vec<Channel>,
    /// Whether callers come through a proxy, which is on this machine whoever they are.
    pub(crate) is_behind_proxy: bool,
}

/// What everybody is told who writes from elsewhere.
const ELSEWHERE: &str =
    "Measurements are given to callers on this machine; serve --metrics ADDR opens an address for them.\n";

/// The routes beside the doors.
pub(crate) fn router(operations: Operations) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(measurements_here))
        .with_state(operations)
}

/// The routes of an address for measurements alone.
pub(crate) fn measurements_router(operations: Operations) -> Router {
    Router::new().route("/metrics", get(measurements)).with_state(operations)
}

/// 200 while the node should be sent work, 503 while it should not. While a window closes all of its doors it says the
/// sentence, for which it needs no database.
async fn ready(State(operations): State<Operations>) -> Response {
    let registry = operations.registry.clone();
    let doors = operations.doors;
    let health = tokio::task::spawn_blocking(move || registry.health(&doors)).await;
    let Ok(health) = health else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": health.is_ready(),
        "database_answers": health.database_answers(),
        "disk": match health.database {
            Readiness::DiskFull => Some("full"),
            Readiness::DiskFailed => Some("failed"),
            Readiness::Ready => Some("well"),
            Readiness::Away => None,
        },
        "doors_closed": health.says_the_sentence,
        "stopping": health.is_stopping,
        "in_flight": health.in_flight,
    });
    (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], format!("{body}\n"))
        .into_response()
}

/// How busy a registry is, and how often somebody was refused, is nobody's business who reaches its doors.
async fn measurements_here(operations: State<Operations>, ConnectInfo(peer): ConnectInfo<SocketAddr>) -> Response {
    if operations.is_behind_proxy || !peer.ip().to_canonical().is_loopback() {
        return (StatusCode::FORBIDDEN, ELSEWHERE).into_response();
    }
    measurements(operations).await.into_response()
}

async fn measurements(State(operations): State<Operations>) -> impl IntoResponse {
    metrics::gauge!(measurements::IN_FLIGHT).set(operations.registry.gate().in_flight() as f64);
    ([(header::CONTENT_TYPE, PROMETHEUS)], operations.measured.render())
}
