//! People by name alone: for pages, where somebody looks for a person whose birth date they do not know.

use model::PatientId;

use crate::value::Value;
use crate::{Database, StoreError};

/// People given for a name at most; a page that finds as many asks for more than the name.
pub const PEOPLE_PER_NAME_LIMIT: u32 = 200;

/// Databases lower the letters of ASCII only, so that a letter with an accent is looked for as it was typed, in small
/// letters and in capitals.
pub(crate) const FIND_BY_NAME: &str = "
SELECT id
FROM patient
WHERE lower(family_name) IN ($1, $2, $3)
    AND substr(lower(given_name), 1, $4) = $5
    AND status <> 'merged'
ORDER BY id
LIMIT $6";

impl Database {
    /// The people of this surname whose first name begins so, the longest known first: [`PEOPLE_PER_NAME_LIMIT`] at
    /// most.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patients_by_name(&self, family: &str, given: &str) -> Result<Vec<PatientId>, StoreError> {
        let typed = family.to_ascii_lowercase();
        let small = family.to_lowercase();
        let capital = family.to_uppercase().to_ascii_lowercase();
        let given = given.to_ascii_lowercase();
        let values = [
            Value::text(&typed),
            Value::text(&small),
            Value::text(&capital),
            Value::Integer(given.chars().count() as i64),
            Value::text(&given),
            Value::Integer(PEOPLE_PER_NAME_LIMIT.into()),
        ];
        let read = |row: &dyn crate::value::Columns| Ok(PatientId(row.uuid(0)?));
        self.read(|connection| connection.query_as(FIND_BY_NAME, &values, "find patients by name", read))
    }
}
