//! Names of files as senders give them, and how they stand on this disk.

use std::fmt::Write;

use crate::SpoolError;

/// Bytes of a name; with the prefix that it has on disk it fits every file system.
pub const NAME_BYTES_MAXIMUM: usize = 200;
/// Endings of names under which clients write a file that is not finished.
pub const ENDINGS_OF_UNFINISHED: [&str; 5] = [".filepart", ".part", ".partial", ".tmp", ".crdownload"];

/// Whether a name says that its file is not finished: a temporary ending, or a dot in front.
pub fn is_unfinished(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with('.') || ENDINGS_OF_UNFINISHED.iter().any(|ending| name.ends_with(ending))
}

/// Refuses a name that is none, or that could mean another place.
pub(crate) fn check(name: &str) -> Result<(), SpoolError> {
    let reason = if name.is_empty() || name == "." || name == ".." {
        "it names no file"
    } else if name.len() > NAME_BYTES_MAXIMUM {
        "it is longer than 200 bytes"
    } else if name.contains(['/', '\\']) {
        "it has a slash or a backslash in it"
    } else if name.chars().any(char::is_control) {
        "it has a control character in it"
    } else {
        return Ok(());
    };
    Err(SpoolError::NameInvalid { name: name.chars().take(NAME_BYTES_MAXIMUM).collect(), reason })
}

/// The folder of an account: letters and digits stand for themselves, all else as its code.
pub(crate) fn account_folder(account: &str) -> Result<String, SpoolError> {
    let mut folder = "a-".to_owned();
    for byte in account.trim().to_lowercase().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'@' => folder.push(char::from(byte)),
            _ => write!(folder, "%{byte:02x}").expect("a string takes everything"),
        }
    }
    check(&folder).map(|()| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_mean_another_place_are_refused() {
        for name in ["", ".", "..", "a/b", "../a", "/etc/passwd", "a\\b", "a\0b", "a\nb", &"x".repeat(201)] {
            assert!(check(name).is_err(), "{name:?}");
        }
        for name in ["march.hl7", "...", "Año nuevo.HL7", "p-..", "%2e%2e", "-rf", "CON", &"x".repeat(200)] {
            assert!(check(name).is_ok(), "{name:?}");
        }
        assert_eq!(account_folder(" ../Me ").expect("a folder"), "a-..%2fme");
    }

    #[test]
    fn unfinished_names_are_known_whatever_their_case() {
        for name in ["a.hl7.filepart", "a.PART", ".a.hl7.swp", "b.crdownload", "x.tmp"] {
            assert!(is_unfinished(name), "{name}");
        }
        assert!(!is_unfinished("party.hl7"));
    }
}
