//! `bluebonnet maintenance report`: what happened in a window, and who has not come back.

use anyhow::Context;
use clap::Args;
use model::{Channel, counted};
use registry::{AfterReport, COUNTED_WITHIN, Registry};
use serde_json::{Value, json};

use super::find;
use super::show::{print_window, window_json};
use crate::commands::file::FilePlace;
use crate::ending::{Ending, Failure};
use crate::left_counts;
use crate::place;
use crate::tables::{Table, grouped, print_json, print_line};
use crate::times::moment;
use crate::world;

/// Reports on a window: how long it was, whom it turned away, what came since, and who has not come back
///
/// Files that wait in the spool of another node are counted once that node works on them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance report 4F0Q --json")]
pub(crate) struct Report {
    /// The window's number, or its beginning
    window: String,
    #[command(flatten)]
    place: FilePlace,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Report {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let (registry, exchange) = self.place.open_to_look()?;
        let admission = place::admit(&registry)?;
        let window = find(&registry, &admission, &self.window)?;
        self.take_left_counts(&registry);
        let report = match exchange {
            Some(exchange) => exchange.after_report(&admission, window.id, world::now())?,
            None => registry.after_report(&admission, window.id, world::now())?,
        };
        if self.json {
            print_json(&as_json(&report))?;
            return Ok(Ending::Well);
        }
        print(&registry, &report)?;
        Ok(Ending::Well)
    }

    /// What a front of this data folder counted is told of, too, whether or not a program with the database serves it.
    fn take_left_counts(&self, registry: &Registry) {
        let keep = |refusals: &[_]| registry.add_refusals(refusals).context("database");
        if let Err(error) = left_counts::take(self.place.data(), keep) {
            eprintln!("bluebonnet: what a front counted is not told of: {error:#}");
        }
    }
}

fn as_json(report: &AfterReport) -> Value {
    let counts = |counts: &[(model::Channel, u64)]| {
        counts
            .iter()
            .map(|(channel, count)| (channel.word().to_owned(), json!(count)))
            .collect::<serde_json::Map<_, _>>()
    };
    let senders: Vec<Value> = report
        .senders
        .iter()
        .map(|sender| {
            json!({
                "channel": sender.refusals.channel.word(),
                "address": sender.refusals.address,
                "claimed_name": sender.refusals.name,
                "organization": sender.organization_code,
                "turned_away": sender.refusals.count,
                "first_at": sender.refusals.first_at,
                "last_at": sender.refusals.last_at,
                "returned_at": sender.returned_at,
            })
        })
        .collect();
    let outstanding = report.outstanding();
    json!({
        "window": window_json(&report.window, world::now()),
        "planned_seconds": report.planned.as_secs(),
        "lasted_seconds": report.lasted.as_secs(),
        "turned_away": counts(&report.turned_away),
        "files": {
            "taken": report.files.taken,
            "waiting": report.files.waiting,
            "processed": report.files.processed,
            "messages": report.files.messages,
        },
        "notices": report.told.iter().map(|(state, count)| (state.word().to_owned(), json!(count))).collect::<serde_json::Map<_, _>>(),
        "messages_since": counts(&report.messages_since),
        "senders": senders,
        "still_away": {"senders": outstanding.senders, "calls": outstanding.calls},
        "may_lack_calls": report.may_lack_calls(world::now()),
    })
}

fn print(registry: &Registry, report: &AfterReport) -> Result<(), Failure> {
    let now = world::now();
    print_window(&report.window, now)?;
    print_line(&format!("planned {:#}, lasted {:#}", whole(report.planned), whole(report.lasted)))?;
    for (channel, count) in &report.turned_away {
        print_line(&format!("{} turned away at the door {}", counted(*count, "call"), channel.word()))?;
    }
    let files = report.files;
    print_line(&format!(
        "{} taken in it, {} waiting, {} processed, with {}",
        counted(files.taken, "file"),
        grouped(files.waiting),
        grouped(files.processed),
        counted(files.messages, "message")
    ))?;
    for (state, count) in &report.told {
        let state = state.word();
        let notices = counted(*count, "notice");
        print_line(&format!("{notices} {state} (`bluebonnet notice list --state {state}`)"))?;
    }
    for (channel, count) in &report.messages_since {
        let came = match channel {
            Channel::File => "processed from files".to_owned(),
            door => format!("came by {}", door.word()),
        };
        print_line(&format!("{} {came} since", counted(*count, "message")))?;
    }
    let mut table = Table::new(&["NOT BACK", "FROM", "DOOR", "TURNED AWAY", "LAST"]);
    for sender in report.still_away() {
        let claimed = Some(&sender.refusals.name).filter(|name| !name.is_empty());
        let name = sender.organization_code.as_ref().or(claimed).map_or("unknown", String::as_str).to_owned();
        let last = moment(registry, sender.refusals.last_at);
        let channel = sender.refusals.channel.word().to_owned();
        table.row([name, sender.refusals.address.clone(), channel, grouped(sender.refusals.count), last]);
    }
    table.print_or(nobody_away(report))?;
    if report.may_lack_calls(now) {
        print_line(&format!("calls of the last {} seconds may not be counted yet", COUNTED_WITHIN.as_secs()))?;
    }
    Ok(())
}

/// Why nobody has anything to send again.
fn nobody_away(report: &AfterReport) -> &'static str {
    if report.senders.is_empty() {
        "nobody was turned away"
    } else if report.senders.iter().all(|sender| sender.refusals.channel == Channel::Web) {
        "nobody has anything to send again: only pages were turned away"
    } else {
        "every sender that was turned away has come back"
    }
}

fn whole(duration: jiff::SignedDuration) -> jiff::SignedDuration {
    jiff::SignedDuration::from_secs(duration.as_secs())
}
