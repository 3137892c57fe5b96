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
    let shown = match rest.rsplit_once('@') {
        Some((credentials, host)) => format!("{}@{host}", credentials.split(':').next().unwrap_or_default()),
        None => rest.to_owned(),
    };
    let Some((place, query)) = shown.split_once('?') else { return format!("{scheme}://{shown}") };
    let without_value = |part: &str| match part.split_once('=') {
        Some((name, _)) if name.eq_ignore_ascii_case("password") => format!("{name}=..."),
        _ => part.to_owned(),
    };
    let query = query.split('&').map(without_value).collect::<Vec<_>>().join("&");
    format!("{scheme}://{place}?{query}")
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn no_password_is_shown_wherever_it_stands() {
        for (url, shown) in [
            ("postgres://registry:SECRET@db/registry", "postgres://registry@db/registry"),
            ("postgres://registry@db/registry?password=SECRET", "postgres://registry@db/registry?password=..."),
            ("postgres://db/r?sslrootcert=a@b&Password=SECRET", "postgres://db/r?sslrootcert=a@b&Password=..."),
            ("postgres://u:S@CRET@db/r", "postgres://u@db/r"),
            ("postgres://u:S?CRET@db/r", "postgres://u@db/r"),
            ("postgres://db/r?password=S@CRET", "postgres://db/r?password=..."),
            ("registry.db", "registry.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }
}
