//! `connectivityTest`: sends back what it was given. Needs no credentials.

use registry::Admission;

/// The text to return. Empty text comes back empty: it proves the connection as well as any other.
///
/// It needs nothing of the registry, but an admission: while the gate is closed, nobody should think it open.
pub(crate) fn connectivity_test(_admission: &Admission, echo_back: String) -> String {
    echo_back
}
