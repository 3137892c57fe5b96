//! What a closed door says over HTTP: 503, the sentence, and when to come back, in the language of whoever knocked.
//!
//! It needs neither database nor assets, reads the body of the request so that the sender sees the answer instead of a
//! connection reset, sets no cookie, and never makes a SOAP fault: integration engines keep a message on a 503, and
//! drop it on a fault.

mod bodies;
mod front;
mod glance;
mod page;
mod status;

use axum::body::Body;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, LINK, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use registry::{Closed, Profile};
use serde_json::json;

pub use bodies::{BODY_BYTES_MAXIMUM, Discarded, discard};
pub use front::{Front, front};
pub use glance::{Glance, glance};

/// Where the status of the registry stands, for people and programs.
const STATUS_LINK: &str = "</status>; rel=\"status\"";

/// Who is behind a door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Behind {
    /// The web application: pages that need no record are there while the door is closed.
    Pages,
    /// Nobody: a front.
    Nobody,
}

/// The language in which a door is told that it is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// A page for people.
    Page,
    /// A page for people whose form was not taken.
    SentForm,
    /// Plain text: the web service's clients, and whoever asks for nothing else.
    PlainText,
    /// FHIR's OperationOutcome.
    Fhir,
    /// `application/problem+json`, for other programs.
    Problem,
}

impl Form {
    /// The form that fits a request, by how and where it came and what it accepts. The pages alone have no web service
    /// beside them.
    pub fn of(method: &Method, path: &str, headers: &HeaderMap, web_service_path: Option<&str>) -> Form {
        match Form::by_what_it_accepts(path, headers, web_service_path) {
            Form::Page if method == Method::POST => Form::SentForm,
            form => form,
        }
    }

    fn by_what_it_accepts(path: &str, headers: &HeaderMap, web_service_path: Option<&str>) -> Form {
        if web_service_path == Some(path.strip_suffix('/').unwrap_or(path)) {
            return Form::PlainText;
        }
        if path == "/fhir" || path.starts_with("/fhir/") {
            return Form::Fhir;
        }
        let accepts = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        let content = headers.get(CONTENT_TYPE).and_then(|content| content.to_str().ok()).unwrap_or_default();
        if accepts.contains("fhir+") || content.contains("fhir+") {
            Form::Fhir
        } else if accepts.contains("html") {
            Form::Page
        } else if accepts.contains("json") || content.contains("json") {
            Form::Problem
        } else if content.contains("xml") || accepts.contains("text/plain") {
            Form::PlainText
        } else {
            Form::Page
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Form::Page | Form::SentForm => "text/html; charset=utf-8",
            Form::PlainText => "text/plain; charset=utf-8",
            Form::Fhir => "application/fhir+json; charset=utf-8",
            Form::Problem => "application/problem+json",
        }
    }
}

/// The answer of a closed door.
pub fn answer(closed: &Closed, form: Form, headers: &HeaderMap, profile: &Profile) -> Response<Body> {
    answer_before(Behind::Pages, closed, form, headers, profile)
}

/// The same, by who is behind the door.
pub(crate) fn answer_before(
    behind: Behind,
    closed: &Closed,
    form: Form,
    headers: &HeaderMap,
    profile: &Profile,
) -> Response<Body> {
    let body = match form {
        Form::Page | Form::SentForm => page::page(closed, headers, profile, form, behind),
        Form::PlainText => closed.sentence.clone(),
        Form::Fhir => outcome(closed),
        Form::Problem => problem(closed, profile),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from(closed.retry_after_seconds));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(form.content_type()));
    headers.insert(LINK, HeaderValue::from_static(STATUS_LINK));
    if matches!(form, Form::Page | Form::SentForm) {
        headers.insert("content-security-policy", HeaderValue::from_static(page::POLICY));
        headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    }
    response
}

/// FHIR R4, OperationOutcome, IssueType `transient`: "the system is unavailable for the moment".
fn outcome(closed: &Closed) -> String {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "transient", "diagnostics": closed.sentence}],
    })
    .to_string()
}

/// RFC 9457.
fn problem(closed: &Closed, profile: &Profile) -> String {
    json!({
        "type": "about:blank",
        "title": profile.closed_door.heading,
        "status": 503,
        "detail": closed.sentence,
        "retry_after_seconds": closed.retry_after_seconds,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use registry::ClosedFor;

    use super::*;

    fn closed() -> Closed {
        let sentence = "Please try again later.".to_owned();
        Closed { sentence, retry_after_seconds: 77, until: None, why: ClosedFor::Maintenance }
    }

    fn profile() -> Profile {
        Profile::parse(include_str!("../../../profiles/texas.toml")).expect("the profile is good")
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn everybody_is_answered_in_their_own_language() {
        let cases = [
            ("/webservice", ("accept", "text/html"), Form::PlainText),
            ("/webservice/", ("accept", "text/html"), Form::PlainText),
            ("/fhir/Patient", ("accept", "*/*"), Form::Fhir),
            ("/find", ("accept", "text/html,application/xhtml+xml"), Form::Page),
            ("/find", ("accept", "application/json"), Form::Problem),
            ("/elsewhere", ("content-type", "application/soap+xml"), Form::PlainText),
            ("/elsewhere", ("content-type", "application/fhir+json"), Form::Fhir),
            ("/", ("accept", "*/*"), Form::Page),
        ];
        for (path, header, form) in cases {
            assert_eq!(
                Form::of(&Method::GET, path, &headers(&[header]), Some("/webservice")),
                form,
                "{path} {header:?}"
            );
            let sent = Form::of(&Method::POST, path, &headers(&[header]), Some("/webservice"));
            assert_eq!(sent == Form::SentForm, form == Form::Page, "{path} {header:?}");
        }
        assert_eq!(Form::of(&Method::GET, "/", &HeaderMap::new(), None), Form::Page, "where there is no web service");
    }

    #[tokio::test]
    async fn every_form_says_the_sentence_and_when_to_come_back() {
        for form in [Form::Page, Form::SentForm, Form::PlainText, Form::Fhir, Form::Problem] {
            let response = answer(&closed(), form, &HeaderMap::new(), &profile());
            assert_eq!(response.status(), 503);
            let header =
                |name: &str| response.headers().get(name).map(|value| value.to_str().expect("text").to_owned());
            assert_eq!(header("retry-after").as_deref(), Some("77"));
            assert_eq!(header("cache-control").as_deref(), Some("no-store"));
            assert_eq!(header("link").as_deref(), Some("</status>; rel=\"status\""));
            assert_eq!(header("set-cookie"), None);
            let body = axum::body::to_bytes(response.into_body(), 100_000).await.expect("a body");
            let text = String::from_utf8_lossy(&body);
            assert!(text.contains("Please try again later."), "{text}");
            assert!(!text.contains("Fault"));
        }
    }

    #[test]
    fn a_spanish_reader_reads_spanish_first() {
        let spanish = page::page(
            &closed(),
            &headers(&[("accept-language", "es-MX,es;q=0.9,en;q=0.5")]),
            &profile(),
            Form::Page,
            Behind::Pages,
        );
        let english =
            page::page(&closed(), &headers(&[("accept-language", "en-US")]), &profile(), Form::Page, Behind::Pages);
        let (es, en) = ("Servicio no disponible</h1>", "Service Unavailable</h1>");
        assert!(spanish.contains(es) && english.contains(en));
        assert!(spanish.find(es) < spanish.find(en) && english.find(en) < english.find(es));
        assert!(spanish.contains("<html lang=\"es\">") && english.contains("<html lang=\"en\">"));
    }
}
