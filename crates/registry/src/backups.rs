//! Backups: a whole copy made while the registry works, the proof that a copy can be read back, and when either was last done.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Database, MessageFilter};

use crate::operations::examine;
use crate::{Admission, Diagnosis, Registry, RegistryError};

/// The settings that hold what was last done.
const MADE_SETTING: &str = "backup/made";
const TESTED_SETTING: &str = "backup/tested";

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
        let rows = self.database().copy_to(target, progress)?;
        Ok(BackupMade { at, place: place.to_owned(), rows })
    }

    /// Notes that a backup was made.
    ///
    /// # Errors
    /// When it cannot be noted.
    pub fn note_backup_made(&self, _admission: &Admission, made: &BackupMade) -> Result<(), RegistryError> {
        self.note_backup(MADE_SETTING, made)
    }

    /// Reads a copy of a registry whole, as `doctor` reads the registry itself, changes nothing in it, and notes the outcome
    /// here. Gives what was seen, too.
    ///
    /// # Errors
    /// When the copy is of another version of this program, or cannot be read at all; or the outcome cannot be noted.
    pub fn test_backup(
        &self,
        _admission: &Admission,
        copy: &Database,
        at: Timestamp,
    ) -> Result<(BackupTested, Vec<Diagnosis>), RegistryError> {
        let (found, own) = (copy.schema_version()?, Database::SCHEMA_VERSION);
        if found != own {
            let reason = format!(
                "{} holds a registry of schema {found}, and this program works with schema {own}: test it with the program that \
                 made it, or bring a copy of it up to date first (`bluebonnet migrate`)",
                copy.url()
            );
            return Err(RegistryError::Refused(reason));
        }
        let diagnoses = examine(copy)?;
        let newest = copy.messages(&MessageFilter::default(), 1)?;
        let tested = BackupTested {
            at,
            place: copy.url().to_string(),
            is_well: diagnoses.iter().all(|diagnosis| diagnosis.is_well || !diagnosis.is_of_storage()),
            reaches_to: newest.first().map(|message| message.received_at),
            rows: copy.statistics()?.tables.iter().map(|(_, rows)| rows).sum(),
        };
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
