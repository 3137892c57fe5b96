//! The two founding windows, and how windows are made for tests.

use jiff::Timestamp;
use model::{ChannelModes, MaintenanceWindow, WallTime, WindowAction, WindowChange, WindowId, WindowKind, WindowState};
use notices::{Composer, Facts, Language, NoticeRules};
use serde::Deserialize;
use uuid::Uuid;

pub(crate) const ZONE: &str = "America/Chicago";

/// A profile, as far as notices need it.
#[derive(Deserialize)]
struct Profile {
    registry: toml::Table,
    contacts: toml::Table,
    closed_door: toml::Table,
    notices: NoticeRules,
}

/// The composer of the reference profile.
pub(crate) fn composer(language: Language) -> Composer {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/texas.toml");
    let profile = std::fs::read_to_string(path).expect("the profiles are part of the project");
    let profile: Profile = toml::from_str(&profile).expect("the profile can be read");
    let text = |table: &toml::Table, key: &str| table[key].as_str().expect("a text").to_owned();
    let facts = Facts {
        name: text(&profile.registry, "name"),
        short_name: text(&profile.registry, "short_name"),
        heading: text(&profile.closed_door, "heading"),
        sentence: text(&profile.closed_door, "sentence"),
        web_application: text(&profile.contacts, "web_application"),
        data_exchange: text(&profile.contacts, "data_exchange"),
        public_url: Some("https://iis.example.org".to_owned()),
        has_fhir: false,
        other_zones: profile.notices.other_zones.clone(),
    };
    Composer::new(profile.notices.texts(language).expect("the texts can be used"), facts)
}

/// An instant.
pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// The first notice's window.
pub(crate) fn scheduled() -> MaintenanceWindow {
    window(WindowKind::Scheduled, "scheduled system maintenance", "2024-05-31T19:00", "2024-06-01T05:00")
}

/// The second notice's window.
pub(crate) fn emergency() -> MaintenanceWindow {
    let reason = "an emergency ImmTrac2 production deployment for data fixes";
    window(WindowKind::Emergency, reason, "2025-02-06T19:00", "2025-02-06T21:00")
}

/// A window that was announced three weeks ahead.
pub(crate) fn window(kind: WindowKind, reason: &str, starts: &str, ends: &str) -> MaintenanceWindow {
    let wall = |text: &str| WallTime::at(text.parse().expect("a wall-clock time"));
    let (starts, ends) = (wall(starts), wall(ends));
    let at = |wall: &WallTime| wall.instant(ZONE).expect("the clocks show it once");
    let announced_at = at(&starts) - jiff::SignedDuration::from_hours(21 * 24);
    let mut window = MaintenanceWindow {
        id: WindowId(Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001)),
        kind,
        reason: reason.to_owned(),
        performed_by: "Texas Department of State Health Services (DSHS) IT".to_owned(),
        owner: String::new(),
        time_zone: ZONE.to_owned(),
        starts_at: at(&starts),
        ends_at: at(&ends),
        starts,
        ends,
        modes: ChannelModes::OF_A_DOWNTIME,
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
    note(&mut window, announced_at, WindowAction::Announced);
    window
}

/// Writes a line of a window's history.
pub(crate) fn note(window: &mut MaintenanceWindow, at: Timestamp, action: WindowAction) {
    let before = Some((window.starts_at, window.ends_at));
    window.changes.push(WindowChange { at, by: "operator".to_owned(), action, note: String::new(), before });
}

/// Moves it.
pub(crate) fn reschedule(window: &mut MaintenanceWindow, at: Timestamp, starts: &str, ends: &str) {
    note(window, at, WindowAction::Rescheduled);
    let moved = self::window(window.kind, &window.reason, starts, ends);
    (window.starts, window.ends) = (moved.starts, moved.ends);
    (window.starts_at, window.ends_at) = (moved.starts_at, moved.ends_at);
    window.sequence += 1;
}
