//! `bluebonnet match doses`: a person's vaccinations, why their reports are of one dose, and where each fact is from.

use std::collections::HashMap;

use clap::Args;
use model::{Organization, OrganizationId, VaccinationReport, VaccinationReportId, counted};
use registry::matches::{DoseRules, FactSource};
use registry::{ExplainedDoses, ExplainedReport, ExplainedVaccination, Registry};
use serde_json::{Value, json};

use crate::commands::messages::require_patient;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};

/// Explains a person's vaccinations: which reports are of one dose, by which rule, and where each fact is from
///
/// Doses that may be one stand below; `bluebonnet review doses` decides them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet match doses 3V8K2M0Q7RTA\n  bluebonnet match doses --rules")]
pub(crate) struct Doses {
    /// The person's registry number, or id
    #[arg(required_unless_present = "rules")]
    patient: Option<String>,
    /// Prints the windows of the rules instead: the profile's, where there is a registry
    #[arg(long)]
    rules: bool,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Doses {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let Some(patient) = self.patient.filter(|_| !self.rules) else {
            let rules =
                self.place.open().map_or_else(|_| DoseRules::builtin(), |registry| registry.dose_rules().clone());
            print_line(rules.to_text().trim_end())?;
            return Ok(Ending::Well);
        };
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let patient_id = require_patient(&registry, &patient)?;
        let explained = registry.explain_doses(&admission, patient_id)?;
        let names = Names::of(&registry)?;
        match self.json {
            true => print_json(&to_json(&explained, &names))?,
            false => print(&explained, &names)?,
        }
        Ok(Ending::Well)
    }
}

/// What vaccines and organizations are called.
pub(crate) struct Names<'a> {
    registry: &'a Registry,
    organizations: HashMap<OrganizationId, Organization>,
}

impl Names<'_> {
    pub(crate) fn of(registry: &Registry) -> Result<Names<'_>, Failure> {
        let all = registry.organizations(&place::admit(registry)?);
        let organizations = all.into_iter().map(|organization| (organization.id, organization)).collect();
        Ok(Names { registry, organizations })
    }

    fn organization(&self, id: OrganizationId) -> String {
        self.organizations.get(&id).map_or_else(|| id.number(), |organization| organization.code.clone())
    }

    /// A report on a line: day, vaccine, how it is known, its lot, by whom.
    pub(crate) fn line(&self, report: &VaccinationReport) -> String {
        use model::CodeTables;
        let dose = &report.dose;
        let name = self.registry.codes().vaccine_name(dose.cvx).unwrap_or("?");
        let source = match dose.source {
            model::InformationSource::Administered => "given".to_owned(),
            model::InformationSource::Historical(_) => format!("told of ({})", dose.source.code()),
        };
        let lot = dose.lot_number.as_deref().map(|lot| format!(", lot {lot}")).unwrap_or_default();
        let by = self.organization(report.organization_id);
        format!("{}  {name} ({}), {source}{lot}, by {by}", dose.administered_on, dose.cvx)
    }

    pub(crate) fn json(&self, report: &VaccinationReport) -> Value {
        json!({
            "report": report.id.number(),
            "id": report.id.to_string(),
            "organization": self.organization(report.organization_id),
            "received_at": report.received_at.to_string(),
            "dose": report.dose,
        })
    }
}

fn print(explained: &ExplainedDoses, names: &Names<'_>) -> Result<(), Failure> {
    for found in &explained.vaccinations {
        print_line(&format!("{}  {}", found.shown.event_id.number(), names.line(&found.shown)))?;
        for joined in &found.reports {
            print_line(&format!("    {}  {}", joined.report.id.number(), names.line(&joined.report)))?;
            print_line(&format!("      {}", reason(joined)))?;
        }
        let foreign: Vec<String> = found
            .facts
            .iter()
            .filter(|fact| fact.report_id != found.shown.id)
            .map(|fact| format!("{} from {}", fact.fact.word(), fact.report_id.number()))
            .collect();
        if !foreign.is_empty() {
            print_line(&format!("    {}", foreign.join(", ")))?;
        }
    }
    for pair in &explained.unsure {
        print_line(&format!(
            "unsure: {} and {}: {} {}",
            pair.one.number(),
            pair.other.number(),
            pair.rule.id(),
            pair.rule.sentence()
        ))?;
    }
    print_line(&format!("by {}", explained.version))?;
    Ok(())
}

fn reason(joined: &ExplainedReport) -> String {
    let days = match joined.days_apart {
        0 => String::new(),
        days => format!(" ({} apart)", counted(days.into(), "day")),
    };
    format!("{} {}{days}", joined.rule.id(), joined.rule.sentence())
}

fn to_json(explained: &ExplainedDoses, names: &Names<'_>) -> Value {
    let number = |id: VaccinationReportId| id.number();
    let fact = |fact: &FactSource| json!({ "fact": fact.fact.word(), "report": number(fact.report_id) });
    let vaccination = |found: &ExplainedVaccination| {
        let reports = found.reports.iter().map(|joined| {
            let mut report = names.json(&joined.report);
            report["rule"] = joined.rule.id().into();
            report["because"] = joined.rule.sentence().into();
            report["days_apart"] = joined.days_apart.into();
            report
        });
        json!({
            "vaccination": found.shown.event_id.number(),
            "dose": found.shown.dose,
            "reports": reports.collect::<Vec<_>>(),
            "facts": found.facts.iter().map(fact).collect::<Vec<_>>(),
        })
    };
    let unsure = explained.unsure.iter().map(|pair| {
        json!({
            "one": number(pair.one),
            "other": number(pair.other),
            "rule": pair.rule.id(),
            "because": pair.rule.sentence(),
        })
    });
    json!({
        "version": explained.version,
        "vaccinations": explained.vaccinations.iter().map(vaccination).collect::<Vec<_>>(),
        "unsure": unsure.collect::<Vec<_>>(),
    })
}
