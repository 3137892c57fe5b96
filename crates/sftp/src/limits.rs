//! What the door grants, in one place.

use std::time::Duration;

/// Limits of the door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections open at once.
    pub connections: usize,
    /// Connections open at once from one address.
    pub connections_per_source: usize,
    /// Connections open at once that have not signed in.
    pub strangers: usize,
    /// New connections from one address in a minute.
    pub arrivals_per_minute: usize,
    /// Requests of one account in a second, over all its connections; those that only move bytes weigh less. Whoever asks
    /// faster is answered later.
    pub requests_per_second: u32,
    /// Requests of one account that are answered without a wait after it has rested.
    pub requests_at_once: u32,
    /// How long a connection may take to sign in.
    pub sign_in_timeout: Duration,
    /// How long a connection may be silent.
    pub silence_timeout: Duration,
    /// How long a client may ask for nothing, however alive its connection is.
    pub idle_timeout: Duration,
    /// Refused attempts to sign in before a connection is ended.
    pub sign_in_attempts: usize,
    /// How long every refused attempt takes, whatever its reason.
    pub refusal_time: Duration,
    /// How long a stopping door waits for requests that it is working on.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 500,
            connections_per_source: 100,
            strangers: 100,
            arrivals_per_minute: 600,
            requests_per_second: 250,
            requests_at_once: 5_000,
            sign_in_timeout: Duration::from_secs(60),
            silence_timeout: Duration::from_secs(10 * 60),
            idle_timeout: Duration::from_secs(30 * 60),
            sign_in_attempts: 6,
            refusal_time: Duration::from_secs(1),
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// Channels of one connection.
pub(crate) const CHANNELS_MAXIMUM: usize = 10;
/// Open handles of one session, files and folders together.
pub(crate) const HANDLES_MAXIMUM: usize = 64;
/// Bytes of a packet, without its length. What OpenSSH takes, too.
pub(crate) const PACKET_BYTES_MAXIMUM: usize = 256 * 1024;
/// Bytes of a file in one packet, read or written; the rest of the packet is its head.
pub(crate) const DATA_BYTES_MAXIMUM: usize = PACKET_BYTES_MAXIMUM - 1024;
/// Answers that wait for a client to take them: clients ask for a whole file at once, 32 KiB a request.
pub(crate) const ANSWERS_MAXIMUM: usize = 1 << 20;
/// Bytes of those answers, file content not counted: it is read when its turn comes.
pub(crate) const ANSWER_BYTES_MAXIMUM: usize = 64 << 20;
/// Files told at a time when a folder is listed.
pub(crate) const LISTED_AT_ONCE: usize = 100;
/// Bytes of a path.
pub(crate) const PATH_BYTES_MAXIMUM: usize = 4096;
