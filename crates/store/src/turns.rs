//! Turns at something that one thread at a time may do, first come, first served.
//!
//! A plain mutex would let a busy lane take it again and again while others starve.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The queue.
#[derive(Default)]
pub(crate) struct Turns {
    numbers: Mutex<Numbers>,
    served: Condvar,
}

#[derive(Default)]
struct Numbers {
    /// The number that the next to come will draw.
    next: u64,
    /// The number whose turn it is.
    serving: u64,
    /// Numbers of those who went away before their turn.
    given_up: BTreeSet<u64>,
}

/// One's turn; it ends when dropped.
pub(crate) struct Turn<'turns> {
    turns: &'turns Turns,
}

impl Turns {
    /// Waits for one's turn.
    pub(crate) fn wait(&self) -> Turn<'_> {
        let mut numbers = self.numbers();
        let mine = numbers.draw();
        let not_yet = |numbers: &mut Numbers| numbers.serving != mine;
        drop(self.served.wait_while(numbers, not_yet).unwrap_or_else(PoisonError::into_inner));
        Turn { turns: self }
    }

    /// The same for so long at most; `None` when it did not come.
    pub(crate) fn wait_for(&self, wait: Duration) -> Option<Turn<'_>> {
        let mut numbers = self.numbers();
        let mine = numbers.draw();
        let not_yet = |numbers: &mut Numbers| numbers.serving != mine;
        let waited = self.served.wait_timeout_while(numbers, wait, not_yet);
        let (mut numbers, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if numbers.serving == mine {
            return Some(Turn { turns: self });
        }
        numbers.given_up.insert(mine);
        None
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        // Nothing panics while holding the lock, and what it guards is whole at every moment.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Numbers {
    fn draw(&mut self) -> u64 {
        let mine = self.next;
        self.next += 1;
        mine
    }

    /// The turn of whoever waits longest of those who still do.
    fn serve_next(&mut self) {
        self.serving += 1;
        while self.given_up.remove(&self.serving) {
            self.serving += 1;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.numbers().serve_next();
        self.turns.served.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::Turns;

    #[test]
    fn who_waits_longest_is_next() {
        let turns = Turns::default();
        let (sender, receiver) = mpsc::channel();
        let first = turns.wait();
        std::thread::scope(|scope| {
            for number in 0..4 {
                let (turns, sender) = (&turns, sender.clone());
                scope.spawn(move || {
                    let _turn = turns.wait();
                    sender.send(number).expect("the receiver waits");
                });
                while turns.numbers().next != number + 2 {
                    std::thread::yield_now();
                }
            }
            drop(first);
        });
        drop(sender);
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
    }

    #[test]
    fn who_goes_away_keeps_nobody_waiting() {
        let turns = Turns::default();
        let first = turns.wait();
        for _ in 0..2 {
            assert!(turns.wait_for(Duration::from_millis(1)).is_none(), "it is somebody else's turn");
        }
        drop(first);
        let next = turns.wait_for(Duration::ZERO).expect("nobody has it");
        assert!(turns.wait_for(Duration::ZERO).is_none());
        drop(next);
        drop(turns.wait());
    }
}
