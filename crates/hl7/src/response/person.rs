//! PID, PD1 and NK1 of an answer: who the person is, as far as the profiles can say it.

use std::borrow::Cow;

use model::{Address, DatedCode, Demographics, Identifier, NextOfKin, PatientRecord, PersonName, Sex, Table, Telecom};

use super::history::eight_digits;
use super::{Answer, Profile};
use crate::acknowledgment::{fitting, is_oid};

/// The most repetitions of one field that an answer writes.
const REPETITIONS_LIMIT: usize = 20;

/// The most NK1 that an answer writes for one person.
const NEXT_OF_KIN_LIMIT: usize = 20;

/// Lengths of HL7 IG 1.5.
mod length {
    pub(super) const IDENTIFIER: usize = 15;
    pub(super) const NAMESPACE: usize = 20;
    /// FN.1, which has less room than XPN.1 as a whole.
    pub(super) const FAMILY_NAME: usize = 50;
    pub(super) const GIVEN_NAME: usize = 30;
    pub(super) const SUFFIX: usize = 20;
    pub(super) const STREET: usize = 120;
    pub(super) const CITY: usize = 50;
    pub(super) const ZIP: usize = 12;
    pub(super) const COUNTRY: usize = 3;
    pub(super) const COUNTY: usize = 20;
    pub(super) const EMAIL: usize = 199;
}

/// Numbers from 1, as repetitions and components count.
fn numbered<T>(items: impl IntoIterator<Item = T>) -> impl Iterator<Item = (u16, T)> {
    (1u16..).zip(items.into_iter().take(REPETITIONS_LIMIT))
}

/// Whether two are one number, the one under a namespace and the other under an OID.
fn is_under_other_name(one: &Identifier, other: &Identifier) -> bool {
    (&one.kind, &one.value) == (&other.kind, &other.value) && is_oid(&one.authority) != is_oid(&other.authority)
}

