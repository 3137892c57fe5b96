//! Maintenance windows: the list, planning one, and the orders about it.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use model::{Channel, ChannelModes, MaintenanceWindow, Right, WallTime, WindowId, WindowKind, WindowState};
use registry::{NewWindow, RegistryError, WindowOrder};

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show_as};
use crate::listings::{Cell, Listing, Table};
use crate::signed_in::SignedIn;

#[derive(Template)]
#[template(path = "plan_window.html")]
struct PlanView {
    page: Page,
    form: Form,
    kinds: Vec<Choice>,
    doors: Vec<(&'static str, String, Vec<Choice>)>,
    time_zone: String,
}

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
    has_begun: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/maintenance-windows", get(list))
        .route("/maintenance-windows/new", get(plan_form).post(plan))
        .route("/maintenance-windows/{id}", get(one))
        .route("/maintenance-windows/{id}/order", post(order))
}

fn state_name(window: &MaintenanceWindow, signed_in: &SignedIn) -> &'static str {
    signed_in.language().text(&format!("window.state_{}", window.state_at(signed_in.now()).word()))
}

async fn list(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let registry = signed_in.registry().clone();
    registry.authorize_here(&signed_in.caller, Right::ReadMaintenance)?;
    let admitted = signed_in.admit()?;
    let reading = tokio::task::spawn_blocking(move || registry.windows(&admitted));
    let windows = reading.await??;
    let row = |window: &MaintenanceWindow| {
        vec![
            Cell::link(window.times_in_words(), format!("/maintenance-windows/{}", window.id))
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
    let plan = ("/maintenance-windows/new".to_owned(), language.text("window.plan").to_owned());
    Listing {
        page: signed_in.page(language.text("ways.maintenance")),
        intro: language.text("window.intro").to_owned(),
        ways: if may_plan { vec![plan] } else { Vec::new() },
        filter: None,
        tables: vec![table("window.ahead", ahead), table("window.over", over)],
    }
    .show()
}

async fn plan_form(signed_in: SignedIn) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    let mut form = Form::default();
    form.set("kind", WindowKind::Scheduled.word());
    for channel in Channel::DOORS {
        form.set(channel.word(), ChannelModes::OF_A_DOWNTIME.of(channel).word());
    }
    plan_page(&signed_in, form, StatusCode::OK)
}

fn plan_page(signed_in: &SignedIn, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut page = signed_in.page(language.text("window.plan"));
    page.is_in_error = form.has_errors();
    let kinds = [WindowKind::Scheduled, WindowKind::Emergency];
    let kinds = kinds.map(|kind| Choice::new(kind.word(), language.text(&format!("window.kind_{}", kind.word()))));
    let mode = |mode: &model::Mode| Choice::new(mode.word(), language.text(&format!("window.mode_{}", mode.word())));
    let door = |channel: Channel| {
        let name = language.text(&format!("window.door_{}", channel.word())).to_owned();
        (channel.word(), name, channel.modes().iter().map(mode).collect())
    };
    let time_zone = signed_in.registry().profile().registry.time_zone.clone();
    let doors = Channel::DOORS.into_iter().map(door).collect();
    Ok(show_as(status, &PlanView { page, form, kinds: kinds.into(), doors, time_zone }))
}

async fn plan(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    let wall_time = |form: &mut Form, field: &str| match WallTime::parse(posted.text(field)) {
        Ok(wall_time) => Some(wall_time),
        Err(error) => {
            form.refuse(field, error.to_string());
            None
        }
    };
    let (starts, ends) = (wall_time(&mut form, "starts"), wall_time(&mut form, "ends"));
    let (Some(starts), Some(ends)) = (starts, ends) else {
        return plan_page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let mut modes = ChannelModes::default();
    for channel in Channel::DOORS {
        if let Some(mode) = model::Mode::parse(posted.text(channel.word())) {
            modes.set(channel, mode);
        }
    }
    let new = NewWindow {
        id: WindowId(signed_in.new_id()),
        kind: WindowKind::parse(posted.text("kind")).unwrap_or(WindowKind::Scheduled),
        reason: posted.text("reason").to_owned(),
        performed_by: posted.text("performed_by").to_owned(),
        owner: posted.text("owner").to_owned(),
        time_zone: None,
        starts,
        ends,
        modes,
        test_organizations: Vec::new(),
    };
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    match registry.plan_window(admission, &signed_in.caller, now, new).await {
        Ok(window) => {
            Ok(Redirect::to(&format!("/maintenance-windows/{}?done=window_planned", window.id)).into_response())
        }
        Err(RegistryError::Refused(reason)) => {
            form.refuse("starts", reason);
            plan_page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
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
    window_page(&signed_in, &window, Form::default(), StatusCode::OK)
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

fn window_page(
    signed_in: &SignedIn,
    window: &MaintenanceWindow,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut page = signed_in.page(&window.times_in_words());
    page.is_in_error = form.has_errors();
    let facts = vec![
        ("window.state", state_name(window, signed_in).to_owned()),
        ("window.kind", language.text(&format!("window.kind_{}", window.kind.word())).to_owned()),
        ("window.reason", window.reason.clone()),
        ("window.performed_by", window.performed_by.clone()),
        ("window.owner", window.owner.clone()),
        ("window.lasts", window.duration_in_words()),
    ];
    let door = |channel: Channel| {
        let mode = window.modes.of(channel);
        let name = language.text(&format!("window.door_{}", channel.word())).to_owned();
        (name, language.text(&format!("window.mode_{}", mode.word())).to_owned())
    };
    let change = |change: &model::WindowChange| {
        let at = dates::moment(signed_in.registry(), change.at, language);
        let action = language.text(&format!("window.action_{}", change.action.word()));
        (at, change.by.clone(), action, change.note.clone())
    };
    let state = window.state_at(signed_in.now());
    let may_plan = signed_in.may(Right::PlanMaintenance);
    let orders: &[&str] = if may_plan { fitting(state) } else { &[] };
    let view = WindowView {
        page,
        form,
        id: window.id.to_string(),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        doors: Channel::DOORS.into_iter().map(door).collect(),
        changes: window.changes.iter().map(change).collect(),
        orders: orders.iter().map(|order| (*order, language.text(&format!("window.order_{order}")))).collect(),
        may_extend: may_plan && state.is_in_force(),
        has_begun: window.started_at.is_some() || state.is_in_force(),
    };
    Ok(show_as(status, &view))
}

async fn order(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let window = find(&signed_in, &id)?;
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let refused = |field: &str, reason: String| {
        let mut form = Form::from(&posted);
        form.refuse(field, reason);
        window_page(&signed_in, &window, form, StatusCode::UNPROCESSABLE_ENTITY)
    };
    let order = match posted.text("order") {
        "announce" => WindowOrder::Announce,
        "start" => WindowOrder::Start,
        "verify" => WindowOrder::Verify,
        "complete" => WindowOrder::Complete,
        "cancel" => WindowOrder::Cancel,
        "extend" => match WallTime::parse(posted.text("ends")) {
            Ok(ends) => WindowOrder::Extend { ends },
            Err(error) => return refused("ends", error.to_string()),
        },
        _ => return Err(Failure::FormUnreadable),
    };
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    match registry.order_window(admission, &signed_in.caller, now, window.id, order, posted.text("note")).await {
        Ok(_) => Ok(Redirect::to(&format!("/maintenance-windows/{}?done=window_ordered", window.id)).into_response()),
        Err(RegistryError::Refused(reason)) => refused("note", reason),
        Err(error) => Err(error.into()),
    }
}
