//! `bluebonnet backup restore`: a backup put in the place of a registry's SQLite file.
//!
//! A file that is only copied over the one that was there is not enough: SQLite would add to it what a crash left in the
//! write-ahead log of the other.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use model::counted;
use registry::BackupTested;
use registry::setup::{DatabaseUrl, StoreError, TakenFile, note_restored, read_backup};
use serde_json::json;

use super::exchange::Exchange;
use super::{files_of, open_backup, print_diagnoses, reach, require_file};
use crate::ending::{Ending, Failure};
use crate::place::{self, Place, Presence};
use crate::tables::{print_json, print_line};
use crate::world;

/// Puts a backup in the place of the registry's SQLite file, after reading it whole
///
/// Stop every node first. What was there is kept beside it, in a folder with the time in its name. A restore that broke off
/// is ended by running it again, which first puts back what was there, and does nothing else where FILE is not there; until
/// then nothing works on the registry. A registry on PostgreSQL is restored with `bluebonnet copy` into an empty database.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bluebonnet backup restore /backup/registry-2026-03-01.db --data bluebonnet-data")]
pub(crate) struct Restore {
    /// The backup: a SQLite file
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Restore {
    pub(super) fn run(self) -> Result<Ending, Failure> {
        let target = self.target()?;
        // Before the backup is looked at: whatever is given now, what was there comes back first.
        let mut kept = Exchange::end_earlier(&target)?;
        let file = require_file(&self.file)?;
        check_is_apart(&file, &target)?;
        let tested = require_well(&file)?;
        if self.place.database.is_none() {
            place::make_folder(&self.place.data)?;
        }
        let taken = take(&target)?;
        kept.extend(Exchange::begin(&target)?.run(|exchange| {
            exchange.copy_durably(&file)?;
            write_down(&exchange.copy(), &tested)
        })?);
        drop(taken);
        self.tell(&target, &tested, &kept)
    }

    /// The file to put the backup in the place of.
    fn target(&self) -> Result<PathBuf, Failure> {
        match self.place.url()? {
            DatabaseUrl::Sqlite(path) => Ok(place::real_file(&path)),
            DatabaseUrl::Postgres(_) => Err(Failure::Refused(format!(
                "a registry on PostgreSQL is restored into an empty database: make one, then `bluebonnet copy --from {} --to \
                 postgres://...`, and let the nodes work on that one",
                self.file.display()
            ))),
        }
    }

    fn tell(&self, target: &Path, tested: &BackupTested, kept: &[PathBuf]) -> Result<Ending, Failure> {
        let kept: Vec<String> = kept.iter().map(|kept| kept.display().to_string()).collect();
        if self.json {
            print_json(&json!({
                "restored": target, "from": tested.place, "rows": tested.rows, "reaches_to": tested.reaches_to, "kept": kept,
            }))?;
            return Ok(Ending::Well);
        }
        let rows = counted(tested.rows, "row");
        print_line(&format!("{rows} of {} are now {}; {}", tested.place, target.display(), reach(None, tested)))?;
        for name in &kept {
            print_line(&format!("what was there is kept: {name}"))?;
        }
        print_line("start the nodes; remove what was kept when it is not needed any more")?;
        Ok(Ending::Well)
    }
}

/// A backup is one file, and not the one to be replaced.
fn check_is_apart(file: &Path, target: &Path) -> Result<(), Failure> {
    let file = std::fs::canonicalize(file).with_context(|| format!("cannot tell where {} is", file.display()))?;
    if file == target {
        return Err(Failure::Refused(format!("{} is what the registry works with already", file.display())));
    }
    let [_, wal, ..] = files_of(&file);
    if wal.metadata().is_ok_and(|wal| wal.len() > 0) {
        return Err(Failure::Refused(format!(
            "a part of it stands in {}: a program works on {file}, or one has crashed, and it is no backup; `bluebonnet \
             backup make NEW --database {file}` makes one of it",
            wal.display(),
            file = file.display()
        )));
    }
    Ok(())
}

/// Reads the backup whole, as `backup test` does.
fn require_well(file: &Path) -> Result<BackupTested, Failure> {
    let copy = open_backup(&DatabaseUrl::Sqlite(file.to_owned()))?;
    let (tested, diagnoses) = read_backup(&copy, world::now())?;
    if tested.is_well {
        return Ok(tested);
    }
    print_diagnoses(&diagnoses)?;
    Err(Failure::Refused(format!("{} is broken; nothing was changed", file.display())))
}

/// Keeps all programs from the file until the end, when there is one.
fn take(target: &Path) -> Result<Option<TakenFile>, Failure> {
    if !place::is_there(target)? {
        return Ok(None);
    }
    match TakenFile::take(target) {
        Err(StoreError::Busy { .. }) => Err(Failure::Refused(format!(
            "a program works on {}: stop every node and command first; nothing was changed",
            target.display()
        ))),
        taken => Ok(Some(taken?)),
    }
}

/// Writes into the copy that it was restored, by whom and from what, so that it is in the registry with its first opening.
fn write_down(restored: &Path, tested: &BackupTested) -> Result<(), Failure> {
    let url = DatabaseUrl::Sqlite(restored.to_owned());
    let (database, _) = place::open_database(&url, "command", Presence::MayBeNew)?;
    note_restored(&database, tested, world::now())?;
    // The last connection puts the write-ahead log into the file.
    drop(database);
    let [_, wal, ..] = files_of(restored);
    if wal.metadata().is_ok_and(|wal| wal.len() > 0) {
        return Err(anyhow::anyhow!("a part of {} still stands in {}", restored.display(), wal.display()).into());
    }
    let attempt = || format!("cannot bring {} to the disk", restored.display());
    Ok(File::open(restored).and_then(|file| file.sync_all()).with_context(attempt)?)
}
