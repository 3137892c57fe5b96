//! The board: what the public may know of windows now, for the status page, its JSON and the banner.

use jiff::{SignedDuration, Timestamp};
use model::{Channel, ChannelModes, MaintenanceWindow, Mode, WindowKind, WindowState};
use serde::Serialize;

use crate::Composer;

/// Windows that are shown as past at most.
const PAST_MAXIMUM: usize = 50;

/// What the public may know. Serialized, it is `/status.json`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Board {
    /// The registry.
    pub registry: String,
    /// As of when.
    pub as_of: Timestamp,
    /// The same as `doors`, to reckon with.
    #[serde(skip)]
    modes: ChannelModes,
    /// What each door does now.
    pub doors: Vec<Door>,
    /// Windows under way, the first to begin first.
    pub current: Vec<BoardWindow>,
    /// Windows to come, the first to begin first.
    pub upcoming: Vec<BoardWindow>,
    /// Windows that are over, the last to end first.
    pub past: Vec<BoardWindow>,
}

/// A door, and what it does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Door {
    /// Which.
    pub channel: &'static str,
    /// `open`, `read_only`, `hold` or `closed`.
    pub mode: &'static str,
}

/// A window as the public sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BoardWindow {
    /// Its id, as in the calendar.
    pub id: String,
    /// `scheduled` or `emergency`.
    pub kind: &'static str,
    /// `announced`, `imminent`, `active`, `verifying`, `completed` or `cancelled`.
    pub state: &'static str,
    /// What is done.
    pub reason: String,
    /// Who does it.
    pub performed_by: String,
    /// Start.
    pub starts_at: Timestamp,
    /// Planned end.
    pub ends_at: Timestamp,
    /// True end, once it is over.
    pub ended_at: Option<Timestamp>,
    /// IANA name of the zone in which it was promised.
    pub time_zone: String,
    /// Its times in words, with weekday, year and zone.
    pub times: String,
    /// Whether its planned end has passed.
    pub is_overdue: bool,
    /// Whether its end was moved.
    pub is_extended: bool,
    /// Grows with every change that a calendar shows.
    pub sequence: u32,
    /// What each door does meanwhile.
    pub doors: Vec<Door>,
    /// The time left to its start, or to its planned end, in words; empty when there is none.
    #[serde(skip)]
    pub time_left: String,
    /// What happened to it, oldest first.
    pub updates: Vec<Update>,
}

/// A line of a window's history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Update {
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: &'static str,
}

/// What stands on top of every page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Banner {
    /// The window.
    pub window: BoardWindow,
    /// The instant to which is counted down; `None` when the end has passed.
    pub counts_to: Option<Timestamp>,
    /// Whether it has begun.
    pub has_begun: bool,
}

/// How long before its start a window stands on every page.
const BANNER_LEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// From when on a window that begins then stands on every page.
pub fn banner_begins_at(starts_at: Timestamp) -> Timestamp {
    starts_at - BANNER_LEAD
}

impl Board {
    /// The board at an instant.
    pub fn new(registry: &str, windows: &[MaintenanceWindow], composer: &Composer, now: Timestamp) -> Board {
        let mut public: Vec<(&MaintenanceWindow, WindowState)> =
            windows.iter().filter(|window| is_public(window)).map(|window| (window, window.state_at(now))).collect();
        public.sort_by_key(|(window, _)| (window.starts_at, window.id));
        let shown = |wanted: fn(WindowState) -> bool| {
            let chosen = public.iter().filter(move |(_, state)| wanted(*state));
            chosen.map(|(window, _)| BoardWindow::new(window, composer, now)).collect::<Vec<_>>()
        };
        let mut past = shown(WindowState::is_over);
        past.sort_by_key(|window| std::cmp::Reverse((window.ended_at.unwrap_or(window.ends_at), window.id.clone())));
        past.truncate(PAST_MAXIMUM);
        let in_force = public.iter().filter(|(_, state)| state.is_in_force());
        let modes = in_force.fold(ChannelModes::default(), |modes, (window, _)| modes.strictest(&window.modes));
        Board {
            registry: registry.to_owned(),
            as_of: now,
            modes,
            doors: doors(|channel| modes.of(channel)),
            current: shown(WindowState::is_in_force),
            upcoming: shown(|state| matches!(state, WindowState::Announced | WindowState::Imminent)),
            past,
        }
    }

    /// The board of a node whose doors are at least as strict as this, whatever the windows say.
    #[must_use]
    pub fn at_least(mut self, modes: &ChannelModes) -> Board {
        self.modes = self.modes.strictest(modes);
        self.doors = doors(|channel| self.modes.of(channel));
        self
    }

    /// What stands on top of every page: a window under way, or one that begins within a week.
    pub fn banner(&self) -> Option<Banner> {
        if let Some(window) = self.current.first() {
            let counts_to = (!window.is_overdue).then_some(window.ends_at);
            return Some(Banner { window: window.clone(), counts_to, has_begun: true });
        }
        let next = self.upcoming.first()?;
        let is_near = self.as_of >= banner_begins_at(next.starts_at);
        is_near.then(|| Banner { window: next.clone(), counts_to: Some(next.starts_at), has_begun: false })
    }

    /// The board as JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).expect("the board has string keys and cannot fail") + "\n"
    }
}

impl BoardWindow {
    fn new(window: &MaintenanceWindow, composer: &Composer, now: Timestamp) -> BoardWindow {
        let (reason, performed_by) = composer.work(window);
        let state = window.state_at(now);
        BoardWindow {
            id: window.id.to_string(),
            kind: window.kind.word(),
            state: state.word(),
            reason,
            performed_by,
            starts_at: window.starts_at,
            ends_at: window.ends_at,
            ended_at: window.ended_at,
            time_zone: window.time_zone.clone(),
            times: if state == WindowState::Completed { composer.times_true(window) } else { composer.times(window) },
            is_overdue: window.is_overdue_at(now),
            is_extended: window.is_extended,
            sequence: window.sequence,
            doors: doors(|channel| window.modes.of(channel)),
            time_left: composer.time_left(window, now),
            updates: public_changes(window),
        }
    }

    /// Whether it is an emergency.
    pub fn is_emergency(&self) -> bool {
        self.kind == WindowKind::Emergency.word()
    }
}

/// Whether the public knows of a window: it was announced, or it began.
pub(crate) fn is_public(window: &MaintenanceWindow) -> bool {
    window.announced_at().is_some() || window.started_at.is_some()
}

/// What was done from the announcement on. Notes are for operators and stay with them.
fn public_changes(window: &MaintenanceWindow) -> Vec<Update> {
    use model::WindowAction::{BecameImminent, Planned};
    let shown = window.changes.iter().filter(|change| !matches!(change.action, Planned | BecameImminent));
    shown.map(|change| Update { at: change.at, action: change.action.word() }).collect()
}

fn doors(mode: impl Fn(Channel) -> Mode) -> Vec<Door> {
    let doors = [Channel::Web, Channel::WebService, Channel::Fhir, Channel::File];
    doors.into_iter().map(|channel| Door { channel: channel.word(), mode: mode(channel).word() }).collect()
}
