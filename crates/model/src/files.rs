//! Files: where a message of one stands.

use crate::FileId;

/// Which message of which file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FilePosition {
    /// The file.
    pub file_id: FileId,
    /// Its place in the file, from 1.
    pub ordinal: u64,
}
