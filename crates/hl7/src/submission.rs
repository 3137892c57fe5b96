//! A VXU as a submission: what may be kept of it by the receiving rules of the guide, and what is wrong with it.
//!
//! It judges the message by itself. What takes a clock, the registry or a profile (a date in the future, a dose
//! already known, consent) is judged later.

mod form;
mod observations;
mod orders;
mod patient;
mod vaccine;

use model::{Action, CodeTables, Finding, FindingKind, Location, PatientStatement, Severity, VaccinationStatement};

pub(crate) use self::form::Form;
use self::observations::Facts;
use crate::clocks::Clocks;
use crate::er7::Message;
use crate::excess::note_excess;
use crate::judge::Judge;
use crate::vxu;

/// Doses of one message at most. Nobody was given so many in a lifetime: such a message repeats itself or holds the doses of
/// several people, and each dose is compared with all others of the person.
pub const DOSES_MAXIMUM: usize = 500;

/// What could be read of a VXU.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct SubmissionReading {
    /// Whom it is about; `None` when the message is rejected, and the findings say why.
    pub patient: Option<PatientStatement>,
    /// What happened to them.
    pub vaccinations: Vec<VaccinationStatement>,
    /// What was found wrong.
    pub findings: Vec<Finding>,
}

/// Reads a VXU of a sender with these clocks by the receiving rules: a bad value counts as empty, a required field that
/// is empty empties its segment, a required segment that is empty drops its group, and a message without PID or with no
/// group left is rejected. A VXU without any order group is an update of the person alone, and its sender is told that no dose came.
///
/// # Source
/// HL7 IG 1.5, table 3-1.
pub fn read_submission(message: &Message<'_>, tables: &dyn CodeTables, clocks: &Clocks) -> SubmissionReading {
    let mut judge = Judge::new(tables, clocks);
    note_syntax(&mut judge, message);
    if note_excess(&mut judge, message) {
        return SubmissionReading { findings: judge.findings, ..SubmissionReading::default() };
    }
    let vxu = vxu::read(message);
    if !is_about_one_person(&mut judge, message, &vxu) || has_too_many_doses(&mut judge, &vxu) {
        return SubmissionReading { findings: judge.findings, ..SubmissionReading::default() };
    }
    let statement = patient::read_patient(&mut judge, &vxu);
    let lost_count = note_misplaced(&mut judge, &vxu);
    let Some(mut patient) = statement else {
        note_errors_of_doses(&mut judge, message, &vxu);
        return SubmissionReading { findings: judge.findings, ..SubmissionReading::default() };
    };
    observations::read_person_observations(
        &mut judge,
        message,
        &vxu.observations,
        Facts::of(Action::Add),
        &mut patient,
    );
    let mut form = Form::default();
    let first_order = vxu.orders.first().map_or(message.segments().len(), |order| order.span.start);
    form.look(&mut judge, message, &message.segments()[..first_order]);
    let read = orders::read_orders(&mut judge, message, &vxu.orders, &mut patient, &mut form);
    form.tell(&mut judge);
    if vxu.orders.len() + lost_count == 0 {
        judge.findings.push(Finding::new(FindingKind::MessageWithoutDoses));
    }
    if read.usable_count == 0 && vxu.orders.len() + lost_count > 0 {
        judge.findings.push(Finding::new(FindingKind::NoOrderGroupLeft));
        return SubmissionReading { findings: judge.findings, ..SubmissionReading::default() };
    }
    SubmissionReading { patient: Some(patient), vaccinations: read.vaccinations, findings: judge.findings }
}

/// Notes the segments that stand where the guide has none. How many of them were doses: those are lost.
fn note_misplaced(judge: &mut Judge<'_>, vxu: &vxu::Vxu<'_>) -> usize {
    let mut lost_count = 0;
    for misplaced in &vxu.misplaced {
        let at = Location { segment: misplaced.kind, ..Location::segment("MSH", misplaced.sequence) };
        if misplaced.kind.as_str() == "RXA" {
            judge.note(FindingKind::OrderGroupDropped, at, "the segment PID before it");
            lost_count += 1;
        } else {
            judge.note(FindingKind::SegmentOutOfOrder, at, misplaced.kind.as_str());
        }
    }
    lost_count
}

/// Notes what would keep the doses of a rejected message out, too: its sender mends all of it at once. What would only be
/// lost of a dose that is taken is not said, as none is.
fn note_errors_of_doses(judge: &mut Judge<'_>, message: &Message<'_>, vxu: &vxu::Vxu<'_>) {
    let of_doses = judge.findings.len();
    orders::read_orders(judge, message, &vxu.orders, &mut PatientStatement::default(), &mut Form::default());
    let noted = judge.findings.split_off(of_doses);
    judge.findings.extend(noted.into_iter().filter(|finding| finding.severity() == Severity::Error));
}

/// Notes what is unusual about the message as text.
fn note_syntax(judge: &mut Judge<'_>, message: &Message<'_>) {
    if message.begins_with_header() && !message.text().starts_with("MSH|^~\\&|") {
        judge.note(FindingKind::DelimitersUnusual, Location::field("MSH", 1, 2), "");
    }
    if message.unnamed_lines() > 0 {
        judge.findings.push(Finding::new(FindingKind::SegmentUnnamed));
    }
}

/// Of a message with too many doses none is taken: of whom would those be that are left out, or those that are not?
fn has_too_many_doses(judge: &mut Judge<'_>, vxu: &vxu::Vxu<'_>) -> bool {
    let Some(first_beyond) = vxu.orders.get(DOSES_MAXIMUM) else { return false };
    let at = match (&first_beyond.dose, &first_beyond.order) {
        (Some(dose), _) => Location::segment("RXA", dose.sequence),
        (None, order) => Location::segment("ORC", order.as_ref().map_or(1, |order| order.sequence)),
    };
    judge.note(FindingKind::DosesTooMany, at, vxu.orders.len().to_string());
    true
}

/// A message about nobody, or about two people, cannot be used: whose doses would they be?
fn is_about_one_person(judge: &mut Judge<'_>, message: &Message<'_>, vxu: &vxu::Vxu<'_>) -> bool {
    let unreadable = |reason: &str| Finding::new(FindingKind::MessageUnreadable).naming(reason);
    if message.header_count() > 1 {
        judge.findings.push(unreadable("it holds more than one message").at(Location::segment("MSH", 2)));
        return false;
    }
    if vxu.patient.is_none() {
        judge.note(FindingKind::SegmentMissing, Location::segment("PID", 1), "PID");
        return false;
    }
    if message.segments().iter().filter(|segment| segment.is(b"PID")).count() > 1 {
        judge.findings.push(unreadable("it is about more than one person").at(Location::segment("PID", 2)));
        return false;
    }
    true
}
