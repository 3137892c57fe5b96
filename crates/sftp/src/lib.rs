//! A door for files: an SFTP server whose folders are `/inbox`, `/outbox` and `/archive`.
//!
//! What a client finishes (CLOSE, or the rename from a temporary name) is answered OK only after the spool has taken it
//! for good. The door needs no database: it signs in from a list of accounts in memory, and the spool is a folder.
//! Nothing of the host's file system can be named by a client; a path is one of three folders and a name.
//!
//! `server.rs` accepts connections, `connection.rs` signs in, `session.rs` moves packets, `requests.rs` answers them,
//! `tree.rs` says what stands where.

mod attributes;
mod connection;
mod doorstep;
mod handles;
mod held;
mod keys;
mod limits;
mod outgoing;
mod pace;
mod packets;
mod places;
mod refusals;
mod requests;
mod server;
mod session;
mod tree;
mod uploads;

pub use keys::{HostKey, HostKeyError, PublicKeyError, ReadPublicKey, read_public_key};
pub use limits::Limits;
pub use server::{FileDoor, serve};
