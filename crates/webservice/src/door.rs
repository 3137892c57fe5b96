//! The service at its address: what comes in over HTTP, and what goes out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use closed::{Glance, glance};
use jiff::Timestamp;
use model::{Channel, MessageId};
use registry::{Admission, Closed, Registry, Sender};
use uuid::Uuid;

use crate::addresses::{ForwardedHeaders, client_address, service_address};
use crate::bodies::{self, Received};
use crate::connectivity_test::connectivity_test;
use crate::envelope::{self, Call, Refusal};
use crate::faults::{Fault, TooLarge, Unknown};
use crate::replies;
use crate::submit_single_message::{Arrival, NotAnswered, Passing, submit_single_message};
use crate::wsdl::wsdl;

const MULTIPART: &[u8] = b"multipart/";
const PLAIN_TEXT: &str = "text/plain; charset=utf-8";
const XML: &str = "text/xml; charset=utf-8";
/// What is told to a client that packs the envelope: MTOM (W3C, 2005) is a setting of WCF, CXF and Axis2.
const SEVERAL_PARTS: &str = "the request has more than one part (MTOM or attachments): send the envelope by itself, as \
    application/soap+xml";

/// How the service is reached, and its limits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The path at which it is.
    pub path: String,
    /// Whether a proxy of our own stands in front.
    pub forwarded: ForwardedHeaders,
    /// Bytes of a request's body at most.
    pub body_bytes_maximum: usize,
    /// How long a request's body may take to arrive.
    pub body_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            path: "/webservice".to_owned(),
            forwarded: ForwardedHeaders::Ignored,
            body_bytes_maximum: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
        }
    }
}

/// The web service of a registry.
#[derive(Clone)]
pub struct WebService {
    registry: Registry,
    settings: Arc<Settings>,
}

impl WebService {
    /// The web service of this registry.
    pub fn new(registry: Registry, settings: Settings) -> WebService {
        WebService { registry, settings: Arc::new(settings) }
    }
}

/// The routes of the web service: calls by POST, the WSDL by GET with `?wsdl`; with a slash behind the address, too.
pub fn router(service: WebService) -> Router {
    let path = service.settings.path.clone();
    let routes = get(describe).post(receive);
    Router::new().route(&path, routes.clone()).route(&format!("{path}/"), routes).with_state(service)
}

/// Serves the WSDL, also while the gate is closed: it tells nothing about anybody, and a client that starts during a
/// maintenance window needs it to be able to queue.
async fn describe(State(service): State<WebService>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let address = service_address(&head, &service.settings.path, service.settings.forwarded);
    if asks_for_wsdl(head.uri.query().unwrap_or_default()) {
        return ([(header::CONTENT_TYPE, XML)], wsdl(&address)).into_response();
    }
    let text = format!(
        "{}\nWeb service for immunization messages: SOAP 1.2, {}.\nWSDL: {address}?wsdl\n",
        service.registry.profile().registry.name,
        envelope::CDC
    );
    ([(header::CONTENT_TYPE, PLAIN_TEXT)], text).into_response()
}

fn asks_for_wsdl(query: &str) -> bool {
    query.split('&').any(|parameter| {
        let name = parameter.split('=').next().unwrap_or_default();
        name.eq_ignore_ascii_case("wsdl") || name.eq_ignore_ascii_case("singlewsdl")
    })
}

