//! The front that stays up while the house is rebuilt: every address answers as a closed door, without a database.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CACHE_CONTROL, CONNECTION};
use axum::http::{HeaderMap, HeaderValue, Response};
use axum::routing::get;
use model::{Channel, ChannelModes};
use registry::{Gate, Profile, Purpose, Sender};

use crate::{Behind, Form, answer_before, discard, glance, status};

/// What the front needs.
#[derive(Clone)]
pub struct Front {
    /// The gate; it goes by the state file.
    pub gate: Gate,
    /// What its doors do at least, whatever the windows say: there is nobody behind it.
    pub modes: ChannelModes,
    /// The texts.
    pub profile: Arc<Profile>,
    /// The path of the web service.
    pub web_service_path: String,
    /// Where the public pages are, for links.
    pub public_url: Option<String>,
}

impl Front {
    /// What a door says behind which there is nobody.
    pub(crate) fn closed(&self, headers: &HeaderMap) -> Response<axum::body::Body> {
        answer_before(Behind::Nobody, &self.gate.closed(), Form::Page, headers, &self.profile)
    }
}

/// The routes: alive, ready (it is there to say the sentence and to take files), the status as far as the gate knows it,
/// and the sentence everywhere else.
pub fn front(front: Front) -> Router {
    let uncached = |text: &'static str| async move { ([(CACHE_CONTROL, "no-store")], text) };
    Router::new()
        .route("/livez", get(move || uncached("alive\n")))
        .route("/readyz", get(move || uncached("{\"ready\":true,\"front\":true}\n")))
        .route("/status", get(status::show))
        .route("/status.json", get(status::json))
        .route("/status.atom", get(status::atom))
        .route("/status.ics", get(status::calendar))
        .fallback(turn_away)
        .with_state(front)
}

async fn turn_away(State(front): State<Front>, request: Request) -> Response<axum::body::Body> {
    let (head, body) = request.into_parts();
    let discarded = discard(body).await;
    let form = Form::of(&head.method, head.uri.path(), &head.headers, Some(&front.web_service_path));
    let channel = match form {
        Form::PlainText => Channel::WebService,
        Form::Fhir => Channel::Fhir,
        Form::Page | Form::SentForm | Form::Problem => Channel::Web,
    };
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    // The report says whose calls were turned away, here as behind a door that somebody reads at.
    let name = if form == Form::PlainText { glance(&discarded.beginning).name } else { "" };
    let sender = Sender { address, name };
    // Whether a window is in force or not: there is nobody behind this front.
    let closed = match front.gate.admit_sender(channel, Purpose::Question, Some(sender)) {
        Err(closed) => closed,
        Ok(_) => front.gate.closed(),
    };
    let mut response = answer_before(Behind::Nobody, &closed, form, &head.headers, &front.profile);
    if !discarded.was_whole {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
