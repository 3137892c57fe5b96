//! `bluebonnet backup`: a copy of the registry made while it works, the proof that one can be read back, and the way back.

mod exchange;
mod restore;

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};
use model::counted;
use registry::setup::{Database, DatabaseOptions, DatabaseUrl, read_backup};
use registry::{Admission, BackupMade, BackupTested, Registry};
use serde_json::json;

use super::doctor::{diagnoses_as_json, print_diagnoses};
use super::load::progress_bar;
use crate::ending::{Ending, Failure};
use crate::place::{self, Place, Presence};
use crate::tables::{print_json, print_line};
use crate::times::{moment, moment_in_utc};
use crate::world;

/// Makes a backup while the registry works, tests that one can be read back, restores it, and tells when either was last done
#[derive(Debug, Subcommand)]
pub(crate) enum Backup {
    Make(Make),
    Test(Test),
    Restore(restore::Restore),
    Status(Status),
}

/// Writes everything that the registry holds into a new SQLite file, as of the moment it begins
///
/// To go back, `bluebonnet backup restore`, or copy it into an empty PostgreSQL database with `bluebonnet copy`.
/// What waits in the spool of files is not part of it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet backup make /backup/registry-2026-03-01.db\n  bluebonnet backup make nightly.db --database postgres://registry@localhost/registry"
)]
pub(crate) struct Make {
    /// The file to make
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Reads a backup whole, or a database that was restored from one, and notes the outcome in the registry
///
/// Every document in it is unpacked, and nothing in it is changed. Where there is no registry the outcome is noted nowhere.
/// The exit code is 1 when something in it is broken.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet backup test /backup/registry-2026-03-01.db\n  bluebonnet backup test postgres://registry@localhost/restored --database postgres://registry@localhost/registry"
)]
pub(crate) struct Test {
    /// The backup: a SQLite file or postgres://...
    backup: String,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Tells when a backup was last made, and last read back
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet backup status\n  \
                  bluebonnet backup status --json")]
pub(crate) struct Status {
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            Backup::Make(command) => command.run(),
            Backup::Test(command) => command.run(),
            Backup::Restore(command) => command.run(),
            Backup::Status(command) => command.run(),
        }
    }
}

impl Make {
    fn run(self) -> Result<Ending, Failure> {
        if self.file.exists() {
            return Err(Failure::Refused(format!("{} is there already; a backup is a new file", self.file.display())));
        }
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        // What breaks off has another name, so that nobody takes it for a backup.
        let unfinished = self.file.with_added_extension("unfinished");
        remove(&unfinished)?;
        let made = match self.write(&registry, &admission, &unfinished) {
            Ok(made) => made,
            Err(failure) => {
                // What broke off, mostly for want of room, must not take the room of the next one.
                remove(&unfinished)?;
                return Err(failure);
            }
        };
        registry.note_backup_made(&admission, &made)?;
        if self.json {
            print_json(&made)?;
        } else {
            let at = moment(&registry, made.at);
            print_line(&format!("{} written to {}, as of {at}", counted(made.rows, "row"), made.place))?;
            print_line(&format!("`bluebonnet backup test {}` reads it back", made.place))?;
        }
        Ok(Ending::Well)
    }

    /// Writes the backup under the other name, and puts it in its place when it is whole.
    fn write(&self, registry: &Registry, admission: &Admission, unfinished: &Path) -> Result<BackupMade, Failure> {
        let url = DatabaseUrl::Sqlite(unfinished.to_owned());
        let (target, _) = place::open_database(&url, "command", Presence::MayBeNew)?;
        let progress = progress_bar(None);
        let made = registry.make_backup(
            admission,
            &target,
            &absolute(&self.file)?.display().to_string(),
            world::now(),
            &mut |table, rows| {
                progress.set_prefix(table.to_owned());
                progress.set_message(counted(rows, "row"));
            },
        );
        progress.finish_and_clear();
        let made = made?;
        // The last connection puts the write-ahead log into the file.
        drop(target);
        let attempt = || format!("cannot put the backup in its place, {}", self.file.display());
        std::fs::File::open(unfinished).and_then(|file| file.sync_all()).with_context(attempt)?;
        std::fs::rename(unfinished, &self.file).with_context(attempt)?;
        Ok(made)
    }
}

