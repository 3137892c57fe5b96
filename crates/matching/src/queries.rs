//! How well does a known person answer a question about a person?

use model::Demographics;

/// How sure it is that the candidate is the person asked about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Grade {
    /// It may be.
    Lower,
    /// It is.
    High,
}

/// Grades a candidate for a query; `None`: not the person asked about.
///
/// `candidate` is the known person with our own number among the identifiers (type SR).
pub fn grade_for_query(asked: &Demographics, candidate: &Demographics) -> Option<Grade> {
    let _ = (asked, candidate);
    None
}
