//! How the registry is doing: for operators and the registry's office.

use std::time::Duration;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use jiff::SignedDuration;
use model::{Channel, MessageState, Right, grouped};
use registry::{AnswerTimes, Backups, Health, RegistryError};

use crate::Web;
use crate::dates;
use crate::failures::Failure;
use crate::languages::Language;
use crate::listings::{Cell, Listing, Table};
use crate::pages::files::size_in_words;
use crate::signed_in::SignedIn;
use crate::vaccine_groups;

/// Messages of the time before now that are counted.
const DAY: SignedDuration = SignedDuration::from_hours(24);

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/operations", get(show))
}

/// What the database tells of the registry.
struct Read {
    health: Health,
    messages: Vec<(MessageState, u64)>,
    messages_waiting: Vec<(MessageState, u64)>,
    waiting: (u64, u64),
    files_set_aside: u64,
    schedule: String,
    backups: Backups,
}

async fn show(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let registry = signed_in.registry().clone();
    registry.authorize_here(&signed_in.caller, Right::ReadOperations)?;
    let admitted = signed_in.admit()?;
    let exchange = signed_in.web().exchange.clone();
    let since = signed_in.now() - DAY;
    let reading = tokio::task::spawn_blocking(move || {
        let schedules = registry.schedules(&admitted)?;
        let schedule = schedules.into_iter().find(|schedule| schedule.is_in_use && !schedule.is_local);
        Ok::<_, RegistryError>(Read {
            health: registry.health(&[]),
            messages: registry.message_states_since(&admitted, since)?,
            messages_waiting: registry.messages_waiting(&admitted)?,
            waiting: exchange.backlog(&admitted)?,
            files_set_aside: exchange.set_aside_count(&admitted)?,
            schedule: schedule.map(|schedule| schedule.name).unwrap_or_default(),
            backups: registry.backups(&admitted)?,
        })
    });
    let read = reading.await??;
    Listing {
        page: signed_in.page(language.text("ways.operations")),
        intro: language.text("operations.intro").to_owned(),
        ways: Vec::new(),
        filter: None,
        tables: vec![
            health(&signed_in, &read),
            doors(&signed_in),
            backups(&signed_in, &read.backups),
            messages(language, "operations.messages", &read.messages),
            messages(language, "operations.messages_waiting", &read.messages_waiting),
        ],
        more: None,
    }
    .show()
}

fn row(language: Language, key: &str, value: impl Into<String>) -> Vec<Cell> {
    vec![Cell::text(language.text(key)), Cell::text(value)]
}

/// A table of what is what.
fn facts(language: Language, caption: &str, rows: Vec<Vec<Cell>>) -> Table {
    let columns = ["operations.what", "operations.value"].map(|key| language.text(key).to_owned()).into();
    Table { caption: language.text(caption).to_owned(), columns, rows, empty: String::new() }
}

fn health(signed_in: &SignedIn, read: &Read) -> Table {
    let (language, health) = (signed_in.language(), &read.health);
    let yes_no = |claim: bool| language.text(if claim { "operations.yes" } else { "operations.no" });
    let (files, bytes) = read.waiting;
    let rows = vec![
        row(language, "operations.ready", yes_no(health.is_ready())),
        row(language, "operations.database", yes_no(health.database_answers())),
        row(language, "operations.in_flight", grouped(health.in_flight as u64)),
        row(language, "operations.program", signed_in.web().settings.version),
        row(language, "operations.gate", yes_no(!health.is_stopping)),
        row(language, "operations.turned_away", grouped(signed_in.registry().gate().turned_away_count() as u64)),
        row(language, "operations.backlog", format!("{} ({})", grouped(files), size_in_words(bytes, language))),
        row(language, "operations.files_set_aside", grouped(read.files_set_aside)),
        row(language, "operations.schedule", schedule(signed_in, &read.schedule)),
    ];
    facts(language, "operations.health", rows)
}

