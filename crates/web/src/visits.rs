//! What every request goes through: who visits, in which language, by which way; what is refused at once; and what
//! every answer carries.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use closed::Form;
use jiff::Timestamp;
use jiff::civil::Date;
use model::{Caller, Channel, MessageId, Mode, Receipt};
use registry::{Admission, Pass, SessionError, SessionToken, SignedIn};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::failures::Failure;
use crate::languages::Language;
use crate::pages::pass::PASS;
use crate::pages::register::REGISTRATION_COOKIE;
use crate::{Web, access, addresses, cookies};

/// The cookie of somebody who has not signed in: random, and what their forms are tied to.
const VISIT_COOKIE: &str = "visit";
/// The cookie of somebody who has signed in, or is about to.
pub(crate) const SESSION_COOKIE: &str = "session";
/// The cookie of somebody who was let in through the closed door: without it nobody's session is looked up there, so
/// that whoever knocks costs nearly nothing. It opens nothing by itself.
pub(crate) const PASS_COOKIE: &str = "pass";
/// Where people may send something while the door is read-only: it changes no record, or is about the window itself.
const OPEN_WHILE_READ_ONLY: [&str; 12] = [
    "/sign-in",
    "/sign-out",
    "/session",
    "/account/organization",
    "/account/sessions",
    "/language",
    "/subscription/end",
    "/find",
    "/audit",
    "/workbench",
    "/maintenance-windows",
    "/pass",
];
/// The cookie of a chosen language.
pub(crate) const LANGUAGE_COOKIE: &str = "language";
/// Everything comes from here; no script stands in a page; nobody frames a page.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const SECURITY_HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// One request's visitor.
#[derive(Clone)]
pub(crate) struct Visitor {
    inner: Arc<Inner>,
}

struct Inner {
    web: Web,
    language: Language,
    path: String,
    /// The path of the page that can be asked for here: of a path that forms alone are sent to, that of a page above it.
    page_path: String,
    query: String,
    address: String,
    /// Whether a form was sent.
    is_order: bool,
    /// Further cookies that pages ask for.
    cookies: Vec<(&'static str, String)>,
    source: IpAddr,
    /// The host by which the browser reached us.
    host: String,
    is_secure: bool,
    /// What forms are tied to until somebody signs in: the visit cookie's value.
    secret: String,
    is_new: bool,
    session: Option<(SignedIn, SessionToken)>,
    /// A session was shown of which nobody can say whether it holds: the door is closed, or the database away.
    is_session_unread: bool,
    /// The leave to pass the closed door.
    pass: Option<Pass>,
}

/// Answers, and notes how long that took; a closed door takes no time worth noting.
pub(crate) async fn receive(State(web): State<Web>, request: Request, next: Next) -> Response {
    let (gate, started) = (web.registry.gate().clone(), Instant::now());
    let response = answer(web, request, next).await;
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        let took = started.elapsed();
        gate.note_answer(Channel::Web, took);
        metrics::histogram!("bluebonnet_web_page_seconds").record(took.as_secs_f64());
    }
    response
}

/// Finds out who visits, lets the page answer, and dresses the answer.
async fn answer(web: Web, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::of(web, &parts).await;
    if visitor.is_order() && is_foreign(&parts.headers) {
        return visitor.finish(visitor.failure_page(Failure::FormExpired));
    }
    if visitor.would_change_what_is_read_only() {
        let closed = visitor.web().registry.gate().closed_to_changes(Channel::Web, None);
        closed::discard(body).await;
        return closed::answer(
            &closed,
            Form::of(&parts.method, visitor.path(), &parts.headers, None),
            &parts.headers,
            visitor.web().registry.profile(),
        );
    }
    parts.extensions.insert(visitor.clone());
    let (method, asked) = (parts.method.clone(), parts.headers.clone());
    let mut response = next.run(Request::from_parts(parts, body)).await;
    match response.extensions_mut().remove::<Failure>().map(|failure| visitor.at_the_door(failure)) {
        None => visitor.finish(response),
        // Said as at every door, with nothing of a page: no cookie is set, no session ends.
        Some(Failure::Closed(closed)) => {
            let form = Form::of(&method, visitor.path(), &asked, None);
            closed::answer(&closed, form, &asked, visitor.web().registry.profile())
        }
        Some(failure) => visitor.finish(visitor.failure_page(failure)),
    }
}

/// Whether a browser says that another site's page sent this.
fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

