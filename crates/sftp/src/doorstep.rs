//! Who may knock: how many connections there are, from where, and how many of them are strangers.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Limits;

/// The time over which arrivals are counted.
const ARRIVALS_OVER: Duration = Duration::from_secs(60);

/// Counts connections.
#[derive(Debug)]
pub(crate) struct Doorstep {
    limits: Limits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    open: usize,
    strangers: usize,
    sources: HashMap<IpAddr, Source>,
}

#[derive(Debug)]
struct Source {
    open: usize,
    arrivals: usize,
    since: Instant,
}

/// Why a connection is turned away before a word is said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum TurnedAway {
    #[error("too many connections")]
    Full,
    #[error("too many connections from there")]
    SourceFull,
    #[error("too many connections that have not signed in")]
    TooManyStrangers,
    #[error("connections come too fast from there")]
    TooFast,
}

/// A place at the door, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Visit {
    doorstep: Arc<Doorstep>,
    source: IpAddr,
    is_stranger: bool,
}

impl Doorstep {
    pub(crate) fn new(limits: Limits) -> Arc<Doorstep> {
        Arc::new(Doorstep { limits, state: Mutex::default() })
    }

    /// A place for a connection that arrived now.
    pub(crate) fn arrive(self: &Arc<Doorstep>, source: IpAddr, now: Instant) -> Result<Visit, TurnedAway> {
        let limits = &self.limits;
        let mut state = self.state();
        state.sources.retain(|_, known| known.open > 0 || now.duration_since(known.since) < ARRIVALS_OVER);
        let (open, strangers) = (state.open, state.strangers);
        let known = state.sources.entry(source).or_insert(Source { open: 0, arrivals: 0, since: now });
        if now.duration_since(known.since) >= ARRIVALS_OVER {
            (known.arrivals, known.since) = (0, now);
        }
        known.arrivals += 1;
        if known.arrivals > limits.arrivals_per_minute {
            return Err(TurnedAway::TooFast);
        }
        if known.open >= limits.connections_per_source {
            return Err(TurnedAway::SourceFull);
        }
        if open >= limits.connections {
            return Err(TurnedAway::Full);
        }
        if strangers >= limits.strangers {
            return Err(TurnedAway::TooManyStrangers);
        }
        known.open += 1;
        state.open += 1;
        state.strangers += 1;
        Ok(Visit { doorstep: self.clone(), source, is_stranger: true })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit {
    /// The visitor has signed in.
    pub(crate) fn introduce(&mut self) {
        if std::mem::replace(&mut self.is_stranger, false) {
            self.doorstep.state().strangers -= 1;
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = self.doorstep.state();
        state.open -= 1;
        state.strangers -= usize::from(self.is_stranger);
        if let Some(source) = state.sources.get_mut(&self.source) {
            source.open -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doorstep() -> Arc<Doorstep> {
        let few = Limits {
            connections: 4,
            connections_per_source: 2,
            strangers: 3,
            arrivals_per_minute: 5,
            ..Limits::default()
        };
        Doorstep::new(few)
    }

    fn source(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    #[test]
    fn strangers_are_fewer_than_visitors_and_places_come_back() {
        let (doorstep, now) = (doorstep(), Instant::now());
        let mut first = doorstep.arrive(source(1), now).expect("there is room");
        let second = doorstep.arrive(source(1), now).expect("there is room");
        assert_eq!(doorstep.arrive(source(1), now).err(), Some(TurnedAway::SourceFull));
        let _third = doorstep.arrive(source(2), now).expect("there is room");
        assert_eq!(doorstep.arrive(source(3), now).err(), Some(TurnedAway::TooManyStrangers));
        first.introduce();
        let _fourth = doorstep.arrive(source(3), now).expect("there is room");
        assert_eq!(doorstep.arrive(source(4), now).err(), Some(TurnedAway::Full));
        drop(second);
        assert!(doorstep.arrive(source(4), now).is_ok());
    }

    #[test]
    fn connections_that_come_too_fast_are_turned_away_for_a_while() {
        let (doorstep, now) = (doorstep(), Instant::now());
        for _ in 0..5 {
            drop(doorstep.arrive(source(1), now).expect("there is room"));
        }
        assert_eq!(doorstep.arrive(source(1), now).err(), Some(TurnedAway::TooFast));
        assert!(doorstep.arrive(source(2), now).is_ok());
        assert!(doorstep.arrive(source(1), now + ARRIVALS_OVER).is_ok());
    }
}
