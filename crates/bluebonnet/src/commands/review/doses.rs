//! `bluebonnet review doses`: reports of doses that may be one, side by side, decided and undone.

use clap::{Args, Subcommand};
use model::{PatientId, VaccinationReportId, counted};
use registry::{DosePair, DoseReviewDecision, Registry};
use serde_json::{Value, json};

use super::{operator, receipt};
use crate::commands::matching::Names;
use crate::commands::messages::require_patient;
use crate::ending::{Ending, Failure};
use crate::limits;
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::times::moment;
use crate::world;

/// Decides doses that may be one
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Examples:\n  bluebonnet review doses list\n  bluebonnet review doses show 3V8K2M0Q7RTA 7QF0W2M9K1XB 0ZK4T8B2H5QD\n  bluebonnet review doses decide 3V8K2M0Q7RTA 7QF0W2M9K1XB 0ZK4T8B2H5QD same\n  bluebonnet review doses undo 3V8K2M0Q7RTA 7QF0W2M9K1XB 0ZK4T8B2H5QD\n\nA dose is named by the number of its report, as `bluebonnet match doses` prints it."
)]
pub(crate) enum Doses {
    List(List),
    Show(Show),
    Decide(Decide),
    Undo(Undo),
}

impl Doses {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Doses::List(command) => command.run(),
            Doses::Show(command) => command.run(),
            Doses::Decide(command) => command.run(),
            Doses::Undo(command) => command.run(),
        }
    }
}

/// Lists doses that may be one and wait, the oldest first; or those that were decided
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet review doses list\n  \
                  bluebonnet review doses list --decided --limit 20")]
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
        let found = match self.decided {
            true => registry.decided_dose_reviews(&admission, &operator(), world::now(), self.limit)?,
            false => registry.open_dose_reviews(&admission, &operator(), world::now(), self.limit)?,
        };
        if self.json {
            let names = Names::of(&registry)?;
            print_json(&found.iter().map(|pair| pair_json(pair, &names)).collect::<Vec<_>>())?;
            return Ok(Ending::Well);
        }
        if self.decided {
            return show_decided(&registry, &found);
        }
        let mut table = Table::new(&["PATIENT", "ONE", "OTHER", "SINCE", "BECAUSE"]);
        for pair in &found {
            let since = pair.review.as_ref().map(|review| moment(&registry, review.opened.opened_at));
            table.row([
                pair.patient_id.number(),
                pair.one.id.number(),
                pair.other.id.number(),
                since.unwrap_or_default(),
                format!("{} {}", pair.comparison.rule.id(), pair.comparison.rule.sentence()),
            ]);
        }
        table.print_or("no two reports wait for a decision")?;
        Ok(Ending::Well)
    }
}

fn show_decided(registry: &Registry, found: &[DosePair]) -> Result<Ending, Failure> {
    let mut table = Table::new(&["PATIENT", "ONE", "OTHER", "DECIDED", "AS", "WHY"]);
    for (pair, review) in found.iter().filter_map(|pair| Some((pair, pair.review.as_ref()?))) {
        table.row([
            pair.patient_id.number(),
            pair.one.id.number(),
            pair.other.id.number(),
            review.decided_at.map(|at| moment(registry, at)).unwrap_or_default(),
            review.state.word().to_owned(),
            review.reason.clone(),
        ]);
    }
    table.print_or("nothing was decided yet")?;
    Ok(Ending::Well)
}

/// Two reports of doses of one person, by number.
#[derive(Debug, Args)]
struct Two {
    /// The person's registry number, or id
    patient: String,
    /// The number of the one report, or its id
    one: String,
    /// The other's
    other: String,
    #[command(flatten)]
    place: Place,
}

impl Two {
    fn find(&self, registry: &Registry) -> Result<(PatientId, VaccinationReportId, VaccinationReportId), Failure> {
        let patient_id = require_patient(registry, &self.patient)?;
        let explained = registry.explain_doses(&place::admit(registry)?, patient_id)?;
        let reports = || explained.vaccinations.iter().flat_map(|found| &found.reports).map(|joined| joined.report.id);
        let find = |number: &str| {
            let found = reports().find(|id| id.number().eq_ignore_ascii_case(number) || id.to_string() == number);
            found.ok_or_else(|| Failure::Refused(format!("{} has no report of a dose {number}", self.patient)))
        };
        Ok((patient_id, find(&self.one)?, find(&self.other)?))
    }
}

