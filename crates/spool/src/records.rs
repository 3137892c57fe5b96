//! The records of taken files: what is known of each, and the places that are its states.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use model::{Channel, FileId, OrganizationId};
use serde::{Deserialize, Serialize};

use crate::errors::disk;
use crate::limits::sizes;
use crate::places::Folder;
use crate::{Point, Spool, SpoolError, durable};

/// Bytes compared at a time.
const COMPARED_BYTES: usize = 256 * 1024;

/// A file that was taken.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Its id, and the receipt that its sender gets.
    pub id: FileId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The account that uploaded it.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Through which door it came.
    pub channel: Channel,
    /// When it was finished.
    pub received_at: Timestamp,
    /// Its bytes.
    pub size: u64,
    /// SHA-256 of all its bytes, in hexadecimal digits.
    pub content_hash: String,
    /// SHA-256 of its first 4,096 bytes.
    pub head_hash: String,
    /// Lines that begin with `MSH`; 0 in files that are packed, and in flat ones.
    pub message_count: u64,
}

/// Looks through all states for one file.
const LOOKS: usize = 3;

/// How far a taken file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RecordState {
    /// Taken, not yet begun.
    Waiting,
    /// Being processed.
    Claimed,
    /// Processed.
    Archived,
}

impl RecordState {
    const ALL: [RecordState; 3] = [RecordState::Waiting, RecordState::Claimed, RecordState::Archived];

    fn folder(self) -> Folder {
        match self {
            RecordState::Waiting => Folder::Waiting,
            RecordState::Claimed => Folder::Claimed,
            RecordState::Archived => Folder::Archive,
        }
    }
}

/// The right to process an organization's files: one process has it, until it is dropped or dies.
#[derive(Debug)]
pub struct Claim {
    organization_id: OrganizationId,
    _lock: File,
}

impl Claim {
    /// Whose files.
    pub fn organization_id(&self) -> OrganizationId {
        self.organization_id
    }
}

impl Spool {
    /// An organization's files in one state, in order of arrival.
    ///
    /// # Errors
    /// [`SpoolError::Disk`] or [`SpoolError::RecordInvalid`].
    pub fn records(&self, organization_id: OrganizationId, state: RecordState) -> Result<Vec<Record>, SpoolError> {
        self.records_each(organization_id, state)?.into_iter().collect()
    }

    /// The same, with those that cannot be read at the end: they stand in nobody's way.
    ///
    /// # Errors
    /// [`SpoolError::Disk`] when they cannot be listed.
    pub fn records_each(
        &self,
        organization_id: OrganizationId,
        state: RecordState,
    ) -> Result<Vec<Result<Record, SpoolError>>, SpoolError> {
        let ids = self.ids(organization_id, state)?.into_iter();
        let mut records: Vec<_> = ids.filter_map(|id| self.record(organization_id, state, id).transpose()).collect();
        records.sort_by_key(|record| match record {
            Ok(record) => (false, Some((record.received_at, record.id))),
            Err(_) => (true, None),
        });
        Ok(records)
    }

    /// Files that wait or are being processed, in order of arrival: those that were begun come first.
    ///
    /// # Errors
    /// [`SpoolError::Disk`] or [`SpoolError::RecordInvalid`].
    pub fn on_the_way(&self, organization_id: OrganizationId) -> Result<Vec<Record>, SpoolError> {
        // Read in the direction in which records move, so that none slips through.
        let mut waiting = self.records(organization_id, RecordState::Waiting)?;
        let mut records = self.records(organization_id, RecordState::Claimed)?;
        waiting.retain(|waiting| records.iter().all(|claimed| claimed.id != waiting.id));
        records.append(&mut waiting);
        Ok(records)
    }

    /// The ids of the same.
    pub(crate) fn ids_on_the_way(&self, organization_id: OrganizationId) -> Result<BTreeSet<FileId>, SpoolError> {
        let mut ids = self.ids(organization_id, RecordState::Waiting)?;
        ids.append(&mut self.ids(organization_id, RecordState::Claimed)?);
        Ok(ids)
    }

    pub(crate) fn ids(
        &self,
        organization_id: OrganizationId,
        state: RecordState,
    ) -> Result<BTreeSet<FileId>, SpoolError> {
        let names = sizes(&self.folder(organization_id, state.folder()))?.into_iter().map(|(name, _)| name);
        Ok(names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect())
    }

    /// A taken file, and how far it is.
    ///
    /// # Errors
    /// [`SpoolError::Missing`], [`SpoolError::Disk`] or [`SpoolError::RecordInvalid`].
    pub fn find(&self, organization_id: OrganizationId, id: FileId) -> Result<(Record, RecordState), SpoolError> {
        // A file goes on from state to state while it is sought, and back when it is processed again: one look can miss it.
        for _ in 0..LOOKS {
            for state in RecordState::ALL {
                if let Some(record) = self.record(organization_id, state, id)? {
                    return Ok((record, state));
                }
            }
        }
        Err(SpoolError::Missing { name: id.to_string() })
    }

