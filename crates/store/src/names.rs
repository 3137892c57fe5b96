//! People by name alone: for pages, where somebody looks for a person whose birth date they do not know.

use model::{PatientId, plain_letters};

use crate::value::Value;
use crate::{Database, StoreError};

/// People given for a name at most; a page that finds as many asks for more than the name.
pub const PEOPLE_PER_NAME_LIMIT: u32 = 200;

/// Words of a surname that are looked for in another order at most.
const SURNAMES_TURNED_MAXIMUM: usize = 6;

/// How statements begin that find people by name.
const FIND_PATIENTS: &str = "
SELECT id
FROM patient
WHERE status <> 'merged'";

/// Letters that are compared as others, or as none: with [`plain_sql`] the expression of the index `patient_by_name`, which
/// serves only while the two are the same. What is written now has no other letters than these: records written by earlier
/// versions hold names as they were said.
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
    /// People of this surname whose first name begins so, in the order of their ids. Of several surnames they are found in any
    /// order, and by the first of them; by another alone they are not, as no index begins with it. Of more than
    /// [`PEOPLE_PER_NAME_LIMIT`] it gives so many: those of the whole surname first, of these whom the index leads to first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn patients_by_name(&self, family: &str, given: &str) -> Result<Vec<PatientId>, StoreError> {
        let read = |row: &dyn crate::value::Columns| Ok(PatientId(row.uuid(0)?));
        let mut found = self.read(|connection| {
            let mut found = Vec::new();
            for Statement { sql, values } in find_statements(family, given) {
                found.extend(connection.query_as(&sql, &values, "find patients by name", read)?);
            }
            Ok(found)
        })?;
        found.truncate(PEOPLE_PER_NAME_LIMIT as usize);
        found.sort_unstable();
        Ok(found)
    }
}

/// The statements that find people by name: of this surname, and of those that begin with it as a word. They take whom the
/// index leads to first: to sort all of a frequent name would take seconds.
pub(crate) fn find_statements(family: &str, given: &str) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut spellings = vec![plain(&plain_letters(given)), plain(given)];
    spellings.dedup();
    for given in spellings {
        let mut whole = Statement::default();
        whole.is_one_of("family_name", same_surnames(family));
        let first = beginning_with(family);
        for mut statement in std::iter::once(whole).chain(first) {
            if !given.is_empty() {
                statement.begins_with("given_name", &given);
            }
            statement.sql.push_str(&format!("\nLIMIT {PEOPLE_PER_NAME_LIMIT}"));
            statements.push(statement);
        }
    }
    statements
}

/// Those of whose surnames this is the first.
fn beginning_with(family: &str) -> Option<Statement> {
    let beginning = format!("{} ", plain(&plain_letters(family)));
    let mut first = Statement::default();
    first.begins_with("family_name", &beginning);
    (beginning.len() > 1 && beginning.chars().all(is_ordered)).then_some(first)
}

/// A surname as it is compared, with its words in each order that one gets by beginning with another of them.
fn same_surnames(family: &str) -> Vec<String> {
    // In records of earlier versions letters beyond those of Spanish stand as they were said, in small letters or capitals.
    let mut same: Vec<String> = Vec::new();
    let spellings = [plain_letters(family), family.to_owned(), family.to_lowercase(), family.to_uppercase()];
    for family in spellings.map(|text| plain(&text)) {
        let mut words: Vec<&str> = family.split_whitespace().collect();
        for _ in 1..words.len().min(SURNAMES_TURNED_MAXIMUM) {
            words.rotate_left(1);
            same.push(words.join(" "));
        }
        same.push(family);
    }
    same.sort_unstable();
    same.dedup();
    same
}

/// A statement that finds people by name, and its parameters.
pub(crate) struct Statement {
    /// Its text.
    pub(crate) sql: String,
    values: Vec<Value<'static>>,
}

impl Default for Statement {
    fn default() -> Statement {
        Statement { sql: FIND_PATIENTS.to_owned(), values: Vec::new() }
    }
}

impl Statement {
    fn is_one_of(&mut self, column: &str, texts: Vec<String>) {
        let places: Vec<String> = texts.iter().map(|text| self.place(text)).collect();
        self.sql.push_str(&format!("\n    AND {} IN ({})", plain_sql(column), places.join(", ")));
    }

    fn begins_with(&mut self, column: &str, prefix: &str) {
        let column = plain_sql(column);
        let place = self.place(prefix);
        self.sql.push_str(&format!("\n    AND substr({column}, 1, {}) = {place}", prefix.chars().count()));
        if let Some((first, after)) = range_of(prefix) {
            let (first, after) = (self.place(&first), self.place(&after));
            self.sql.push_str(&format!("\n    AND {column} >= {first}\n    AND {column} < {after}"));
        }
    }

    /// Where a text stands among the parameters.
    fn place(&mut self, text: &str) -> String {
        self.values.push(Value::text(text).into_owned());
        format!("${}", self.values.len())
    }
}

/// Between which texts those lie that begin so, for the index: by letters of ASCII and the spaces among them alone, which
/// every collation has in the same order. `None` where they say nothing.
fn range_of(prefix: &str) -> Option<(String, String)> {
    let first: String = prefix.chars().take_while(|letter| is_ordered(*letter)).collect();
    let mut after = first.trim_end_matches(['z', ' ']).to_owned();
    let last = after.pop().filter(char::is_ascii_lowercase)?;
    after.push(char::from(u8::try_from(last).ok()? + 1));
    Some((first, after))
}

fn is_ordered(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter == ' '
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
    use super::{plain, plain_sql, range_of, same_surnames};

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
    fn several_surnames_are_the_same_in_another_order() {
        assert_eq!(same_surnames("Muñoz"), ["munoz"]);
        assert_eq!(same_surnames("Garza-Alvera"), ["alvera garza", "garza alvera"]);
        assert!(same_surnames("de la Cruz Garza").contains(&"garza de la cruz".to_owned()));
    }

    #[test]
    fn what_begins_with_a_text_lies_in_its_range() {
        let range = |prefix| range_of(prefix).map(|(first, after)| format!("{first}..{after}"));
        assert_eq!(range("gar").as_deref(), Some("gar..gas"));
        assert_eq!(range("jazz").as_deref(), Some("jazz..jb"));
        assert_eq!(range("mary ann").as_deref(), Some("mary ann..mary ano"));
        assert_eq!(range("garza ").as_deref(), Some("garza ..garzb"));
        assert_eq!(range("de la ç").as_deref(), Some("de la ..de lb"));
        assert_eq!((range("zz"), range("ç"), range("")), (None, None, None));
    }
}
