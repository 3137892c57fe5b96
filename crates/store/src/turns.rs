//! Turns at something that one thread at a time may do, first come, first served.
//!
//! A plain mutex would let a busy lane take it again and again while others starve.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

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
}

/// One's turn; it ends when dropped.
pub(crate) struct Turn<'turns> {
    turns: &'turns Turns,
}

impl Turns {
    /// Waits for one's turn.
    pub(crate) fn wait(&self) -> Turn<'_> {
        let mut numbers = self.numbers();
        let mine = numbers.next;
        numbers.next += 1;
        let not_yet = |numbers: &mut Numbers| numbers.serving != mine;
        drop(self.served.wait_while(numbers, not_yet).unwrap_or_else(PoisonError::into_inner));
        Turn { turns: self }
    }

    fn numbers(&self) -> MutexGuard<'_, Numbers> {
        // Nothing panics while holding the lock, and what it guards is whole at every moment.
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.numbers().serving += 1;
        self.turns.served.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

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
}
