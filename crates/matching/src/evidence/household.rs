//! Whether two people live or can be reached together, and whether they have one mother. These facts are shared in
//! families: they support, and never decide.

use model::{Address, Demographics, Telecom};

use crate::names::{Folded, family_parts, fold};

/// Whether the two share an address, a phone number or an e-mail address. `Some(false)` when both have an address and
/// they share nothing.
pub(super) fn is_home_same(one: &Demographics, other: &Demographics) -> Option<bool> {
    let homes =
        |person: &'_ Demographics| -> usize { person.addresses.iter().filter(|address| is_home(address)).count() };
    let is_same = is_telecom_shared(one, other)
        || one.addresses.iter().any(|address| other.addresses.iter().any(|theirs| is_same_address(address, theirs)));
    match is_same {
        true => Some(true),
        false => (homes(one) > 0 && homes(other) > 0).then_some(false),
    }
}

/// Whether somebody lives there: not a place of birth, nor a bad address.
fn is_home(address: &Address) -> bool {
    !address.street.is_empty() && !matches!(address.kind.as_str(), "BDL" | "BR" | "N" | "BA")
}

fn is_telecom_shared(one: &Demographics, other: &Demographics) -> bool {
    all_telecoms(one).any(|telecom| all_telecoms(other).any(|theirs| is_same_telecom(telecom, theirs)))
}

fn all_telecoms(person: &Demographics) -> impl Iterator<Item = &Telecom> {
    person.telecoms.iter().chain(person.next_of_kin.iter().flat_map(|kin| &kin.telecoms))
}

fn is_same_telecom(one: &Telecom, other: &Telecom) -> bool {
    if one.is_email() || other.is_email() {
        return one.value.contains('@') && one.value.trim().eq_ignore_ascii_case(other.value.trim());
    }
    let digits = |telecom: &Telecom| -> Option<u64> {
        let (number, count) =
            telecom.value.bytes().filter(u8::is_ascii_digit).fold((0u64, 0), |(number, count), digit| {
                (number * 10 % 10_000_000_000 + u64::from(digit - b'0'), count + 1)
            });
        (count >= 10 && !is_dummy_phone(number)).then_some(number)
    };
    digits(one).is_some_and(|number| digits(other) == Some(number))
}

/// Numbers that are typed where there is none: one digit repeated, or 555-5555 and 123-4567 in any area.
fn is_dummy_phone(number: u64) -> bool {
    let local = number % 10_000_000;
    local.is_multiple_of(1_111_111) || local == 1_234_567
}

/// House number, first word of the street, and ZIP code or city.
fn is_same_address(one: &Address, other: &Address) -> bool {
    if !is_home(one) || !is_home(other) {
        return false;
    }
    let is_same_place = match (one.zip.get(..5), other.zip.get(..5)) {
        (Some(zip), Some(other_zip)) => zip == other_zip,
        _ => !one.city.is_empty() && fold(&one.city).is_same(&fold(&other.city)),
    };
    is_same_place && is_same_street(&fold(&one.street), &fold(&other.street))
}

fn is_same_street(one: &Folded, other: &Folded) -> bool {
    let begins_with_number = one.as_str().as_bytes().first().is_some_and(u8::is_ascii_digit);
    if !begins_with_number {
        return one.is_same(other);
    }
    // Directions and kinds of street are abbreviated in too many ways to count.
    let is_telling = |part: &&str| !matches!(*part, "N" | "S" | "E" | "W" | "NORTH" | "SOUTH" | "EAST" | "WEST");
    one.parts().filter(is_telling).take(2).eq(other.parts().filter(is_telling).take(2))
}

/// Whether the two name the same mother: by her name before marriage, or by her present name.
pub(super) fn is_mother_same(one: &Demographics, other: &Demographics) -> Option<bool> {
    let maiden = |person: &Demographics| person.mother_maiden_name.as_ref().map(|name| fold(&name.family));
    let by_maiden_name = match (maiden(one), maiden(other)) {
        (Some(name), Some(theirs)) if !name.is_empty() && !theirs.is_empty() => Some(
            name.is_same(&theirs) || family_parts(&name).any(|part| family_parts(&theirs).any(|other| part == other)),
        ),
        _ => None,
    };
    let by_first_name = match (mother_first_name(one), mother_first_name(other)) {
        (Some(name), Some(theirs)) => Some(name.parts().next() == theirs.parts().next()),
        _ => None,
    };
    match (by_maiden_name, by_first_name) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, None) => None,
    }
}

fn mother_first_name(person: &Demographics) -> Option<Folded> {
    let maiden = person.mother_maiden_name.as_ref().map(|name| &name.given);
    let kin = person.next_of_kin.iter().filter(|kin| kin.relationship == "MTH").map(|kin| &kin.name.given);
    maiden
        .into_iter()
        .chain(kin)
        .find(|given| !given.is_empty())
        .map(|given| fold(given))
        .filter(|name| !name.is_empty())
}
