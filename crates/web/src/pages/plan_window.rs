//! Planning a maintenance window, and correcting a draft of one: the same form.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::SignedDuration;
use model::{Channel, ChannelModes, MaintenanceWindow, Mode, Right, WindowId, WindowKind, WindowState};
use registry::{NewWindow, RegistryError};

use super::maintenance::{check_line, doors, read_time, require_order};
use super::window::find;
use crate::Web;
use crate::failures::Failure;
use crate::forms::{Choice, Form, Posted};
use crate::languages::Language;
use crate::layout::{Page, show_as};
use crate::signed_in::SignedIn;

/// A door: the name of its field, what it is called, and what it can do.
pub(crate) type DoorField = (&'static str, String, Vec<Choice>);

#[derive(Template)]
#[template(path = "plan_window.html")]
struct PlanView {
    page: Page,
    form: Form,
    kinds: Vec<Choice>,
    doors: Vec<DoorField>,
    time_zone: String,
    /// The page to go back to, and what its link says.
    back: (String, &'static str),
    /// Nobody is offered to close the doors now who corrects a draft.
    is_new: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new()
        .route("/maintenance-windows/new", get(plan_form).post(plan))
        .route("/maintenance-windows/{id}/correct", get(correct_form).post(correct))
}

/// The doors as fields of a form.
pub(crate) fn door_fields(language: Language) -> Vec<DoorField> {
    let mode = |mode: &Mode| Choice::new(mode.word(), language.text(&format!("window.mode_{}", mode.word())));
    let door = |channel: Channel| {
        let name = language.text(&format!("window.door_{}", channel.word())).to_owned();
        (channel.word(), name, channel.modes().iter().map(mode).collect())
    };
    doors().map(door).collect()
}

/// Puts what the doors do into their fields.
pub(crate) fn fill_doors(form: &mut Form, modes: &ChannelModes) {
    doors().for_each(|channel| form.set(channel.word(), modes.of(channel).word()));
}

/// What the fields say that the doors do. FHIR has no field while it has no door: it goes with the web service, so that a
/// window that leaves every door open is known as one, and the form is told.
pub(crate) fn read_doors(
    posted: &Posted,
    form: &mut Form,
    language: Language,
    mut modes: ChannelModes,
) -> ChannelModes {
    for channel in doors() {
        let mode = Mode::parse(posted.text(channel.word())).filter(|mode| channel.modes().contains(mode));
        mode.into_iter().for_each(|mode| modes.set(channel, mode));
    }
    if doors().all(|channel| modes.of(channel) == Mode::Open) {
        form.refuse_with(language, Channel::Web.word(), "window.all_open");
    }
    ChannelModes { fhir: modes.web_service, ..modes }
}

/// Tells the form what is wrong with the texts of a window.
pub(crate) fn check_texts(posted: &Posted, form: &mut Form, language: Language) {
    for field in ["reason", "performed_by"] {
        if posted.text(field).is_empty() {
            let label = language.text(&format!("window.{field}"));
            form.refuse(field, language.fill("window.text_missing", &[("field", label)]));
        }
    }
    for field in ["reason", "performed_by", "owner"] {
        check_line(form, language, field, &format!("window.{field}"));
    }
    if !posted.text("owner").is_empty() && !posted.text("owner").contains('@') {
        form.refuse_with(language, "owner", "accounts.email_wrong");
    }
}

async fn plan_form(signed_in: SignedIn) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    let mut form = Form::default();
    form.set("kind", WindowKind::Scheduled.word());
    fill_doors(&mut form, &ChannelModes::OF_A_DOWNTIME);
    page(&signed_in, None, form, StatusCode::OK)
}

async fn correct_form(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let window = find(&signed_in, &id)?;
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    if window.state != WindowState::Draft {
        return Ok(Redirect::to(&format!("/maintenance-windows/{}", window.id)).into_response());
    }
    let mut form = Form::default();
    form.set("kind", window.kind.word());
    form.set("starts", window.starts.to_string());
    form.set("ends", window.ends.to_string());
    form.set("reason", window.reason.as_str());
    form.set("performed_by", window.performed_by.as_str());
    form.set("owner", window.owner.as_str());
    fill_doors(&mut form, &window.modes);
    page(&signed_in, Some(&window), form, StatusCode::OK)
}

/// The form: of a new window, or of this draft.
fn page(
    signed_in: &SignedIn,
    draft: Option<&MaintenanceWindow>,
    form: Form,
    status: StatusCode,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let title = if draft.is_some() { "window.correct" } else { "window.plan" };
    let mut page = signed_in.page(language.text(title));
    page.is_in_error = form.has_errors();
    let kinds = [WindowKind::Scheduled, WindowKind::Emergency];
    let kinds = kinds.map(|kind| Choice::new(kind.word(), language.text(&format!("window.kind_{}", kind.word()))));
    let own_zone = &signed_in.registry().profile().registry.time_zone;
    let back = match draft {
        Some(draft) => (format!("/maintenance-windows/{}", draft.id), language.text("window.back_to_it")),
        None => ("/maintenance-windows".to_owned(), language.text("window.back")),
    };
    let view = PlanView {
        page,
        form,
        kinds: kinds.into(),
        doors: door_fields(language),
        time_zone: draft.map_or(own_zone, |draft| &draft.time_zone).clone(),
        back,
        is_new: draft.is_none(),
    };
    Ok(show_as(status, &view))
}

async fn plan(signed_in: SignedIn, posted: Posted) -> Result<Response, Failure> {
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    let Some(new) = read(&signed_in, &posted, &mut form, None) else {
        return page(&signed_in, None, form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    match registry.plan_window(admission, &signed_in.caller, now, new).await {
        Ok(window) => Ok(back_to(&window, "window_planned")),
        // What a field can be told was told; what is left is that the minute in which it starts has just run out.
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(signed_in.language(), "starts", "window.starts_passed");
            page(&signed_in, None, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

async fn correct(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft = find(&signed_in, &id)?;
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    let Some(new) = read(&signed_in, &posted, &mut form, Some(&draft)) else {
        return page(&signed_in, Some(&draft), form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
    match registry.correct_window(admission, &signed_in.caller, now, new).await {
        Ok(window) => Ok(back_to(&window, "window_corrected")),
        // Another announced it, cancelled it or corrected it meanwhile.
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(signed_in.language(), "", "window.order_unfit");
            page(&signed_in, Some(&draft), form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

fn back_to(window: &MaintenanceWindow, done: &str) -> Response {
    Redirect::to(&format!("/maintenance-windows/{}?done={done}", window.id)).into_response()
}

/// The window that was filled in: a new one, or what this draft becomes. `None` when the form was told what is wrong.
fn read(
    signed_in: &SignedIn,
    posted: &Posted,
    form: &mut Form,
    draft: Option<&MaintenanceWindow>,
) -> Option<NewWindow> {
    let language = signed_in.language();
    let own_zone = &signed_in.registry().profile().registry.time_zone;
    let zone = draft.map_or(own_zone, |draft| &draft.time_zone);
    let mut wall_time = |field| read_time(language, form, field, &format!("window.{field}"), zone);
    let (starts, ends) = (wall_time("starts"), wall_time("ends"));
    // The minute that runs has not passed.
    let minute_ago = signed_in.now() - SignedDuration::from_mins(1);
    if starts.is_some_and(|(_, starts_at)| starts_at < minute_ago) {
        form.refuse_with(language, "starts", "window.starts_passed");
    }
    require_order(form, language, "ends", starts.map(|it| it.1), ends.map(|it| it.1));
    check_texts(posted, form, language);
    let modes = read_doors(posted, form, language, draft.map_or(ChannelModes::OF_A_DOWNTIME, |draft| draft.modes));
    let (Some((starts, _)), Some((ends, _)), false) = (starts, ends, form.has_errors()) else { return None };
    Some(NewWindow {
        id: draft.map_or_else(|| WindowId(signed_in.new_id()), |draft| draft.id),
        kind: WindowKind::parse(posted.text("kind")).unwrap_or(WindowKind::Scheduled),
        reason: posted.text("reason").to_owned(),
        performed_by: posted.text("performed_by").to_owned(),
        owner: posted.text("owner").to_owned(),
        time_zone: None,
        starts,
        ends,
        modes,
        test_organizations: draft.map(|draft| draft.test_organizations.clone()).unwrap_or_default(),
    })
}
