//! The limits of a node, in one place: those of the program, and those of the registry and its doors by reference.

use std::ops::RangeInclusive;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Bytes of one message.
pub(crate) const MESSAGE_BYTES_MAXIMUM: usize = registry::MESSAGE_BYTES_MAXIMUM;
/// How often a node reads organizations and accounts again, for changes made elsewhere.
pub(crate) const REFRESH_EVERY: Duration = Duration::from_secs(3);
/// How often a node sees whether it still holds its name. One that took over first looks after that: by then the program
/// before has ended.
pub(crate) const NODE_NAME_EVERY: Duration = Duration::from_secs(60);
/// How often a program that starts asks for its node's name, and how long it waits in between: the server notices in a moment
/// that one that was killed is gone.
pub(crate) const NODE_NAME_TRIES: u32 = 10;
pub(crate) const NODE_NAME_PAUSE: Duration = Duration::from_millis(300);
/// How often measurements that nobody fetched are condensed.
pub(crate) const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// How often the node with the role `jobs` counts the messages that wait for somebody.
pub(crate) const COUNT_EVERY: Duration = Duration::from_secs(60);
/// How often a node writes when programs signed in.
pub(crate) const ACCOUNT_USES_EVERY: Duration = Duration::from_secs(5);
/// How often a node looks whether another process has changed the state file of maintenance.
pub(crate) const STATE_FILE_EVERY: Duration = Duration::from_millis(250);
/// How often the node with the role `jobs` writes down what the clock did to maintenance windows.
pub(crate) const WINDOWS_EVERY: Duration = Duration::from_secs(1);
/// How often a node tells the other processes of the machine what it has in flight.
pub(crate) const LIVE_COUNTS_EVERY: Duration = Duration::from_secs(1);
/// How often the count of those turned away is kept.
pub(crate) const KEEP_COUNTS_EVERY: Duration = Duration::from_secs(5);
/// How long after its start the node with the role `jobs` first looks whether everybody should be forecast anew: a start is busy.
pub(crate) const FORECAST_FIRST_AFTER: Duration = Duration::from_secs(600);
/// How often it looks from then on.
pub(crate) const FORECAST_EVERY: Duration = Duration::from_secs(5);
/// How long it works on that before it looks up.
pub(crate) const FORECAST_VISIT: Duration = Duration::from_secs(60);
/// It rests after each step for so many times as long as the step took: whoever waits for an answer comes first.
pub(crate) const FORECAST_REST: u32 = 1;
/// How often the node with the role `jobs` looks whether a sweep was ordered.
pub(crate) const SWEEP_EVERY: Duration = Duration::from_secs(5);
/// How long it works on that before it looks up.
pub(crate) const SWEEP_VISIT: Duration = Duration::from_secs(60);
/// How long after its start the node with the role `jobs` first looks whether something may no longer be kept.
pub(crate) const DESTRUCTION_FIRST_AFTER: Duration = Duration::from_secs(300);
/// How often it looks from then on: a round is made once a day.
pub(crate) const DESTRUCTION_EVERY: Duration = Duration::from_secs(60);
/// How long it works on that before it looks up.
pub(crate) const DESTRUCTION_VISIT: Duration = Duration::from_secs(60);
/// It rests after each step for so many times as long as the step took.
pub(crate) const DESTRUCTION_REST: u32 = 1;
/// How often the role `jobs` makes notices that are due and hands over those that wait.
pub(crate) const NOTICES_EVERY: Duration = Duration::from_secs(1);
/// How long a stopping node waits for the calls that it took.
pub(crate) const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);
/// Lanes of a node at most: each has a thread and a connection.
pub(crate) const LANES_MAXIMUM: usize = 32;
/// Questions and pages that a node reads side by side, each on a connection: as many as it has cores, and within these. While
/// one waits for the disk or the network, others read.
pub(crate) const READERS: RangeInclusive<usize> = 4..=16;
/// Lines of a list at most.
pub(crate) const LIST_MAXIMUM: u32 = 10_000;
/// People of a demonstration at most.
pub(crate) const DEMONSTRATION_PEOPLE_MAXIMUM: u32 = 1_000_000;

/// Bytes of a request to the web service: the longest message in its envelope, every character escaped to the full.
const REQUEST_BYTES_MAXIMUM: usize = 2 * MESSAGE_BYTES_MAXIMUM;

/// Lets this process have as many files and connections open as the system allows it: many systems give a program 1,024
/// until it asks for more.
pub(crate) fn raise_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, open_files = limit.current, "the limit of open files stays as it is");
    }
}

/// The limits of the HTTP server.
pub(crate) fn of_server() -> webservice::Limits {
    webservice::Limits { drain_timeout: DRAIN_TIMEOUT, ..webservice::Limits::default() }
}

/// The address and the limits of the web service.
pub(crate) fn of_web_service() -> webservice::Settings {
    webservice::Settings { body_bytes_maximum: REQUEST_BYTES_MAXIMUM, ..webservice::Settings::default() }
}
