//! `bluebonnet schedule`: the immunization schedules of a registry, as data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use model::{OrganizationId, counted};
use registry::forecasts::{self, ScheduleFacts};
use registry::{KnownSchedule, NewSchedule, Registry};
use serde_json::json;
use uuid::Uuid;

use super::forecast::{check_sheet, print_check};
use super::record;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{Table, print_json, print_line};
use crate::times::moment;
use crate::world;

mod files;

/// CDC changes its schedule several times a year.
const OLD_SCHEDULE_DAYS: i32 = 365;

use files::{read_release, read_texts, refused};

/// Imports, keeps and chooses immunization schedules
#[derive(Debug, Subcommand)]
pub(crate) enum Schedule {
    Import(Import),
    Load(Load),
    List(List),
    Use(Use),
    Remove(Remove),
}

/// Reads a release of CDC's supporting data (XML), prints what it changes, and writes it as text to be reviewed
///
/// What is not known - elements, periods, words - is refused with file and line, and nothing is written. Explanatory
/// sentences are left behind; the text has the facts, one file an antigen. With case sheets the exit code is 1 when a case
/// differs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet schedule import supporting-data-4.65.zip --name cdsi-4.65 --to schedules/cdsi-4.65 --cases healthy.csv\n  \
                  bluebonnet schedule load schedules/cdsi-4.65 --name cdsi-4.65\n  bluebonnet schedule use cdsi-4.65"
)]
pub(crate) struct Import {
    /// The folder with the release's XML files, or the ZIP as CDC publishes it
    release: PathBuf,
    /// The name that forecasts will give for it
    #[arg(long)]
    name: String,
    /// Writes the schedule into this folder
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// Keeps the schedule in the registry, to be used later
    #[arg(long)]
    keep: bool,
    /// The schedule that it is compared with: the built-in one, one that the registry keeps, or a folder with another;
    /// without it the one in use of the registry, or where there is none the built-in one
    #[arg(long, value_name = "NAME|DIR")]
    schedule: Option<PathBuf>,
    /// CDC's case sheets, to be checked with the new schedule
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// Keeps a schedule, or local rules, that are written as text
///
/// One of the same name is replaced; if it is in use, running nodes take the new text up within seconds.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet schedule load schedules/cdsi-4.65 --name cdsi-4.65\n  \
                  bluebonnet schedule load outbreak.txt --name measles-2026 --local")]
pub(crate) struct Load {
    /// The folder or the files
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Its name
    #[arg(long)]
    name: String,
    /// Local rules, to be laid over a schedule
    #[arg(long)]
    local: bool,
    #[command(flatten)]
    place: Place,
}

/// Lists the schedules that can be used, and which one is
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet schedule list\n  \
                  bluebonnet schedule list --json")]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Chooses the schedule by which the registry evaluates and forecasts, and the local rules over it
///
/// Running nodes take it up within seconds. Stored forecasts are made anew by `bluebonnet reforecast`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet schedule use cdsi-4.65\n  bluebonnet schedule use cdsi-4.65 --local measles-2026"
)]
pub(crate) struct Use {
    /// The schedule
    name: String,
    /// Local rules that are laid over it; may be given several times, the later over the earlier
    #[arg(long, value_name = "NAME")]
    local: Vec<String>,
    #[command(flatten)]
    place: Place,
}

/// Forgets a schedule that is not in use
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet schedule remove measles-2026")]
pub(crate) struct Remove {
    /// The schedule, or the local rules
    name: String,
    #[command(flatten)]
    place: Place,
}

impl Schedule {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Schedule::Import(command) => command.run(),
            Schedule::Load(command) => command.run(),
            Schedule::List(command) => command.run(),
            Schedule::Use(command) => command.run(),
            Schedule::Remove(command) => command.run(),
        }
    }
}

impl Import {
    fn run(self) -> Result<Ending, Failure> {
        let facts = read_release(&self.release, &self.name)?;
        let known = self.compared_with()?;
        let differences = forecasts::differences(known.facts(), &facts);
        for difference in &differences {
            print_line(&difference.to_string())?;
        }
        let count = counted(differences.len() as u64, "difference");
        print_line(&format!("{count} from {}", known.name()))?;
        let schedule = forecasts::Schedule::compile(facts.clone()).map_err(refused)?;
        let mut is_well = true;
        for sheet in &self.cases {
            let check = check_sheet(&schedule, sheet)?;
            is_well &= check.differing.is_empty();
            print_check(sheet, &check)?;
        }
        if let Some(folder) = &self.to {
            std::fs::create_dir_all(folder)?;
            for file in forecasts::write(&facts) {
                std::fs::write(folder.join(&file.name), &file.text)?;
            }
            print_line(&format!("written to {}", folder.display()))?;
        }
        if self.keep {
            self.keep_in_registry(&facts)?;
        }
        Ok(Ending::well_if(is_well))
    }

    fn compared_with(&self) -> Result<Arc<forecasts::Schedule>, Failure> {
        match &self.schedule {
            Some(name) => open_schedule(Some(name), &[], &self.place),
            None if self.place.has_registry()? => Ok(self.place.open()?.schedule()),
            None => Ok(forecasts::Schedule::builtin().clone()),
        }
    }

    fn keep_in_registry(&self, facts: &ScheduleFacts) -> Result<(), Failure> {
        let files = forecasts::write(facts).into_iter().map(|file| (file.name, file.text)).collect();
        keep(&self.place.open()?, &self.name, false, files)
    }
}

