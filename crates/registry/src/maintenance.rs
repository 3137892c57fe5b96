//! Maintenance windows: planning and ordering them, and what the clock does to them.
//!
//! The gate goes by its own copy of the windows (`gate.rs`); here they are kept, changed and written down.

mod orders;
mod passes;
mod report;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{
    AuditAction, AuditEntry, Caller, ChannelModes, MaintenanceWindow, OrganizationId, Standing, WindowId, WindowState,
};
use store::StoreError;
use uuid::Uuid;

pub use orders::{NewWindow, WINDOW_DAYS_MAXIMUM, WINDOW_TEXT_LENGTH_MAXIMUM, WindowOrder, ordered};
pub use report::{AfterReport, COUNTED_WITHIN, FilesOfWindow, Outstanding, SenderReport};

use crate::{Admission, Registry, RegistryError};

/// How long after its end a window still matters to the gate, its pages and its feeds.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// How often an order is given to a window that somebody else changes at the same moment.
const ORDER_TRIES_MAXIMUM: u32 = 5;

/// How things stand with maintenance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MaintenanceStatus {
    /// What every door does now.
    pub modes: ChannelModes,
    /// The windows in force.
    pub in_force: Vec<MaintenanceWindow>,
    /// The announced windows that have not begun, the next one first.
    pub coming: Vec<MaintenanceWindow>,
}

/// How things stand, by the windows given: a program without a database asks this of its state file.
pub fn maintenance_status(windows: &[MaintenanceWindow], now: Timestamp) -> MaintenanceStatus {
    let state_is = |is: fn(WindowState) -> bool| {
        windows.iter().filter(move |window| is(window.state_at(now))).cloned().collect::<Vec<_>>()
    };
    let in_force = state_is(WindowState::is_in_force);
    let mut coming = state_is(|state| matches!(state, WindowState::Announced | WindowState::Imminent));
    coming.sort_by_key(|window| window.starts_at);
    let modes = in_force.iter().fold(ChannelModes::default(), |modes, window| modes.strictest(&window.modes));
    MaintenanceStatus { modes, in_force, coming }
}

impl Registry {
    /// Keeps a new window as a draft.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when something is wrong with it.
    pub async fn plan_window(
        &self,
        admission: &Admission,
        operator: &Caller,
        now: Timestamp,
        new: NewWindow,
    ) -> Result<MaintenanceWindow, RegistryError> {
        self.authorize_here(operator, model::Right::PlanMaintenance)?;
        let window = self.draft_window(operator, now, new)?;
        self.database().insert_window(&window)?;
        self.write_down_window(admission, operator, now, &window, "").await?;
        Ok(window)
    }

    /// Corrects a draft, of which nobody was told yet: whatever was planned becomes this.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when something is wrong with it, it is no draft any more, or somebody else was faster.
    pub async fn correct_window(
        &self,
        admission: &Admission,
        operator: &Caller,
        now: Timestamp,
        new: NewWindow,
    ) -> Result<MaintenanceWindow, RegistryError> {
        self.authorize_here(operator, model::Right::PlanMaintenance)?;
        self.check_test_organizations(&new)?;
        let draft = self.window(admission, new.id)?;
        let next = new.correct(&draft, &operator.username, now)?;
        self.database().update_window(&next).map_err(faster)?;
        self.write_down_window(admission, operator, now, &next, "the draft was corrected").await?;
        Ok(next)
    }

    /// What [`Registry::plan_window`] would keep.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when something is wrong with it.
    pub fn draft_window(
        &self,
        operator: &Caller,
        now: Timestamp,
        new: NewWindow,
    ) -> Result<MaintenanceWindow, RegistryError> {
        self.check_test_organizations(&new)?;
        new.draft(&self.profile().registry.time_zone, &operator.username, now)
    }

    fn check_test_organizations(&self, new: &NewWindow) -> Result<(), RegistryError> {
        let directory = self.directory().snapshot();
        match new.test_organizations.iter().find(|code| directory.find_organization(code).is_none()) {
            Some(code) => Err(RegistryError::Refused(format!("there is no organization {code}"))),
            None => Ok(()),
        }
    }

    /// Follows an order about a window.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such window, the order does not fit, or somebody else was faster.
    pub async fn order_window(
        &self,
        admission: &Admission,
        operator: &Caller,
        now: Timestamp,
        id: WindowId,
        order: WindowOrder,
        note: &str,
    ) -> Result<MaintenanceWindow, RegistryError> {
        self.authorize_here(operator, model::Right::PlanMaintenance)?;
        let next = self.follow_order(admission, operator, now, id, order, note)?;
        self.write_down_window(admission, operator, now, &next, note).await?;
        self.refresh_windows(now)?;
        Ok(next)
    }

    /// The clock may write down its part at the same moment: the order is then given again to what the window has become.
    fn follow_order(
        &self,
        admission: &Admission,
        operator: &Caller,
        now: Timestamp,
        id: WindowId,
        order: WindowOrder,
        note: &str,
    ) -> Result<MaintenanceWindow, RegistryError> {
        let mut tries_left = ORDER_TRIES_MAXIMUM;
        loop {
            let window = self.window(admission, id)?;
            let next = ordered(&window, order, &operator.username, note, now)?;
            tries_left -= 1;
            match self.database().update_window(&next) {
                Ok(()) => return Ok(next),
                Err(StoreError::Conflict { .. }) if tries_left > 0 => {}
                Err(error) => return Err(faster(error)),
            }
        }
    }