impl Answer<'_> {
    /// PID.
    pub(super) fn write_person(&mut self, number: usize, record: &PatientRecord) {
        let who = &record.patient.demographics;
        self.writer.segment("PID");
        self.writer.put(1, &number.to_string());
        self.put_identifiers(record);
        let names = self.names_to_write(who);
        for (repetition, (name, kind)) in numbered(names) {
            self.put_name(5, repetition, name, kind);
        }
        if let Some(mother) = who.mother_maiden_name.as_ref().filter(|mother| !mother.family.is_empty()) {
            self.put_name(6, 1, mother, "M");
        }
        self.writer.put(7, &who.birth_date.map(eight_digits).unwrap_or_default());
        self.writer.put(8, sex_code(who.sex));
        let races =
            who.races.iter().filter(|race| self.tables.contains(Table::Race, race)).cloned().collect::<Vec<_>>();
        for (repetition, race) in numbered(races) {
            self.put_code((10, repetition), Table::Race, &race, "CDCREC");
        }
        let says_anything = |address: &&Address| {
            ![&address.street, &address.unit, &address.city, &address.state, &address.zip, &address.county]
                .into_iter()
                .all(String::is_empty)
        };
        for (repetition, address) in numbered(who.addresses.iter().filter(says_anything)) {
            self.put_address(11, repetition, address);
        }
        self.put_telecoms(13, &who.telecoms);
        if let Some(language) = who.language.as_ref().filter(|language| !language.code.is_empty()) {
            self.writer.put((15, 1), fitting(&language.code, 50));
            self.writer.put((15, 2), fitting(&language.text, 199));
            self.writer.put((15, 3), fitting(&language.system, 20));
        }
        if let Some(ethnicity) = who.ethnicity.as_ref().filter(|code| self.tables.contains(Table::Ethnicity, code)) {
            self.put_code((22, 1), Table::Ethnicity, ethnicity, "CDCREC");
        }
        self.put_birth_and_death(who);
    }

    fn put_birth_and_death(&mut self, who: &Demographics) {
        let letter = |said: Option<bool>| said.map(yes_or_no).unwrap_or_default();
        self.writer.put(24, letter(who.multiple_birth));
        if who.multiple_birth == Some(true) {
            let order = who.birth_order.filter(|order| *order < 100);
            self.writer.put(25, &order.map(|order| order.to_string()).unwrap_or_default());
        }
        if who.is_deceased == Some(true) {
            self.writer.put(29, &who.death_date.map(eight_digits).unwrap_or_default());
        }
        self.writer.put(30, letter(who.is_deceased));
    }

    /// PID-3: the registry's number, medical record numbers, and whatever identifier the asker used.
    fn put_identifiers(&mut self, record: &PatientRecord) {
        let number = record.patient.id.number();
        let facility = self.envelope.facility;
        let own = Identifier { kind: "SR".to_owned(), value: number, authority: facility.to_owned() };
        let known = record
            .patient
            .demographics
            .identifiers
            .iter()
            .chain(record.reports.iter().flat_map(|report| report.demographics.identifiers.iter()));
        let mut written = vec![own];
        for identifier in known {
            if self.may_give(identifier) && !written.contains(identifier) {
                written.push(identifier.clone());
            }
        }
        let mut repetition: u16 = 0;
        while !written.is_empty() && usize::from(repetition) < REPETITIONS_LIMIT {
            repetition += 1;
            let mut names = vec![written.remove(0)];
            let other = written.iter().position(|other| is_under_other_name(&names[0], other));
            names.extend(other.map(|place| written.remove(place)));
            names.sort_by_key(|identifier| is_oid(&identifier.authority));
            self.writer.put((3, repetition, 1), &names[0].value);
            names.iter().for_each(|identifier| self.put_authority([3, repetition, 4], &identifier.authority));
            self.writer.put((3, repetition, 5), &names[0].kind);
        }
    }

    /// Whether an identifier may stand in an answer: it must fit the profile, and either be a medical record number or
    /// be known to the asker already.
    fn may_give(&self, identifier: &Identifier) -> bool {
        let fits = (1..=length::IDENTIFIER).contains(&identifier.value.chars().count())
            && (is_oid(&identifier.authority)
                || (1..=length::NAMESPACE).contains(&identifier.authority.chars().count()))
            && identifier.kind.len() <= 5
            && self.tables.contains(Table::IdentifierType, &identifier.kind);
        let was_named = self.named.iter().any(|named| named.kind == identifier.kind && named.value == identifier.value);
        fits && (was_named || matches!(identifier.kind.as_str(), "MR" | "PI" | "PT"))
    }

    /// HD in subcomponents: an OID as such, anything else as a namespace.
    pub(super) fn put_authority(&mut self, [field, repetition, component]: [u16; 3], authority: &str) {
        if is_oid(authority) {
            self.writer.put((field, repetition, component, 2), authority);
            self.writer.put((field, repetition, component, 3), "ISO");
        } else {
            self.writer.put((field, repetition, component, 1), fitting(authority, length::NAMESPACE));
        }
    }

    /// Names that are whole, the legal one first.
    fn names_to_write<'n>(&self, who: &'n Demographics) -> Vec<(&'n PersonName, &'n str)> {
        let whole = who.names.iter().filter(|name| !name.family.is_empty() && !name.given.is_empty());
        whole
            .enumerate()
            .map(|(index, name)| {
                let is_known = self.tables.contains(Table::NameType, &name.kind) && name.kind.len() == 1;
                (
                    name,
                    if index == 0 {
                        "L"
                    } else if is_known {
                        name.kind.as_str()
                    } else {
                        "U"
                    },
                )
            })
            .collect()
    }

    fn put_name(&mut self, field: u16, repetition: u16, name: &PersonName, kind: &str) {
        self.writer.put((field, repetition, 1), fitting(&name.family, length::FAMILY_NAME));
        self.writer.put((field, repetition, 2), fitting(&name.given, length::GIVEN_NAME));
        self.writer.put((field, repetition, 3), fitting(&name.middle, length::GIVEN_NAME));
        self.writer.put((field, repetition, 4), fitting(&name.suffix, length::SUFFIX));
        self.writer.put((field, repetition, 7), kind);
    }

    fn put_address(&mut self, field: u16, repetition: u16, address: &Address) {
        let is_known = self.tables.contains(Table::AddressType, &address.kind);
        self.writer.put((field, repetition, 1), fitting(&address.street, length::STREET));
        self.writer.put((field, repetition, 2), fitting(&address.unit, length::STREET));
        self.writer.put((field, repetition, 3), fitting(&address.city, length::CITY));
        self.writer.put((field, repetition, 4), fitting(&address.state, length::CITY));
        self.writer.put((field, repetition, 5), fitting(&address.zip, length::ZIP));
        if address.country.chars().count() <= length::COUNTRY {
            self.writer.put((field, repetition, 6), &address.country);
        }
        self.writer.put((field, repetition, 7), if is_known { &address.kind } else { "H" });
        self.writer.put((field, repetition, 9), fitting(&address.county, length::COUNTY));
    }

    /// XTN: e-mail addresses, and phone numbers split into country, area and local number.
    fn put_telecoms(&mut self, field: u16, telecoms: &[Telecom]) {
        let writable = telecoms.iter().filter_map(|telecom| Some((telecom, Number::of(telecom)?))).collect::<Vec<_>>();
        for (repetition, (telecom, number)) in numbered(writable) {
            let usage = match number {
                Number::Email(_) => "NET",
                Number::Phone(_)
                    if telecom.usage != "NET" && self.tables.contains(Table::TelecomUse, &telecom.usage) =>
                {
                    &telecom.usage
                }
                Number::Phone(_) => "PRN",
            };
            self.writer.put((field, repetition, 2), usage);
            if self.tables.contains(Table::TelecomEquipment, &telecom.equipment) {
                self.writer.put((field, repetition, 3), &telecom.equipment);
            }
            match number {
                Number::Email(address) => self.writer.put((field, repetition, 4), address),
                Number::Phone(digits) => {
                    let (country, area, local) = taken_apart(&digits);
                    self.writer.put((field, repetition, 5), country);
                    self.writer.put((field, repetition, 6), area);
                    self.writer.put((field, repetition, 7), local);
                }
            }
        }
    }

    /// A code with its name and coding system.
    pub(super) fn put_code(&mut self, (field, repetition): (u16, u16), table: Table, code: &str, system: &str) {
        let name = self.tables.name(table, code).unwrap_or_default().to_owned();
        self.writer.put((field, repetition, 1), code);
        self.writer.put((field, repetition, 2), &name);
        self.writer.put((field, repetition, 3), system);
    }

    /// PD1, where there is anything to say, and NK1. A candidate's publicity code is left out: NIST's table of it in
    /// profile Z31 is another than the guide's.
    pub(super) fn write_relations(&mut self, record: &PatientRecord, profile: Profile) {
        let who = &record.patient.demographics;
        let publicity = who.publicity.as_ref().filter(|_| profile != Profile::Candidates);
        if publicity.is_some() || who.protection.is_some() || who.registry_status.is_some() {
            self.write_additional(who, publicity);
        }
        let next_of_kin =
            who.next_of_kin.iter().filter(|kin| self.is_writable(kin)).take(NEXT_OF_KIN_LIMIT).collect::<Vec<_>>();
        for (number, kin) in numbered(next_of_kin) {
            self.writer.segment("NK1");
            self.writer.put(1, &number.to_string());
            self.put_name(2, 1, &kin.name, "L");
            self.put_code((3, 1), Table::Relationship, &kin.relationship, "HL70063");
            if let Some(address) = &kin.address {
                self.put_address(4, 1, address);
            }
            self.put_telecoms(5, &kin.telecoms);
        }
    }

    fn is_writable(&self, kin: &NextOfKin) -> bool {
        !kin.name.family.is_empty()
            && !kin.name.given.is_empty()
            && self.tables.contains(Table::Relationship, &kin.relationship)
    }

    fn write_additional(&mut self, who: &Demographics, publicity: Option<&DatedCode>) {
        let date = |date: Option<jiff::civil::Date>| date.map(eight_digits).unwrap_or_default();
        let publicity = publicity.filter(|it| self.tables.contains(Table::Publicity, &it.code));
        let status = who.registry_status.as_ref().filter(|it| self.tables.contains(Table::RegistryStatus, &it.code));
        self.writer.segment("PD1");
        if let Some(publicity) = publicity {
            self.put_code((11, 1), Table::Publicity, &publicity.code, "HL70215");
        }
        if let Some(protection) = who.protection {
            self.writer.put(12, yes_or_no(protection.is_protected));
            self.writer.put(13, &date(protection.since));
        }
        if let Some(status) = status {
            self.writer.put(16, &status.code);
            self.writer.put(17, &date(status.since));
        }
        if let Some(publicity) = publicity {
            self.writer.put(18, &date(publicity.since));
        }
    }
}

