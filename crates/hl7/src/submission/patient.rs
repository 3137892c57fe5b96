//! PID, PD1 and NK1: what a report says of who the person is.

use jiff::civil::Date;
use model::{
    ClearedFact, Coded, DatedCode, FindingKind, Location, NextOfKin, PatientStatement, PersonName, Protection, Sex,
    Table,
};

use crate::judge::{Judge, NULL, is_empty, owned, parse_date};
use crate::people;
use crate::vxu::{Nk1, Pd1, Pid, Vxu};

/// The longest code that PD1-12 may carry where a jurisdiction puts more than Y and N there.
const PROTECTION_CODE_LENGTH_LIMIT: usize = 5;

/// What the report says of the person; `None` when a required field is missing, and the findings say which.
///
/// # Source
/// HL7 IG 1.5, PID-3, PID-5, PID-7, PID-8: required.
pub(super) fn read_patient(judge: &mut Judge<'_>, vxu: &Vxu<'_>) -> Option<PatientStatement> {
    let pid = vxu.patient.as_ref()?;
    let identifiers = read_identifiers(judge, pid);
    let names = read_names(judge, pid);
    let birth_date = read_birth_date(judge, pid.birth);
    let sex = read_sex(judge, pid.sex);
    let mut statement = PatientStatement::default();
    read_optional_fields(judge, pid, &mut statement);
    read_additional(judge, vxu.additional.as_ref(), &mut statement);
    let next_of_kin = vxu.next_of_kin.iter().filter_map(|kin| Some((kin.sequence, read_next_of_kin(judge, kin)?)));
    let (who, places) = (&mut statement.demographics, &mut statement.places);
    (places.next_of_kin, who.next_of_kin) = next_of_kin.unzip();
    statement.cleared = cleared_facts(pid, vxu.additional.as_ref());
    (who.names, who.birth_date, who.sex) = (names?, Some(birth_date?), Some(sex?));
    (places.identifiers, who.identifiers) = identifiers?.into_iter().unzip();
    Some(statement)
}

const fn pid(field: u16) -> Location {
    Location::field("PID", 1, field)
}

const fn pd1(field: u16) -> Location {
    Location::field("PD1", 1, field)
}

fn read_identifiers(judge: &mut Judge<'_>, segment: &Pid<'_>) -> Option<Vec<(u16, model::Identifier)>> {
    let (identifiers, defects) = people::read_identifiers(judge, &segment.identifiers, pid(3));
    if identifiers.is_empty() {
        judge.note(FindingKind::IdentifierMissing, defects.first().copied().unwrap_or(pid(3)), "");
        return None;
    }
    people::note_defects(judge, &segment.identifiers, defects);
    Some(identifiers)
}

fn read_names(judge: &mut Judge<'_>, segment: &Pid<'_>) -> Option<Vec<PersonName>> {
    let Some(first) = segment.names.first().filter(|name| !is_empty(&name.family) || !is_empty(&name.given)) else {
        judge.note(FindingKind::PatientNameMissing, pid(5), "");
        return None;
    };
    if let Some(component) = people::name_defect(first) {
        judge.note(FindingKind::PatientNameMissing, pid(5).component(component), "");
        return None;
    }
    let mut names = Vec::with_capacity(segment.names.len());
    for (index, name) in segment.names.iter().enumerate() {
        let at = people::repetition(pid(5), index);
        match people::name_defect(name) {
            None => names.push(people::read_name(judge, name, at, if index == 0 { "L" } else { "A" })),
            Some(_) if is_empty(&name.family) && is_empty(&name.given) => {}
            Some(component) => judge.note(FindingKind::ValueMalformed, at.component(component), name.family.as_ref()),
        }
    }
    if let Some(legal) = names.iter().position(|name| name.kind == "L") {
        names[..=legal].rotate_right(1);
    }
    Some(names)
}

fn read_birth_date(judge: &mut Judge<'_>, raw: &str) -> Option<Date> {
    if is_empty(raw.trim()) {
        judge.note(FindingKind::BirthDateMissing, pid(7), "");
        return None;
    }
    let date = parse_date(raw);
    if date.is_none() {
        judge.note(FindingKind::BirthDateInvalid, pid(7), raw);
    }
    date
}

fn read_sex(judge: &mut Judge<'_>, raw: &str) -> Option<Sex> {
    if is_empty(raw.trim()) {
        judge.note(FindingKind::SexMissing, pid(8), "");
        return None;
    }
    let sex = people::parse_sex(raw);
    if sex.is_none() {
        judge.note(FindingKind::SexInvalid, pid(8), raw);
    }
    sex
}

fn read_optional_fields(judge: &mut Judge<'_>, segment: &Pid<'_>, statement: &mut PatientStatement) {
    let (who, places) = (&mut statement.demographics, &mut statement.places);
    let mother = &segment.mother_maiden_name;
    if !is_empty(&mother.family) || !is_empty(&mother.given) {
        who.mother_maiden_name = Some(PersonName {
            family: owned(&mother.family),
            given: owned(&mother.given),
            middle: owned(&mother.middle),
            suffix: owned(&mother.suffix),
            kind: "M".to_owned(),
        });
    }
    for (index, race) in segment.races.iter().enumerate() {
        let race = judge.coded(Table::Race, race, people::repetition(pid(10), index));
        who.races.extend(race.filter(|race| !who.races.contains(race)));
    }
    who.addresses = people::read_addresses(judge, &segment.addresses, pid(11));
    (places.telecoms, who.telecoms) = people::read_telecoms(judge, &segment.telecoms, pid(13)).into_iter().unzip();
    if !is_empty(&segment.language.code) {
        who.language = Some(Coded {
            code: owned(&segment.language.code),
            text: owned(&segment.language.text),
            system: owned(&segment.language.system),
        });
    }
    who.ethnicity = judge.coded(Table::Ethnicity, &segment.ethnicity, pid(22));
    who.multiple_birth = judge.yes_or_no(segment.multiple_birth, pid(24));
    who.birth_order = read_birth_order(judge, segment.birth_order);
    who.is_deceased = judge.yes_or_no(segment.death_indicator, pid(30));
    who.death_date = judge.day(segment.death, pid(29));
}

