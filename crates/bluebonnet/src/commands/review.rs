//! `bluebonnet review`: possible matches, side by side, decided, merged and unmerged.

mod doses;

use clap::{Args, Subcommand};
use model::{Caller, Channel, MergeId, OrganizationId, PatientRecord, PatientStatus, Receipt, Standing};
use registry::setup::{Merge, ReviewDecision};
use registry::{DecidedMatch, Registry};
use serde_json::{Value, json};
use uuid::Uuid;

use super::matching::{explanation_json, print_explanation};
use super::messages::require_patient;
use crate::ending::{Ending, Failure};
use crate::limits;
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::times::moment;
use crate::world;

/// Decides possible matches; merges records of one person and undoes it
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  bluebonnet review list\n  bluebonnet review show 3V8K2M0Q7RTA 7QF0W2M9K1XB\n  bluebonnet review decide 3V8K2M0Q7RTA 7QF0W2M9K1XB same\n  bluebonnet review merge 3V8K2M0Q7RTA --into 7QF0W2M9K1XB\n  bluebonnet review unmerge 3V8K2M0Q7RTA\n  bluebonnet review doses list"
)]
pub(crate) enum Review {
    List(List),
    Show(Show),
    Decide(Decide),
    Merge(MergePeople),
    Unmerge(UnmergePeople),
    #[command(subcommand)]
    Doses(doses::Doses),
}

impl Review {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Review::List(command) => command.run(),
            Review::Show(command) => command.run(),
            Review::Decide(command) => command.run(),
            Review::Merge(command) => command.run(),
            Review::Unmerge(command) => command.run(),
            Review::Doses(command) => command.run(),
        }
    }
}

/// Lists possible matches that wait, the oldest first; or those that were decided
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet review list\n  \
                  bluebonnet review list --decided --limit 20")]
pub(crate) struct List {
    /// Lists what was decided, the newest first
    #[arg(long)]
    decided: bool,
    /// Lines at most
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=limits::LIST_MAXIMUM as i64))]
    limit: u32,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        if self.decided {
            let decided = registry.decided_reviews(&admission, &operator(), world::now(), self.limit)?;
            return self.show_decided(&registry, &decided);
        }
        let open = registry.open_reviews(&admission, &operator(), world::now(), self.limit)?;
        if self.json {
            let list: Vec<Value> = open
                .iter()
                .map(|review| {
                    json!({
                        "patient": review.patient_id.number(),
                        "candidate": review.candidate.number(),
                        "since": review.opened_at.to_string(),
                        "because": review.reason,
                    })
                })
                .collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["PATIENT", "CANDIDATE", "SINCE", "BECAUSE"]);
        for review in &open {
            table.row([
                review.patient_id.number(),
                review.candidate.number(),
                moment(&registry, review.opened_at),
                review.reason.clone(),
            ]);
        }
        table.print_or("no possible match waits for a decision")?;
        Ok(Ending::Well)
    }

    fn show_decided(&self, registry: &Registry, found: &[DecidedMatch]) -> Result<Ending, Failure> {
        if self.json {
            let list: Vec<Value> = found
                .iter()
                .map(|DecidedMatch { decided, merged_into }| {
                    json!({
                        "patient": decided.patient_id.number(),
                        "candidate": decided.candidate.number(),
                        "decided_at": decided.decided_at.to_string(),
                        "decision": decided.decision.word(),
                        "reason": decided.reason,
                        "merged_into": merged_into.map(|id| id.number()),
                    })
                })
                .collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["PATIENT", "CANDIDATE", "DECIDED", "AS", "WHY"]);
        for DecidedMatch { decided, .. } in found {
            table.row([
                decided.patient_id.number(),
                decided.candidate.number(),
                moment(registry, decided.decided_at),
                decided.decision.word().to_owned(),
                decided.reason.clone(),
            ]);
        }
        table.print_or("nothing was decided yet")?;
        Ok(Ending::Well)
    }
}

/// Two records, by number.
#[derive(Debug, Args)]
struct Two {
    /// The one record's number, or id
    one: String,
    /// The other's
    other: String,
    #[command(flatten)]
    place: Place,
}

/// Shows two records side by side, and why they may be of one person
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet review show 3V8K2M0Q7RTA 7QF0W2M9K1XB")]
pub(crate) struct Show {
    #[command(flatten)]
    two: Two,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.two.place.open()?;
        let admission = place::admit(&registry)?;
        let one = require_patient(&registry, &self.two.one)?;
        let other = require_patient(&registry, &self.two.other)?;
        let pair = registry.side_by_side(&admission, &operator(), world::now(), (one, other))?;
        if self.json {
            print_json(&json!({
                "patient": pair.patient.patient.demographics,
                "candidate": pair.candidate.patient.demographics,
                "explanation": explanation_json(&pair.explanation),
                "decided": pair.decided.as_ref().map(|decided| decided.decision.word()),
            }))?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["", "PATIENT", "CANDIDATE"]);
        for ((what, one), (_, other)) in facts(&pair.patient).into_iter().zip(facts(&pair.candidate)) {
            table.row([what.to_owned(), one, other]);
        }
        table.print()?;
        print_line("")?;
        print_explanation(&pair.explanation)?;
        if let Some(decided) = &pair.decided {
            print_line(&format!(
                "decided {}: {} ({})",
                moment(&registry, decided.decided_at),
                decided.decision.word(),
                decided.reason
            ))?;
        }
        Ok(Ending::Well)
    }
}

