//! The code tables of the HL7 immunization guide that are not lists of CDC, and the codes that follow a pattern.

use model::Table;

use crate::TableError;
use crate::texts::Row;

/// The codes of every table with their names, sorted by code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hl7Tables {
    tables: [Vec<(Box<str>, Box<str>)>; TABLES.len()],
}

/// The tables, in the order of [`Table`], with the names that they go by in `hl7_tables.txt`.
const TABLES: [(Table, &str); 23] = [
    (Table::Sex, "Sex"),
    (Table::Race, "Race"),
    (Table::Ethnicity, "Ethnicity"),
    (Table::Relationship, "Relationship"),
    (Table::Eligibility, "Eligibility"),
    (Table::Route, "Route"),
    (Table::BodySite, "BodySite"),
    (Table::AddressType, "AddressType"),
    (Table::NameType, "NameType"),
    (Table::TelecomUse, "TelecomUse"),
    (Table::TelecomEquipment, "TelecomEquipment"),
    (Table::IdentifierType, "IdentifierType"),
    (Table::Publicity, "Publicity"),
    (Table::Manufacturer, "Manufacturer"),
    (Table::Completion, "Completion"),
    (Table::ActionCode, "ActionCode"),
    (Table::RegistryStatus, "RegistryStatus"),
    (Table::YesNo, "YesNo"),
    (Table::InformationSource, "InformationSource"),
    (Table::RefusalReason, "RefusalReason"),
    (Table::ObservationIdentifier, "ObservationIdentifier"),
    (Table::FundingSource, "FundingSource"),
    (Table::DoseUnit, "DoseUnit"),
];

impl Hl7Tables {
    /// Adds the code of a line, or replaces the name of a known one.
    pub(crate) fn read(&mut self, row: &Row) -> Result<(), TableError> {
        let [table, code, name] = row.columns()?;
        let place = TABLES.iter().position(|(_, known)| *known == table);
        let place = place.ok_or_else(|| row.error(format!("\"{table}\" is not a table")))?;
        if code.is_empty() {
            return Err(row.error("the code is missing"));
        }
        let codes = &mut self.tables[place];
        match codes.binary_search_by(|(known, _)| known.as_ref().cmp(code)) {
            Ok(known) => codes[known].1 = name.into(),
            Err(free) => codes.insert(free, (code.into(), name.into())),
        }
        Ok(())
    }

    /// The codes of a table with their names, by code.
    pub(crate) fn codes(&self, table: Table) -> impl Iterator<Item = (&str, &str)> {
        self.tables[table as usize].iter().map(|(code, name)| (code.as_ref(), name.as_ref()))
    }

    /// What a code is called: by its line, or by the pattern that it follows.
    pub(crate) fn name(&self, table: Table, code: &str) -> Option<&str> {
        let codes = &self.tables[table as usize];
        match codes.binary_search_by(|(known, _)| known.as_ref().cmp(code)) {
            Ok(place) => Some(&codes[place].1),
            Err(_) => pattern_name(table, code),
        }
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = (String, String)> {
        TABLES.iter().flat_map(|(table, word)| {
            self.codes(*table).map(move |(code, name)| (format!("{word} {code}"), format!("{word} | {code} | {name}")))
        })
    }
}

/// Codes that no list can hold.
///
/// # Source
/// HL7 IG 1.5, table HL70064 (each state may add codes: its two letters, `A`, a number) and table HL70203 (`NNxxx`: a national person
/// identifier, `xxx` the three letters of the country).
fn pattern_name(table: Table, code: &str) -> Option<&'static str> {
    let bytes = code.as_bytes();
    match (table, bytes) {
        (Table::Eligibility, [first, second, b'A', number @ ..]) => {
            let is_state = first.is_ascii_uppercase() && second.is_ascii_uppercase();
            let is_number = (1..=3).contains(&number.len()) && number.iter().all(u8::is_ascii_digit);
            (is_state && is_number).then_some("State-specific eligibility")
        }
        (Table::IdentifierType, [b'N', b'N', country @ ..]) => {
            let is_country = country.len() == 3 && country.iter().all(u8::is_ascii_uppercase);
            is_country.then_some("National person identifier")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_stands_in_its_own_place() {
        for (place, (table, word)) in TABLES.into_iter().enumerate() {
            assert_eq!(table as usize, place);
            assert_eq!(format!("{table:?}"), word);
        }
    }

    #[test]
    fn a_state_may_add_eligibility_codes() {
        for code in ["TXA01", "MIA14", "CAA1"] {
            assert!(pattern_name(Table::Eligibility, code).is_some(), "{code}");
        }
        for code in ["", "TXA", "TX01", "TXA0123", "txA01", "T1A01", "TXAB1"] {
            assert!(pattern_name(Table::Eligibility, code).is_none(), "{code}");
        }
    }
}
