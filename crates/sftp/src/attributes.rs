//! How a file is shown: its attributes, and the line of a long listing, which has its state where a group would stand.

use jiff::Timestamp;
use russh_sftp::protocol::{File, FileAttributes};

/// The type bits of a folder.
const FOLDER: u32 = 0o040_000;
/// The type bits of a file.
const REGULAR: u32 = 0o100_000;

/// One thing in the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) size: u64,
    pub(crate) modified_at: Timestamp,
    /// How far it is, in one word.
    pub(crate) state: &'static str,
}

/// What it is, and what may be done with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// A folder into which files may be put.
    OpenFolder,
    /// A folder out of which files may be fetched.
    Folder,
    /// A file that may be written.
    Unfinished,
    /// A file that may be read.
    Finished,
}

impl Kind {
    fn mode(self) -> u32 {
        match self {
            Kind::OpenFolder => FOLDER | 0o700,
            Kind::Folder => FOLDER | 0o500,
            Kind::Unfinished => REGULAR | 0o600,
            Kind::Finished => REGULAR | 0o400,
        }
    }

    fn letters(self) -> &'static str {
        match self {
            Kind::OpenFolder => "drwx------",
            Kind::Folder => "dr-x------",
            Kind::Unfinished => "-rw-------",
            Kind::Finished => "-r--------",
        }
    }
}

impl Entry {
    pub(crate) fn attributes(&self) -> FileAttributes {
        let seconds = u32::try_from(self.modified_at.as_second().max(0)).unwrap_or(u32::MAX);
        FileAttributes {
            size: Some(self.size),
            uid: Some(0),
            gid: Some(0),
            permissions: Some(self.kind.mode()),
            atime: Some(seconds),
            mtime: Some(seconds),
            ..FileAttributes::default()
        }
    }

    /// The entry as a listing shows it; `owner` is the organization's code.
    pub(crate) fn listed(&self, owner: &str) -> File {
        let when = self.modified_at.strftime("%b %e %Y");
        let links = if matches!(self.kind, Kind::OpenFolder | Kind::Folder) { 2 } else { 1 };
        let longname = format!(
            "{} {links:>4} {:<12} {:<10} {:>12} {when} {}",
            self.kind.letters(),
            owner.replace(' ', "_"),
            self.state,
            self.size,
            self.name
        );
        File { filename: self.name.clone(), longname, attrs: self.attributes() }
    }
}
