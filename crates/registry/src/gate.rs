//! The gate: every public verb of the registry takes an [`Admission`], and only this file can make one.
//!
//! A door asks [`Gate::admit`] first; when the answer is [`Closed`] it says so in its own language. The gate works
//! from memory alone, so that it answers while the database is down. An admission counts as work in flight until it
//! is dropped: that is how load is shed and how a stopping program waits for what it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use model::Channel;
use tokio::sync::Notify;

/// Work in flight above which a node sheds load: enough to fill every batch, little enough to answer in time.
pub const IN_FLIGHT_MAXIMUM: usize = 1024;

/// The right to call the registry once. Work is in flight until it is dropped.
#[derive(Debug)]
pub struct Admission {
    channel: Channel,
    state: Arc<State>,
}

impl Admission {
    /// The door that was let in.
    pub fn channel(&self) -> Channel {
        self.channel
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if self.state.in_flight.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.state.drained.notify_waiters();
        }
    }
}

/// The door is closed: what to say, and when to come back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// The sentence of the profile.
    pub sentence: String,
    /// For the `Retry-After` header.
    pub retry_after_seconds: u32,
}

/// Decides who may come in now. Cheap to clone; all clones are one gate.
#[derive(Clone, Debug)]
pub struct Gate {
    state: Arc<State>,
    sentence: Arc<str>,
    retry_after_seconds: u32,
}

#[derive(Debug)]
struct State {
    in_flight: AtomicUsize,
    is_stopping: AtomicBool,
    turned_away: AtomicUsize,
    drained: Notify,
}

impl Gate {
    /// An open gate that says this sentence when it is closed.
    pub fn new(sentence: &str, retry_after_seconds: u32) -> Gate {
        let state = State {
            in_flight: AtomicUsize::new(0),
            is_stopping: AtomicBool::new(false),
            turned_away: AtomicUsize::new(0),
            drained: Notify::new(),
        };
        Gate { state: Arc::new(state), sentence: sentence.into(), retry_after_seconds }
    }

    /// Lets one call in.
    ///
    /// # Errors
    /// [`Closed`] while the program is stopping, and while more than [`IN_FLIGHT_MAXIMUM`] calls are in flight.
    pub fn admit(&self, channel: Channel) -> Result<Admission, Closed> {
        // The admission exists before the question is asked, so that a refusal takes its count back by itself.
        let before = self.state.in_flight.fetch_add(1, Ordering::AcqRel);
        let admission = Admission { channel, state: self.state.clone() };
        if before >= IN_FLIGHT_MAXIMUM || self.state.is_stopping.load(Ordering::Acquire) {
            return Err(self.closed());
        }
        Ok(admission)
    }

    /// What a closed door says; also for a door whose call found the database gone.
    pub fn closed(&self) -> Closed {
        // Senders come back spread over as long again, so that they do not arrive as one wave.
        let turned_away = self.state.turned_away.fetch_add(1, Ordering::Relaxed) as u32;
        let spread = turned_away.wrapping_mul(2_654_435_761) >> 16;
        let retry_after_seconds = self.retry_after_seconds + spread % (self.retry_after_seconds + 1);
        Closed { sentence: self.sentence.to_string(), retry_after_seconds }
    }

    /// Calls in flight.
    pub fn in_flight(&self) -> usize {
        self.state.in_flight.load(Ordering::Acquire)
    }

    /// Closes the gate for good: the program is stopping.
    pub fn stop(&self) {
        self.state.is_stopping.store(true, Ordering::Release);
    }

    /// Whether the program is stopping.
    pub fn is_stopping(&self) -> bool {
        self.state.is_stopping.load(Ordering::Acquire)
    }

    /// Returns when nothing is in flight any more.
    pub async fn drained(&self) {
        loop {
            let next = self.state.drained.notified();
            if self.in_flight() == 0 {
                return;
            }
            next.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_gate_turns_away_and_opens_again_by_itself() {
        let gate = Gate::new("Please try again later.", 10);
        let admitted: Vec<Admission> =
            (0..IN_FLIGHT_MAXIMUM).map(|_| gate.admit(Channel::WebService).expect("room is left")).collect();
        let closed = gate.admit(Channel::WebService).expect_err("the gate is full");
        assert_eq!(closed.sentence, "Please try again later.");
        assert!((10..=20).contains(&closed.retry_after_seconds));
        drop(admitted);
        assert_eq!(gate.in_flight(), 0);
        assert!(gate.admit(Channel::WebService).is_ok());
    }

    #[tokio::test]
    async fn a_stopping_gate_waits_for_what_it_took() {
        let gate = Gate::new("Please try again later.", 10);
        let admission = gate.admit(Channel::WebService).expect("the gate is open");
        gate.stop();
        assert!(gate.admit(Channel::WebService).is_err());
        let waiting = tokio::spawn({
            let gate = gate.clone();
            async move { gate.drained().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(admission);
        waiting.await.expect("the gate drains");
    }
}
