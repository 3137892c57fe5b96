//! Same person? Same vaccination? Pure decisions with a reason in words, and the keys by which a store finds whom to
//! compare.
//!
//! Nothing here reads a database, a clock or a file, and no reason given carries a value of the data: reasons are logged.

mod doses;
mod evidence;
mod exclusions;
mod frequencies;
mod identifiers;
mod keys;
pub mod labeled;
pub mod learning;
pub mod linkage;
mod matcher;
pub mod measure;
mod names;
mod people;
mod queries;
mod scoring;
mod weights;

pub use doses::{
    DoseComparison, DoseFact, DoseOutcome, DoseRule, DoseRules, DoseRulesError, DoseStatement, FactSource, Grouped,
    JoinedReport, KnownDose, OwnReport, ReportToDelete, UnsurePair, Vaccination, Vaccines, find_own_report,
    find_report_to_delete, surviving,
};
pub use exclusions::{Likeness, Mark, MarkKind, likeness, lookup_marks, marks};
pub use frequencies::Frequencies;
pub use keys::{identifier_keys, key_of_other_name, lookup_keys, match_keys};
pub use matcher::{Matcher, POPULATION, Policy};
pub use names::is_placeholder;
pub use people::{Candidate, Explanation, Folded, Outcome, PersonDecision, PersonMatch, PersonNote, Reason};
pub use queries::{Agreement, Grade, agreements};
pub use weights::{Level, Weights, WeightsError};
