//! What may be ordered of a window, and what the clock does to it: pure, and the same at the command line, on the pages
//! and for the clock.

use jiff::Timestamp;
use model::{
    Channel, MaintenanceWindow, Mode, WallTime, WindowAction, WindowChange, WindowId, WindowKind, WindowState,
};

use crate::RegistryError;

/// Days that a window may last.
pub const WINDOW_DAYS_MAXIMUM: i64 = 14;
/// Letters of a window's reason, name or note.
pub const WINDOW_TEXT_LENGTH_MAXIMUM: usize = 500;
/// How long a window is overdue before those who wait are told.
const STILL_OVERDUE_SECONDS: i64 = 15 * 60;
/// The clock's name in a window's history.
const CLOCK: &str = "clock";

/// A window to plan.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewWindow {
    /// Its id, made by the caller.
    pub id: WindowId,
    /// Scheduled or emergency.
    pub kind: WindowKind,
    /// What will be done: `scheduled system maintenance`.
    pub reason: String,
    /// Who does it.
    pub performed_by: String,
    /// Whom to alert when it is overdue; may be empty.
    pub owner: String,
    /// IANA name; `None` for the registry's own zone.
    pub time_zone: Option<String>,
    /// Start by the clocks of that zone.
    pub starts: WallTime,
    /// End by the clocks of that zone.
    pub ends: WallTime,
    /// What the doors do meanwhile.
    pub modes: model::ChannelModes,
    /// Codes of organizations whose messages may pass.
    pub test_organizations: Vec<String>,
}

/// What an operator may order of a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WindowOrder {
    /// Tell everybody. From then on it begins by itself.
    Announce,
    /// Begin an announced one now, before its start.
    Start,
    /// Move a window that has not begun.
    Reschedule {
        /// The new start.
        starts: WallTime,
        /// The new end.
        ends: WallTime,
    },
    /// Give a window that has begun a later end.
    Extend {
        /// The new end.
        ends: WallTime,
    },
    /// The work is done; look at it before the doors open.
    Verify,
    /// It is over: open the doors.
    Complete,
    /// It does not take place.
    Cancel,
}

fn refused(sentence: impl Into<String>) -> RegistryError {
    RegistryError::Refused(sentence.into())
}

impl NewWindow {
    /// The window, as a draft.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] with what is wrong with it.
    pub fn draft(self, own_zone: &str, by: &str, now: Timestamp) -> Result<MaintenanceWindow, RegistryError> {
        let time_zone = self.time_zone.unwrap_or_else(|| own_zone.to_owned());
        let (starts_at, ends_at) = instants(&self.starts, &self.ends, &time_zone)?;
        if starts_at < now.saturating_sub(jiff::SignedDuration::from_secs(60)).unwrap_or(now) {
            let now = now.in_tz(&time_zone).map(|now| now.strftime("%Y-%m-%d %H:%M %Z").to_string());
            return Err(refused(format!("its start has passed; it is {} now", now.unwrap_or_default())));
        }
        for (what, text) in [("reason", &self.reason), ("name of who does it", &self.performed_by)] {
            if text.trim().is_empty() {
                return Err(refused(format!("a window needs a {what}")));
            }
        }
        for text in [&self.reason, &self.performed_by, &self.owner].into_iter().chain(&self.test_organizations) {
            check_text(text)?;
        }
        check_modes(&self.modes)?;
        let planned = WindowChange {
            at: now,
            by: by.to_owned(),
            action: WindowAction::Planned,
            note: String::new(),
            before: None,
        };
        Ok(MaintenanceWindow {
            id: self.id,
            kind: self.kind,
            reason: self.reason.trim().to_owned(),
            performed_by: self.performed_by.trim().to_owned(),
            owner: self.owner,
            time_zone,
            starts: self.starts,
            ends: self.ends,
            starts_at,
            ends_at,
            modes: self.modes,
            test_organizations: self.test_organizations,
            state: WindowState::Draft,
            is_extended: false,
            is_overdue: false,
            started_at: None,
            ended_at: None,
            sequence: 0,
            version: 1,
            changes: vec![planned],
        })
    }
}