async fn receive(State(service): State<WebService>, request: Request) -> Response {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let Settings { body_bytes_maximum, body_timeout, .. } = *service.settings;
    // The body comes before the gate: a client that is still sending does not look for a 503.
    let body = bodies::receive(body, body_bytes_maximum, body_timeout).await;
    let was_received = matches!(body, Received::Whole(_));
    let source = client_address(&head, service.settings.forwarded);
    let outcome = service.admit_and_answer(&head, body, source).await;
    let took = started.elapsed();
    if !matches!(outcome, Outcome::Closed(_)) {
        service.registry.gate().note_answer(Channel::WebService, took);
    }
    outcome.record(took, source);
    let mut response = match outcome {
        Outcome::Closed(closed) => {
            closed::answer(&closed, closed::Form::PlainText, &head.headers, service.registry.profile())
        }
        outcome => outcome.into_response(),
    };
    if !was_received {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

impl WebService {
    async fn admit_and_answer(&self, head: &Parts, body: Received, source: IpAddr) -> Outcome {
        let seen = match &body {
            Received::Whole(bytes) => bytes.clone(),
            _ => Bytes::new(),
        };
        let (gate, Glance { name, purpose }) = (self.registry.gate(), glance(&seen));
        let sender = Sender { address: source, name };
        if gate.lets_test(Channel::WebService, name)
            && let Ok(admission) = gate.admit_test(Channel::WebService, sender)
        {
            let outcome = self.answer(&admission, head, body, sender, Passing::Test).await;
            tracing::info!(%source, outcome = outcome.word(), "a test organization passed the closed door");
            return outcome;
        }
        match gate.admit_sender(Channel::WebService, purpose, Some(sender)) {
            Ok(admission) => self.answer(&admission, head, body, sender, Passing::Open).await,
            Err(closed) => Outcome::Closed(closed),
        }
    }

    async fn answer(
        &self,
        admission: &Admission,
        head: &Parts,
        body: Received,
        sender: Sender<'_>,
        passing: Passing,
    ) -> Outcome {
        let call = match self.read(head, body) {
            Ok(call) => call,
            Err(fault) => return Outcome::Fault(fault),
        };
        match call {
            Call::ConnectivityTest { echo_back } => {
                Outcome::Answer { operation: "connectivityTest", text: connectivity_test(admission, echo_back) }
            }
            Call::SubmitSingleMessage(call) => {
                let arrival = self.arrival(head);
                match submit_single_message(&self.registry, admission, arrival, call, passing).await {
                    Ok(text) => Outcome::Answer { operation: "submitSingleMessage", text },
                    Err(NotAnswered::Fault(fault)) => Outcome::Fault(fault),
                    Err(NotAnswered::Away) => Outcome::Closed(self.registry.gate().closed()),
                    Err(NotAnswered::NotNow) => {
                        let gate = self.registry.gate();
                        Outcome::Closed(gate.closed_to_changes(Channel::WebService, Some(sender)))
                    }
                }
            }
        }
    }

    fn read(&self, head: &Parts, body: Received) -> Result<Call, Fault> {
        let bytes = match body {
            Received::Whole(bytes) => bytes,
            Received::TooLarge => {
                let bytes_maximum = self.settings.body_bytes_maximum;
                return Err(Fault::MessageTooLarge(TooLarge::Message { bytes_maximum }));
            }
            Received::Incomplete => return Err(Fault::Unknown(Unknown::Incomplete)),
        };
        if is_compressed(&head.headers) {
            return Err(Refusal::Unreadable("the request is compressed (Content-Encoding)".to_owned()).into());
        }
        let read = envelope::read(&bytes, charset(&head.headers)).map_err(|refusal| match refusal {
            Refusal::Unreadable(_) if has_parts(&head.headers) => Refusal::Unreadable(SEVERAL_PARTS.to_owned()),
            refusal => refusal,
        });
        read.map_err(Fault::from)
    }

    fn arrival(&self, head: &Parts) -> Arrival {
        #[expect(clippy::disallowed_methods, reason = "the door reads the clock and makes the receipt id")]
        let (received_at, id) = (self.registry.gate().now().unwrap_or_else(Timestamp::now), Uuid::now_v7());
        Arrival { message_id: MessageId(id), received_at, source: client_address(head, self.settings.forwarded) }
    }
}

fn is_compressed(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn has_parts(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    content_type.get(..MULTIPART.len()).is_some_and(|start| start.eq_ignore_ascii_case(MULTIPART))
}

/// The charset parameter of the Content-Type; the type itself, the action and SOAPAction do not matter, as the body
/// says which operation it is.
fn charset(headers: &HeaderMap) -> Option<&str> {
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']))
    })
}

/// What becomes of a call.
enum Outcome {
    Answer { operation: &'static str, text: String },
    Fault(Fault),
    Closed(Closed),
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Outcome::Answer { operation: "connectivityTest", .. } => "echoed",
            Outcome::Answer { .. } => "answered",
            Outcome::Fault(fault) => fault.word(),
            Outcome::Closed(_) => "closed",
        }
    }

    /// Counts, measures and logs the call. What it was about is in the message log, not here.
    fn record(&self, took: Duration, source: IpAddr) {
        let outcome = self.word();
        let seconds = took.as_secs_f64();
        metrics::counter!("bluebonnet_webservice_calls_total", "outcome" => outcome).increment(1);
        metrics::histogram!("bluebonnet_webservice_call_seconds", "outcome" => outcome).record(seconds);
        match self {
            Outcome::Fault(_) => tracing::info!(outcome, %source, seconds, "call refused"),
            Outcome::Answer { .. } | Outcome::Closed(_) => tracing::debug!(outcome, %source, seconds, "call"),
        }
    }
}

impl IntoResponse for Outcome {
    fn into_response(self) -> Response {
        match self {
            Outcome::Answer { operation, text } => {
                ([(header::CONTENT_TYPE, replies::SOAP_TYPE)], replies::answer(operation, &text)).into_response()
            }
            Outcome::Fault(fault) => {
                let headers = [(header::CONTENT_TYPE, replies::fault_type(&fault))];
                (fault.status(), headers, replies::fault(&fault)).into_response()
            }
            // `receive` says it in full.
            Outcome::Closed(closed) => closed.sentence.into_response(),
        }
    }
}
