//! Instants as commands tell them to people: by the registry's own clock, with the letters of its zone, so that they are those
//! of the pages. Programs get them as RFC 3339 in UTC, with `--json`.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use registry::Registry;

/// `2026-01-05 09:30:00 CST`
const MOMENT: &str = "%Y-%m-%d %H:%M:%S %Z";

/// An instant by the registry's clock.
pub(crate) fn moment(registry: &Registry, at: Timestamp) -> String {
    registry.local_time(at).strftime(MOMENT).to_string()
}

/// The same of one that is kept as text.
pub(crate) fn moment_of_text(registry: &Registry, text: &str) -> String {
    text.parse().map_or_else(|_| text.to_owned(), |at| moment(registry, at))
}

/// An instant where there is no registry that has a clock.
pub(crate) fn moment_in_utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime(MOMENT).to_string()
}
