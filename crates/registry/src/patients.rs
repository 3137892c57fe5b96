//! People by the number under which the registry knows them.

use model::{Demographics, Identifier, PatientId};
use store::{Reading, StoreError};

use crate::query::people_under;
use crate::{Admission, Registry, RegistryError};

/// The type (HL70203) of the registry's own numbers.
pub(crate) const OWN_NUMBER: &str = "SR";
/// The registry's own numbers in one question that are led on to records that took others in. A person has one, or a few.
const OWN_NUMBERS_MAXIMUM: usize = 8;

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

    /// A question with the registry's own numbers as they stand now: the number of a merged record is that of the record which
    /// leads on, so that both numbers keep answering.
    pub(crate) fn with_leading_numbers(
        &self,
        asked: &Demographics,
        reading: &mut Reading<'_>,
    ) -> Result<Demographics, StoreError> {
        let facility = &self.profile().registry.facility;
        let is_own = |it: &&mut Identifier| it.kind == OWN_NUMBER && it.authority.eq_ignore_ascii_case(facility);
        let mut asked = asked.clone();
        for identifier in asked.identifiers.iter_mut().filter(is_own).take(OWN_NUMBERS_MAXIMUM) {
            let number = model::read_number(&identifier.value);
            let keys = matching::match_keys(&Demographics::default(), Some(&number));
            let meant = reading.patients_by_match_keys(&keys)?.into_iter().map(|(_, id)| id);
            let meant: Vec<PatientId> = meant.filter(|id| id.number() == number).collect();
            for leading in people_under(&[], &meant, reading)? {
                identifier.value = leading.patient.id.number();
            }
        }
        Ok(asked)
    }
}