    pub(crate) fn record(
        &self,
        organization_id: OrganizationId,
        state: RecordState,
        id: FileId,
    ) -> Result<Option<Record>, SpoolError> {
        let bytes = match fs::read(path(self, organization_id, state.folder(), id)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(disk("read the record of a file")(error)),
        };
        let record = serde_json::from_slice(&bytes);
        record.map(Some).map_err(|error| SpoolError::RecordInvalid { id: id.to_string(), reason: error.to_string() })
    }

    /// The bytes of a taken file.
    ///
    /// # Errors
    /// [`SpoolError::Missing`] or [`SpoolError::Disk`].
    pub fn open_content(&self, record: &Record) -> Result<File, SpoolError> {
        match File::open(self.content_path(record.organization_id, record.id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(SpoolError::Missing { name: record.name.clone() })
            }
            opened => opened.map_err(disk(format!("open {:?}", record.name))),
        }
    }

    /// Whether a taken file is the beginning of another.
    ///
    /// # Errors
    /// [`SpoolError::Missing`] or [`SpoolError::Disk`].
    pub fn is_beginning_of(&self, record: &Record, longer: &Record) -> Result<bool, SpoolError> {
        let attempt = || format!("compare {:?} with an earlier file", record.name);
        let (mut own, mut other) = (self.open_content(record)?, self.open_content(longer)?);
        let (mut own_bytes, mut other_bytes) = (vec![0; COMPARED_BYTES], vec![0; COMPARED_BYTES]);
        loop {
            let count = own.read(&mut own_bytes).map_err(disk(attempt()))?;
            if count == 0 {
                return Ok(record.size < longer.size);
            }
            match other.read_exact(&mut other_bytes[..count]) {
                Ok(()) if own_bytes[..count] == other_bytes[..count] => {}
                Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(disk(attempt())(error)),
                _ => return Ok(false),
            }
        }
    }

    /// The right to process an organization's files; `None` while another has it.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn claim(&self, organization_id: OrganizationId) -> Result<Option<Claim>, SpoolError> {
        let attempt = "claim the files of an organization";
        let folder = self.folder(organization_id, Folder::New);
        let lock = durable::lock_file(&folder.join("claim.lock")).map_err(disk(attempt))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Claim { organization_id, _lock: lock })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(disk(attempt)(error)),
        }
    }

    /// Marks a waiting file as being processed; one that was marked stays so.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn begin_processing(&self, _claim: &Claim, record: &Record) -> Result<(), SpoolError> {
        self.move_record(record, Folder::Waiting, Folder::Claimed)?;
        self.faults().pass(Point::Claim).map_err(disk(format!("claim {:?}", record.name)))
    }

    /// Puts a processed file into the archive.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn archive(&self, _claim: &Claim, record: &Record) -> Result<(), SpoolError> {
        self.move_record(record, Folder::Claimed, Folder::Archive)
    }

    /// Takes a file out of the archive, to be processed again.
    ///
    /// # Errors
    /// [`SpoolError::Missing`] when it is not there any more, or [`SpoolError::Disk`].
    pub fn process_again(&self, record: &Record) -> Result<(), SpoolError> {
        self.open_content(record)?;
        self.move_record(record, Folder::Archive, Folder::Waiting)
    }

    fn move_record(&self, record: &Record, from: Folder, to: Folder) -> Result<(), SpoolError> {
        let source = path(self, record.organization_id, from, record.id);
        let target = path(self, record.organization_id, to, record.id);
        let moved = match fs::rename(&source, &target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && target.exists() => Ok(()),
            moved => moved,
        };
        let folder = target.parent().unwrap_or(&target);
        moved.and_then(|()| durable::sync_folder(folder)).map_err(disk(format!("move the record of {:?}", record.name)))
    }
}

pub(crate) fn path(spool: &Spool, organization_id: OrganizationId, folder: Folder, id: FileId) -> PathBuf {
    spool.folder(organization_id, folder).join(format!("{id}.json"))
}

/// Writes a record, whole or not at all.
pub(crate) fn write(spool: &Spool, record: &Record, folder: Folder) -> io::Result<()> {
    let new = path(spool, record.organization_id, Folder::New, record.id);
    let target = path(spool, record.organization_id, folder, record.id);
    let text = serde_json::to_vec_pretty(record).map_err(io::Error::other)?;
    durable::write_whole(&new, &target, spool.faults(), |output| output.write_all(&text))
}
