//! What the lanes of one program decide about at this moment: nobody else may decide about the same until it is written.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is claimed now.
#[derive(Default)]
pub(crate) struct Claims {
    held: Mutex<HashSet<i64>>,
    released: Condvar,
}

/// Numbers that one holds, until it is dropped.
pub(crate) struct Held<'claims> {
    claims: &'claims Claims,
    numbers: Vec<i64>,
}

impl Claims {
    /// Waits until nobody holds any of these numbers, and takes all of them at once.
    pub(crate) fn hold(&self, numbers: Vec<i64>) -> Held<'_> {
        let is_taken = |held: &mut HashSet<i64>| numbers.iter().any(|number| held.contains(number));
        let held = self.released.wait_while(self.held(), is_taken);
        held.unwrap_or_else(PoisonError::into_inner).extend(&numbers);
        Held { claims: self, numbers }
    }

    fn held(&self) -> MutexGuard<'_, HashSet<i64>> {
        // Nothing panics while holding the lock, and what it guards is whole at every moment.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut held = self.claims.held();
        for number in &self.numbers {
            held.remove(number);
        }
        drop(held);
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
