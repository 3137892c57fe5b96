//! The file door of a node: its spool, its host key, and the accounts that it knows, with or without the database.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use registry::{FileAccountList, FileAccounts, Gate, Registry};
use sftp::{FileDoor, HostKey};
use spool::Spool;

use crate::ending::Failure;
use crate::{place, world};

/// The server's own key, in the data folder.
const HOST_KEY_FILE: &str = "ssh_host_ed25519_key";
/// The accounts that may sign in while the database is down, in the data folder.
const ACCOUNTS_FILE: &str = "file-accounts.json";

/// Where files come in.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct FileDoorSettings {
    /// Where to listen for SFTP; without it files come in no other way than `bluebonnet file put` and the web. Port 0
    /// takes a free port; the line `listening sftp://ADDR` on standard output tells which
    #[arg(long, value_name = "ADDR", env = "BLUEBONNET_SFTP")]
    sftp: Option<String>,
    /// The private key by which clients know the SFTP server again [default: one is made in the data folder]
    #[arg(long, value_name = "FILE", env = "BLUEBONNET_SFTP_HOST_KEY")]
    sftp_host_key: Option<PathBuf>,
    /// How long, in seconds, a session may ask for nothing before it is ended
    #[arg(long, value_name = "SECONDS", env = "BLUEBONNET_SFTP_IDLE", default_value_t = 1800,
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    sftp_idle: u64,
}

impl FileDoorSettings {
    /// Where to listen; nowhere when no address was given.
    pub(crate) fn address(&self) -> &[String] {
        self.sftp.as_slice()
    }

    /// Refuses a host key of the operator's that cannot be used.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.sftp_host_key {
            Some(file) if !file.exists() => Err(Failure::Usage(format!(
                "there is no host key in {0}; clients would not know the server again by a new one. `ssh-keygen -t ed25519 -N '' -f {0}` makes one",
                file.display()
            ))),
            Some(file) => HostKey::open(file).map(drop).map_err(|error| Failure::Usage(error.to_string())),
            None => Ok(()),
        }
    }

    /// The door, from what is on this machine: no database is asked.
    pub(crate) fn open(&self, data: &Path, gate: Gate, spool: Spool) -> Result<FileDoor, Failure> {
        let host_key_file = self.sftp_host_key.clone().unwrap_or_else(|| data.join(HOST_KEY_FILE));
        let host_key = HostKey::open(&host_key_file).map_err(|error| Failure::Usage(error.to_string()))?;
        tracing::info!(fingerprint = host_key.fingerprint(), "host key of the file door");
        let accounts = FileAccounts::new(read_accounts(data)?, world::random_bytes())?;
        let idle_timeout = Duration::from_secs(self.sftp_idle);
        Ok(FileDoor { gate, spool, accounts, host_key, limits: sftp::Limits { idle_timeout, ..Default::default() } })
    }
}

/// Takes the accounts over from the database, and keeps them for a time without it.
pub(crate) fn renew_accounts(data: &Path, registry: &Registry, accounts: &FileAccounts) -> Result<(), Failure> {
    let admission = place::admit(registry)?;
    let list = registry.file_accounts(&admission)?;
    accounts.lift_locks(registry);
    let text = list.to_text();
    if accounts.replace(list) || !data.join(ACCOUNTS_FILE).exists() {
        write_accounts(data, &text).with_context(|| format!("cannot keep {ACCOUNTS_FILE}"))?;
    }
    Ok(())
}

/// Takes the accounts over from the file, which another process on this machine may have renewed.
pub(crate) fn reread_accounts(data: &Path, accounts: &FileAccounts) -> Result<(), Failure> {
    accounts.replace(read_accounts(data)?);
    Ok(())
}

/// The accounts as they were last kept; none where none were.
fn read_accounts(data: &Path) -> Result<FileAccountList, Failure> {
    let path = data.join(ACCOUNTS_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(FileAccountList::empty()),
        Err(error) => return Err(anyhow::Error::new(error).context(format!("cannot read {}", path.display())).into()),
    };
    let list = FileAccountList::parse(&text);
    Ok(list.with_context(|| format!("{} cannot be used", path.display()))?)
}

/// Writes the file whole or not at all, for its owner alone.
fn write_accounts(data: &Path, text: &str) -> std::io::Result<()> {
    let new = data.join(format!("{ACCOUNTS_FILE}.new"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, data.join(ACCOUNTS_FILE))?;
    std::fs::File::open(data)?.sync_all()
}
