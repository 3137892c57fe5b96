//! Where a request came from, and whether it came over TLS.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use axum::http::uri::Scheme;

/// Whether nobody on the way could read the request: TLS here, or at our own proxy.
pub(crate) fn is_secure(request: &Parts, is_behind_proxy: bool) -> bool {
    let connection = request.extensions.get::<Scheme>() == Some(&Scheme::HTTPS);
    connection || is_behind_proxy && last_value(request, "x-forwarded-proto") == Some("https")
}

/// The client's address: the connection's, or what our own proxy says.
pub(crate) fn client(request: &Parts, is_behind_proxy: bool) -> IpAddr {
    let forwarded = || last_value(request, "x-forwarded-for")?.parse().ok();
    is_behind_proxy
        .then(forwarded)
        .flatten()
        .or_else(|| request.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip()))
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        .to_canonical()
}

/// The last value of a list: what the nearest proxy added.
fn last_value<'r>(request: &'r Parts, name: &str) -> Option<&'r str> {
    let line = request.headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim)
}
