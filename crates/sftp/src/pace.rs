//! How fast an account may ask, over all its connections: whoever asks faster is answered later, and never refused.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use russh_sftp::protocol::Packet;

use crate::Limits;
use crate::packets::Incoming;

/// So many requests that move bytes weigh as much as one that looks at folders and names.
const DATA_REQUESTS_OF_A_WEIGHT: u32 = 40;
/// Accounts that are remembered before those that rest are forgotten.
const REMEMBERED: usize = 1_000;

/// The pace of every account.
#[derive(Debug)]
pub(crate) struct Paces {
    /// The time that a request of weight one takes of its account.
    each: Duration,
    /// How much of that an account may be ahead.
    ahead: Duration,
    /// Until when each account has asked, as if it had kept the pace.
    until: Mutex<HashMap<String, Instant>>,
}

impl Paces {
    pub(crate) fn new(limits: &Limits) -> Paces {
        let each = Duration::from_secs(1) / limits.requests_per_second;
        Paces { each, ahead: each * limits.requests_at_once, until: Mutex::default() }
    }

    /// How long a request that came now has to wait for its answer.
    pub(crate) fn delay(&self, account: &str, incoming: &Incoming, now: Instant) -> Duration {
        let takes = match incoming {
            Incoming::Request(Packet::Read(_) | Packet::Write(_)) => self.each / DATA_REQUESTS_OF_A_WEIGHT,
            Incoming::Request(_) | Incoming::Refused { .. } => self.each,
        };
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() > REMEMBERED {
            until.retain(|_, until| *until > now);
        }
        let known = until.entry(account.to_owned()).or_insert(now);
        *known = (*known).max(now) + takes;
        known.duration_since(now).saturating_sub(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use russh_sftp::protocol::{Read, Stat};

    use super::*;

    fn paces() -> Paces {
        Paces::new(&Limits { requests_per_second: 10, requests_at_once: 5, ..Limits::default() })
    }

    fn stat() -> Incoming {
        Incoming::Request(Packet::Stat(Stat { id: 1, path: "/inbox".to_owned() }))
    }

    #[test]
    fn whoever_asks_too_fast_waits_and_nobody_else_does() {
        let (paces, now) = (paces(), Instant::now());
        let delays: Vec<u128> = (0..8).map(|_| paces.delay("clinic", &stat(), now).as_millis()).collect();
        assert_eq!(delays, [0, 0, 0, 0, 0, 100, 200, 300]);
        assert_eq!(paces.delay("pharmacy", &stat(), now), Duration::ZERO);
        assert_eq!(
            paces.delay("clinic", &stat(), now + Duration::from_secs(2)),
            Duration::ZERO,
            "a rest gives it back"
        );
    }

    #[test]
    fn bytes_are_asked_for_faster() {
        let (paces, now) = (paces(), Instant::now());
        let read = || Incoming::Request(Packet::Read(Read { id: 1, handle: "h1".to_owned(), offset: 0, len: 1 }));
        assert!((0..200).all(|_| paces.delay("clinic", &read(), now) == Duration::ZERO));
        assert!(paces.delay("clinic", &read(), now) > Duration::ZERO);
    }
}
