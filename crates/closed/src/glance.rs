//! A glance at a call of the web service: of whom it says it is, before it is read, and where nobody is there to read it.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use registry::Purpose;

/// Bytes of a call at which is glanced.
pub(crate) const GLANCE_BYTES_MAXIMUM: usize = 4096;

/// What can be seen of a call before it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glance<'a> {
    /// The facility, or else the user, that it says it is of.
    pub name: &'a str,
    /// Whether it asks or reports.
    pub purpose: Purpose,
}

/// Looks for the name and the kind of message in the bytes of an envelope; whatever is not there, or not to be found so
/// simply, is nothing.
pub fn glance(bytes: &[u8]) -> Glance<'_> {
    static FACILITY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("facilityID"));
    static USER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("username"));
    static REPORT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("|VXU"));
    let head = &bytes[..bytes.len().min(GLANCE_BYTES_MAXIMUM)];
    let element = |tag: &Finder<'_>| {
        let start = tag.find(head)? + tag.needle().len();
        let start = start + memchr::memchr(b'>', &head[start..])? + 1;
        let length = memchr::memchr(b'<', &head[start..])?;
        std::str::from_utf8(&head[start..start + length]).ok().map(str::trim).filter(|text| !text.is_empty())
    };
    let name = element(&FACILITY).or_else(|| element(&USER)).unwrap_or_default();
    let purpose = if REPORT.find(head).is_some() { Purpose::Change } else { Purpose::Question };
    Glance { name, purpose }
}
