//! One maintenance window: where it stands, and the orders about it.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{Channel, MaintenanceWindow, Right, WindowId, WindowState};
use registry::{RegistryError, WindowOrder};

use super::maintenance::{doors, read_time, require_order, state_name};
use super::status::composer;
use crate::Web;
use crate::cookies::{self, Lifetime};
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show, show_as};
use crate::signed_in::SignedIn;
use crate::visits::PASS_COOKIE;

/// Orders that cannot be taken back: they are asked for once more, with what they do.
const CONFIRMED: [&str; 2] = ["start", "cancel"];

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
    has_begun: bool,
}

#[derive(Template)]
#[template(path = "window_order.html")]
struct OrderView {
    page: Page,
    id: String,
    order: String,
    note: String,
    what: String,
    doors: Vec<(String, String)>,
    button: &'static str,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows/{id}", get(one)).route("/maintenance-windows/{id}/order", post(order))
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
fn modes(signed_in: &SignedIn, window: &MaintenanceWindow) -> Vec<(String, String)> {
    let language = signed_in.language();
    let door = |channel: Channel| {
        let mode = window.modes.of(channel);
        let name = language.text(&format!("window.door_{}", channel.word())).to_owned();
        (name, language.text(&format!("window.mode_{}", mode.word())).to_owned())
    };
    doors().map(door).collect()
}

fn window_page(
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
    let change = |change: &model::WindowChange| {
        let at = dates::moment(signed_in.registry(), change.at, language);
        let action = language.text(&format!("window.action_{}", change.action.word()));
        (at, change.by.clone(), action, change.note.clone())
    };
    let state = window.state_at(signed_in.now());
    let may_plan = signed_in.may(Right::PlanMaintenance);
    let orders: &[&str] = if may_plan { fitting(state) } else { &[] };
    let is_ahead = matches!(state, WindowState::Draft | WindowState::Announced | WindowState::Imminent);
    let view = WindowView {
        page,
        form,
        id: window.id.to_string(),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        doors: modes(signed_in, window),
        changes: window.changes.iter().map(change).collect(),
        orders: orders.iter().map(|order| (*order, language.text(&format!("window.order_{order}")))).collect(),
        may_extend: may_plan && state.is_in_force(),
        may_move: may_plan && is_ahead,
        has_begun: window.started_at.is_some() || state.is_in_force(),
    };
    Ok(show_as(status, &view))
}

async fn order(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let window = find(&signed_in, &id)?;
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    let word = posted.text("order");
    let (order, note) = match word {
        "announce" => (Some(WindowOrder::Announce), "note"),
        "start" => (Some(WindowOrder::Start), "note"),
        "verify" => (Some(WindowOrder::Verify), "note"),
        "complete" => (Some(WindowOrder::Complete), "note"),
        "cancel" => (Some(WindowOrder::Cancel), "note"),
        "extend" => {
            let ends = read_time(&signed_in, &mut form, "ends", "window.new_end");
            (ends.map(|ends| WindowOrder::Extend { ends }), "extend_note")
        }
        "move" => {
            let starts = read_time(&signed_in, &mut form, "starts", "window.starts");
            let ends = read_time(&signed_in, &mut form, "move_ends", "window.ends");
            require_order(&mut form, signed_in.language(), "move_ends", starts, ends);
            (starts.zip(ends).map(|(starts, ends)| WindowOrder::Reschedule { starts, ends }), "move_note")
        }
        _ => return Err(Failure::FormUnreadable),
    };
    let Some(order) = order.filter(|_| !form.has_errors()) else {
        return window_page(&signed_in, &window, form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let fits = fitting(window.state_at(signed_in.now())).contains(&word);
    if fits && CONFIRMED.contains(&word) && !posted.has("confirmed") {
        return ask_again(&signed_in, &window, word, posted.text(note));
    }
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    match registry.order_window(admission, &signed_in.caller, now, window.id, order, posted.text(note)).await {
        Ok(_) => Ok(ordered(&signed_in, &window, word).await),
        Err(RegistryError::Refused(reason)) => {
            form.refuse(note, reason);
            window_page(&signed_in, &window, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

/// Says what an order does before it is carried out.
fn ask_again(signed_in: &SignedIn, window: &MaintenanceWindow, word: &str, note: &str) -> Result<Response, Failure> {
    let language = signed_in.language();
    let ends = dates::moment(signed_in.registry(), window.ends_at, language);
    let values = [("times", composer(signed_in.registry(), language).times(window)), ("end", ends)];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    show(&OrderView {
        page: signed_in.page(language.text(&format!("window.confirm_{word}"))),
        id: window.id.to_string(),
        order: word.to_owned(),
        note: note.to_owned(),
        what: language.fill(&format!("window.confirm_{word}_what"), &values),
        doors: if word == "start" { modes(signed_in, window) } else { Vec::new() },
        button: language.text(&format!("window.order_{word}")),
    })
}

/// Back to the window. Whoever closed the pages with this order, and may pass their closed door, is let in, or they would stand
/// outside themselves.
async fn ordered(signed_in: &SignedIn, window: &MaintenanceWindow, word: &str) -> Response {
    let back = Redirect::to(&format!("/maintenance-windows/{}?done=window_{word}", window.id));
    let registry = signed_in.registry();
    let session = signed_in.visitor.session().filter(|_| registry.gate().admit(Channel::Web).is_err());
    if let Some((session, _)) = session {
        let reason = format!("ordered window {}", window.id.number());
        if registry.take_pass(&signed_in.admission, session, &reason, signed_in.now()).await.is_ok() {
            let cookie = cookies::line(PASS_COOKIE, "shown", Lifetime::Visit, signed_in.is_secure());
            return ([(header::SET_COOKIE, cookie)], back).into_response();
        }
    }
    back.into_response()
}
