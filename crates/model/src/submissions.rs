//! Submissions: what came in, whatever the door; and what became of it.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Action, Caller, ClearedFact, ConsentStatement, Demographics, Dose, FilePosition, Finding, MessageId,
    MessageIdentity, MessageState, Observation, PatientId, PatientObservation, Retraction, VaccinationReportId,
};

/// A door.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// The web application.
    Web,
    /// The CDC SOAP web service.
    WebService,
    /// FHIR.
    Fhir,
    /// Files.
    File,
    /// The registry's own work in the background.
    Jobs,
    /// The command line.
    CommandLine,
}

impl Channel {
    /// The word stored.
    pub fn word(self) -> &'static str {
        match self {
            Channel::Web => "web",
            Channel::WebService => "web_service",
            Channel::Fhir => "fhir",
            Channel::File => "file",
            Channel::Jobs => "jobs",
            Channel::CommandLine => "command_line",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Channel> {
        Channel::DOORS.into_iter().chain([Channel::CommandLine]).find(|channel| channel.word() == word)
    }
}

/// When and how something arrived: the clock and the ids that nothing below the doors makes by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The receipt id, made at the door; ids of what is stored are derived from it.
    pub message_id: MessageId,
    /// The instant of arrival.
    pub received_at: Timestamp,
    /// The registry's calendar day at that instant.
    pub today: Date,
    /// The door.
    pub channel: Channel,
    /// Where it stood, when it came in a file.
    pub file: Option<FilePosition>,
    /// How often it is taken up: 1 when it arrives, more when an operator has it processed again.
    pub run: u32,
}

/// One person's news from one organization: the one shape that pages, messages, bundles and file lines become.
#[derive(Clone, Debug)]
pub struct Submission {
    /// When and how it arrived.
    pub receipt: Receipt,
    /// Who sent it, for which organization.
    pub caller: Caller,
    /// What tells it from others.
    pub identity: MessageIdentity,
    /// What it means when it comes again.
    pub recurrence: Recurrence,
    /// What becomes of the rest when a part of it cannot be kept.
    pub rest: Rest,
    /// What kind of message carried it (`VXU`).
    pub kind: String,
    /// The bytes as received.
    pub original: Vec<u8>,
    /// Whom it is about. `None` when the message could not be read as one about a person.
    pub patient: Option<PatientStatement>,
    /// What happened to them.
    pub vaccinations: Vec<VaccinationStatement>,
    /// What was found wrong while reading it.
    pub findings: Vec<Finding>,
}

/// What it means when the same content comes again under the same control id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recurrence {
    /// A message: it was sent again, and is answered as it was.
    Resend,
    /// A row, which says how things are: it is no news where nothing else was said of them since, and otherwise says that
    /// they are again as they were.
    Statement,
}

/// What becomes of the rest of a submission when a part of it cannot be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// It is kept, and the sender is told of the part: of a message.
    Kept,
    /// Nothing is kept until the part is mended: of what somebody enters and has before them.
    Refused,
}

/// What a submission says about the person.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PatientStatement {
    /// Who they are.
    pub demographics: Demographics,
    /// What the sender asks to delete.
    pub cleared: Vec<ClearedFact>,
    /// PD1-12 exactly as sent, for profiles that carry consent in it.
    pub protection_code: String,
    /// PD1-13: the day from which that code holds.
    pub protection_since: Option<Date>,
    /// Contraindications, immunity, reactions, indications.
    pub observations: Vec<PatientObservation>,
    /// Other observations that belong to no dose (consent among them, where the profile says so).
    pub other_observations: Vec<Observation>,
    /// The record that the sender has in front of it. Pages name it; messages find the person by what they say.
    pub record: Option<PatientId>,
    /// Consent given or taken back in so many words, without a carrier of the profile's: on a page.
    pub consents: Vec<ConsentStatement>,
    /// Observations that the sender takes back.
    pub retracted: Vec<Retraction>,
    /// Order groups without a vaccine (CVX 998): which order group of the message, and its day.
    pub days_without_vaccine: Vec<(u16, Date)>,
    /// Where the parts of the statement stood in its message.
    pub places: Places,
}

/// Where the parts of a statement stood in the message that it came in: which repetition of their field, or which segment
/// of its kind, from 1. What could not be used was left out, so that the order of the parts alone does not tell.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places {
    /// Repetitions of PID-3.
    pub identifiers: Vec<u16>,
    /// Repetitions of PID-13.
    pub telecoms: Vec<u16>,
    /// NK1.
    pub next_of_kin: Vec<u16>,
    /// OBX of the other observations.
    pub other_observations: Vec<u16>,
}

impl Places {
    /// Where the part of an index stood; in its order, where the statement came in no message.
    pub fn of(places: &[u16], index: usize) -> u16 {
        let in_order = || u16::try_from(index + 1).unwrap_or(u16::MAX);
        places.get(index).copied().unwrap_or_else(in_order)
    }
}

/// What a submission says about one dose.
#[derive(Clone, PartialEq, Debug)]
pub struct VaccinationStatement {
    /// Which order group of the message, from 1: the sequence number of its ORC and RXA in findings.
    pub order: u16,
    /// Which RXR of the message tells of its route, from 1; `None` when none does.
    pub rxr: Option<u16>,
    /// What the sender wants done.
    pub action: Action,
    /// The dose.
    pub dose: Dose,
    /// Whether the sender said how it came to know of the dose (RXA-9); else the dose says what is taken for a new one.
    pub is_source_stated: bool,
    /// Whether the sender said what became of the dose (RXA-20); else the dose says what is taken for a new one.
    pub is_completion_stated: bool,
    /// The report that is meant by an update or a deletion. Pages name it, and then the dose says all of it anew.
    pub report: Option<VaccinationReportId>,
    /// LOINC codes of observations of this dose that were sent but could not be used: they are not missing, and the
    /// reader's findings say what was wrong with them.
    pub unusable: Vec<String>,
}

/// What became of a submission.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// The receipt under which it is logged: an earlier one's for a resent message.
    pub message_id: MessageId,
    /// When that receipt was given; answers carry this time.
    pub answered_at: Timestamp,
    /// What became of it.
    pub disposition: Disposition,
    /// The person, when one is known.
    pub patient_id: Option<PatientId>,
    /// All findings, the reader's and the registry's.
    pub findings: Vec<Finding>,
}

/// What became of a submission, in one word.
pub type Disposition = MessageState;
