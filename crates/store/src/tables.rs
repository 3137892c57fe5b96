//! The tables, for what concerns them all: counting, copying, reading through.

use crate::StoreError;
use crate::database::Connection;
use crate::value::Row;

/// A table and its primary key.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) key: &'static [&'static str],
}

/// Every table that holds what people entrusted to the registry: all but `schema_migration`.
pub(crate) const TABLES: &[Table] = &[
    Table { name: "organization", key: &["id"] },
    Table { name: "organization_alias", key: &["alias_key"] },
    Table { name: "account", key: &["id"] },
    Table { name: "account_key", key: &["account_id", "fingerprint"] },
    Table { name: "account_use", key: &["account_id"] },
    Table { name: "membership", key: &["account_id", "organization_id"] },
    Table { name: "session", key: &["id"] },
    Table { name: "sign_in_factor", key: &["account_id", "id"] },
    Table { name: "invitation", key: &["account_id"] },
    Table { name: "registration", key: &["id"] },
    Table { name: "agreement", key: &["organization_id"] },
    Table { name: "access_review", key: &["account_id"] },
    Table { name: "setting", key: &["key"] },
    Table { name: "schedule", key: &["name"] },
    Table { name: "patient", key: &["id"] },
    Table { name: "patient_report", key: &["patient_id", "id"] },
    Table { name: "vaccination_report", key: &["patient_id", "id"] },
    Table { name: "match_key", key: &["key", "patient_id"] },
    Table { name: "consent", key: &["patient_id", "id"] },
    Table { name: "message", key: &["id"] },
    Table { name: "received_file", key: &["id"] },
    Table { name: "file_message", key: &["id"] },
    Table { name: "patient_review", key: &["patient_id", "candidate_id"] },
    Table { name: "review_decision", key: &["patient_id", "candidate_id"] },
    Table { name: "dose_review", key: &["one_id", "other_id"] },
    Table { name: "merge", key: &["id"] },
    Table { name: "merge_part", key: &["merge_id", "part_id"] },
    Table { name: "maintenance_window", key: &["id"] },
    Table { name: "maintenance_refusal", key: &["window_id", "channel", "address", "name"] },
    Table { name: "organization_time_zone", key: &["organization_id"] },
    Table { name: "passkey_ceremony", key: &["session_id"] },
    Table { name: "patient_forecast", key: &["patient_id"] },
    Table { name: "patient_due", key: &["patient_id", "vaccine_group"] },
    Table { name: "door_pass", key: &["account_id"] },
    Table { name: "subscription", key: &["id"] },
    Table { name: "notice", key: &["window_id", "occasion"] },
    Table { name: "notice_text", key: &["window_id", "occasion", "audience", "language"] },
    Table { name: "notice_delivery", key: &["window_id", "occasion", "recipient_key"] },
    Table { name: "data_fix", key: &["id"] },
    Table { name: "data_fix_step", key: &["fix_id", "patient_id", "report_id"] },
    Table { name: "exclusion", key: &["id", "kind"] },
    Table { name: "exclusion_key", key: &["key", "exclusion_id"] },
    Table { name: "audit", key: &["chain", "sequence"] },
];

/// The table of that name.
pub(crate) fn find_table(name: &str) -> &'static Table {
    TABLES.iter().find(|table| table.name == name).expect("a table of the schema is in the list")
}

impl Table {
    /// Reads all rows, so many at a time and in the order of the primary key, which is among the columns. `take` gets each page.
    pub(crate) fn read_in_pages(
        &self,
        connection: &mut Connection,
        columns: &[String],
        page: usize,
        attempt: &str,
        mut take: impl FnMut(Vec<Row>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let key_places: Vec<usize> =
            self.key.iter().filter_map(|key| columns.iter().position(|column| column == key)).collect();
        let mut last_key: Option<Row> = None;
        loop {
            let sql = self.page_statement(columns, page, last_key.is_some());
            let rows = connection.query(&sql, last_key.as_deref().unwrap_or_default(), attempt)?;
            let Some(last) = rows.last() else { return Ok(()) };
            last_key = Some(key_places.iter().map(|place| last[*place].clone()).collect());
            let is_last = rows.len() < page;
            take(rows)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// The next rows in the order of the primary key.
    pub(crate) fn page_statement(&self, columns: &[String], page: usize, is_continued: bool) -> String {
        let key = self.key.join(", ");
        let places: Vec<String> = (1..=self.key.len()).map(|place| format!("${place}")).collect();
        let after = match is_continued {
            true => format!("\nWHERE ({key}) > ({})", places.join(", ")),
            false => String::new(),
        };
        format!("SELECT {}\nFROM {}{after}\nORDER BY {key}\nLIMIT {page}", columns.join(", "), self.name)
    }
}
