//! Doses: as reported, and the vaccinations that the registry makes of them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Coded, Cvx, MessageId, OrganizationId, PatientId, VaccinationEventId, VaccinationReportId};

/// Everything one report says of one dose (ORC, RXA, RXR and its OBX).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dose {
    /// The sender's own id of this dose (ORC-3); `None` when it sent `9999` or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<EntityId>,
    /// The id of the order (ORC-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placer_order_id: Option<EntityId>,
    /// Day of administration, or of the refusal or other event (RXA-3).
    pub administered_on: Date,
    /// Vaccine (RXA-5, from CVX or through NDC).
    pub cvx: Cvx,
    /// NDC as sent (RXA-5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ndc: Option<String>,
    /// Trade name, as it was chosen on a page. A message says it by its NDC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trade_name: Option<String>,
    /// Manufacturer, MVX (RXA-17).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mvx: Option<String>,
    /// Lot number (RXA-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_number: Option<String>,
    /// Expiration date of the lot (RXA-16).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lot_expires_on: Option<Date>,
    /// Amount given, as sent (RXA-6); `None` for 999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// Unit of the amount, UCUM (RXA-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_unit: Option<String>,
    /// Who knows of it, and from where (RXA-9).
    pub source: InformationSource,
    /// What happened (RXA-20).
    pub completion: Completion,
    /// Why it was refused (RXA-18, NIP002).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal_reason: Option<Coded>,
    /// Route (RXR-1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// Body site (RXR-2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_site: Option<String>,
    /// Who gave it (RXA-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administered_by: Option<Provider>,
    /// Who ordered it (ORC-12).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_by: Option<Provider>,
    /// Who entered it (ORC-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entered_by: Option<Provider>,
    /// Where it was given (RXA-11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub administered_at: Option<Facility>,
    /// Eligibility for publicly funded vaccine, HL70064 (OBX 64994-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eligibility: Option<String>,
    /// Who paid for the vaccine (OBX 30963-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub funding_source: Option<String>,
    /// Vaccine information statements given (OBX 69764-9, 30956-7, 29768-9, 29769-7).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vis: Vec<Vis>,
    /// Reactions to this dose (OBX 31044-1).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Coded>,
    /// Other observations about this dose, kept as sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<Observation>,
}

impl Dose {
    /// Whether vaccine went into the person: complete or partial, not refused, not withheld, not CVX 998.
    pub fn is_given(&self) -> bool {
        matches!(self.completion, Completion::Complete | Completion::Partial) && self.cvx != Cvx::NO_VACCINE
    }
}

/// HL7 EI: an id and who gave it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct EntityId {
    /// The id.
    pub id: String,
    /// The namespace, or the universal id when there is no namespace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authority: String,
}

/// HL7 XCN, reduced: a clinician.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provider {
    /// NPI, license or local id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// Family name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub family: String,
    /// Given name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub given: String,
    /// Who gave the id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authority: String,
}

/// HL7 LA2/HD, reduced: where a dose was given.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facility {
    /// Facility code (RXA-11.4.1).
    pub code: String,
    /// Universal id (RXA-11.4.2).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub universal_id: String,
}

/// A vaccine information statement given to the person.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Vis {
    /// Bar code (GDTI) of the statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Vaccine that the statement is about, when no bar code was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cvx: Option<Cvx>,
    /// Edition date of the statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edition_on: Option<Date>,
    /// Day on which it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presented_on: Option<Date>,
}

/// One OBX: a question (LOINC), an answer, and the group that ties it to its neighbors.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// What was observed (OBX-3, LOINC).
    pub question: Coded,
    /// What was found (OBX-5).
    pub value: ObservationValue,
    /// Observations of one thing share this (OBX-4); 0 when not sent.
    pub group: u16,
    /// Day of the observation (OBX-14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_on: Option<Date>,
}

/// OBX-5, by OBX-2.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservationValue {
    /// CE, CWE.
    Code(Coded),
    /// DT, TS.
    Date(Date),
    /// NM, as sent.
    Number(String),
    /// ST, ID, TX and whatever else.
    Text(String),
}

/// NIP001: where the knowledge of a dose comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum InformationSource {
    /// `00`: the sender gave it.
    Administered,
    /// `01` to `08`: the sender was told of it; the number is kept.
    Historical(u8),
}

impl InformationSource {
    /// The NIP001 code.
    pub fn code(self) -> String {
        match self {
            InformationSource::Administered => "00".to_owned(),
            InformationSource::Historical(number) => format!("{number:02}"),
        }
    }

    /// Reads a NIP001 code.
    pub fn parse(code: &str) -> Option<InformationSource> {
        match code {
            "00" => Some(InformationSource::Administered),
            "01" | "02" | "03" | "04" | "05" | "06" | "07" | "08" => {
                code.parse().ok().map(InformationSource::Historical)
            }
            _ => None,
        }
    }
}

/// HL70322: what became of the dose.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Completion {
    /// `CP`, or nothing sent.
    Complete,
    /// `PA`: given in part; kept for recall, does not count.
    Partial,
    /// `RE`: refused.
    Refused,
    /// `NA`: not administered.
    NotAdministered,
}

impl Completion {
    /// The HL70322 code.
    pub fn code(self) -> &'static str {
        match self {
            Completion::Complete => "CP",
            Completion::Partial => "PA",
            Completion::Refused => "RE",
            Completion::NotAdministered => "NA",
        }
    }

    /// Reads an HL70322 code.
    pub fn parse(code: &str) -> Option<Completion> {
        [Completion::Complete, Completion::Partial, Completion::Refused, Completion::NotAdministered]
            .into_iter()
            .find(|completion| completion.code() == code)
    }
}

/// HL70323: what the sender wants done with its dose. Nothing sent means `Add`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Action {
    /// `A`: a dose, new or known; a known one is updated.
    Add,
    /// `U`: a correction of a known dose.
    Update,
    /// `D`: the dose should never have been entered.
    Delete,
}

/// One reported dose as stored.
#[derive(Clone, PartialEq, Debug)]
pub struct VaccinationReport {
    /// Its id.
    pub id: VaccinationReportId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The vaccination that it is a report of.
    pub event_id: VaccinationEventId,
    /// Who reported it, and so owns it.
    pub organization_id: OrganizationId,
    /// The message that last changed it.
    pub message_id: MessageId,
    /// When that message arrived.
    pub received_at: Timestamp,
    /// Its owner has deleted it; kept so that it can be explained and undone.
    pub is_deleted: bool,
    /// What it says.
    pub dose: Dose,
    /// What reviewers decided about it and other reports of the person.
    pub verdicts: Vec<ReportVerdict>,
}

/// What a reviewer decided about a report and another; it stands with both of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ReportVerdict {
    /// The other report.
    pub other: VaccinationReportId,
    /// Of one dose, or of two for ever.
    pub is_same: bool,
    /// The day that this report said then: that two are the same was decided about what they said.
    pub administered_on: Date,
    /// The vaccine that it said then.
    pub cvx: Cvx,
}

/// One vaccination: what the registry shows, by way of its primary report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VaccinationEvent {
    /// Its id.
    pub id: VaccinationEventId,
    /// Whose it is.
    pub patient_id: PatientId,
    /// The report whose facts are shown.
    pub primary_report_id: VaccinationReportId,
}
