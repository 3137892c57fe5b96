//! `bluebonnet data-fix`: named, reviewed batches of corrections, applied online in small steps.

use std::time::Duration;

use clap::{Args, Subcommand};
use model::{Caller, Channel, Correction, Cvx, DataFixId, DataFixStep, DataFixStepState, OrganizationId, counted};
use registry::{DataFixProgress, NewDataFix, Registry};
use serde_json::{Value, json};

use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::world;
use model::counted_people;

/// How often a fix that rests in a maintenance window looks whether it may go on.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Reports that a sample shows at most.
const SAMPLE_MAXIMUM: i64 = 1_000;

/// Plans, shows, applies and undoes corrections of many reports
#[derive(Debug, Subcommand)]
pub(crate) enum DataFix {
    Plan(Plan),
    Show(Show),
    Apply(Apply),
    /// Goes on with a fix that was broken off, where it was
    #[command(after_help = "Examples:\n  bluebonnet data-fix resume lot-a1234")]
    Resume(Go),
    /// Takes a fix back: reports that their owner has not changed since are again as they were before it
    #[command(after_help = "Examples:\n  bluebonnet data-fix undo lot-a1234")]
    Undo(Go),
    List(List),
}

/// Finds what would change and keeps it under a name; nothing is changed yet
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet data-fix plan lot-a1234 --change-cvx 03 --to 94 --lot A1234 --organization LCPG3000 \\\n      --reason \"asked for by LCPG3000 on 2026-11-25\" --by maria"
)]
pub(crate) struct Plan {
    /// Its name
    name: String,
    /// The vaccine that was reported
    #[arg(long, value_name = "CVX", value_parser = parse_cvx)]
    change_cvx: Cvx,
    /// The vaccine that was given
    #[arg(long, value_name = "CVX", value_parser = parse_cvx)]
    to: Cvx,
    /// The lot
    #[arg(long)]
    lot: String,
    /// The code of the organization whose reports these are
    #[arg(long, value_name = "CODE")]
    organization: String,
    /// Why, and who asked for it
    #[arg(long)]
    reason: String,
    /// Who plans it
    #[arg(long, value_name = "NAME")]
    by: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Shows a fix: how many reports of how many people, and a sample of them before and after
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet data-fix show lot-a1234\n  \
                  bluebonnet data-fix show lot-a1234 --sample 50 --json")]
pub(crate) struct Show {
    /// Its name
    name: String,
    /// Reports of the sample
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=SAMPLE_MAXIMUM))]
    sample: u32,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Applies a planned fix that somebody else has reviewed; waits while a maintenance window lets background work rest
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet data-fix apply lot-a1234 --reviewed-by olga")]
pub(crate) struct Apply {
    /// Its name
    name: String,
    /// Who looked at it, and did not plan it
    #[arg(long, value_name = "NAME")]
    reviewed_by: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Which fix is resumed or undone.
#[derive(Debug, Args)]
pub(crate) struct Go {
    /// Its name
    name: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Lists all fixes
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet data-fix list\n  \
                  bluebonnet data-fix list --json")]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_cvx(text: &str) -> Result<Cvx, String> {
    Cvx::parse(text).ok_or_else(|| "a CVX code has one to three digits".to_owned())
}

impl DataFix {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            DataFix::Plan(command) => command.run(),
            DataFix::Show(command) => command.run(),
            DataFix::Apply(command) => command.run(),
            DataFix::Resume(command) => command.resume(),
            DataFix::Undo(command) => command.undo(),
            DataFix::List(command) => command.run(),
        }
    }
}

impl Plan {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let new = NewDataFix {
            id: DataFixId(world::new_id()),
            name: self.name,
            correction: Correction::ChangeCvx { from: self.change_cvx, to: self.to, lot_number: self.lot },
            organization_code: self.organization,
            reason: self.reason,
            planned_by: self.by,
        };
        let planned = registry.plan_data_fix(&admission, new, world::now())?;
        let (fix, code) = (&planned.fix, code_of(&registry, planned.fix.organization_id));
        let what = format!("planned data fix {} ({})", fix.name, fix.correction.words());
        super::record(&registry, &admission, fix.organization_id, &code, what)?;
        show(&registry, &planned, 5, self.json)
    }
}

impl Show {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let progress = registry.data_fix(&place::admit(&registry)?, &self.name)?;
        show(&registry, &progress, self.sample, self.json)
    }
}

impl Apply {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let runtime = super::runtime()?;
        let (admission, now) = (place::admit(&registry)?, world::now());
        runtime.block_on(registry.begin_data_fix(&admission, &operator(), &self.name, &self.reviewed_by, now))?;
        go_on(&registry, &runtime, &self.name, &self.place)?;
        show(&registry, &registry.data_fix(&admission, &self.name)?, 0, self.json)
    }
}

impl Go {
    fn resume(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        go_on(&registry, &super::runtime()?, &self.name, &self.place)?;
        show(&registry, &registry.data_fix(&place::admit(&registry)?, &self.name)?, 0, self.json)
    }

