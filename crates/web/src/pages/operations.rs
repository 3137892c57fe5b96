//! How the registry is doing: for operators and the registry's office.

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use model::Right;

use crate::Web;
use crate::failures::Failure;
use crate::listings::{Cell, Listing, Table};
use crate::pages::files::size_in_words;
use crate::signed_in::SignedIn;

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/operations", get(show))
}

async fn show(signed_in: SignedIn) -> Result<Response, Failure> {
    let language = signed_in.language();
    let registry = signed_in.registry().clone();
    registry.authorize_here(&signed_in.caller, Right::ReadOperations)?;
    let admitted = signed_in.admit()?;
    let exchange = signed_in.web().exchange.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let health = registry.health();
        let counts = registry.message_counts(&admitted)?;
        let backlog = exchange.backlog(&admitted)?;
        let schedules = registry.schedules(&admitted)?;
        Ok::<_, registry::RegistryError>((health, counts, backlog, schedules))
    });
    let (health, counts, (files, bytes), schedules) = reading.await??;
    let gate = signed_in.registry().gate().clone();
    let schedule = schedules.into_iter().find(|schedule| schedule.is_in_use && !schedule.is_local);
    let yes_no = |claim: bool| language.text(if claim { "operations.yes" } else { "operations.no" });
    let row = |key: &str, value: String| vec![Cell::text(language.text(key)), Cell::text(value)];
    let columns = || ["operations.what", "operations.value"].map(|key| language.text(key).to_owned()).to_vec();
    let health = Table {
        caption: language.text("operations.health").to_owned(),
        columns: columns(),
        rows: vec![
            row("operations.ready", yes_no(health.is_ready()).to_owned()),
            row("operations.database", yes_no(health.database_answers).to_owned()),
            row("operations.in_flight", health.in_flight.to_string()),
            row("operations.program", signed_in.web().settings.version.to_owned()),
            row("operations.gate", yes_no(!health.is_stopping).to_owned()),
            row("operations.turned_away", gate.turned_away_count().to_string()),
            row("operations.backlog", format!("{files} ({})", size_in_words(bytes, language))),
            row("operations.schedule", schedule.map(|schedule| schedule.name).unwrap_or_default()),
        ],
        empty: String::new(),
    };
    let messages = Table {
        caption: language.text("operations.messages").to_owned(),
        columns: columns(),
        rows: counts
            .iter()
            .map(|(state, count)| vec![Cell::text(state.word()), Cell::text(count.to_string())])
            .collect(),
        empty: language.text("operations.no_messages").to_owned(),
    };
    let door = |channel: model::Channel| {
        let mode = language.text(&format!("window.mode_{}", gate.mode(channel).word()));
        row(&format!("window.door_{}", channel.word()), mode.to_owned())
    };
    let doors = Table {
        caption: language.text("operations.doors").to_owned(),
        columns: columns(),
        rows: model::Channel::DOORS.into_iter().map(door).collect(),
        empty: String::new(),
    };
    let ways = vec![("/metrics".to_owned(), language.text("operations.metrics").to_owned())];
    Listing {
        page: signed_in.page(language.text("ways.operations")),
        intro: language.text("operations.intro").to_owned(),
        ways,
        filter: None,
        tables: vec![health, doors, messages],
    }
    .show()
}
