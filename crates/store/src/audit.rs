//! The audit trail: who did what to whose record, in hash chains that show tampering.

use model::{AuditEntry, PatientId};

use crate::{Database, StoreError};

/// A line of the audit trail with its place in its chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditRecord {
    /// Which chain: one per lane of each node.
    pub chain: String,
    /// Its place, from 1, without gaps.
    pub sequence: i64,
    /// SHA-256 of the hash before it and of this line.
    pub hash: [u8; 32],
    /// What it says.
    pub entry: AuditEntry,
}

/// What a walk along all chains found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AuditVerification {
    /// The chains, by name.
    pub chains: Vec<AuditChain>,
    /// What is wrong; empty when nothing is.
    pub faults: Vec<AuditFault>,
}

/// One chain. Compare its head with one noted earlier to see whether its newest lines were cut off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditChain {
    /// Its name.
    pub name: String,
    /// Its lines.
    pub line_count: u64,
    /// The sequence of its newest line.
    pub head_sequence: i64,
    /// The hash of its newest line.
    pub head_hash: [u8; 32],
}

/// A line that does not follow from the one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditFault {
    /// Which chain.
    pub chain: String,
    /// Which line.
    pub sequence: i64,
    /// What is wrong, as a sentence.
    pub sentence: String,
}

impl Database {
    /// Adds lines outside of any batch, in this node's own chain for that.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn append_audit(&self, _entries: &[AuditEntry]) -> Result<(), StoreError> {
        todo!()
    }

    /// The newest lines about a person, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn audit_of_patient(&self, _id: PatientId, _limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        todo!()
    }

    /// The newest lines of all, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_audit(&self, _limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        todo!()
    }

    /// Walks along all chains.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn verify_audit_chains(&self) -> Result<AuditVerification, StoreError> {
        todo!()
    }
}
