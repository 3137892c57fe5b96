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
use registry::setup::{DatabaseUrl, StoreError, TakenFile, read_backup};
use serde_json::json;

use super::{files_of, open_backup, print_diagnoses, reach, remove, require_file};
use crate::ending::{Ending, Failure};
use crate::place::{self, Place};
use crate::tables::{print_json, print_line};
use crate::world;

/// Puts a backup in the place of the registry's SQLite file, after reading it whole
///
/// Stop every node first. What was there is kept beside it, under a name with the time in it. A registry on PostgreSQL is
/// restored with `bluebonnet copy` into an empty database.
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
        let file = require_file(&self.file)?;
        check_is_apart(&file, &target)?;
        let tested = require_well(&file)?;
        if self.place.database.is_none() {
            place::make_folder(&self.place.data)?;
        }
        let taken = take(&target)?;
        let restored = target.with_added_extension("restoring");
        copy_durably(&file, &restored)?;
        let kept = keep_what_was_there(&target)?;
        put_in_place(&restored, &target, &kept)?;
        drop(taken);
        self.tell(&target, &tested, &kept)
    }

    /// The file to put the backup in the place of.
    fn target(&self) -> Result<PathBuf, Failure> {
        match self.place.url()? {
            DatabaseUrl::Sqlite(path) => Ok(std::fs::canonicalize(&path).unwrap_or(path)),
            DatabaseUrl::Postgres(_) => Err(Failure::Refused(format!(
                "a registry on PostgreSQL is restored into an empty database: make one, then `bluebonnet copy --from {} --to \
                 postgres://...`, and let the nodes work on that one",
                self.file.display()
            ))),
        }
    }

    fn tell(&self, target: &Path, tested: &BackupTested, kept: &[Moved]) -> Result<Ending, Failure> {
        let kept: Vec<String> = kept.iter().map(|moved| moved.to.display().to_string()).collect();
        if self.json {
            print_json(&json!({
                "restored": target, "from": tested.place, "rows": tested.rows, "reaches_to": tested.reaches_to, "kept": kept,
            }))?;
            return Ok(Ending::Well);
        }
        let rows = counted(tested.rows, "row");
        print_line(&format!("{rows} of {} are now {}; {}", tested.place, target.display(), reach(tested)))?;
        for name in &kept {
            print_line(&format!("what was there is kept: {name}"))?;
        }
        print_line("start the nodes; remove what was kept when it is not needed any more")?;
        Ok(Ending::Well)
    }
}

/// A file that was given another name.
struct Moved {
    from: PathBuf,
    to: PathBuf,
}

/// A backup is one file, and not the one to be replaced.
fn check_is_apart(file: &Path, target: &Path) -> Result<(), Failure> {
    let file = std::fs::canonicalize(file).with_context(|| format!("cannot tell where {} is", file.display()))?;
    if file == target {
        return Err(Failure::Refused(format!("{} is what the registry works with already", file.display())));
    }
    let [_, wal, _] = files_of(&file);
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

/// Copies a file to a new one for its owner alone, and brings it to the disk.
fn copy_durably(from: &Path, to: &Path) -> Result<(), Failure> {
    remove(to)?;
    place::make_file(to)?;
    let copy = || -> std::io::Result<()> {
        let mut copy = File::options().write(true).open(to)?;
        std::io::copy(&mut File::open(from)?, &mut copy)?;
        copy.sync_all()
    };
    if let Err(error) = copy().with_context(|| format!("cannot copy {} to {}", from.display(), to.display())) {
        remove(to)?;
        return Err(error.into());
    }
    Ok(())
}

/// Gives the file, and those beside it, names of their own. The log goes first: a file whose log is still there is never
/// without it, and a log is never beside another file.
fn keep_what_was_there(target: &Path) -> Result<Vec<Moved>, Failure> {
    let aside = target.with_added_extension(format!("before-{}", world::now().strftime("%Y%m%dT%H%M%S%.3fZ")));
    let mut kept = Vec::new();
    for (from, to) in files_of(target).into_iter().zip(files_of(&aside)).rev() {
        if !place::is_there(&from)? {
            continue;
        }
        let moved = match place::is_there(&to)? {
            true => Err(anyhow::anyhow!("{} is there already", to.display())),
            false => std::fs::rename(&from, &to).with_context(|| format!("cannot rename {}", from.display())),
        };
        if let Err(error) = moved {
            move_back(&kept);
            return Err(error.into());
        }
        kept.push(Moved { from, to });
    }
    Ok(kept)
}

/// Makes it the registry's file. The folder is brought to the disk, too.
fn put_in_place(restored: &Path, target: &Path, kept: &[Moved]) -> Result<(), Failure> {
    let attempt = || format!("cannot put the backup in its place, {}", target.display());
    if let Err(error) = std::fs::rename(restored, target).with_context(attempt) {
        move_back(kept);
        return Err(error.into());
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(File::open(folder).and_then(|folder| folder.sync_all()).with_context(attempt)?)
}

/// Gives files their names back, the last one first.
fn move_back(kept: &[Moved]) {
    for moved in kept.iter().rev() {
        if let Err(error) = std::fs::rename(&moved.to, &moved.from) {
            tracing::error!(%error, kept = %moved.to.display(), "a file could not be given its name back");
        }
    }
}
