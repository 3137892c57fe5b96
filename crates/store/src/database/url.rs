//! Where databases are, as people write it.

use std::path::PathBuf;

use crate::StoreError;

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server, `postgres://user:password@host:port/name`; with `?sslrootcert=FILE` over TLS, trusting that file's
    /// certificates.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `postgres://...` or `postgresql://...` as a server, `sqlite:PATH` or any other text as the path of a file.
    ///
    /// # Errors
    /// [`StoreError::UrlInvalid`] for empty text and for other kinds of URL.
    pub fn parse(text: &str) -> Result<DatabaseUrl, StoreError> {
        let invalid = |reason: &str| StoreError::UrlInvalid { url: without_password(text), reason: reason.to_owned() };
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(DatabaseUrl::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        if path.is_empty() {
            return Err(invalid("give the path of a file, or postgres://user:password@host/name"));
        }
        if path.contains("://") {
            return Err(invalid("only SQLite files and PostgreSQL servers are known"));
        }
        Ok(DatabaseUrl::Sqlite(PathBuf::from(path)))
    }
}

/// The URL as it may be shown: without its password.
impl std::fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DatabaseUrl::Sqlite(path) => path.display().fmt(f),
            DatabaseUrl::Postgres(url) => f.write_str(&without_password(url)),
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

pub(crate) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((credentials, host)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = credentials.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{host}")
}
