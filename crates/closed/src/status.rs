//! The status of the registry at a front that has no database: what the gate knows, as a page and for programs.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Response};
use model::{Channel, Mode};
use registry::notices::{self, Board, BoardWindow, Language};

use crate::front::Front;
use crate::page::{self, escaped, prefers_spanish};

/// How long a feed may be kept: changes are seen within a minute.
const FEED_CACHE: &str = "public, max-age=60";

/// The words of the page, English and Spanish.
const WORDS: [(&str, &str, &str); 16] = [
    ("status", "Status", "Estado"),
    (
        "closed",
        "The web application and the web service are closed at present.",
        "La aplicación web y el servicio web están cerrados por el momento.",
    ),
    (
        "files_kept",
        "Files are taken and kept; they are processed afterwards.",
        "Los archivos se reciben y se guardan; se procesan después.",
    ),
    ("files_refused", "Files are not taken, either.", "Tampoco se reciben archivos."),
    ("announced", "announced", "anunciada"),
    ("imminent", "begins soon", "comienza pronto"),
    ("active", "under way", "en curso"),
    ("verifying", "being checked", "en comprobación"),
    ("completed", "over", "terminada"),
    ("cancelled", "cancelled", "cancelada"),
    ("begins_in", "It begins in", "Comienza en"),
    ("ends_in", "It is planned to end in", "Debe terminar en"),
    ("overdue", "It takes longer than planned.", "Tarda más de lo previsto."),
    ("emergency", "Emergency", "Emergencia"),
    ("calendar", "Calendar", "Calendario"),
    ("feed", "Feed", "Canal"),
];

pub(crate) async fn show(State(front): State<Front>, headers: HeaderMap) -> Response<Body> {
    let language = language(&headers);
    let Some(board) = board(&front, language) else { return front.closed(&headers) };
    let word = |key| word(language, key);
    let shown: Vec<&BoardWindow> =
        board.current.iter().chain(&board.upcoming).chain(board.past.iter().take(3)).collect();
    let mut body = format!("<h1>{}</h1>\n", word("status"));
    body.push_str(&format!("<p><strong>{}</strong> {}</p>\n", word("closed"), word(of_files(&board))));
    shown.iter().for_each(|window| body.push_str(&section(window, language)));
    body.push_str(&format!(
        "<footer><p><a href=\"/status.ics\">{}</a> · <a href=\"/status.atom\">{}</a> · <a href=\"/status.json\">JSON</a></p></footer>\n",
        word("calendar"),
        word("feed"),
    ));
    let title = format!("{} – {}", word("status"), front.profile.registry.short_name);
    let mut response = answer("text/html; charset=utf-8", "no-store", page::document(language.tag(), &title, &body));
    response.headers_mut().insert("content-security-policy", HeaderValue::from_static(page::POLICY));
    response
}

pub(crate) async fn json(State(front): State<Front>, headers: HeaderMap) -> Response<Body> {
    match board(&front, Language::English) {
        Some(board) => answer("application/json", FEED_CACHE, board.json()),
        None => front.closed(&headers),
    }
}

pub(crate) async fn atom(State(front): State<Front>, headers: HeaderMap) -> Response<Body> {
    let language = language(&headers);
    let Some(board) = board(&front, language) else { return front.closed(&headers) };
    let (url, windows) = (front.public_url.as_deref(), front.gate.windows());
    let composer = front.profile.composer(language, url);
    let text = notices::atom_feed(&board, &windows, &composer, url.unwrap_or_default());
    answer("application/atom+xml", FEED_CACHE, text)
}

pub(crate) async fn calendar(State(front): State<Front>, headers: HeaderMap) -> Response<Body> {
    let url = front.public_url.as_deref();
    let composer = front.profile.composer(language(&headers), url);
    let name = &front.profile.registry.short_name;
    let text = notices::calendar(&front.gate.windows(), &composer, name, url.unwrap_or_default());
    answer("text/calendar; charset=utf-8", FEED_CACHE, text)
}

/// The board as the gate knows it; `None` at a gate without a clock.
fn board(front: &Front, language: Language) -> Option<Board> {
    let now = front.gate.now()?;
    let composer = front.profile.composer(language, None);
    Some(Board::new(&front.profile.registry.name, &front.gate.windows(), &composer, now).at_least(&front.modes))
}

/// Which sentence tells of files.
fn of_files(board: &Board) -> &'static str {
    let mut doors = board.doors.iter();
    let refuses = doors.any(|door| door.channel == Channel::File.word() && door.mode == Mode::Closed.word());
    if refuses { "files_refused" } else { "files_kept" }
}

fn section(window: &BoardWindow, language: Language) -> String {
    let word = |key| word(language, key);
    let has_begun = matches!(window.state, "active" | "verifying");
    let left = match window.time_left.as_str() {
        _ if window.is_overdue => word("overdue").to_owned(),
        "" => String::new(),
        left => format!("{} {left}.", word(if has_begun { "ends_in" } else { "begins_in" })),
    };
    let emergency = if window.is_emergency() { format!("{}: ", word("emergency")) } else { String::new() };
    format!(
        "<section id=\"{id}\">\n<h1>{times}</h1>\n<p>{emergency}{reason}. {by}. <strong>{state}</strong>. {left}</p>\n</section>\n",
        id = escaped(&window.id),
        times = escaped(&window.times),
        reason = escaped(&window.reason),
        by = escaped(&window.performed_by),
        state = word(window.state),
    )
}

fn language(headers: &HeaderMap) -> Language {
    if prefers_spanish(headers) { Language::Spanish } else { Language::English }
}

fn word(language: Language, key: &str) -> &'static str {
    let found = WORDS.iter().find(|(known, ..)| *known == key);
    found.map_or("", |(_, english, spanish)| if language == Language::Spanish { spanish } else { english })
}

fn answer(kind: &'static str, cache: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}
