//! Backups: a whole copy made while the registry works, the proof that a copy can be read back, and when either was last done.

use jiff::{SignedDuration, Timestamp};
use model::{AuditAction, AuditEntry, OrganizationId, counted};
use serde::{Deserialize, Serialize};
use store::{Database, MessageFilter, StoreError};
use uuid::Uuid;

use crate::operations::Condition;
use crate::operations::examine;
use crate::{Admission, Diagnosis, Registry, RegistryError};

/// The settings that hold what was last done.
const MADE_SETTING: &str = "backup/made";
const TESTED_SETTING: &str = "backup/tested";
/// A newest backup older than this is too old: more than a week of reports would have to be sent again.
const BACKUP_DAYS: i64 = 7;
/// How long it is known that backups can be read back.
const TEST_DAYS: i64 = 90;
/// What helps where there is none that could be used.
const MAKE_ONE: &str =
    "`bluebonnet backup make FILE` makes one, and `bluebonnet backup test` notes one that was made by other means";

/// A backup that was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BackupMade {
    /// As of when it holds everything.
    pub at: Timestamp,
    /// Where it was written.
    pub place: String,
    /// Its rows, over all tables.
    pub rows: u64,
}

/// A copy that was read back, whoever made it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BackupTested {
    /// When.
    pub at: Timestamp,
    /// Where the copy stands; without a password.
    pub place: String,
    /// Everything was read and found whole.
    pub is_well: bool,
    /// When the newest message that it holds was received; `None` when it holds none.
    pub reaches_to: Option<Timestamp>,
    /// Its rows, over all tables.
    pub rows: u64,
}

/// What was last done about backups.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Backups {
    /// The newest that was made by this program.
    pub made: Option<BackupMade>,
    /// The newest that was read back.
    pub tested: Option<BackupTested>,
}

impl Registry {
    /// Copies everything into an empty, migrated database, as of this moment, while the registry goes on working. `progress`
    /// hears the table and how many of its rows are there. When the copy stands where it belongs, [`Registry::note_backup_made`].
    ///
    /// # Errors
    /// When one of the two cannot be read or written.
    pub fn make_backup(
        &self,
        _admission: &Admission,
        target: &Database,
        place: &str,
        at: Timestamp,
        progress: &mut dyn FnMut(&str, u64),
    ) -> Result<BackupMade, RegistryError> {
        self.database().copy_to(target, progress)?;
        let rows = target.write_row_counts()?;
        Ok(BackupMade { at, place: place.to_owned(), rows })
    }

    /// Notes that a backup was made.
    ///
    /// # Errors
    /// When it cannot be noted.
    pub fn note_backup_made(&self, _admission: &Admission, made: &BackupMade) -> Result<(), RegistryError> {
        self.note_backup(MADE_SETTING, made)
    }

    /// Reads a copy of a registry whole, as [`read_backup`] does, and notes the outcome here. Gives what was seen, too.
    ///
    /// # Errors
    /// Those of [`read_backup`]; or the outcome cannot be noted.
    pub fn test_backup(
        &self,
        _admission: &Admission,
        copy: &Database,
        at: Timestamp,
    ) -> Result<(BackupTested, Vec<Diagnosis>), RegistryError> {
        let (tested, diagnoses) = read_backup(copy, at)?;
        self.note_backup(TESTED_SETTING, &tested)?;
        Ok((tested, diagnoses))
    }

    /// What was last done about backups.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn backups(&self, _admission: &Admission) -> Result<Backups, RegistryError> {
        Ok(Backups { made: self.noted_backup(MADE_SETTING)?, tested: self.noted_backup(TESTED_SETTING)? })
    }

    /// Whether there is a backup to go back to, as far as this registry was told.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn examine_backups(&self, admission: &Admission, now: Timestamp) -> Result<Diagnosis, RegistryError> {
        let subject = "backups";
        if self.is_demonstration() {
            let report = "a demonstration needs none".to_owned();
            return Ok(Diagnosis { subject, condition: Condition::Well, report });
        }
        let Backups { made, tested } = self.backups(admission)?;
        let shown = |at: Timestamp| at.to_zoned(self.time_zone().clone()).strftime("%Y-%m-%d %H:%M %Z").to_string();
        let is_older = |at: Timestamp, days: i64| now.duration_since(at) > SignedDuration::from_hours(24 * days);
        let well = tested.as_ref().filter(|tested| tested.is_well);
        // One that was made by other means is known by the newest message in it.
        let newest = made.map(|made| made.at).max(well.and_then(|tested| tested.reaches_to));
        let mut wanting = Vec::new();
        match newest {
            None => wanting.push(format!("none is known of: {MAKE_ONE}")),
            Some(at) if is_older(at, BACKUP_DAYS) => {
                wanting.push(format!("the newest is of {}, older than {BACKUP_DAYS} days: {MAKE_ONE}", shown(at)));
            }
            Some(_) => {}
        }
        match &tested {
            Some(tested) if !tested.is_well => wanting.push(format!(
                "{} was found broken on {}: look at what `bluebonnet backup test` says of it",
                tested.place,
                shown(tested.at)
            )),
            None if newest.is_some() => wanting.push("none was read back: `bluebonnet backup test` does it".to_owned()),
            Some(tested) if is_older(tested.at, TEST_DAYS) => {
                wanting.push(format!("none was read back since {}: `bluebonnet backup test` does it", shown(tested.at)))
            }
            _ => {}
        }
        Ok(match (wanting.is_empty(), newest) {
            (true, Some(at)) => {
                let report = format!("the newest is of {}, and one was read back", shown(at));
                Diagnosis { subject, condition: Condition::Well, report }
            }
            _ => Diagnosis { subject, condition: Condition::Warning, report: wanting.join("; ") },
        })
    }

    fn note_backup(&self, setting: &str, what: &impl Serialize) -> Result<(), RegistryError> {
        let text = serde_json::to_string(what).expect("a note is JSON");
        Ok(self.database().set_setting(setting, &text)?)
    }

    fn noted_backup<T: serde::de::DeserializeOwned>(&self, setting: &str) -> Result<Option<T>, RegistryError> {
        let text = self.database().setting(setting)?;
        let unreadable = |error| RegistryError::Refused(format!("the setting {setting} cannot be read: {error}"));
        text.map(|text| serde_json::from_str(&text).map_err(unreadable)).transpose()
    }
}

