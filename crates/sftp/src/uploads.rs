//! A file being written over this door: in order, without gaps, until the client says that it is whole.

use russh_sftp::protocol::OpenFlags;
use spool::{Opening, Owner, Record, Spool, Upload};

use crate::refusals::Refusal;

/// A file that a client writes.
#[derive(Debug)]
pub(crate) struct Uploading {
    name: String,
    appends: bool,
    /// Bytes of it were refused: what is here is not what the client holds for the whole file.
    lacks_bytes: bool,
    state: State,
}

#[derive(Debug)]
enum State {
    /// It is being written; `end` is behind its last byte.
    Writing { upload: Upload, end: u64 },
    /// A file of this name was taken already, and the client did not say that it begins a new one. It may be about to
    /// resume what needs no resuming: closing without a write is OK, and changes nothing.
    Taken(Box<Record>),
}

impl Uploading {
    /// A file from its beginning.
    pub(crate) fn begin(spool: &Spool, owner: &Owner, name: &str, flags: OpenFlags) -> Result<Uploading, Refusal> {
        let upload = spool.begin(owner, name, Opening::Fresh)?;
        Ok(Uploading::of(name, flags, State::Writing { upload, end: 0 }))
    }

    /// A file that was cut off, where it was.
    pub(crate) fn resume(spool: &Spool, owner: &Owner, name: &str, flags: OpenFlags) -> Result<Uploading, Refusal> {
        let upload = spool.begin(owner, name, Opening::Resume)?;
        let end = upload.size()?;
        Ok(Uploading::of(name, flags, State::Writing { upload, end }))
    }

    /// A file that was taken already.
    pub(crate) fn taken(record: Record, flags: OpenFlags) -> Uploading {
        Uploading::of(&record.name.clone(), flags, State::Taken(Box::new(record)))
    }

    fn of(name: &str, flags: OpenFlags, state: State) -> Uploading {
        Uploading { name: name.to_owned(), appends: flags.contains(OpenFlags::APPEND), lacks_bytes: false, state }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Bytes that are here.
    pub(crate) fn size(&self) -> u64 {
        match &self.state {
            State::Writing { end, .. } => *end,
            State::Taken(record) => record.size,
        }
    }

    /// What there is to take at the end: nothing, when it was taken before.
    pub(crate) fn into_upload(self) -> Result<Option<Upload>, Refusal> {
        match self.state {
            State::Writing { .. } if self.lacks_bytes => Err(Refusal::failed(format!(
                "{:?} is not finished: a part of it was refused. What came before is kept; resume it, or send it again",
                self.name
            ))),
            State::Writing { upload, .. } => Ok(Some(upload)),
            State::Taken(_) => Ok(None),
        }
    }

    /// Writes bytes at a place. After a refusal the file cannot be finished by this handle.
    pub(crate) fn write(&mut self, spool: &Spool, owner: &Owner, bytes: &[u8], offset: u64) -> Result<(), Refusal> {
        let written = self.try_to_write(spool, owner, bytes, offset);
        self.lacks_bytes |= written.is_err();
        written
    }

    fn try_to_write(&mut self, spool: &Spool, owner: &Owner, bytes: &[u8], offset: u64) -> Result<(), Refusal> {
        if let State::Taken(record) = &self.state {
            if self.appends || offset != 0 {
                return Err(Refusal::failed(format!(
                    "{:?} is finished: it was received at {:.0} with {} bytes, receipt {}; more of it cannot follow. \
                     Send a changed file from its beginning, or under another name",
                    self.name,
                    record.received_at,
                    record.size,
                    record.id.number()
                )));
            }
            // Whoever writes the first byte begins a new file of the same name.
            let upload = spool.begin(owner, &self.name, Opening::Fresh)?;
            self.state = State::Writing { upload, end: 0 };
        }
        let State::Writing { upload, end } = &mut self.state else { return Ok(()) };
        let offset = if self.appends { *end } else { offset };
        if offset > *end {
            return Err(Refusal::failed(format!(
                "{offset} is beyond the {end} bytes that are here; a file is sent without gaps"
            )));
        }
        upload.write_at(bytes, offset)?;
        *end = (*end).max(offset.saturating_add(bytes.len() as u64));
        Ok(())
    }

    /// Cuts the file; makes it no longer.
    pub(crate) fn cut(&mut self, size: u64) -> Result<(), Refusal> {
        match &mut self.state {
            State::Writing { upload, end } if size <= *end => {
                upload.set_size(size)?;
                *end = size;
                Ok(())
            }
            State::Taken(record) if size == record.size => Ok(()),
            State::Writing { .. } => Err(Refusal::failed("a file is made longer by writing only")),
            State::Taken(_) => Err(Refusal::failed(format!("{:?} is finished, and stays as it is", self.name))),
        }
    }

    /// Brings what was written to the disk.
    pub(crate) fn sync(&self) -> Result<(), Refusal> {
        match &self.state {
            State::Writing { upload, .. } => Ok(upload.sync()?),
            State::Taken(_) => Ok(()),
        }
    }
}
