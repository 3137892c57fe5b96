//! Cookies: read from a request, written to an answer.
//!
//! Over TLS a cookie's name begins with `__Host-`, so that browsers take it only from this host and send it only over
//! TLS. Without TLS, which is for a demonstration on one's own machine, browsers would refuse such a name, and the
//! cookie goes without it.

use axum::http::request::Parts;
use axum::http::{HeaderValue, header};

/// How long a cookie lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lifetime {
    /// Until the browser closes.
    Visit,
    /// A year: for a preference.
    Year,
    /// No longer.
    Ended,
}

/// The value of a cookie of ours.
pub(crate) fn read(request: &Parts, name: &str, is_secure: bool) -> Option<String> {
    let name = full_name(name, is_secure);
    let lines = request.headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// The `Set-Cookie` line of a cookie that scripts cannot read. The value is letters, digits, `-` and `_`.
pub(crate) fn line(name: &str, value: &str, lifetime: Lifetime, is_secure: bool) -> HeaderValue {
    let name = full_name(name, is_secure);
    let secure = if is_secure { "; Secure" } else { "" };
    let age = match lifetime {
        Lifetime::Visit => "",
        Lifetime::Year => "; Max-Age=31536000",
        Lifetime::Ended => "; Max-Age=0",
    };
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    HeaderValue::from_str(&line).expect("names and values of cookies are plain")
}

fn full_name(name: &str, is_secure: bool) -> String {
    if is_secure { format!("__Host-{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn over_tls_a_cookie_belongs_to_this_host_alone() {
        let line = line("session", "abc", Lifetime::Visit, true);
        assert_eq!(line, "__Host-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
        let request = Request::builder().header("cookie", "session=planted; __Host-session=abc").body(());
        let (request, ()) = request.expect("a request of the test").into_parts();
        assert_eq!(read(&request, "session", true).as_deref(), Some("abc"));
        assert_eq!(read(&request, "session", false).as_deref(), Some("planted"));
    }
}
