//! Why a file is not taken. The sentences are what the sender reads.

use std::io;
use std::path::PathBuf;

use model::FileId;

/// What went wrong, as the sender is told it.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The name cannot be used.
    #[error("the name {name:?} cannot be used: {reason}")]
    NameInvalid {
        /// The name.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// The organization has as many files waiting as it may have.
    #[error("{count} files wait already, as many as may; send this one when some of them are processed")]
    TooManyFiles {
        /// How many wait.
        count: u64,
    },
    /// The organization has as many bytes waiting as it may have.
    #[error("files of {limit} bytes may wait together, and this one goes beyond; send it when some are processed")]
    TooManyBytes {
        /// How many may.
        limit: u64,
    },
    /// One file is larger than any may be.
    #[error("a file may have {limit} bytes; split it")]
    TooLarge {
        /// How many.
        limit: u64,
    },
    /// The disk is as full as it may become.
    #[error("the registry's disk is full; everything that was taken is kept, send this file again later")]
    DiskFull,
    /// There is no such file.
    #[error("there is no file {name:?}")]
    Missing {
        /// Its name or id.
        name: String,
    },
    /// The same file was opened again, and this handle is no longer the one that writes it.
    #[error("{name:?} was opened again elsewhere; this handle writes it no longer")]
    Superseded {
        /// Its name.
        name: String,
    },
    /// Another program is writing the same file.
    #[error("{name:?} is being written by another program")]
    Busy {
        /// Its name.
        name: String,
    },
    /// The disk did not confirm the bytes. What it has of the file cannot be trusted any more.
    #[error("the disk did not confirm {name:?}; it was not taken, send it again from the beginning")]
    NotDurable {
        /// Its name.
        name: String,
        /// The cause.
        source: io::Error,
    },
    /// Root came to the spool of another user, or to a folder of theirs to make one in it.
    #[error(
        "the folder {folder} belongs to the user with the number {owner}, and this program runs as root: run it as that user"
    )]
    NotOurs {
        /// The spool's folder, or the one that it would be made in.
        folder: String,
        /// Whose it is.
        owner: u32,
    },
    /// The disk failed otherwise.
    #[error("could not {attempted}: {source}")]
    Disk {
        /// What was attempted.
        attempted: String,
        /// The cause.
        source: io::Error,
    },
    /// A record is not what was written.
    #[error("the record {} of a taken file cannot be read: {reason}", path.display())]
    RecordInvalid {
        /// The file's id.
        id: FileId,
        /// Where the record is.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl SpoolError {
    /// Whether the disk does not do what it should, or is full: that goes away without anybody changing the file.
    pub fn is_of_the_disk(&self) -> bool {
        use SpoolError::{Disk, DiskFull, NotDurable};
        matches!(self, Disk { .. } | DiskFull | NotDurable { .. })
    }

    /// Whether the same file may be taken later, when there is room again.
    pub fn is_for_lack_of_room(&self) -> bool {
        use SpoolError::{DiskFull, TooManyBytes, TooManyFiles};
        matches!(self, DiskFull | TooManyBytes { .. } | TooManyFiles { .. })
    }
}

/// Names what was attempted, and tells a full disk from other failures.
pub(crate) fn disk(attempted: impl Into<String>) -> impl FnOnce(io::Error) -> SpoolError {
    |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SpoolError::DiskFull,
        _ => SpoolError::Disk { attempted: attempted.into(), source },
    }
}
