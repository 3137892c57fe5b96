//! `bluebonnet query`: one person's history.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use model::{
    Demographics, Identifier, MessageId, MessageIdentity, PersonName, QueryKind, QueryOutcome, QueryStatus, Sex,
    Telecom,
};
use registry::{Admission, MessageAnswer, Registry};
use serde_json::json;

use crate::ending::{Ending, Failure};
use crate::histories::{History, Person};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};
use crate::world;
use model::counted_people;

/// Asks for one person's history, as an organization would, and prints it
///
/// The question goes the way of the web service: who may not be shown is not found, and every question is written to
/// the audit trail. The exit code is 0 when the person was found, and 1 for nobody, or for people who may be meant.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet query --family Garza --given Elena --birth-date 2019-03-04 --organization LCPG3000\n  bluebonnet query --identifier MR:12345:LCPG3000 --family Garza --birth-date 2019-03-04 --organization LCPG3000 --json\n  bluebonnet query qbp.hl7 --organization LCPG3000"
)]
pub(crate) struct Query {
    /// A QBP message instead of the options below; its answer is printed as it is; - is standard input
    #[arg(conflicts_with_all = ["family", "given", "birth_date", "identifier"])]
    file: Option<PathBuf>,
    /// Family name
    #[arg(long, value_name = "NAME")]
    family: Option<String>,
    /// First name
    #[arg(long, value_name = "NAME")]
    given: Option<String>,
    /// Middle name or initial
    #[arg(long, value_name = "NAME")]
    middle: Option<String>,
    /// Birth date, YYYY-MM-DD
    #[arg(long, value_name = "DATE")]
    birth_date: Option<Date>,
    /// F, M, X or U
    #[arg(long, value_parser = parse_sex)]
    sex: Option<Sex>,
    /// The mother's maiden name
    #[arg(long, value_name = "NAME")]
    mother_maiden: Option<String>,
    /// Phone number
    #[arg(long)]
    phone: Option<String>,
    /// An identifier with its type and authority, MR:12345:LCPG3000; may be given several times. The registry's own
    /// number is SR:NUMBER
    #[arg(long, value_name = "TYPE:VALUE:AUTHORITY", value_parser = parse_identifier)]
    identifier: Vec<Identifier>,
    /// The code of the organization in whose name the question is asked
    #[arg(long, value_name = "CODE")]
    organization: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_sex(letter: &str) -> Result<Sex, String> {
    Sex::parse(&letter.to_ascii_uppercase()).ok_or_else(|| "write F, M, X or U".to_owned())
}

fn parse_identifier(text: &str) -> Result<Identifier, String> {
    let mut parts = text.splitn(3, ':').map(str::trim);
    let (kind, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if kind.is_empty() || value.is_empty() {
        return Err("write TYPE:VALUE:AUTHORITY, for example MR:12345:LCPG3000".to_owned());
    }
    Ok(Identifier {
        kind: kind.to_owned(),
        value: value.to_owned(),
        authority: parts.next().unwrap_or_default().to_owned(),
    })
}

impl Query {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        match &self.file {
            Some(file) => self.send_message(&registry, &admission, place::read_bytes(file)?),
            None => self.ask(&registry, &admission),
        }
    }

    fn send_message(&self, registry: &Registry, admission: &Admission, bytes: Vec<u8>) -> Result<Ending, Failure> {
        let caller = registry.operator(admission, &self.organization)?;
        let (id, now) = world::stamp();
        let receipt = registry.receipt(admission, id, now);
        let answering = registry.receive_message(admission, &caller, receipt, bytes);
        let answer = match super::runtime()?.block_on(answering)? {
            MessageAnswer::Hl7(answer) => answer,
            MessageAnswer::NotHl7 => return Err(Failure::Refused("the file holds no HL7 message".to_owned())),
            MessageAnswer::SeveralMessages => {
                return Err(Failure::Refused("the file holds several messages; `submit` takes them".to_owned()));
            }
            MessageAnswer::TooLarge => return Err(Failure::Refused("the message is too long".to_owned())),
        };
        if self.json {
            print_json(&json!({ "message": answer }))?;
        } else {
            print_line(answer.replace('\r', "\n").trim_end())?;
        }
        Ok(Ending::well_if(answer.split('\r').any(|line| line.starts_with("QAK|") && line.contains("|OK|"))))
    }

    fn ask(&self, registry: &Registry, admission: &Admission) -> Result<Ending, Failure> {
        let caller = registry.operator(admission, &self.organization)?;
        let (id, now) = world::stamp();
        let receipt = registry.receipt(admission, id, now);
        let question =
            model::Query { kind: QueryKind::History, tag: id.number(), person: self.person(registry)?, limit: None };
        let answering = registry.answer_query(admission, &caller, receipt, own_identity(id), question, Vec::new());
        let outcome = super::runtime()?.block_on(answering)?;
        let is_found = outcome.status == QueryStatus::Found;
        if self.json {
            self.print_as_json(registry, admission, &outcome)?;
            return Ok(Ending::well_if(is_found));
        }
        for finding in &outcome.findings {
            print_line(&finding.sentence())?;
        }
        match outcome.status {
            QueryStatus::Found => {
                histories(registry, admission, &outcome).iter().try_for_each(History::print)?;
            }
            QueryStatus::Candidates => {
                let people = counted_people(outcome.people.len() as u64);
                print_line(&format!("{people} may be meant; ask again with more:"))?;
                outcome.people.iter().map(Person::of).try_for_each(|person| person.print())?;
            }
            QueryStatus::NotFound => print_line("Nobody was found.")?,
            QueryStatus::TooMany => print_line("Too many people may be meant; ask again with more.")?,
            QueryStatus::Error => {}
        }
        Ok(Ending::well_if(is_found))
    }

    fn print_as_json(&self, registry: &Registry, admission: &Admission, outcome: &QueryOutcome) -> Result<(), Failure> {
        let people = match outcome.status {
            QueryStatus::Found => json!(histories(registry, admission, outcome)),
            _ => json!(outcome.people.iter().map(Person::of).collect::<Vec<_>>()),
        };
        let findings: Vec<String> = outcome.findings.iter().map(|finding| finding.sentence()).collect();
        print_json(&json!({ "status": word(outcome.status), "people": people, "findings": findings }))?;
        Ok(())
    }

    fn person(&self, registry: &Registry) -> Result<Demographics, Failure> {
        if self.family.is_none() && self.identifier.is_empty() {
            let hint = "give --family, --given and --birth-date, or --identifier, or a file with a QBP message";
            return Err(Failure::Usage(hint.to_owned()));
        }
        let name = PersonName {
            family: self.family.clone().unwrap_or_default(),
            given: self.given.clone().unwrap_or_default(),
            middle: self.middle.clone().unwrap_or_default(),
            ..PersonName::default()
        };
        let mut identifiers = self.identifier.clone();
        for own_number in identifiers.iter_mut().filter(|known| known.kind == "SR" && known.authority.is_empty()) {
            own_number.authority = registry.profile().registry.facility.clone();
        }
        Ok(Demographics {
            identifiers,
            names: if self.family.is_some() { vec![name] } else { Vec::new() },
            mother_maiden_name: self.mother_maiden.clone().map(|family| PersonName { family, ..PersonName::default() }),
            birth_date: self.birth_date,
            sex: self.sex,
            telecoms: self.phone.iter().map(|phone| telecom(phone)).collect(),
            ..Demographics::default()
        })
    }
}

fn histories(registry: &Registry, admission: &Admission, outcome: &QueryOutcome) -> Vec<History> {
    let organizations = registry.organizations(admission);
    outcome.people.iter().map(|record| History::of(record, registry.codes(), &organizations)).collect()
}

fn telecom(phone: &str) -> Telecom {
    let value = phone.chars().filter(char::is_ascii_digit).collect();
    Telecom { value, usage: "PRN".to_owned(), equipment: "PH".to_owned() }
}

/// A question typed here has no message; it is told from all others by its receipt.
fn own_identity(id: MessageId) -> MessageIdentity {
    let bytes = id.0.into_bytes();
    let mut first = [0; 8];
    first.copy_from_slice(&bytes[8..]);
    let mut content_hash = [0; 32];
    content_hash[..16].copy_from_slice(&bytes);
    MessageIdentity { control_hash: i64::from_be_bytes(first), content_hash }
}

fn word(status: QueryStatus) -> &'static str {
    match status {
        QueryStatus::Found => "found",
        QueryStatus::Candidates => "candidates",
        QueryStatus::NotFound => "not_found",
        QueryStatus::TooMany => "too_many",
        QueryStatus::Error => "error",
    }
}
