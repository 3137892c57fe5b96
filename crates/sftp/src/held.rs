//! What the door says during a maintenance window: in the banner of a new connection, and in `/outbox/HELD.txt`.

use std::fmt::Write;

use jiff::tz::TimeZone;
use model::{Channel, MaintenanceWindow, Mode, counted};
use registry::Gate;
use spool::Record;

/// The file in the outbox.
pub(crate) const HELD_FILE: &str = "HELD.txt";
/// Files named one by one in it.
const NAMED_MAXIMUM: usize = 1_000;

/// Whether files wait for the end of a window.
pub(crate) fn is_held(gate: &Gate) -> bool {
    gate.modes().hold_files()
}

/// What a client is told before it signs in; nothing in normal times.
pub(crate) fn banner(gate: &Gate) -> Option<String> {
    if gate.mode(Channel::File) == Mode::Closed {
        return Some(format!("{}\n", gate.closed().sentence));
    }
    is_held(gate).then(|| format!("{}\n{PROMISE}\n", heading(gate)))
}

/// The content of `HELD.txt`; nothing in normal times. Lines end as in a text file of Windows, which all others read, too.
pub(crate) fn text(gate: &Gate, waiting: &[Record]) -> Option<String> {
    if !is_held(gate) {
        return None;
    }
    let messages: u64 = waiting.iter().map(|record| record.message_count).sum();
    let mut text = format!(
        "{}\n{PROMISE}\n\nWaiting: {}, {}.\n",
        heading(gate),
        counted(waiting.len() as u64, "file"),
        counted(messages, "message")
    );
    let zone = in_force(gate).map_or(TimeZone::UTC, |window| zone_of(&window));
    for record in waiting.iter().take(NAMED_MAXIMUM) {
        let Record { id, name, size, message_count, received_at, .. } = record;
        let (receipt, messages) = (id.number(), counted(*message_count, "message"));
        let received = received_at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z");
        writeln!(text, "  {receipt}  {received}  {size} bytes  {messages}  {name}").expect("a string takes everything");
    }
    if let Some(more) = waiting.len().checked_sub(NAMED_MAXIMUM + 1) {
        writeln!(text, "  and {} more", more + 1).expect("a string takes everything");
    }
    Some(text.replace('\n', "\r\n"))
}

const PROMISE: &str = "Files are taken and kept. They are processed by themselves when it is over, in the order of their \
                       arrival. Nothing needs to be sent again.";

/// Until when, as far as that is known.
fn heading(gate: &Gate) -> String {
    match in_force(gate) {
        Some(window) if window.is_overdue || gate.now().is_some_and(|now| window.is_overdue_at(now)) => {
            format!("Maintenance takes longer than planned ({}).", window.times_in_words())
        }
        Some(window) => {
            let end = window.ends_at.to_zoned(zone_of(&window));
            let (clock, day) = (model::clock_in_words(&end), model::day_in_words(&end));
            format!("Maintenance until {clock} {day} ({}).", model::zone_letters(&end))
        }
        None => "Maintenance.".to_owned(),
    }
}

/// The window that holds files; of several the one that is planned to end last.
fn in_force(gate: &Gate) -> Option<MaintenanceWindow> {
    gate.windows().into_iter().filter(|window| holds_files(gate, window)).max_by_key(|window| window.ends_at)
}

fn zone_of(window: &MaintenanceWindow) -> TimeZone {
    TimeZone::get(&window.time_zone).unwrap_or(TimeZone::UTC)
}

fn holds_files(gate: &Gate, window: &MaintenanceWindow) -> bool {
    let is_in_force = gate.now().is_some_and(|now| window.state_at(now).is_in_force());
    is_in_force && window.modes.hold_files()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use model::{ChannelModes, FileId, OrganizationId, WallTime, WindowId, WindowKind, WindowState};
    use uuid::Uuid;

    use super::*;

    const ZONE: &str = "America/Chicago";

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn in_the_window() -> Timestamp {
        at("2024-06-01T03:00:00Z")
    }

    fn after_its_planned_end() -> Timestamp {
        at("2024-06-01T10:30:00Z")
    }

    fn gate(modes: ChannelModes, clock: fn() -> Timestamp) -> Gate {
        let (starts_at, ends_at) = (at("2024-06-01T00:00:00Z"), at("2024-06-01T10:00:00Z"));
        let window = MaintenanceWindow {
            id: WindowId(Uuid::from_u128(1)),
            kind: WindowKind::Scheduled,
            reason: "system maintenance".to_owned(),
            performed_by: "IT".to_owned(),
            owner: String::new(),
            time_zone: ZONE.to_owned(),
            starts: WallTime::of(starts_at, ZONE).expect("the zone is known"),
            ends: WallTime::of(ends_at, ZONE).expect("the zone is known"),
            starts_at,
            ends_at,
            modes,
            test_organizations: Vec::new(),
            state: WindowState::Announced,
            is_extended: false,
            is_overdue: false,
            started_at: None,
            ended_at: None,
            sequence: 0,
            version: 1,
            changes: Vec::new(),
        };
        let gate = Gate::new("Please try again later.", 10);
        gate.set_clock(clock);
        gate.set_windows(vec![window]);
        gate
    }

    #[test]
    fn nothing_is_said_in_normal_times() {
        let gate = Gate::new("Please try again later.", 10);
        assert_eq!((banner(&gate), text(&gate, &[])), (None, None));
    }

    #[test]
    fn held_files_are_told_until_when() {
        let gate = gate(ChannelModes::OF_A_DOWNTIME, in_the_window);
        let heading = "Maintenance until 5:00 a.m. Saturday, June 1, 2024 (CT).\nFiles are taken and kept.";
        assert!(banner(&gate).is_some_and(|banner| banner.starts_with(heading)), "{:?}", banner(&gate));
        let record = Record {
            id: FileId(Uuid::from_u128(7)),
            organization_id: OrganizationId(Uuid::from_u128(8)),
            account: "clinic".to_owned(),
            name: "march.hl7".to_owned(),
            channel: Channel::File,
            received_at: at("2024-06-01T02:05:00Z"),
            size: 9,
            content_hash: String::new(),
            head_hash: String::new(),
            message_count: 2,
        };
        let text = text(&gate, &[record]).expect("files are held");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text}");
        let text = text.replace('\r', "");
        assert!(text.starts_with(heading) && text.contains("Waiting: 1 file, 2 messages.\n"), "{text}");
        assert!(text.contains("  2024-05-31 21:05 CDT  9 bytes  2 messages  march.hl7\n"), "{text}");
    }

    #[test]
    fn a_window_that_takes_longer_says_so() {
        let gate = gate(ChannelModes::OF_A_DOWNTIME, after_its_planned_end);
        assert!(banner(&gate).is_some_and(|banner| banner.starts_with("Maintenance takes longer than planned")));
    }

    #[test]
    fn a_closed_door_says_the_sentence() {
        let modes = ChannelModes { file: Mode::Closed, ..ChannelModes::OF_A_DOWNTIME };
        assert_eq!(banner(&gate(modes, in_the_window)).as_deref(), Some("Please try again later.\n"));
    }
}
