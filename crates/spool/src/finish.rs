//! Taking a file for good. Whoever is answered OK has a file that no crash loses; whoever is not, has none.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use jiff::Timestamp;
use memchr::memchr2_iter;
use model::{Channel, FileId};
use sha2::{Digest, Sha256};

use crate::errors::disk;
use crate::limits::check_disk;
use crate::places::Folder;
use crate::records::{self, Record};
use crate::uploads::{Part, Upload, look_at};
use crate::{Owner, Point, Spool, SpoolError, durable};

/// Bytes read at a time.
const BUFFER_BYTES: usize = 1 << 20;
/// Bytes at the beginning of a file whose hash finds the file that it may be a cut-off copy of.
const HEAD_BYTES: u64 = 4096;

/// What makes a finished upload a file that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finished<'a> {
    /// The name under which it was uploaded.
    pub uploaded_as: &'a str,
    /// The name that it shall have.
    pub name: &'a str,
    /// Its id, made at the door.
    pub id: FileId,
    /// Through which door it came.
    pub channel: Channel,
    /// The time.
    pub now: Timestamp,
}

impl Spool {
    /// Takes an upload for good: brings it to the disk, moves it to where it counts, writes its record the same way.
    /// After that, and only then, the sender may be told OK. No handle writes it any more.
    ///
    /// # Errors
    /// No room ([`SpoolError::is_for_lack_of_room`]: the upload is kept), [`SpoolError::NotDurable`] (it is thrown
    /// away), [`SpoolError::Missing`], or the disk. In each case the file was not taken.
    pub fn finish(&self, owner: &Owner, finished: &Finished<'_>) -> Result<Record, SpoolError> {
        self.take(owner, finished, None)
    }

    pub(crate) fn take(
        &self,
        owner: &Owner,
        finished: &Finished<'_>,
        upload: Option<Upload>,
    ) -> Result<Record, SpoolError> {
        let path = self.partial_path(owner, finished.uploaded_as)?;
        let _turn = self.turns().take([path.clone(), self.partial_path(owner, finished.name)?]);
        look_at(&path, finished.uploaded_as)?;
        let part = self.part(path, finished.uploaded_as)?;
        if let Some(upload) = upload {
            upload.check_writes(&part)?;
        }
        part.seal();
        self.check_waiting(owner)?;
        check_disk(&part.file, self.limits().disk_reserve_bytes)?;
        self.sync_part(&part)?;
        let read = read_through(&part)?;
        let record = Record {
            id: finished.id,
            organization_id: owner.organization_id,
            account: owner.account.clone(),
            name: finished.name.to_owned(),
            channel: finished.channel,
            received_at: finished.now,
            size: read.size,
            content_hash: hexadecimal(&read.content_hash),
            head_hash: hexadecimal(&read.head_hash),
            message_count: read.message_count,
        };
        self.move_to_where_it_counts(&part, &record)?;
        Ok(record)
    }

    /// Files that wait may not become more than the limit; uploads were counted when they began.
    fn check_waiting(&self, owner: &Owner) -> Result<(), SpoolError> {
        let count = self.ids_on_the_way(owner.organization_id)?.len() as u64;
        match count >= self.limits().organization_files {
            true => Err(SpoolError::TooManyFiles { count }),
            false => Ok(()),
        }
    }

    /// A failed sync is fatal for a file: the system may have dropped the bytes and say so only once.
    pub(crate) fn sync_part(&self, part: &Part) -> Result<(), SpoolError> {
        let synced = part.file.sync_all().and_then(|()| self.faults().pass(Point::Fsync));
        synced.map_err(|source| {
            part_is_lost(self, &part.path);
            SpoolError::NotDurable { name: part.name.clone(), source }
        })
    }

    fn move_to_where_it_counts(&self, part: &Part, record: &Record) -> Result<(), SpoolError> {
        let content = self.content_path(record.organization_id, record.id);
        let _moving = self.turns().moving();
        let moved = (|| {
            fs::rename(&part.path, &content)?;
            self.parts().remove(&part.path);
            self.faults().pass(Point::Rename)?;
            durable::sync_folder(content.parent().unwrap_or(&content))?;
            records::write(self, record, Folder::Waiting)
        })();
        moved.map_err(|source| {
            // Nothing of it may count: a record that reached the disk would make a file of what was refused.
            let record_path = records::path(self, record.organization_id, Folder::Waiting, record.id);
            for path in [&record_path, &content, &part.path] {
                part_is_lost(self, path);
            }
            let _ = durable::sync_folder(record_path.parent().unwrap_or(&record_path));
            match source.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => SpoolError::DiskFull,
                _ => SpoolError::NotDurable { name: record.name.clone(), source },
            }
        })
    }
}

fn part_is_lost(spool: &Spool, path: &Path) {
    if let Err(error) = spool.throw_away(path) {
        tracing::error!(%error, "what is left of a refused file could not be removed");
    }
}

/// What is learned of a file by reading it once.
struct ReadThrough {
    size: u64,
    content_hash: [u8; 32],
    head_hash: [u8; 32],
    message_count: u64,
}

fn read_through(part: &Part) -> Result<ReadThrough, SpoolError> {
    let attempt = || format!("read {:?} again", part.name);
    let mut input = fs::File::open(&part.path).map_err(disk(attempt()))?;
    let (mut whole, mut head) = (Sha256::new(), Sha256::new());
    let (mut size, mut headers) = (0_u64, HeaderCount::default());
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let count = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(disk(attempt())(error)),
        };
        let bytes = &buffer[..count];
        whole.update(bytes);
        head.update(&bytes[..count.min(HEAD_BYTES.saturating_sub(size) as usize)]);
        headers.count(bytes);
        size += count as u64;
    }
    Ok(ReadThrough {
        size,
        content_hash: whole.finalize().into(),
        head_hash: head.finalize().into(),
        message_count: headers.found,
    })
}

/// Counts lines that begin with `MSH`, in pieces: how many messages wait is told without reading the file again.
struct HeaderCount {
    found: u64,
    /// How many letters of `MSH` the current line began with; `None` when it began otherwise.
    matched: Option<usize>,
}

impl Default for HeaderCount {
    fn default() -> HeaderCount {
        HeaderCount { found: 0, matched: Some(0) }
    }
}

impl HeaderCount {
    fn count(&mut self, bytes: &[u8]) {
        self.follow(bytes);
        for end in memchr2_iter(b'\r', b'\n', bytes) {
            self.matched = Some(0);
            self.follow(&bytes[end + 1..]);
        }
    }

    fn follow(&mut self, line: &[u8]) {
        let mut rest = line;
        while let (Some(matched), Some((first, after))) = (self.matched, rest.split_first()) {
            self.matched = match first {
                first if matched < 3 && *first == b"MSH"[matched] => Some(matched + 1),
                // What may stand before a segment: a byte order mark, MLLP's first byte.
                0xEF | 0xBB | 0xBF | 0x0B if matched == 0 => Some(0),
                _ => None,
            };
            if self.matched == Some(3) {
                self.found += 1;
                self.matched = None;
            }
            rest = after;
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_counted_wherever_the_pieces_end() {
        let text = "\u{feff}MSH|1\rPID|MSH\r\nMSH|2\nMS\rMSX\r\u{b}MSH|3";
        for size in 1..text.len() {
            let mut headers = HeaderCount::default();
            text.as_bytes().chunks(size).for_each(|piece| headers.count(piece));
            assert_eq!(headers.found, 3, "pieces of {size}");
        }
    }
}
