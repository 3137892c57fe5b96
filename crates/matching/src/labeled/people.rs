//! Files of people in the layouts of public sets.

use jiff::civil::Date;
use model::{Address, Demographics, Identifier, PersonName, Sex};

use super::LabeledError;
use super::csv::{Row, Table};

/// How a file of people is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// `rec_id, given_name, surname, street_number, address_1, ..., date_of_birth, soc_sec_id`: the number in
    /// `rec-N-org` and `rec-N-dup-M` says who it is.
    Febrl,
    /// `unique_id, cluster, full_name, ..., dob, birth_place, postcode_fake, gender`.
    Historical,
    /// `Match Id, ID, BIRTHDATE, FIRST, LAST, ..., SSN`.
    RecordLinker,
    /// Our own: every fact that people are compared by, see [`HEADER`](super::HEADER).
    Bluebonnet,
}

impl Layout {
    /// All of them.
    pub const ALL: [Layout; 4] = [Layout::Febrl, Layout::Historical, Layout::RecordLinker, Layout::Bluebonnet];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Layout::Febrl => "febrl",
            Layout::Historical => "historical",
            Layout::RecordLinker => "recordlinker",
            Layout::Bluebonnet => "bluebonnet",
        }
    }
}

/// A record and whose it is.
#[derive(Clone, PartialEq, Debug)]
pub struct LabeledPerson {
    /// The record's own name.
    pub record: String,
    /// Whose record it is: records of one person have the same.
    pub person: String,
    /// What is expected when it is looked for: `match`, `no_match`, `possible_match`; empty when nothing is said.
    pub expected: String,
    /// What it says.
    pub demographics: Demographics,
}

/// Reads a file of people, in whichever layout it is.
///
/// # Errors
/// When the text is in none of the layouts.
pub fn read_people(text: &str) -> Result<(Layout, Vec<LabeledPerson>), LabeledError> {
    let table = Table::read(text)?;
    let layout = if table.has("rec_id") {
        Layout::Febrl
    } else if table.has("postcode_fake") {
        Layout::Historical
    } else if table.has("Match Id") && table.has("BIRTHDATE") {
        Layout::RecordLinker
    } else if table.has("mother_maiden") && table.has("record") {
        Layout::Bluebonnet
    } else {
        return Err(LabeledError("the columns are those of no known layout".to_owned()));
    };
    let read = match layout {
        Layout::Febrl => read_febrl,
        Layout::Historical => read_historical,
        Layout::RecordLinker => read_recordlinker,
        Layout::Bluebonnet => super::own::read,
    };
    Ok((layout, table.rows().map(read).collect()))
}

fn read_febrl(row: Row<'_>) -> LabeledPerson {
    let record = row.value("rec_id");
    let date = row.value("date_of_birth");
    let birth_date = (date.len() == 8 && date.is_ascii())
        .then(|| format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]).parse().ok())
        .flatten();
    let mut demographics = Demographics {
        names: named(row.value("given_name"), "", row.value("surname"), ""),
        birth_date,
        ..Demographics::default()
    };
    let street = format!("{} {}", row.value("street_number"), row.value("address_1"));
    add_address(&mut demographics, street.trim(), row.value("suburb"), row.value("postcode"));
    if !row.value("address_2").is_empty() {
        // The two lines of an address are swapped in some records.
        let second = format!("{} {}", row.value("street_number"), row.value("address_2"));
        add_address(&mut demographics, second.trim(), row.value("suburb"), row.value("postcode"));
    }
    add_identifier(&mut demographics, "NI", row.value("soc_sec_id"));
    LabeledPerson {
        record: record.to_owned(),
        person: record.split('-').nth(1).unwrap_or(record).to_owned(),
        expected: String::new(),
        demographics,
    }
}

fn read_historical(row: Row<'_>) -> LabeledPerson {
    let mut words = row.value("full_name").split_whitespace();
    let (first, last) = (row.value("first_name"), row.value("surname"));
    let given = words.next().unwrap_or(first);
    let mut middle: Vec<&str> = words.collect();
    if middle.last().is_some_and(|word| *word == last) {
        middle.pop();
    }
    let given = if given == last { "" } else { given };
    let mut demographics = Demographics {
        names: named(given, &middle.join(" "), last, ""),
        birth_date: row.value("dob").parse().ok(),
        sex: Sex::parse(match row.value("gender") {
            "male" => "M",
            "female" => "F",
            _ => "",
        }),
        ..Demographics::default()
    };
    add_address(&mut demographics, "", row.value("birth_place"), row.value("postcode_fake"));
    LabeledPerson {
        record: row.value("unique_id").to_owned(),
        person: row.value("cluster").to_owned(),
        expected: String::new(),
        demographics,
    }
}

fn read_recordlinker(row: Row<'_>) -> LabeledPerson {
    let mut demographics = Demographics {
        names: named(row.value("FIRST"), "", row.value("LAST"), row.value("SUFFIX")),
        birth_date: parse_american_date(row.value("BIRTHDATE")),
        sex: Sex::parse(row.value("GENDER")),
        ..Demographics::default()
    };
    add_address(&mut demographics, row.value("ADDRESS"), row.value("CITY"), row.value("ZIP"));
    add_identifier(&mut demographics, "SS", row.value("SSN"));
    let record = match row.value("Test Case #") {
        "" => row.value("ID"),
        number => number,
    };
    LabeledPerson {
        record: record.to_owned(),
        person: row.value("Match Id").to_owned(),
        expected: row.value("Expected Result").to_owned(),
        demographics,
    }
}

/// `1965-01-09`, or `1/9/65` of the twentieth century.
fn parse_american_date(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse() {
        return Some(date);
    }
    let parts: Vec<i16> = text.split('/').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [month, day, year] = parts.as_slice() else { return None };
    let year = match *year {
        0..=25 => year + 2000,
        26..=99 => year + 1900,
        _ => *year,
    };
    Date::new(year, i8::try_from(*month).ok()?, i8::try_from(*day).ok()?).ok()
}

fn named(given: &str, middle: &str, family: &str, suffix: &str) -> Vec<PersonName> {
    if given.is_empty() && family.is_empty() {
        return Vec::new();
    }
    vec![PersonName {
        family: family.into(),
        given: given.into(),
        middle: middle.into(),
        suffix: suffix.into(),
        kind: "L".into(),
    }]
}

fn add_address(person: &mut Demographics, street: &str, city: &str, zip: &str) {
    if !(street.is_empty() && city.is_empty() && zip.is_empty()) {
        person.addresses.push(Address {
            street: street.into(),
            city: city.into(),
            zip: zip.into(),
            ..Address::default()
        });
    }
}

fn add_identifier(person: &mut Demographics, kind: &str, value: &str) {
    if !value.is_empty() {
        person.identifiers.push(Identifier { kind: kind.into(), value: value.into(), authority: String::new() });
    }
}
