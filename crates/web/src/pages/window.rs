//! One maintenance window: where it stands, and which orders fit. They are given in `window_order.rs`.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use model::{Channel, ChannelModes, MaintenanceWindow, Right, WindowAction, WindowChange, WindowId, WindowState};
use registry::RegistryError;

use super::maintenance::{doors, state_name};
use super::status::composer;
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::Form;
use crate::layout::{Page, show_as};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "window.html")]
struct WindowView {
    page: Page,
    form: Form,
    id: String,
    facts: Vec<(&'static str, String)>,
    doors: Vec<(String, String)>,
    changes: Vec<(String, String, &'static str, String)>,
    orders: Vec<(&'static str, &'static str)>,
    may_extend: bool,
    may_move: bool,
    may_correct: bool,
    has_begun: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows/{id}", get(one))
}

pub(crate) fn find(signed_in: &SignedIn, id: &str) -> Result<MaintenanceWindow, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::ReadMaintenance)?;
    let id: WindowId = id.parse().map_err(|_| Failure::NotFound)?;
    signed_in.registry().window(&signed_in.admission, id).map_err(|error| match error {
        RegistryError::Refused(_) => Failure::NotFound,
        error => error.into(),
    })
}

async fn one(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let window = find(&signed_in, &id)?;
    let mut form = Form::default();
    form.set("starts", window.starts.to_string());
    form.set("move_ends", window.ends.to_string());
    window_page(&signed_in, &window, form, StatusCode::OK)
}

/// The orders that fit where a window stands, in the order of the buttons.
fn fitting(state: WindowState) -> &'static [&'static str] {
    match state {
        WindowState::Draft => &["announce", "cancel"],
        WindowState::Announced | WindowState::Imminent => &["start", "cancel"],
        WindowState::Active => &["verify", "complete"],
        WindowState::Verifying => &["complete"],
        WindowState::Completed | WindowState::Cancelled => &[],
    }
}

/// What each door does meanwhile, in words.
pub(crate) fn modes(signed_in: &SignedIn, modes: &ChannelModes) -> Vec<(String, String)> {
    let language = signed_in.language();
    let door = |channel: Channel| {
        let mode = modes.of(channel);
        let name = language.text(&format!("window.door_{}", channel.word())).to_owned();
        (name, language.text(&format!("window.mode_{}", mode.word())).to_owned())
    };
    doors().map(door).collect()
}

pub(crate) fn window_page(
    signed_in: &SignedIn,
    window: &MaintenanceWindow,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let composer = composer(signed_in.registry(), language);
    let mut page = signed_in.page(&composer.times(window));
    page.is_in_error = form.has_errors();
    let moment = |at: Option<_>| at.map(|at| dates::moment(signed_in.registry(), at, language)).unwrap_or_default();
    let facts = vec![
        ("window.state", state_name(window, signed_in).to_owned()),
        ("window.kind", language.text(&format!("window.kind_{}", window.kind.word())).to_owned()),
        ("window.reason", window.reason.clone()),
        ("window.performed_by", window.performed_by.clone()),
        ("window.owner", window.owner.clone()),
        ("window.lasts", composer.lasts(window)),
        ("window.began", moment(window.started_at)),
        ("window.ended", moment(window.ended_at)),
    ];
    let change = |(place, change): (usize, &WindowChange)| {
        let at = dates::moment(signed_in.registry(), change.at, language);
        let action = match change.action {
            WindowAction::Planned if place > 0 => language.text("window.action_corrected"),
            action => language.text(&format!("window.action_{}", action.word())),
        };
        (at, change.by.clone(), action, change.note.clone())
    };
    let state = window.state_at(signed_in.now());
    let may_plan = signed_in.may(Right::PlanMaintenance);
    let orders: &[&str] = if may_plan { fitting(state) } else { &[] };
    let is_ahead = matches!(state, WindowState::Announced | WindowState::Imminent);
    let view = WindowView {
        page,
        form,
        id: window.id.to_string(),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        doors: modes(signed_in, &window.modes),
        changes: window.changes.iter().enumerate().map(change).collect(),
        orders: orders.iter().map(|order| (*order, language.text(&format!("window.order_{order}")))).collect(),
        may_extend: may_plan && state.is_in_force(),
        may_move: may_plan && is_ahead,
        may_correct: may_plan && state == WindowState::Draft,
        has_begun: window.started_at.is_some() || state.is_in_force(),
    };
    Ok(show_as(status, &view))
}
