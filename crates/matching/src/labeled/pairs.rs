//! Pairs of people with what an expert expects of them: a line a pair, columns `case_id`, `test`, `expect`, and `a_` and
//! `b_` of each fact.

use model::{Address, Demographics, Identifier, NextOfKin, PersonName, Sex, Telecom};

use super::LabeledError;
use super::csv::{Row, Table};
use crate::Outcome;

/// A pair and what is expected of it.
#[derive(Clone, PartialEq, Debug)]
pub struct LabeledPair {
    /// The name of the case.
    pub case: String,
    /// What it tries.
    pub test: String,
    /// What is expected; `None` when the experts were not sure.
    pub expected: Option<Outcome>,
    /// The one.
    pub one: Demographics,
    /// The other.
    pub other: Demographics,
}

/// Reads labeled pairs.
///
/// # Errors
/// When the text is no such table.
pub fn read_pairs(text: &str) -> Result<Vec<LabeledPair>, LabeledError> {
    let table = Table::read(text)?;
    table.require(&["expect", "a_nameFirst", "a_nameLast", "b_nameFirst", "b_nameLast"])?;
    let pairs = table.rows().map(|row| LabeledPair {
        case: match row.value("case_id") {
            "" => row.number().to_string(),
            case => case.to_owned(),
        },
        test: row.value("test").to_owned(),
        expected: match row.value("expect") {
            "Match" => Some(Outcome::Match),
            "Possible Match" => Some(Outcome::PossibleMatch),
            "Not a Match" => Some(Outcome::NotAMatch),
            _ => None,
        },
        one: read_person(row, "a_"),
        other: read_person(row, "b_"),
    });
    Ok(pairs.collect())
}

fn read_person(row: Row<'_>, side: &str) -> Demographics {
    let value = |column: &str| row.value(&format!("{side}{column}")).to_owned();
    let name = |given: String, family: String| PersonName { given, family, ..PersonName::default() };
    let date = value("birthDate");
    let mut person = Demographics {
        names: vec![PersonName {
            family: surname(&value("nameLast"), &value("nameLastHyph")),
            given: value("nameFirst"),
            middle: value("nameMiddle"),
            suffix: value("nameSuffix"),
            kind: "L".into(),
        }],
        birth_date: match date.get(..8) {
            Some(_) if date.len() == 8 => format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]).parse().ok(),
            _ => None,
        },
        sex: Sex::parse(&value("gender")),
        multiple_birth: match value("birthStatus").as_str() {
            "Y" => Some(true),
            "N" => Some(false),
            _ => None,
        },
        birth_order: value("birthOrder").parse().ok(),
        ..Demographics::default()
    };
    if !value("nameAlias").is_empty() {
        person.names.push(name(value("nameAlias"), value("nameLast")));
    }
    if !value("motherMaidenName").is_empty() {
        person.mother_maiden_name = Some(name(String::new(), value("motherMaidenName")));
    }
    if !value("guardianNameFirst").is_empty() || !value("guardianNameLast").is_empty() {
        person.next_of_kin.push(NextOfKin {
            name: name(value("guardianNameFirst"), value("guardianNameLast")),
            relationship: "GRD".into(),
            ..NextOfKin::default()
        });
    }
    let address = Address {
        street: value("addressStreet1"),
        city: value("addressCity"),
        state: value("addressState"),
        zip: value("addressZip"),
        ..Address::default()
    };
    if address != Address::default() {
        person.addresses.push(address);
    }
    if !value("phone").is_empty() {
        person.telecoms.push(Telecom { value: value("phone"), ..Telecom::default() });
    }
    add_identifiers(&mut person, &value("mrns"), &value("ssn"), &value("medicaid"));
    person
}

/// Both halves of a double surname, where the second stands in a column of its own.
fn surname(first: &str, second: &str) -> String {
    match (first, second) {
        (_, "") => first.to_owned(),
        ("", _) => second.to_owned(),
        _ => format!("{first}-{second}"),
    }
}

fn add_identifiers(person: &mut Demographics, chart: &str, social_security: &str, medicaid: &str) {
    let (authority, number) = chart.split_once('-').unwrap_or(("", chart));
    for (kind, authority, number) in [("MR", authority, number), ("SS", "", social_security), ("MA", "", medicaid)] {
        if !number.is_empty() {
            person.identifiers.push(Identifier {
                kind: kind.into(),
                value: number.into(),
                authority: authority.into(),
            });
        }
    }
}
