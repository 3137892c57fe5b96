//! What a node has in flight and has turned away, told to the other processes on the machine: a small file a node in the
//! data folder, written every second, so that an operator sees a window drain.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::{Channel, ChannelModes};
use registry::Gate;
use serde::{Deserialize, Serialize};

use crate::world;

const FOLDER: &str = "nodes";
/// A file older than this is of a node that is gone.
const STALE_SECONDS: u64 = 10;
/// Nodes read at most.
const NODES_MAXIMUM: usize = 100;

/// The counts of one node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LiveCounts {
    /// Its name.
    pub(crate) node: String,
    /// Its process.
    pub(crate) process: u32,
    /// When it wrote them.
    pub(crate) at: Timestamp,
    /// Calls in flight, by door.
    pub(crate) in_flight: BTreeMap<String, u64>,
    /// Calls turned away since it started.
    pub(crate) turned_away: u64,
    /// Of a front: what its doors do at least, whatever the windows say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) front: Option<ChannelModes>,
}

fn path(data: &Path, node: &str) -> PathBuf {
    let safe: String = node.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
    data.join(FOLDER).join(format!("{safe}-{}.json", std::process::id()))
}

/// Writes down how it stands; of a front also what its doors do at least.
pub(crate) fn write(data: &Path, node: &str, gate: &Gate, front: Option<ChannelModes>) -> anyhow::Result<()> {
    let in_flight = Channel::DOORS
        .into_iter()
        .map(|channel| (channel.word().to_owned(), gate.in_flight_at(channel) as u64))
        .collect();
    let counts = LiveCounts {
        node: node.to_owned(),
        process: std::process::id(),
        at: world::now(),
        in_flight,
        turned_away: gate.turned_away_count() as u64,
        front,
    };
    let path = path(data, node);
    fs::create_dir_all(data.join(FOLDER))?;
    let new = path.with_extension("new");
    fs::write(&new, serde_json::to_vec(&counts)?)?;
    Ok(fs::rename(new, path)?)
}

/// Forgets the node: it has ended.
pub(crate) fn remove(data: &Path, node: &str) {
    // A file that stays is taken for stale after a few seconds.
    let _ = fs::remove_file(path(data, node));
}

/// The counts of all nodes that are at work on this machine.
pub(crate) fn read(data: &Path) -> Vec<LiveCounts> {
    let Ok(files) = fs::read_dir(data.join(FOLDER)) else { return Vec::new() };
    let fresh = files.flatten().filter(|file| {
        let age = file.metadata().and_then(|found| found.modified()).ok().and_then(|at| at.elapsed().ok());
        age.is_none_or(|age| age.as_secs() < STALE_SECONDS) && file.path().extension().is_some_and(|end| end == "json")
    });
    let texts = fresh.take(NODES_MAXIMUM).filter_map(|file| fs::read(file.path()).ok());
    let mut counts: Vec<LiveCounts> = texts.filter_map(|text| serde_json::from_slice(&text).ok()).collect();
    counts.sort_by(|left, right| (&left.node, left.process).cmp(&(&right.node, right.process)));
    counts
}
