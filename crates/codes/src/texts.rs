//! The form of our own tables: one line a code, columns divided by ` | `, `#` for comments.

use std::borrow::Cow;

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

/// The texts of a layer of tables; a table that is not there is empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeTexts {
    texts: [Cow<'static, str>; 6],
}

impl CodeTexts {
    /// Puts the text of one table in its place.
    pub fn set(&mut self, kind: CodeSetKind, text: impl Into<Cow<'static, str>>) {
        self.texts[kind as usize] = text.into();
    }

    /// The text of one table; empty when the layer has none.
    pub fn text(&self, kind: CodeSetKind) -> &str {
        &self.texts[kind as usize]
    }
}

/// Why one of our own tables could not be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot read {file} line {line}: {reason}")]
pub struct TableError {
    /// The table's file name.
    pub file: &'static str,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}
