//! People by the number under which the registry knows them.

use model::{Demographics, PatientId};

use crate::{Admission, Registry, RegistryError};

impl Registry {
    /// Whose number this is: the short number that is shown and sent, as people write it. A merged record's number
    /// gives that record, not the one that leads on.
    ///
    /// For operators: consent is not asked, and nothing but the id is given.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find_patient_number(
        &self,
        _admission: &Admission,
        number: &str,
    ) -> Result<Option<PatientId>, RegistryError> {
        let number = model::read_number(number);
        let keys = matching::match_keys(&Demographics::default(), Some(&number));
        let found = self.database().patients_by_match_keys(&keys)?;
        let is_meant = |id: &PatientId| id.number() == number;
        Ok(found.into_iter().map(|(_, id)| id).find(is_meant))
    }
}
