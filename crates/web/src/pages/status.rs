//! The public status page, and the same facts as JSON, Atom and iCalendar. Nobody signs in for them, no window closes
//! them, and while the database is away they say what the gate knows.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::Timestamp;
use model::{Channel, MaintenanceWindow};
use registry::Registry;
use registry::notices::{self, Board, BoardWindow, Composer};

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::languages::Language;
use crate::layout::{Banner, Page, show};
use crate::visits::Visitor;

/// How long a feed may be kept: changes are seen within a minute.
const FEED_CACHE: &str = "public, max-age=60";

#[derive(Template)]
#[template(path = "status.html")]
struct StatusView {
    page: Page,
    doors: Vec<(&'static str, &'static str)>,
    sections: Vec<Section>,
    may_subscribe: bool,
}

/// Windows under one heading.
struct Section {
    heading: &'static str,
    windows: Vec<WindowView>,
}

/// A window, ready to show.
struct WindowView {
    id: String,
    times: String,
    reason: String,
    performed_by: String,
    state: &'static str,
    is_emergency: bool,
    is_overdue: bool,
    /// When it begins, or when it is expected to end; empty when that has passed.
    countdown: String,
    /// The instant for machines, for people, and what happened.
    updates: Vec<(String, String, &'static str)>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/status", get(page))
        .route("/status.json", get(json))
        .route("/status.atom", get(atom))
        .route("/status.ics", get(calendar))
}

async fn page(visitor: Visitor) -> Result<Response, Failure> {
    let language = visitor.language();
    let (board, _) = board(visitor.web(), language).await?;
    let view = |windows: &[BoardWindow]| {
        windows.iter().map(|window| window_view(visitor.web(), window, language)).collect::<Vec<_>>()
    };
    // The board counts with FHIR, too; a door that is not there yet is not shown to people as open.
    let doors = board.doors.iter().filter(|door| door.channel != Channel::Fhir.word());
    show(&StatusView {
        may_subscribe: visitor.web().settings.public_url.is_some(),
        page: visitor.page(language.text("status.title")),
        doors: doors.map(|door| (word(language, "door", door.channel), word(language, "mode", door.mode))).collect(),
        sections: vec![
            Section { heading: language.text("status.current"), windows: view(&board.current) },
            Section { heading: language.text("status.upcoming"), windows: view(&board.upcoming) },
            Section { heading: language.text("status.past"), windows: view(&board.past) },
        ],
    })
}

async fn json(State(web): State<Web>) -> Result<Response, Failure> {
    let (board, _) = board(&web, Language::English).await?;
    Ok(feed("application/json", board.json()))
}

async fn atom(State(web): State<Web>, visitor: Visitor) -> Result<Response, Failure> {
    let (board, windows) = board(&web, visitor.language()).await?;
    let composer = web.registry.composer(of_notices(visitor.language()), web.settings.public_url.as_deref());
    let url = web.settings.public_url.as_deref().unwrap_or_default();
    Ok(feed("application/atom+xml", notices::atom_feed(&board, &windows, &composer, url)))
}

async fn calendar(State(web): State<Web>, visitor: Visitor) -> Result<Response, Failure> {
    let (_, windows) = board(&web, visitor.language()).await?;
    let composer = web.registry.composer(of_notices(visitor.language()), web.settings.public_url.as_deref());
    let url = web.settings.public_url.as_deref().unwrap_or_default();
    let name = &web.registry.profile().registry.short_name;
    Ok(feed("text/calendar; charset=utf-8", notices::calendar(&windows, &composer, name, url)))
}

fn feed(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, FEED_CACHE)], text).into_response()
}

/// The board, and the windows that it is made of.
async fn board(web: &Web, language: Language) -> Result<(Board, Vec<MaintenanceWindow>), Failure> {
    let registry = web.registry.clone();
    let now = now(web);
    Ok(tokio::task::spawn_blocking(move || {
        let windows = registry.public_windows();
        (registry.board(&windows, of_notices(language), now), windows)
    })
    .await?)
}

/// What stands on top of every page: a window under way or near, by what the gate knows, without the database.
pub(crate) fn banner(web: &Web, language: Language) -> Option<Banner> {
    let windows = web.registry.gate().windows();
    if windows.is_empty() {
        return None;
    }
    let now = now(web);
    let banner = web.registry.board(&windows, of_notices(language), now).banner()?;
    let key = match (banner.has_begun, banner.counts_to) {
        (false, _) => "status.banner_ahead",
        (true, Some(_)) => "status.banner_within",
        (true, None) => "status.banner_overdue",
    };
    let minutes = banner.counts_to.map_or(0, |at| (at.as_second() - now.as_second()).max(0) / 60);
    let countdown = match (minutes / (24 * 60), minutes / 60, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {} h", hours % 24),
    };
    Some(Banner {
        heading: language.text("status.banner").to_owned(),
        text: language.fill(key, &[("times", &banner.window.times), ("countdown", &countdown)]),
        link: Some(("/status".to_owned(), language.text("status.title").to_owned())),
    })
}

/// The time by the gate's clock, by which windows begin.
pub(crate) fn now(web: &Web) -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the door reads the clock where the gate has none")]
    web.registry.gate().now().unwrap_or_else(Timestamp::now)
}

/// The language as notices know it.
pub(crate) fn of_notices(language: Language) -> notices::Language {
    match language {
        Language::English => notices::Language::English,
        Language::Spanish => notices::Language::Spanish,
    }
}

/// What says times and durations of windows as notices do, in the visitor's language.
pub(crate) fn composer(registry: &Registry, language: Language) -> Composer {
    registry.composer(of_notices(language), None)
}

fn window_view(web: &Web, window: &BoardWindow, language: Language) -> WindowView {
    let moment = |at| dates::moment(&web.registry, at, language);
    let updates = window.updates.iter();
    let updates =
        updates.map(|update| (update.at.to_string(), moment(update.at), word(language, "update", update.action)));
    let key = if matches!(window.state, "active" | "verifying") { "status.ends_in" } else { "status.begins_in" };
    let countdown = match window.time_left.as_str() {
        "" => String::new(),
        time_left => language.fill(key, &[("time_left", time_left)]),
    };
    WindowView {
        id: window.id.clone(),
        times: window.times.clone(),
        reason: window.reason.clone(),
        performed_by: window.performed_by.clone(),
        state: word(language, "state", window.state),
        is_emergency: window.is_emergency(),
        is_overdue: window.is_overdue,
        countdown,
        updates: updates.collect(),
    }
}

/// The catalog's word for a word of the record; the word itself would tell nobody more.
fn word(language: Language, kind: &str, word: &str) -> &'static str {
    language.find_text(&format!("status.{kind}_{word}")).unwrap_or_default()
}
