//! Labeled data of public sets, read from their text: pairs with what is expected of them, and files of people of whom
//! it is known who is who.

mod csv;
mod own;
mod pairs;
mod people;

pub use own::{HEADER, write_person};
pub use pairs::{LabeledPair, read_pairs};
pub use people::{LabeledPerson, Layout, read_people};

/// A file of labeled data that cannot be read, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LabeledError(String);

impl std::fmt::Display for LabeledError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for LabeledError {}
