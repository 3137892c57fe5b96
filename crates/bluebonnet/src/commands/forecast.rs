//! `bluebonnet forecast`: which doses count, and what is due, by CDC's logic.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use model::counted;
use registry::forecasts::{self, CaseCheck, Request, Workspace};
use serde_json::{Value, json};

use super::schedule::open_schedule;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{grouped, print_json, print_line};
use crate::world;

/// Evaluates a history and forecasts what is due
///
/// The history is JSON: {"birth_date", "sex", "assessment_date", "doses": [{"date", "cvx", "mvx"}], "observations":
/// [{"code", "date"}]}; dates are yyyy-mm-dd, observations have CDSi's numbers. The answer is JSON: per dose and antigen
/// the status and its reasons, per vaccine group (standard and risk) status, dates, dose number, products and reasons.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Examples:\n  bluebonnet forecast child.json\n  bluebonnet forecast --on 2026-01-31 --explain - < child.json\n  \
                  bluebonnet forecast check healthy.csv underlying-conditions.csv"
)]
pub(crate) struct Forecast {
    #[command(subcommand)]
    check: Option<Checks>,
    /// The history, a JSON file; - is standard input
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// The day as seen from which; without it the history's own, or today in UTC
    #[arg(long, value_name = "DATE")]
    on: Option<Date>,
    /// The schedule: the name of the built-in one or of one that the registry keeps, or a folder with another; without it
    /// the built-in one
    #[arg(long, value_name = "NAME|DIR")]
    schedule: Option<PathBuf>,
    /// Local rules that are laid over the schedule
    #[arg(long, value_name = "FILE")]
    local: Vec<PathBuf>,
    /// Prints the whole reasoning as text
    #[arg(long)]
    explain: bool,
    /// The language of sentences
    #[arg(long, value_enum, default_value = "en")]
    language: Language,
    #[command(flatten)]
    place: Place,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Language {
    En,
    Es,
}

#[derive(Debug, Subcommand)]
enum Checks {
    Check(Check),
}

/// Checks the schedule against CDC's case sheets, and prints each difference
///
/// Reads the layouts for healthy people and for underlying conditions, as CSV. The exit code is 1 on any difference.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet forecast check healthy.csv underlying-conditions.csv\n  \
                  bluebonnet forecast check healthy.csv --schedule schedules/cdsi-4.65 --json")]
pub(crate) struct Check {
    /// The sheets
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The schedule: the name of the built-in one or of one that the registry keeps, or a folder with another; without it
    /// the built-in one
    #[arg(long, value_name = "NAME|DIR")]
    schedule: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

impl Forecast {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        if let Some(Checks::Check(check)) = self.check {
            return check.run();
        }
        let file = self.file.unwrap_or_else(|| PathBuf::from("-"));
        let text = read_history(&file)?;
        let refused = |why: String| Failure::Refused(format!("{}: {why}", file.display()));
        let request: Request = serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
        let history = request.history().map_err(|error| refused(error.to_string()))?;
        let today = || world::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let on = self.on.or(request.assessment_date).unwrap_or_else(today);
        let schedule = open_schedule(self.schedule.as_deref(), &self.local, &self.place)?;
        let mut workspace = Workspace::default();
        let language = match self.language {
            Language::En => forecasts::Language::English,
            Language::Es => forecasts::Language::Spanish,
        };
        let found = forecasts::forecast(&schedule, &history, on, &mut workspace);
        if self.explain {
            print_line(found.explain(language).trim_end())?;
        } else {
            print_json(&found.report(language))?;
        }
        Ok(Ending::Well)
    }
}

fn read_history(file: &Path) -> Result<String, Failure> {
    if file != Path::new("-") {
        return place::read_text(file);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

impl Check {
    fn run(self) -> Result<Ending, Failure> {
        let schedule = open_schedule(self.schedule.as_deref(), &[], &self.place)?;
        let mut is_well = true;
        let mut told = Vec::new();
        for file in &self.files {
            let check = check_sheet(&schedule, file)?;
            is_well &= check.differing.is_empty();
            if self.json {
                told.push(json!({ "file": file, "cases": check.case_count, "differing": differing_json(&check) }));
            } else {
                print_check(file, &check)?;
            }
        }
        if self.json {
            print_json(&json!({ "schedule": schedule.name(), "sheets": told }))?;
        }
        Ok(Ending::well_if(is_well))
    }
}

/// Checks one of CDC's sheets.
pub(super) fn check_sheet(schedule: &forecasts::Schedule, file: &Path) -> Result<CaseCheck, Failure> {
    let check = forecasts::check_cases(schedule, &place::read_text(file)?);
    check.map_err(|error| Failure::Refused(format!("{}: {error}", file.display())))
}

/// Prints each difference and the totals.
pub(super) fn print_check(file: &Path, check: &CaseCheck) -> Result<(), Failure> {
    for case in &check.differing {
        print_line(&format!("{} {}", case.id, case.name))?;
        for difference in &case.differences {
            let (what, expected, found) = (&difference.what, &difference.expected, &difference.found);
            print_line(&format!("    {what}: expected {expected}, found {found}"))?;
        }
    }
    let (cases, differing) = (counted(check.case_count as u64, "case"), grouped(check.differing.len() as u64));
    print_line(&format!("{}: {cases}, {differing} with differences", file.display()))?;
    Ok(())
}

fn differing_json(check: &CaseCheck) -> Vec<Value> {
    let case_json = |case: &forecasts::CaseDifferences| {
        let differences = case.differences.iter().map(
            |difference| json!({ "what": difference.what, "expected": difference.expected, "found": difference.found }),
        );
        json!({ "id": case.id, "name": case.name, "differences": differences.collect::<Vec<_>>() })
    };
    check.differing.iter().map(case_json).collect()
}