impl Visitor {
    async fn of(web: Web, request: &Parts) -> Visitor {
        let is_secure = addresses::is_secure(request, web.settings.is_behind_proxy);
        let chosen = cookies::read(request, LANGUAGE_COOKIE, is_secure).and_then(|tag| Language::parse(&tag));
        let accepted = || Language::accepted(request.headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?);
        let visit = cookies::read(request, VISIT_COOKIE, is_secure).filter(|value| value.len() == SECRET_LETTERS);
        let shows_pass = cookies::read(request, PASS_COOKIE, is_secure).is_some();
        let cookie = cookies::read(request, SESSION_COOKIE, is_secure);
        let resumed = resumed(&web, request.uri.path(), cookie, shows_pass).await;
        let is_session_unread = resumed.is_err();
        let (session, pass) = resumed.unwrap_or_default().unzip();
        let pass = pass.flatten();
        let inner = Inner {
            language: chosen.or_else(accepted).unwrap_or(Language::English),
            path: request.uri.path().to_owned(),
            page_path: page_path_of(request),
            query: request.uri.query().unwrap_or_default().to_owned(),
            address: address_of(request),
            is_order: !matches!(request.method, Method::GET | Method::HEAD),
            cookies: cookies::read(request, REGISTRATION_COOKIE, is_secure)
                .map(|value| (REGISTRATION_COOKIE, value))
                .into_iter()
                .collect(),
            source: addresses::client(request, web.settings.is_behind_proxy),
            host: host_of(request),
            is_secure,
            is_new: visit.is_none(),
            secret: visit.unwrap_or_else(random_secret),
            session,
            is_session_unread,
            pass,
            web,
        };
        Visitor { inner: Arc::new(inner) }
    }

    /// The application.
    pub(crate) fn web(&self) -> &Web {
        &self.inner.web
    }

    /// The language to answer in.
    pub(crate) fn language(&self) -> Language {
        self.inner.language
    }

    /// The path that was asked for.
    pub(crate) fn path(&self) -> &str {
        &self.inner.path
    }

    /// The address to come back to, in another language say: itself with its query, or where that is no page, the path of a page
    /// above it. It holds nothing that the address did not hold: what was sent in a form is not in it.
    pub(crate) fn page_address(&self) -> String {
        let Inner { path, page_path, query, .. } = &*self.inner;
        if query.is_empty() || page_path != path { page_path.clone() } else { format!("{page_path}?{query}") }
    }

    /// The path and query of the page to come back to: this one, or the one whose form was sent.
    pub(crate) fn address(&self) -> String {
        self.inner.address.clone()
    }

    /// Whether a form was sent, which may order something.
    pub(crate) fn is_order(&self) -> bool {
        self.inner.is_order
    }

    /// Where the request came from.
    pub(crate) fn source(&self) -> IpAddr {
        self.inner.source
    }

    /// The host, and port, by which the browser reached us; it may say anything.
    pub(crate) fn host(&self) -> &str {
        &self.inner.host
    }

    /// Whether the request came over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.inner.is_secure
    }

    /// What every form of this visitor carries. Another site cannot know it, as it cannot read the cookie; and who
    /// reads it in a page cannot make the cookie of it.
    pub(crate) fn form_token(&self) -> String {
        match &self.inner.session {
            Some((_, token)) => hexadecimal(&token.derive("form token")),
            None => hexadecimal(&Sha256::digest(format!("form token of {}", self.inner.secret))),
        }
    }

    /// The session, also while it waits for its second factor; and its token.
    pub(crate) fn session(&self) -> Option<(&SignedIn, &SessionToken)> {
        self.inner.session.as_ref().map(|(signed_in, token)| (signed_in, token))
    }

    /// Whether a session was shown that could not be looked up: it may hold all the same.
    pub(crate) fn is_session_unread(&self) -> bool {
        self.inner.is_session_unread
    }

    /// Who is asking, after the second factor.
    pub(crate) fn caller(&self) -> Option<Caller> {
        self.inner.session.as_ref().and_then(|(signed_in, _)| signed_in.caller())
    }

    /// The name of who signed in.
    pub(crate) fn account_name(&self) -> String {
        let name = self.inner.session.as_ref().map(|(signed_in, _)| &signed_in.account);
        name.map_or_else(String::new, |account| match account.full_name.as_str() {
            "" => account.username.clone(),
            name => name.to_owned(),
        })
    }

    /// A value of the address's query; empty when there is none. Never anything that belongs to a person.
    pub(crate) fn parameter(&self, name: &str) -> String {
        self.parameters(name).into_iter().next().unwrap_or_default()
    }

    /// All values of a parameter of the address's query.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        let pairs = form_urlencoded::parse(self.inner.query.as_bytes());
        pairs.filter(|(known, _)| known == name).map(|(_, value)| value.into_owned()).collect()
    }

    /// The registry's calendar day.
    pub(crate) fn today(&self) -> Date {
        self.receipt().today
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.receipt().received_at
    }

    /// A new id.
    pub(crate) fn new_id(&self) -> Uuid {
        self.receipt().message_id.0
    }

    /// The value of another cookie of ours.
    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.inner.cookies.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// The right to call the registry once.
    pub(crate) fn admit(&self) -> Result<Admission, Failure> {
        let gate = self.web().registry.gate();
        let admitted = match &self.inner.pass {
            Some(pass) => gate.admit_with_pass(Channel::Web, pass),
            None => gate.admit(Channel::Web),
        };
        admitted.map_err(Failure::Closed)
    }

    /// Until when the visitor may be inside while the door is closed.
    pub(crate) fn is_inside_until(&self) -> Option<Timestamp> {
        self.inner.pass.as_ref().map(|pass| pass.expires_at)
    }

    /// Whether a request sends something while the door is read-only. People may sign in and out, ask, and order
    /// the end of the window.
    fn would_change_what_is_read_only(&self) -> bool {
        self.is_order()
            && self.web().registry.gate().mode(Channel::Web) == Mode::ReadOnly
            && !OPEN_WHILE_READ_ONLY.iter().any(|path| {
                let rest = self.path().strip_prefix(path);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }

    /// What somebody is told who is to sign in, or asked for what is not there: at a closed door that it is closed.
    fn at_the_door(&self, failure: Failure) -> Failure {
        match failure {
            Failure::NotSignedIn | Failure::NotFound | Failure::NoRecord => self.admit().err().unwrap_or(failure),
            other => other,
        }
    }

    /// A receipt for what is asked or said now.
    pub(crate) fn receipt(&self) -> Receipt {
        #[expect(clippy::disallowed_methods, reason = "the door reads the clock and makes the receipt id")]
        let (received_at, id) = (Timestamp::now(), Uuid::now_v7());
        let today = self.web().registry.today(received_at);
        Receipt { message_id: MessageId(id), received_at, today, channel: Channel::Web, file: None, run: 1 }
    }

    /// Puts on what every answer carries.
    fn finish(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        for (name, value) in SECURITY_HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.is_secure() {
            headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
        }
        // A page that anybody may keep says so itself; nothing else is kept anywhere.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if self.inner.is_new {
            let line = cookies::line(VISIT_COOKIE, &self.inner.secret, cookies::Lifetime::Visit, self.is_secure());
            headers.append(header::SET_COOKIE, line);
        }
        response
    }
}

