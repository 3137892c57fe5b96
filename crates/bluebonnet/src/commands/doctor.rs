//! `bluebonnet doctor`: is everything well?

use clap::Args;
use model::counted;
use registry::setup::{self, Database};
use registry::{Condition, Diagnosis, Registry};
use serde_json::{Value, json};

use crate::ending::{Ending, Failure};
use crate::place::{self, Node, Opened, Place, Presence};
use crate::spooling::SpoolSettings;
use crate::tables::{grouped, print_json, print_line};
use crate::times::moment_of_text;
use crate::world;

/// Looks the registry over: database, schema, audit trail, kept-aside messages, profile, code tables,
/// schedule, backups, waiting files, what should be destroyed by now
///
/// Reads everything, so it takes a while on a large registry. The exit code is 1 when something is not well; a warning alone
/// leaves it 0.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet doctor\n  bluebonnet doctor --database postgres://registry@localhost/registry --json"
)]
pub(crate) struct Doctor {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    spool: SpoolSettings,
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
            condition: Condition::Well,
            report: format!(
                "{}, {}, {}",
                profile.registry.name,
                profile.registry.time_zone,
                profile.consent.policy.word()
            ),
        });
        if registry.is_demonstration() {
            let report = "a demonstration: its people are made up, and real ones do not belong there".to_owned();
            diagnoses.push(Diagnosis { subject: "people", condition: Condition::Well, report });
        }
        diagnoses.push(codes(&registry, &database)?);
        diagnoses.push(schedule(&registry)?);
        diagnoses.extend(super::destroy::overdue(&registry)?);
        diagnoses.push(registry.examine_backups(&admission, world::now())?);
        diagnoses.extend(self.files(&registry)?);
        let statistics = registry.statistics(&admission)?;
        let is_well = diagnoses.iter().all(Diagnosis::is_well);
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

    /// The files that wait on this machine; nothing where none ever came.
    fn files(&self, registry: &Registry) -> Result<Option<Diagnosis>, Failure> {
        if !self.spool.is_there(&self.place) {
            return Ok(None);
        }
        let admission = place::admit(registry)?;
        match self.spool.exchange(&self.place, registry, &Node::command().name) {
            Ok(exchange) => Ok(Some(exchange.examine_files(&admission)?)),
            Err(_) => {
                let report = "the spool cannot be used; `bluebonnet file list` says why".to_owned();
                Ok(Some(Diagnosis { subject: "files", condition: Condition::Warning, report }))
            }
        }
    }
}

/// One line for each, what somebody has to look after in capitals.
pub(super) fn print_diagnoses(diagnoses: &[Diagnosis]) -> Result<(), Failure> {
    for diagnosis in diagnoses {
        let mark = match diagnosis.condition {
            Condition::Well => "well",
            Condition::Warning => "WARNING",
            Condition::NotWell => "NOT WELL",
        };
        print_line(&format!("{mark:<9} {:<12} {}", diagnosis.subject, diagnosis.report))?;
    }
    Ok(())
}

/// The same for programs.
pub(super) fn diagnoses_as_json(diagnoses: &[Diagnosis]) -> Value {
    let of_one = |one: &Diagnosis| {
        let is_warning = one.condition == Condition::Warning;
        json!({ "subject": one.subject, "is_well": one.is_well(), "is_warning": is_warning, "report": one.report })
    };
    diagnoses.iter().map(of_one).collect()
}

/// The schedule in use. One whose last season is over breaks nothing, but nobody is told any more what is due of that.
fn schedule(registry: &Registry) -> Result<Diagnosis, Failure> {
    let report = super::schedule::in_use_in_words(registry)?;
    if registry.ended_seasons(registry.today(world::now())).is_empty() {
        return Ok(Diagnosis { subject: "schedule", condition: Condition::Well, report });
    }
    let report = format!(
        "{report}; load a release that has the present season: `bluebonnet schedule import FILE --name NAME --keep`, then \
         `bluebonnet schedule use NAME`"
    );
    Ok(Diagnosis { subject: "schedule", condition: Condition::Warning, report })
}

fn codes(registry: &Registry, database: &Database) -> Result<Diagnosis, Failure> {
    let codes = registry.codes();
    let imported = setup::imported_tables(database)?;
    let newest = imported.last().map_or_else(
        || "as built in".to_owned(),
        |table| {
            let newest_at = moment_of_text(registry, &table.imported_at);
            format!("{} imported, the newest at {newest_at}", counted(imported.len() as u64, "table"))
        },
    );
    let report = format!(
        "{} vaccines, {} manufacturers, {} packages, {} statements, {newest}",
        codes.vaccines().len(),
        codes.manufacturers().len(),
        codes.packages().len(),
        codes.vis_documents().len()
    );
    Ok(Diagnosis { subject: "codes", condition: Condition::well_if(!codes.vaccines().is_empty()), report })
}
