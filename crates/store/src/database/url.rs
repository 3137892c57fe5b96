//! Where databases are, as people write it.

use std::path::PathBuf;

use crate::StoreError;

/// What the setting is named that has the password.
const PASSWORD: &str = "password";

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
    /// [`StoreError::UrlInvalid`] for empty text, for other kinds of URL, and for `host=... password=...`.
    pub fn parse(text: &str) -> Result<DatabaseUrl, StoreError> {
        let invalid = |reason: &str| StoreError::UrlInvalid { url: without_password(text), reason: reason.to_owned() };
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(DatabaseUrl::Postgres(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:")).unwrap_or(text);
        if path.is_empty() {
            return Err(invalid("give the path of a file, or postgres://user:password@host/name"));
        }
        if password_setting(path).is_some() {
            return Err(invalid("write what is on a server as postgres://user:password@host/name"));
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

/// A URL, or what was given for one, without anything that may be a part of its password.
pub(crate) fn without_password(text: &str) -> String {
    // Where a password is named, all that follows may be of it: nobody knows whether a sign in there was meant as one.
    let (text, named, hidden) = match password_setting(text) {
        Some(setting) => {
            let hidden = &text[setting.end..];
            (&text[..setting.start], format!("{}=...", text[setting].trim_end()), hidden)
        }
        None => (text, String::new(), ""),
    };
    let Some((scheme, rest)) = text.split_once("://") else { return format!("{text}{named}") };
    let shown = match (rest.rsplit_once('@'), rest.split_once(':')) {
        (Some((credentials, host)), _) => format!("{}@{host}", credentials.split(':').next().unwrap_or_default()),
        // All of it may be credentials.
        (None, Some((user, _))) if hidden.contains('@') => format!("{user}?"),
        _ => rest.to_owned(),
    };
    format!("{scheme}://{shown}{named}")
}

/// Where a text names a password that follows, as `password=` in a URL and in the settings of PostgreSQL's own programs:
/// the name, and the spaces before the sign.
fn password_setting(text: &str) -> Option<std::ops::Range<usize>> {
    // Of the same length in bytes.
    let small = text.to_ascii_lowercase();
    let mut names = small.match_indices(PASSWORD).map(|(start, name)| (start, start + name.len()));
    names.find_map(|(start, end)| {
        let spaces = small[end..].len() - small[end..].trim_start().len();
        small[end + spaces..].starts_with('=').then_some(start..end + spaces)
    })
}

#[cfg(test)]
mod tests {
    use super::{DatabaseUrl, without_password};

    #[test]
    fn no_password_is_shown_wherever_it_stands() {
        for (url, shown) in [
            ("postgres://registry:SECRET@db/registry", "postgres://registry@db/registry"),
            ("postgres://registry@db/registry?password=SECRET", "postgres://registry@db/registry?password=..."),
            ("postgres://db/r?sslrootcert=a@b&Password=SECRET", "postgres://db/r?sslrootcert=a@b&Password=..."),
            ("postgres://u:S@CRET@db/r", "postgres://u@db/r"),
            ("postgres://u:S?CRET@db/r", "postgres://u@db/r"),
            ("postgres://db/r?password=S@CRET", "postgres://db/r?password=..."),
            ("postgres://db:5432/r?password=S@CRET", "postgres://db?password=..."),
            ("postgres://db:5432/r?password=SECRET", "postgres://db:5432/r?password=..."),
            (
                "postgres://u:SECRET@db:5432/r?sslrootcert=a&password=S@CRET",
                "postgres://u@db:5432/r?sslrootcert=a&password=...",
            ),
            ("postgres://db/r?password=S&CRET@x", "postgres://db/r?password=..."),
            ("postgres://db/r?sslrootcert=a&sslpassword=SECRET", "postgres://db/r?sslrootcert=a&sslpassword=..."),
            ("host=db user=registry Password = 'SECRET' port=5432", "host=db user=registry Password=..."),
            ("registry.db", "registry.db"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn what_has_a_password_and_is_no_url_is_no_path() {
        for text in ["host=db password=SECRET", "password='SECRET' host=db", "sqlite:x PASSWORD = SECRET"] {
            let told = DatabaseUrl::parse(text).expect_err("it is no file").to_string();
            assert!(!told.contains("SECRET") && told.contains("postgres://user:password@host/name"), "{told}");
        }
    }
}