impl Load {
    fn run(self) -> Result<Ending, Failure> {
        keep(&self.place.open()?, &self.name, self.local, read_texts(&self.files)?)?;
        Ok(Ending::Well)
    }
}

fn keep(registry: &Registry, name: &str, is_local: bool, files: Vec<(String, String)>) -> Result<(), Failure> {
    let admission = place::admit(registry)?;
    let new = NewSchedule { name: name.to_owned(), is_local, files, at: world::now() };
    registry.keep_schedule(&admission, &new)?;
    note(registry, &admission, format!("kept the schedule {name}"))?;
    let how = if is_local { format!("use it by --local {name}") } else { format!("use it by `schedule use {name}`") };
    print_line(&format!("kept as {name}; {how}"))?;
    Ok(())
}

/// The schedule in use, where it comes from, and how old it is: the newest day on which one of its rules begins.
pub(super) fn in_use_in_words(registry: &Registry) -> Result<String, Failure> {
    let schedule = registry.schedule();
    let known = registry.schedules(&place::admit(registry)?)?;
    let loaded = known.iter().filter(|known| known.is_in_use).filter_map(|known| known.loaded_at).max();
    let source = loaded.map_or("of this program".to_owned(), |at| format!("loaded at {}", moment(registry, at)));
    let today = registry.today(world::now());
    let ended = ended_in_words(&schedule.ended_seasons(today));
    let Some(newest) = schedule.facts().newest_day() else {
        return Ok(format!("{}, {source}{ended}", schedule.name()));
    };
    let days = newest.until(today).map_or(0, |age| age.get_days());
    let ago = counted(days.unsigned_abs().into(), "day");
    let age = match days {
        ..=0 => String::new(),
        1..=OLD_SCHEDULE_DAYS => format!(", {ago} ago"),
        _ => format!(", {ago} ago: look for a newer release"),
    };
    Ok(format!("{}, {source}; its newest rule begins on {newest}{age}{ended}", schedule.name()))
}

/// Of which vaccines nothing is known any more, as their seasons are over.
fn ended_in_words(ended: &[(&str, jiff::civil::Date)]) -> String {
    let groups: Vec<String> = ended.iter().map(|(group, last)| format!("{group} on {last}")).collect();
    match groups.is_empty() {
        true => String::new(),
        false => format!("; its last season ended: {}: what is due of these is not known", groups.join(", ")),
    }
}

/// Writes down that an operator changed the schedules, in the name of the registry itself.
fn note(registry: &Registry, admission: &registry::Admission, what: String) -> Result<(), Failure> {
    record(registry, admission, OrganizationId(Uuid::nil()), "", what)
}

impl List {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let known = registry.schedules(&place::admit(&registry)?)?;
        let in_use = registry.schedule();
        if self.json {
            let list: Vec<_> = known.iter().map(known_json).collect();
            print_json(&json!({ "in_use": in_use.name(), "schedules": list }))?;
            return Ok(Ending::Well);
        }
        let mut table = Table::new(&["NAME", "KIND", "LOADED AT", "IN USE"]);
        for schedule in known {
            let kind = if schedule.is_local { "local rules" } else { "schedule" };
            let loaded = schedule.loaded_at.map_or("with the program".to_owned(), |at| moment(&registry, at));
            let is_in_use = if schedule.is_in_use { "yes" } else { "" };
            table.row([schedule.name, kind.to_owned(), loaded, is_in_use.to_owned()]);
        }
        table.print()?;
        print_line(&format!("forecasts name it: {}", in_use.name()))?;
        Ok(Ending::Well)
    }
}

fn known_json(schedule: &KnownSchedule) -> serde_json::Value {
    json!({
        "name": schedule.name,
        "is_local": schedule.is_local,
        "loaded_at": schedule.loaded_at,
        "is_in_use": schedule.is_in_use,
    })
}

impl Use {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        registry.use_schedule(&admission, &self.name, &self.local)?;
        let name = registry.schedule().name().to_owned();
        note(&registry, &admission, format!("used the schedule {name}"))?;
        print_line(&format!("in use: {name}; running nodes take it up within seconds"))?;
        Ok(Ending::Well)
    }
}

impl Remove {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        registry.remove_schedule(&admission, &self.name)?;
        note(&registry, &admission, format!("removed the schedule {}", self.name))?;
        print_line(&format!("removed: {}", self.name))?;
        Ok(Ending::Well)
    }
}

/// The built-in schedule, that of a folder, or one that the registry keeps, with local rules laid over it.
pub(super) fn open_schedule(
    name: Option<&Path>,
    local: &[PathBuf],
    place: &Place,
) -> Result<Arc<forecasts::Schedule>, Failure> {
    let built_in = forecasts::Schedule::builtin();
    let schedule = match name {
        None => built_in.clone(),
        Some(name) if name == Path::new(built_in.name()) => built_in.clone(),
        Some(folder) if folder.is_dir() => {
            let files = read_texts(&[folder.to_owned()])?;
            let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            Arc::new(forecasts::Schedule::parse(texts).map_err(refused)?)
        }
        Some(name) => {
            let registry = place.open()?;
            registry.open_schedule(&place::admit(&registry)?, &name.to_string_lossy())?
        }
    };
    if local.is_empty() {
        return Ok(schedule);
    }
    let files = read_texts(local)?;
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Ok(Arc::new(schedule.with_overlay(texts).map_err(refused)?))
}