    /// All windows, the latest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn windows(&self, _admission: &Admission) -> Result<Vec<MaintenanceWindow>, RegistryError> {
        Ok(self.database().windows()?)
    }

    /// The window of this id.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is none.
    pub fn window(&self, _admission: &Admission, id: WindowId) -> Result<MaintenanceWindow, RegistryError> {
        let found = self.database().find_window(id)?;
        found.ok_or_else(|| RegistryError::Refused(format!("there is no maintenance window {}", id.number())))
    }

    /// Announced windows that overlap with this one: legal, and worth knowing.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn windows_overlapping(
        &self,
        admission: &Admission,
        window: &MaintenanceWindow,
    ) -> Result<Vec<MaintenanceWindow>, RegistryError> {
        let mut others = self.windows(admission)?;
        others.retain(|other| {
            let is_live = !other.state.is_over() && other.state != WindowState::Draft;
            other.id != window.id && is_live && other.starts_at < window.ends_at && window.starts_at < other.ends_at
        });
        Ok(others)
    }

    /// Writes down what the clock did to the windows since: begun, imminent, overdue. Gives those that changed, for
    /// whoever tells people. Several nodes may do it; one is the first.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn advance_windows(
        &self,
        admission: &Admission,
        now: Timestamp,
    ) -> Result<Vec<MaintenanceWindow>, RegistryError> {
        let mut changed = Vec::new();
        for mut window in self.windows(admission)? {
            if !orders::advance(&mut window, now) {
                continue;
            }
            window.version += 1;
            match self.database().update_window(&window) {
                Ok(()) => {}
                Err(StoreError::Conflict { .. }) => continue,
                Err(error) => return Err(error.into()),
            }
            let clock = Caller {
                account_id: None,
                username: "clock".to_owned(),
                organization_id: registry_itself(),
                organization_code: String::new(),
                standing: Standing::Operator,
            };
            self.write_down_window(admission, &clock, now, &window, "").await?;
            if window.is_overdue {
                tracing::warn!(window = window.id.number(), owner = window.owner, "a maintenance window is overdue");
            }
            changed.push(window);
        }
        Ok(changed)
    }

    /// Reads the windows that the gate goes by again, and gives them: they go into the state file.
    ///
    /// # Errors
    /// When the database cannot be read; the gate keeps what it has.
    pub fn refresh_windows(&self, now: Timestamp) -> Result<Vec<MaintenanceWindow>, RegistryError> {
        let mut windows = self.database().windows()?;
        // A node from which the database was away for days hears of what was ordered meanwhile, too.
        let known = self.gate().windows();
        let is_live_here =
            |window: &MaintenanceWindow| known.iter().any(|known| known.id == window.id && !known.state.is_over());
        windows.retain(|window| matters(window, now) || is_live_here(window));
        self.gate().set_windows(windows.clone());
        Ok(windows)
    }

    /// Keeps what the gate counted of those turned away; when that fails the gate keeps it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_refusals(&self) -> Result<(), RegistryError> {
        let refusals = self.gate().take_refusals();
        self.add_refusals(&refusals).inspect_err(|_| self.gate().put_back_refusals(&refusals))
    }

    /// Adds to the count of those turned away: also what a node without a database counted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn add_refusals(&self, refusals: &[model::Refusals]) -> Result<(), RegistryError> {
        if refusals.is_empty() {
            return Ok(());
        }
        Ok(self.database().add_refusals(refusals)?)
    }

    /// Says by which clocks an organization and its sites go.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such organization or zone.
    pub fn set_organization_time_zone(
        &self,
        admission: &Admission,
        code: &str,
        time_zone: &str,
    ) -> Result<(), RegistryError> {
        let id = self.known_organization(admission, code)?.id;
        TimeZone::get(time_zone).map_err(|_| RegistryError::Refused(format!("there is no time zone {time_zone}")))?;
        self.database().set_organization_time_zone(id, time_zone)?;
        self.refresh()
    }

    async fn write_down_window(
        &self,
        _admission: &Admission,
        operator: &Caller,
        now: Timestamp,
        window: &MaintenanceWindow,
        note: &str,
    ) -> Result<(), RegistryError> {
        let action = window.changes.last().map_or("changed", |change| change.action.word());
        let times = format!("{} to {}", window.starts_at, window.ends_at);
        let note = if note.is_empty() { String::new() } else { format!(": {note}") };
        let entry = AuditEntry {
            at: now,
            account_id: operator.account_id,
            organization_id: operator.organization_id,
            action: AuditAction::Administered,
            patient_id: None,
            message_id: None,
            detail: format!(
                "maintenance window {} ({times}) {action} by {}{note}",
                window.id.number(),
                operator.username
            ),
        };
        self.lanes().note(None, vec![entry]).await
    }
}

/// The registry itself, as an organization of its own acts.
pub(crate) fn registry_itself() -> OrganizationId {
    OrganizationId(Uuid::nil())
}

fn faster(error: StoreError) -> RegistryError {
    match error {
        StoreError::Conflict { .. } => {
            RegistryError::Refused("somebody else changed the window at this moment; look again".to_owned())
        }
        other => other.into(),
    }
}

/// Whether the gate, pages and feeds need to know a window. One that was called off they must hear of until it would have
/// been over: whoever knew it before goes by it until then.
fn matters(window: &MaintenanceWindow, now: Timestamp) -> bool {
    let is_fresh = |ended_at: Option<Timestamp>| ended_at.is_some_and(|ended_at| ended_at + REMEMBERED > now);
    match window.state {
        WindowState::Draft => false,
        WindowState::Cancelled => {
            window.announced_at().is_some() && is_fresh(window.ended_at.max(Some(window.ends_at)))
        }
        WindowState::Completed => is_fresh(window.ended_at),
        _ => true,
    }
}