impl NewWindow {
    /// A draft as it stands once it is corrected to this. Its history says that it was planned anew.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] with what is wrong with it, and when it is no draft any more.
    pub fn correct(
        self,
        draft: &MaintenanceWindow,
        by: &str,
        now: Timestamp,
    ) -> Result<MaintenanceWindow, RegistryError> {
        if draft.state != WindowState::Draft {
            let state = draft.state_at(now).word();
            return Err(refused(format!("the window is {state} and cannot be corrected: only a draft can be")));
        }
        let mut next = self.draft(&draft.time_zone, by, now)?;
        let times = (draft.starts_at, draft.ends_at);
        for change in &mut next.changes {
            change.before = Some(times).filter(|_| (next.starts_at, next.ends_at) != times);
        }
        next.changes.splice(0..0, draft.changes.iter().cloned());
        Ok(MaintenanceWindow { id: draft.id, version: draft.version + 1, ..next })
    }
}

fn check_text(text: &str) -> Result<(), RegistryError> {
    if text.chars().count() > WINDOW_TEXT_LENGTH_MAXIMUM || text.contains(char::is_control) {
        return Err(refused(format!("texts of a window are one line of {WINDOW_TEXT_LENGTH_MAXIMUM} letters at most")));
    }
    Ok(())
}

fn check_modes(modes: &model::ChannelModes) -> Result<(), RegistryError> {
    for channel in Channel::DOORS {
        let mode = modes.of(channel);
        if !channel.modes().contains(&mode) {
            let words: Vec<&str> = channel.modes().iter().map(|mode| mode.word()).collect();
            let (channel, mode) = (channel.word(), mode.word());
            return Err(refused(format!("{channel} cannot be {mode}; it can be {}", words.join(", "))));
        }
    }
    if Channel::DOORS.into_iter().all(|channel| modes.of(channel) == Mode::Open) {
        return Err(refused("a window that leaves every door open is none"));
    }
    Ok(())
}

fn instants(starts: &WallTime, ends: &WallTime, zone: &str) -> Result<(Timestamp, Timestamp), RegistryError> {
    let instant = |what: &str, wall: &WallTime| {
        wall.instant(zone).map_err(|error| refused(format!("the {what} cannot be used: {error}")))
    };
    let (starts_at, ends_at) = (instant("start", starts)?, instant("end", ends)?);
    let seconds = ends_at.as_second() - starts_at.as_second();
    if seconds <= 0 {
        return Err(refused("the end is not after the start"));
    }
    if seconds > WINDOW_DAYS_MAXIMUM * 24 * 3600 {
        return Err(refused(format!("a window lasts {WINDOW_DAYS_MAXIMUM} days at most; this one would last longer")));
    }
    Ok((starts_at, ends_at))
}

/// What becomes of a window by an order.
///
/// # Errors
/// [`RegistryError::Refused`] when the order does not fit where the window stands.
pub fn ordered(
    window: &MaintenanceWindow,
    order: WindowOrder,
    by: &str,
    note: &str,
    now: Timestamp,
) -> Result<MaintenanceWindow, RegistryError> {
    check_text(note)?;
    let mut next = window.clone();
    let state = window.state_at(now);
    // What the clock did meanwhile comes first in the history.
    advance(&mut next, now);
    let before = Some((next.starts_at, next.ends_at));
    let (action, before) = match order {
        WindowOrder::Announce if state == WindowState::Draft => {
            if window.ends_at <= now {
                return Err(refused("its end has passed; plan another"));
            }
            next.state = WindowState::Announced;
            (WindowAction::Announced, None)
        }
        WindowOrder::Start if matches!(state, WindowState::Announced | WindowState::Imminent) => {
            let moved = start(&mut next, now)?;
            (WindowAction::Started, before.filter(|_| moved))
        }
        WindowOrder::Reschedule { starts, ends } if !state.is_in_force() && !state.is_over() => {
            let (starts_at, ends_at) = instants(&starts, &ends, &next.time_zone)?;
            if starts_at < now {
                let instead = if state == WindowState::Draft { "write one to come" } else { "`start` begins it now" };
                return Err(refused(format!("its new start has passed; {instead}")));
            }
            (next.starts, next.ends, next.starts_at, next.ends_at) = (starts, ends, starts_at, ends_at);
            if state != WindowState::Draft {
                (next.state, next.sequence) = (WindowState::Announced, next.sequence + 1);
            }
            (WindowAction::Rescheduled, before)
        }
        WindowOrder::Extend { ends } if state.is_in_force() => {
            let (_, ends_at) = instants(&next.starts, &ends, &next.time_zone)?;
            if ends_at <= now || ends_at <= next.ends_at {
                return Err(refused("the new end must be after the old one, and not have passed"));
            }
            (next.ends, next.ends_at) = (ends, ends_at);
            (next.is_extended, next.is_overdue, next.sequence) = (true, false, next.sequence + 1);
            (WindowAction::Extended, before)
        }
        WindowOrder::Verify if state == WindowState::Active => {
            next.state = WindowState::Verifying;
            (WindowAction::Verifying, None)
        }
        WindowOrder::Complete if state.is_in_force() => {
            (next.state, next.ended_at) = (WindowState::Completed, Some(now));
            next.is_overdue = false;
            (WindowAction::Completed, None)
        }
        WindowOrder::Cancel if !state.is_in_force() && !state.is_over() => {
            (next.state, next.ended_at) = (WindowState::Cancelled, Some(now));
            next.sequence += u32::from(state != WindowState::Draft);
            (WindowAction::Cancelled, None)
        }
        _ => return Err(refused(unfit(order, state))),
    };
    next.changes.push(WindowChange { at: now, by: by.to_owned(), action, note: note.to_owned(), before });
    next.version = window.version + 1;
    Ok(next)
}

