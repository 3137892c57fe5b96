//! Names, identifiers, addresses and phones as both reports and questions carry them.

use model::{Address, FindingKind, Identifier, Location, PersonName, Sex, Table, Telecom};

use crate::judge::{Judge, is_empty, owned};
use crate::vxu::{Cx, Xad, Xpn, Xtn};

/// CX.1 may have this many characters (IG 1.5).
const IDENTIFIER_LENGTH_LIMIT: usize = 15;

/// Where the parts of a name stand.
const GIVEN: u16 = 2;
const NAME_KIND: u16 = 7;
const AUTHORITY: u16 = 4;
const IDENTIFIER_KIND: u16 = 5;

/// The repetition of a field at an index.
pub(crate) fn repetition(at: Location, index: usize) -> Location {
    at.repetition(u16::try_from(index + 1).unwrap_or(u16::MAX))
}

/// Complete identifiers with the number of their repetition, each under every name of its authority, and the place of the first defect of each that is not.
///
/// # Source
/// HL7 IG 1.5, CX: id, assigning authority and type are required. A social security number needs no authority: its
/// type says who gave it.
pub(crate) fn read_identifiers(
    judge: &mut Judge<'_>,
    identifiers: &[Cx<'_>],
    at: Location,
) -> (Vec<(u16, Identifier)>, Vec<Location>) {
    let mut complete = Vec::with_capacity(identifiers.len());
    let mut defects = Vec::new();
    for (index, identifier) in identifiers.iter().enumerate() {
        let at = repetition(at, index);
        match identifier_defect(judge, identifier) {
            None => {
                let (kind, value) = (owned(&identifier.kind), owned(&identifier.value));
                let under = |authority: &str| Identifier {
                    kind: kind.clone(),
                    value: value.clone(),
                    authority: authority.to_owned(),
                };
                complete.extend(identifier.authority.names().map(|authority| (at.repetition, under(authority))));
            }
            Some(0) => continue,
            Some(component) => defects.push(at.component(component)),
        }
        if identifier.value.chars().count() > IDENTIFIER_LENGTH_LIMIT {
            judge.note(FindingKind::ValueTooLong, at.component(1), identifier.value.as_ref());
        }
    }
    (complete, defects)
}

/// Tells of identifiers that cannot be used: of a type that nobody knows by the type, of any other by its value.
pub(crate) fn note_defects(judge: &mut Judge<'_>, identifiers: &[Cx<'_>], defects: Vec<Location>) {
    for defect in defects {
        let Some(sent) = identifiers.get(usize::from(defect.repetition.saturating_sub(1))) else { continue };
        match sent.kind.trim() {
            kind if defect.component == IDENTIFIER_KIND && !is_empty(kind) => {
                judge.note(FindingKind::ValueNotInTable, defect, kind);
            }
            _ => judge.note(FindingKind::ValueMalformed, defect, sent.value.as_ref()),
        }
    }
}

/// The component for which an identifier cannot be used; 0 when nothing was sent at all.
fn identifier_defect(judge: &Judge<'_>, identifier: &Cx<'_>) -> Option<u16> {
    let has_authority = !is_empty(identifier.authority.name());
    let has_value = !is_empty(&identifier.value) && !identifier.value.trim().is_empty();
    match (has_value, has_authority, identifier.kind.trim()) {
        (false, false, "") => Some(0),
        (false, _, _) => Some(1),
        (_, false, kind) if kind != "SS" => Some(AUTHORITY),
        (_, _, kind) if is_empty(kind) => Some(IDENTIFIER_KIND),
        (_, _, kind) if !judge.tables.contains(Table::IdentifierType, kind) => Some(IDENTIFIER_KIND),
        _ => None,
    }
}

/// The component for which a name cannot be used: family and given name are both required.
pub(crate) fn name_defect(name: &Xpn<'_>) -> Option<u16> {
    if is_empty(name.family.trim()) {
        Some(1)
    } else if is_empty(name.given.trim()) {
        Some(GIVEN)
    } else {
        None
    }
}

