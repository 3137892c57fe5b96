//! What a session has open, by handle.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use russh_sftp::protocol::{self, FileAttributes};

use crate::attributes::Entry;
use crate::limits::{DATA_BYTES_MAXIMUM, HANDLES_MAXIMUM};
use crate::refusals::Refusal;
use crate::uploads::Uploading;

/// A file that is read.
#[derive(Debug)]
pub(crate) enum Readable {
    /// On the disk.
    Disk(File),
    /// Made for the one who opened it.
    Text(String),
}

impl Readable {
    /// At most `length` bytes from there; none at the end.
    pub(crate) fn read_at(&self, offset: u64, length: u32) -> io::Result<Vec<u8>> {
        let length = (length as usize).min(DATA_BYTES_MAXIMUM);
        match self {
            Readable::Text(text) => {
                let rest = text.as_bytes().get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
                Ok(rest[..rest.len().min(length)].to_vec())
            }
            Readable::Disk(file) => {
                let mut data = vec![0; length];
                let mut filled = 0;
                while filled < length {
                    match file.read_at(&mut data[filled..], offset.saturating_add(filled as u64)) {
                        Ok(0) => break,
                        Ok(count) => filled += count,
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        // An offset that no file has is behind the end of this one.
                        Err(error) if error.kind() == io::ErrorKind::InvalidInput => break,
                        Err(error) => return Err(error),
                    }
                }
                data.truncate(filled);
                Ok(data)
            }
        }
    }
}

/// Something open.
#[derive(Debug)]
pub(crate) enum Open {
    /// A file being written.
    Upload(Box<Uploading>),
    /// A file being read.
    File { entry: Box<Entry>, file: Arc<Readable> },
    /// A folder, and what of it has not been told yet.
    Folder { attributes: FileAttributes, untold: std::vec::IntoIter<protocol::File> },
}

/// Everything open in a session. A handle is never given twice.
#[derive(Debug, Default)]
pub(crate) struct Handles {
    open: HashMap<String, Open>,
    given: u64,
}

impl Handles {
    /// Keeps it open; gives its handle.
    pub(crate) fn add(&mut self, open: Open) -> Result<String, Refusal> {
        self.check_room()?;
        self.given += 1;
        let handle = format!("h{}", self.given);
        self.open.insert(handle.clone(), open);
        Ok(handle)
    }

    /// Refuses when as much is open as may be.
    pub(crate) fn check_room(&self) -> Result<(), Refusal> {
        match self.open.len() >= HANDLES_MAXIMUM {
            true => Err(Refusal::failed(format!("{HANDLES_MAXIMUM} files and folders are open; close some"))),
            false => Ok(()),
        }
    }

    pub(crate) fn find(&mut self, handle: &str) -> Result<&mut Open, Refusal> {
        self.open.get_mut(handle).ok_or_else(unknown)
    }

    pub(crate) fn take(&mut self, handle: &str) -> Result<Open, Refusal> {
        self.open.remove(handle).ok_or_else(unknown)
    }
}

fn unknown() -> Refusal {
    Refusal::failed("there is no such handle; it was closed, or never given")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_text_is_read_like_a_file() {
        let text = Readable::Text("held".to_owned());
        for (offset, length, read) in [(0, 100, "held"), (0, 2, "he"), (2, 2, "ld"), (4, 1, ""), (u64::MAX, 9, "")] {
            assert_eq!(text.read_at(offset, length).expect("it is in memory"), read.as_bytes(), "{offset}");
        }
    }

    #[test]
    fn a_file_is_read_in_one_piece_and_ends_where_it_ends() {
        let mut file = tempfile::tempfile().expect("a file");
        std::io::Write::write_all(&mut file, &[7; 1000]).expect("writable");
        let file = Readable::Disk(file);
        assert_eq!(file.read_at(0, u32::MAX).expect("readable").len(), 1000);
        assert_eq!(file.read_at(999, 10).expect("readable"), [7]);
        for offset in [1000, 1 << 40, i64::MAX as u64, u64::MAX] {
            assert!(file.read_at(offset, 10).expect("readable").is_empty(), "{offset}");
        }
    }

    #[test]
    fn a_handle_is_given_once() {
        let mut handles = Handles::default();
        let folder = || Open::Folder { attributes: FileAttributes::default(), untold: Vec::new().into_iter() };
        let first = handles.add(folder()).expect("there is room");
        assert!(handles.take(&first).is_ok());
        assert!(handles.take(&first).is_err());
        assert_ne!(handles.add(folder()).expect("there is room"), first);
        for _ in 1..HANDLES_MAXIMUM {
            handles.add(folder()).expect("there is room");
        }
        assert!(handles.add(folder()).is_err());
    }
}
