//! The tables, for what concerns them all: counting, copying.

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
    Table { name: "merge", key: &["id"] },
    Table { name: "merge_part", key: &["merge_id", "part_id"] },
    Table { name: "maintenance_window", key: &["id"] },
    Table { name: "maintenance_refusal", key: &["window_id", "channel", "address", "name"] },
    Table { name: "organization_time_zone", key: &["organization_id"] },
    Table { name: "patient_forecast", key: &["patient_id"] },
    Table { name: "patient_due", key: &["patient_id", "vaccine_group"] },
    Table { name: "door_pass", key: &["account_id"] },
    Table { name: "subscription", key: &["id"] },
    Table { name: "notice", key: &["window_id", "occasion"] },
    Table { name: "notice_text", key: &["window_id", "occasion", "audience", "language"] },
    Table { name: "notice_delivery", key: &["window_id", "occasion", "recipient_key"] },
    Table { name: "data_fix", key: &["id"] },
    Table { name: "data_fix_step", key: &["fix_id", "patient_id", "report_id"] },
    Table { name: "audit", key: &["chain", "sequence"] },
];
