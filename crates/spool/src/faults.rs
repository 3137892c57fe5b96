//! Failures made on purpose, to show that none loses or doubles a file.
//!
//! A running program has none unless it was told so by whoever started it: `fsync:error:3` fails the third time after
//! an fsync, as a disk fails (EIO); `write:full` has the disk full after a write; `rename:abort` ends the process the
//! first time after a rename as if the power had gone.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::io::Errno;

/// Where a failure can be made: right after that step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// Bytes were written into an upload.
    Write,
    /// A file was brought to the disk.
    Fsync,
    /// A file was moved to where it counts.
    Rename,
    /// A file was claimed to be processed.
    Claim,
    /// A batch of messages was committed.
    Commit,
    /// A result was put into the outbox.
    Result,
}

impl Point {
    /// All points, in the order in which a file passes them.
    pub const ALL: [Point; 6] = [Point::Write, Point::Fsync, Point::Rename, Point::Claim, Point::Commit, Point::Result];

    /// The word that plans it.
    pub fn word(self) -> &'static str {
        match self {
            Point::Write => "write",
            Point::Fsync => "fsync",
            Point::Rename => "rename",
            Point::Claim => "claim",
            Point::Commit => "commit",
            Point::Result => "result",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    Error,
    Full,
    Abort,
}

/// A planned failure, or none. Clones share the count.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    planned: Option<Arc<Planned>>,
}

#[derive(Debug)]
struct Planned {
    point: Point,
    action: Action,
    at: u64,
    passed: AtomicU64,
}

impl Faults {
    /// Reads `POINT:error`, `POINT:full` or `POINT:abort`, each with `:N` for the n-th time.
    ///
    /// # Errors
    /// A sentence, for text of another form.
    pub fn parse(text: &str) -> Result<Faults, String> {
        let refused = || {
            format!("{text:?} is no failure: write POINT:error, POINT:full or POINT:abort, with :N for the n-th time")
        };
        let mut parts = text.split(':');
        let point = parts.next().and_then(|word| Point::ALL.into_iter().find(|point| point.word() == word));
        let action = match parts.next() {
            Some("error") => Action::Error,
            Some("full") => Action::Full,
            Some("abort") => Action::Abort,
            _ => return Err(refused()),
        };
        let at = parts.next().map_or(Ok(1), str::parse).map_err(|_| refused())?;
        let planned = Planned { point: point.ok_or_else(refused)?, action, at, passed: AtomicU64::new(0) };
        Ok(Faults { planned: Some(Arc::new(planned)) })
    }

    /// Passes a point, or fails there as planned.
    ///
    /// # Errors
    /// As planned.
    pub fn pass(&self, point: Point) -> io::Result<()> {
        let Some(planned) = self.planned.as_deref().filter(|planned| planned.point == point) else { return Ok(()) };
        if planned.passed.fetch_add(1, Ordering::AcqRel) + 1 != planned.at {
            return Ok(());
        }
        tracing::warn!(point = point.word(), action = ?planned.action, "a failure happens that was planned");
        match planned.action {
            Action::Error => Err(Errno::IO.into()),
            Action::Full => Err(Errno::NOSPC.into()),
            Action::Abort => std::process::abort(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_happens_where_and_when_it_was_planned() {
        let faults = Faults::parse("fsync:error:2").expect("a plan");
        assert!(faults.pass(Point::Write).is_ok());
        assert!(faults.pass(Point::Fsync).is_ok());
        assert!(faults.clone().pass(Point::Fsync).is_err());
        assert!(faults.pass(Point::Fsync).is_ok());
        let full = Faults::parse("write:full").expect("a plan").pass(Point::Write);
        assert_eq!(full.map_err(|error| error.kind()), Err(io::ErrorKind::StorageFull));
        assert!(Faults::default().pass(Point::Fsync).is_ok());
        for text in ["", "fsync", "sync:error", "fsync:panic", "fsync:error:x"] {
            assert!(Faults::parse(text).is_err(), "{text}");
        }
    }
}
