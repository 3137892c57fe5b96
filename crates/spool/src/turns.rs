//! One at a time for each name: while a file is being taken, nobody begins it again, or finds it in neither place.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError, RwLock, RwLockReadGuard};

/// Who is at which partial file, in this process.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    taken: Mutex<BTreeSet<PathBuf>>,
    is_over: Condvar,
    /// Shared by whoever moves a file from the partial ones to the taken ones; a list is made between the moves.
    moves: RwLock<()>,
}

/// The right to change partial files, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    paths: BTreeSet<PathBuf>,
}

impl Turns {
    /// Waits until nobody else is at any of these, and takes them all.
    pub(crate) fn take<const N: usize>(&self, paths: [PathBuf; N]) -> Turn<'_> {
        let paths = BTreeSet::from(paths);
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let is_waiting = |taken: &mut BTreeSet<PathBuf>| !taken.is_disjoint(&paths);
        let mut taken = self.is_over.wait_while(taken, is_waiting).unwrap_or_else(PoisonError::into_inner);
        taken.extend(paths.iter().cloned());
        drop(taken);
        Turn { turns: self, paths }
    }

    /// As long as it is held, a file is on its way from one place to another.
    pub(crate) fn moving(&self) -> RwLockReadGuard<'_, ()> {
        self.moves.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs while every file is in one place or the other.
    pub(crate) fn between_moves<T>(&self, look: impl FnOnce() -> T) -> T {
        let _still = self.moves.write().unwrap_or_else(PoisonError::into_inner);
        look()
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner).retain(|path| !self.paths.contains(path));
        self.turns.is_over.notify_all();
    }
}