/// A name of an HL70200 type; a type that is missing or unknown becomes `usual_kind`.
pub(crate) fn read_name(judge: &mut Judge<'_>, name: &Xpn<'_>, at: Location, usual_kind: &str) -> PersonName {
    if is_empty(&name.kind) {
        judge.note(FindingKind::PartMissing, at.component(NAME_KIND), "the name type");
    }
    let kind = judge.code(Table::NameType, &name.kind, at.component(NAME_KIND));
    PersonName {
        family: owned(&name.family),
        given: owned(&name.given),
        middle: owned(&name.middle),
        suffix: owned(&name.suffix),
        kind: kind.unwrap_or_else(|| usual_kind.to_owned()),
    }
}

/// HL70001: the immunization guide's F, M, U; X of later guides; O of the base table, read as X; A and N, read as U.
pub(crate) fn parse_sex(code: &str) -> Option<Sex> {
    match code.trim().to_ascii_uppercase().as_str() {
        "O" => Some(Sex::X),
        "A" | "N" => Some(Sex::U),
        code => Sex::parse(code),
    }
}

/// Addresses that say anything.
pub(crate) fn read_addresses(judge: &mut Judge<'_>, addresses: &[Xad<'_>], at: Location) -> Vec<Address> {
    let mut read = Vec::with_capacity(addresses.len());
    for (index, address) in addresses.iter().enumerate() {
        let address = read_address(judge, address, repetition(at, index));
        if address != (Address { kind: address.kind.clone(), ..Address::default() }) || address.kind == "BDL" {
            read.push(address);
        }
    }
    read
}

fn read_address(judge: &mut Judge<'_>, address: &Xad<'_>, at: Location) -> Address {
    Address {
        street: owned(&address.street),
        unit: owned(&address.unit),
        city: owned(&address.city),
        state: owned(&address.state),
        zip: owned(&address.zip),
        country: owned(&address.country),
        county: owned(&address.county),
        kind: judge.code(Table::AddressType, &address.kind, at.component(NAME_KIND)).unwrap_or_default(),
    }
}

/// Phones and e-mail addresses, with the number of their repetition.
pub(crate) fn read_telecoms(judge: &mut Judge<'_>, telecoms: &[Xtn<'_>], at: Location) -> Vec<(u16, Telecom)> {
    let mut read = Vec::with_capacity(telecoms.len());
    for (index, telecom) in telecoms.iter().enumerate() {
        let at = repetition(at, index);
        let value = telecom_value(telecom);
        let is_silent = value.is_empty() && is_empty(&telecom.formatted) && is_empty(&telecom.local);
        if value.is_empty() {
            if !is_silent {
                let sent = if telecom.local.is_empty() { &telecom.formatted } else { &telecom.local };
                judge.note(FindingKind::ValueMalformed, at, sent.as_ref());
            }
            continue;
        }
        let usage = judge.code(Table::TelecomUse, &telecom.usage, at.component(2)).unwrap_or_default();
        let equipment = judge.code(Table::TelecomEquipment, &telecom.equipment, at.component(3)).unwrap_or_default();
        read.push((at.repetition, Telecom { value, usage, equipment }));
    }
    read
}

/// The digits of a phone number wherever they stand, without an extension; or the e-mail address.
///
/// # Source
/// HL7 v2.5.1, 2.A.89 XTN.1: `(999)999-9999X99999C any text`.
fn telecom_value(telecom: &Xtn<'_>) -> String {
    let email = [telecom.email.trim(), telecom.formatted.trim()].into_iter().find(|text| text.contains('@'));
    if let Some(email) = email {
        return email.to_owned();
    }
    let digits = |text: &str| {
        let number = text.trim_start_matches(|first: char| !first.is_ascii_digit());
        Telecom::digits_of(number).into_owned()
    };
    let split = format!("{}{}", digits(&telecom.area), digits(&telecom.local));
    [split, digits(&telecom.unformatted), digits(&telecom.formatted)]
        .into_iter()
        .find(|number| !number.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_number_is_found_wherever_it_stands() {
        let split = Xtn { area: "512".into(), local: "555-1212".into(), ..Xtn::default() };
        let formatted = Xtn { formatted: "(512)555-1212".into(), ..Xtn::default() };
        let unformatted = Xtn { unformatted: "5125551212".into(), ..Xtn::default() };
        for telecom in [split, formatted, unformatted] {
            assert_eq!(telecom_value(&telecom), "5125551212");
        }
        assert_eq!(telecom_value(&Xtn { email: "a@b.c".into(), ..Xtn::default() }), "a@b.c");
    }
}