/// The schedule in use, and of which vaccines its last season is over.
fn schedule(signed_in: &SignedIn, name: &str) -> String {
    let language = signed_in.language();
    let ended = signed_in.registry().ended_seasons(signed_in.today());
    let told = |(group, last): &(String, jiff::civil::Date)| {
        format!("{} ({})", vaccine_groups::name(group, language), dates::shown(*last, language))
    };
    let groups: Vec<String> = ended.iter().map(told).collect();
    match groups.is_empty() {
        true => name.to_owned(),
        false => language.fill("operations.seasons_ended", &[("schedule", name), ("groups", &groups.join(", "))]),
    }
}

/// What each door does, and how long those that answer one by one take.
fn doors(signed_in: &SignedIn) -> Table {
    let (language, gate) = (signed_in.language(), signed_in.registry().gate());
    let door = |channel: Channel| {
        let name = language.text(&format!("window.door_{}", channel.word()));
        let mode = language.text(&format!("window.mode_{}", gate.mode(channel).word()));
        let times = gate.answer_times(channel);
        let time =
            |of: fn(&AnswerTimes) -> Duration| times.as_ref().map_or("–".to_owned(), |times| milliseconds(of(times)));
        let count = times.as_ref().map_or("–".to_owned(), |times| grouped(times.count as u64));
        let cells = [
            name.to_owned(),
            mode.to_owned(),
            count,
            time(|times| times.median),
            time(|times| times.p95),
            time(|times| times.p99),
        ];
        cells.map(Cell::text).into()
    };
    let columns = ["door", "mode", "answers", "median", "p95", "p99"];
    Table {
        caption: language.text("operations.doors").to_owned(),
        columns: columns.map(|column| language.text(&format!("operations.{column}")).to_owned()).into(),
        rows: super::maintenance::doors().map(door).collect(),
        empty: String::new(),
    }
}

/// `0.8 ms`, `12 ms`, `1,204 ms`.
fn milliseconds(time: Duration) -> String {
    match time.as_micros() {
        microseconds @ 0..10_000 => format!("{}.{} ms", microseconds / 1_000, microseconds % 1_000 / 100),
        microseconds => format!("{} ms", grouped(microseconds as u64 / 1_000)),
    }
}

fn backups(signed_in: &SignedIn, backups: &Backups) -> Table {
    let language = signed_in.language();
    let never = || Cell::text(language.text("operations.backup_never"));
    let moment = |at| dates::moment(signed_in.registry(), at, language);
    let made = backups.made.as_ref().map_or_else(never, |made| {
        let rows = language.fill("operations.backup_rows", &[("rows", &grouped(made.rows))]);
        Cell::text(moment(made.at)).with_note(format!("{} · {rows}", made.place))
    });
    let tested = backups.tested.as_ref().map_or_else(never, |tested| {
        let outcome = language.text(if tested.is_well { "operations.backup_well" } else { "operations.backup_broken" });
        let reaches = tested.reaches_to.map(|at| language.fill("operations.backup_reaches", &[("time", &moment(at))]));
        let parts = [Some(tested.place.clone()), Some(outcome.to_owned()), reaches];
        Cell::text(moment(tested.at)).with_note(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    });
    let named = |key: &str, cell| vec![Cell::text(language.text(key)), cell];
    let rows = vec![named("operations.backup_made", made), named("operations.backup_tested", tested)];
    facts(language, "operations.backups", rows)
}

fn messages(language: Language, caption: &str, counts: &[(MessageState, u64)]) -> Table {
    let line = |(state, count): &(MessageState, u64)| {
        row(language, &format!("operations.message_{}", state.word()), grouped(*count))
    };
    let rows = counts.iter().filter(|(_, count)| *count > 0).map(line).collect();
    let empty = language.text("operations.no_messages").to_owned();
    Table { empty, ..facts(language, caption, rows) }
}
