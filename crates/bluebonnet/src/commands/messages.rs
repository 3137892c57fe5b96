//! `bluebonnet messages`: the message log.

use clap::{Args, Subcommand};
use model::{LoggedMessage, MessageId, MessageState, PatientId};
use registry::Registry;
use registry::setup::{KnownMessage, MessageFilter};
use serde_json::{Value, json};

use crate::ending::{Ending, Failure};
use crate::limits;
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::times::moment;

/// Lists the message log, newest first; `messages show RECEIPT` shows one message
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet messages --state rejected --limit 20\n  bluebonnet messages --organization LCPG3000 --json\n  bluebonnet messages show 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b --original",
    args_conflicts_with_subcommands = true
)]
pub(crate) struct Messages {
    #[command(subcommand)]
    show: Option<OneMessage>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum OneMessage {
    Show(Show),
}

#[derive(Debug, Args)]
struct List {
    /// Only in this state: accepted, accepted_with_findings, pending, rejected, answered or quarantined
    #[arg(long, value_parser = parse_state)]
    state: Option<MessageState>,
    /// Only of this organization
    #[arg(long, value_name = "CODE")]
    organization: Option<String>,
    /// Only about this person: registry number or id
    #[arg(long, value_name = "NUMBER")]
    patient: Option<String>,
    /// Only of this kind, such as VXU or QBP
    #[arg(long)]
    kind: Option<String>,
    /// Only older than this receipt: the last of the page before
    #[arg(long, value_name = "RECEIPT")]
    before: Option<MessageId>,
    /// Lines at most
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=limits::LIST_MAXIMUM as i64))]
    limit: u32,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Shows one message of the log with its findings
///
/// That the original was shown is written to the audit trail: it names a person.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet messages show 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b\n  \
                  bluebonnet messages show 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b --original")]
struct Show {
    /// The receipt, as the answer's MSH-10 gave it to the sender
    receipt: MessageId,
    /// Prints the message as it was received, too
    #[arg(long)]
    original: bool,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_state(word: &str) -> Result<MessageState, String> {
    MessageState::parse(&word.replace('-', "_")).ok_or_else(|| {
        "the states are accepted, accepted_with_findings, pending, rejected, answered and quarantined".to_owned()
    })
}

impl Messages {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self.show {
            Some(OneMessage::Show(show)) => show.run(),
            None => self.list.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let organizations = registry.organizations(&admission);
        let code_of = |id| organizations.iter().find(|known| known.id == id).map_or("", |known| known.code.as_str());
        let organization_id = match &self.organization {
            None => None,
            Some(code) => Some(registry.known_organization(&admission, code)?.id),
        };
        let patient_id = match &self.patient {
            None => None,
            Some(number) => Some(require_patient(&registry, number)?),
        };
        let filter =
            MessageFilter { state: self.state, organization_id, patient_id, kind: self.kind, before: self.before };
        let messages = registry.messages(&admission, &filter, self.limit)?;
        if self.json {
            let list: Vec<Value> =
                messages.iter().map(|message| line_json(message, code_of(message.organization_id))).collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["RECEIVED", "RECEIPT", "ORGANIZATION", "KIND", "STATE", "PERSON", "FINDINGS"]);
        for message in &messages {
            let codes: Vec<&str> = message.findings.iter().map(|finding| finding.rule().code.as_str()).collect();
            table.row([
                moment(&registry, message.received_at),
                message.id.to_string(),
                code_of(message.organization_id).to_owned(),
                message.kind.clone(),
                message.state.word().to_owned(),
                message.patient_id.map(PatientId::number).unwrap_or_default(),
                codes.join(" "),
            ]);
        }
        table.print_or("no message like that")?;
        Ok(Ending::Well)
    }
}

/// The person with this number or id.
pub(super) fn require_patient(registry: &Registry, number: &str) -> Result<PatientId, Failure> {
    if let Ok(id) = number.parse() {
        return Ok(id);
    }
    let found = registry.find_patient_number(&place::admit(registry)?, number)?;
    found.ok_or_else(|| Failure::Refused(format!("nobody in the registry has the number {number}")))
}

fn line_json(message: &KnownMessage, organization: &str) -> Value {
    json!({
        "receipt": message.id.to_string(),
        "received_at": message.received_at.to_string(),
        "channel": message.channel,
        "organization": organization,
        "kind": message.kind,
        "state": message.state.word(),
        "patient": message.patient_id.map(PatientId::number),
        "findings": message.findings.iter().map(|finding| finding.rule().code.as_str()).collect::<Vec<_>>(),
    })
}

impl Show {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let found = registry.find_message(&admission, self.receipt)?;
        let Some(message) = found else {
            return Err(Failure::Refused(format!("there is no message with the receipt {}", self.receipt)));
        };
        let organizations = registry.organizations(&admission);
        let code = organizations.iter().find(|known| known.id == message.organization_id);
        let code = code.map_or("", |known| known.code.as_str());
        if self.original {
            let what = format!("showed the original of message {}", message.id);
            super::record(&registry, &admission, message.organization_id, code, what)?;
        }
        if self.json {
            self.print_json(&message, code)?;
        } else {
            self.print(&registry, &message, code)?;
        }
        Ok(Ending::Well)
    }

    /// The message as received. `None`: it was not asked for, or not kept.
    fn original(&self, message: &LoggedMessage) -> Option<String> {
        let bytes = message.original.as_deref().filter(|_| self.original)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn print_json(&self, message: &LoggedMessage, organization: &str) -> Result<(), Failure> {
        let findings: Vec<Value> = message
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "code": finding.rule().code,
                    "severity": finding.severity(),
                    "location": finding.location,
                    "sentence": finding.sentence(),
                })
            })
            .collect();
        print_json(&json!({
            "receipt": message.id.to_string(),
            "received_at": message.received_at.to_string(),
            "channel": message.channel,
            "organization": organization,
            "kind": message.kind,
            "state": message.state.word(),
            "patient": message.patient_id.map(PatientId::number),
            "findings": findings,
            "original": self.original(message),
            "destroyed_at": message.destroyed_at.map(|at| at.to_string()),
        }))?;
        Ok(())
    }

    fn print(&self, registry: &Registry, message: &LoggedMessage, organization: &str) -> Result<(), Failure> {
        let person = message.patient_id.map_or_else(|| "none".to_owned(), PatientId::number);
        print_line(&format!("receipt       {}", message.id))?;
        let received_at = moment(registry, message.received_at);
        print_line(&format!("received      {received_at} by {}", message.channel.word()))?;
        print_line(&format!("organization  {organization}"))?;
        print_line(&format!("kind          {}", message.kind))?;
        print_line(&format!("state         {}", message.state.word()))?;
        print_line(&format!("person        {person}"))?;
        if let Some(at) = message.destroyed_at {
            print_line(&format!("destroyed     {}", moment(registry, at)))?;
        }
        for finding in &message.findings {
            let at = finding.location.map(|location| format!(" at {location}")).unwrap_or_default();
            print_line(&format!("{} {}{at}: {}", finding.severity().code(), finding.rule().code, finding.sentence()))?;
        }
        match self.original(message) {
            Some(original) => print_line(original.replace("\r\n", "\n").replace('\r', "\n").trim_end())?,
            None if self.original && message.destroyed_at.is_some() => {
                print_line("The original was destroyed with the person whom it named, who may be kept no longer.")?;
            }
            None if self.original => print_line("The original was not kept: there was no consent to keep it.")?,
            None => {}
        }
        Ok(())
    }
}
