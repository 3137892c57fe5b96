//! Bytes to text: byte order mark, MLLP framing, and the character set that MSH-18 names.

use std::borrow::Cow;

use model::Finding;

/// A message as text.
#[derive(Clone, PartialEq, Debug)]
pub struct Decoded<'a> {
    /// The text; borrowed unless characters had to be converted.
    pub text: Cow<'a, str>,
    /// What was found on the way.
    pub findings: Vec<Finding>,
}

/// Reads the bytes of one message as text.
pub fn decode(bytes: &[u8]) -> Decoded<'_> {
    Decoded { text: String::from_utf8_lossy(bytes), findings: Vec::new() }
}
