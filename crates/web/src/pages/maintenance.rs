//! Maintenance windows: the list, and planning one.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::SignedDuration;
use model::{Channel, ChannelModes, MaintenanceWindow, Right, WallTime, WallTimeError, WindowId, WindowKind};
use registry::{NewWindow, RegistryError};

use super::status::composer;
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
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

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows", get(list)).route("/maintenance-windows/new", get(plan_form).post(plan))
}

/// What a window's state is called.
pub(crate) fn state_name(window: &MaintenanceWindow, signed_in: &SignedIn) -> &'static str {
    signed_in.language().text(&format!("window.state_{}", window.state_at(signed_in.now()).word()))
}

/// The doors that a window is about. There is no FHIR door yet.
pub(crate) fn doors() -> impl Iterator<Item = Channel> {
    Channel::DOORS.into_iter().filter(|channel| *channel != Channel::Fhir)
}

/// The time on the clock that a field holds; what is wrong with it the form is told, by the field's name.
pub(crate) fn read_time(signed_in: &SignedIn, form: &mut Form, field: &str, label: &str) -> Option<WallTime> {
    let language = signed_in.language();
    let refusal = match WallTime::parse(form.value(field)) {
        Ok(time) => return Some(time),
        Err(WallTimeError::Unreadable(_)) => language.fill("window.time_missing", &[("field", language.text(label))]),
        Err(error) => error.to_string(),
    };
    form.refuse(field, refusal);
    None
}

/// Tells the form when an end is not after its beginning. Where a clock is set back, only the registry can tell.
pub(crate) fn require_order(
    form: &mut Form,
    language: Language,
    field: &str,
    starts: Option<WallTime>,
    ends: Option<WallTime>,
) {
    let is_wrong = |(starts, ends): (WallTime, WallTime)| {
        ends == starts || ends.local.saturating_add(SignedDuration::from_hours(1)) <= starts.local
    };
    if starts.zip(ends).is_some_and(is_wrong) {
        form.refuse_with(language, field, "window.ends_wrong");
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
    let plan = ("/maintenance-windows/new".to_owned(), language.text("window.plan").to_owned());
    Listing {
        more: None,
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
    for channel in doors() {
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
    let doors = doors().map(door).collect();
    Ok(show_as(status, &PlanView { page, form, kinds: kinds.into(), doors, time_zone }))
}

async fn plan(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    for field in ["reason", "performed_by"] {
        if posted.text(field).is_empty() {
            let label = signed_in.language().text(&format!("window.{field}"));
            form.refuse(field, signed_in.language().fill("window.text_missing", &[("field", label)]));
        }
    }
    let mut wall_time = |field| read_time(&signed_in, &mut form, field, &format!("window.{field}"));
    let (starts, ends) = (wall_time("starts"), wall_time("ends"));
    require_order(&mut form, signed_in.language(), "ends", starts, ends);
    if !posted.text("owner").is_empty() && !posted.text("owner").contains('@') {
        form.refuse_with(signed_in.language(), "owner", "accounts.email_wrong");
    }
    let (Some(starts), Some(ends), false) = (starts, ends, form.has_errors()) else {
        return plan_page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let mut modes = ChannelModes::OF_A_DOWNTIME;
    for channel in doors() {
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
