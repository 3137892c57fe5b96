//! Brings a database to the schema of this program: forward only, additive, embedded.

use sha2::{Digest, Sha256};

use crate::copy::check_copy_is_finished;
use crate::database::Connection;
use crate::dialect::Dialect;
use crate::value::Value;
use crate::{Database, StoreError};

/// What a migration did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Migrated {
    /// The version before; 0 for an empty database.
    pub from: i64,
    /// The version now.
    pub to: i64,
    /// The names of the migrations that ran.
    pub applied: Vec<String>,
}

/// All migrations, in order: the first is version 1. What has been released is never changed, only followed by another.
pub(crate) const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_first_schema", include_str!("../migrations/0001_first_schema.sql")),
    ("0002_signed_in_people", include_str!("../migrations/0002_signed_in_people.sql")),
    ("0003_schedules", include_str!("../migrations/0003_schedules.sql")),
    ("0004_account_keys", include_str!("../migrations/0004_account_keys.sql")),
    ("0005_people_by_name", include_str!("../migrations/0005_people_by_name.sql")),
    ("0006_maintenance", include_str!("../migrations/0006_maintenance.sql")),
    ("0007_merged_people", include_str!("../migrations/0007_merged_people.sql")),
    ("0008_registrations", include_str!("../migrations/0008_registrations.sql")),
    ("0009_received_files", include_str!("../migrations/0009_received_files.sql")),
    ("0010_forecasts", include_str!("../migrations/0010_forecasts.sql")),
    ("0011_notices", include_str!("../migrations/0011_notices.sql")),
    ("0012_door_passes", include_str!("../migrations/0012_door_passes.sql")),
    ("0013_passkey_ceremonies", include_str!("../migrations/0013_passkey_ceremonies.sql")),
    ("0014_dose_reviews", include_str!("../migrations/0014_dose_reviews.sql")),
    ("0015_large_registries", include_str!("../migrations/0015_large_registries.sql")),
    ("0016_uses_and_languages", include_str!("../migrations/0016_uses_and_languages.sql")),
    ("0017_names_without_accents", include_str!("../migrations/0017_names_without_accents.sql")),
    ("0018_destruction", include_str!("../migrations/0018_destruction.sql")),
];

/// Held while migrating, so that nodes that start together do not migrate together. No birth date is this far away.
const BUCKET: i64 = i64::MIN;

pub(crate) const LIST_MIGRATIONS: &str = "
SELECT version, checksum
FROM schema_migration
ORDER BY version";

const RECORD_MIGRATION: &str = "
INSERT INTO schema_migration (version, name, checksum, applied_at)
VALUES ($1, $2, $3, {now})";

impl Database {
    /// Brings the schema up to this program's. All or nothing.
    ///
    /// # Errors
    /// [`StoreError::SchemaTooNew`] when a newer program was here; [`StoreError::CopyUnfinished`].
    pub fn migrate(&self) -> Result<Migrated, StoreError> {
        let migrated = self.write_holding(&[BUCKET], |connection| {
            let from = version(connection)?;
            let mut applied = Vec::new();
            for (version, (name, text)) in (1..).zip(MIGRATIONS.iter().copied()).filter(|(version, _)| *version > from)
            {
                apply(connection, version, name, text)?;
                applied.push(name.to_owned());
            }
            Ok(Migrated { from, to: MIGRATIONS.len() as i64, applied })
        })?;
        if migrated.from > 0 && !migrated.applied.is_empty() {
            // Plans for a new index over an expression are made from what is known of its values, which is nothing yet.
            self.write(|connection| {
                connection.run_script(connection.dialect().analyze, "look at what the tables hold")
            })?;
        }
        Ok(migrated)
    }

    /// The schema version of the database; 0 when it is empty. Less than [`Database::SCHEMA_VERSION`]: migrate first.
    ///
    /// # Errors
    /// [`StoreError::SchemaTooNew`] when a newer program was here; [`StoreError::CopyUnfinished`]; or the database cannot be
    /// read.
    pub fn schema_version(&self) -> Result<i64, StoreError> {
        self.read(version)
    }

    /// The schema version that this program works with.
    pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;
}

/// The version found, which is one that this program knows.
fn version(connection: &mut Connection) -> Result<i64, StoreError> {
    const ATTEMPT: &str = "read the schema version";
    let tables = [Value::text("schema_migration")];
    let count_tables = connection.dialect().count_tables;
    if connection.query_as(count_tables, &tables, ATTEMPT, |row| row.integer(0))? == [0] {
        return Ok(0);
    }
    let found = connection.query_as(LIST_MIGRATIONS, &[], ATTEMPT, |row| Ok((row.integer(0)?, row.hash(1)?)))?;
    for ((version, found), (name, text)) in found.iter().zip(MIGRATIONS.iter().copied()) {
        if *found != checksum(text) {
            let what = format!("schema version {version}");
            let reason = format!("{name} was not the same migration when it ran here");
            return Err(StoreError::ContentInvalid { what, reason });
        }
    }
    let (found, known) = (found.last().map_or(0, |(version, _)| *version), MIGRATIONS.len() as i64);
    if found > known {
        return Err(StoreError::SchemaTooNew { found, known });
    }
    if found > 0 {
        check_copy_is_finished(connection)?;
    }
    Ok(found)
}

fn apply(connection: &mut Connection, version: i64, name: &str, text: &str) -> Result<(), StoreError> {
    let attempt = format!("run migration {name}");
    let dialect = connection.dialect();
    connection.run_script(&script(text, dialect), &attempt)?;
    let checksum = checksum(text);
    let values = [Value::Integer(version), Value::text(name), Value::bytes(&checksum)];
    connection.execute(&in_words_of(dialect, RECORD_MIGRATION), &values, &attempt)?;
    Ok(())
}

fn checksum(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// A migration as one database understands it.
fn script(text: &str, dialect: &Dialect) -> String {
    let mut script = in_words_of(dialect, text);
    if dialect.has_table_comments {
        for (table, comment) in table_comments(text) {
            script.push_str(&format!("COMMENT ON {table} IS '{}';\n", comment.replace('\'', "''")));
        }
    }
    script
}

fn in_words_of(dialect: &Dialect, text: &str) -> String {
    dialect.words.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
}

/// Each table and view that a migration makes (`TABLE patient`), with the comment that stands above it.
fn table_comments(text: &str) -> Vec<(String, String)> {
    let mut comments = Vec::new();
    let mut above: Vec<&str> = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("-- ") {
            above.push(comment);
            continue;
        }
        let mut words = line.split(' ');
        if let (Some("CREATE"), Some(kind @ ("TABLE" | "VIEW")), Some(name)) =
            (words.next(), words.next(), words.next())
        {
            comments.push((format!("{kind} {name}"), above.join(" ")));
        }
        above.clear();
    }
    comments
}

#[cfg(test)]
mod tests {
    use super::{MIGRATIONS, table_comments};

    #[test]
    fn every_table_says_what_one_row_of_it_is() {
        for (name, text) in MIGRATIONS.iter().copied() {
            for (table, comment) in table_comments(text) {
                assert!(comment.starts_with("One row is "), "{table} in {name}: {comment:?}");
            }
        }
    }
}
