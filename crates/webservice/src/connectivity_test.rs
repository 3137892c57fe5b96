//! `connectivityTest`: sends back what it was given. Needs no credentials.

use registry::Admission;

/// The text to return. Empty text comes back empty: it proves the connection as well as any other.
pub(crate) fn connectivity_test(_admission: &Admission, echo_back: String) -> String {
    echo_back
}