/// What a reviewer compares, in order.
fn facts(record: &PatientRecord) -> Vec<(&'static str, String)> {
    let person = &record.patient.demographics;
    let joined = |parts: Vec<String>| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
    let name = |name: &model::PersonName| {
        [&name.given, &name.middle, &name.family, &name.suffix].map(String::as_str).join(" ").trim().to_owned()
    };
    let telecoms = |is_email: bool| {
        let alike = person.telecoms.iter().filter(|telecom| telecom.is_email() == is_email);
        joined(alike.map(|telecom| telecom.value.clone()).collect())
    };
    let status = match record.patient.status {
        PatientStatus::Active => "active".to_owned(),
        PatientStatus::Pending => "pending".to_owned(),
        PatientStatus::MergedInto(id) => format!("merged into {}", id.number()),
    };
    vec![
        ("number", record.patient.id.number()),
        ("status", status),
        ("names", joined(person.names.iter().map(name).collect())),
        ("birth date", person.birth_date.map(|date| date.to_string()).unwrap_or_default()),
        ("sex", person.sex.map(|sex| sex.code().to_owned()).unwrap_or_default()),
        ("mother", person.mother_maiden_name.as_ref().map(name).unwrap_or_default()),
        (
            "addresses",
            joined(person.addresses.iter().map(|at| format!("{} {} {}", at.street, at.city, at.zip)).collect()),
        ),
        ("phones", telecoms(false)),
        ("e-mail", telecoms(true)),
        ("identifiers", joined(person.identifiers.iter().map(|id| format!("{} {}", id.kind, id.value)).collect())),
        ("reports", record.reports.len().to_string()),
        ("doses", record.vaccinations.iter().filter(|dose| !dose.is_deleted).count().to_string()),
    ]
}

/// Decides a possible match
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet review decide 3V8K2M0Q7RTA 7QF0W2M9K1XB same\n  \
                  bluebonnet review decide 3V8K2M0Q7RTA 7QF0W2M9K1XB not-the-same --reason \"twins\"")]
pub(crate) struct Decide {
    #[command(flatten)]
    two: Two,
    /// same: merged; not-the-same: kept for ever; later: comes again tomorrow
    #[arg(value_parser = ["same", "not-the-same", "later"])]
    decision: String,
    /// Why, in a few words without personal data
    #[arg(long, value_name = "WORDS", default_value = "")]
    reason: String,
}

impl Decide {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.two.place.open()?;
        let admission = place::admit(&registry)?;
        let one = require_patient(&registry, &self.two.one)?;
        let other = require_patient(&registry, &self.two.other)?;
        let decision = ReviewDecision::parse(&self.decision.replace('-', "_")).expect("one of the values allowed");
        let receipt = receipt(&registry);
        let merged = registry.decide_review(&admission, &operator(), &receipt, (one, other), decision, &self.reason)?;
        match merged {
            Some(merge) => print_merge(&merge)?,
            None => print_line(&format!("Decided: {}.", self.decision.replace('-', " ")))?,
        }
        Ok(Ending::Well)
    }
}

/// Merges a record into another
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet review merge 3V8K2M0Q7RTA --into 7QF0W2M9K1XB --reason \"asked for by the clinic\"")]
pub(crate) struct MergePeople {
    /// The record that is retired: its number leads on
    retired: String,
    /// The record that survives
    #[arg(long, value_name = "NUMBER")]
    into: String,
    /// Why, in a few words without personal data
    #[arg(long, value_name = "WORDS", default_value = "")]
    reason: String,
    #[command(flatten)]
    place: Place,
}

impl MergePeople {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let retired = require_patient(&registry, &self.retired)?;
        let survivor = require_patient(&registry, &self.into)?;
        let receipt = receipt(&registry);
        let merge = registry.merge_patients(&admission, &operator(), &receipt, retired, survivor, &self.reason)?;
        print_merge(&merge)?;
        Ok(Ending::Well)
    }
}

/// Undoes the merge by which a record was retired
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet review unmerge 3V8K2M0Q7RTA --reason \"two people after all\"")]
pub(crate) struct UnmergePeople {
    /// The retired record's number, or the id of the merge
    retired: String,
    /// Why, in a few words without personal data
    #[arg(long, value_name = "WORDS", default_value = "")]
    reason: String,
    #[command(flatten)]
    place: Place,
}

impl UnmergePeople {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let merge_id = match self.retired.parse::<Uuid>() {
            Ok(id) if registry.find_patient_number(&admission, &self.retired)?.is_none() => MergeId(id),
            _ => {
                let retired = require_patient(&registry, &self.retired)?;
                let merges = registry.merges_of(&admission, retired)?;
                let merge = merges.iter().find(|merge| merge.retired_id == retired && merge.undone_at.is_none());
                merge.ok_or_else(|| Failure::Refused(format!("{} is not merged", self.retired)))?.id
            }
        };
        let receipt = receipt(&registry);
        let merge = registry.unmerge_patients(&admission, &operator(), &receipt, merge_id, &self.reason)?;
        print_line(&format!(
            "{} stands on its own again; {} keeps the rest.",
            merge.retired_id.number(),
            merge.survivor_id.number()
        ))?;
        Ok(Ending::Well)
    }
}

fn print_merge(merge: &Merge) -> Result<(), Failure> {
    let (retired, survivor) = (merge.retired_id.number(), merge.survivor_id.number());
    print_line(&format!("{retired} leads on to {survivor} now. Undo it with: bluebonnet review unmerge {retired}"))?;
    Ok(())
}

/// The operator at the command line, for no organization.
fn operator() -> Caller {
    Caller {
        account_id: None,
        username: "operator".to_owned(),
        organization_id: OrganizationId(Uuid::nil()),
        organization_code: String::new(),
        standing: Standing::Operator,
    }
}

fn receipt(registry: &Registry) -> Receipt {
    let (message_id, received_at) = world::stamp();
    Receipt {
        message_id,
        received_at,
        today: registry.today(received_at),
        channel: Channel::CommandLine,
        file: None,
        run: 1,
    }
}
