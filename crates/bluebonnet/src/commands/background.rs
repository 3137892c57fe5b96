//! Work over the whole registry that is done in steps, by a command or by the node with the role `jobs`.

use indicatif::{ProgressBar, ProgressStyle};
use model::{Channel, counted_people, grouped};
use registry::{Admission, DestructionRound, ForecastRound, Registry, RegistryError, Sweep};

use crate::ending::Failure;

/// How far such a work is.
pub(crate) trait Progress {
    /// People that were passed, and all of them. Who came after it began is passed, too, and is one of all.
    fn counts(&self) -> (u64, u64);
    /// Whether it is finished, and whether it is held.
    fn standing(&self) -> (bool, bool);

    /// How far it is, in words.
    fn in_words(&self) -> String {
        let (done, people) = self.counts();
        match self.standing() {
            (true, _) => format!("finished: {}", counted_people(done)),
            (false, true) => format!("held: {} of {}", grouped(done), counted_people(people)),
            (false, false) => format!("under way: {} of {}", grouped(done), counted_people(people)),
        }
    }
}

impl Progress for ForecastRound {
    fn counts(&self) -> (u64, u64) {
        (self.done_count, self.people_count.max(self.done_count))
    }

    fn standing(&self) -> (bool, bool) {
        (self.is_finished, self.is_held)
    }
}

impl Progress for DestructionRound {
    fn counts(&self) -> (u64, u64) {
        (self.done_count, self.people_count.max(self.done_count))
    }

    fn standing(&self) -> (bool, bool) {
        (self.is_finished, false)
    }
}

impl Progress for Sweep {
    fn counts(&self) -> (u64, u64) {
        (self.done_count, self.people_count.max(self.done_count))
    }

    fn standing(&self) -> (bool, bool) {
        (self.is_finished, self.is_held)
    }
}

/// Takes step after step with a progress bar, as long as the gate lets it; gives how far it came, nothing when it is held.
///
/// # Errors
/// When the gate holds work in the background, or a step fails.
pub(crate) fn go_through<T: Progress>(
    registry: &Registry,
    mut step: impl FnMut(&Admission) -> Result<Option<T>, RegistryError>,
) -> Result<Option<T>, Failure> {
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{bar:40} {human_pos}/{human_len} people, {per_sec}, {eta} left")
            .expect("the template is ours"),
    );
    let mut last = None;
    loop {
        let admission = registry.gate().admit(Channel::Jobs).map_err(|closed| {
            Failure::Refused(format!(
                "work in the background is held: {} Begin again later; it goes on.",
                closed.sentence
            ))
        })?;
        let Some(progress) = step(&admission)? else { break };
        let (done, people) = progress.counts();
        bar.set_length(people);
        bar.set_position(done);
        last = Some(progress);
    }
    bar.finish_and_clear();
    Ok(last)
}