/// Shows two reports of doses, and why they may be of one
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet review doses show 3V8K2M0Q7RTA 7QF0W2M9K1XB 0ZK4T8B2H5QD")]
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
        let pair = registry.dose_pair(&admission, &operator(), world::now(), self.two.find(&registry)?)?;
        print_pair(&registry, &pair, self.json)
    }
}

/// Decides about two doses
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet review doses decide 3V8K2M0Q7RTA 7QF0W2M9K1XB 0ZK4T8B2H5QD same\n  \
                  bluebonnet review doses decide 3V8K2M0Q7RTA 7QF0W2M9K1XB 0ZK4T8B2H5QD not-the-same")]
pub(crate) struct Decide {
    #[command(flatten)]
    two: Two,
    /// same: of one dose; not-the-same: of two, kept for ever; later: comes again tomorrow
    #[arg(value_parser = ["same", "not-the-same", "later"])]
    decision: String,
    /// Why, in a few words without personal data
    #[arg(long, value_name = "WORDS", default_value = "")]
    reason: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Decide {
    fn run(self) -> Result<Ending, Failure> {
        let decision = DoseReviewDecision::parse(&self.decision.replace('-', "_")).expect("one of the values allowed");
        decide(&self.two, decision, &self.reason, self.json)
    }
}

/// Undoes what was decided about two doses: the rules decide again
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet review doses undo 3V8K2M0Q7RTA 7QF0W2M9K1XB 0ZK4T8B2H5QD")]
pub(crate) struct Undo {
    #[command(flatten)]
    two: Two,
    /// Why, in a few words without personal data
    #[arg(long, value_name = "WORDS", default_value = "")]
    reason: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Undo {
    fn run(self) -> Result<Ending, Failure> {
        decide(&self.two, DoseReviewDecision::Undo, &self.reason, self.json)
    }
}

fn decide(two: &Two, decision: DoseReviewDecision, reason: &str, is_json: bool) -> Result<Ending, Failure> {
    let registry = two.place.open()?;
    let admission = place::admit(&registry)?;
    let asked = two.find(&registry)?;
    let receipt = receipt(&registry);
    let pair = registry.decide_dose_review(&admission, &operator(), &receipt, asked, decision, reason)?;
    print_pair(&registry, &pair, is_json)
}

fn print_pair(registry: &Registry, pair: &DosePair, is_json: bool) -> Result<Ending, Failure> {
    let names = Names::of(registry)?;
    if is_json {
        print_json(&pair_json(pair, &names))?;
        return Ok(Ending::Well);
    }
    for report in [&pair.one, &pair.other] {
        print_line(&format!("{}  {}", report.id.number(), names.line(report)))?;
    }
    let comparison = &pair.comparison;
    print_line(&format!(
        "{}: {} {} ({} apart, window {})",
        outcome_word(pair),
        comparison.rule.id(),
        comparison.rule.sentence(),
        counted(comparison.days_apart.into(), "day"),
        comparison.window_days
    ))?;
    if let Some(review) = pair.review.as_ref().filter(|review| review.decided_at.is_some()) {
        let why = Some(format!(" ({})", review.reason)).filter(|_| !review.reason.is_empty()).unwrap_or_default();
        print_line(&format!("decided: {}{why}", review.state.word().replace('_', " ")))?;
    }
    Ok(Ending::Well)
}

fn outcome_word(pair: &DosePair) -> &'static str {
    use registry::matches::DoseOutcome;
    match pair.comparison.outcome() {
        DoseOutcome::Same => "one dose",
        DoseOutcome::Unsure => "unsure",
        DoseOutcome::Different => "two doses",
    }
}

fn pair_json(pair: &DosePair, names: &Names<'_>) -> Value {
    json!({
        "patient": pair.patient_id.number(),
        "one": names.json(&pair.one),
        "other": names.json(&pair.other),
        "outcome": outcome_word(pair),
        "rule": pair.comparison.rule.id(),
        "because": pair.comparison.rule.sentence(),
        "days_apart": pair.comparison.days_apart,
        "window_days": pair.comparison.window_days,
        "is_unsure": pair.is_unsure,
        "since": pair.review.as_ref().map(|review| review.opened.opened_at.to_string()),
        "state": pair.review.as_ref().map(|review| review.state.word()),
        "decided_at": pair.review.as_ref().and_then(|review| review.decided_at).map(|at| at.to_string()),
        "reason": pair.review.as_ref().map(|review| &review.reason),
    })
}
