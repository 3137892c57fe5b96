//! The calendar feed (RFC 5545): one event for each window, with the zone of its promise.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use model::{MaintenanceWindow, Occurrence, WallTime, WindowAction, WindowState};

use crate::Composer;
use crate::board::is_public;

/// Octets of a line before it is folded (RFC 5545, 3.1).
const LINE_OCTETS: usize = 75;

/// The calendar of all windows that the public knows of, in CRLF lines. A cancelled window stays, as `CANCELLED`, so
/// that subscribers' calendars take it out.
pub fn calendar(windows: &[MaintenanceWindow], composer: &Composer, name: &str, url: &str) -> String {
    let public: Vec<&MaintenanceWindow> = windows.iter().filter(|window| is_public(window)).collect();
    let mut lines = Lines::default();
    lines.add("BEGIN:VCALENDAR");
    lines.add("VERSION:2.0");
    lines.add("PRODID:-//Bluebonnet//Maintenance windows//EN");
    lines.add("CALSCALE:GREGORIAN");
    lines.add("METHOD:PUBLISH");
    lines.add(&format!("X-WR-CALNAME:{}", escaped(name)));
    lines.add("REFRESH-INTERVAL;VALUE=DURATION:PT15M");
    lines.add("X-PUBLISHED-TTL:PT15M");
    let zones: BTreeSet<&str> = public.iter().map(|window| window.time_zone.as_str()).collect();
    for zone in zones {
        let of_zone = public.iter().filter(|window| window.time_zone == zone);
        let first = of_zone.clone().map(|window| window.starts_at.min(window.ends_at)).min();
        let last = of_zone.map(|window| window.ends_at.max(window.starts_at)).max();
        if let (Some(first), Some(last)) = (first, last) {
            add_zone(&mut lines, zone, first, last);
        }
    }
    for window in public {
        add_event(&mut lines, window, composer, url);
    }
    lines.add("END:VCALENDAR");
    lines.text
}

fn add_event(lines: &mut Lines, window: &MaintenanceWindow, composer: &Composer, url: &str) {
    let changed_at = window.changed_at().unwrap_or(window.starts_at);
    let notice = crate::compose_for_feed(window, composer);
    let is_over = window.state == WindowState::Completed;
    let end = match window.ended_at.filter(|_| is_over) {
        Some(ended_at) => WallTime::of(ended_at, &window.time_zone).unwrap_or(window.ends),
        None => window.ends,
    };
    let status = if window.state == WindowState::Cancelled { "CANCELLED" } else { "CONFIRMED" };
    lines.add("BEGIN:VEVENT");
    lines.add(&format!("UID:{}", window.id.0.hyphenated()));
    lines.add(&format!("SEQUENCE:{}", window.sequence));
    lines.add(&format!("DTSTAMP:{}", utc(changed_at)));
    lines.add(&format!("LAST-MODIFIED:{}", utc(changed_at)));
    lines.add(&format!("DTSTART{}", local(window.starts, window.starts_at, &window.time_zone)));
    let ends_at = window.ended_at.filter(|_| is_over).unwrap_or(window.ends_at);
    lines.add(&format!("DTEND{}", local(end, ends_at, &window.time_zone)));
    lines.add(&format!("STATUS:{status}"));
    lines.add("TRANSP:TRANSPARENT");
    lines.add(&format!("CATEGORIES:{}", window.kind.word().to_uppercase()));
    lines.add(&format!("SUMMARY;LANGUAGE={}:{}", composer.language().tag(), escaped(&notice.subject)));
    let text = crate::plain_text(&notice, &[]);
    lines.add(&format!("DESCRIPTION;LANGUAGE={}:{}", composer.language().tag(), escaped(text.trim_end())));
    if !url.is_empty() {
        lines.add(&format!("URL:{}/status#{}", url.trim_end_matches('/'), window.id));
    }
    lines.add("END:VEVENT");
}

/// A wall-clock time with its zone. Of a time that comes twice the zone's form means the first; the second is written
/// as an instant.
fn local(wall: WallTime, at: Timestamp, zone: &str) -> String {
    match wall.occurrence {
        Some(Occurrence::Second) => format!(":{}", utc(at)),
        _ => format!(";TZID={zone}:{}", wall.local.strftime("%Y%m%dT%H%M%S")),
    }
}

/// The zone as it is from the year before the first window to the year after the last, each change of clocks by itself.
fn add_zone(lines: &mut Lines, name: &str, first: Timestamp, last: Timestamp) {
    const YEAR: i64 = 366 * 24 * 3600;
    let zone = TimeZone::get(name).unwrap_or(TimeZone::UTC);
    let begin = Timestamp::from_second(first.as_second() - YEAR).unwrap_or(first);
    let end = Timestamp::from_second(last.as_second() + YEAR).unwrap_or(last);
    lines.add("BEGIN:VTIMEZONE");
    lines.add(&format!("TZID:{name}"));
    let before = begin.to_zoned(zone.clone());
    add_observance(lines, &before, before.offset().seconds());
    for change in zone.following(begin).take_while(|change| change.timestamp() <= end) {
        let instant = change.timestamp();
        let just_before = Timestamp::from_second(instant.as_second() - 1).unwrap_or(instant).to_zoned(zone.clone());
        add_observance(lines, &instant.to_zoned(zone.clone()), just_before.offset().seconds());
    }
    lines.add("END:VTIMEZONE");
}

fn add_observance(lines: &mut Lines, from: &Zoned, offset_before: i32) {
    let kind = if from.time_zone().to_offset_info(from.timestamp()).dst().is_dst() { "DAYLIGHT" } else { "STANDARD" };
    // What the clocks showed when they changed, by the offset before.
    let onset = jiff::tz::Offset::from_seconds(offset_before).map(|offset| offset.to_datetime(from.timestamp()));
    let onset = onset.unwrap_or(from.datetime());
    lines.add(&format!("BEGIN:{kind}"));
    lines.add(&format!("DTSTART:{}", onset.strftime("%Y%m%dT%H%M%S")));
    lines.add(&format!("TZOFFSETFROM:{}", offset(offset_before)));
    lines.add(&format!("TZOFFSETTO:{}", offset(from.offset().seconds())));
    lines.add(&format!("TZNAME:{}", from.strftime("%Z")));
    lines.add(&format!("END:{kind}"));
}

fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.abs() / 60;
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value (RFC 5545, 3.3.11).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace("\r\n", "\\n").replace('\n', "\\n")
}

#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    /// Adds a line, folded where it is too long, never within a character.
    fn add(&mut self, line: &str) {
        let mut octets = 0;
        for letter in line.chars() {
            if octets + letter.len_utf8() > LINE_OCTETS {
                self.text.push_str("\r\n ");
                octets = 1;
            }
            self.text.push(letter);
            octets += letter.len_utf8();
        }
        self.text.push_str("\r\n");
    }
}

/// The notice that stands for a window in a feed: the last that was said of it.
pub(crate) fn last_action(window: &MaintenanceWindow) -> Option<WindowAction> {
    let told = |action: WindowAction| {
        matches!(
            action,
            WindowAction::Announced
                | WindowAction::Rescheduled
                | WindowAction::Started
                | WindowAction::Extended
                | WindowAction::BecameOverdue
                | WindowAction::StillOverdue
                | WindowAction::Completed
                | WindowAction::Cancelled
        )
    };
    window.changes.iter().rev().map(|change| change.action).find(|action| told(*action))
}
