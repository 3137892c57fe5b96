//! What the door does not do, in words that a client shows to its user.

use registry::Closed;
use russh_sftp::protocol::{Packet, StatusCode};
use spool::SpoolError;

/// A request that is not followed, and why.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: StatusCode,
    pub(crate) words: String,
}

impl Refusal {
    pub(crate) fn new(code: StatusCode, words: impl Into<String>) -> Refusal {
        Refusal { code, words: words.into() }
    }

    /// There is no such thing here.
    pub(crate) fn missing(words: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::NoSuchFile, words)
    }

    /// It is there, and not for this.
    pub(crate) fn denied(words: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::PermissionDenied, words)
    }

    /// It could not be done.
    pub(crate) fn failed(words: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::Failure, words)
    }

    /// This server does no such thing at all.
    pub(crate) fn unsupported(words: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::OpUnsupported, words)
    }

    /// The packet says nothing that can be understood.
    pub(crate) fn unreadable(words: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BadMessage, words)
    }

    /// There is nothing more.
    pub(crate) fn end() -> Refusal {
        Refusal::new(StatusCode::Eof, "end")
    }

    pub(crate) fn packet(self, id: u32) -> Packet {
        Packet::status(id, self.code, &self.words, "en")
    }
}

impl From<Closed> for Refusal {
    fn from(closed: Closed) -> Refusal {
        Refusal::failed(closed.sentence)
    }
}

impl From<SpoolError> for Refusal {
    fn from(error: SpoolError) -> Refusal {
        match &error {
            SpoolError::Missing { .. } => Refusal::missing(error.to_string()),
            SpoolError::NameInvalid { .. } => Refusal::denied(error.to_string()),
            SpoolError::Disk { .. } | SpoolError::RecordInvalid { .. } => {
                // The cause names paths of the host, which are nobody's business outside.
                tracing::error!(%error, "the spool failed");
                Refusal::failed("the registry's disk failed; what was answered OK is safe, send this again later")
            }
            SpoolError::NotDurable { .. } => {
                tracing::error!(%error, "a file was not taken");
                Refusal::failed(error.to_string())
            }
            _ => Refusal::failed(error.to_string()),
        }
    }
}
