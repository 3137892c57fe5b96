//! Closing the doors now, for what cannot wait: one form, and once more whether that is meant. What comes of it is a
//! window as any other, planned and announced at once.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::Timestamp;
use model::{ChannelModes, MaintenanceWindow, Right, WallTime, WindowId, WindowKind, WindowState};
use registry::{NewWindow, RegistryError, WindowOrder};

use super::plan_window::{DoorField, check_texts, door_fields, fill_doors, read_doors};
use super::status::composer;
use super::window::modes;
use super::window_order::{OrderView, back_to, told};
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::layout::{Page, show, show_as};
use crate::signed_in::SignedIn;

/// How many minutes it may be expected to take, in the list; more is given by extending it.
const MINUTES: [i64; 7] = [30, 60, 120, 240, 480, 720, 1440];
/// What is chosen when the form is opened.
const MINUTES_FIRST: i64 = 120;
/// The field of the window that closes them.
const WINDOW: &str = "window";

#[derive(Template)]
#[template(path = "close_now.html")]
struct CloseView {
    page: Page,
    form: Form,
    lasts: Vec<Choice>,
    doors: Vec<DoorField>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows/now", get(form).post(close))
}

async fn form(signed_in: SignedIn) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    // Before anything is filled in: what is sent to be proved first is not kept.
    signed_in.require_fresh()?;
    let mut form = Form::default();
    form.set("lasts", MINUTES_FIRST.to_string());
    if let Some((session, _)) = signed_in.visitor.session() {
        form.set("performed_by", session.organization.name.as_str());
        form.set("owner", session.account.email.as_str());
    }
    fill_doors(&mut form, &ChannelModes::OF_A_DOWNTIME);
    page(&signed_in, form, StatusCode::OK)
}

fn page(signed_in: &SignedIn, form: Form, status: StatusCode) -> Result<Response, Failure> {
    let language = signed_in.language();
    let mut page = signed_in.page(language.text("window.now"));
    page.is_in_error = form.has_errors();
    let lasts =
        MINUTES.map(|minutes| Choice::new(minutes.to_string(), language.text(&format!("window.lasts_{minutes}"))));
    Ok(show_as(status, &CloseView { page, form, lasts: lasts.into(), doors: door_fields(language) }))
}

async fn close(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    if posted.has("change") {
        return page(&signed_in, form, StatusCode::OK);
    }
    let language = signed_in.language();
    check_texts(&posted, &mut form, language);
    let modes = read_doors(&posted, &mut form, language, ChannelModes::OF_A_DOWNTIME);
    let minutes = MINUTES.into_iter().find(|minutes| minutes.to_string() == posted.text("lasts"));
    let (Some(minutes), false) = (minutes, form.has_errors()) else {
        return page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    // Given when it is asked for the first time, so that what is confirmed twice is one window.
    let asked = posted.text(WINDOW).parse::<WindowId>().ok();
    let id = asked.unwrap_or_else(|| WindowId(signed_in.new_id()));
    form.set(WINDOW, id.to_string());
    let new = NewWindow { modes, ..new_window(&signed_in, &posted, id, minutes)? };
    let is_confirmed = posted.has("confirmed") && asked.is_some();
    let closed = match is_confirmed {
        true => close_with(&signed_in, new).await,
        false => signed_in.registry().draft_window(&signed_in.caller, signed_in.now(), new),
    };
    match closed {
        // Confirmed once more when all is over, nothing is closed by it: the page of the window says where it stands.
        Ok(window) if window.state.is_over() => {
            Ok(Redirect::to(&format!("/maintenance-windows/{}", window.id)).into_response())
        }
        Ok(window) if is_confirmed => Ok(back_to(&signed_in, &window, "closed_now").await),
        Ok(draft) => ask_again(&signed_in, &draft, &form).await,
        // What a field can be told was told; what is left is that another changed the window meanwhile.
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(language, "", "window.order_unfit");
            page(&signed_in, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

/// Closes the doors, as at the command line: a draft, announced at once. What fails in between leaves a draft, with which
/// the next try goes on; what has closed them before is what it is.
async fn close_with(signed_in: &SignedIn, new: NewWindow) -> Result<MaintenanceWindow, RegistryError> {
    let (registry, admission, caller, now) =
        (signed_in.registry(), &signed_in.admission, &signed_in.caller, signed_in.now());
    let id = new.id;
    let has_closed = |window: &MaintenanceWindow| window.state != WindowState::Draft;
    let draft = match registry.window(admission, id) {
        Ok(window) if has_closed(&window) => return Ok(window),
        Ok(_) => registry.correct_window(admission, caller, now, new).await,
        Err(_) => registry.plan_window(admission, caller, now, new).await,
    };
    // Of two that were sent at one moment, the later one finds the draft made, or the doors closed.
    let closed = match draft {
        Err(error) if registry.window(admission, id).is_err() => Err(error),
        _ => registry.order_window(admission, caller, now, id, WindowOrder::Announce, "").await,
    };
    closed.or_else(|error| registry.window(admission, id).ok().filter(has_closed).ok_or(error))
}

/// A window from this moment on.
fn new_window(signed_in: &SignedIn, posted: &Posted, id: WindowId, minutes: i64) -> Result<NewWindow, Failure> {
    let zone = &signed_in.registry().profile().registry.time_zone;
    let on_the_clock = |second: i64| {
        let instant = Timestamp::from_second(second).map_err(|error| Failure::of_machine(&error))?;
        WallTime::of(instant, zone).map_err(|error| Failure::of_machine(&error))
    };
    let starts = signed_in.now().as_second();
    Ok(NewWindow {
        id,
        kind: WindowKind::Emergency,
        reason: posted.text("reason").to_owned(),
        performed_by: posted.text("performed_by").to_owned(),
        owner: posted.text("owner").to_owned(),
        time_zone: None,
        starts: on_the_clock(starts)?,
        // To the second, so that it lasts as long as was chosen.
        ends: on_the_clock(starts + minutes * 60)?,
        modes: ChannelModes::OF_A_DOWNTIME,
        test_organizations: Vec::new(),
    })
}

async fn ask_again(signed_in: &SignedIn, draft: &MaintenanceWindow, form: &Form) -> Result<Response, Failure> {
    let language = signed_in.language();
    let facts = [
        ("window.reason", draft.reason.clone()),
        ("window.performed_by", draft.performed_by.clone()),
        ("window.owner", draft.owner.clone()),
        ("window.times", composer(signed_in.registry(), language).times(draft)),
    ];
    show(&OrderView {
        page: signed_in.page(language.text("window.confirm_now")),
        back: ("/maintenance-windows".to_owned(), language.text("window.back")),
        action: "/maintenance-windows/now".to_owned(),
        kept: form.answers(),
        what: language.text("window.confirm_now_what").to_owned(),
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        doors: modes(signed_in, &draft.modes),
        told: told(signed_in, (draft, draft), WindowOrder::Announce).await?,
        button: language.text("window.now"),
        may_change: true,
    })
}
