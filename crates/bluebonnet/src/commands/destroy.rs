//! `bluebonnet destroy`: what may no longer be kept is destroyed, or counted.

use std::collections::BTreeMap;
use std::time::Instant;

use clap::Args;
use jiff::civil::Date;
use model::{Channel, counted, counted_people};
use registry::{Condition, Destruction, DestructionReason, DestructionRound, Diagnosis, Registry};
use serde_json::{Value, json};

use crate::commands::background::{self, Progress};
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, grouped, print_json, print_line};
use crate::{limits, world};

/// Destroys what the law lets nobody keep any longer, or counts it
///
/// Due is who took consent back so many days ago as the profile says ([consent.destruction]), who grew up on a minor's consent and gave
/// none, and doses of a disaster whose time is over. Everything that names the person goes, for good; only lines of the audit trail stay,
/// and keys by which an old consent is refused. A node with the role `jobs` does so by itself once a day.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet destroy --due --dry-run\n  bluebonnet destroy --due\n  bluebonnet destroy --status --json"
)]
pub(crate) struct Destroy {
    /// Destroys what is due today
    #[arg(long, group = "what", required_unless_present = "status")]
    due: bool,
    /// Tells how far the last round is, and what it destroyed
    #[arg(long, group = "what")]
    status: bool,
    /// Counts what is due, and destroys nothing
    #[arg(long, requires = "due")]
    dry_run: bool,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// How many of which reason: people, and people of whom doses alone go.
#[derive(Default)]
struct Counts {
    people: BTreeMap<String, u64>,
    reduced: BTreeMap<String, u64>,
}

impl Destroy {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        if self.status {
            let round = registry.destruction_round(&place::admit(&registry)?)?;
            return self.tell_round(round.as_ref());
        }
        let today = registry.today(world::now());
        if self.dry_run {
            if !registry.destroys() && !self.json {
                print_line("The profile has nothing destroyed: it has no [consent.destruction].")?;
                return Ok(Ending::Well);
            }
            let counts = if registry.destroys() { due_by(&registry, today)? } else { Counts::default() };
            return self.tell(&counts, "due", json!({ "on": today, "is_dry_run": true }));
        }
        registry.begin_destruction_round(&place::admit(&registry)?, today)?;
        let round = background::go_through(&registry, |admission| {
            registry.advance_destruction_round(admission, world::now(), world::random_bytes())
        })?;
        let Some(round) = round else {
            return Err(Failure::Refused("another node is at it; see `bluebonnet destroy --status`".to_owned()));
        };
        if round.is_finished && !round.is_cleared && !self.json {
            print_line(
                "Somebody reads an older state of the database: bytes stay in its log until a node with the role `jobs` has emptied it.",
            )?;
        }
        self.tell_round(Some(&round))?;
        Ok(Ending::well_if(round.is_finished))
    }

    fn tell_round(&self, round: Option<&DestructionRound>) -> Result<Ending, Failure> {
        let Some(round) = round else {
            match self.json {
                true => print_json(&json!({ "round": null }))?,
                false => print_line("no round was begun yet")?,
            }
            return Ok(Ending::Well);
        };
        let counts = Counts { people: round.people.clone(), reduced: round.reduced.clone() };
        if !self.json {
            print_line(&format!("{}, as seen on {}", round.in_words(), round.on))?;
        }
        self.tell(&counts, "destroyed", json!({ "on": round.on, "round": round }))
    }

    fn tell(&self, counts: &Counts, what: &str, mut facts: Value) -> Result<Ending, Failure> {
        if self.json {
            facts[what] = json!({ "people": counts.people, "of_doses_alone": counts.reduced });
            print_json(&facts)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["REASON", "PEOPLE", "DOSES ALONE OF"]);
        for reason in DestructionReason::ALL {
            let count = |of: &BTreeMap<String, u64>| of.get(reason.word()).copied().unwrap_or_default();
            let (people, reduced) = (count(&counts.people), count(&counts.reduced));
            if people + reduced > 0 {
                table.row([reason.in_words().to_owned(), grouped(people), grouped(reduced)]);
            }
        }
        table.print_or(&format!("nothing {} {what}", if what == "due" { "is" } else { "was" }))?;
        Ok(Ending::Well)
    }
}

impl Counts {
    fn add(&mut self, destruction: Destruction) {
        let counts = if destruction.is_whole { &mut self.people } else { &mut self.reduced };
        *counts.entry(destruction.reason.word().to_owned()).or_default() += 1;
    }
}

/// What must be gone by a day, of everybody.
fn due_by(registry: &Registry, day: Date) -> Result<Counts, Failure> {
    let admission = place::admit(registry)?;
    let (mut counts, mut after) = (Counts::default(), None);
    loop {
        let (due, last) = registry.due_for_destruction(&admission, after, day)?;
        due.into_iter().for_each(|destruction| counts.add(destruction));
        match last {
            Some(last) => after = Some(last),
            None => return Ok(counts),
        }
    }
}

/// Whether something should have been destroyed before today; `None` where nothing ever is.
pub(super) fn overdue(registry: &Registry) -> Result<Option<Diagnosis>, Failure> {
    let Some(yesterday) = registry.today(world::now()).yesterday().ok().filter(|_| registry.destroys()) else {
        return Ok(None);
    };
    let counts = due_by(registry, yesterday)?;
    let overdue: u64 = counts.people.values().chain(counts.reduced.values()).sum();
    let report = match overdue {
        0 => "nothing is kept that should be destroyed".to_owned(),
        _ => format!(
            "{} should be destroyed, wholly or in part, since yesterday or longer: `bluebonnet destroy --due`, and see that a node \
             has the role `jobs`",
            counted(overdue, "record")
        ),
    };
    Ok(Some(Diagnosis { subject: "destruction", condition: Condition::well_if(overdue == 0), report }))
}

/// One visit of the node with the role `jobs`: begins a round when it is time, and goes on with it for a while.
pub(crate) fn visit(registry: &Registry) {
    let begin = Instant::now();
    while begin.elapsed() < limits::DESTRUCTION_VISIT {
        // Maintenance and a stopping node hold the work; it goes on at a later visit.
        let Ok(admission) = registry.gate().admit(Channel::Jobs) else { return };
        if !registry.destroys() || !admission.permits_changes() {
            return;
        }
        let (step_begin, now) = (Instant::now(), world::now());
        let today = registry.today(now);
        let step = match registry.needs_destruction_round(&admission, today) {
            Ok(true) => registry.begin_destruction_round(&admission, today).map(Some),
            Ok(false) => registry.advance_destruction_round(&admission, now, world::random_bytes()),
            Err(error) => Err(error),
        };
        match step {
            Ok(Some(round)) if round.is_cleared => {
                let destroyed: u64 = round.people.values().sum();
                tracing::info!(
                    people = destroyed,
                    reduced = round.reduced.values().sum::<u64>(),
                    of = %counted_people(round.done_count),
                    "what may no longer be kept is destroyed"
                );
                return;
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a step of the destruction failed; it is tried again");
                return;
            }
        }
        drop(admission);
        std::thread::sleep(step_begin.elapsed() * limits::DESTRUCTION_REST);
    }
}
