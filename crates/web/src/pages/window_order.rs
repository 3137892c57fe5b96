//! Orders about a maintenance window. What tells people something, or cannot be taken back, is asked for once more, with
//! what it does and how many are told.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use model::{Channel, MaintenanceWindow, Right, WindowState};
use registry::{RegistryError, WindowOrder, notices, ordered};

use super::maintenance::{check_line, read_time, require_order};
use super::status::composer;
use super::window::{find, modes, window_page};
use crate::Web;
use crate::cookies::{self, Lifetime};
use crate::dates;
use crate::failures::Failure;
use crate::forms::{Form, Posted};
use crate::layout::{Page, show};
use crate::signed_in::SignedIn;
use crate::visits::PASS_COOKIE;

/// Orders that are asked for once more. Of a new end people are told, too; but it is written out, and it is urgent.
const CONFIRMED: [&str; 5] = ["announce", "start", "move", "cancel", "complete"];

/// What an order does, before it is carried out.
#[derive(Template)]
#[template(path = "window_order.html")]
pub(crate) struct OrderView {
    pub(crate) page: Page,
    /// The page to go back to, and what its link says.
    pub(crate) back: (String, &'static str),
    /// Where the order goes.
    pub(crate) action: String,
    /// What was filled in, to be sent once more.
    pub(crate) kept: Vec<(String, String)>,
    pub(crate) what: String,
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) doors: Vec<(String, String)>,
    /// Who is told, by each way; empty when nobody is.
    pub(crate) told: Vec<(&'static str, String)>,
    pub(crate) button: &'static str,
    /// Whether it was filled in on a form that can be gone back to.
    pub(crate) may_change: bool,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows/{id}/order", post(order))
}

async fn order(signed_in: SignedIn, Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let window = find(&signed_in, &id)?;
    signed_in.registry().authorize_here(&signed_in.caller, Right::PlanMaintenance)?;
    signed_in.require_fresh()?;
    let mut form = Form::from(&posted);
    let word = posted.text("order");
    let (order, note) = read(&signed_in, &window, word, &mut form)?;
    let Some(order) = order.filter(|_| !form.has_errors()) else {
        return window_page(&signed_in, &window, form, StatusCode::UNPROCESSABLE_ENTITY);
    };
    let done = if CONFIRMED.contains(&word) && !posted.has("confirmed") {
        // An order that does not fit is refused now, and not after it was confirmed.
        let by = &signed_in.caller.username;
        ordered(&window, order, by, posted.text(note), signed_in.now()).map(Some)
    } else {
        let (registry, admission, now) = (signed_in.registry(), &signed_in.admission, signed_in.now());
        let ordering = registry.order_window(admission, &signed_in.caller, now, window.id, order, posted.text(note));
        ordering.await.map(|_| None)
    };
    match done {
        Ok(Some(next)) => ask_again(&signed_in, (&window, &next), (word, order), &form, posted.text(note)).await,
        Ok(None) => Ok(back_to(&signed_in, &window, word).await),
        // What a field can be told was told; what is left is that the window is another by now, and may have other fields.
        Err(RegistryError::Refused(_)) => {
            form.refuse_with(signed_in.language(), "", "window.order_unfit");
            window_page(&signed_in, &window, form, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

/// The order that a form gives, and the field of its note; what is wrong with it the form is told.
fn read(
    signed_in: &SignedIn,
    window: &MaintenanceWindow,
    word: &str,
    form: &mut Form,
) -> Result<(Option<WindowOrder>, &'static str), Failure> {
    let (language, now) = (signed_in.language(), signed_in.now());
    let (order, note) = match word {
        "announce" => (Some(WindowOrder::Announce), "note"),
        "start" => (Some(WindowOrder::Start), "note"),
        "verify" => (Some(WindowOrder::Verify), "note"),
        "complete" => (Some(WindowOrder::Complete), "note"),
        "cancel" => (Some(WindowOrder::Cancel), "note"),
        "extend" => {
            let ends = read_time(language, form, "ends", "window.new_end", &window.time_zone);
            match ends {
                Some((_, ends_at)) if ends_at <= now || ends_at <= window.ends_at => {
                    form.refuse_with(language, "ends", "window.new_end_wrong");
                }
                _ => require_order(form, language, "ends", Some(window.starts_at), ends.map(|it| it.1)),
            }
            (ends.map(|(ends, _)| WindowOrder::Extend { ends }), "extend_note")
        }
        "move" => {
            let starts = read_time(language, form, "starts", "window.starts", &window.time_zone);
            let ends = read_time(language, form, "move_ends", "window.ends", &window.time_zone);
            if starts.is_some_and(|(_, starts_at)| starts_at < now) {
                form.refuse_with(language, "starts", "window.starts_passed");
            }
            require_order(form, language, "move_ends", starts.map(|it| it.1), ends.map(|it| it.1));
            (starts.zip(ends).map(|((starts, _), (ends, _))| WindowOrder::Reschedule { starts, ends }), "move_note")
        }
        _ => return Err(Failure::FormUnreadable),
    };
    check_line(form, language, note, "window.note");
    Ok((order, note))
}

/// Says what an order does before it is carried out: what becomes of a window, and who is told.
async fn ask_again(
    signed_in: &SignedIn,
    (window, next): (&MaintenanceWindow, &MaintenanceWindow),
    (word, order): (&str, WindowOrder),
    form: &Form,
    note: &str,
) -> Result<Response, Failure> {
    let language = signed_in.language();
    let begins_now = next.state_at(signed_in.now()).is_in_force();
    let ends = dates::moment(signed_in.registry(), next.ends_at, language);
    let values = [("times", composer(signed_in.registry(), language).times(window)), ("end", ends)];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    let mut what = language.fill(&format!("window.confirm_{word}_what"), &values);
    if word == "announce" && begins_now {
        what = language.fill("window.confirm_announce_late_what", &values);
    }
    let times = composer(signed_in.registry(), language).times(next);
    let key = if word == "move" { "window.times_new" } else { "window.times" };
    let facts = [(key, times), ("window.reason", window.reason.clone()), ("window.note", note.to_owned())];
    show(&OrderView {
        page: signed_in.page(language.text(&format!("window.confirm_{word}"))),
        back: (format!("/maintenance-windows/{}", window.id), language.text("window.back_to_it")),
        action: format!("/maintenance-windows/{}/order", window.id),
        kept: form.answers(),
        what,
        facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
        doors: if begins_now { modes(signed_in, &window.modes) } else { Vec::new() },
        told: told(signed_in, (window, next), order).await?,
        button: language.text(&format!("window.order_{word}")),
        may_change: false,
    })
}

/// Who is told of an order to a window, which then becomes another: by each way, and when; nothing when nobody is.
pub(crate) async fn told(
    signed_in: &SignedIn,
    (window, next): (&MaintenanceWindow, &MaintenanceWindow),
    order: WindowOrder,
) -> Result<Vec<(&'static str, String)>, Failure> {
    if window.state == WindowState::Draft && order != WindowOrder::Announce {
        return Ok(Vec::new());
    }
    let (language, now) = (signed_in.language(), signed_in.now());
    let (registry, admitted, asked) = (signed_in.registry().clone(), signed_in.admit()?, window.clone());
    let counting = tokio::task::spawn_blocking(move || registry.recipients(&admitted, &asked, order, now));
    let recipients = counting.await??;
    let text = |key: &str| language.text(key).to_owned();
    let mut told = vec![
        ("window.told_by_mail", recipients.by_mail.to_string()),
        ("window.told_by_webhook", recipients.by_webhook.to_string()),
        ("window.told_on_status", text("window.told_at_once")),
    ];
    let shown_at = notices::banner_begins_at(next.starts_at);
    let banner = match order {
        WindowOrder::Complete | WindowOrder::Cancel => text("window.told_no_longer"),
        _ if shown_at <= now => text("window.told_at_once"),
        _ => language.fill("window.told_from", &[("time", &dates::moment(signed_in.registry(), shown_at, language))]),
    };
    told.push(("window.told_on_pages", banner));
    if matches!(order, WindowOrder::Announce | WindowOrder::Reschedule { .. }) && next.starts_at > now {
        told.push(("window.told_again", text("window.told_again_what")));
    }
    Ok(told)
}

/// Back to the window. Whoever closed the pages with this order, and may pass their closed door, is let in, or they would stand
/// outside themselves.
pub(crate) async fn back_to(signed_in: &SignedIn, window: &MaintenanceWindow, word: &str) -> Response {
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
