//! Maintenance windows: when the doors close, which of them, why, and what was decided about it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::wall_times::{duration_in_words, span_in_words};
use crate::{AccountId, Channel, WallTime, WindowId};

/// How long before its start a window is imminent.
const IMMINENT_SECONDS: i64 = 3600;

/// What a door does. Stricter modes come later; where windows overlap the strictest wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything is taken and done.
    #[default]
    Open,
    /// Questions are answered; changes are turned away.
    ReadOnly,
    /// Files are taken and kept; work rests until the door opens.
    Hold,
    /// Everything is turned away.
    Closed,
}

impl Mode {
    /// All modes, the least strict first.
    pub const ALL: [Mode; 4] = [Mode::Open, Mode::ReadOnly, Mode::Hold, Mode::Closed];

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            Mode::Open => "open",
            Mode::ReadOnly => "read_only",
            Mode::Hold => "hold",
            Mode::Closed => "closed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.word() == word)
    }
}

/// The mode of each door. The command line is always open: operators end windows with it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelModes {
    /// The web application.
    pub web: Mode,
    /// The SOAP web service.
    pub web_service: Mode,
    /// FHIR.
    pub fhir: Mode,
    /// Files, by SFTP and by upload.
    pub file: Mode,
    /// Work in the background.
    pub jobs: Mode,
}

impl ChannelModes {
    /// What both founding notices say: web, web service and FHIR closed; files taken and not processed; jobs paused.
    pub const OF_A_DOWNTIME: ChannelModes = ChannelModes {
        web: Mode::Closed,
        web_service: Mode::Closed,
        fhir: Mode::Closed,
        file: Mode::Hold,
        jobs: Mode::Hold,
    };

    /// The mode of one door.
    pub fn of(&self, channel: Channel) -> Mode {
        match channel {
            Channel::Web => self.web,
            Channel::WebService => self.web_service,
            Channel::Fhir => self.fhir,
            Channel::File => self.file,
            Channel::Jobs => self.jobs,
            Channel::CommandLine => Mode::Open,
        }
    }

    /// Sets the mode of one door; the command line has none.
    pub fn set(&mut self, channel: Channel, mode: Mode) {
        match channel {
            Channel::Web => self.web = mode,
            Channel::WebService => self.web_service = mode,
            Channel::Fhir => self.fhir = mode,
            Channel::File => self.file = mode,
            Channel::Jobs => self.jobs = mode,
            Channel::CommandLine => {}
        }
    }

    /// Whether files that were taken wait: their door says that they do, or the work on them rests.
    pub fn hold_files(&self) -> bool {
        self.file == Mode::Hold || self.jobs != Mode::Open
    }

    /// The stricter of both, door by door.
    pub fn strictest(&self, other: &ChannelModes) -> ChannelModes {
        let mut modes = *self;
        for channel in Channel::DOORS {
            modes.set(channel, self.of(channel).max(other.of(channel)));
        }
        modes
    }
}

impl Channel {
    /// The doors that a window can close.
    pub const DOORS: [Channel; 5] = [Channel::Web, Channel::WebService, Channel::Fhir, Channel::File, Channel::Jobs];

    /// The modes that make sense at a door: a call that is taken must be answered at once, so that it cannot be held;
    /// a file or a job is a change, so that it cannot be read-only.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Channel::Web | Channel::WebService | Channel::Fhir => &[Mode::Open, Mode::ReadOnly, Mode::Closed],
            Channel::File => &[Mode::Open, Mode::Hold, Mode::Closed],
            Channel::Jobs => &[Mode::Open, Mode::Hold],
            Channel::CommandLine => &[Mode::Open],
        }
    }
}

/// Why there is a window.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Planned ahead.
    Scheduled,
    /// It cannot wait.
    Emergency,
}

