//! A node's watch over maintenance: the windows by which its gate goes, the state file for the other processes of the
//! machine, what the clock does to the windows, and the count of those turned away.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::Context;
use registry::Registry;

use crate::place::{self, Place};
use crate::state_file::StateFile;
use crate::{kept_profile, left_counts, live_counts, world};

/// What watches over maintenance on one node.
#[derive(Clone)]
pub(crate) struct MaintenanceWatch {
    registry: Registry,
    place: Place,
    node: String,
    /// When the state file was last seen replaced.
    seen: Arc<Mutex<Option<SystemTime>>>,
}

impl MaintenanceWatch {
    pub(crate) fn new(registry: &Registry, place: &Place, node: &str) -> MaintenanceWatch {
        MaintenanceWatch {
            registry: registry.clone(),
            place: place.clone(),
            node: node.to_owned(),
            seen: Arc::default(),
        }
    }

    /// The node's name.
    pub(crate) fn node(&self) -> &str {
        &self.node
    }

    /// The data folder.
    pub(crate) fn data(&self) -> &Path {
        &self.place.data
    }

    /// Reads the windows from the database, and tells the other processes.
    pub(crate) fn refresh(&self) {
        if let Err(error) = self.try_refresh() {
            tracing::warn!(
                error = format!("{error:#}"),
                "the maintenance windows could not be read again; those known hold"
            );
        }
    }

    fn try_refresh(&self) -> anyhow::Result<()> {
        let windows = self.registry.refresh_windows(world::now())?;
        let profile = kept_profile::text_in_use(&self.registry)?;
        StateFile::of(self.data()).write(&profile, &windows)
    }

    /// Takes up what another process wrote into the state file, at once and without the database.
    pub(crate) fn look_at_state_file(&self) {
        let file = StateFile::of(self.data());
        let replaced_at = file.replaced_at();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if *seen == replaced_at {
            return;
        }
        match file.read() {
            Ok(Some(state)) => self.registry.gate().set_windows(state.windows),
            Ok(None) => {}
            Err(error) => tracing::error!(error = format!("{error:#}"), "the state file of maintenance"),
        }
        *seen = replaced_at;
    }

    /// Writes down what the clock did to the windows.
    pub(crate) fn advance(&self) {
        let Ok(admission) = place::admit(&self.registry) else { return };
        // The command line's door: the watch itself must not rest in a window.
        let advanced =
            tokio::runtime::Handle::current().block_on(self.registry.advance_windows(&admission, world::now()));
        match advanced {
            Ok(changed) if changed.is_empty() => {}
            Ok(changed) => {
                for window in &changed {
                    let (number, state) = (window.id.number(), window.state.word());
                    tracing::info!(window = number, state, overdue = window.is_overdue, "maintenance window");
                }
                self.refresh();
            }
            Err(error) => tracing::debug!(%error, "the windows' progress could not be written down yet"),
        }
    }

    /// Keeps the count of those turned away, also what nodes without a database left in their files.
    pub(crate) fn keep_counts(&self) {
        if let Err(error) = self.registry.keep_refusals() {
            tracing::debug!(%error, "the count of those turned away could not be kept yet");
            return;
        }
        let kept = left_counts::take(self.data(), |refusals| self.registry.add_refusals(refusals).context("database"));
        if let Err(error) = kept {
            tracing::warn!(error = format!("{error:#}"), "counts of a node without a database could not be taken over");
        }
    }

    /// Tells the other processes what is in flight here.
    pub(crate) fn tell_live_counts(&self) {
        if let Err(error) = live_counts::write(self.data(), &self.node, self.registry.gate(), None) {
            tracing::debug!(error = format!("{error:#}"), "what is in flight could not be told");
        }
    }

    /// The node has ended. While the database is away its counts are left for one that has it.
    pub(crate) fn end(&self) {
        self.keep_counts();
        let refusals = self.registry.gate().take_refusals();
        if let Err(error) = left_counts::leave(self.data(), world::new_id(), &refusals) {
            tracing::warn!(error = format!("{error:#}"), "the count of those turned away is lost");
        }
        live_counts::remove(self.data(), &self.node);
    }
}
