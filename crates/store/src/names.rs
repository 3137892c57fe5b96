//! People by name alone: for pages, where somebody looks for a person whose birth date they do not know.

use model::PatientId;

use crate::value::Value;
use crate::{Database, StoreError};

/// People given for a name at most; a page that finds as many asks for more than the name.
pub const PEOPLE_PER_NAME_LIMIT: u32 = 200;

/// Letters that are compared as others, or as none: with [`plain_sql`] the expression of the index `patient_by_name`, which
/// serves only while the two are the same.
const LETTERS: [(char, &str); 16] = [
    ('Á', "a"),
    ('á', "a"),
    ('É', "e"),
    ('é', "e"),
    ('Í', "i"),
    ('í', "i"),
    ('Ó', "o"),
    ('ó', "o"),
    ('Ú', "u"),
    ('ú', "u"),
    ('Ü', "u"),
    ('ü', "u"),
    ('Ñ', "n"),
    ('ñ', "n"),
    ('-', " "),
    ('\'', ""),
];

impl Database {
    /// People of this surname whose first name begins so: [`PEOPLE_PER_NAME_LIMIT`] at most, in the order of their ids.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patients_by_name(&self, family: &str, given: &str) -> Result<Vec<PatientId>, StoreError> {
        let (sql, values) = find_statement(family, given);
        let read = |row: &dyn crate::value::Columns| Ok(PatientId(row.uuid(0)?));
        let mut found = self.read(|connection| connection.query_as(&sql, &values, "find patients by name", read))?;
        found.sort_unstable();
        Ok(found)
    }
}

/// The statement that finds people by name, and its parameters. It takes whom the index leads to first: to sort all of a
/// frequent name would take seconds.
pub(crate) fn find_statement(family: &str, given: &str) -> (String, Vec<Value<'static>>) {
    // Letters beyond those of Spanish are looked for as typed, in small letters and in capitals.
    let family = [family.to_owned(), family.to_lowercase(), family.to_uppercase()].map(|text| plain(&text));
    let mut values: Vec<Value<'static>> = family.iter().map(|text| owned(text)).collect();
    let mut sql = format!(
        "
SELECT id
FROM patient
WHERE {} IN ($1, $2, $3)
    AND status <> 'merged'",
        plain_sql("family_name")
    );
    let given = plain(given);
    if !given.is_empty() {
        let column = plain_sql("given_name");
        sql.push_str(&format!("\n    AND substr({column}, 1, {}) = $4", given.chars().count()));
        if let Some((first, after)) = range_of(&given) {
            sql.push_str(&format!("\n    AND {column} >= $5\n    AND {column} < $6"));
            values.extend([given, first, after].map(|text| owned(&text)));
        } else {
            values.push(owned(&given));
        }
    }
    sql.push_str(&format!("\nLIMIT {PEOPLE_PER_NAME_LIMIT}"));
    (sql, values)
}

fn owned(text: &str) -> Value<'static> {
    Value::text(text).into_owned()
}

/// Between which texts those lie that begin so, for the index: by the letters of ASCII alone, which every collation has in
/// the same order. `None` where they say nothing.
fn range_of(prefix: &str) -> Option<(String, String)> {
    let first: String = prefix.chars().take_while(char::is_ascii_lowercase).collect();
    let mut after = first.trim_end_matches('z').to_owned();
    let last = after.pop()?;
    after.push(char::from(u8::try_from(last).ok()? + 1));
    Some((first, after))
}

/// The expression for a name as names are compared.
fn plain_sql(column: &str) -> String {
    LETTERS.iter().fold(format!("lower({column})"), |sql, (letter, plain)| {
        let letter = if *letter == '\'' { "''".to_owned() } else { letter.to_string() };
        format!("replace({sql}, '{letter}', '{plain}')")
    })
}

/// A name as names are compared: without accents, hyphens and apostrophes, and without case where the database has none.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match LETTERS.iter().find(|(known, _)| *known == letter) {
            Some((_, instead)) => plain.push_str(instead),
            None => plain.push(letter.to_ascii_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::{plain, plain_sql, range_of};

    #[test]
    fn the_index_is_over_what_is_compared() {
        let without_space = |text: &str| text.split_whitespace().collect::<String>();
        let migration = without_space(include_str!("../migrations/0017_names_without_accents.sql"));
        for column in ["family_name", "given_name"] {
            assert!(migration.contains(&without_space(&plain_sql(column))), "{column}");
        }
        assert_eq!(plain("O'Brien-Muñoz Ü"), "obrien munoz u");
    }

    #[test]
    fn what_begins_with_a_text_lies_in_its_range() {
        let range = |prefix| range_of(prefix).map(|(first, after)| format!("{first}..{after}"));
        assert_eq!(range("gar").as_deref(), Some("gar..gas"));
        assert_eq!(range("jazz").as_deref(), Some("jazz..jb"));
        assert_eq!(range("mary ann").as_deref(), Some("mary..marz"));
        assert_eq!((range("zz"), range("ç"), range("")), (None, None, None));
    }
}
