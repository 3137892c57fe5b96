//! The addresses for operators: is it alive, is it ready, what does it measure; and the start page.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
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
    /// The path of the web service, when this node has it.
    pub(crate) web_service: Option<String>,
}

/// The routes.
pub(crate) fn router(operations: Operations) -> Router {
    Router::new()
        .route("/", get(start_page))
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

async fn start_page(State(operations): State<Operations>) -> Html<String> {
    let profile = operations.registry.profile();
    let web_service = operations.web_service.as_deref().map_or_else(String::new, |path| {
        format!(
            "<h2>For electronic health records</h2>\n\
             <p>The web service is at <code>{path}</code>: SOAP 1.2, <code>urn:cdc:iisb:2011</code>, \
             HL7 v2.5.1 inside (VXU to report, QBP to ask).\n\
             Its description: <a href=\"{path}?wsdl\">{path}?wsdl</a>.</p>\n"
        )
    });
    Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{short_name}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head>\n<body>\n<main>\n\
         <h1>{name}</h1>\n<p>This is Bluebonnet {version}, an open immunization information system.</p>\n\
         {web_service}\
         <h2>For operators</h2>\n<ul>\n<li><a href=\"/livez\">/livez</a>: the program runs</li>\n\
         <li><a href=\"/readyz\">/readyz</a>: it can serve</li>\n\
         <li><a href=\"/metrics\">/metrics</a>: what it measures</li>\n</ul>\n\
         <h2>Contact</h2>\n<p>Web application: {web}. Data exchange: {exchange}.</p>\n\
         </main>\n</body>\n</html>\n",
        short_name = escaped(&profile.registry.short_name),
        name = escaped(&profile.registry.name),
        version = env!("CARGO_PKG_VERSION"),
        web = escaped(&profile.contacts.web_application),
        exchange = escaped(&profile.contacts.data_exchange),
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
