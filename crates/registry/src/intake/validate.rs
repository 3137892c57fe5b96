//! What may be true: rules about what can be right together, the same for every door.
//!
//! A reader judges single values by the rules of its format. Here the values are judged beside each other, beside the
//! day and beside the code tables. A fact that cannot be right is taken out and reported; so is a dose. What a reader
//! has found fault with already is not reported again.

mod doses;
mod person;

pub(super) use doses::{note_after_death as note_doses_after_death, takes_back_death};

use std::borrow::Cow;

use super::*;

/// The statement and the doses that can be true. `None`: the message must be refused, and the findings say why.
pub(super) fn check<'s>(
    rules: &Rules,
    submission: &'s Submission,
    stated: &'s PatientStatement,
    findings: &mut Vec<Finding>,
) -> Option<(Cow<'s, PatientStatement>, Vec<&'s VaccinationStatement>)> {
    let stated = person::check(rules, submission, stated, findings)?;
    let vaccinations = doses::check(rules, submission, &stated.demographics, findings)?;
    Some((stated, vaccinations))
}

/// Whether the reader has found fault with a field: a value missing there is explained.
fn is_explained(submission: &Submission, field: Location) -> bool {
    let places = submission.findings.iter().filter_map(|finding| finding.location);
    places
        .filter(|place| place.segment == field.segment && place.sequence == field.sequence)
        .any(|place| place.field == field.field)
}
