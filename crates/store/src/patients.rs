//! People and what was reported of them, read off the hot path.

use model::{PatientId, PatientRecord, VaccinationEvent};

use crate::{Database, ReviewOpened, StoreError};

impl Database {
    /// The records of these people, in no particular order; unknown ids are left out. A merged record is given as it is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patient_records(&self, _ids: &[PatientId]) -> Result<Vec<PatientRecord>, StoreError> {
        todo!()
    }

    /// Who is found under these keys.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patients_by_match_keys(&self, _keys: &[i64]) -> Result<Vec<(i64, PatientId)>, StoreError> {
        todo!()
    }

    /// The vaccinations of these people, each with its primary report.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn vaccination_events(&self, _ids: &[PatientId]) -> Result<Vec<VaccinationEvent>, StoreError> {
        todo!()
    }

    /// Possible matches that wait for a reviewer, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn open_reviews(&self, _limit: u32) -> Result<Vec<ReviewOpened>, StoreError> {
        todo!()
    }
}
