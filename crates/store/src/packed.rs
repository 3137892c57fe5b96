//! Whether everything that was packed can be read again: for who tests a backup.

use std::collections::BTreeMap;

use model::{Channel, Demographics, Finding, PatientObservation, ReportVerdict};
use sha2::{Digest, Sha256};

use crate::doses::DoseDetails;
use crate::tables::{Table, find_table};
use crate::value::Columns;
use crate::{Database, StoreError};

/// Rows read at a time. What is packed in them is unpacked one by one.
const PAGE: usize = 100;

/// What of a table is packed, and how it is read.
struct Packed {
    table: &'static str,
    /// What the reader needs, in its order.
    columns: &'static [&'static str],
    read: fn(&dyn Columns) -> Result<(), StoreError>,
}

const PACKED: &[Packed] = &[
    Packed { table: "patient", columns: &["demographics"], read: |row| row.document::<Demographics>(0).map(drop) },
    Packed {
        table: "patient_report",
        columns: &["demographics", "observations"],
        read: |row| {
            row.document::<Demographics>(0)?;
            row.document::<Vec<PatientObservation>>(1).map(drop)
        },
    },
    Packed {
        table: "vaccination_report",
        columns: &["details", "verdicts"],
        read: |row| {
            row.document::<DoseDetails<'static>>(0)?;
            row.document::<Vec<ReportVerdict>>(1).map(drop)
        },
    },
    Packed { table: "message", columns: &["findings", "original", "content_hash", "channel"], read: read_message },
    Packed { table: "file_message", columns: &["header"], read: |row| row.optional_unpacked(0).map(drop) },
    Packed { table: "received_file", columns: &["findings"], read: |row| row.document::<Vec<Finding>>(0).map(drop) },
    Packed {
        table: "registration",
        columns: &["answers"],
        read: |row| row.document::<BTreeMap<String, String>>(0).map(drop),
    },
    Packed { table: "schedule", columns: &["files"], read: |row| row.document::<Vec<(String, String)>>(0).map(drop) },
    Packed {
        table: "patient_forecast",
        columns: &["standings"],
        read: |row| row.document::<Vec<(String, String)>>(0).map(drop),
    },
];

impl Database {
    /// Unpacks every document and every original, some rows at a time. Gives how many rows of which table have one that
    /// cannot be read; nothing when all can.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn unreadable_documents(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let mut unreadable = Vec::new();
        for packed in PACKED {
            let count = self.read(|connection| {
                let mut count = 0;
                packed.table().read_in_pages(connection, &packed.columns(), PAGE, "unpack documents", |rows| {
                    for row in &rows {
                        match (packed.read)(row) {
                            Err(StoreError::ContentInvalid { .. }) => count += 1,
                            read => read?,
                        }
                    }
                    Ok(())
                })?;
                Ok(count)
            })?;
            unreadable.extend((count > 0).then_some((packed.table, count)));
        }
        Ok(unreadable)
    }
}

impl Packed {
    fn table(&self) -> &'static Table {
        find_table(self.table)
    }

    /// The columns for the reader, then those of the key.
    fn columns(&self) -> Vec<String> {
        self.columns.iter().chain(self.table().key).map(|&column| column.to_owned()).collect()
    }
}

/// The statements that read all this.
pub(crate) fn statements() -> impl Iterator<Item = String> {
    PACKED.iter().flat_map(|packed| {
        [false, true].map(|is_continued| packed.table().page_statement(&packed.columns(), PAGE, is_continued))
    })
}

/// Findings, and the original, which is the one that came: its hash is kept. A row of a file has a hash of its own.
fn read_message(row: &dyn Columns) -> Result<(), StoreError> {
    row.document::<Vec<Finding>>(0)?;
    let Some(original) = row.optional_unpacked(1)? else { return Ok(()) };
    let hash = row.hash(2)?;
    let is_hash_of = |bytes: &[u8]| <[u8; 32]>::from(Sha256::digest(bytes)) == hash;
    // Earlier versions made the hash of the bytes as they came.
    let is_what_came = is_hash_of(&model::standard_form(&original)) || is_hash_of(&original);
    match row.word(3, Channel::parse)? == Channel::File || is_what_came {
        true => Ok(()),
        false => Err(StoreError::ContentInvalid {
            what: "column 2".to_owned(),
            reason: "it is not the message that came: its hash is another".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::PACKED;
    use crate::migrations::MIGRATIONS;

    #[test]
    fn whatever_is_packed_is_unpacked_here() {
        // `details {bytes},` in a table, and `ALTER TABLE vaccination_report ADD COLUMN verdicts {bytes};`
        let lines = MIGRATIONS.iter().flat_map(|(_, text)| text.lines());
        let columns = lines.filter_map(|line| line.split_once(" {bytes}")?.0.split(' ').next_back());
        let is_as_it_is = |column: &str| column.ends_with("hash") || ["checksum", "secret"].contains(&column);
        let mut packed: Vec<&str> = columns.filter(|column| !is_as_it_is(column)).collect();
        let read = PACKED.iter().flat_map(|packed| packed.columns).copied();
        let mut read: Vec<&str> = read.filter(|column| !["content_hash", "channel"].contains(column)).collect();
        packed.sort_unstable();
        read.sort_unstable();
        assert!(packed.contains(&"details") && packed.contains(&"verdicts"), "{packed:?}");
        assert_eq!(read, packed);
    }
}
