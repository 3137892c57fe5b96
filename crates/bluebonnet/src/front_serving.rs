//! The front: a node without a database, which holds the ports and says the sentence while the house is rebuilt.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use closed::Front;
use model::{Channel, ChannelModes, Mode};
use registry::Gate;
use tokio::time::MissedTickBehavior;

use crate::ending::Failure;
use crate::place::{self, Place};
use crate::serving::Serving;
use crate::spooling::SpoolSettings;
use crate::state_file::StateFile;
use crate::{left_counts, limits, live_counts, world};

/// Serves until the ports are taken over or the process is told to stop.
pub(crate) async fn serve(serving: &Serving, place: &Place, spool: &SpoolSettings, node: &str) -> Result<(), Failure> {
    place::make_folder(&place.data)?;
    let state = StateFile::of(&place.data).read().map_err(|error| unreadable(&error, &place.data))?;
    let profile = place.profile_without_database(state.as_ref().map(|state| state.profile.as_str()))?;
    let gate = Gate::new(&profile.closed_door.sentence, profile.closed_door.retry_after_seconds);
    gate.set_clock(world::now);
    gate.set_windows(state.map(|state| state.windows).unwrap_or_default());
    let bound = serving.bind(&place.data).await?;
    let modes = bound.modes_of_front();
    warn_without_window(&gate);
    let watch = tokio::spawn(watch(place.data.clone(), format!("{node}-front"), gate.clone(), modes));
    let front = Front {
        gate: gate.clone(),
        modes,
        profile: Arc::new(profile),
        web_service_path: limits::of_web_service().path,
        public_url: serving.public_url(),
    };
    let spool = spool.open(place)?;
    let served = serving.serve_front(&gate, &place.data, spool, bound, &closed::front(front)).await;
    watch.abort();
    leave_counts(&place.data, &gate);
    live_counts::remove(&place.data, &format!("{node}-front"));
    served
}

/// What to do about a state file that cannot be read.
fn unreadable(error: &anyhow::Error, data: &Path) -> Failure {
    Failure::Refused(format!(
        "{error:#}: `bluebonnet maintenance list --data {}` writes it anew from the database; while that is away remove it, and \
         the front says the sentence without an end",
        data.display()
    ))
}

/// Whoever is turned away is told when to come back by the window in force.
fn warn_without_window(gate: &Gate) {
    if gate.mode(Channel::Web) != Mode::Closed {
        tracing::warn!("no window in force closes the doors: nobody is told why, nor until when; announce one");
    }
}

/// Takes up what other processes write into the state file, and tells them what is counted here.
async fn watch(data: PathBuf, node: String, gate: Gate, modes: ChannelModes) {
    let mut ticks = tokio::time::interval(limits::STATE_FILE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let file = StateFile::of(&data);
    // It is read once more at first: something may have been ordered while the ports were taken over.
    let mut seen = None;
    let (mut told_at, mut left_at) = (Duration::ZERO, Duration::ZERO);
    let started = tokio::time::Instant::now();
    loop {
        ticks.tick().await;
        let replaced_at = file.replaced_at();
        if seen != replaced_at {
            match file.read() {
                Ok(state) => gate.set_windows(state.map(|state| state.windows).unwrap_or_default()),
                Err(error) => tracing::error!(error = format!("{error:#}"), "the state file of maintenance"),
            }
            seen = replaced_at;
        }
        let now = started.elapsed();
        if now - told_at >= limits::LIVE_COUNTS_EVERY {
            told_at = now;
            tell_live_counts(&data, &node, &gate, modes);
        }
        if now - left_at >= limits::KEEP_COUNTS_EVERY {
            left_at = now;
            leave_counts(&data, &gate);
        }
    }
}

/// Tells what is in flight, and that a front stands here; one that is stopping has given the ports away.
fn tell_live_counts(data: &Path, node: &str, gate: &Gate, modes: ChannelModes) {
    if gate.is_stopping() {
        return live_counts::remove(data, node);
    }
    if let Err(error) = live_counts::write(data, node, gate, Some(modes)) {
        tracing::debug!(error = format!("{error:#}"), "what is in flight could not be told");
    }
}

fn leave_counts(data: &Path, gate: &Gate) {
    let refusals = gate.take_refusals();
    if let Err(error) = left_counts::leave(data, world::new_id(), &refusals) {
        tracing::warn!(error = format!("{error:#}"), "the count of those turned away could not be left");
        gate.put_back_refusals(&refusals);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_ordered_while_the_ports_were_taken_over_is_taken_up() {
        let folder = tempfile::tempdir().expect("a folder");
        let window = serde_json::json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "kind": "emergency", "reason": "a fix", "performed_by": "IT",
            "time_zone": "UTC", "starts": {"local": "2024-05-31T19:00:00"}, "ends": {"local": "2024-05-31T21:00:00"},
            "starts_at": "2024-05-31T19:00:00Z", "ends_at": "2024-05-31T21:00:00Z", "state": "active", "sequence": 0,
            "modes": {"web": "closed", "web_service": "closed", "fhir": "closed", "file": "hold", "jobs": "hold"},
            "version": 2, "changes": []
        });
        let window = serde_json::from_value(window).expect("a window");
        // The front had read a state without a window when this one was written.
        StateFile::of(folder.path()).write("", &[window]).expect("writable");
        let gate = Gate::new("Please try again later.", 10);
        gate.set_clock(world::now);
        let watching =
            tokio::spawn(watch(folder.path().to_owned(), "front".to_owned(), gate.clone(), ChannelModes::default()));
        let told = async {
            while gate.mode(Channel::Web) != Mode::Closed {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), told).await.expect("the window is known");
        watching.abort();
    }
}
