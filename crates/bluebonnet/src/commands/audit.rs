//! `bluebonnet audit`: who saw or changed a person's record.

use clap::Args;
use registry::setup::AuditRecord;
use serde_json::{Value, json};

use super::messages::require_patient;
use crate::ending::{Ending, Failure};
use crate::limits;
use crate::place::{self, Place};
use crate::tables::{Table, print_json};
use crate::world::hexadecimal;

/// Lists who saw or changed a person's record, newest first
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet audit --patient 3V8K2M0Q7RTA\n\n`doctor` checks that no line of the audit trail was changed or taken out."
)]
pub(crate) struct Audit {
    /// The person's registry number, or id
    #[arg(long, value_name = "NUMBER")]
    patient: String,
    /// Lines at most
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=limits::LIST_MAXIMUM as i64))]
    limit: u32,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Audit {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let patient_id = require_patient(&registry, &self.patient)?;
        let lines = registry.audit_of_patient(&admission, patient_id, self.limit)?;
        let organizations = registry.organizations(&admission);
        let accounts = registry.accounts(&admission)?;
        let organization = |line: &AuditRecord| {
            let known = organizations.iter().find(|known| known.id == line.entry.organization_id);
            known.map_or("", |known| known.code.as_str())
        };
        let user = |line: &AuditRecord| {
            let known = accounts.iter().find(|known| Some(known.id) == line.entry.account_id);
            known.map_or("operator", |known| known.username.as_str())
        };
        if self.json {
            let list: Vec<Value> = lines
                .iter()
                .map(|line| {
                    json!({
                        "at": line.entry.at.to_string(),
                        "user": user(line),
                        "organization": organization(line),
                        "action": line.entry.action.word(),
                        "message": line.entry.message_id.map(|id| id.to_string()),
                        "detail": line.entry.detail,
                        "chain": line.chain,
                        "sequence": line.sequence,
                        "hash": hexadecimal(&line.hash),
                    })
                })
                .collect();
            print_json(&list)?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["AT", "USER", "ORGANIZATION", "ACTION", "MESSAGE", "WHY"]);
        for line in &lines {
            table.row([
                format!("{:.0}", line.entry.at),
                user(line).to_owned(),
                organization(line).to_owned(),
                line.entry.action.word().to_owned(),
                line.entry.message_id.map(|id| id.to_string()).unwrap_or_default(),
                line.entry.detail.clone(),
            ]);
        }
        table.print()?;
        Ok(Ending::Well)
    }
}
