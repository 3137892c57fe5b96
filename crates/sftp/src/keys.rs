//! Keys: the server's own, and those with which programs sign in.

use std::io::Write;
use std::path::{Path, PathBuf};

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey};

/// Bits of an RSA key that are enough (NIST SP 800-57 part 1, table 2).
const RSA_BITS_MINIMUM: usize = 2048;
/// Bits of an RSA key beyond which checking a signature becomes a burden.
const RSA_BITS_MAXIMUM: usize = 8192;

/// The server's own key, by which clients know it again.
#[derive(Clone, Debug)]
pub struct HostKey {
    pub(crate) key: PrivateKey,
}

/// A host key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HostKeyError {
    /// Its file.
    #[error("cannot {attempted} the host key {path}: {source}")]
    File {
        /// `read` or `make`.
        attempted: &'static str,
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// What is in it.
    #[error("{path} is not a private key as OpenSSH writes it: {source}")]
    Content {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        source: russh::keys::ssh_key::Error,
    },
}

impl HostKey {
    /// Reads the key, or makes one (Ed25519) where there is none.
    ///
    /// # Errors
    /// [`HostKeyError`]. A key that is there is never replaced: clients would refuse the server.
    pub fn open(path: &Path) -> Result<HostKey, HostKeyError> {
        let failed = |attempted| move |source| HostKeyError::File { attempted, path: path.to_owned(), source };
        if !path.try_exists().map_err(failed("read"))? {
            make(path).map_err(failed("make"))?;
        }
        let text = std::fs::read_to_string(path).map_err(failed("read"))?;
        match PrivateKey::from_openssh(&text) {
            Ok(key) => Ok(HostKey { key }),
            Err(source) => Err(HostKeyError::Content { path: path.to_owned(), source }),
        }
    }

    /// Its fingerprint (`SHA256:...`), to be told to partners.
    pub fn fingerprint(&self) -> String {
        self.key.fingerprint(HashAlg::Sha256).to_string()
    }
}

/// Makes a key whole or not at all, for its owner alone.
fn make(path: &Path) -> std::io::Result<()> {
    let key = PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).map_err(std::io::Error::other)?;
    let text = key.to_openssh(LineEnding::LF).map_err(std::io::Error::other)?;
    let new = path.with_extension("new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // Another process may have made one meanwhile; the first stays.
    let linked = std::fs::hard_link(&new, path);
    std::fs::remove_file(&new)?;
    match linked {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A public key as it was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadPublicKey {
    /// SHA-256 of it (`SHA256:...`).
    pub fingerprint: String,
    /// What kind it is (`ssh-ed25519`).
    pub algorithm: String,
    /// The key as one line, without its comment.
    pub line: String,
    /// Its comment.
    pub comment: String,
}

/// A public key that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PublicKeyError {
    /// It is none.
    #[error("this is no public key as OpenSSH or PuTTY writes it")]
    Unreadable,
    /// It is a private key: whoever gave it away must make another.
    #[error("this is a private key; it must not leave its owner: make a new one, and give the public part of it")]
    Private,
    /// It is of a kind that is not accepted.
    #[error("{0} keys are not accepted; Ed25519, ECDSA, and RSA of {RSA_BITS_MINIMUM} to {RSA_BITS_MAXIMUM} bits are")]
    NotAccepted(String),
    /// It is of a size that is not accepted.
    #[error(
        "an RSA key of {0} bits is not accepted; one of {RSA_BITS_MINIMUM} to {RSA_BITS_MAXIMUM} bits is, and Ed25519"
    )]
    RsaSize(usize),
}

/// Reads a public key in OpenSSH's form (`ssh-ed25519 AAAA... comment`) or in that of RFC 4716, which PuTTY writes.
///
/// # Errors
/// [`PublicKeyError`] says what to give instead.
pub fn read_public_key(text: &str) -> Result<ReadPublicKey, PublicKeyError> {
    if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File") {
        return Err(PublicKeyError::Private);
    }
    let (line, comment) = match text.contains("BEGIN SSH2 PUBLIC KEY") {
        true => from_rfc4716(text).ok_or(PublicKeyError::Unreadable)?,
        false => {
            let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            match (lines.next(), lines.next()) {
                (Some(line), None) => (line.to_owned(), String::new()),
                _ => return Err(PublicKeyError::Unreadable),
            }
        }
    };
    let key = PublicKey::from_openssh(&line).map_err(|_| PublicKeyError::Unreadable)?;
    let algorithm = key.algorithm();
    match key.key_data().rsa().map(|rsa| rsa.n().as_positive_bytes().map_or(0, <[u8]>::len) * 8) {
        Some(bits) if !(RSA_BITS_MINIMUM..=RSA_BITS_MAXIMUM).contains(&bits) => {
            return Err(PublicKeyError::RsaSize(bits));
        }
        None if !matches!(algorithm, Algorithm::Ed25519 | Algorithm::Ecdsa { .. }) => {
            return Err(PublicKeyError::NotAccepted(algorithm.to_string()));
        }
        _ => {}
    }
    let comment = if comment.is_empty() { key.comment().to_string() } else { comment };
    let mut words = line.split_whitespace();
    let line = [words.next().unwrap_or_default(), words.next().unwrap_or_default()].join(" ");
    Ok(ReadPublicKey { fingerprint: fingerprint(&key), algorithm: algorithm.to_string(), line, comment })
}

