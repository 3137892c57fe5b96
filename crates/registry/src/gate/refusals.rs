//! Whom the gate turned away during maintenance, and how often: counted in memory, as cheaply as can be, and taken from
//! here to be kept.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use model::{Channel, Refusals, WindowId};

/// Senders counted one by one at most; those beyond are counted together.
pub const SENDERS_MAXIMUM: usize = 20_000;
/// Letters of a claimed name that are kept.
const NAME_LENGTH_MAXIMUM: usize = 40;
/// Parts of the count, so that many connections seldom wait for each other.
const PARTS: usize = 16;

/// Who knocks, as far as is known before anybody has signed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sender<'a> {
    /// Where the call came from.
    pub address: IpAddr,
    /// The organization or user that the call says it is of, unproven; empty where it says nothing.
    pub name: &'a str,
}

/// The count.
#[derive(Debug)]
pub(crate) struct Ledger {
    hasher: RandomState,
    parts: [Mutex<HashMap<u64, Entry>>; PARTS],
}

#[derive(Debug)]
struct Entry {
    refusals: Refusals,
    is_changed: bool,
}

impl Ledger {
    pub(crate) fn new() -> Ledger {
        Ledger { hasher: RandomState::new(), parts: Default::default() }
    }

    /// Counts one call turned away.
    pub(crate) fn count(&self, window: WindowId, channel: Channel, sender: Option<Sender<'_>>, now: Timestamp) {
        let key = self.key(window, channel, sender);
        let mut part = self.part(key);
        if let Some(entry) = part.get_mut(&key) {
            entry.refusals.count += 1;
            entry.refusals.last_at = now;
            entry.is_changed = true;
            return;
        }
        let sender = if part.len() < SENDERS_MAXIMUM / PARTS { sender } else { None };
        let key = self.key(window, channel, sender);
        drop(part);
        let mut part = self.part(key);
        let entry = part.entry(key).or_insert_with(|| Entry {
            refusals: Refusals {
                window_id: window,
                channel,
                address: sender.map(|sender| sender.address.to_string()).unwrap_or_default(),
                name: sender.map(|sender| clean(sender.name)).unwrap_or_default(),
                count: 0,
                first_at: now,
                last_at: now,
                returned_at: None,
            },
            is_changed: true,
        });
        entry.refusals.count += 1;
        entry.refusals.last_at = now;
        entry.is_changed = true;
    }

    /// Notes that a sender who was turned away was served.
    pub(crate) fn note_return(&self, window: WindowId, channel: Channel, sender: Sender<'_>, now: Timestamp) {
        let key = self.key(window, channel, Some(sender));
        if let Some(entry) = self.part(key).get_mut(&key)
            && entry.refusals.returned_at.is_none()
        {
            entry.refusals.returned_at = Some(now);
            entry.is_changed = true;
        }
    }

    /// What was counted since it was last taken; counts are of that time only.
    pub(crate) fn take(&self) -> Vec<Refusals> {
        let mut taken = Vec::new();
        for part in &self.parts {
            for entry in part.lock().unwrap_or_else(PoisonError::into_inner).values_mut() {
                if std::mem::take(&mut entry.is_changed) {
                    taken.push(entry.refusals.clone());
                    entry.refusals.count = 0;
                }
            }
        }
        taken
    }

    /// Puts back what could not be kept.
    pub(crate) fn put_back(&self, refusals: &[Refusals]) {
        for refused in refusals {
            let address = refused.address.parse().ok();
            let sender = address.map(|address| Sender { address, name: &refused.name });
            let key = self.key(refused.window_id, refused.channel, sender);
            let mut part = self.part(key);
            let entry = part
                .entry(key)
                .or_insert_with(|| Entry { refusals: Refusals { count: 0, ..refused.clone() }, is_changed: true });
            entry.refusals.count += refused.count;
            entry.is_changed = true;
        }
    }

    /// Forgets the senders of windows that are no longer known.
    pub(crate) fn forget_all_but(&self, windows: &[WindowId]) {
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            part.retain(|_, entry| entry.is_changed || windows.contains(&entry.refusals.window_id));
        }
    }

    fn part(&self, key: u64) -> std::sync::MutexGuard<'_, HashMap<u64, Entry>> {
        self.parts[key as usize % PARTS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key(&self, window: WindowId, channel: Channel, sender: Option<Sender<'_>>) -> u64 {
        self.hasher.hash_one((window, channel, sender.map(|sender| (sender.address, clipped(sender.name)))))
    }
}

fn clipped(name: &str) -> &str {
    match name.char_indices().nth(NAME_LENGTH_MAXIMUM) {
        Some((end, _)) => &name[..end],
        None => name,
    }
}

/// A claimed name without what no code and no user name contains: whatever else somebody wrote there is not kept.
fn clean(name: &str) -> String {
    clipped(name).chars().filter(|letter| letter.is_ascii_alphanumeric() || "._-@".contains(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use model::WindowId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn refusals_are_counted_for_each_sender_and_taken_once() {
        let ledger = Ledger::new();
        let (window, now) = (WindowId(Uuid::nil()), Timestamp::UNIX_EPOCH);
        let address = IpAddr::from([10, 0, 0, 1]);
        let lake = Sender { address, name: "LAKE2000" };
        for _ in 0..3 {
            ledger.count(window, Channel::WebService, Some(lake), now);
        }
        ledger.count(window, Channel::WebService, Some(Sender { address, name: "BURL<script>" }), now);
        ledger.note_return(window, Channel::WebService, lake, now);
        let mut taken = ledger.take();
        taken.sort_by_key(|refusals| std::cmp::Reverse(refusals.count));
        assert_eq!((taken[0].name.as_str(), taken[0].count, taken[0].returned_at), ("LAKE2000", 3, Some(now)));
        assert_eq!((taken[1].name.as_str(), taken[1].count, taken[1].returned_at), ("BURLscript", 1, None));
        assert_eq!(ledger.take(), []);
        ledger.put_back(&taken);
        assert_eq!(ledger.take().iter().map(|refusals| refusals.count).sum::<u64>(), 4);
    }

    #[test]
    fn a_flood_of_senders_takes_no_more_memory_than_allowed() {
        let ledger = Ledger::new();
        let (window, now) = (WindowId(Uuid::nil()), Timestamp::UNIX_EPOCH);
        let flood = 2 * SENDERS_MAXIMUM as u32;
        for number in 0..flood {
            let sender = Sender { address: IpAddr::from(number.to_be_bytes()), name: "" };
            ledger.count(window, Channel::WebService, Some(sender), now);
        }
        let taken = ledger.take();
        assert!(taken.len() <= SENDERS_MAXIMUM + PARTS, "{}", taken.len());
        assert_eq!(taken.iter().map(|refusals| refusals.count).sum::<u64>(), u64::from(flood));
    }
}
