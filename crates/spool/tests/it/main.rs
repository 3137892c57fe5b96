//! The spool, through its own door.

mod failures;
mod taking;

use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use model::{Channel, FileId, OrganizationId};
use spool::{Faults, Finished, Limits, Opening, Owner, Record, RecordState, Spool, SpoolError};
use tempfile::TempDir;
use uuid::Uuid;

/// A spool in a folder of its own.
struct House {
    folder: TempDir,
    spool: Spool,
}

impl House {
    fn new() -> House {
        House::with(limits(), "")
    }

    fn with(limits: Limits, failure: &str) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = open(folder.path(), limits, failure);
        House { folder, spool }
    }

    /// The process dies and another starts.
    fn start_again(self) -> House {
        let House { folder, spool } = self;
        drop(spool);
        let spool = open(folder.path(), limits(), "");
        House { folder, spool }
    }

    fn put(&self, name: &str, text: &str, number: u64) -> Result<Record, SpoolError> {
        let upload = self.spool.begin(&owner(), name, Opening::Fresh)?;
        upload.write_at(text.as_bytes(), 0)?;
        drop(upload);
        self.finish(name, number)
    }

    fn finish(&self, name: &str, number: u64) -> Result<Record, SpoolError> {
        self.spool.finish(&owner(), &finished(name, number))
    }

    fn waiting(&self) -> Vec<Record> {
        self.spool.records(organization(), RecordState::Waiting).expect("records are read")
    }

    fn text_of(&self, record: &Record) -> String {
        let mut text = String::new();
        let mut content = self.spool.open_content(record).expect("a taken file is there");
        content.read_to_string(&mut text).expect("a taken file is read");
        text
    }
}

fn open(folder: &Path, limits: Limits, failure: &str) -> Spool {
    let faults = if failure.is_empty() { Faults::default() } else { Faults::parse(failure).expect("a plan") };
    Spool::open(folder, limits, faults, now(0)).expect("a spool opens")
}

fn limits() -> Limits {
    Limits { disk_reserve_bytes: 0, ..Limits::default() }
}

fn organization() -> OrganizationId {
    OrganizationId(Uuid::from_u128(7))
}

fn owner() -> Owner {
    Owner { organization_id: organization(), account: "clinic@example.org".into() }
}

fn now(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + second).expect("an instant")
}

fn finished(name: &str, number: u64) -> Finished<'_> {
    let id = FileId(Uuid::from_u128(number.into()));
    Finished { uploaded_as: name, name, id, channel: Channel::File, now: now(number as i64) }
}
