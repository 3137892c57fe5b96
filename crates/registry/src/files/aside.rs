//! Taken files whose records are damaged: they are kept where they are, the files behind them go on, and an operator is told.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use model::{FileId, OrganizationId, counted};
use spool::{Record, SpoolError};

use super::Exchange;
use crate::operations::{Condition, Diagnosis};
use crate::{Admission, RegistryError};

/// Files that are named one by one.
const NAMED_MAXIMUM: usize = 20;

/// A taken file that waits, and whose record is damaged.
struct SetAside {
    organization_id: OrganizationId,
    id: FileId,
    record: PathBuf,
    reason: String,
}

/// Of which files the log was told already.
#[derive(Default)]
pub(super) struct ToldAside(HashSet<FileId>);

impl ToldAside {
    /// Parts the files that can be processed from those that are set aside; of each of these the log tells once.
    pub(super) fn part(&mut self, each: Vec<Result<Record, SpoolError>>) -> Result<Vec<Record>, SpoolError> {
        let mut records = Vec::with_capacity(each.len());
        for record in each {
            match record {
                Ok(record) => records.push(record),
                Err(error @ SpoolError::RecordInvalid { id, .. }) => {
                    if self.0.insert(id) {
                        tracing::error!(%error, "a file is set aside, those behind it go on; `bluebonnet doctor` says what to do");
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(records)
    }
}

impl Exchange {
    /// Whether the files that wait in the spool of this node can be processed, for a doctor's report.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn examine_files(&self, _admission: &Admission) -> Result<Diagnosis, RegistryError> {
        let subject = "files";
        let (waiting, aside) = match self.look_for_set_aside() {
            Ok(looked) => looked,
            Err(error) => return Ok(Diagnosis { subject, condition: Condition::NotWell, report: error.to_string() }),
        };
        if aside.is_empty() {
            let wait = if waiting == 1 { "waits" } else { "wait" };
            let report = format!("{} {wait} to be processed", counted(waiting, "file"));
            return Ok(Diagnosis { subject, condition: Condition::Well, report });
        }
        let named: Vec<String> =
            aside.iter().take(NAMED_MAXIMUM).map(|file| self.in_words(file)).collect::<Result<_, _>>()?;
        let report = format!(
            "{} set aside because the record of it is damaged, those behind go on; take each in again from what is kept of it, \
             then remove its record: {}{}",
            counted(aside.len() as u64, "file"),
            named.join("; "),
            if aside.len() > NAMED_MAXIMUM { "; and others" } else { "" }
        );
        Ok(Diagnosis { subject, condition: Condition::NotWell, report })
    }

    /// How many files that wait are set aside because their records are damaged. Blocks for as long as the disk takes.
    ///
    /// # Errors
    /// When the spool cannot be read.
    pub fn set_aside_count(&self, _admission: &Admission) -> Result<u64, RegistryError> {
        let looked = self.look_for_set_aside().map_err(|error| RegistryError::Refused(error.to_string()))?;
        Ok(looked.1.len() as u64)
    }

    /// How many files wait that can be processed, and those that are set aside.
    fn look_for_set_aside(&self) -> Result<(u64, Vec<SetAside>), SpoolError> {
        let (mut waiting, mut aside) = (0, Vec::new());
        for organization_id in self.spool.organizations()? {
            for record in self.spool.on_the_way_each(organization_id)? {
                match record {
                    Ok(_) => waiting += 1,
                    Err(SpoolError::RecordInvalid { id, path, reason }) => {
                        aside.push(SetAside { organization_id, id, record: path, reason });
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok((waiting, aside))
    }

    /// What is known of it, and how it is taken in again.
    fn in_words(&self, file: &SetAside) -> Result<String, RegistryError> {
        let known = self.registry.database().find_file(file.id)?;
        // A file of rows is known by the end of its name.
        let name = known.map_or_else(|| "NAME".to_owned(), |known| format!("{:?}", known.name));
        let snapshot = self.registry.directory().snapshot();
        let organization = snapshot.organization(file.organization_id);
        let organization = organization.map_or_else(|| file.organization_id.to_string(), |known| known.code.clone());
        Ok(format!(
            "{} ({}): `bluebonnet file put {} --name {name} --organization {organization}`",
            shown(&file.record),
            file.reason,
            shown(&self.spool.content_path(file.organization_id, file.id)),
        ))
    }
}

/// A path as a shell takes it where it holds a space.
fn shown(path: &Path) -> String {
    let path = path.display().to_string();
    if path.contains(' ') { format!("'{path}'") } else { path }
}
