//! What stands in an account's tree, and what may be done with it. Everything in it comes from the spool.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use model::{Caller, Channel, FileId};
use registry::{FileAccounts, Gate};
use russh_sftp::protocol::OpenFlags;
use spool::{Finished, OutboxFile, Owner, Partial, Record, RecordState, Spool, SpoolError, is_unfinished};
use uuid::Uuid;

use crate::attributes::{Entry, Kind};
use crate::handles::Readable;
use crate::held::{self, HELD_FILE};
use crate::places::{Folder, Place};
use crate::refusals::Refusal;
use crate::server::FileDoor;
use crate::uploads::Uploading;

/// How long a processed file is still shown in the inbox, so that a client that looks for what it sent finds it.
const SHOWN_IN_INBOX_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The tree of one account.
pub(crate) struct Tree {
    spool: Spool,
    gate: Gate,
    accounts: FileAccounts,
    caller: Caller,
    owner: Owner,
    /// When the session began: the age of the folders.
    begun_at: Timestamp,
    /// What this session handed in, by name: asked for right after it was.
    taken: HashMap<String, Record>,
}

impl Tree {
    pub(crate) fn new(door: &FileDoor, caller: Caller) -> Tree {
        let owner = Owner { organization_id: caller.organization_id, account: caller.username.clone() };
        let (spool, gate, accounts) = (door.spool.clone(), door.gate.clone(), door.accounts.clone());
        let begun_at = clock(&gate);
        Tree { spool, gate, accounts, caller, owner, begun_at, taken: HashMap::new() }
    }

    /// Who owns everything here, as listings show it.
    pub(crate) fn organization_code(&self) -> &str {
        &self.caller.organization_code
    }

    /// Refuses while the door is closed, and when the account was deactivated meanwhile.
    pub(crate) fn check_open(&self) -> Result<(), Refusal> {
        if !self.accounts.still_knows(&self.caller) {
            return Err(Refusal::denied("the account may not be used any more"));
        }
        self.gate.admit(Channel::File).map(drop).map_err(Refusal::from)
    }

    /// What stands at a place.
    pub(crate) fn find(&self, place: &Place) -> Result<Entry, Refusal> {
        match place {
            Place::Root => Ok(self.folder_entry("/", Kind::Folder)),
            Place::Folder(folder) => Ok(self.folder_entry(folder.name(), kind_of(*folder))),
            Place::File(Folder::Inbox, name) => self.find_in_inbox(name),
            Place::File(Folder::Outbox, name) if name == HELD_FILE => self.held_entry()?.ok_or_else(|| missing(place)),
            Place::File(Folder::Outbox, name) => match self.spool.outbox_file(self.owner.organization_id, name) {
                Err(SpoolError::Missing { .. } | SpoolError::NameInvalid { .. }) => Err(missing(place)),
                found => Ok(result_entry(found?)),
            },
            Place::File(Folder::Archive, name) => self
                .archived(name)?
                .map(|record| record_entry(&record, name, "processed"))
                .ok_or_else(|| missing(place)),
        }
    }

    /// What stands in a folder.
    pub(crate) fn list(&self, place: &Place) -> Result<Vec<Entry>, Refusal> {
        match place {
            Place::Root => {
                Ok(Folder::ALL.iter().map(|folder| self.folder_entry(folder.name(), kind_of(*folder))).collect())
            }
            Place::Folder(Folder::Inbox) => self.list_inbox(),
            Place::Folder(Folder::Outbox) => {
                let results = self.spool.outbox(self.owner.organization_id)?.into_iter();
                // The notice is made at the moment in which it is read.
                let results = results.filter(|file| file.name != HELD_FILE).map(result_entry);
                Ok(results.chain(self.held_entry()?).collect())
            }
            Place::Folder(Folder::Archive) => {
                let names = archive_names(self.spool.records(self.owner.organization_id, RecordState::Archived)?);
                Ok(names.iter().map(|(name, record)| record_entry(record, name, "processed")).collect())
            }
            Place::File(..) => Err(Refusal::failed(format!("{} is a file", place.path()))),
        }
    }

