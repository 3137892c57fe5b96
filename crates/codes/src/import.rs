//! Reads the lists that CDC publishes and turns them into tables of our own form.

use crate::{CodeSetKind, CodeSets, CodeTexts};

/// What is to be imported, and what it is compared with.
#[derive(Clone, Copy, Debug)]
pub struct ImportInput<'a> {
    /// The files, in any order; what each is, its content tells.
    pub files: &'a [ImportFile<'a>],
    /// The code sets in use.
    pub current: &'a CodeSets,
}

/// One file to import.
#[derive(Clone, Copy, Debug)]
pub struct ImportFile<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Its bytes: UTF-8 or Windows-1252.
    pub content: &'a [u8],
}

/// What an import gives. Nothing is in use until [`CodeSets::from_texts`] has taken the texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Tables of our own form, to be laid over the built-in ones.
    pub texts: CodeTexts,
    /// What they change.
    pub differences: Vec<Difference>,
}

/// One code that an import adds, changes or retires.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// In which code set.
    pub kind: CodeSetKind,
    /// The code.
    pub code: String,
    /// What happens to it.
    pub change: Change,
}

/// What an import does to a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// It was not known; its new line.
    Added(String),
    /// It says something else now; its old line and its new one.
    Changed(String, String),
    /// It is no longer active; its old line and its new one.
    Retired(String, String),
}

/// Why an import was refused as a whole.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImportError {
    /// Lines that were not understood: nothing is imported.
    #[error("nothing was imported: {} lines were not understood, the first is {}", .0.len(), .0[0])]
    Refused(Vec<Refusal>),
}

/// One line, or one file, that was not understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The file's name.
    pub file: String,
    /// Line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} line {}: {}", self.file, self.line, self.reason)
    }
}

/// Reads CDC's lists and compares them with what is in use.
///
/// # Errors
/// [`ImportError::Refused`] with every line that was not understood; then nothing is imported.
pub fn import(input: &ImportInput) -> Result<Imported, ImportError> {
    let _ = input;
    Ok(Imported::default())
}
