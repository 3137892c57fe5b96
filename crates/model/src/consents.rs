//! Consent: what was said about keeping and sharing a person's record, by whom and when.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{ConsentId, MessageId, OrganizationId, PatientId};

/// Given or taken back.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// Given.
    Granted,
    /// Taken back, or refused.
    Withdrawn,
}

/// What a submission says about consent, after the profile's carriers were read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ConsentStatement {
    /// The kind, named by the profile (`adult`, `minor`, `disaster`, `first_responder_family` ...).
    pub kind: String,
    /// Given or taken back.
    pub status: ConsentStatus,
    /// The day on which it was given or changed, where the sender said so.
    pub effective_on: Option<Date>,
}

/// A consent as stored. The newest of a kind holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// Kind, status and day.
    pub statement: ConsentStatement,
    /// Who affirmed it.
    pub organization_id: OrganizationId,
    /// The message that brought it.
    pub message_id: MessageId,
    /// When that message arrived.
    pub recorded_at: Timestamp,
}