    /// Opens a file to be read.
    pub(crate) fn open(&self, place: &Place) -> Result<(Entry, Arc<Readable>), Refusal> {
        let entry = self.find(place)?;
        let Place::File(folder, name) = place else {
            return Err(Refusal::failed(format!("{} is a folder", place.path())));
        };
        let file = match folder {
            Folder::Outbox if name == HELD_FILE => {
                let text = self.held_text()?.ok_or_else(|| missing(place))?;
                return Ok((Entry { size: text.len() as u64, ..entry }, Arc::new(Readable::Text(text))));
            }
            Folder::Outbox => self.spool.open_outbox_file(self.owner.organization_id, name)?,
            Folder::Archive => self.spool.open_content(&self.archived(name)?.ok_or_else(|| missing(place))?)?,
            Folder::Inbox => match self.taken(name)? {
                Some((record, _)) if entry.kind == Kind::Finished => self.spool.open_content(&record)?,
                _ => return Err(Refusal::denied(format!("{name:?} is not finished; it is read when it is"))),
            },
        };
        Ok((entry, Arc::new(Readable::Disk(file))))
    }

    /// Opens a file to be written.
    pub(crate) fn begin(&self, place: &Place, flags: OpenFlags) -> Result<Uploading, Refusal> {
        let name = self.writable(place)?;
        if flags.contains(OpenFlags::CREATE | OpenFlags::TRUNCATE) && !flags.contains(OpenFlags::EXCLUDE) {
            // Whatever there is: nothing that was taken is looked through.
            return Uploading::begin(&self.spool, &self.owner, name, flags);
        }
        let partial = self.partial(name)?;
        let taken = if partial.is_none() { self.taken(name)? } else { None };
        let is_exclusive = flags.contains(OpenFlags::CREATE | OpenFlags::EXCLUDE);
        if is_exclusive && (partial.is_some() || taken.is_some()) {
            return Err(Refusal::failed(format!("{name:?} is there already")));
        }
        if !flags.contains(OpenFlags::CREATE) && partial.is_none() && taken.is_none() {
            return Err(missing(place));
        }
        if flags.contains(OpenFlags::TRUNCATE) {
            return Uploading::begin(&self.spool, &self.owner, name, flags);
        }
        match taken {
            Some((record, _)) => Ok(Uploading::taken(record, flags)),
            None => Uploading::resume(&self.spool, &self.owner, name, flags),
        }
    }

    /// Writes into an upload.
    pub(crate) fn write(&self, upload: &mut Uploading, bytes: &[u8], offset: u64) -> Result<(), Refusal> {
        upload.write(&self.spool, &self.owner, bytes, offset)
    }

    /// Takes an upload for good when its name says that it is finished. Only after that the client is told OK.
    pub(crate) fn close(&mut self, upload: Uploading) -> Result<(), Refusal> {
        let name = upload.name().to_owned();
        let is_empty = upload.size() == 0;
        match upload.into_upload()? {
            Some(_) if is_unfinished(&name) => Ok(()),
            Some(upload) if is_empty => {
                upload.discard()?;
                Err(Refusal::failed(format!("{name:?} is empty; there is nothing in it to process")))
            }
            Some(upload) => self.take(&name, &name, |_, finished| upload.finish(finished)),
            None => Ok(()),
        }
    }

    /// Gives an upload another name; from a temporary one to that of a finished file makes it one.
    pub(crate) fn rename(&mut self, from: &Place, to: &Place) -> Result<(), Refusal> {
        let (Place::File(Folder::Inbox, old), Place::File(Folder::Inbox, new)) = (from, to) else {
            self.find(from)?;
            return Err(Refusal::denied("files are renamed within /inbox only"));
        };
        match self.partial(old)? {
            Some(_) if is_unfinished(new) => Ok(self.spool.rename_partial(&self.owner, old, new)?),
            Some(partial) if partial.size == 0 => {
                Err(Refusal::failed(format!("{old:?} is empty; there is nothing in it to process")))
            }
            // Its name said that closing it finishes it, and it was not closed: a part of it may be missing.
            Some(_) if !is_unfinished(old) => Err(Refusal::failed(format!(
                "{old:?} was cut off before its end; resume it, or send it again from its beginning"
            ))),
            Some(_) => self.take(old, new, |tree, finished| tree.spool.finish(&tree.owner, finished)),
            None => match self.taken(old)? {
                Some((record, _)) => Err(Refusal::denied(format!(
                    "{old:?} is finished, receipt {}; it keeps its name. Nothing needs to be sent again",
                    record.id.number()
                ))),
                None => Err(missing(from)),
            },
        }
    }

