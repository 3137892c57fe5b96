//! Connections that callers share, one at a time each.

use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::StoreError;
use crate::database::Connection;

/// Connections for reading, made when they are first needed.
pub(crate) struct Pool {
    idle: Mutex<Idle>,
    returned: Condvar,
    open: Box<dyn Fn() -> Result<Connection, StoreError> + Send + Sync>,
}

struct Idle {
    connections: Vec<Connection>,
    /// How many more may be made.
    spare: usize,
}

/// A connection lent out; it goes back when dropped.
pub(crate) struct Pooled<'pool> {
    pool: &'pool Pool,
    /// `None` only while being made and dropped.
    connection: Option<Connection>,
}

impl Pool {
    pub(crate) fn new(size: usize, open: impl Fn() -> Result<Connection, StoreError> + Send + Sync + 'static) -> Pool {
        let idle = Idle { connections: Vec::new(), spare: size.max(1) };
        Pool { idle: Mutex::new(idle), returned: Condvar::new(), open: Box::new(open) }
    }

    /// A connection for the caller alone.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when none came back in time; or a new one could not be made.
    pub(crate) fn take(&self, wait: Duration) -> Result<Pooled<'_>, StoreError> {
        let waiting = |idle: &mut Idle| idle.connections.is_empty() && idle.spare == 0;
        let (mut idle, _) =
            self.returned.wait_timeout_while(self.idle(), wait, waiting).unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = idle.connections.pop() {
            return Ok(Pooled { pool: self, connection: Some(connection) });
        }
        if idle.spare == 0 {
            return Err(StoreError::Busy { attempted: "lend a connection for reading".to_owned() });
        }
        idle.spare -= 1;
        drop(idle);
        // Whatever becomes of the attempt, its place comes back with this.
        let mut place = Pooled { pool: self, connection: None };
        place.connection = Some((self.open)()?);
        Ok(place)
    }

    /// Ends all connections that nobody uses.
    pub(crate) fn discard_idle(&self) {
        let mut idle = self.idle();
        let discarded = std::mem::take(&mut idle.connections);
        idle.spare += discarded.len();
        drop(idle);
        self.returned.notify_all();
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        // Nothing panics while holding the lock, and what it guards is whole at every moment.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled<'_> {
    /// Ends the connection instead of giving it back: it may be broken.
    pub(crate) fn discard(mut self) {
        self.connection = None;
    }
}

impl Deref for Pooled<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("a lent connection is there until it is dropped")
    }
}

impl DerefMut for Pooled<'_> {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("a lent connection is there until it is dropped")
    }
}

impl Drop for Pooled<'_> {
    fn drop(&mut self) {
        let mut idle = self.pool.idle();
        match self.connection.take() {
            Some(connection) => idle.connections.push(connection),
            None => idle.spare += 1,
        }
        drop(idle);
        self.pool.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn an_attempt_that_fails_or_panics_gives_its_place_back() {
        let pool = Pool::new(1, || panic!("the driver has a fault"));
        for _ in 0..3 {
            let taken = catch_unwind(AssertUnwindSafe(|| pool.take(Duration::ZERO).map(drop)));
            assert!(taken.is_err(), "the place is free, and the attempt is made again");
        }
        let unavailable = || StoreError::Busy { attempted: "open".to_owned() };
        let pool = Pool::new(1, move || Err(unavailable()));
        for _ in 0..3 {
            let attempted = pool.take(Duration::ZERO).map(drop).expect_err("it fails").to_string();
            assert!(attempted.ends_with("open"), "{attempted}");
        }
    }
}
