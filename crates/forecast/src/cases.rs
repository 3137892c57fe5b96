//! CDC's own test cases against the engine: reads CDC's sheets (healthy and underlying conditions) and tells every difference.

use jiff::civil::Date;

use crate::forecast::{Workspace, forecast};
use crate::history::{History, HistoryDose, HistoryObservation};
use crate::report::{EvaluationReport, GroupReport, Report};
use crate::schedule::Schedule;
use crate::sentences::{Language, ReasonKind};
use crate::vaccine_groups::ForecastKind;
use crate::walk::{DoseStatus, SeriesStatus};

mod csv;
mod sheet;

pub use sheet::{Case, ExpectedDose, read_cases};

/// What checking a sheet gave.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CaseCheck {
    /// How many cases there are.
    pub case_count: usize,
    /// The cases that differ, each with its differences.
    pub differing: Vec<CaseDifferences>,
}

/// A case that differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseDifferences {
    /// CDC's number of the case.
    pub id: String,
    /// CDC's name of the case.
    pub name: String,
    /// What differs.
    pub differences: Vec<CaseDifference>,
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseDifference {
    /// In what: `status`, `earliest`, `dose 2 reason`.
    pub what: String,
    /// What the sheet says.
    pub expected: String,
    /// What the engine says.
    pub found: String,
}

/// A sheet that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct CaseError {
    /// Line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

/// Checks every case of a sheet (CSV with CDC's column names).
///
/// # Errors
/// [`CaseError`] with the first line that cannot be read.
pub fn check_cases(schedule: &Schedule, sheet: &str) -> Result<CaseCheck, CaseError> {
    let cases = read_cases(sheet)?;
    let mut workspace = Workspace::default();
    let mut check = CaseCheck { case_count: cases.len(), differing: Vec::new() };
    for case in cases {
        let report = forecast(schedule, &case.history, case.assessment_date, &mut workspace).report(Language::English);
        let differences = compare(&case, &report, schedule);
        if !differences.is_empty() {
            check.differing.push(CaseDifferences { id: case.id, name: case.name, differences });
        }
    }
    Ok(check)
}

fn compare(case: &Case, report: &Report, schedule: &Schedule) -> Vec<CaseDifference> {
    let mut differences = Differences(Vec::new());
    let found = row_for_sheet(case, report, schedule);
    differences.note("status", Some(case.status), found.map(|row| row.status), |status| format!("{status:?}"));
    let row = found.filter(|row| row.status == SeriesStatus::NotComplete);
    let date = |pick: fn(&GroupReport) -> Option<Date>| row.and_then(pick);
    differences.note("earliest", case.earliest, date(|row| row.earliest), Date::to_string);
    differences.note("recommended", case.recommended, date(|row| row.recommended), Date::to_string);
    differences.note("past due", case.past_due, date(|row| row.past_due), Date::to_string);
    let number = row.and_then(|row| dose_number(case, row, report));
    differences.note("dose number", case.dose_number, number, u16::to_string);
    for (place, expected) in case.doses.iter().enumerate() {
        let evaluations = &report.doses[place].evaluations;
        compare_dose(&mut differences, case, place, expected, evaluations);
    }
    differences.0
}

