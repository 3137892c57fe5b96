//! Names by which an organization knew a person before: people are found by them, too, unless they were entered wrongly.

use model::{Demographics, OrganizationId, PersonName};
use registry::OpenedRecord;

use crate::forms::{Choice, Posted};
use crate::people::full_name;

/// The field of the names that are to go.
const FORGOTTEN: &str = "forget";

/// What becomes of an organization's former names.
pub(super) struct Kept {
    /// Those that it says still.
    pub(super) names: Vec<PersonName>,
    /// Whether others say one of those that it says no more.
    pub(super) are_forgotten_ones_said_by_others: bool,
}

/// The names that an organization says of the person, that of today first.
fn own(opened: &OpenedRecord, organization: OrganizationId) -> &[PersonName] {
    opened.own_report(organization).map_or(&[], |own| &own.demographics.names)
}

/// The former names, for the form.
pub(super) fn choices(opened: &OpenedRecord, organization: OrganizationId) -> Vec<Choice> {
    own(opened, organization).iter().skip(1).map(|name| Choice::new(full_name(name), full_name(name))).collect()
}

/// Which names an organization says beside the one of today: not those that were marked, and not the last one when it was
/// a mistake.
pub(super) fn kept(
    opened: &OpenedRecord,
    organization: OrganizationId,
    is_mistake: bool,
    posted: &Posted,
    now: &Demographics,
) -> Kept {
    let own = own(opened, organization).iter().enumerate();
    let is_forgotten = |place: usize, name: &PersonName| match place {
        0 => is_mistake,
        _ => posted.all(FORGOTTEN).any(|forgotten| forgotten == full_name(name)),
    };
    let (gone, names): (Vec<_>, Vec<_>) = own.partition(|(place, name)| is_forgotten(*place, name));
    let is_said_now = |name: &PersonName| now.names.iter().any(|said| full_name(said) == full_name(name));
    let others = opened.held.reports.iter().filter(|report| report.organization_id != organization);
    let mut said_by_others = others.flat_map(|report| &report.demographics.names);
    let shown = opened.shown.patient.demographics.names.first().filter(|_| is_mistake);
    let gone: Vec<&PersonName> = gone.into_iter().map(|(_, name)| name).chain(shown).collect();
    let is_gone = |said: &PersonName| gone.iter().any(|name| full_name(name) == full_name(said));
    Kept {
        are_forgotten_ones_said_by_others: said_by_others.any(|said| !is_said_now(said) && is_gone(said)),
        names: names.into_iter().map(|(_, name)| name.clone()).collect(),
    }
}
