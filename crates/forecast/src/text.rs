//! The project's own form of a schedule: text, one line a fact, made to be read and reviewed in a diff.
//!
//! A line is a keyword, what it is about, and fields after semicolons; ` #` begins a remark. Files are read one after the other as if
//! they were one, so a schedule may be cut into files at will; ours have one file an antigen.

mod line;
mod read;
mod read_dose;
mod write;
mod write_dose;

pub use read::read;
pub(crate) use write::antigen_file_name;
pub use write::{TextFile, write};

/// A line of a schedule that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file} line {line}: {reason}")]
pub struct TextError {
    /// The file's name.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}
