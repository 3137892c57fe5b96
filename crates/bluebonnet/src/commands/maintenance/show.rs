//! `bluebonnet maintenance list` and `status`, and how a window is shown.

use std::path::Path;

use clap::Args;
use jiff::Timestamp;
use model::{Channel, MaintenanceWindow, counted};
use registry::maintenance_status;
use serde_json::{Value, json};

use super::tell_again;
use crate::ending::{Ending, Failure};
use crate::live_counts::{self, LiveCounts};
use crate::place::{self, Place};
use crate::state_file::StateFile;
use crate::tables::{Table, grouped, print_json, print_line};
use crate::world;

/// Lists all windows, the latest first; a front that stands on this data folder takes them over
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance list --json")]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Says what each door does now, what is planned, and what the nodes on this machine still have in flight. Reads the
/// state file alone, so that it works while the database is down
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet maintenance status")]
pub(crate) struct Status {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// A window as JSON: all of it, and what people ask first.
pub(crate) fn window_json(window: &MaintenanceWindow, now: Timestamp) -> Value {
    let mut value = serde_json::to_value(window).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.insert("number".to_owned(), json!(window.id.number()));
        fields.insert("state_now".to_owned(), json!(window.state_at(now).word()));
        fields.insert("is_overdue_now".to_owned(), json!(window.is_overdue_at(now)));
        fields.insert("times".to_owned(), json!(window.times_in_words()));
        fields.insert("duration".to_owned(), json!(window.duration_in_words()));
    }
    value
}

/// Prints a window for people.
pub(crate) fn print_window(window: &MaintenanceWindow, now: Timestamp) -> Result<(), Failure> {
    let flags = [(window.is_extended, ", extended"), (window.is_overdue_at(now), ", OVERDUE: complete or extend it")];
    let flags: String = flags.iter().filter(|(holds, _)| *holds).map(|(_, words)| *words).collect();
    let (number, state) = (window.id.number(), window.state_at(now).word());
    print_line(&format!("{number}  {} window, {state}{flags}", window.kind.word()))?;
    print_line(&format!("  {} will perform {}", window.performed_by, window.reason))?;
    print_line(&format!("  {}, {}", window.times_in_words(), window.duration_in_words()))?;
    let modes: Vec<String> = Channel::DOORS
        .into_iter()
        .map(|channel| format!("{} {}", channel.word(), window.modes.of(channel).word()))
        .collect();
    print_line(&format!("  {}", modes.join(", ")))?;
    Ok(())
}

impl List {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        tell_again(&self.place, &registry);
        let windows = registry.windows(&place::admit(&registry)?)?;
        let now = world::now();
        if self.json {
            print_json(&windows.iter().map(|window| window_json(window, now)).collect::<Vec<_>>())?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["NUMBER", "KIND", "STATE", "LASTS", "TIMES"]);
        for window in &windows {
            let overdue = if window.is_overdue_at(now) { " (overdue)" } else { "" };
            table.row([
                window.id.number(),
                window.kind.word().to_owned(),
                format!("{}{overdue}", window.state_at(now).word()),
                window.duration_in_words(),
                window.times_in_words(),
            ]);
        }
        table.print_or("no maintenance window is planned or was")?;
        Ok(Ending::Well)
    }
}

impl Status {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let data = &self.place.data;
        let windows = StateFile::of(data).read()?.ok_or_else(|| no_state(data))?.windows;
        let now = world::now();
        let nodes = live_counts::read(data);
        let mut status = maintenance_status(&windows, now);
        // A front is closed, whatever the windows say.
        for modes in nodes.iter().filter_map(|node| node.front) {
            status.modes = status.modes.strictest(&modes);
        }
        if self.json {
            let list = |windows: &[MaintenanceWindow]| {
                windows.iter().map(|window| window_json(window, now)).collect::<Vec<_>>()
            };
            print_json(&json!({
                "now": now,
                "modes": status.modes,
                "in_force": list(&status.in_force),
                "coming": list(&status.coming),
                "nodes": nodes,
            }))?;
            return Ok(Ending::Well);
        }
        for channel in Channel::DOORS {
            print_line(&format!("{:12} {}", channel.word(), status.modes.of(channel).word()))?;
        }
        for window in status.in_force.iter().chain(&status.coming) {
            print_window(window, now)?;
        }
        nodes.iter().try_for_each(print_node)?;
        Ok(Ending::Well)
    }
}

fn no_state(data: &Path) -> Failure {
    Failure::Refused(format!(
        "there is no state of maintenance in {}: nothing has served that data folder, and no window was ordered on it; \
         --data says where",
        data.display()
    ))
}

fn print_node(node: &LiveCounts) -> Result<(), Failure> {
    let LiveCounts { node, in_flight, turned_away, front, .. } = node;
    let still = counted(in_flight.values().sum(), "call");
    print_line(&format!("node {node}: {still} in flight, {} turned away", grouped(*turned_away)))?;
    if front.is_some() {
        print_line("  a front without a database: its doors are closed, in a window or not")?;
    }
    Ok(())
}
