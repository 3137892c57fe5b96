//! Copies a whole registry from one database into another, of either kind: a loop over tables.

use crate::database::Connection;
use crate::statistics::count_rows;
use crate::tables::{TABLES, Table};
use crate::value::{Row, Value};
use crate::{Database, StoreError};

/// Rows read and written at a time. Their values must be fewer than 32,766, SQLite's limit of parameters.
const PAGE: usize = 500;

impl Database {
    /// Copies everything into an empty, migrated database and compares the counts. `progress` hears the table and how
    /// many of its rows are there. Gives the rows copied, over all tables.
    ///
    /// # Errors
    /// [`StoreError::TargetNotEmpty`]; or one of the two cannot be read or written: empty the target before trying
    /// again.
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
        let copied = self.reader()?.snapshot(|source| {
            let mut copied = 0;
            for table in TABLES {
                copied += copy_table(source, target, table, progress)?;
            }
            Ok(copied)
        })?;
        target.write(|connection| {
            let analyze = connection.dialect().analyze;
            connection.run_script(analyze, "bring the statistics for plans up to date")
        })?;
        Ok(copied)
    }
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
    let key_places: Vec<usize> =
        table.key.iter().filter_map(|key| columns.iter().position(|column| column == key)).collect();
    let (mut copied, mut last_key): (u64, Option<Row>) = (0, None);
    progress(table.name, copied);
    loop {
        let sql = page_statement(table, &columns, last_key.is_some());
        let rows = source.query(&sql, last_key.as_deref().unwrap_or_default(), &attempt)?;
        let Some(last) = rows.last() else { break };
        last_key = Some(key_places.iter().map(|place| last[*place].clone()).collect());
        let (count, insert) = (rows.len(), insert_statement(table, &columns, rows.len()));
        let values: Vec<Value<'_>> = rows.into_iter().flatten().collect();
        target.write(|connection| connection.execute(&insert, &values, &attempt))?;
        copied += count as u64;
        progress(table.name, copied);
        if count < PAGE {
            break;
        }
    }
    let arrived = target.read(|connection| count_rows(connection, table.name))?;
    if arrived != copied {
        let reason = format!("{copied} rows were copied, {arrived} are there");
        return Err(StoreError::ContentInvalid { what: format!("the copy of {}", table.name), reason });
    }
    Ok(copied)
}

/// The next rows in the order of the primary key.
fn page_statement(table: &Table, columns: &[String], is_continued: bool) -> String {
    let key = table.key.join(", ");
    let places: Vec<String> = (1..=table.key.len()).map(|place| format!("${place}")).collect();
    let after = match is_continued {
        true => format!("\nWHERE ({key}) > ({})", places.join(", ")),
        false => String::new(),
    };
    format!("SELECT {}\nFROM {}{after}\nORDER BY {key}\nLIMIT {PAGE}", columns.join(", "), table.name)
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
