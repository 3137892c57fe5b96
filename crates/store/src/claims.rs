//! What the lanes of one program decide about at this moment: nobody else may decide about the same until it is written.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is claimed now.
#[derive(Default)]
pub(crate) struct Claims {
    now: Mutex<Numbers>,
    released: Condvar,
}

#[derive(Default)]
struct Numbers {
    held: HashSet<i64>,
    holders: usize,
}

/// Numbers that one holds, until it is dropped.
pub(crate) struct Held<'claims> {
    claims: &'claims Claims,
    numbers: Vec<i64>,
    is_alone: bool,
}

impl Claims {
    /// Waits until nobody holds any of these numbers, and takes all of them at once.
    pub(crate) fn hold(&self, numbers: Vec<i64>) -> Held<'_> {
        let is_taken = |now: &mut Numbers| numbers.iter().any(|number| now.held.contains(number));
        let mut now = self.released.wait_while(self.now(), is_taken).unwrap_or_else(PoisonError::into_inner);
        now.held.extend(&numbers);
        now.holders += 1;
        let is_alone = now.holders == 1;
        drop(now);
        Held { claims: self, numbers, is_alone }
    }

    fn now(&self) -> MutexGuard<'_, Numbers> {
        // Nothing panics while holding the lock, and what it guards is whole at every moment.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// Whether nobody else held anything when this began.
    pub(crate) fn is_alone(&self) -> bool {
        self.is_alone
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut now = self.claims.now();
        for number in &self.numbers {
            now.held.remove(number);
        }
        now.holders -= 1;
        drop(now);
        self.claims.released.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::Claims;

    #[test]
    fn whoever_wants_what_is_held_waits_and_others_do_not() {
        let claims = Claims::default();
        let first = claims.hold(vec![1, 2, 2]);
        drop(claims.hold(vec![3, 4]));
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _held = claims.hold(vec![2, 5]);
                sender.send(()).expect("the receiver waits");
            });
            assert!(receiver.recv_timeout(Duration::from_millis(50)).is_err(), "2 is held");
            drop(claims.hold(vec![5]));
            drop(first);
            receiver.recv_timeout(Duration::from_secs(60)).expect("nobody holds it any more");
        });
    }
}
