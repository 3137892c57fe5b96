//! Our own layout: every fact that people are compared by, one line a record.

use std::fmt::Write as _;

use model::{Address, Demographics, Identifier, NextOfKin, PersonName, Sex, Telecom};

use super::LabeledPerson;
use super::csv::Row;

/// The columns, in order.
pub const HEADER: &str = "record,person,slips,family,given,middle,suffix,birth_date,sex,multiple_birth,birth_order,street,city,state,zip,\
                          county,phone,mother_family,mother_given,mother_maiden,chart_authority,chart,medicaid,social_security";

/// One line of the layout, without its end.
pub fn write_person(record: &LabeledPerson, slips: &str) -> String {
    let person = &record.demographics;
    let name = person.names.first().cloned().unwrap_or_default();
    let home = person.addresses.first().cloned().unwrap_or_default();
    let mother = person.next_of_kin.iter().find(|kin| kin.relationship == "MTH").map(|kin| kin.name.clone());
    let mother = mother.unwrap_or_default();
    let maiden = person.mother_maiden_name.clone().unwrap_or_default();
    let phone = person.telecoms.iter().find(|telecom| !telecom.is_email()).map_or("", |phone| &phone.value);
    let identifier = |kind: &str| person.identifiers.iter().find(|identifier| identifier.kind == kind);
    let value = |kind| identifier(kind).map_or("", |identifier| identifier.value.as_str());
    let chart_authority = identifier("MR").map_or("", |identifier| identifier.authority.as_str());
    let given = if mother.given.is_empty() { &maiden.given } else { &mother.given };
    let multiple = person.multiple_birth.map_or("", |is_multiple| if is_multiple { "Y" } else { "N" });
    let birth_date = person.birth_date.map(|date| date.to_string()).unwrap_or_default();
    let order = person.birth_order.map(|order| order.to_string()).unwrap_or_default();
    let sex = person.sex.map_or("", Sex::code);
    let (chart, medicaid, social_security) = (value("MR"), value("MA"), value("SS"));
    let fields: [&str; 24] = [
        &record.record,
        &record.person,
        slips,
        &name.family,
        &name.given,
        &name.middle,
        &name.suffix,
        &birth_date,
        sex,
        multiple,
        &order,
        &home.street,
        &home.city,
        &home.state,
        &home.zip,
        &home.county,
        phone,
        &mother.family,
        given,
        &maiden.family,
        chart_authority,
        chart,
        medicaid,
        social_security,
    ];
    let mut line = String::with_capacity(200);
    for (place, field) in fields.into_iter().enumerate() {
        if place > 0 {
            line.push(',');
        }
        match field.contains([',', '"', '\n', '\r']) {
            true => drop(write!(line, "\"{}\"", field.replace('"', "\"\""))),
            false => line.push_str(field),
        }
    }
    line
}

/// Reads one line of the layout.
pub(super) fn read(row: Row<'_>) -> LabeledPerson {
    let value = |column: &str| row.value(column).to_owned();
    let mut person = Demographics {
        names: vec![PersonName {
            family: value("family"),
            given: value("given"),
            middle: value("middle"),
            suffix: value("suffix"),
            kind: "L".into(),
        }],
        birth_date: row.value("birth_date").parse().ok(),
        sex: Sex::parse(row.value("sex")),
        multiple_birth: match row.value("multiple_birth") {
            "Y" => Some(true),
            "N" => Some(false),
            _ => None,
        },
        birth_order: row.value("birth_order").parse().ok(),
        ..Demographics::default()
    };
    let home = Address {
        street: value("street"),
        city: value("city"),
        state: value("state"),
        zip: value("zip"),
        county: value("county"),
        ..Address::default()
    };
    if home != Address::default() {
        person.addresses.push(home);
    }
    if !row.value("phone").is_empty() {
        person.telecoms.push(Telecom { value: value("phone"), ..Telecom::default() });
    }
    let mother = PersonName { family: value("mother_family"), given: value("mother_given"), ..PersonName::default() };
    if !mother.family.is_empty() {
        let relationship = "MTH".to_owned();
        person.next_of_kin.push(NextOfKin { name: mother.clone(), relationship, ..NextOfKin::default() });
    }
    if !row.value("mother_maiden").is_empty() {
        let maiden = PersonName { family: value("mother_maiden"), given: mother.given, ..PersonName::default() };
        person.mother_maiden_name = Some(maiden);
    }
    let numbers = [("MR", "chart_authority", "chart"), ("MA", "", "medicaid"), ("SS", "", "social_security")];
    for (kind, authority, number) in numbers.into_iter().filter(|(_, _, number)| !row.value(number).is_empty()) {
        let authority = if authority.is_empty() { String::new() } else { value(authority) };
        person.identifiers.push(Identifier { kind: kind.into(), value: value(number), authority });
    }
    LabeledPerson { record: value("record"), person: value("person"), expected: String::new(), demographics: person }
}
