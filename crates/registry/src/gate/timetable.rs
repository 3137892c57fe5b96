//! What each door does at an instant, made from the maintenance windows in memory.

use jiff::Timestamp;
use model::{Channel, ChannelModes, MaintenanceWindow, Mode, WindowId, WindowState};

/// The windows that a gate knows, and when it must think again.
#[derive(Debug, Default)]
pub(crate) struct Timetable {
    windows: Vec<MaintenanceWindow>,
}

/// A door that is not open, by the windows in force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    /// What the door does.
    pub(crate) mode: Mode,
    /// One of the windows that say so, the one that ends last: what is less strict lets in who waits.
    pub(crate) window: Option<WindowId>,
    /// The planned end of that window.
    pub(crate) ends_at: Option<Timestamp>,
    /// When the last window that kept the door from being open ended.
    pub(crate) opened_at: Option<Timestamp>,
}

impl Timetable {
    pub(crate) fn new(windows: Vec<MaintenanceWindow>) -> Timetable {
        Timetable { windows }
    }

    /// The timetable after a look at the windows that may have been made before the last: an order's effect is not taken
    /// back by whoever read a moment before it. The newer of two versions holds, and what is not over is not forgotten.
    pub(crate) fn updated(&self, mut windows: Vec<MaintenanceWindow>) -> Timetable {
        for known in &self.windows {
            match windows.iter_mut().find(|window| window.id == known.id) {
                Some(window) if window.version < known.version => *window = known.clone(),
                Some(_) => {}
                None if known.state.is_over() => {}
                None => windows.push(known.clone()),
            }
        }
        Timetable::new(windows)
    }

    pub(crate) fn windows(&self) -> &[MaintenanceWindow] {
        &self.windows
    }

    /// Whether there is nothing that any door could do but be open.
    pub(crate) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// What a door does at an instant: the strictest of what the windows in force say.
    pub(crate) fn standing(&self, channel: Channel, now: Timestamp) -> Standing {
        let mut standing = Standing { mode: Mode::Open, window: None, ends_at: None, opened_at: None };
        for window in &self.windows {
            let mode = window.modes.of(channel);
            if mode == Mode::Open {
                continue;
            }
            let state = window.state_at(now);
            if state.is_in_force() {
                if (standing.mode, standing.ends_at) < (mode, Some(window.ends_at)) {
                    let (id, ends_at) = (Some(window.id), Some(window.ends_at));
                    standing = Standing { mode, window: id, ends_at, ..standing };
                }
            } else if state == WindowState::Completed && window.started_at.is_some() {
                standing.opened_at = standing.opened_at.max(window.ended_at);
            }
        }
        standing
    }

    /// The modes of all doors at an instant.
    pub(crate) fn modes(&self, now: Timestamp) -> ChannelModes {
        let in_force = self.windows.iter().filter(|window| window.state_at(now).is_in_force());
        in_force.fold(ChannelModes::default(), |modes, window| modes.strictest(&window.modes))
    }

    /// Whether an organization's messages may pass for a smoke test now: every window in force must name it.
    pub(crate) fn lets_test(&self, channel: Channel, organization_code: &str, now: Timestamp) -> bool {
        let mut in_force = self
            .windows
            .iter()
            .filter(|window| window.modes.of(channel) != Mode::Open && window.state_at(now).is_in_force())
            .peekable();
        in_force.peek().is_some()
            && in_force
                .all(|window| window.test_organizations.iter().any(|code| code.eq_ignore_ascii_case(organization_code)))
    }
}