/// Reads a copy of a registry whole, as `doctor` reads the registry itself, and every document in it. It changes nothing,
/// and what cannot be read is what it was to find. Gives what was seen, too.
///
/// # Errors
/// When the copy is of another version of this program, or the machine fails that it is on.
pub fn read_backup(copy: &Database, at: Timestamp) -> Result<(BackupTested, Vec<Diagnosis>), RegistryError> {
    match read_whole(copy, at) {
        Err(RegistryError::Store(error @ (StoreError::SchemaTooNew { .. } | StoreError::SchemasDiffer { .. }))) => {
            Err(RegistryError::Refused(format!("{}: {error}", copy.url())))
        }
        Err(RegistryError::Store(error)) => Ok(broken(copy, at, error.to_string())),
        // What fails for the moment says nothing of the copy.
        read => read,
    }
}

/// Writes into the audit trail of a registry that it was restored, and from what; before anybody works with it.
///
/// # Errors
/// When it cannot be written.
pub fn note_restored(restored: &Database, from: &BackupTested, at: Timestamp) -> Result<(), RegistryError> {
    let reach =
        from.reaches_to.map_or("which holds no message".to_owned(), |newest| format!("which reaches to {newest}"));
    let entry = AuditEntry {
        at,
        account_id: None,
        organization_id: OrganizationId(Uuid::nil()),
        action: AuditAction::Administered,
        patient_id: None,
        message_id: None,
        detail: format!("restored the registry from the backup {}, {reach}", from.place),
    };
    Ok(restored.append_audit(&[entry])?)
}

fn read_whole(copy: &Database, at: Timestamp) -> Result<(BackupTested, Vec<Diagnosis>), RegistryError> {
    let (found, own) = (copy.schema_version()?, Database::SCHEMA_VERSION);
    if found == 0 {
        return Ok(broken(copy, at, "there is no registry in it".to_owned()));
    }
    if found != own {
        return Err(RegistryError::Refused(format!(
            "{} holds a registry of schema {found}, and this program works with schema {own}: test it with the program that \
             made it, or bring a copy of it up to date first (`bluebonnet migrate`)",
            copy.url()
        )));
    }
    let mut diagnoses = examine(copy)?;
    diagnoses.push(documents(copy)?);
    let tables = copy.statistics()?.tables;
    diagnoses.extend(rows(copy, &tables)?);
    let newest = copy.messages(&MessageFilter::default(), 1)?;
    let tested = BackupTested {
        at,
        place: copy.url().to_string(),
        is_well: diagnoses.iter().all(|diagnosis| diagnosis.is_well() || !diagnosis.is_of_storage()),
        reaches_to: newest.first().map(|message| message.received_at),
        rows: tables.iter().map(|(_, rows)| rows).sum(),
    };
    Ok((tested, diagnoses))
}

/// Of a copy that could not be read to its end.
fn broken(copy: &Database, at: Timestamp, report: String) -> (BackupTested, Vec<Diagnosis>) {
    let place = copy.url().to_string();
    let tested = BackupTested { at, place, is_well: false, reaches_to: None, rows: 0 };
    (tested, vec![Diagnosis { subject: "database", condition: Condition::NotWell, report }])
}

/// Whether there are as many rows in each table as the copy says that were written; nothing where it says nothing, as one
/// that was made by other means. More are no loss: whoever asked something of the copy is written down in it.
fn rows(copy: &Database, tables: &[(String, u64)]) -> Result<Option<Diagnosis>, StoreError> {
    let Some(written) = copy.written_row_counts()? else { return Ok(None) };
    let there = |table: &str| tables.iter().find(|(known, _)| known == table).map_or(0, |(_, rows)| *rows);
    let lost: Vec<String> = written
        .iter()
        .filter(|(table, rows)| there(table) < *rows)
        .map(|(table, rows)| format!("{table} has {}, {rows} were written", counted(there(table), "row")))
        .collect();
    let is_well = lost.is_empty();
    let report = match is_well {
        true => format!("at least as many as were written, in each of {} tables", written.len()),
        false => lost.join("; "),
    };
    Ok(Some(Diagnosis { subject: "rows", condition: Condition::well_if(is_well), report }))
}

/// Whether every document and every original can be unpacked.
fn documents(copy: &Database) -> Result<Diagnosis, StoreError> {
    let unreadable = copy.unreadable_documents()?;
    let of_table = |(table, rows): &(&str, u64)| format!("{} of {table} cannot be read", counted(*rows, "row"));
    let report = match unreadable.as_slice() {
        [] => "every one can be read".to_owned(),
        unreadable => unreadable.iter().map(of_table).collect::<Vec<_>>().join("; "),
    };
    Ok(Diagnosis { subject: "documents", condition: Condition::well_if(unreadable.is_empty()), report })
}
