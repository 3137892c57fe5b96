//! The report after a window: how long it was, whom it turned away, what came since, and who has not come back.

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use jiff::SignedDuration;
use model::Channel;
use registry::{RegistryError, SenderReport};

use super::status::composer;
use super::window::find;
use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::languages::Language;
use crate::layout::{Page, show};
use crate::listings::{Cell, Table};
use crate::signed_in::SignedIn;

/// Senders that are listed by name.
const SENDERS_SHOWN_MAXIMUM: usize = 500;

#[derive(Template)]
#[template(path = "window_report.html")]
struct ReportView {
    page: Page,
    id: String,
    times: String,
    /// The window has not begun: there is nothing to report.
    is_early: bool,
    /// The last calls turned away may not be counted yet.
    may_lack_calls: bool,
    facts: Vec<(&'static str, String)>,
    tables: Vec<Table>,
}

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/maintenance-windows/{id}/report", get(report))
}

async fn report(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let window = find(&signed_in, &id)?;
    let language = signed_in.language();
    let (registry, admitted, now) = (signed_in.registry().clone(), signed_in.admit()?, signed_in.now());
    let window_id = window.id;
    let reading = tokio::task::spawn_blocking(move || registry.after_report(&admitted, window_id, now));
    let mut view = ReportView {
        page: signed_in.page(language.text("window.report")),
        id: window.id.to_string(),
        times: composer(signed_in.registry(), language).times(&window),
        is_early: false,
        may_lack_calls: false,
        facts: Vec::new(),
        tables: Vec::new(),
    };
    let report = match reading.await? {
        Ok(report) => report,
        Err(RegistryError::Refused(_)) => {
            view.is_early = true;
            return show(&view);
        }
        Err(error) => return Err(error.into()),
    };
    if report.window.ended_at.is_some() {
        view.times = composer(signed_in.registry(), language).times_true(&report.window);
    }
    view.may_lack_calls = report.may_lack_calls(now);
    let outstanding = report.outstanding();
    let refused: u64 = report.turned_away.iter().map(|(_, count)| count).sum();
    let since: u64 = report.messages_since.iter().map(|(_, count)| count).sum();
    view.facts = vec![
        ("window.report_planned", in_words(report.planned)),
        ("window.report_lasted", in_words(report.lasted)),
        ("window.report_refused", refused.to_string()),
        ("window.report_since", since.to_string()),
        ("window.report_away", outstanding.senders.to_string()),
        ("window.report_away_calls", outstanding.calls.to_string()),
    ];
    view.tables = vec![
        by_door("window.report_refused", &report.turned_away, language),
        by_door("window.report_since", &report.messages_since, language),
        senders(&signed_in, "window.report_away", report.still_away()),
        senders(&signed_in, "window.report_senders", report.senders.iter()),
    ];
    show(&view)
}

/// `2 h 5 min`, `2 h`, `5 min`; below a minute `40 s`.
fn in_words(duration: SignedDuration) -> String {
    match (duration.as_secs() / 3600, duration.as_secs() / 60 % 60) {
        (0, 0) => format!("{} s", duration.as_secs()),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn door(channel: Channel, language: Language) -> String {
    language.text(&format!("window.door_{}", channel.word())).to_owned()
}

fn by_door(caption: &str, counts: &[(Channel, u64)], language: Language) -> Table {
    let row =
        |(channel, count): &(Channel, u64)| vec![Cell::text(door(*channel, language)), Cell::text(count.to_string())];
    Table {
        caption: language.text(caption).to_owned(),
        columns: ["window.report_door", "window.report_count"].map(|key| language.text(key).to_owned()).into(),
        rows: counts.iter().map(row).collect(),
        empty: language.text("window.report_none").to_owned(),
    }
}

fn senders<'r>(signed_in: &SignedIn, caption: &str, senders: impl Iterator<Item = &'r SenderReport>) -> Table {
    let language = signed_in.language();
    let time = |at| dates::moment(signed_in.registry(), at, language);
    let row = |sender: &SenderReport| {
        let refusals = &sender.refusals;
        let known = sender.organization_code.clone().unwrap_or_else(|| refusals.name.clone());
        let name = if known.is_empty() { language.text("window.report_unknown").to_owned() } else { known };
        let came_back = sender.returned_at.map_or_else(|| language.text("window.report_not_yet").to_owned(), time);
        vec![
            Cell::text(name).with_note(refusals.address.to_string()),
            Cell::text(door(refusals.channel, language)),
            Cell::text(refusals.count.to_string()),
            Cell::text(came_back),
        ]
    };
    let columns = ["report_sender", "report_door", "report_refused", "report_returned"];
    Table {
        caption: language.text(caption).to_owned(),
        columns: columns.map(|key| language.text(&format!("window.{key}")).to_owned()).into(),
        rows: senders.take(SENDERS_SHOWN_MAXIMUM).map(row).collect(),
        empty: language.text("window.report_none").to_owned(),
    }
}