/// Begins a window now; says whether its start moved.
fn start(window: &mut MaintenanceWindow, now: Timestamp) -> Result<bool, RegistryError> {
    if window.ends_at <= now {
        return Err(refused("its end has passed; plan another"));
    }
    window.state = WindowState::Active;
    window.started_at = Some(now);
    if window.starts_at <= now {
        return Ok(false);
    }
    let whole = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let wall = WallTime::of(whole, &window.time_zone).map_err(|error| refused(error.to_string()))?;
    (window.starts, window.starts_at, window.sequence) = (wall, whole, window.sequence + 1);
    Ok(true)
}

fn unfit(order: WindowOrder, state: WindowState) -> String {
    let (doing, instead) = match order {
        WindowOrder::Announce => ("announced", "only a draft can be"),
        WindowOrder::Start if state == WindowState::Draft => {
            ("started", "nobody was told of it; announce it first, or plan and announce an emergency that begins now")
        }
        WindowOrder::Start => ("started", "it has begun or is over"),
        WindowOrder::Reschedule { .. } => ("moved", "one that has begun can be extended"),
        WindowOrder::Extend { .. } => ("extended", "one that has not begun can be rescheduled"),
        WindowOrder::Verify => ("verified", "only an active one can be"),
        WindowOrder::Complete => ("completed", "one that has not begun can be cancelled"),
        WindowOrder::Cancel => ("cancelled", "one that has begun can be completed"),
    };
    let state = if state == WindowState::Draft { "a draft" } else { state.word() };
    format!("the window is {state} and cannot be {doing}: {instead}")
}

/// What the clock does to a window; says whether anything changed. Does not count as a version of its own.
pub(crate) fn advance(window: &mut MaintenanceWindow, now: Timestamp) -> bool {
    let known = window.changes.len();
    let note = |window: &mut MaintenanceWindow, action| {
        let by = CLOCK.to_owned();
        window.changes.push(WindowChange { at: now, by, action, note: String::new(), before: None });
    };
    let state = window.state_at(now);
    if state == WindowState::Imminent && window.state == WindowState::Announced {
        window.state = state;
        note(window, WindowAction::BecameImminent);
    }
    if state == WindowState::Active && window.state != WindowState::Active {
        window.state = state;
        // Announced after its start it closed nothing before.
        window.started_at = window.announced_at().max(Some(window.starts_at));
        note(window, WindowAction::Started);
    }
    if window.is_overdue_at(now) && !window.is_overdue {
        window.is_overdue = true;
        note(window, WindowAction::BecameOverdue);
    }
    let overdue_seconds = now.as_second() - window.ends_at.as_second();
    if window.is_overdue && overdue_seconds >= STILL_OVERDUE_SECONDS {
        let since = window.changes.iter().rposition(|change| change.action == WindowAction::BecameOverdue);
        let told = window.changes.iter().rposition(|change| change.action == WindowAction::StillOverdue);
        if told < since {
            note(window, WindowAction::StillOverdue);
        }
    }
    window.changes.len() > known
}

#[cfg(test)]
mod tests;