/// The name of a key: SHA-256 of it.
pub(crate) fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// The line that OpenSSH would write for a key in the form of RFC 4716, and its comment.
fn from_rfc4716(text: &str) -> Option<(String, String)> {
    let mut comment = String::new();
    let mut base64 = String::new();
    let mut lines = text.lines().map(str::trim).skip_while(|line| !line.starts_with("---- BEGIN")).skip(1);
    while let Some(line) = lines.next().filter(|line| !line.starts_with("---- END")) {
        match line.split_once(": ") {
            Some((header, value)) => {
                let (mut value, mut more) = (value.to_owned(), value.ends_with('\\'));
                while more {
                    value.pop();
                    let next = lines.next()?;
                    value.push_str(next);
                    more = next.ends_with('\\');
                }
                if header.eq_ignore_ascii_case("comment") {
                    comment = value.trim_matches('"').to_owned();
                }
            }
            None => base64.push_str(line),
        }
    }
    // The kind of a key stands at its beginning, as a length and a name.
    const KINDS: [(&str, &str); 5] = [
        ("AAAAC3NzaC1lZDI1NTE5", "ssh-ed25519"),
        ("AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY", "ecdsa-sha2-nistp256"),
        ("AAAAE2VjZHNhLXNoYTItbmlzdHAzODQ", "ecdsa-sha2-nistp384"),
        ("AAAAE2VjZHNhLXNoYTItbmlzdHA1MjE", "ecdsa-sha2-nistp521"),
        ("AAAAB3NzaC1yc2", "ssh-rsa"),
    ];
    let (_, kind) = KINDS.into_iter().find(|(beginning, _)| base64.starts_with(beginning))?;
    Some((format!("{kind} {base64}"), comment))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUPd5NtYyBQPMqQ1yUyGdLHfLyjLqqDTBcBnnJAI5Z6";

    #[test]
    fn a_public_key_is_read_in_both_forms() {
        let read = read_public_key(&format!("# made in spring\n{LINE} nightly export\n")).expect("a key");
        assert_eq!((read.algorithm.as_str(), read.comment.as_str()), ("ssh-ed25519", "nightly export"));
        assert_eq!(read.line, LINE);
        assert!(read.fingerprint.starts_with("SHA256:"));
        let (kind, base64) = LINE.split_once(' ').expect("two words");
        assert_eq!(kind, "ssh-ed25519");
        let (first, second) = base64.split_at(40);
        let text = format!(
            "---- BEGIN SSH2 PUBLIC KEY ----\nSubject: me\nComment: \"clinic \\\nkey\"\n{first}\n{second}\n---- END SSH2 PUBLIC KEY ----\n"
        );
        let putty = read_public_key(&text).expect("a key");
        assert_eq!(putty.fingerprint, read.fingerprint);
        assert_eq!(putty.comment, "clinic key");
    }

    #[test]
    fn what_is_no_public_key_is_refused_and_a_private_one_most_of_all() {
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
        assert_eq!(read_public_key(private), Err(PublicKeyError::Private));
        for text in
            ["", "ssh-ed25519", "ssh-ed25519 AAAA", &format!("{LINE}\n{LINE}"), "---- BEGIN SSH2 PUBLIC KEY ----"]
        {
            assert_eq!(read_public_key(text), Err(PublicKeyError::Unreadable), "{text}");
        }
    }

    #[test]
    fn the_host_key_is_made_once_and_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("host_key");
        let made = HostKey::open(&path).expect("a key is made");
        assert_eq!(HostKey::open(&path).expect("it is read").fingerprint(), made.fingerprint());
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&path).expect("it is there"));
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "damaged").expect("writable");
        assert!(HostKey::open(&path).is_err());
    }
}