fn compare_dose(
    differences: &mut Differences,
    case: &Case,
    place: usize,
    expected: &ExpectedDose,
    evaluations: &[EvaluationReport],
) {
    let Some(status) = expected.status else { return };
    // A dose of another vaccine group is judged in its own.
    let is_of_group = |evaluation: &&EvaluationReport| evaluation.vaccine_group == case.vaccine_group;
    let is_of_kind = |evaluation: &EvaluationReport| expected.kind.is_none_or(|kind| evaluation.kind == kind);
    let has_group = evaluations.iter().any(|evaluation| is_of_group(&evaluation));
    let judges = evaluations.iter().filter(|evaluation| !has_group || is_of_group(evaluation));
    let best = judges.clone().max_by_key(|evaluation| (is_of_kind(evaluation), rank(evaluation.status)));
    let other = judges.filter(|evaluation| evaluation.status == status).max_by_key(|evaluation| is_of_kind(evaluation));
    let best = if let (Some(best), Some(other)) = (best, other)
        && best.status != status
    {
        // The status is right, in a series of the other kind.
        let what = format!("dose {} series type", place + 1);
        differences.note(&what, expected.kind, Some(other.kind), |kind| format!("{kind:?}"));
        Some(other)
    } else {
        let found = best.map(|evaluation| evaluation.status);
        differences.note(&format!("dose {} status", place + 1), Some(status), found, |status| format!("{status:?}"));
        best
    };
    if let (Some(reason), Some(best)) = (expected.reason, best) {
        let reasons: Vec<ReasonKind> = best.reasons.iter().map(|reason| reason.kind).collect();
        if !reasons.contains(&reason) {
            let what = format!("dose {} reason", place + 1);
            let found = format!("{reasons:?}");
            differences.0.push(CaseDifference { what, expected: format!("{reason:?}"), found });
        }
    }
}

/// Of several antigens and series, the one in which the dose did best speaks for the group.
fn rank(status: DoseStatus) -> u8 {
    match status {
        DoseStatus::Valid => 3,
        DoseStatus::NotValid => 2,
        DoseStatus::Substandard => 1,
        DoseStatus::Extraneous => 0,
    }
}

/// The one row that a sheet shows of the two that a group may have. A group of one antigen shows the risk forecast if there is one; a
/// group of several shows it while it needs a dose, else the standard one while that owes an antigen of the risk series.
fn row_for_sheet<'a>(case: &Case, report: &'a Report, schedule: &Schedule) -> Option<&'a GroupReport> {
    let row = |kind| report.forecasts.iter().find(|row| row.vaccine_group == case.vaccine_group && row.kind == kind);
    let (standard, risk) = (row(ForecastKind::Standard), row(ForecastKind::Risk));
    let group = schedule.groups.iter().find(|group| group.name == case.vaccine_group)?;
    let is_needed = |row: &&GroupReport| row.status == SeriesStatus::NotComplete;
    if group.antigens.len() == 1 {
        return risk.or(standard);
    }
    let owes_the_same = |row: &&GroupReport| {
        let owed = row.series.iter().filter(|series| series.status == SeriesStatus::NotComplete);
        let is_at_risk =
            |antigen: &str| risk.is_some_and(|risk| risk.series.iter().any(|known| known.antigen == antigen));
        owed.clone().any(|series| risk.is_none() || is_at_risk(&series.antigen))
    };
    risk.filter(is_needed).or(standard.filter(is_needed).filter(owes_the_same)).or(risk).or(standard)
}

/// Where a group has a standard and a risk forecast, the sheets count the doses that are valid in either.
fn dose_number(case: &Case, row: &GroupReport, report: &Report) -> Option<u16> {
    let rows = report.forecasts.iter().filter(|other| other.vaccine_group == case.vaccine_group);
    if rows.count() < 2 {
        return row.dose_number;
    }
    let is_valid = |evaluation: &EvaluationReport| {
        evaluation.vaccine_group == case.vaccine_group && evaluation.status == DoseStatus::Valid
    };
    let valid = report.doses.iter().filter(|dose| dose.evaluations.iter().any(is_valid)).count();
    u16::try_from(valid + 1).ok()
}

/// Differences found so far.
struct Differences(Vec<CaseDifference>);

impl Differences {
    fn note<T: PartialEq>(&mut self, what: &str, expected: Option<T>, found: Option<T>, show: impl Fn(&T) -> String) {
        if expected != found {
            let show = |value: Option<T>| value.as_ref().map_or("-".to_owned(), &show);
            self.0.push(CaseDifference { what: what.to_owned(), expected: show(expected), found: show(found) });
        }
    }
}
