//! What was said since a merge of who may see the records, when the merge is undone: it goes to the person whom its message
//! named. Where that cannot be told, what restricts counts for both, and what permits for neither. Doses ask here, too, whom
//! their messages named. Pure.

use std::collections::{HashMap, HashSet};

use matching::{Folded, Matcher, Outcome};
use model::{
    Consent, ConsentId, ConsentStatus, Demographics, MessageId, OrganizationId, PatientId, PatientRecord,
    PatientReport, PatientReportId, VaccinationReport,
};
use store::Merge;
use uuid::Uuid;

use super::moves::is_later;
use crate::intake::{Purpose, derive};

/// Consents and protecting reports that came since a merge, and whom the messages of the consents and of the doses since named.
/// A report that was there before is of its organization's own chart, whose number or name every change of it gave.
pub(super) struct Restrictions {
    consents: Vec<ConsentId>,
    protecting: Vec<PatientReportId>,
    messages: HashSet<MessageId>,
    named: HashMap<MessageId, Demographics>,
    /// Of the order to undo it: ids of copies are made of it.
    order: MessageId,
}

/// Whom a statement was about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Holder,
    Retired,
    /// It cannot be told.
    Either,
}

impl Restrictions {
    /// What the record that holds has of them; whom the messages named is still to be said.
    pub(super) fn since(merge: &Merge, holder: &PatientRecord, parts: &[Uuid], order: MessageId) -> Restrictions {
        let moved: HashSet<&Uuid> = parts.iter().collect();
        let is_new = |id: &Uuid| !moved.contains(id) && is_later(*id, merge.id);
        let consents = holder.consents.iter().filter(|consent| is_new(&consent.id.0));
        let doses = holder.vaccinations.iter().filter(|report| is_new(&report.id.0)).map(|report| report.message_id);
        let is_protecting =
            |report: &&PatientReport| report.demographics.protection.is_some_and(|stated| stated.is_protected);
        let protecting = holder.reports.iter().filter(is_protecting).map(|report| report.id);
        Restrictions {
            messages: consents.clone().map(|consent| consent.message_id).chain(doses).collect(),
            consents: consents.map(|consent| consent.id).collect(),
            protecting: protecting.filter(|id| is_new(&id.0)).collect(),
            named: HashMap::new(),
            order,
        }
    }

    /// The messages of which it matters whom they named.
    pub(super) fn messages(&self) -> Vec<MessageId> {
        self.messages.iter().copied().collect()
    }

    /// Says whom a message named.
    pub(super) fn named(&mut self, message_id: MessageId, demographics: Demographics) {
        self.named.insert(message_id, demographics);
    }

    /// Whether the message of a dose named the retired person, as far as that can be told by the reports of both.
    pub(super) fn names_retired(
        &self,
        dose: &VaccinationReport,
        holder: &[PatientReport],
        retired: &[PatientReport],
        matcher: &Matcher,
    ) -> bool {
        let Some(named) = self.named.get(&dose.message_id) else { return false };
        let sides = [holder, retired].map(|reports| reports.iter().collect());
        whom(named, dose.organization_id, &sides, matcher) == About::Retired
    }

    fn about(&self, consent: &Consent, holder: &PatientRecord, retired: &PatientRecord, matcher: &Matcher) -> About {
        let Some(named) = self.named.get(&consent.message_id) else { return About::Either };
        let sides = [&holder.reports, &retired.reports].map(|reports| reports.iter().collect());
        whom(named, consent.organization_id, &sides, matcher)
    }
}

/// Divides between two records, whose reports are divided already, what was said since they were merged.
pub(super) fn divide(
    holder: &mut PatientRecord,
    retired: &mut PatientRecord,
    restrictions: Restrictions,
    matcher: &Matcher,
) {
    let is_undecided = |consent: &Consent| restrictions.consents.contains(&consent.id);
    let (undecided, kept): (Vec<Consent>, Vec<Consent>) =
        std::mem::take(&mut holder.consents).into_iter().partition(is_undecided);
    holder.consents = kept;
    for (ordinal, consent) in undecided.into_iter().enumerate() {
        match restrictions.about(&consent, holder, retired, matcher) {
            About::Holder => holder.consents.push(consent),
            About::Retired => retired.consents.push(consent),
            About::Either if consent.statement.status == ConsentStatus::Withdrawn => {
                let id = ConsentId(derive(restrictions.order, Purpose::Consent, ordinal));
                retired.consents.push(Consent { id, ..consent.clone() });
                holder.consents.push(consent);
            }
            About::Either => {}
        }
    }
    for (ordinal, id) in restrictions.protecting.into_iter().enumerate() {
        let copy_id = PatientReportId(derive(restrictions.order, Purpose::PatientReport, ordinal));
        protect_both(id, holder, retired, copy_id, matcher);
        protect_both(id, retired, holder, copy_id, matcher);
    }
}

/// Where one record has this protecting report, and it may be about the other, the other is protected, too.
fn protect_both(
    id: PatientReportId,
    own: &PatientRecord,
    other: &mut PatientRecord,
    copy_id: PatientReportId,
    matcher: &Matcher,
) {
    if let Some(report) = own.reports.iter().find(|report| report.id == id)
        && is_doubtful(report, own, other, matcher)
    {
        other.reports.push(protection_alone(report, copy_id, other.patient.id));
    }
}

/// Whether a report that came since a merge may be about the other person: it is no witness of where it belongs.
fn is_doubtful(report: &PatientReport, own: &PatientRecord, other: &PatientRecord, matcher: &Matcher) -> bool {
    let is_witness = |known: &&PatientReport| known.id != report.id;
    let sides = [own, other].map(|record| record.reports.iter().filter(is_witness).collect());
    whom(&report.demographics, report.organization_id, &sides, matcher) != About::Holder
}

/// What a report says of protection, as a report of another person.
fn protection_alone(report: &PatientReport, id: PatientReportId, patient_id: PatientId) -> PatientReport {
    PatientReport {
        id,
        patient_id,
        demographics: Demographics {
            protection: report.demographics.protection,
            protection_said_at: report.demographics.protection_said_at,
            ..Demographics::default()
        },
        observations: Vec::new(),
        ..report.clone()
    }
}

/// Whom an organization named, of the holder and the retired: whose number in its own reports it gave, or else
/// whom nobody would doubt.
fn whom(
    named: &Demographics,
    organization_id: OrganizationId,
    [holder, retired]: &[Vec<&PatientReport>; 2],
    matcher: &Matcher,
) -> About {
    let has_number = |reports: &[&PatientReport]| {
        reports.iter().any(|report| {
            report.organization_id == organization_id
                && report.demographics.identifiers.iter().any(|known| named.identifiers.contains(known))
        })
    };
    let folded = Folded::new(named);
    let is_named = |reports: &[&PatientReport]| {
        reports.iter().any(|known| matcher.compare(&folded, &Folded::new(&known.demographics)).0 == Outcome::Match)
    };
    match (has_number(holder), has_number(retired)) {
        (true, false) => return About::Holder,
        (false, true) => return About::Retired,
        (true, true) | (false, false) => {}
    }
    match (is_named(holder), is_named(retired)) {
        (true, false) => About::Holder,
        (false, true) => About::Retired,
        (true, true) | (false, false) => About::Either,
    }
}