fn host_of(request: &Parts) -> String {
    let host = request.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.unwrap_or_default().to_owned()
}

/// The path of the page that can be asked for at, or above, the path of a request.
fn page_path_of(request: &Parts) -> String {
    let matched = request.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    access::page_path(request.uri.path(), matched)
}

/// The path and query that were asked for; of a form that was sent, those of the page that it stood in. A page that only
/// answers a form cannot be asked for: of a form that stood in one, the path of a page above it.
fn address_of(request: &Parts) -> String {
    let path_and_query = |uri: &axum::http::Uri| uri.path_and_query().map(|part| part.as_str().to_owned());
    if request.method == Method::GET {
        return path_and_query(&request.uri).unwrap_or_default();
    }
    let referer = request.headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
    let referer: Option<axum::http::Uri> = referer.and_then(|referer| referer.parse().ok());
    let Some(referer) = referer else { return String::new() };
    match access::page_path(referer.path(), access::route_of(referer.path())) {
        page if page == referer.path() => path_and_query(&referer).unwrap_or_default(),
        page => page,
    }
}

/// A session could not be looked up.
struct Unread;

/// The session of a cookie, if it holds, and the pass of its owner while the door is closed. Whether it holds cannot be
/// known while the database is away; and behind the closed door it is asked only for who shows a pass, or is about to.
async fn resumed(
    web: &Web,
    path: &str,
    cookie: Option<String>,
    shows_pass: bool,
) -> Result<Option<((SignedIn, SessionToken), Option<Pass>)>, Unread> {
    let Some(token) = cookie.and_then(|cookie| cookie.parse::<SessionToken>().ok()) else { return Ok(None) };
    let (registry, gate) = (&web.registry, web.registry.gate());
    let is_passing = path == PASS || path.starts_with("/pass/");
    let (admission, is_closed) = match gate.admit(Channel::Web) {
        Ok(admission) => (admission, false),
        Err(_) if shows_pass || is_passing => (gate.admit_to_show_pass(Channel::Web).map_err(|_| Unread)?, true),
        Err(_) => return Err(Unread),
    };
    #[expect(clippy::disallowed_methods, reason = "the door reads the clock")]
    let at = Timestamp::now();
    let signed_in = match path {
        crate::pages::sessions::ASKED_AT => registry.peek_session(&admission, &token, at).await,
        _ => registry.resume_session(&admission, &token, at).await,
    };
    let signed_in = match signed_in {
        Ok(signed_in) => signed_in,
        Err(SessionError::Failed(_)) => return Err(Unread),
        Err(_) => return Ok(None),
    };
    let pass = match is_closed {
        true => registry.pass_of(&admission, &signed_in, at).await.ok().flatten(),
        false => None,
    };
    Ok(Some(((signed_in, token), pass)))
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Visitor, Failure> {
        Ok(parts.extensions.get::<Visitor>().cloned().expect("every page stands behind `receive`"))
    }
}

/// Letters of a secret: 32 random bytes.
const SECRET_LETTERS: usize = 64;

/// A value that nobody can guess.
pub(crate) fn random_secret() -> String {
    let mut bytes = [0_u8; SECRET_LETTERS / 2];
    rand::fill(&mut bytes[..]);
    hexadecimal(&bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