impl WindowKind {
    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            WindowKind::Scheduled => "scheduled",
            WindowKind::Emergency => "emergency",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<WindowKind> {
        [WindowKind::Scheduled, WindowKind::Emergency].into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a window stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowState {
    /// Planned, and nobody told; it closes nothing.
    Draft,
    /// Told.
    Announced,
    /// An hour or less before its start.
    Imminent,
    /// The doors are as its modes say.
    Active,
    /// The work is done and being looked at; the doors are still closed.
    Verifying,
    /// An operator said that it is over.
    Completed,
    /// It does not take place.
    Cancelled,
}

impl WindowState {
    /// All states.
    pub const ALL: [WindowState; 7] = [
        WindowState::Draft,
        WindowState::Announced,
        WindowState::Imminent,
        WindowState::Active,
        WindowState::Verifying,
        WindowState::Completed,
        WindowState::Cancelled,
    ];

    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            WindowState::Draft => "draft",
            WindowState::Announced => "announced",
            WindowState::Imminent => "imminent",
            WindowState::Active => "active",
            WindowState::Verifying => "verifying",
            WindowState::Completed => "completed",
            WindowState::Cancelled => "cancelled",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<WindowState> {
        WindowState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether the window's modes hold.
    pub fn is_in_force(self) -> bool {
        matches!(self, WindowState::Active | WindowState::Verifying)
    }

    /// Whether nothing will happen to it any more.
    pub fn is_over(self) -> bool {
        matches!(self, WindowState::Completed | WindowState::Cancelled)
    }
}

/// What was done to a window, by somebody or by the clock.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowAction {
    /// An operator planned it.
    Planned,
    /// An operator announced it.
    Announced,
    /// An operator moved it before it began.
    Rescheduled,
    /// An hour was left, by the clock.
    BecameImminent,
    /// It began, by the clock or by an operator.
    Started,
    /// An operator gave it a later end.
    Extended,
    /// Its end passed and nobody said that it is over, by the clock.
    BecameOverdue,
    /// It was overdue for a quarter of an hour, by the clock: those who wait are told.
    StillOverdue,
    /// An operator said that the work is done and is being looked at.
    Verifying,
    /// An operator said that it is over.
    Completed,
    /// An operator called it off.
    Cancelled,
}

impl WindowAction {
    /// The word stored and shown.
    pub fn word(self) -> &'static str {
        match self {
            WindowAction::Planned => "planned",
            WindowAction::Announced => "announced",
            WindowAction::Rescheduled => "rescheduled",
            WindowAction::BecameImminent => "became_imminent",
            WindowAction::Started => "started",
            WindowAction::Extended => "extended",
            WindowAction::BecameOverdue => "became_overdue",
            WindowAction::StillOverdue => "still_overdue",
            WindowAction::Verifying => "verifying",
            WindowAction::Completed => "completed",
            WindowAction::Cancelled => "cancelled",
        }
    }
}

/// One line of a window's history.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WindowChange {
    /// When.
    pub at: Timestamp,
    /// Who: a user name, `operator` at the command line, `clock`.
    pub by: String,
    /// What.
    pub action: WindowAction,
    /// Why, in the words of whoever did it; may be empty.
    #[serde(default)]
    pub note: String,
    /// Start and end before, where they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<(Timestamp, Timestamp)>,
}

