//! Who did what to whose record, and why.

use jiff::Timestamp;

use crate::{AccountId, MessageId, OrganizationId, PatientId};

/// One line of the audit trail. The store adds its place in the hash chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who; `None` for the operator and for the registry's own work.
    pub account_id: Option<AccountId>,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// What.
    pub action: AuditAction,
    /// To whose record; `None` when no person was found or concerned.
    pub patient_id: Option<PatientId>,
    /// By which message.
    pub message_id: Option<MessageId>,
    /// Why, or with what result, in a few words without personal data.
    pub detail: String,
}

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum AuditAction {
    /// A person was added.
    PatientAdded,
    /// A person's record was changed by a submission.
    PatientChanged,
    /// Two records were merged: the line stands for each of them.
    PatientMerged,
    /// A merge was undone.
    PatientUnmerged,
    /// A reviewer decided about a possible match.
    MatchReviewed,
    /// All of a person that may no longer be kept was destroyed: the number that the line names means nobody any more.
    PatientDestroyed,
    /// Doses of a person that may no longer be kept were destroyed.
    DosesDestroyed,
    /// A submission about a person changed nothing.
    PatientConfirmed,
    /// A submission was refused and nothing of it kept.
    SubmissionRefused,
    /// A person's record was given out.
    RecordDisclosed,
    /// A record that may not be given out was opened by the registry's office, with a reason.
    WithheldOpened,
    /// A search named candidates.
    CandidatesDisclosed,
    /// A search found nobody who may be shown.
    SearchWithoutResult,
    /// An operator changed settings, organizations or accounts.
    Administered,
    /// Somebody signed in, or went over to another organization.
    SignedIn,
    /// A sign-in was refused.
    SignInRefused,
    /// Somebody signed out, or ended other sessions.
    SignedOut,
    /// Somebody changed their own password or second factors.
    AccountChanged,
}

impl AuditAction {
    /// All of them.
    pub const ALL: [AuditAction; 18] = [
        AuditAction::PatientDestroyed,
        AuditAction::DosesDestroyed,
        AuditAction::WithheldOpened,
        AuditAction::PatientMerged,
        AuditAction::PatientUnmerged,
        AuditAction::MatchReviewed,
        AuditAction::PatientAdded,
        AuditAction::PatientChanged,
        AuditAction::PatientConfirmed,
        AuditAction::SubmissionRefused,
        AuditAction::RecordDisclosed,
        AuditAction::CandidatesDisclosed,
        AuditAction::SearchWithoutResult,
        AuditAction::Administered,
        AuditAction::SignedIn,
        AuditAction::SignInRefused,
        AuditAction::SignedOut,
        AuditAction::AccountChanged,
    ];

    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            AuditAction::PatientAdded => "patient_added",
            AuditAction::PatientChanged => "patient_changed",
            AuditAction::PatientMerged => "patient_merged",
            AuditAction::PatientUnmerged => "patient_unmerged",
            AuditAction::MatchReviewed => "match_reviewed",
            AuditAction::PatientDestroyed => "patient_destroyed",
            AuditAction::DosesDestroyed => "doses_destroyed",
            AuditAction::PatientConfirmed => "patient_confirmed",
            AuditAction::SubmissionRefused => "submission_refused",
            AuditAction::RecordDisclosed => "record_disclosed",
            AuditAction::WithheldOpened => "withheld_opened",
            AuditAction::CandidatesDisclosed => "candidates_disclosed",
            AuditAction::SearchWithoutResult => "search_without_result",
            AuditAction::Administered => "administered",
            AuditAction::SignedIn => "signed_in",
            AuditAction::SignInRefused => "sign_in_refused",
            AuditAction::SignedOut => "signed_out",
            AuditAction::AccountChanged => "account_changed",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<AuditAction> {
        AuditAction::ALL.into_iter().find(|action| action.word() == word)
    }
}
