//! `bluebonnet reforecast`: everybody's forecasts anew, for lists and reports.

use std::time::Instant;

use clap::Args;
use registry::{ForecastRound, Registry};
use serde_json::json;

use crate::commands::background::{self, Progress};
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, grouped, print_json, print_line};
use crate::{limits, world};
use model::counted_people;

/// Forecasts everybody anew, by the schedule in use
///
/// What is found is kept for lists and reports: what each person needs, and when. A node with the role `jobs` begins a round by
/// itself once a day and whenever another schedule is in use. How far a round is, is kept with every step; it goes on from there.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet reforecast\n  bluebonnet reforecast --status\n  bluebonnet reforecast --hold"
)]
pub(crate) struct Reforecast {
    /// Leaves the work to the node with the role `jobs`
    #[arg(long, group = "what")]
    background: bool,
    /// Tells how far the round is
    #[arg(long, group = "what")]
    status: bool,
    /// Holds the round, on every node
    #[arg(long, group = "what")]
    hold: bool,
    /// Lets a round that is held go on
    #[arg(long, group = "what")]
    go_on: bool,
    /// Tells how many people need a dose of each vaccine group
    #[arg(long, group = "what")]
    due: bool,
    /// Begins anew, also when a round is under way
    #[arg(long)]
    anew: bool,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Reforecast {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        if self.due {
            return self.tell_due(&registry);
        }
        let admission = place::admit(&registry)?;
        let present = registry.forecast_round(&admission)?;
        if self.status {
            return self.tell(present.as_ref());
        }
        if self.hold || self.go_on {
            let round = registry.hold_forecast_round(&admission, self.hold)?;
            return self.tell(Some(&round));
        }
        let is_under_way = present.as_ref().is_some_and(|round| !round.is_finished);
        if self.anew || !is_under_way {
            registry.begin_forecast_round(&admission, registry.today(world::now()))?;
        }
        drop(admission);
        if self.background {
            let admission = place::admit(&registry)?;
            return self.tell(registry.forecast_round(&admission)?.as_ref());
        }
        self.go_through(&registry)
    }

    fn go_through(&self, registry: &Registry) -> Result<Ending, Failure> {
        let (begin, mut first_done) = (Instant::now(), None);
        let round = background::go_through(registry, |admission| {
            let round = registry.advance_forecast_round(admission)?;
            if let Some(round) = &round {
                first_done.get_or_insert(round.done_count.saturating_sub(u64::from(registry::PEOPLE_PER_STEP)));
            }
            Ok(round)
        })?;
        let Some(round) = round else {
            return Err(Failure::Refused("the round is held; let it go on by --go-on".to_owned()));
        };
        let seconds = begin.elapsed().as_secs_f64();
        let done = round.done_count - first_done.unwrap_or_default();
        if self.json {
            print_json(&json!({ "round": round, "people": done, "seconds": seconds }))?;
        } else {
            let per_second = grouped((done as f64 / seconds.max(f64::EPSILON)) as u64);
            print_line(&format!(
                "{} in {seconds:.1} s, {per_second} a second, by {}",
                counted_people(done),
                round.schedule
            ))?;
        }
        Ok(Ending::well_if(round.is_finished))
    }

    fn tell(&self, round: Option<&ForecastRound>) -> Result<Ending, Failure> {
        if self.json {
            print_json(&json!({ "round": round }))?;
            return Ok(Ending::Well);
        }
        let Some(round) = round else {
            print_line("no round was begun yet")?;
            return Ok(Ending::Well);
        };
        print_line(&format!("{}, by {}, as seen on {}", round.in_words(), round.schedule, round.on))?;
        Ok(Ending::Well)
    }

    fn tell_due(&self, registry: &Registry) -> Result<Ending, Failure> {
        let counts = registry.due_counts(&place::admit(registry)?, registry.today(world::now()))?;
        if self.json {
            let list = counts.iter().map(|count| {
                json!({
                    "vaccine_group": count.vaccine_group,
                    "people": count.people_count,
                    "overdue": count.overdue_count,
                    "due": count.due_count,
                })
            });
            print_json(&json!({ "due": list.collect::<Vec<_>>() }))?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["VACCINE GROUP", "OVERDUE", "DUE", "LATER"]);
        for count in counts {
            let later = count.people_count - count.overdue_count - count.due_count;
            table.row([count.vaccine_group, grouped(count.overdue_count), grouped(count.due_count), grouped(later)]);
        }
        table.print_or("no forecast is stored yet")?;
        Ok(Ending::Well)
    }
}

/// One visit of the node with the role `jobs`: begins a round when it is time, and goes on with it for a while.
pub(crate) fn visit(registry: &Registry) {
    let begin = Instant::now();
    while begin.elapsed() < limits::FORECAST_VISIT {
        // Maintenance and a stopping node hold the work; it goes on at a later visit.
        let Ok(admission) = registry.gate().admit(model::Channel::Jobs) else { return };
        let step_begin = Instant::now();
        let today = registry.today(world::now());
        let step = match registry.needs_forecast_round(&admission, today) {
            Ok(true) => registry.begin_forecast_round(&admission, today).map(Some),
            Ok(false) => registry.advance_forecast_round(&admission),
            Err(error) => Err(error),
        };
        match step {
            Ok(Some(round)) if round.is_finished => {
                tracing::info!(people = round.done_count, schedule = round.schedule, "everybody is forecast anew");
                return;
            }
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "a step of the forecasts failed; it is tried again");
                return;
            }
        }
        drop(admission);
        std::thread::sleep(step_begin.elapsed() * limits::FORECAST_REST);
    }
}
