//! How a decision is written down: the answer, the message log, the audit trail.

use super::*;
use crate::ConsentPolicy;
use crate::consents::tells_how_to_affirm;

/// A submission that was taken in.
pub(super) fn accepted(submission: &Submission, findings: Vec<Finding>, accepted: Accepted, world: &World) -> Decision {
    let disposition = if accepted.is_pending {
        MessageState::Pending
    } else if findings.iter().any(|finding| finding.severity() != Severity::Information) {
        MessageState::AcceptedWithFindings
    } else {
        MessageState::Accepted
    };
    let patient_id = accepted.record.patient.id;
    let is_unchanged = world.record(patient_id) == Some(&accepted.record);
    let action = match (accepted.is_new, is_unchanged) {
        (true, _) => AuditAction::PatientAdded,
        (false, false) => AuditAction::PatientChanged,
        (false, true) => AuditAction::PatientConfirmed,
    };
    Decision {
        message: Some(logged(submission, disposition, Some(patient_id), &findings, true)),
        audit: Some(audited(submission, action, Some(patient_id), accepted.because)),
        record: (!is_unchanged).then_some(accepted.record),
        doses: accepted.doses,
        reviews: accepted.reviews,
        ..Decision::unchanged(outcome(submission, disposition, Some(patient_id), findings))
    }
}

/// A submission that was refused. `same` is the log's line of the same message, refused before.
pub(super) fn rejected(
    rules: &Rules,
    submission: &Submission,
    mut findings: Vec<Finding>,
    same: Option<&KnownMessage>,
) -> Decision {
    // What would have been stored with a doubt was not stored: only what refused the message is told, and why.
    let is_for_consent = findings.iter().any(|finding| finding.kind == FindingKind::ConsentMissing);
    findings.retain(|finding| match finding.severity() {
        Severity::Error => true,
        _ if submission.rest == Rest::Refused && finding.rule().omits => true,
        Severity::Warning => says_why(finding, is_for_consent),
        Severity::Information => false,
    });
    for finding in &mut findings {
        if is_about_whom(finding) {
            *finding = Finding { kind: FindingKind::PatientUnsure, value: String::new(), ..finding.clone() };
        }
    }
    if let Some(known) = same.filter(|known| same_kinds(&known.findings, &findings)) {
        let outcome = Outcome {
            message_id: known.id,
            answered_at: known.received_at,
            disposition: MessageState::Rejected,
            patient_id: None,
            findings,
        };
        return Decision::unchanged(outcome);
    }
    // Where nobody is kept without consent, nothing of a refused message is kept that could name a person.
    let may_keep = rules.profile.consent.policy != ConsentPolicy::OptIn;
    let kept: Vec<Finding> =
        findings.iter().map(|finding| if may_keep { finding.clone() } else { without_value(finding) }).collect();
    let codes: Vec<&str> = findings.iter().map(|finding| finding.rule().code.as_str()).collect();
    Decision {
        message: Some(logged(submission, MessageState::Rejected, None, &kept, may_keep)),
        audit: Some(audited(submission, AuditAction::SubmissionRefused, None, codes.join(" "))),
        ..Decision::unchanged(outcome(submission, MessageState::Rejected, None, findings))
    }
}

/// Whether a warning says why nothing was done: what was to be deleted is not there, an affirmation of consent was sent and
/// could not be read, or it is not sure whose consent on file counts.
fn says_why(warning: &Finding, is_for_consent: bool) -> bool {
    let of_consent = |at: Location| at.segment.as_str() == "PD1" && matches!(at.field, 0 | 12 | 13);
    let is_of_consent = is_about_whom(warning) || warning.location.is_some_and(of_consent);
    warning.kind == FindingKind::DeleteMatchesNothing || (is_for_consent && is_of_consent)
}

fn is_about_whom(finding: &Finding) -> bool {
    matches!(finding.kind, FindingKind::PatientPending | FindingKind::PatientAmbiguous)
}

/// A finding without the value received, for a log that may keep nothing of a person. How to affirm consent is no such
/// value: it is the profile's.
pub(crate) fn without_value(finding: &Finding) -> Finding {
    let value = match finding.value.as_str() {
        value if tells_how_to_affirm(finding.kind) || value.is_empty() => value,
        _ => "(not kept)",
    };
    Finding { value: value.to_owned(), ..finding.clone() }
}

/// A submission on which the registry itself failed: kept whole, for an operator.
pub(super) fn quarantined(submission: &Submission) -> Decision {
    let finding = Finding::new(FindingKind::MessageQuarantined).naming(submission.receipt.message_id.number());
    let findings = vec![finding];
    Decision {
        message: Some(logged(submission, MessageState::Quarantined, None, &findings, true)),
        audit: Some(audited(submission, AuditAction::SubmissionRefused, None, "quarantined".into())),
        ..Decision::unchanged(outcome(submission, MessageState::Quarantined, None, findings))
    }
}

fn outcome(
    submission: &Submission,
    disposition: MessageState,
    patient_id: Option<PatientId>,
    findings: Vec<Finding>,
) -> Outcome {
    let receipt = &submission.receipt;
    Outcome { message_id: receipt.message_id, answered_at: receipt.received_at, disposition, patient_id, findings }
}

fn logged(
    submission: &Submission,
    state: MessageState,
    patient_id: Option<PatientId>,
    findings: &[Finding],
    keeps_original: bool,
) -> LoggedMessage {
    LoggedMessage {
        id: submission.receipt.message_id,
        received_at: submission.receipt.received_at,
        channel: submission.receipt.channel,
        organization_id: submission.caller.organization_id,
        identity: submission.identity,
        kind: submission.kind.clone(),
        state,
        patient_id,
        findings: findings.to_vec(),
        original: keeps_original.then(|| submission.original.clone()),
        destroyed_at: None,
    }
}

fn audited(submission: &Submission, action: AuditAction, patient_id: Option<PatientId>, detail: String) -> AuditEntry {
    AuditEntry {
        at: submission.receipt.received_at,
        account_id: submission.caller.account_id,
        organization_id: submission.caller.organization_id,
        action,
        patient_id,
        message_id: Some(submission.receipt.message_id),
        detail,
    }
}

fn same_kinds(left: &[Finding], right: &[Finding]) -> bool {
    left.len() == right.len()
        && left.iter().zip(right).all(|(left, right)| left.kind == right.kind && left.location == right.location)
}
