//! `bluebonnet schedule`: the immunization schedule as data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use registry::forecasts::{self, ImportFile, ScheduleFacts};

use super::forecast::{check_sheet, print_check};
use crate::ending::{Ending, Failure};
use crate::place;
use crate::tables::{grouped, print_line};

/// Imports CDC's schedule, and tells what it changes
#[derive(Debug, Subcommand)]
pub(crate) enum Schedule {
    Import(Import),
}

/// Reads a release of CDC's supporting data (XML), prints what it changes, and writes it as text to be reviewed
///
/// What is not known - elements, periods, words - is refused with file and line, and nothing is written. Explanatory
/// sentences are left behind; the text has the facts, one file an antigen. With case sheets the exit code is 1 when a case
/// differs.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet schedule import supporting-data-4.65 --name cdsi-4.65 --to schedules/cdsi-4.65 --cases healthy.csv\n  \
                  bluebonnet forecast --schedule schedules/cdsi-4.65 child.json"
)]
pub(crate) struct Import {
    /// The folder with the release's XML files
    release: PathBuf,
    /// The name that forecasts will give for it
    #[arg(long)]
    name: String,
    /// Writes the schedule into this folder; without it nothing is kept
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    /// The schedule that it is compared with: the built-in one, or a folder with another
    #[arg(long, value_name = "NAME|DIR")]
    schedule: Option<PathBuf>,
    /// CDC's case sheets, to be checked with the new schedule
    #[arg(long, value_name = "FILE")]
    cases: Vec<PathBuf>,
}

/// A schedule has no more files than this; 4.64 has 33.
const SCHEDULE_FILES_MAXIMUM: usize = 500;

impl Schedule {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Schedule::Import(command) => command.run(),
        }
    }
}

impl Import {
    fn run(self) -> Result<Ending, Failure> {
        let facts = self.read_release()?;
        let known = open_schedule(self.schedule.as_deref(), &[])?;
        let differences = forecasts::differences(known.facts(), &facts);
        for difference in &differences {
            print_line(&difference.to_string())?;
        }
        let count = grouped(differences.len() as u64);
        print_line(&format!("{count} places differ from {}", known.name()))?;
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
        Ok(Ending::well_if(is_well))
    }

    fn read_release(&self) -> Result<ScheduleFacts, Failure> {
        let files = read_folder(&self.release, &["xml"], place::read_bytes)?;
        let files: Vec<ImportFile> =
            files.iter().map(|(name, content)| ImportFile { name: name.as_str(), content }).collect();
        forecasts::import(&self.name, &files).map_err(refused)
    }
}

/// The built-in schedule, or that of a folder, with local rules laid over it.
pub(super) fn open_schedule(name: Option<&Path>, local: &[PathBuf]) -> Result<Arc<forecasts::Schedule>, Failure> {
    let built_in = forecasts::Schedule::builtin();
    let schedule = match name {
        None => built_in.clone(),
        Some(name) if name == Path::new(built_in.name()) => built_in.clone(),
        Some(folder) => {
            let files = read_folder(folder, &["txt"], place::read_text)?;
            let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
            Arc::new(forecasts::Schedule::parse(texts).map_err(refused)?)
        }
    };
    if local.is_empty() {
        return Ok(schedule);
    }
    let mut files = Vec::new();
    for path in local {
        files.push((path.display().to_string(), place::read_text(path)?));
    }
    let texts = files.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    Ok(Arc::new(schedule.with_overlay(texts).map_err(refused)?))
}

/// The files of a folder with one of these endings, by name.
fn read_folder<T>(
    folder: &Path,
    endings: &[&str],
    read: fn(&Path) -> Result<T, Failure>,
) -> Result<Vec<(String, T)>, Failure> {
    let entries = std::fs::read_dir(folder)
        .map_err(|error| Failure::Refused(format!("{} cannot be read: {error}", folder.display())))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let has_ending = path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known));
        if has_ending && files.len() < SCHEDULE_FILES_MAXIMUM {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, read(&path)?));
        }
    }
    files.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(files)
}

fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Refused(error.to_string())
}
