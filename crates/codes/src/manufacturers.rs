//! Manufacturers: the MVX code set.

/// A manufacturer of vaccines.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Manufacturer {
    /// Its MVX code.
    pub mvx: String,
    /// Its name.
    pub name: String,
    /// Whether it still makes vaccines under this name.
    pub is_active: bool,
}
