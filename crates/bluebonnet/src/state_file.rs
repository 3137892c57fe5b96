//! The state file: the maintenance windows that count now and the profile, in one small signed file in the data folder.
//!
//! Every process on the machine reads it, so that a node says the sentence, and begins a window on time, while the
//! database is down or being migrated. The key lies beside it, for the owner alone: a file that somebody else wrote is
//! not believed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, anyhow};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use model::MaintenanceWindow;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::{ownership, world};

const STATE: &str = "maintenance.state";
const KEY: &str = "maintenance.key";
/// What the first line begins with.
const SCHEME: &str = "hmac-sha256 ";
/// Bytes of the file at most.
const STATE_BYTES_MAXIMUM: u64 = 4 * 1024 * 1024;

/// What the file says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct State {
    /// When it was written.
    pub(crate) written_at: Timestamp,
    /// The profile's text.
    pub(crate) profile: String,
    /// The windows that are announced or in force, and those that ended lately.
    pub(crate) windows: Vec<MaintenanceWindow>,
}

/// The state file of a data folder.
#[derive(Clone, Debug)]
pub(crate) struct StateFile {
    folder: PathBuf,
}

impl StateFile {
    pub(crate) fn of(folder: &Path) -> StateFile {
        StateFile { folder: folder.to_owned() }
    }

    /// Reads it and checks who wrote it; `None` where there is none.
    pub(crate) fn read(&self) -> anyhow::Result<Option<State>> {
        let path = self.folder.join(STATE);
        match fs::metadata(&path) {
            Ok(found) if found.len() > STATE_BYTES_MAXIMUM => return Err(anyhow!("{} is too large", path.display())),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let not_believed = || anyhow!("{} was not written by this registry, and is not believed", path.display());
        let (signature, body) = text.split_once('\n').ok_or_else(not_believed)?;
        let signature = signature.strip_prefix(SCHEME).and_then(bytes).ok_or_else(not_believed)?;
        let Some(key) = self.known_key()? else { return Err(not_believed()) };
        signer(&key, body).verify_slice(&signature).map_err(|_| not_believed())?;
        let state = serde_json::from_str(body).with_context(|| format!("cannot understand {}", path.display()))?;
        Ok(Some(state))
    }

    /// Writes it, unless it says the same already: whole or not at all.
    pub(crate) fn write(&self, profile: &str, windows: &[MaintenanceWindow]) -> anyhow::Result<()> {
        if let Ok(Some(known)) = self.read()
            && (known.profile.as_str(), known.windows.as_slice()) == (profile, windows)
        {
            return Ok(());
        }
        fs::create_dir_all(&self.folder)?;
        let state = State { written_at: world::now(), profile: profile.to_owned(), windows: windows.to_vec() };
        let body = serde_json::to_string_pretty(&state)?;
        let signature = world::hexadecimal(&signer(&self.key()?, &body).finalize().into_bytes());
        let new = self.folder.join(format!("{STATE}.{}", std::process::id()));
        let mut file = ownership::create_anew(&new)?;
        write!(file, "{SCHEME}{signature}\n{body}")?;
        file.sync_all()?;
        fs::rename(&new, self.folder.join(STATE))?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(())
    }

    /// When it was last replaced.
    pub(crate) fn replaced_at(&self) -> Option<SystemTime> {
        fs::metadata(self.folder.join(STATE)).and_then(|found| found.modified()).ok()
    }

    fn known_key(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let path = self.folder.join(KEY);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(bytes(text.trim()).ok_or_else(|| anyhow!("{} is not a key", path.display()))?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// The key; made when there is none.
    fn key(&self) -> anyhow::Result<Vec<u8>> {
        if let Some(key) = self.known_key()? {
            return Ok(key);
        }
        let key: [u8; 32] = world::random_bytes();
        // Written aside and linked, so that of two who make one at a time both use the first.
        let (path, new) = (self.folder.join(KEY), self.folder.join(format!("{KEY}.{}", std::process::id())));
        let mut file = ownership::create_anew(&new)?;
        writeln!(file, "{}", world::hexadecimal(&key))?;
        file.sync_all()?;
        let linked = fs::hard_link(&new, &path);
        fs::remove_file(&new)?;
        match linked {
            Ok(()) => Ok(key.to_vec()),
            Err(_) => self.known_key()?.ok_or_else(|| anyhow!("cannot make {}", path.display())),
        }
    }
}

fn signer(key: &[u8], body: &str) -> Hmac<Sha256> {
    let mut signer = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    signer.update(body.as_bytes());
    signer
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let pairs = hexadecimal.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_somebody_else_wrote_is_not_believed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = StateFile::of(folder.path());
        assert_eq!(file.read().expect("nothing is wrong"), None);
        file.write("profile", &[]).expect("writable");
        assert_eq!(file.read().expect("readable").expect("it is there").profile, "profile");
        for name in [KEY, STATE] {
            let mode = fs::metadata(folder.path().join(name)).expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let path = folder.path().join(STATE);
        let forged = fs::read_to_string(&path).expect("readable").replace("\"profile\"", "\"Profile\"");
        fs::write(&path, forged).expect("writable");
        assert!(file.read().expect_err("forged").to_string().contains("not believed"));
        file.write("profile", &[]).expect("a forged file is replaced");
        assert!(file.read().expect("readable").is_some());
    }
}