    /// Removes an unfinished upload, or a result that was fetched.
    pub(crate) fn remove(&mut self, place: &Place) -> Result<(), Refusal> {
        match place {
            Place::File(Folder::Inbox, name) => match self.partial(name)? {
                Some(_) => Ok(self.spool.discard(&self.owner, name)?),
                None => match self.taken(name)? {
                    // Clients that write under a temporary name make room for it. What was taken is processed all the same.
                    Some(_) if self.is_to_be_replaced(name)? => Ok(()),
                    Some((record, _)) => Err(Refusal::denied(format!(
                        "{name:?} is finished, receipt {}; it cannot be taken back",
                        record.id.number()
                    ))),
                    None => Err(missing(place)),
                },
            },
            Place::File(Folder::Outbox, name) if name == HELD_FILE => {
                Err(Refusal::denied(format!("{HELD_FILE} goes by itself")))
            }
            Place::File(Folder::Outbox, name) => {
                self.find(place)?;
                Ok(self.spool.remove_from_outbox(self.owner.organization_id, name)?)
            }
            Place::File(Folder::Archive, _) => {
                self.find(place)?;
                Err(Refusal::denied("what was processed is kept in /archive, and removed when its time has come"))
            }
            Place::Root | Place::Folder(_) => Err(Refusal::failed(format!("{} is a folder, and stays", place.path()))),
        }
    }

