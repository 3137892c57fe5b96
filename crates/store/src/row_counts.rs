//! How many rows were written into a backup, so that whoever reads it sees whether they are all there.

use crate::{Database, StoreError};

/// The setting that holds them, a line for each table: its name and the number.
const COUNTS_SETTING: &str = "backup/rows";

impl Database {
    /// Counts the rows of each table, and writes down the numbers. Gives their sum.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub fn write_row_counts(&self) -> Result<u64, StoreError> {
        // What says how many there are is one of them.
        self.set_setting(COUNTS_SETTING, "")?;
        let tables = self.statistics()?.tables;
        let lines: Vec<String> = tables.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
        self.set_setting(COUNTS_SETTING, &lines.join("\n"))?;
        Ok(tables.iter().map(|(_, rows)| rows).sum())
    }

    /// The numbers that were written down, by table; `None` where none were.
    ///
    /// # Errors
    /// The database cannot be read, or what was written.
    pub fn written_row_counts(&self) -> Result<Option<Vec<(String, u64)>>, StoreError> {
        let Some(text) = self.setting(COUNTS_SETTING)? else { return Ok(None) };
        let counts: Result<Vec<(String, u64)>, StoreError> = text.lines().map(parse).collect();
        counts.map(Some)
    }

    /// Forgets the numbers, of a registry that others work on.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn forget_row_counts(&self) -> Result<(), StoreError> {
        self.remove_setting(COUNTS_SETTING)
    }
}

fn parse(line: &str) -> Result<(String, u64), StoreError> {
    let parsed = line.split_once(' ').and_then(|(table, rows)| Some((table.to_owned(), rows.parse().ok()?)));
    parsed.ok_or_else(|| StoreError::ContentInvalid {
        what: format!("the setting {COUNTS_SETTING}"),
        reason: format!("{line:?} is no table and number"),
    })
}
