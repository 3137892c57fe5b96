//! Where a call came from, and which address it was sent to.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::uri::Scheme;
use axum::http::{HeaderMap, header};

/// Whether the `X-Forwarded-*` headers are believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ForwardedHeaders {
    /// Clients connect directly, and could write anything into them.
    #[default]
    Ignored,
    /// Every call comes through a proxy of our own, which sets them.
    Trusted,
}

/// The address of the service as the client knows it.
pub(crate) fn service_address(request: &Parts, path: &str, forwarded: ForwardedHeaders) -> String {
    let headers = &request.headers;
    let is_trusted = forwarded == ForwardedHeaders::Trusted;
    let forwarded = |name| is_trusted.then(|| last_value(headers, name)).flatten();
    let host = forwarded("x-forwarded-host")
        .or_else(|| request.uri.authority().map(|authority| authority.as_str()))
        .or_else(|| headers.get(header::HOST)?.to_str().ok())
        .filter(|host| is_host(host))
        .unwrap_or("localhost");
    let connection = request.extensions.get::<Scheme>().unwrap_or(&Scheme::HTTP);
    let scheme = forwarded("x-forwarded-proto")
        .filter(|scheme| matches!(*scheme, "http" | "https"))
        .unwrap_or_else(|| connection.as_str());
    format!("{scheme}://{host}{path}")
}

/// The client's address: the connection's, or what our own proxy says.
pub(crate) fn client_address(request: &Parts, forwarded: ForwardedHeaders) -> IpAddr {
    let is_trusted = forwarded == ForwardedHeaders::Trusted;
    is_trusted
        .then(|| last_value(&request.headers, "x-forwarded-for")?.parse().ok())
        .flatten()
        .or_else(|| request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip()))
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        .to_canonical()
}

/// The last value of a list: what the nearest proxy added. Those before it may be the client's own invention.
fn last_value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim)
}

fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    type Headers = [(&'static str, &'static str)];

    fn parts(headers: &Headers) -> Parts {
        let mut request = Request::builder().uri("/webservice?wsdl");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut parts = request.body(()).expect("a request of the test").into_parts().0;
        parts.extensions.insert(ConnectInfo(SocketAddr::from(([10, 0, 0, 7], 4711))));
        parts
    }

    #[test]
    fn the_wsdl_names_the_address_that_the_client_used() {
        use ForwardedHeaders::{Ignored, Trusted};
        let behind_a_proxy =
            [("host", "10.0.0.1:8080"), ("x-forwarded-host", "iis.example.org"), ("x-forwarded-proto", "https")];
        let cases: [(&Headers, ForwardedHeaders, &str); 6] = [
            (&[("host", "iis.example.org:8443")], Ignored, "http://iis.example.org:8443/webservice"),
            (&[("host", "[::1]:80")], Ignored, "http://[::1]:80/webservice"),
            (&[("host", "\"><script>")], Ignored, "http://localhost/webservice"),
            (&[], Ignored, "http://localhost/webservice"),
            (&behind_a_proxy, Ignored, "http://10.0.0.1:8080/webservice"),
            (&behind_a_proxy, Trusted, "https://iis.example.org/webservice"),
        ];
        for (headers, forwarded, address) in cases {
            assert_eq!(service_address(&parts(headers), "/webservice", forwarded), address);
        }
    }

    #[test]
    fn only_our_own_proxy_is_believed_about_the_client() {
        let request = parts(&[("x-forwarded-for", "1.2.3.4, 192.0.2.9")]);
        assert_eq!(client_address(&request, ForwardedHeaders::Ignored).to_string(), "10.0.0.7");
        assert_eq!(client_address(&request, ForwardedHeaders::Trusted).to_string(), "192.0.2.9");
    }
}
