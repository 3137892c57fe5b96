//! Paths as clients write them: the root, one of three folders, or a file in one of them. There is nothing else.

use crate::limits::PATH_BYTES_MAXIMUM;
use crate::refusals::Refusal;

/// A folder of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Folder {
    /// Where files are put.
    Inbox,
    /// Where results are fetched.
    Outbox,
    /// What was processed.
    Archive,
}

impl Folder {
    pub(crate) const ALL: [Folder; 3] = [Folder::Inbox, Folder::Outbox, Folder::Archive];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Folder::Inbox => "inbox",
            Folder::Outbox => "outbox",
            Folder::Archive => "archive",
        }
    }
}

/// What a path names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    Root,
    Folder(Folder),
    File(Folder, String),
}

impl Place {
    /// Reads a path, from the root: sign-in leads there, and no request changes it. `.` and `..` are taken out first,
    /// and nothing stands above the root.
    pub(crate) fn parse(path: &str) -> Result<Place, Refusal> {
        if path.len() > PATH_BYTES_MAXIMUM {
            return Err(Refusal::missing("the path is too long"));
        }
        if path.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Refusal::denied("the name is not UTF-8 text"));
        }
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        let Some((first, below)) = parts.split_first() else { return Ok(Place::Root) };
        let folder = Folder::ALL.into_iter().find(|folder| folder.name() == *first);
        match (folder, below) {
            (Some(folder), []) => Ok(Place::Folder(folder)),
            (Some(folder), [name]) => Ok(Place::File(folder, (*name).to_owned())),
            (Some(folder), _) => Err(Refusal::missing(format!("/{} has no folders in it", folder.name()))),
            (None, _) => Err(Refusal::missing("there are /inbox, /outbox and /archive, and nothing else")),
        }
    }

    /// The path as the server writes it.
    pub(crate) fn path(&self) -> String {
        match self {
            Place::Root => "/".to_owned(),
            Place::Folder(folder) => format!("/{}", folder.name()),
            Place::File(folder, name) => format!("/{}/{name}", folder.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_root_a_folder_or_a_file_in_it_however_it_is_written() {
        let places = [
            ("", "/"),
            (".", "/"),
            ("..", "/"),
            ("/../../..", "/"),
            ("inbox", "/inbox"),
            ("/inbox/", "/inbox"),
            ("//inbox//./a.hl7", "/inbox/a.hl7"),
            ("/outbox/../inbox/a.hl7", "/inbox/a.hl7"),
            ("/../inbox/...", "/inbox/..."),
            ("/nowhere/../archive", "/archive"),
            ("/inbox/%2e%2e", "/inbox/%2e%2e"),
        ];
        for (path, canonical) in places {
            assert_eq!(Place::parse(path).map(|place| place.path()).as_deref(), Ok(canonical), "{path}");
        }
    }

    #[test]
    fn a_path_that_names_nothing_is_refused() {
        let long = "a/".repeat(3000);
        for path in ["/etc/passwd", "/INBOX", "/inbox/a/b", "/inbox\\a", "inbox\u{FFFD}", "~", "C:/inbox", &long] {
            assert!(Place::parse(path).is_err(), "{path}");
        }
    }
}
