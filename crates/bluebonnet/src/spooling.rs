//! The spool of a node: where it is, what it may hold, and how the exchange is joined to it.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::Context;
use registry::{Exchange, ExchangeSettings, Registry};
use spool::{Faults, Limits, Spool};

use crate::ending::Failure;
use crate::place::Place;
use crate::world;

/// The spool of files in a data folder.
const SPOOL_FOLDER: &str = "spool";

/// Where files are taken, and how many.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SpoolSettings {
    /// The folder in which files are taken and kept, on this machine's own disk [default: spool in --data]
    #[arg(long, value_name = "DIR", env = "BLUEBONNET_SPOOL")]
    spool: Option<PathBuf>,
    /// Bytes of the disk that are left free: uploads are refused before it is full
    #[arg(long, value_name = "BYTES", env = "BLUEBONNET_DISK_RESERVE", default_value_t = Limits::default().disk_reserve_bytes)]
    disk_reserve: u64,
    /// Files of one organization that may wait
    #[arg(long, value_name = "N", env = "BLUEBONNET_QUOTA_FILES", default_value_t = Limits::default().organization_files)]
    quota_files: u64,
    /// Bytes of one organization that may wait
    #[arg(long, value_name = "BYTES", env = "BLUEBONNET_QUOTA_BYTES", default_value_t = Limits::default().organization_bytes)]
    quota_bytes: u64,
    /// Days for which processed files are kept, for *process again*; 7 at most where nobody is kept without consent
    #[arg(long, value_name = "DAYS", env = "BLUEBONNET_ARCHIVE_DAYS", default_value_t = Limits::default().archive_days)]
    archive_days: u32,
    /// Organizations whose files are processed at the same time, one file of each
    #[arg(long, value_name = "N", env = "BLUEBONNET_ORGANIZATIONS_AT_ONCE", default_value = "8")]
    organizations_at_once: NonZeroUsize,
}

impl SpoolSettings {
    fn folder(&self, place: &Place) -> PathBuf {
        self.spool.clone().unwrap_or_else(|| place.data.join(SPOOL_FOLDER))
    }

    /// Whether there is a spool already.
    pub(crate) fn is_there(&self, place: &Place) -> bool {
        self.folder(place).is_dir()
    }

    /// Opens the spool, or makes one.
    pub(crate) fn open(&self, place: &Place) -> Result<Spool, Failure> {
        let folder = self.folder(place);
        let limits = Limits {
            disk_reserve_bytes: self.disk_reserve,
            organization_files: self.quota_files,
            organization_bytes: self.quota_bytes,
            archive_days: self.archive_days,
            ..Limits::default()
        };
        let spool = Spool::open(&folder, limits, planned_faults()?, world::now());
        Ok(spool.with_context(|| format!("the spool {} cannot be used", folder.display()))?)
    }

    /// Joins a registry with the spool of this node.
    pub(crate) fn exchange(&self, place: &Place, registry: &Registry, node: &str) -> Result<Exchange, Failure> {
        let settings = ExchangeSettings {
            node: node.to_owned(),
            clock: world::now,
            organizations_at_once: self.organizations_at_once,
        };
        Ok(Exchange::new(registry.clone(), self.open(place)?, settings))
    }
}

/// The failures that whoever started the program has planned; none in earnest.
pub(crate) fn planned_faults() -> Result<Faults, Failure> {
    let Some(text) = world::planned_failure() else { return Ok(Faults::default()) };
    tracing::warn!(failure = text, "a failure is planned, for tests: this is no way to run a registry");
    Faults::parse(&text).map_err(Failure::Usage)
}
