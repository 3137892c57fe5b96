//! `bluebonnet doctor`: is everything well?

use clap::Args;
use model::counted;
use registry::Diagnosis;
use registry::setup::{self, Database};
use serde_json::{Value, json};

use crate::ending::{Ending, Failure};
use crate::place::{self, Node, Opened, Place, Presence};
use crate::tables::{grouped, print_json, print_line};

/// Looks the registry over: database, schema, audit trail, kept-aside messages, profile, code tables, schedule
///
/// Reads everything, so it takes a while on a large registry. The exit code is 1 when something is not well.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet doctor\n  bluebonnet doctor --database postgres://registry@localhost/registry --json"
)]
pub(crate) struct Doctor {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let Opened { registry, database, .. } = self.place.open_as(&Node::command(), Presence::Required)?;
        super::maintenance::tell_again(&self.place, &registry);
        let admission = place::admit(&registry)?;
        let mut diagnoses = registry.examine(&admission)?;
        let profile = registry.profile();
        diagnoses.push(Diagnosis {
            subject: "profile",
            is_well: true,
            report: format!("{}, {}", profile.registry.name, profile.registry.time_zone),
        });
        diagnoses.push(codes(&registry, &database)?);
        let report = super::schedule::in_use_in_words(&registry)?;
        diagnoses.push(Diagnosis { subject: "schedule", is_well: true, report });
        let statistics = registry.statistics(&admission)?;
        let is_well = diagnoses.iter().all(|diagnosis| diagnosis.is_well);
        if self.json {
            let tables: serde_json::Map<_, _> =
                statistics.tables.iter().map(|(table, rows)| (table.clone(), json!(rows))).collect();
            print_json(&json!({
                "is_well": is_well,
                "diagnoses": diagnoses_as_json(&diagnoses),
                "database": { "name": statistics.database, "size_bytes": statistics.size_bytes, "rows": tables },
            }))?;
            return Ok(Ending::well_if(is_well));
        }
        print_diagnoses(&diagnoses)?;
        let megabytes = statistics.size_bytes / 1_000_000;
        print_line(&format!("{}, {} MB, at {}", statistics.database, grouped(megabytes), database.url()))?;
        for (table, rows) in statistics.tables.iter().filter(|(_, rows)| *rows > 0) {
            print_line(&format!("  {table:<24} {:>14}", grouped(*rows)))?;
        }
        Ok(Ending::well_if(is_well))
    }
}

/// One line for each, what is not well in capitals.
pub(super) fn print_diagnoses(diagnoses: &[Diagnosis]) -> Result<(), Failure> {
    for diagnosis in diagnoses {
        let mark = if diagnosis.is_well { "well" } else { "NOT WELL" };
        print_line(&format!("{mark:<9} {:<12} {}", diagnosis.subject, diagnosis.report))?;
    }
    Ok(())
}

/// The same for programs.
pub(super) fn diagnoses_as_json(diagnoses: &[Diagnosis]) -> Value {
    let of_one = |one: &Diagnosis| json!({ "subject": one.subject, "is_well": one.is_well, "report": one.report });
    diagnoses.iter().map(of_one).collect()
}

fn codes(registry: &registry::Registry, database: &Database) -> Result<Diagnosis, Failure> {
    let codes = registry.codes();
    let imported = setup::imported_tables(database)?;
    let newest = imported.last().map_or_else(
        || "as built in".to_owned(),
        |table| format!("{} imported, the newest at {}", counted(imported.len() as u64, "table"), table.imported_at),
    );
    let report = format!(
        "{} vaccines, {} manufacturers, {} packages, {} statements, {newest}",
        codes.vaccines().len(),
        codes.manufacturers().len(),
        codes.packages().len(),
        codes.vis_documents().len()
    );
    Ok(Diagnosis { subject: "codes", is_well: !codes.vaccines().is_empty(), report })
}
