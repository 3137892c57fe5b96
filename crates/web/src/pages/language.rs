//! The other language, for this visitor from now on: in this browser, and for who has signed in also in mail.

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::Web;
use crate::cookies::{self, Lifetime};
use crate::failures::Failure;
use crate::languages::Language;
use crate::visits::{LANGUAGE_COOKIE, Visitor};

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/language/{tag}", get(choose))
}

/// Remembers the language and goes back to where the visitor was.
async fn choose(
    visitor: Visitor,
    Path(tag): Path<String>,
    Query(query): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let language = Language::parse(&tag).ok_or(Failure::NotFound)?;
    let back = query.iter().find(|(name, _)| name == "back").map_or("/", |(_, path)| path);
    if let (Some((signed_in, _)), Ok(admission)) = (visitor.session(), visitor.admit()) {
        visitor.web().registry.set_language(&admission, signed_in, language.tag()).await?;
    }
    let cookie = cookies::line(LANGUAGE_COOKIE, language.tag(), Lifetime::Year, visitor.is_secure());
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(local(back))).into_response())
}

/// A path of our own; anything else leads to the start. Browsers drop tabs and line ends out of an address, so that one
/// between two slashes would hide another site.
pub(crate) fn local(path: &str) -> &str {
    let is_local = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let is_local = is_local && !path.contains(|letter: char| letter.is_control() || letter.is_whitespace());
    if is_local { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for (asked, gone) in [
            ("/find", "/find"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/a\r\nSet-Cookie: x=y", "/"),
            ("/\t/evil.example", "/"),
            (" //evil.example", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(asked), gone);
        }
    }
}
