//! Copies a whole registry from one database into another, of either kind: a loop over tables.

use crate::database::Connection;
use crate::settings::FIND_SETTING;
use crate::statistics::count_rows;
use crate::tables::{TABLES, Table};
use crate::value::Value;
use crate::{Database, StoreError};

/// Rows read and written at a time. Their values must be fewer than 32,766, SQLite's limit of parameters.
const PAGE: usize = 500;
/// The table of settings, and the setting that the target has from the beginning of the copy to its end: where it is
/// copied from.
const SETTINGS: &str = "setting";
const UNFINISHED_SETTING: &str = "copy/unfinished";

impl Database {
    /// Copies everything into an empty, migrated database and compares the counts. `progress` hears the table and how
    /// many of its rows are there. Gives the rows copied, over all tables. Until the end the target is marked as
    /// unfinished, and nobody opens it as a registry.
    ///
    /// # Errors
    /// [`StoreError::TargetNotEmpty`], [`StoreError::CopyUnfinished`]; or one of the two cannot be read or written: make
    /// the target anew before trying again.
    pub fn copy_to(&self, target: &Database, progress: &mut dyn FnMut(&str, u64)) -> Result<u64, StoreError> {
        let (source_version, target_version) = (self.schema_version()?, target.schema_version()?);
        if source_version != target_version || source_version == 0 {
            return Err(StoreError::SchemasDiffer { source_version, target_version });
        }
        for table in TABLES {
            if target.read(|connection| count_rows(connection, table.name))? > 0 {
                return Err(StoreError::TargetNotEmpty { table: table.name.to_owned() });
            }
        }
        target.set_setting(UNFINISHED_SETTING, &self.url().to_string())?;
        let copied = self.reader()?.snapshot(|source| {
            let mut copied = 0;
            for table in TABLES {
                copied += copy_table(source, target, table, progress)?;
            }
            Ok::<_, StoreError>(copied)
        })?;
        target.write(|connection| {
            let analyze = connection.dialect().analyze;
            connection.run_script(analyze, "bring the statistics for plans up to date")
        })?;
        // What a backup says of itself is not said by what is made of it.
        target.forget_row_counts()?;
        target.remove_setting(UNFINISHED_SETTING)?;
        Ok(copied)
    }
}

/// Refuses a database that a copy is being made into, or was until it broke off.
pub(crate) fn check_copy_is_finished(connection: &mut Connection) -> Result<(), StoreError> {
    let values = [Value::text(UNFINISHED_SETTING)];
    let read = |row: &dyn crate::value::Columns| row.string(0);
    let found = connection.query_as(FIND_SETTING, &values, "look for a copy that broke off", read)?;
    found.into_iter().next().map_or(Ok(()), |from| Err(StoreError::CopyUnfinished { from }))
}

fn copy_table(
    source: &mut Connection,
    target: &Database,
    table: &Table,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<u64, StoreError> {
    let attempt = format!("copy the rows of {}", table.name);
    let list_columns = source.dialect().list_columns;
    let columns = source.query_as(list_columns, &[Value::text(table.name)], &attempt, |row| row.string(0))?;
    let mut copied = 0;
    progress(table.name, copied);
    table.read_in_pages(source, &columns, PAGE, &attempt, |rows| {
        let (count, insert) = (rows.len(), insert_statement(table, &columns, rows.len()));
        let values: Vec<Value<'_>> = rows.into_iter().flatten().collect();
        target.write(|connection| connection.execute(&insert, &values, &attempt))?;
        copied += count as u64;
        progress(table.name, copied);
        Ok(())
    })?;
    let marks = u64::from(table.name == SETTINGS);
    let arrived = target.read(|connection| count_rows(connection, table.name))?;
    if arrived != copied + marks {
        let reason = format!("{copied} rows were copied, {} are there", arrived.saturating_sub(marks));
        return Err(StoreError::ContentInvalid { what: format!("the copy of {}", table.name), reason });
    }
    Ok(copied)
}

fn insert_statement(table: &Table, columns: &[String], row_count: usize) -> String {
    let width = columns.len();
    let row = |row: usize| {
        let places: Vec<String> = (1..=width).map(|place| format!("${}", row * width + place)).collect();
        format!("({})", places.join(", "))
    };
    let rows: Vec<String> = (0..row_count).map(row).collect();
    format!("INSERT INTO {} ({})\nVALUES {}", table.name, columns.join(", "), rows.join(",\n    "))
}
