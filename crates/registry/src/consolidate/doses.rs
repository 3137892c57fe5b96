//! From a person's reports of doses to their vaccinations: which reports are of one, what is shown of it, and why.
//!
//! A vaccination is a view over its reports (decision 0017): all of this is computed from them by the rules in use.

use std::collections::HashMap;

use matching::{DoseRule, FactSource, Grouped, KnownDose, UnsurePair, Vaccination, Vaccines};
use model::{
    CodeTables, Cvx, PatientRecord, VaccinationEvent, VaccinationEventId, VaccinationReport, VaccinationReportId,
};

use crate::Rules;

/// A person's vaccinations with what each is made of, and what cannot be said.
#[derive(Clone, PartialEq, Debug)]
pub struct ExplainedDoses {
    /// The version of the rules that decided.
    pub version: String,
    /// By day.
    pub vaccinations: Vec<ExplainedVaccination>,
    /// Vaccinations that may be one; until a reviewer decides, they are two.
    pub unsure: Vec<UnsurePair>,
}

/// A vaccination, what is shown of it, and from where.
#[derive(Clone, PartialEq, Debug)]
pub struct ExplainedVaccination {
    /// What is shown: the leading report, with what it lacks from the others.
    pub shown: VaccinationReport,
    /// Its reports, the leading one first.
    pub reports: Vec<ExplainedReport>,
    /// Each fact shown with the report that it is from.
    pub facts: Vec<FactSource>,
}

/// A report in its vaccination.
#[derive(Clone, PartialEq, Debug)]
pub struct ExplainedReport {
    /// The report, as its owner said it.
    pub report: VaccinationReport,
    /// Why it is of this vaccination.
    pub rule: DoseRule,
    /// How far its day is from that of the leading report.
    pub days_apart: u32,
}

/// A record's reports as the rules see them.
pub(crate) fn known_doses(record: &PatientRecord) -> Vec<KnownDose<'_>> {
    record.vaccinations.iter().map(known_dose).collect()
}

pub(crate) fn known_dose(report: &VaccinationReport) -> KnownDose<'_> {
    KnownDose {
        report_id: report.id,
        organization_id: report.organization_id,
        dose: &report.dose,
        is_deleted: report.is_deleted,
        verdicts: &report.verdicts,
    }
}

/// Asks something about the vaccines of the code tables in use.
pub(crate) fn ask<T>(rules: &Rules, question: impl FnOnce(Vaccines<'_>) -> T) -> T {
    let groups = |cvx: Cvx| rules.codes.vaccine_groups(cvx);
    let is_unspecified = |cvx: Cvx| rules.codes.is_unspecified(cvx);
    question(Vaccines { groups: &groups, is_unspecified: &is_unspecified })
}

/// Which of a record's reports are of one vaccination.
pub(crate) fn group(record: &PatientRecord, rules: &Rules) -> Grouped {
    if record.vaccinations.is_empty() {
        return Grouped::default();
    }
    ask(rules, |vaccines| rules.doses.group(&known_doses(record), vaccines))
}

/// Writes into each report of which vaccination it is; a deleted one is of its own.
pub(crate) fn assign(record: &mut PatientRecord, grouped: &Grouped) {
    let events: HashMap<VaccinationReportId, VaccinationEventId> = grouped
        .vaccinations
        .iter()
        .flat_map(|found| found.reports.iter().map(|joined| (joined.report_id, found.id)))
        .collect();
    for report in &mut record.vaccinations {
        report.event_id = events.get(&report.id).copied().unwrap_or(VaccinationEventId(report.id.0));
    }
}

/// The vaccinations as they are stored, each by way of its primary report.
pub(crate) fn events(record: &PatientRecord, grouped: &Grouped) -> Vec<VaccinationEvent> {
    let event = |found: &Vaccination| VaccinationEvent {
        id: found.id,
        patient_id: record.patient.id,
        primary_report_id: found.primary(),
    };
    grouped.vaccinations.iter().map(event).collect()
}

/// A record's vaccinations, each with its reports, its facts and their sources.
pub(crate) fn explain(record: &PatientRecord, rules: &Rules) -> ExplainedDoses {
    let grouped = group(record, rules);
    let reports: HashMap<_, _> = record.vaccinations.iter().map(|report| (report.id, report)).collect();
    let vaccinations = grouped.vaccinations.iter().filter_map(|found| explained(found, &reports));
    ExplainedDoses {
        version: rules.doses.version().to_owned(),
        vaccinations: vaccinations.collect(),
        unsure: grouped.unsure,
    }
}

/// What is shown of a record's vaccinations, in place of its reports.
pub(crate) fn show(record: &mut PatientRecord, rules: &Rules) {
    let grouped = group(record, rules);
    let reports = std::mem::take(&mut record.vaccinations).into_iter();
    let mut reports: HashMap<_, _> = reports.map(|report| (report.id, report)).collect();
    let shown = grouped.vaccinations.iter().filter_map(|found| match found.reports.as_slice() {
        // Of one report everything is shown as it was said.
        [only] => reports.remove(&only.report_id).map(|report| VaccinationReport { event_id: found.id, ..report }),
        _ => surviving(found, |id| reports.get(&id)).map(|(shown, _)| shown),
    });
    record.vaccinations = shown.collect();
}

fn explained(
    found: &Vaccination,
    reports: &HashMap<VaccinationReportId, &VaccinationReport>,
) -> Option<ExplainedVaccination> {
    let joined = found.reports.iter().filter_map(|joined| {
        let report = (*reports.get(&joined.report_id)?).clone();
        Some(ExplainedReport { report, rule: joined.rule, days_apart: joined.days_apart })
    });
    let (shown, facts) = surviving(found, |id| reports.get(&id).copied())?;
    Some(ExplainedVaccination { shown, reports: joined.collect(), facts })
}

/// A vaccination's leading report with what it lacks from the others, and where each fact is from.
fn surviving<'a>(
    found: &Vaccination,
    report: impl Fn(VaccinationReportId) -> Option<&'a VaccinationReport>,
) -> Option<(VaccinationReport, Vec<FactSource>)> {
    let joined: Vec<&VaccinationReport> = found.reports.iter().filter_map(|joined| report(joined.report_id)).collect();
    let known: Vec<KnownDose<'_>> = joined.iter().map(|report| known_dose(report)).collect();
    let (dose, facts) = matching::surviving(&known)?;
    let lead = joined.first()?;
    let shown = VaccinationReport {
        id: lead.id,
        patient_id: lead.patient_id,
        event_id: found.id,
        organization_id: lead.organization_id,
        message_id: lead.message_id,
        received_at: lead.received_at,
        is_deleted: lead.is_deleted,
        dose,
        verdicts: lead.verdicts.clone(),
    };
    Some((shown, facts))
}
