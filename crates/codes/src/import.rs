//! Reads the lists that CDC publishes and turns them into tables of our own form.
//!
//! What a file is, its content tells: CDC's flat files and XML files of CVX, MVX, vaccine groups, NDC and VIS, the schedule of CDSi's
//! supporting data, a codebase of code sets, and corrections of our own. A line that is not understood stops the whole import.

use crate::{CodeSetKind, CodeSets, CodeTexts, TableError};

mod apply;
mod cdc_records;
mod cdsi_schedule;
mod codebase;
mod corrections;
mod dates;
mod facts;
mod flat_files;
mod xml;

use facts::Facts;

/// What is to be imported, and what it is laid over.
#[derive(Clone, Copy, Debug)]
pub struct ImportInput<'a> {
    /// The files. What a later one says of a code counts more; corrections count most.
    pub files: &'a [ImportFile<'a>],
    /// The code sets in use, with earlier imports in them: what the lists do not say is kept.
    pub current: &'a CodeSets,
}

/// One file to import.
#[derive(Clone, Copy, Debug)]
pub struct ImportFile<'a> {
    /// Its name, for messages.
    pub name: &'a str,
    /// Its bytes: UTF-8, or Latin-1.
    pub content: &'a [u8],
}

/// What an import gives. Nothing is in use until [`CodeSets::from_texts`] has taken the texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Tables of our own form with the codes that this import adds or changes: a layer over those in use.
    pub texts: CodeTexts,
    /// What this import changes.
    pub differences: Vec<Difference>,
    /// What the operator should know: a new vaccine that is in no vaccine group, for one.
    pub notes: Vec<String>,
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

/// In words, on one to three lines: `changed CVX 56`, the old line, the new line.
impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let table = self.kind.file_name().trim_end_matches(".txt");
        match &self.change {
            Change::Added(new) => write!(f, "added {table} {}\n  + {new}", self.code),
            Change::Changed(old, new) => write!(f, "changed {table} {}\n  - {old}\n  + {new}", self.code),
            Change::Retired(old, new) => write!(f, "retired {table} {}\n  - {old}\n  + {new}", self.code),
        }
    }
}

/// Why nothing was imported.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ImportError {
    /// There are lines, or files, that were not understood.
    #[error("nothing was imported: places not understood: {}; the first is {}", .0.len(), .0[0])]
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
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.reason),
            line => write!(f, "{} line {line}: {}", self.file, self.reason),
        }
    }
}

/// A line that a reader of one file did not understand, and why.
#[derive(Debug)]
struct Problem {
    line: usize,
    reason: String,
}

impl Problem {
    fn new(line: usize, reason: impl Into<String>) -> Problem {
        Problem { line, reason: reason.into() }
    }
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Problem {
        Problem { line: error.line, reason: error.reason }
    }
}

/// Reads CDC's lists and says what they change.
///
/// ```
/// use bluebonnet_codes::{CodeSets, ImportFile, ImportInput, import};
/// use model::{CodeTables, Cvx};
///
/// let list = b"340|Example vaccine, PF|example vaccine, preservative free||Active|False|2026/10/01\r\n";
/// let files = [ImportFile { name: "cvx.txt", content: list }];
/// let imported = import(&ImportInput { files: &files, current: CodeSets::builtin() }).expect("a list of CDC");
/// assert_eq!(imported.differences.len(), 1);
///
/// let codes = CodeSets::from_texts(&[imported.texts]).expect("our own form");
/// assert_eq!(codes.vaccine_name(Cvx(340)), Some("Example vaccine, PF"));
/// ```
///
/// # Errors
/// [`ImportError::Refused`] with every line that was not understood; then nothing is imported.
pub fn import(input: &ImportInput) -> Result<Imported, ImportError> {
    let mut facts = Facts::default();
    let mut corrections = Facts::default();
    let mut refusals = Vec::new();
    for file in input.files {
        let mut read = Facts::default();
        let mut problems = Vec::new();
        let kind = read_file(&decode(file.content), input.current, &mut read, &mut problems);
        read.say_where(file.name);
        refusals.extend(problems.into_iter().map(|problem| refusal(file, problem)));
        match kind {
            FileKind::Corrections => corrections.merge(read),
            FileKind::List => facts.merge(read),
        }
    }
    facts.merge(corrections);
    if refusals.is_empty() {
        refusals = apply::unknown_vaccines(&facts, input.current);
    }
    if !refusals.is_empty() {
        return Err(ImportError::Refused(refusals));
    }
    Ok(apply::apply(facts, input.current))
}

fn refusal(file: &ImportFile, problem: Problem) -> Refusal {
    Refusal { file: file.name.to_owned(), line: problem.line, reason: problem.reason }
}

/// How much a file counts.
enum FileKind {
    List,
    Corrections,
}

fn read_file(text: &str, current: &CodeSets, facts: &mut Facts, problems: &mut Vec<Problem>) -> FileKind {
    if text.trim_start().starts_with('<') {
        match xml::parse(text) {
            Ok(root) => read_xml(&root, current, facts, problems),
            Err(problem) => problems.push(problem),
        }
        return FileKind::List;
    }
    if corrections::are_corrections(text) {
        corrections::read(text, current, facts, problems);
        return FileKind::Corrections;
    }
    flat_files::read(text, current, facts, problems);
    FileKind::List
}

fn read_xml(root: &xml::Element, current: &CodeSets, facts: &mut Facts, problems: &mut Vec<Problem>) {
    match root.name.as_str() {
        "codebase" => codebase::read(root, current, facts, problems),
        "scheduleSupportingData" => cdsi_schedule::read(root, current, facts, problems),
        _ => cdc_records::read_xml(root, current, facts, problems),
    }
}

/// UTF-8 where it is, Latin-1 where it is not; without a byte-order mark.
fn decode(content: &[u8]) -> String {
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    match std::str::from_utf8(content) {
        Ok(text) => text.to_owned(),
        Err(_) => content.iter().map(|byte| char::from(*byte)).collect(),
    }
}