/// HL70001 as the guide restricts it: another sex than F and M is U.
fn sex_code(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::F) => "F",
        Some(Sex::M) => "M",
        Some(Sex::X | Sex::U) | None => "U",
    }
}

fn yes_or_no(said: bool) -> &'static str {
    if said { "Y" } else { "N" }
}

/// A phone number or e-mail address, as XTN takes it apart.
enum Number<'a> {
    Email(&'a str),
    Phone(Cow<'a, str>),
}

impl<'a> Number<'a> {
    /// Up to 3 digits of country, 3 of area, 7 of local number; what does not fit cannot be written.
    fn of(telecom: &'a Telecom) -> Option<Number<'a>> {
        if telecom.is_email() {
            let address = telecom.value.trim();
            return (!address.is_empty() && address.len() <= length::EMAIL).then_some(Number::Email(address));
        }
        let digits = Telecom::digits_of(&telecom.value);
        (1..=13).contains(&digits.len()).then_some(Number::Phone(digits))
    }
}

/// Country, area and local number of the digits of a phone number.
fn taken_apart(digits: &str) -> (&str, &str, &str) {
    let (rest, local) = digits.split_at(digits.len().saturating_sub(7));
    let (country, area) = rest.split_at(rest.len().saturating_sub(3));
    (country, area, local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phone_numbers_are_taken_apart_from_the_right() {
        let cases = [
            ("5125551212", Some(("", "512", "5551212"))),
            ("15125551212", Some(("1", "512", "5551212"))),
            ("525555551212", Some(("52", "555", "5551212"))),
            ("5551212", Some(("", "", "5551212"))),
            ("911", Some(("", "", "911"))),
            ("12345678901234", None),
            ("", None),
            ("unlisted", None),
            ("(512) 555-1212", Some(("", "512", "5551212"))),
            ("512.555.1212 ext. 34", Some(("", "512", "5551212"))),
            ("+52 555 555 1212", Some(("52", "555", "5551212"))),
        ];
        for (value, expected) in cases {
            let telecom = Telecom { value: value.to_owned(), ..Telecom::default() };
            let digits = match Number::of(&telecom) {
                Some(Number::Phone(digits)) => Some(digits),
                Some(Number::Email(address)) => panic!("{address} is none"),
                None => None,
            };
            assert_eq!(digits.as_deref().map(taken_apart), expected, "{value}");
        }
    }
}
