//! People: as reported by each organization, and as the registry shows them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Coded, Consent, Cvx, Demographics, MessageId, OrganizationId, PatientId, PatientReportId, VaccinationReport,
};

/// A person as the registry shows them, consolidated from the reports.
#[derive(Clone, PartialEq, Debug)]
pub struct Patient {
    /// Their id; `PatientId::number` is the number shown and sent (identifier type SR).
    pub id: PatientId,
    /// Grows by one with every change; a writer that expects another version has lost a race.
    pub version: i64,
    /// Whether the record stands on its own.
    pub status: PatientStatus,
    /// Who they are.
    pub demographics: Demographics,
    /// When the record was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Whether a reviewer found them not to be the same as another; whom, the reviews say.
    pub is_told_apart: bool,
}

/// Whether a person's record stands on its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatientStatus {
    /// It does.
    Active,
    /// It may be of the same person as another; a reviewer decides.
    Pending,
    /// It was found to be the same person's as another record, which leads on.
    MergedInto(PatientId),
}

/// What one organization says about one person.
#[derive(Clone, PartialEq, Debug)]
pub struct PatientReport {
    /// Its id.
    pub id: PatientReportId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// Who says it.
    pub organization_id: OrganizationId,
    /// The message that last changed it.
    pub message_id: MessageId,
    /// When that message arrived.
    pub received_at: Timestamp,
    /// What it says of who they are.
    pub demographics: Demographics,
    /// What it says of their health: contraindications, immunity, reactions, indications.
    pub observations: Vec<PatientObservation>,
}

impl PatientReport {
    /// When its organization said what it says of protection.
    pub fn protection_said_at(&self) -> Timestamp {
        self.demographics.protection_said_at.unwrap_or(self.received_at)
    }
}

/// A fact about a person that bears on vaccination and belongs to no single dose (OBX under CVX 998, and others).
///
/// # Source
/// HL7 IG 1.5, NIP003: 30945-0 contraindication, 59784-9 disease with presumed immunity, 75505-8 serologic
/// evidence, 31044-1 reaction, 59785-6 indication; 30946-8 and 30944-3 start and end dates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PatientObservation {
    /// LOINC code of what was observed.
    pub question: String,
    /// What was found.
    pub value: Coded,
    /// The vaccine that it is about ("allergy to this vaccine"), where one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vaccine: Option<Cvx>,
    /// From when: a contraindication holds, a pregnancy began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Date>,
    /// When it was observed (OBX-14), which says nothing of when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_on: Option<Date>,
    /// When its organization first said so, where it says no day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_said_on: Option<Date>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

/// A fact about a person's health that is taken back.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Retraction {
    /// LOINC code of what was observed.
    pub question: String,
    /// The code of what was found.
    pub code: String,
    /// The vaccine that the fact is about; `None` for the fact whatever its vaccine.
    pub vaccine: Option<Cvx>,
}

impl Retraction {
    /// Whether a fact is meant.
    pub fn means(&self, fact: &PatientObservation) -> bool {
        self.question == fact.question
            && self.code == fact.value.code
            && (self.vaccine.is_none() || self.vaccine == fact.vaccine)
    }
}

impl PatientObservation {
    /// The day that its organization says: from when it holds, or else when it was observed.
    pub fn day(&self) -> Option<Date> {
        self.since.or(self.observed_on)
    }

    /// Whether another says the same, perhaps of another time: one vaccine's allergy is not another's.
    pub fn is_same_fact(&self, other: &PatientObservation) -> bool {
        (&self.question, &self.value.code, self.vaccine) == (&other.question, &other.value.code, other.vaccine)
    }

    /// The question of a note for everybody who opens the record: no LOINC code, and never sent in a message.
    pub const NOTE: &str = "NOTE";
    /// LOINC: contraindication or precaution.
    pub const CONTRAINDICATION: &str = "30945-0";
    /// LOINC: disease with presumed immunity.
    pub const IMMUNITY: &str = "59784-9";
    /// LOINC: serologic evidence of immunity.
    pub const SEROLOGY: &str = "75505-8";
    /// LOINC: reaction.
    pub const REACTION: &str = "31044-1";
    /// LOINC: indication, a risk that calls for a vaccine.
    pub const INDICATION: &str = "59785-6";
}

/// All that the registry holds about one person: read as a whole, decided on as a whole.
#[derive(Clone, PartialEq, Debug)]
pub struct PatientRecord {
    /// The consolidated person.
    pub patient: Patient,
    /// Who said what of them.
    pub reports: Vec<PatientReport>,
    /// All reported doses, deleted ones too.
    pub vaccinations: Vec<VaccinationReport>,
    /// All consents, oldest first.
    pub consents: Vec<Consent>,
}
