//! `bluebonnet audit`: who saw or changed a person's record, and what was done for an organization or to the registry itself.

use clap::Args;
use model::{OrganizationId, PatientId};
use registry::setup::AuditRecord;
use registry::{Admission, AuditFilter, Registry};
use serde_json::{Value, json};
use uuid::Uuid;

use super::maintenance::operator;
use super::messages::require_patient;
use crate::ending::{Ending, Failure};
use crate::limits;
use crate::place::{self, Place};
use crate::tables::{Table, print_json};
use crate::times::moment;
use crate::world::hexadecimal;

/// Lists who saw or changed a person's record, or what was done for an organization or to the registry, newest first
///
/// What was done and why stand in the words of the pages; --json has the codes that are kept.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet audit --patient 3V8K2M0Q7RTA\n  bluebonnet audit --organization LCPG3000 --limit 20\n  bluebonnet audit --registry\n\n`doctor` checks that no line of the audit trail was changed or taken out."
)]
pub(crate) struct Audit {
    #[command(flatten)]
    whose: Whose,
    /// Lines at most
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(1..=limits::LIST_MAXIMUM as i64))]
    limit: u32,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Whose {
    /// Of this person: registry number or id
    #[arg(long, value_name = "NUMBER")]
    patient: Option<String>,
    /// What the people and programs of this organization did, and operators for it
    #[arg(long, value_name = "CODE")]
    organization: Option<String>,
    /// What was done to the registry itself: profile, schedule, maintenance, restores
    #[arg(long)]
    registry: bool,
}

impl Whose {
    fn lines(&self, registry: &Registry, admission: &Admission, limit: u32) -> Result<Vec<AuditRecord>, Failure> {
        if let Some(number) = &self.patient {
            return Ok(registry.audit_of_patient(admission, require_patient(registry, number)?, limit)?);
        }
        let organization_id = match &self.organization {
            // One that was deactivated has its lines, too.
            Some(code) => registry.known_organization(admission, code)?.id,
            None => OrganizationId(Uuid::nil()),
        };
        let filter = AuditFilter { organization_id, account_id: None, before: None, after: None };
        let operator = operator();
        let reading = registry.audit_of_organization(admission, &operator, filter, limit);
        Ok(super::runtime()?.block_on(reading)?)
    }
}

impl Audit {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let lines = self.whose.lines(&registry, &admission, self.limit)?;
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
                        "patient": line.entry.patient_id.map(PatientId::number),
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
        let mut table = Table::new(&["AT", "USER", "ORGANIZATION", "WHAT", "PERSON", "MESSAGE", "WHY"]);
        for line in &lines {
            table.row([
                moment(&registry, line.entry.at),
                user(line).to_owned(),
                organization(line).to_owned(),
                web::audit_action(line.entry.action).to_owned(),
                line.entry.patient_id.map(PatientId::number).unwrap_or_default(),
                line.entry.message_id.map(|id| id.to_string()).unwrap_or_default(),
                web::audit_detail(&line.entry.detail),
            ]);
        }
        table.print_or("nothing was written down")?;
        Ok(Ending::Well)
    }
}
