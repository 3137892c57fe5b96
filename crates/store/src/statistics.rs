//! How much there is.

use crate::database::Connection;
use crate::tables::TABLES;
use crate::{Database, StoreError};

/// How much there is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statistics {
    /// The database's name and version (`SQLite 3.54.1`).
    pub database: String,
    /// Rows of each table, by name.
    pub tables: Vec<(String, u64)>,
    /// Bytes on disk, indexes included.
    pub size_bytes: u64,
}

impl Database {
    /// How much there is. Counts every row: not for every minute.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn statistics(&self) -> Result<Statistics, StoreError> {
        const ATTEMPT: &str = "ask the database about itself";
        self.read(|connection| {
            let dialect = connection.dialect();
            let version = connection.query_as(dialect.version, &[], ATTEMPT, |row| row.string(0))?;
            let size = connection.query_as(dialect.size, &[], ATTEMPT, |row| row.number(0))?;
            let counts = TABLES.iter().map(|table| Ok((table.name.to_owned(), count_rows(connection, table.name)?)));
            Ok(Statistics {
                tables: counts.collect::<Result<_, StoreError>>()?,
                database: version.into_iter().next().unwrap_or_default(),
                size_bytes: size.into_iter().next().unwrap_or_default(),
            })
        })
    }
}

pub(crate) fn count_rows(connection: &mut Connection, table: &str) -> Result<u64, StoreError> {
    let attempt = format!("count the rows of {table}");
    let counts = connection.query_as(&format!("SELECT COUNT(*) FROM {table}"), &[], &attempt, |row| row.number(0))?;
    Ok(counts.into_iter().next().unwrap_or_default())
}
