//! What a batch reads and writes, besides the nouns of the model.

use std::collections::HashSet;

use jiff::Timestamp;
use model::{
    AuditEntry, Channel, Consent, DataFixStep, FileMessage, Finding, LoggedMessage, MessageId, MessageIdentity,
    MessageState, OrganizationId, Patient, PatientId, PatientReport, VaccinationEvent, VaccinationEventId,
    VaccinationReport, VaccinationReportId,
};

/// Everything that one batch changes. Rows are written as they are given: new ones added, known ones replaced by id.
///
/// A row may stand here twice (two messages about one person in one batch): the later one counts. Of a patient, the
/// first change says which version is expected and the last one what is stored.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The message log.
    pub messages: Vec<LoggedMessage>,
    /// What became of messages of files.
    pub file_messages: Vec<FileMessage>,
    /// People as the registry shows them.
    pub patients: Vec<PatientChange>,
    /// What organizations say about people.
    pub patient_reports: Vec<PatientReport>,
    /// Reported doses.
    pub vaccination_reports: Vec<VaccinationReport>,
    /// Vaccinations made of them. A known event whose primary report changes stands here again.
    pub vaccination_events: Vec<VaccinationEvent>,
    /// Those of them that no stored report was of: all their reports stand here, too.
    pub first_reported: HashSet<(PatientId, VaccinationEventId)>,
    /// Vaccinations that no report speaks for any more.
    pub removed_events: Vec<(PatientId, VaccinationEventId)>,
    /// Keys under which people are found. Keys are only ever added.
    pub match_keys: Vec<(i64, PatientId)>,
    /// Consents given or withdrawn.
    pub consents: Vec<Consent>,
    /// Possible matches for a reviewer.
    pub reviews: Vec<ReviewOpened>,
    /// Doses that may be one, for a reviewer. A pair that waits already stays as it is.
    pub dose_reviews: Vec<DoseReviewOpened>,
    /// Pairs of doses that nobody needs to decide any more, the smaller id first.
    pub closed_dose_reviews: Vec<(VaccinationReportId, VaccinationReportId)>,
    /// Steps of data fixes, with what became of them.
    pub data_fix_steps: Vec<DataFixStep>,
    /// What was done, in order.
    pub audit: Vec<AuditEntry>,
}

/// A person to be stored.
#[derive(Clone, PartialEq, Debug)]
pub struct PatientChange {
    /// The person as they will be stored, `version` included.
    pub patient: Patient,
    /// The version that was read and decided on; `None` for a new person. Another version in the database is a
    /// [`StoreError::Conflict`](crate::StoreError::Conflict).
    pub expected_version: Option<i64>,
}

/// Two records that may be of one person, for a reviewer to decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReviewOpened {
    /// The record that gave rise to the question.
    pub patient_id: PatientId,
    /// The record that may be of the same person.
    pub candidate: PatientId,
    /// Since when it waits.
    pub opened_at: Timestamp,
    /// What speaks for it, in a few words without personal data.
    pub reason: String,
}

/// Two reports of doses of one person that may be of one dose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DoseReviewOpened {
    /// The one report, by id the smaller.
    pub one: VaccinationReportId,
    /// The other.
    pub other: VaccinationReportId,
    /// Whose they are.
    pub patient_id: PatientId,
    /// Since when it waits.
    pub opened_at: Timestamp,
    /// The rule that could not decide, with the version of the rules.
    pub rule: String,
}

/// A logged message without its bytes.
#[derive(Clone, PartialEq, Debug)]
pub struct KnownMessage {
    /// Its id, and the receipt that its sender got.
    pub id: MessageId,
    /// When it arrived.
    pub received_at: Timestamp,
    /// Through which door.
    pub channel: Channel,
    /// For which organization.
    pub organization_id: OrganizationId,
    /// What tells it from others.
    pub identity: MessageIdentity,
    /// `VXU`, `QBP`, or what MSH-9 said.
    pub kind: String,
    /// What became of it.
    pub state: MessageState,
    /// The person it was about, once known.
    pub patient_id: Option<PatientId>,
    /// What was found in it.
    pub findings: Vec<Finding>,
    /// When its content was destroyed with the person whom it named.
    pub destroyed_at: Option<Timestamp>,
}
