//! What SQL itself does not agree on: names of types, and questions about the database as such.

/// The words and statements of one database.
pub(crate) struct Dialect {
    /// What stands for the words in braces in a migration.
    pub(crate) words: &'static [(&'static str, &'static str)],
    /// Whether the comment above a table becomes its comment in the database.
    pub(crate) has_table_comments: bool,
    /// How many tables have this name: 0 or 1.
    pub(crate) count_tables: &'static str,
    /// The columns of a table, in order.
    pub(crate) list_columns: &'static str,
    /// The database's name and version.
    pub(crate) version: &'static str,
    /// Its bytes on disk.
    pub(crate) size: &'static str,
    /// What it finds broken in itself, one sentence a row; "ok" when nothing.
    pub(crate) check: Option<&'static str>,
    /// Brings the statistics up to date that plans are made from.
    pub(crate) analyze: &'static str,
}

pub(crate) const SQLITE: Dialect = Dialect {
    words: &[
        ("{uuid}", "BLOB"),
        ("{integer}", "INTEGER"),
        ("{small}", "INTEGER"),
        ("{boolean}", "INTEGER"),
        ("{instant}", "INTEGER"),
        ("{date}", "TEXT"),
        ("{bytes}", "BLOB"),
        ("{key_text}", "TEXT"),
        ("{table}", "STRICT"),
        ("{clustered}", "STRICT, WITHOUT ROWID"),
        ("{clustered_updated}", "STRICT, WITHOUT ROWID"),
        ("{now}", "CAST(unixepoch('subsec') * 1000000 AS INTEGER)"),
    ],
    has_table_comments: false,
    count_tables: "
SELECT COUNT(*)
FROM sqlite_schema
WHERE type = 'table' AND name = $1",
    list_columns: "
SELECT name
FROM pragma_table_info($1)
ORDER BY cid",
    version: "SELECT 'SQLite ' || sqlite_version()",
    size: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    check: Some("PRAGMA quick_check(20)"),
    analyze: "PRAGMA optimize",
};

pub(crate) const POSTGRES: Dialect = Dialect {
    words: &[
        ("{uuid}", "UUID"),
        ("{integer}", "BIGINT"),
        ("{small}", "INTEGER"),
        ("{boolean}", "BOOLEAN"),
        ("{instant}", "TIMESTAMPTZ"),
        ("{date}", "DATE"),
        ("{bytes}", "BYTEA"),
        ("{key_text}", "TEXT COLLATE \"C\""),
        ("{table}", ""),
        ("{clustered}", ""),
        // Room on the page, so that a changed row stays on it and its indexes stay as they are.
        ("{clustered_updated}", "WITH (fillfactor = 85)"),
        ("{now}", "now()"),
    ],
    has_table_comments: true,
    count_tables: "
SELECT COUNT(*)
FROM information_schema.tables
WHERE table_schema = current_schema() AND table_name = $1",
    list_columns: "
SELECT CAST(column_name AS TEXT)
FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = $1
ORDER BY ordinal_position",
    version: "SELECT 'PostgreSQL ' || current_setting('server_version')",
    size: "SELECT pg_database_size(current_database())",
    check: None,
    analyze: "ANALYZE",
};
