//! People by name alone: for pages, where somebody looks for a person whose birth date they do not know.

use model::PatientId;

use crate::value::Value;
use crate::{Database, StoreError};

/// People given for a name at most; a page that finds as many asks for more than the name.
pub const PEOPLE_PER_NAME_LIMIT: u32 = 200;

/// What is compared of names is the expression of the index `patient_by_name`, letter for letter: otherwise the index
/// does not serve. See [`plain`].
pub(crate) const FIND_BY_NAME: &str = "
SELECT id
FROM patient
WHERE
    replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(family_name)
        , 'Á', 'a'), 'á', 'a'), 'É', 'e'), 'é', 'e'), 'Í', 'i'), 'í', 'i'), 'Ó', 'o'), 'ó', 'o'), 'Ú', 'u')
        , 'ú', 'u'), 'Ü', 'u'), 'ü', 'u'), 'Ñ', 'n'), 'ñ', 'n'), '-', ' '), '''', '')
        IN ($1, $2, $3)
    AND substr(
        replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(lower(given_name)
            , 'Á', 'a'), 'á', 'a'), 'É', 'e'), 'é', 'e'), 'Í', 'i'), 'í', 'i'), 'Ó', 'o'), 'ó', 'o')
            , 'Ú', 'u'), 'ú', 'u'), 'Ü', 'u'), 'ü', 'u'), 'Ñ', 'n'), 'ñ', 'n'), '-', ' '), '''', ''),
        1, $4) = $5
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
        // Letters beyond those of Spanish are looked for as typed, in small letters and in capitals.
        let [typed, small, capital] =
            [family.to_owned(), family.to_lowercase(), family.to_uppercase()].map(|text| plain(&text));
        let given = plain(given);
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

/// A name as names are compared: without accents, hyphens and apostrophes, and without case where the database has none.
fn plain(name: &str) -> String {
    let letter = |letter: char| match letter {
        'Á' | 'á' => Some('a'),
        'É' | 'é' => Some('e'),
        'Í' | 'í' => Some('i'),
        'Ó' | 'ó' => Some('o'),
        'Ú' | 'ú' | 'Ü' | 'ü' => Some('u'),
        'Ñ' | 'ñ' => Some('n'),
        '-' => Some(' '),
        '\'' => None,
        other => Some(other.to_ascii_lowercase()),
    };
    name.chars().filter_map(letter).collect()
}
