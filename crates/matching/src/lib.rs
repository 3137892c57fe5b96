//! Same person? Same vaccination? Pure decisions with a reason in words, and the keys by which a store finds whom to
//! compare.
//!
//! Nothing here reads a database, a clock or a file, and no reason given carries a value of the data: reasons are logged.

mod doses;
mod evidence;
mod identifiers;
mod keys;
mod names;
mod people;
mod queries;

pub use doses::{
    DoseDecision, DoseMatch, KnownDose, ReportToChange, decide_dose, find_report_to_change, primary_report,
};
pub use keys::match_keys;
pub use names::is_placeholder;
pub use people::{Candidate, PersonDecision, PersonMatch, PersonNote, decide_person};
pub use queries::{Agreement, Grade, agreements, grade_for_query};
