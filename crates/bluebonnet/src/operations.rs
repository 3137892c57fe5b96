//! The addresses for operators: is it alive, is it ready, what does it measure.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use registry::Registry;
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
}

/// The routes.
pub(crate) fn router(operations: Operations) -> Router {
    Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(measurements))
        .with_state(operations)
}

/// 200 while the node should be sent work, 503 while it should not.
async fn ready(State(operations): State<Operations>) -> Response {
    let registry = operations.registry.clone();
    let health = tokio::task::spawn_blocking(move || registry.health()).await;
    let Ok(health) = health else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = json!({
        "ready": health.is_ready(),
        "database_answers": health.database_answers,
        "stopping": health.is_stopping,
        "in_flight": health.in_flight,
    });
    (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], format!("{body}\n"))
        .into_response()
}

async fn measurements(State(operations): State<Operations>) -> impl IntoResponse {
    metrics::gauge!(measurements::IN_FLIGHT).set(operations.registry.gate().in_flight() as f64);
    ([(header::CONTENT_TYPE, PROMETHEUS)], operations.measured.render())
}