    fn undo(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let runtime = super::runtime()?;
        let admission = place::admit(&registry)?;
        runtime.block_on(registry.begin_undo_of_data_fix(&admission, &operator(), &self.name, world::now()))?;
        go_on(&registry, &runtime, &self.name, &self.place)?;
        show(&registry, &registry.data_fix(&admission, &self.name)?, 0, self.json)
    }
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let fixes = registry.data_fixes(&place::admit(&registry)?)?;
        if self.json {
            print_json(&fixes.iter().map(|progress| told(&registry, progress)).collect::<Vec<_>>())?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["NAME", "CORRECTION", "ORGANIZATION", "STATE", "WAITING", "APPLIED", "REASON"]);
        for progress in &fixes {
            let fix = &progress.fix;
            table.row([
                fix.name.clone(),
                fix.correction.words(),
                code_of(&registry, fix.organization_id),
                fix.state.word().to_owned(),
                progress.reports(DataFixStepState::Waiting).to_string(),
                progress.reports(DataFixStepState::Applied).to_string(),
                fix.reason.clone(),
            ]);
        }
        table.print_or("no data fix")?;
        Ok(Ending::Well)
    }
}

/// Takes step after step until the fix is done. While background work rests in a maintenance window, so does it.
fn go_on(registry: &Registry, runtime: &tokio::runtime::Runtime, name: &str, _place: &Place) -> Result<(), Failure> {
    let gate = registry.gate();
    gate.set_clock(world::now);
    let mut has_told = false;
    loop {
        registry.refresh_windows(world::now())?;
        let Ok(admission) = gate.admit(Channel::Jobs) else {
            if !has_told {
                print_line("a maintenance window lets background work rest; it goes on afterwards")?;
                has_told = true;
            }
            std::thread::sleep(LOOK_EVERY);
            continue;
        };
        if !runtime.block_on(registry.step_data_fix(&admission, &operator(), name, world::now()))? {
            return Ok(());
        }
    }
}

fn operator() -> Caller {
    Caller {
        account_id: None,
        username: "operator".to_owned(),
        organization_id: OrganizationId(uuid::Uuid::nil()),
        organization_code: String::new(),
        standing: model::Standing::Operator,
    }
}

fn show(registry: &Registry, progress: &DataFixProgress, sample: u32, json: bool) -> Result<Ending, Failure> {
    let admission = place::admit(registry)?;
    let mut shown = registry.data_fix_sample(&admission, &progress.fix, DataFixStepState::Waiting, sample)?;
    if shown.is_empty() {
        shown = registry.data_fix_sample(&admission, &progress.fix, DataFixStepState::Applied, sample)?;
    }
    if json {
        let mut value = told(registry, progress);
        value["sample"] = shown.iter().map(told_step).collect();
        print_json(&value)?;
        return Ok(Ending::Well);
    }
    let fix = &progress.fix;
    let code = code_of(registry, fix.organization_id);
    print_line(&format!("{}: {}, reports of {code}: {}", fix.name, fix.correction.words(), fix.state.word()))?;
    print_line(&format!("planned by {}, reviewed by {}: {}", fix.planned_by, or_nobody(&fix.reviewed_by), fix.reason))?;
    for count in &progress.counts {
        let (reports, people) = (counted(count.reports, "report"), counted_people(count.people));
        print_line(&format!("{}: {reports} of {people}", count.state.word()))?;
    }
    if shown.is_empty() {
        return Ok(Ending::Well);
    }
    let mut table = Table::new(&["PERSON", "GIVEN", "LOT", "BEFORE", "AFTER"]);
    let dose = |dose: &model::Dose| format!("CVX {} NDC {}", dose.cvx, dose.ndc.as_deref().unwrap_or("-"));
    for step in &shown {
        table.row([
            step.patient_id.number(),
            step.before.administered_on.to_string(),
            step.before.lot_number.clone().unwrap_or_default(),
            dose(&step.before),
            dose(&step.after),
        ]);
    }
    table.print()?;
    Ok(Ending::Well)
}

fn or_nobody(name: &str) -> &str {
    if name.is_empty() { "nobody yet" } else { name }
}

fn code_of(registry: &Registry, id: OrganizationId) -> String {
    let Ok(admission) = place::admit(registry) else { return String::new() };
    let organizations = registry.organizations(&admission);
    organizations.into_iter().find(|known| known.id == id).map(|known| known.code).unwrap_or_default()
}

fn told(registry: &Registry, progress: &DataFixProgress) -> Value {
    let fix = &progress.fix;
    let counts: serde_json::Map<String, Value> = progress
        .counts
        .iter()
        .map(|count| (count.state.word().to_owned(), json!({"reports": count.reports, "people": count.people})))
        .collect();
    json!({
        "name": fix.name,
        "correction": fix.correction,
        "organization": code_of(registry, fix.organization_id),
        "reason": fix.reason,
        "planned_by": fix.planned_by,
        "reviewed_by": fix.reviewed_by,
        "state": fix.state.word(),
        "planned_at": fix.planned_at,
        "changed_at": fix.changed_at,
        "counts": counts,
    })
}

fn told_step(step: &DataFixStep) -> Value {
    json!({
        "person": step.patient_id.number(),
        "state": step.state.word(),
        "before": step.before,
        "after": step.after,
    })
}