/// A maintenance window. The wall-clock times and the zone are the promise; the instants are computed from them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct MaintenanceWindow {
    /// Its id; calendar entries and feeds carry it, so that changes find their entry.
    pub id: WindowId,
    /// Scheduled or emergency.
    pub kind: WindowKind,
    /// What is done, as it stands after "will perform": `scheduled system maintenance`.
    pub reason: String,
    /// Who does it: `Texas Department of State Health Services (DSHS) IT`.
    pub performed_by: String,
    /// Whom to alert when it is overdue: a mail address, or empty.
    #[serde(default)]
    pub owner: String,
    /// IANA name of the zone of both wall-clock times.
    pub time_zone: String,
    /// Start, as promised.
    pub starts: WallTime,
    /// End, as promised.
    pub ends: WallTime,
    /// Start, computed.
    pub starts_at: Timestamp,
    /// Planned end, computed. The window does not end by itself.
    pub ends_at: Timestamp,
    /// What each door does meanwhile.
    pub modes: ChannelModes,
    /// Codes of organizations whose messages may pass, for smoke tests.
    #[serde(default)]
    pub test_organizations: Vec<String>,
    /// Where it stood when it was last written; [`MaintenanceWindow::state_at`] says where it stands at an instant.
    pub state: WindowState,
    /// Whether its end was moved after it began.
    #[serde(default)]
    pub is_extended: bool,
    /// Whether its end passed while it was not over.
    #[serde(default)]
    pub is_overdue: bool,
    /// When it began.
    #[serde(default)]
    pub started_at: Option<Timestamp>,
    /// When an operator said that it is over, or called it off.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// iCalendar's SEQUENCE: grows with every change of times, modes or state that a calendar shows.
    pub sequence: u32,
    /// Grows with every change at all.
    pub version: i64,
    /// Everything that was done to it, oldest first.
    pub changes: Vec<WindowChange>,
}

impl MaintenanceWindow {
    /// Where it stands at an instant: windows that were announced begin by themselves, and none ends by itself.
    pub fn state_at(&self, now: Timestamp) -> WindowState {
        match self.state {
            WindowState::Announced | WindowState::Imminent if now >= self.starts_at => WindowState::Active,
            WindowState::Announced if now.as_second() >= self.starts_at.as_second() - IMMINENT_SECONDS => {
                WindowState::Imminent
            }
            state => state,
        }
    }

    /// Whether its planned end has passed at an instant while it is still in force.
    pub fn is_overdue_at(&self, now: Timestamp) -> bool {
        self.state_at(now).is_in_force() && now >= self.ends_at
    }

    /// The instants after which [`MaintenanceWindow::state_at`] says something else.
    pub fn turning_points(&self) -> [Timestamp; 3] {
        let imminent = self.starts_at.as_second().saturating_sub(IMMINENT_SECONDS);
        [Timestamp::from_second(imminent).unwrap_or(self.starts_at), self.starts_at, self.ends_at]
    }

    /// When something was last done to it.
    pub fn changed_at(&self) -> Option<Timestamp> {
        self.changes.last().map(|change| change.at)
    }

    /// When it was first announced.
    pub fn announced_at(&self) -> Option<Timestamp> {
        self.changes.iter().find(|change| change.action == WindowAction::Announced).map(|change| change.at)
    }

    /// Its times in words, as [`span_in_words`] writes them, in its own zone.
    pub fn times_in_words(&self) -> String {
        self.times_in_words_at(&self.time_zone)
    }

    /// The same in another zone: organizations on other clocks are shown both.
    pub fn times_in_words_at(&self, zone: &str) -> String {
        let time_zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        span_in_words(self.starts_at, self.ends_at, &time_zone)
    }

    /// How long it is planned to last, in words; on the nights on which clocks change not what the clocks suggest.
    pub fn duration_in_words(&self) -> String {
        duration_in_words(self.starts_at, self.ends_at)
    }
}

/// How often one sender was turned away at one door during one window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Refusals {
    /// The window.
    pub window_id: WindowId,
    /// The door.
    pub channel: Channel,
    /// Where the calls came from; empty for those who were too many to be counted one by one.
    pub address: String,
    /// The organization or user that the calls said they were of, unproven; may be empty.
    pub name: String,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The last.
    pub last_at: Timestamp,
    /// When the sender was first served again; `None` while it has not come back.
    pub returned_at: Option<Timestamp>,
}

/// A person's leave to pass the web application's closed door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoorPass {
    /// Whose.
    pub account_id: AccountId,
    /// When it was given.
    pub given_at: Timestamp,
    /// Until when it holds.
    pub expires_at: Timestamp,
    /// The name of whoever gave it.
    pub given_by: String,
    /// Why.
    pub reason: String,
}