    fn take(
        &mut self,
        uploaded_as: &str,
        name: &str,
        finish: impl FnOnce(&Tree, &Finished<'_>) -> Result<Record, SpoolError>,
    ) -> Result<(), Refusal> {
        let finished = Finished { uploaded_as, name, id: new_id(), channel: Channel::File, now: self.now() };
        let record = finish(self, &finished)?;
        metrics::counter!("bluebonnet_files_taken_total", "channel" => "sftp").increment(1);
        tracing::info!(
            receipt = record.id.number(),
            organization = self.caller.organization_code,
            bytes = record.size,
            "file taken"
        );
        self.taken.insert(record.name.clone(), record);
        Ok(())
    }

    fn writable<'a>(&self, place: &'a Place) -> Result<&'a str, Refusal> {
        match place {
            Place::File(Folder::Inbox, name) => Ok(name),
            Place::File(folder, _) => {
                Err(Refusal::denied(format!("/{} cannot be written; put files into /inbox", folder.name())))
            }
            Place::Root | Place::Folder(_) => Err(Refusal::failed(format!("{} is a folder", place.path()))),
        }
    }

    /// Whether an upload is about to be renamed to this name: `march.hl7.filepart`, `.in.march.hl7.7`.
    fn is_to_be_replaced(&self, name: &str) -> Result<bool, Refusal> {
        let stands_for = |partial: &Partial| is_unfinished(&partial.name) && partial.name.contains(name);
        Ok(self.spool.partials(&self.owner)?.iter().any(|partial| partial.size > 0 && stands_for(partial)))
    }

    fn partial(&self, name: &str) -> Result<Option<Partial>, Refusal> {
        match self.spool.partial(&self.owner, name) {
            Ok(partial) => Ok(Some(partial)),
            Err(SpoolError::Missing { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The newest finished file of a name that the inbox still shows, and its state in a word.
    fn taken(&self, name: &str) -> Result<Option<(Record, &'static str)>, Refusal> {
        if let Some(record) = self.taken.get(name) {
            let state = match self.spool.find(self.owner.organization_id, record.id) {
                Ok((_, RecordState::Archived)) => "processed",
                Ok((_, RecordState::Claimed)) => "processing",
                Ok((_, RecordState::Waiting)) => self.waiting_word(),
                Err(SpoolError::Missing { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            return Ok(Some((record.clone(), state)));
        }
        Ok(self.all_taken()?.remove(name))
    }

    /// The newest finished file of each name that the inbox still shows.
    fn all_taken(&self) -> Result<HashMap<String, (Record, &'static str)>, Refusal> {
        let organization_id = self.owner.organization_id;
        let shown_from = self.now() - SHOWN_IN_INBOX_FOR;
        let mut newest = HashMap::new();
        // Read in the direction in which files move, so that none slips through; what is read later knows better.
        let waiting = self.spool.records(organization_id, RecordState::Waiting)?;
        let claimed = self.spool.records(organization_id, RecordState::Claimed)?;
        let archived = self.spool.records(organization_id, RecordState::Archived)?;
        let lately = archived.into_iter().filter(|record| record.received_at >= shown_from);
        let all = waiting.into_iter().map(|record| (record, self.waiting_word()));
        let all = all.chain(claimed.into_iter().map(|record| (record, "processing")));
        let all = all.chain(lately.map(|record| (record, "processed")));
        for (record, state) in all {
            match newest.get(&record.name) {
                Some((known, _)) if is_newer(known, &record) => {}
                _ => drop(newest.insert(record.name.clone(), (record, state))),
            }
        }
        Ok(newest)
    }

    fn find_in_inbox(&self, name: &str) -> Result<Entry, Refusal> {
        if let Some(partial) = self.partial(name)? {
            return Ok(partial_entry(partial));
        }
        let taken = self.taken(name)?.map(|(record, state)| record_entry(&record, name, state));
        taken.ok_or_else(|| missing(&Place::File(Folder::Inbox, name.to_owned())))
    }

    fn list_inbox(&self) -> Result<Vec<Entry>, Refusal> {
        let partials: Vec<Partial> = self.spool.partials(&self.owner)?;
        let unfinished: HashSet<String> = partials.iter().map(|partial| partial.name.clone()).collect();
        let mut entries: Vec<Entry> = partials.into_iter().map(partial_entry).collect();
        let taken = self.all_taken()?.into_iter().filter(|(name, _)| !unfinished.contains(name));
        entries.extend(taken.map(|(name, (record, state))| record_entry(&record, &name, state)));
        entries.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(entries)
    }

    fn archived(&self, name: &str) -> Result<Option<Record>, Refusal> {
        let names = archive_names(self.spool.records(self.owner.organization_id, RecordState::Archived)?);
        Ok(names.into_iter().find(|(known, _)| known == name).map(|(_, record)| record))
    }

    fn now(&self) -> Timestamp {
        clock(&self.gate)
    }

    fn waiting_word(&self) -> &'static str {
        if held::is_held(&self.gate) { "held" } else { "queued" }
    }

    fn held_entry(&self) -> Result<Option<Entry>, Refusal> {
        Ok(self.held_text()?.map(|text| Entry {
            name: HELD_FILE.to_owned(),
            kind: Kind::Finished,
            size: text.len() as u64,
            modified_at: self.now(),
            state: "notice",
        }))
    }

    fn held_text(&self) -> Result<Option<String>, Refusal> {
        if !held::is_held(&self.gate) {
            return Ok(None);
        }
        let waiting = self.spool.on_the_way(self.owner.organization_id)?;
        Ok(held::text(&self.gate, &waiting))
    }

    fn folder_entry(&self, name: &str, kind: Kind) -> Entry {
        Entry { name: name.to_owned(), kind, size: 0, modified_at: self.begun_at, state: "-" }
    }
}

fn kind_of(folder: Folder) -> Kind {
    match folder {
        Folder::Inbox => Kind::OpenFolder,
        // Results may be removed when they were fetched.
        Folder::Outbox => Kind::OpenFolder,
        Folder::Archive => Kind::Folder,
    }
}

fn is_newer(left: &Record, right: &Record) -> bool {
    (left.received_at, left.id) > (right.received_at, right.id)
}

/// Archived files under names that tell them apart: the newest has its own, older ones their receipt behind it.
fn archive_names(mut records: Vec<Record>) -> Vec<(String, Record)> {
    records.sort_by_key(|record| std::cmp::Reverse((record.received_at, record.id)));
    let mut seen = HashSet::new();
    records
        .into_iter()
        .map(|record| match seen.insert(record.name.clone()) {
            true => (record.name.clone(), record),
            false => (format!("{}~{}", record.name, record.id.number()), record),
        })
        .collect()
}

fn partial_entry(partial: Partial) -> Entry {
    let Partial { name, size, modified_at } = partial;
    Entry { name, kind: Kind::Unfinished, size, modified_at, state: "uploading" }
}

fn result_entry(file: OutboxFile) -> Entry {
    let OutboxFile { name, size, modified_at } = file;
    Entry { name, kind: Kind::Finished, size, modified_at, state: "result" }
}

fn record_entry(record: &Record, name: &str, state: &'static str) -> Entry {
    let (size, modified_at) = (record.size, record.received_at);
    Entry { name: name.to_owned(), kind: Kind::Finished, size, modified_at, state }
}

fn missing(place: &Place) -> Refusal {
    Refusal::missing(format!("there is no {}", place.path()))
}

/// The time by the gate's clock, by which windows begin.
#[expect(clippy::disallowed_methods, reason = "the door reads the clock where the gate has none")]
fn clock(gate: &Gate) -> Timestamp {
    gate.now().unwrap_or_else(Timestamp::now)
}

#[expect(clippy::disallowed_methods, reason = "the door makes the receipt's id")]
fn new_id() -> FileId {
    FileId(Uuid::now_v7())
}