fn read_birth_order(judge: &mut Judge<'_>, raw: &str) -> Option<u8> {
    if is_empty(raw) {
        return None;
    }
    let order = raw.trim().parse().ok().filter(|order| *order > 0);
    if order.is_none() {
        judge.note(FindingKind::ValueMalformed, pid(25), raw);
    }
    order
}

fn read_additional(judge: &mut Judge<'_>, segment: Option<&Pd1<'_>>, statement: &mut PatientStatement) {
    let Some(segment) = segment else { return };
    let who = &mut statement.demographics;
    let publicity_since = judge.day(segment.publicity_since, pd1(18));
    let protection_since = judge.day(segment.protection_since, pd1(13));
    let status_since = judge.day(segment.registry_status_since, pd1(17));
    who.publicity = judge
        .coded(Table::Publicity, &segment.publicity, pd1(11))
        .map(|code| DatedCode { code, since: publicity_since });
    who.registry_status = judge
        .code(Table::RegistryStatus, segment.registry_status, pd1(16))
        .map(|code| DatedCode { code, since: status_since });
    let protection = match segment.protection.trim() {
        "y" => "Y",
        "n" => "N",
        code => code,
    };
    let is_code = |text: &str| {
        text.len() <= PROTECTION_CODE_LENGTH_LIMIT && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if is_empty(protection) {
        return;
    }
    // What is no code at all is told of here, and says nothing; which codes say something, the registry's profile knows.
    if !is_code(protection) {
        return judge.note(FindingKind::ValueNotInTable, pd1(12), protection);
    }
    if matches!(protection, "Y" | "N") {
        who.protection = Some(Protection { is_protected: protection == "Y", since: protection_since });
    }
    statement.protection_code = protection.to_owned();
    statement.protection_since = protection_since;
}

/// # Source
/// HL7 IG 1.5, NK1-2 and NK1-3: required, so without them this NK1 is empty.
fn read_next_of_kin(judge: &mut Judge<'_>, segment: &Nk1<'_>) -> Option<NextOfKin> {
    let at = |field| Location::field("NK1", segment.sequence, field);
    let has_name = !is_empty(&segment.name.family) || !is_empty(&segment.name.given);
    if let Some(component) = people::name_defect(&segment.name) {
        judge.note(FindingKind::NextOfKinIgnored, if has_name { at(2).component(component) } else { at(2) }, "");
        return None;
    }
    let relationship = [&segment.relationship.code, &segment.relationship.alternate_code]
        .into_iter()
        .map(|code| code.trim())
        .find(|code| judge.tables.contains(Table::Relationship, code));
    let Some(relationship) = relationship else {
        let place = if segment.relationship.is_empty() { at(3) } else { at(3).component(1) };
        judge.note(FindingKind::NextOfKinIgnored, place, segment.relationship.code.as_ref());
        return None;
    };
    Some(NextOfKin {
        name: people::read_name(judge, &segment.name, at(2), "L"),
        relationship: relationship.to_owned(),
        address: people::read_addresses(judge, &segment.addresses, at(4)).into_iter().next(),
        telecoms: people::read_telecoms(judge, &segment.telecoms, at(5)).into_iter().map(|(_, it)| it).collect(),
    })
}

/// The facts that the sender asks to delete with `""`.
fn cleared_facts(pid: &Pid<'_>, pd1: Option<&Pd1<'_>>) -> Vec<ClearedFact> {
    let is_null = |raw: Option<&str>| raw == Some(NULL);
    let mut cleared: Vec<ClearedFact> = [
        (is_null(Some(&pid.mother_maiden_name.family)), ClearedFact::MotherMaidenName),
        (is_null(pid.races.first().map(|race| race.code.as_ref())), ClearedFact::Races),
        (is_null(pid.addresses.first().map(|address| address.street.as_ref())), ClearedFact::Addresses),
        (is_null(pid.telecoms.first().map(|telecom| telecom.formatted.as_ref())), ClearedFact::Telecoms),
        (is_null(Some(&pid.language.code)), ClearedFact::Language),
        (is_null(Some(&pid.ethnicity.code)), ClearedFact::Ethnicity),
        (is_null(Some(pid.multiple_birth)), ClearedFact::MultipleBirth),
        (is_null(Some(pid.death_indicator)) || is_null(Some(pid.death)), ClearedFact::Death),
    ]
    .into_iter()
    .filter_map(|(is_cleared, fact)| is_cleared.then_some(fact))
    .collect();
    if let Some(pd1) = pd1 {
        let facts = [
            (is_null(Some(&pd1.publicity.code)), ClearedFact::Publicity),
            (is_null(Some(pd1.protection)), ClearedFact::Protection),
            (is_null(Some(pd1.registry_status)), ClearedFact::RegistryStatus),
        ];
        cleared.extend(facts.into_iter().filter_map(|(is_cleared, fact)| is_cleared.then_some(fact)));
    }
    cleared
}
