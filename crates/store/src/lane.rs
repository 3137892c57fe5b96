//! A lane: one thread's own connection, on which the intake runs its batches.

use model::{PatientId, PatientRecord};

use crate::{Changes, Database, KnownMessage, StoreError};

/// A connection of its own for one thread that runs batches.
pub struct Lane {}

/// One transaction of a lane.
pub struct Batch<'lane> {
    _lane: &'lane mut Lane,
}

impl Database {
    /// Opens lane `number`, from 0. Every number has its own audit chain: open it once per node.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub fn lane(&self, _number: usize) -> Result<Lane, StoreError> {
        todo!()
    }
}

impl Lane {
    /// Runs `work` in one transaction and commits it. Whatever error comes, nothing of it is kept.
    ///
    /// `buckets` (birth dates as numbers) keep lanes of other nodes from deciding about the same people meanwhile.
    /// A lost connection is made anew before the batch begins.
    ///
    /// # Errors
    /// Those of `work`, and those of the database.
    pub fn batch<T, E: From<StoreError>>(
        &mut self,
        _buckets: &[i64],
        _work: impl FnOnce(&mut Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        todo!()
    }
}

impl Batch<'_> {
    /// The logged messages with these control hashes.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn messages_by_control_hash(&mut self, hashes: &[i64]) -> Result<Vec<KnownMessage>, StoreError> {
        Ok(self.look_up(hashes, &[])?.0)
    }

    /// Who is found under these keys.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patients_by_match_keys(&mut self, keys: &[i64]) -> Result<Vec<(i64, PatientId)>, StoreError> {
        Ok(self.look_up(&[], keys)?.1)
    }

    /// Both of these in one round trip.
    ///
    /// # Errors
    /// The database cannot be read.
    #[allow(clippy::type_complexity)]
    pub fn look_up(
        &mut self,
        _control_hashes: &[i64],
        _keys: &[i64],
    ) -> Result<(Vec<KnownMessage>, Vec<(i64, PatientId)>), StoreError> {
        todo!()
    }

    /// The records of these people, in no particular order; unknown ids are left out.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patient_records(&mut self, _ids: &[PatientId]) -> Result<Vec<PatientRecord>, StoreError> {
        todo!()
    }

    /// Writes all changes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when a patient's version is not the expected one; end the batch with it.
    pub fn write(&mut self, _changes: &Changes) -> Result<(), StoreError> {
        todo!()
    }
}
