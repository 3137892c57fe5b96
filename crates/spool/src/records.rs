//! The records of taken files: what is known of each, and the places that are its states.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use model::{Channel, FileId, OrganizationId};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use crate::errors::disk;
use crate::limits::names_in;
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

/// Records that are kept in memory, of all organizations; beyond, they are read anew.
const KNOWN_RECORDS_MAXIMUM: usize = 100_000;

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
    /// An organization's files in one state, in order of arrival. One whose record is damaged is set aside: it is kept, it is
    /// not among them, and the others do not wait for it.
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn records(&self, organization_id: OrganizationId, state: RecordState) -> Result<Vec<Record>, SpoolError> {
        undamaged(self.records_each(organization_id, state)?)
    }

    /// The same, with those that cannot be read at the end.
    ///
    /// # Errors
    /// [`SpoolError::Disk`] when they cannot be listed.
    pub fn records_each(
        &self,
        organization_id: OrganizationId,
        state: RecordState,
    ) -> Result<Vec<Result<Record, SpoolError>>, SpoolError> {
        let ids = self.ids(organization_id, state)?.into_iter();
        let listed = |id| self.listed_record(organization_id, state, id).transpose();
        let mut records: Vec<_> = ids.filter_map(listed).collect();
        records.sort_by_key(|record| match record {
            Ok(record) => (false, Some((record.received_at, record.id))),
            Err(_) => (true, None),
        });
        Ok(records)
    }

    /// Files that wait or are being processed, in order of arrival: those that were begun come first. One whose record is
    /// damaged is set aside, as of [`Spool::records`].
    ///
    /// # Errors
    /// [`SpoolError::Disk`].
    pub fn on_the_way(&self, organization_id: OrganizationId) -> Result<Vec<Record>, SpoolError> {
        undamaged(self.on_the_way_each(organization_id)?)
    }

    /// The same, with those that are set aside among them.
    ///
    /// # Errors
    /// [`SpoolError::Disk`] when they cannot be listed.
    pub fn on_the_way_each(
        &self,
        organization_id: OrganizationId,
    ) -> Result<Vec<Result<Record, SpoolError>>, SpoolError> {
        // Read in the direction in which records move, so that none slips through.
        let mut waiting = self.records_each(organization_id, RecordState::Waiting)?;
        let mut records = self.records_each(organization_id, RecordState::Claimed)?;
        let begun: HashSet<FileId> = records.iter().filter_map(id_of).collect();
        waiting.retain(|waiting| id_of(waiting).is_none_or(|id| !begun.contains(&id)));
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
        let names = names_in(&self.folder(organization_id, state.folder()))?.into_iter();
        Ok(names.filter_map(|name| name.strip_suffix(".json")?.parse().ok()).collect())
    }

    /// The record of a file that was listed. It never changes, so that each is read once: clients list folders again and again.
    fn listed_record(
        &self,
        organization_id: OrganizationId,
        state: RecordState,
        id: FileId,
    ) -> Result<Option<Record>, SpoolError> {
        if let Some(known) = self.known_records().get(&(organization_id, id)) {
            return Ok(Some(known.clone()));
        }
        let read = self.record(organization_id, state, id)?;
        if let Some(record) = &read {
            let mut known = self.known_records();
            if known.len() >= KNOWN_RECORDS_MAXIMUM {
                known.clear();
            }
            known.insert((organization_id, id), record.clone());
        }
        Ok(read)
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
        let path = path(self, organization_id, state.folder(), id);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) if is_of_one_place(&error) => {
                return Err(SpoolError::RecordInvalid { id, path, reason: error.to_string() });
            }
            Err(error) => return Err(disk("read the record of a file")(error)),
        };
        // A damaged one may hold anything: the reason repeats nothing of it.
        let record = serde_json::from_slice::<Record>(&bytes).map_err(|error| match error.is_eof() {
            true => "it ends too early".to_owned(),
            false => format!("it is not what was written, from line {} on", error.line()),
        });
        match record {
            Ok(record) if (record.id, record.organization_id) == (id, organization_id) => Ok(Some(record)),
            Ok(_) => Err(SpoolError::RecordInvalid { id, path, reason: "it is that of another file".to_owned() }),
            Err(reason) => Err(SpoolError::RecordInvalid { id, path, reason }),
        }
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

/// Those whose records are not damaged.
fn undamaged(each: Vec<Result<Record, SpoolError>>) -> Result<Vec<Record>, SpoolError> {
    each.into_iter().filter(|record| !matches!(record, Err(SpoolError::RecordInvalid { .. }))).collect()
}

fn id_of(record: &Result<Record, SpoolError>) -> Option<FileId> {
    match record {
        Ok(record) => Some(record.id),
        Err(SpoolError::RecordInvalid { id, .. }) => Some(*id),
        Err(_) => None,
    }
}

/// Whether a disk that works cannot read this one place of it: what stands elsewhere is not concerned.
fn is_of_one_place(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::IsADirectory || error.raw_os_error() == Some(Errno::IO.raw_os_error())
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
