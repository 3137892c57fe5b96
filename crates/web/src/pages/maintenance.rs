//! Maintenance windows: the list, and what the pages about windows share.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use jiff::{SignedDuration, Timestamp};
use model::{Channel, MaintenanceWindow, Right, WallTime, WallTimeError};
use registry::{WINDOW_DAYS_MAXIMUM, WINDOW_TEXT_LENGTH_MAXIMUM};

use super::status::composer;
use crate::Web;
use crate::failures::Failure;
use crate::forms::Form;
use crate::languages::Language;
use crate::listings::{Cell, Listing, Table};
use crate::signed_in::SignedIn;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows", get(list))
}

/// What a window's state is called.
pub(crate) fn state_name(window: &MaintenanceWindow, signed_in: &SignedIn) -> &'static str {
    signed_in.language().text(&format!("window.state_{}", window.state_at(signed_in.now()).word()))
}

/// The doors that a window is about. There is no FHIR door yet.
pub(crate) fn doors() -> impl Iterator<Item = Channel> {
    Channel::DOORS.into_iter().filter(|channel| *channel != Channel::Fhir)
}

/// A time that a field holds, as the clocks of a zone show it; what is wrong with it the form is told, by the field's name.
pub(crate) fn read_time(
    language: Language,
    form: &mut Form,
    field: &str,
    label: &str,
    zone: &str,
) -> Option<(WallTime, Timestamp)> {
    let read = WallTime::parse(form.value(field)).and_then(|time| Ok((time, time.instant(zone)?)));
    let key = match read {
        Ok(read) => return Some(read),
        Err(WallTimeError::Unreadable(_)) => "window.time_missing",
        Err(WallTimeError::WrongWeekday { .. }) => "window.time_weekday",
        Err(WallTimeError::Twice { .. }) => "window.time_twice",
        Err(WallTimeError::Skipped { .. } | WallTimeError::NoSuchZone(_)) => "window.time_skipped",
    };
    form.refuse(field, language.fill(key, &[("field", language.text(label)), ("zone", zone)]));
    None
}

/// Tells the form when an end is not after its beginning, or too long after it.
pub(crate) fn require_order(
    form: &mut Form,
    language: Language,
    field: &str,
    starts: Option<Timestamp>,
    ends: Option<Timestamp>,
) {
    let Some(lasts) = starts.zip(ends).map(|(starts, ends)| ends.duration_since(starts)) else { return };
    if !lasts.is_positive() {
        form.refuse_with(language, field, "window.ends_wrong");
    }
    if lasts > SignedDuration::from_hours(24 * WINDOW_DAYS_MAXIMUM) {
        form.refuse(field, language.fill("window.too_long", &[("days", &WINDOW_DAYS_MAXIMUM.to_string())]));
    }
}

/// Tells the form when a field is not one line of as many letters as a text of a window may have.
pub(crate) fn check_line(form: &mut Form, language: Language, field: &str, label: &str) {
    let text = form.value(field).trim();
    if text.chars().count() > WINDOW_TEXT_LENGTH_MAXIMUM || text.contains(char::is_control) {
        let maximum = WINDOW_TEXT_LENGTH_MAXIMUM.to_string();
        form.refuse(
            field,
            language.fill("window.text_long", &[("field", language.text(label)), ("maximum", &maximum)]),
        );
    }
}

async fn list(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let registry = signed_in.registry().clone();
    registry.authorize_here(&signed_in.caller, Right::ReadMaintenance)?;
    let admitted = signed_in.admit()?;
    let reading = tokio::task::spawn_blocking(move || registry.windows(&admitted));
    let windows = reading.await??;
    let composer = composer(signed_in.registry(), language);
    let row = |window: &MaintenanceWindow| {
        vec![
            Cell::link(composer.times(window), format!("/maintenance-windows/{}", window.id))
                .with_note(window.id.number()),
            Cell::text(&window.reason),
            Cell::text(state_name(window, &signed_in)),
        ]
    };
    let (over, ahead): (Vec<&MaintenanceWindow>, Vec<&MaintenanceWindow>) =
        windows.iter().partition(|window| window.state.is_over());
    let table = |caption: &str, windows: Vec<&MaintenanceWindow>| Table {
        caption: language.text(caption).to_owned(),
        columns: ["times", "reason", "state"].map(|key| language.text(&format!("window.{key}")).to_owned()).into(),
        rows: windows.into_iter().map(row).collect(),
        empty: language.text("window.none").to_owned(),
    };
    let may_plan = signed_in.may(Right::PlanMaintenance);
    let ways = [("/maintenance-windows/new", "window.plan"), ("/maintenance-windows/now", "window.now")];
    let ways = ways.map(|(address, key)| (address.to_owned(), language.text(key).to_owned()));
    Listing {
        more: None,
        page: signed_in.page(language.text("ways.maintenance")),
        intro: language.text("window.intro").to_owned(),
        ways: if may_plan { ways.into() } else { Vec::new() },
        filter: None,
        tables: vec![table("window.ahead", ahead), table("window.over", over)],
    }
    .show()
}
