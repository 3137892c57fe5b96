//! The form of our own tables: one line a code, columns divided by `|`, lines that begin with `#` are comments.

use std::borrow::Cow;
use std::fmt::Display;

use jiff::civil::Date;
use model::Cvx;

/// The six kinds of tables.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CodeSetKind {
    /// Vaccine groups.
    VaccineGroups,
    /// Vaccines.
    Cvx,
    /// Manufacturers.
    Mvx,
    /// Packages.
    Ndc,
    /// Vaccine Information Statements.
    Vis,
    /// HL7 tables.
    Hl7Tables,
}

impl CodeSetKind {
    /// All of them, in the order in which they are read.
    pub const ALL: [CodeSetKind; 6] = [
        CodeSetKind::VaccineGroups,
        CodeSetKind::Cvx,
        CodeSetKind::Mvx,
        CodeSetKind::Ndc,
        CodeSetKind::Vis,
        CodeSetKind::Hl7Tables,
    ];

    /// The name of its file (`cvx.txt`).
    pub fn file_name(self) -> &'static str {
        match self {
            CodeSetKind::VaccineGroups => "vaccine_groups.txt",
            CodeSetKind::Cvx => "cvx.txt",
            CodeSetKind::Mvx => "mvx.txt",
            CodeSetKind::Ndc => "ndc.txt",
            CodeSetKind::Vis => "vis.txt",
            CodeSetKind::Hl7Tables => "hl7_tables.txt",
        }
    }
}

/// The texts of one layer of tables. A table that is not set is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeTexts {
    texts: [Cow<'static, str>; 6],
}

impl CodeTexts {
    /// The tables that come with the program.
    pub fn builtin() -> CodeTexts {
        let mut texts = CodeTexts::default();
        texts.set(CodeSetKind::VaccineGroups, include_str!("../tables/vaccine_groups.txt"));
        texts.set(CodeSetKind::Cvx, include_str!("../tables/cvx.txt"));
        texts.set(CodeSetKind::Mvx, include_str!("../tables/mvx.txt"));
        texts.set(CodeSetKind::Ndc, include_str!("../tables/ndc.txt"));
        texts.set(CodeSetKind::Vis, include_str!("../tables/vis.txt"));
        texts.set(CodeSetKind::Hl7Tables, include_str!("../tables/hl7_tables.txt"));
        texts
    }

    /// Puts the text of one table in its place.
    pub fn set(&mut self, kind: CodeSetKind, text: impl Into<Cow<'static, str>>) {
        self.texts[kind as usize] = text.into();
    }

    /// The text of one table; empty when the layer has none.
    pub fn text(&self, kind: CodeSetKind) -> &str {
        &self.texts[kind as usize]
    }

    /// The lines of one table that say something, in their columns.
    pub(crate) fn rows(&self, kind: CodeSetKind) -> impl Iterator<Item = Row<'_>> {
        rows(kind.file_name(), self.text(kind))
    }
}

/// Why one of our own tables could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot read {file} line {line}: {reason}")]
pub struct TableError {
    /// The table's file name.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// One line of a table, in its columns.
pub(crate) struct Row<'a> {
    file: &'a str,
    pub(crate) line: usize,
    columns: Vec<&'a str>,
}

/// The lines of a text that say something.
pub(crate) fn rows<'a>(file: &'a str, text: &'a str) -> impl Iterator<Item = Row<'a>> {
    text.lines().enumerate().filter_map(move |(index, line)| {
        let says_something = !line.trim_start().starts_with('#') && !line.trim().is_empty();
        says_something.then(|| Row { file, line: index + 1, columns: line.split('|').map(str::trim).collect() })
    })
}

impl<'a> Row<'a> {
    /// Takes the columns apart when there are as many as there must be.
    pub(crate) fn columns<const N: usize>(&self) -> Result<[&'a str; N], TableError> {
        <[&str; N]>::try_from(self.columns.as_slice())
            .map_err(|_| self.error(format!("{N} columns are needed, there are {}", self.columns.len())))
    }

    /// The error that this line gives rise to.
    pub(crate) fn error(&self, reason: impl Into<String>) -> TableError {
        TableError { file: self.file.to_owned(), line: self.line, reason: reason.into() }
    }

    pub(crate) fn cvx(&self, text: &str) -> Result<Cvx, TableError> {
        Cvx::parse(text).ok_or_else(|| self.error(format!("\"{text}\" is not a CVX code")))
    }

    pub(crate) fn cvx_list(&self, text: &str) -> Result<Vec<Cvx>, TableError> {
        items(text).map(|item| self.cvx(item)).collect()
    }

    /// A day as `2020-12-18`; nothing when nothing is there.
    pub(crate) fn date(&self, text: &str) -> Result<Option<Date>, TableError> {
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.error(format!("\"{text}\" is not a date such as 2020-12-18")))
    }

    /// Two days as `2009-10-16..2017-12-31`; either may be missing.
    pub(crate) fn period(&self, text: &str) -> Result<(Option<Date>, Option<Date>), TableError> {
        let (from, until) = text
            .split_once("..")
            .ok_or_else(|| self.error(format!("\"{text}\" is not a period such as 2009-10-16..")))?;
        Ok((self.date(from)?, self.date(until)?))
    }
}

/// The items of a column that holds a list.
pub(crate) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty() && *item != "-")
}

/// Writes a list into a column; `-` for an empty one.
pub(crate) fn list(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    if items.is_empty() { "-".to_owned() } else { items.join(", ") }
}

/// Writes a period into a column.
pub(crate) fn period(from: Option<Date>, until: Option<Date>) -> String {
    let day = |date: Option<Date>| date.map(|date| date.to_string()).unwrap_or_default();
    format!("{}..{}", day(from), day(until))
}
