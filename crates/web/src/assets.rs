//! Style sheets, fonts, icons: embedded in the program, served under names that change with their content, so that a
//! browser may keep them for good.

use std::io::Read;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::read::GzDecoder;

use crate::Web;

/// One embedded file.
struct Asset {
    /// What templates call it.
    name: &'static str,
    /// What browsers call it.
    served: &'static str,
    is_packed: bool,
    content: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A year, as far as caches go.
const KEPT_FOR_GOOD: &str = "public, max-age=31536000, immutable";

pub(crate) fn routes() -> Router<Web> {
    Router::new().route("/assets/{name}", get(serve)).route("/favicon.ico", get(favicon))
}

/// The address of an asset.
///
/// # Panics
/// When there is none of this name: templates name only assets that the crate has.
pub(crate) fn address(name: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == name).expect("templates name assets that are embedded");
    format!("/assets/{}", asset.served)
}

async fn favicon(headers: HeaderMap) -> Response {
    let served = ASSETS.iter().find(|asset| asset.name == "favicon.svg").map(|asset| asset.served.to_owned());
    serve(Path(served.unwrap_or_default()), headers).await
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.served == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let common = [
        (header::CONTENT_TYPE, content_type(asset.served)),
        (header::CACHE_CONTROL, KEPT_FOR_GOOD),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::VARY, "Accept-Encoding"),
    ];
    let takes_packed = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(|accepted| accepted.contains("gzip"));
    match (asset.is_packed, takes_packed) {
        (true, true) => (common, [(header::CONTENT_ENCODING, "gzip")], asset.content).into_response(),
        (true, false) => (common, unpacked(asset.content)).into_response(),
        (false, _) => (common, asset.content).into_response(),
    }
}

fn unpacked(content: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(content).read_to_end(&mut plain).expect("the build packed it");
    plain
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_sheets_and_fonts_of_a_first_view_leave_room_for_the_page() {
        let first_view = ["uswds.css", "bluebonnet.css", "bluebonnet.js", "icons.svg"];
        let fonts = ["sourcesanspro-regular-webfont.woff2", "sourcesanspro-bold-webfont.woff2"];
        let size: usize = ASSETS
            .iter()
            .filter(|asset| first_view.contains(&asset.name) || fonts.contains(&asset.name))
            .map(|asset| asset.content.len())
            .sum();
        assert!(size < 85_000, "{size} bytes");
    }

    #[test]
    fn an_asset_is_kept_for_good_and_comes_unpacked_to_who_needs_it() {
        let asset = ASSETS.iter().find(|asset| asset.name == "bluebonnet.css").expect("it is embedded");
        assert!(unpacked(asset.content).starts_with(b"/*"));
        assert!(address("bluebonnet.css").starts_with("/assets/bluebonnet-"));
    }
}
