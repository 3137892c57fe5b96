//! Statements over sets of rows: one text, written once, that SQLite runs row by row and PostgreSQL all at once.
//!
//! In SQLite a statement costs microseconds and a row at a time is the fastest way; in PostgreSQL a statement costs
//! more than a row, so that all rows go into one, as arrays. The words in braces stand for what differs:
//!
//! | word | SQLite | PostgreSQL |
//! | --- | --- | --- |
//! | `{among}` | `= $1` | `= ANY ($1)` |
//! | `{rows}` | `VALUES ($1, $2)` | `SELECT * FROM UNNEST ($1::uuid[], $2::text[])` |
//! | `FROM {given}` | nothing | `FROM UNNEST ($1::uuid[], $2::text[]) AS given (id, name)` |
//! | `given.name` | `$2` | `given.name` |
//! | `{columns}` | `id, name` | `id, name` |

use std::collections::HashMap;
use std::sync::Arc;

use uuid::Uuid;

use crate::StoreError;
use crate::value::{Columns, Value};

/// Reads the rows that belong to any of the given keys.
pub(crate) struct SetRead {
    /// What is attempted, for errors.
    pub(crate) attempt: &'static str,
    pub(crate) sql: &'static str,
    /// The most rows given for one key; `None` where a key cannot have many.
    pub(crate) limit_per_key: Option<u32>,
}

/// Writes rows.
pub(crate) struct SetWrite {
    /// What is attempted, for errors.
    pub(crate) attempt: &'static str,
    /// Names of the values of a row, and their types in PostgreSQL.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    pub(crate) sql: &'static str,
    /// What follows when rows may be known already. Where they are surely new, it is left out: PostgreSQL then neither
    /// looks for each row first nor marks it twice.
    pub(crate) when_known: &'static str,
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
    pub(crate) expects: Expectation,
}

/// What the rows are to those in the database. Where it is not so, another writer was faster.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Expectation {
    /// None is there yet.
    AllNew,
    /// Each changes exactly one that is there.
    AllKnown,
    /// Whatever is there is replaced.
    Any,
}

/// The texts of sets as one connection sends them, each made once: to make one takes longer than SQLite needs for a row.
#[derive(Default)]
pub(crate) struct Texts {
    /// By the address of a set, which is its identity, and what is expected of the rows written.
    made: HashMap<(usize, Option<Expectation>), Arc<str>>,
}

/// Takes the rows that reads give: which read, and the row.
pub(crate) type Visit<'v> = dyn FnMut(usize, &dyn Columns) -> Result<(), StoreError> + 'v;

impl Texts {
    pub(crate) fn of_read(&mut self, read: &'static SetRead, make: fn(&SetRead) -> String) -> Arc<str> {
        self.made.entry((std::ptr::from_ref(read).addr(), None)).or_insert_with(|| make(read).into()).clone()
    }

    pub(crate) fn of_write(&mut self, write: &Write<'_>, make: fn(&SetWrite, Expectation) -> String) -> Arc<str> {
        let key = (std::ptr::from_ref(write.set).addr(), Some(write.expects));
        self.made.entry(key).or_insert_with(|| make(write.set, write.expects).into()).clone()
    }
}

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
        if self.expects == Expectation::AllKnown && changed != self.row_count() as u64 {
            return Err(StoreError::Conflict { attempted: self.set.attempt.to_owned() });
        }
        Ok(())
    }
}

impl SetWrite {
    /// The text, where the rows are what is expected of them.
    pub(crate) fn text(&self, expects: Expectation) -> String {
        match expects {
            Expectation::Any if !self.when_known.is_empty() => format!("{}\n{}", self.sql, self.when_known),
            _ => self.sql.to_owned(),
        }
    }

    pub(crate) fn column_names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }
}
