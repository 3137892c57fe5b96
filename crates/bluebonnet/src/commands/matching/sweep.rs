//! `bluebonnet match sweep`: the whole registry compared with itself.

use clap::Args;
use model::{Channel, Receipt, counted};
use registry::Registry;
use serde_json::json;

use crate::commands::background::{self, Progress};
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{grouped, print_json, print_line};
use crate::{limits, world};

/// Compares everybody with everybody who shares a key, by the weights in use, and proposes what may be one person
///
/// Makes missing keys anew, and adds to the review queue whatever the weights in use say otherwise than those of the day. It merges by
/// itself only what no policy doubts, and only where the profile says so (`matching.sweep_merges`). How far it is, is kept with every
/// step: it goes on from there, here or on the node with the role `jobs`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet match sweep\n  \
                  bluebonnet match sweep --background\n  \
                  bluebonnet match sweep --status\n  \
                  bluebonnet match sweep --hold")]
pub(crate) struct Sweep {
    /// Leaves the work to the node with the role `jobs`
    #[arg(long, group = "what")]
    background: bool,
    /// Tells how far the sweep is
    #[arg(long, group = "what")]
    status: bool,
    /// Holds the sweep, on every node
    #[arg(long, group = "what")]
    hold: bool,
    /// Lets a sweep that is held go on
    #[arg(long, group = "what")]
    go_on: bool,
    /// Begins anew, also when a sweep is under way
    #[arg(long)]
    anew: bool,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Sweep {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let present = registry.sweep(&admission)?;
        if self.status {
            return self.tell(present.as_ref());
        }
        if self.hold || self.go_on {
            return self.tell(Some(&registry.hold_sweep(&admission, self.hold)?));
        }
        if self.anew || present.as_ref().is_none_or(|sweep| sweep.is_finished) {
            registry.begin_sweep(&admission)?;
        }
        if self.background {
            return self.tell(registry.sweep(&admission)?.as_ref());
        }
        drop(admission);
        self.go_through(&registry)
    }

    fn go_through(&self, registry: &Registry) -> Result<Ending, Failure> {
        match background::go_through(registry, |admission| registry.advance_sweep(admission, &receipt(registry)))? {
            Some(sweep) => self.tell(Some(&sweep)),
            None => Err(Failure::Refused("the sweep is held; let it go on by --go-on".to_owned())),
        }
    }

    fn tell(&self, sweep: Option<&registry::Sweep>) -> Result<Ending, Failure> {
        if self.json {
            print_json(&json!({ "sweep": sweep }))?;
            return Ok(Ending::Well);
        }
        let Some(sweep) = sweep else {
            print_line("no sweep was begun yet")?;
            return Ok(Ending::Well);
        };
        print_line(&format!(
            "{}, by {}; {} compared, {} proposed, {} merged, {} made anew, {} met an over-full key",
            sweep.in_words(),
            sweep.version,
            counted(sweep.compared_count, "pair"),
            grouped(sweep.proposed_count),
            grouped(sweep.merged_count),
            counted(sweep.new_key_count, "key"),
            counted(sweep.over_full_count, "lookup"),
        ))?;
        Ok(Ending::Well)
    }
}

/// One visit of the node with the role `jobs`: goes on for a while with a sweep that was ordered.
pub(crate) fn visit(registry: &Registry) {
    let begin = std::time::Instant::now();
    while begin.elapsed() < limits::SWEEP_VISIT {
        // Maintenance and a stopping node hold the work; it goes on at a later visit.
        let Ok(admission) = registry.gate().admit(Channel::Jobs) else { return };
        match registry.advance_sweep(&admission, &receipt(registry)) {
            Ok(Some(sweep)) if sweep.is_finished => {
                tracing::info!(
                    people = sweep.done_count,
                    proposed = sweep.proposed_count,
                    merged = sweep.merged_count,
                    over_full = sweep.over_full_count,
                    "the registry is swept"
                );
                return;
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a step of the sweep failed; it is tried again");
                return;
            }
        }
    }
}

fn receipt(registry: &Registry) -> Receipt {
    let (message_id, received_at) = world::stamp();
    Receipt { message_id, received_at, today: registry.today(received_at), channel: Channel::Jobs, file: None, run: 1 }
}
