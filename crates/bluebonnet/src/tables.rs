//! Lists for people, in aligned columns; and JSON for programs.

use std::borrow::Cow;
use std::io::{self, Write};

pub(crate) use model::grouped;
use serde::Serialize;

/// The widest column that is aligned; longer cells push the rest of their line aside.
const COLUMN_WIDTH_MAXIMUM: usize = 60;

/// Rows in columns under headings.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(headings: &[&'static str]) -> Table {
        Table { headings: headings.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub(crate) fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.headings.len());
        self.rows.push(cells.into());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Prints it on standard output.
    pub(crate) fn print(&self) -> io::Result<()> {
        let mut output = io::stdout().lock();
        self.write(&mut output)?;
        output.flush()
    }

    /// The same; and this sentence where there is no row, in place of headings over nothing.
    pub(crate) fn print_or(&self, none: &str) -> io::Result<()> {
        if self.is_empty() { print_line(none) } else { self.print() }
    }

    fn write(&self, output: &mut impl Write) -> io::Result<()> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            let heading = self.headings[column].chars().count();
            cells.filter(|width| *width <= COLUMN_WIDTH_MAXIMUM).max().unwrap_or(0).max(heading)
        };
        let widths: Vec<usize> = (0..self.headings.len()).map(width).collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| {
            let line: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            line.join("  ").trim_end().to_owned()
        };
        writeln!(output, "{}", line(&mut self.headings.iter().copied()))?;
        for row in &self.rows {
            let row: Vec<Cow<'_, str>> = row.iter().map(|cell| harmless(cell)).collect();
            writeln!(output, "{}", line(&mut row.iter().map(AsRef::as_ref)))?;
        }
        Ok(())
    }
}

/// Prints a value as JSON on standard output.
pub(crate) fn print_json(value: &impl Serialize) -> io::Result<()> {
    let mut output = io::stdout().lock();
    serde_json::to_writer_pretty(&mut output, value)?;
    writeln!(output)?;
    output.flush()
}

/// Prints a line on standard output, where a reader that went away is an error and no panic.
pub(crate) fn print_line(line: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", harmless(line))?;
    output.flush()
}

/// A text for a terminal: what senders wrote may hold characters that move its cursor, color it or name its window; they are shown as
/// their numbers. New lines and tabulators stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let shown = |letter: char| match is_harmful(letter) {
        true => letter.escape_unicode().to_string(),
        false => letter.to_string(),
    };
    Cow::Owned(text.chars().map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&["CODE", "NAME"]);
        table.row(["LAKE2000".into(), "Lake".into()]);
        table.row(["A".into(), "Alpha".into()]);
        let mut bytes = Vec::new();
        table.write(&mut bytes).expect("a vector takes everything");
        assert_eq!(String::from_utf8_lossy(&bytes), "CODE      NAME\nLAKE2000  Lake\nA         Alpha\n");
    }

    #[test]
    fn what_would_steer_a_terminal_is_shown_as_numbers() {
        let mut table = Table::new(&["NAME"]);
        table.row(["\u{1b}[31mEvil\u{7}".into()]);
        let mut bytes = Vec::new();
        table.write(&mut bytes).expect("a vector takes everything");
        assert_eq!(String::from_utf8_lossy(&bytes), "NAME\n\\u{1b}[31mEvil\\u{7}\n");
        assert_eq!(harmless("one\n\ttwo \u{9b}2J"), "one\n\ttwo \\u{9b}2J");
        assert!(matches!(harmless("Peña, José"), Cow::Borrowed("Peña, José")));
    }
}
