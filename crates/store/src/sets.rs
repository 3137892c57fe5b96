//! Statements over sets of rows: one text, written once, that SQLite runs row by row and PostgreSQL all at once.
//!
//! In SQLite a statement costs microseconds and a row at a time is the fastest way; in PostgreSQL a statement costs more than
//! a row, so that all rows go into one, as arrays. The words in braces stand for what differs:
//!
//! | word | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | `{among}` | `= $1` | `= ANY ($1)` |
//! | `{rows}` | `VALUES ($1, $2)` | `SELECT * FROM UNNEST ($1::uuid[], $2::text[])` |
//! | `{given}` | `(SELECT $1 AS id, $2 AS name) AS given` | `UNNEST ($1::uuid[], $2::text[]) AS given (id, name)` |
//! | `{columns}` | `id, name` | `id, name` |

use uuid::Uuid;

use crate::StoreError;
use crate::value::{Columns, Value};

/// Reads the rows that belong to any of the given keys.
pub(crate) struct SetRead {
    /// What is attempted, for errors.
    pub(crate) attempt: &'static str,
    pub(crate) sql: &'static str,
}

/// Writes rows.
pub(crate) struct SetWrite {
    /// What is attempted, for errors.
    pub(crate) attempt: &'static str,
    /// Names of the values of a row, and their types in PostgreSQL.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    pub(crate) sql: &'static str,
}

/// What a [`SetRead`] asks for.
#[derive(Clone, Copy)]
pub(crate) enum Keys<'a> {
    Ids(&'a [Uuid]),
    Numbers(&'a [i64]),
}

/// Rows for a [`SetWrite`], one after the other.
pub(crate) struct Write<'a> {
    pub(crate) set: &'static SetWrite,
    pub(crate) values: Vec<Value<'a>>,
    /// Whether each row must change exactly one; otherwise another writer was faster.
    pub(crate) expects: Expectation,
}

/// How many rows a write must change.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expectation {
    OnePerRow,
    Any,
}

/// Takes the rows that reads give: which read, and the row.
pub(crate) type Visit<'v> = dyn FnMut(usize, &dyn Columns) -> Result<(), StoreError> + 'v;

impl Keys<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Keys::Ids(ids) => ids.is_empty(),
            Keys::Numbers(numbers) => numbers.is_empty(),
        }
    }
}

impl<'a> Write<'a> {
    /// A write of all these rows.
    pub(crate) fn new<const WIDTH: usize>(
        set: &'static SetWrite,
        expects: Expectation,
        rows: impl Iterator<Item = [Value<'a>; WIDTH]>,
    ) -> Write<'a> {
        assert_eq!(WIDTH, set.columns.len(), "a row has as many values as {} has columns", set.attempt);
        let mut values = Vec::with_capacity(rows.size_hint().0 * WIDTH);
        for row in rows {
            values.extend(row);
        }
        Write { set, values, expects }
    }

    pub(crate) fn row_count(&self) -> usize {
        self.values.len() / self.set.columns.len()
    }

    /// Whether that many changed rows are as expected.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when they are not.
    pub(crate) fn check(&self, changed: u64) -> Result<(), StoreError> {
        if self.expects == Expectation::OnePerRow && changed != self.row_count() as u64 {
            return Err(StoreError::Conflict { attempted: self.set.attempt.to_owned() });
        }
        Ok(())
    }
}

impl SetWrite {
    pub(crate) fn column_names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}
