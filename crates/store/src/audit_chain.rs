//! The hash chain: what makes a line of the audit trail follow from the line before it.

use model::AuditEntry;
use sha2::{Digest, Sha256};

/// The end of a chain.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// The sequence of the newest line; 0 when there is none.
    pub(crate) sequence: i64,
    /// Its hash.
    pub(crate) hash: [u8; 32],
}

impl Head {
    /// Before the first line.
    pub(crate) const START: Head = Head { sequence: 0, hash: [0; 32] };

    /// The head after one more line.
    pub(crate) fn followed_by(&self, chain: &str, entry: &AuditEntry) -> Head {
        let sequence = self.sequence + 1;
        Head { sequence, hash: line_hash(&self.hash, chain, sequence, entry) }
    }
}

/// SHA-256 of the hash before and of everything that the line says: numbers as 8 bytes, most significant first; ids as
/// 16; texts after their length; before whatever may be missing, one byte that says whether it is there.
fn line_hash(previous: &[u8; 32], chain: &str, sequence: i64, entry: &AuditEntry) -> [u8; 32] {
    let mut line = Vec::with_capacity(256);
    line.extend_from_slice(previous);
    let text = |line: &mut Vec<u8>, text: &str| {
        line.extend_from_slice(&(text.len() as u64).to_be_bytes());
        line.extend_from_slice(text.as_bytes());
    };
    let optional = |line: &mut Vec<u8>, id: Option<uuid::Uuid>| match id {
        Some(id) => {
            line.push(1);
            line.extend_from_slice(id.as_bytes());
        }
        None => line.push(0),
    };
    text(&mut line, chain);
    line.extend_from_slice(&sequence.to_be_bytes());
    line.extend_from_slice(&entry.at.as_microsecond().to_be_bytes());
    optional(&mut line, entry.account_id.map(|id| id.0));
    line.extend_from_slice(entry.organization_id.0.as_bytes());
    text(&mut line, entry.action.word());
    optional(&mut line, entry.patient_id.map(|id| id.0));
    optional(&mut line, entry.message_id.map(|id| id.0));
    text(&mut line, &entry.detail);
    Sha256::digest(&line).into()
}