/// What is noted is read elsewhere, later.
fn absolute(file: &Path) -> Result<PathBuf, Failure> {
    Ok(std::path::absolute(file).with_context(|| format!("cannot tell where {} is", file.display()))?)
}

/// A SQLite file, and those that SQLite may have beside it.
pub(super) fn files_of(path: &Path) -> [PathBuf; 4] {
    ["", "-wal", "-shm", "-journal"].map(|ending| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        name.into()
    })
}

/// Removes what an attempt that broke off has left.
fn remove(unfinished: &Path) -> Result<(), Failure> {
    for name in files_of(unfinished) {
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Failure::Refused(format!("cannot remove {}: {error}", name.display())));
            }
            _ => {}
        }
    }
    Ok(())
}

impl Test {
    fn run(self) -> Result<Ending, Failure> {
        let url = match DatabaseUrl::parse(&self.backup)? {
            DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(require_file(&path)?),
            url => url,
        };
        let copy = open_backup(&url)?;
        let is_noted = self.place.has_registry()?;
        let registry = if is_noted { Some(self.place.open()?) } else { None };
        let (tested, diagnoses) = match &registry {
            Some(registry) => registry.test_backup(&place::admit(registry)?, &copy, world::now())?,
            None => read_backup(&copy, world::now())?,
        };
        if self.json {
            let mut told = json!(tested);
            told["diagnoses"] = diagnoses_as_json(&diagnoses);
            told["is_noted"] = json!(is_noted);
            print_json(&told)?;
            return Ok(Ending::well_if(tested.is_well));
        }
        print_diagnoses(&diagnoses)?;
        print_line(&format!(
            "{} read from {}; {}",
            counted(tested.rows, "row"),
            tested.place,
            reach(registry.as_ref(), &tested)
        ))?;
        if !is_noted {
            print_line("noted nowhere: there is no registry here; --data and --database say where one is")?;
        }
        Ok(Ending::well_if(tested.is_well))
    }
}

/// The absolute path of a file that must be there.
fn require_file(path: &Path) -> Result<PathBuf, Failure> {
    if !place::is_there(path)? {
        return Err(Failure::Refused(format!("there is no file {}", path.display())));
    }
    match path.is_file() {
        true => absolute(path),
        false => Err(Failure::Refused(format!("{} is no file", path.display()))),
    }
}

/// Opens a backup without changing anything of it.
fn open_backup(url: &DatabaseUrl) -> Result<Database, Failure> {
    let options = DatabaseOptions { node: "command".to_owned(), ..DatabaseOptions::default() };
    Ok(Database::open_to_inspect(url, &options)?)
}

/// How far a backup reaches, in words.
fn reach(registry: Option<&Registry>, tested: &BackupTested) -> String {
    let Some(at) = tested.reaches_to else { return "it holds no message".to_owned() };
    format!("it reaches to {}", registry.map_or_else(|| moment_in_utc(at), |registry| moment(registry, at)))
}

impl Status {
    fn run(self) -> Result<Ending, Failure> {
        let registry = self.place.open()?;
        let admission = place::admit(&registry)?;
        let backups = registry.backups(&admission)?;
        if self.json {
            print_json(&json!(backups))?;
            return Ok(Ending::Well);
        }
        match &backups.made {
            Some(made) => print_line(&format!(
                "made    {}  {}  {}",
                moment(&registry, made.at),
                made.place,
                counted(made.rows, "row")
            ))?,
            None => print_line("made    never by `bluebonnet backup make`")?,
        }
        match &backups.tested {
            Some(tested) => {
                let outcome = if tested.is_well { "well" } else { "BROKEN" };
                print_line(&format!("tested  {}  {}  {outcome}", moment(&registry, tested.at), tested.place))?;
            }
            None => print_line("tested  never: a backup that was not read back is a hope")?,
        }
        Ok(Ending::Well)
    }
}
