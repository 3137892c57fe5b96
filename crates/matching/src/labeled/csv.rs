//! Comma-separated values: quoted fields, lines within quotes, columns by name.

use super::LabeledError;

/// A table with named columns.
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// One row of a table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    table: &'a Table,
    at: usize,
}

impl Table {
    /// Reads a table whose first line names the columns.
    pub(super) fn read(text: &str) -> Result<Table, LabeledError> {
        let mut rows = read_rows(text.trim_start_matches('\u{feff}'));
        if rows.is_empty() {
            return Err(LabeledError("the file is empty".to_owned()));
        }
        let columns = rows.remove(0);
        rows.retain(|row| row.iter().any(|value| !value.is_empty()));
        Ok(Table { columns, rows })
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows.len()).map(|at| Row { table: self, at })
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// # Errors
    /// When a column is missing.
    pub(super) fn require(&self, columns: &[&str]) -> Result<(), LabeledError> {
        match columns.iter().find(|column| !self.has(column)) {
            Some(column) => Err(LabeledError(format!("there is no column {column}"))),
            None => Ok(()),
        }
    }
}

impl<'a> Row<'a> {
    /// The value of a column, trimmed; empty when there is none.
    pub(super) fn value(self, column: &str) -> &'a str {
        let place = self.table.columns.iter().position(|name| name == column);
        place.and_then(|place| self.table.rows[self.at].get(place)).map_or("", |value| value)
    }

    /// The row's number, from 1.
    pub(super) fn number(self) -> usize {
        self.at + 1
    }
}

fn read_rows(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut is_quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut field).trim().to_owned()),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut field).trim().to_owned());
                rows.push(std::mem::take(&mut row));
            }
            _ => field.push(letter),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field.trim().to_owned());
        rows.push(row);
    }
    rows
}
