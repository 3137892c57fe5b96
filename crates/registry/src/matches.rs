//! Matching people, for doors and commands: comparisons, labeled data, and how decisions compare with labels.

pub use matching::labeled::{
    HEADER, LabeledError, LabeledPair, LabeledPerson, Layout, read_pairs, read_people, write_person,
};
pub use matching::learning::{Calibration, Learned, learn};
pub use matching::linkage::{Linked, link};
pub use matching::measure::{Accuracy, Confusion};
pub use matching::{
    Candidate, DoseComparison, DoseFact, DoseOutcome, DoseRule, DoseRules, Explanation, FactSource, Frequencies,
    Matcher, Outcome, POPULATION, PersonDecision, Policy, Reason, Weights, WeightsError, lookup_keys, match_keys,
};
pub use store::PEOPLE_PER_KEY_LIMIT;
