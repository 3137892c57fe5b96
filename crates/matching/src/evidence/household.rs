//! Whether two people live or can be reached together, and whether they have one mother. These facts are shared in
//! families: they support, and never decide.

use model::{Address, Demographics, Telecom};

use crate::names::{Folded, family_parts, fold, is_within_one_edit};

/// How two people's addresses agree, the best pair of them. Ordered: a greater one agrees better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum AddressAgreement {
    /// Two streets, in two places.
    Different,
    /// Two streets under one ZIP code.
    Nearby,
    /// Two houses of one street.
    Street,
    /// Nothing can be compared.
    Unknown,
    /// A street is missing; the city is the same.
    City,
    /// A street is missing; the ZIP code is the same.
    Zip,
    /// A street is missing; a postal code of a few houses is the same.
    Postcode,
    /// The house number or the street differs by a slip.
    Similar,
    Same,
}

/// How two people's ways to be reached agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum PhoneAgreement {
    Different,
    Unknown,
    /// Another area code.
    Local,
    Same,
}

/// How the names of two people's mothers or guardians agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum KinAgreement {
    Different,
    Unknown,
    /// One of several names, or one letter apart.
    Part,
    Same,
}

/// What two people share as families do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Household {
    pub(crate) address: AddressAgreement,
    pub(crate) phone: PhoneAgreement,
    /// The mother's surname before marriage.
    pub(crate) maiden: KinAgreement,
    /// The mother's first name.
    pub(crate) mother: KinAgreement,
    /// Anyone else who answers for them.
    pub(crate) guardian: KinAgreement,
}

/// The household facts of one person, folded.
pub(crate) struct FoldedHousehold<'a> {
    homes: Vec<Home<'a>>,
    phones: Vec<u64>,
    emails: Vec<&'a str>,
    maiden: Option<Folded>,
    mother: Option<Folded>,
    kin: Vec<(Folded, Folded)>,
}

struct Home<'a> {
    street: Folded,
    zip: &'a str,
    city: &'a str,
}

impl<'a> FoldedHousehold<'a> {
    pub(crate) fn new(person: &'a Demographics) -> FoldedHousehold<'a> {
        let telecoms = || person.telecoms.iter().chain(person.next_of_kin.iter().flat_map(|kin| &kin.telecoms));
        let maiden = person.mother_maiden_name.as_ref();
        let mother = person.next_of_kin.iter().find(|kin| kin.relationship == "MTH").map(|kin| &kin.name.given);
        FoldedHousehold {
            homes: person.addresses.iter().filter(|address| is_home(address)).map(Home::new).collect(),
            phones: telecoms().filter_map(phone_number).collect(),
            emails: telecoms().filter(|telecom| telecom.value.contains('@')).map(|email| email.value.trim()).collect(),
            maiden: maiden.map(|name| fold(&name.family)).filter(|name| !name.is_empty()),
            mother: maiden
                .map(|name| &name.given)
                .filter(|given| !given.is_empty())
                .or(mother)
                .map(|given| fold(given))
                .filter(|given| !given.is_empty()),
            kin: person.next_of_kin.iter().map(|kin| (fold(&kin.name.given), fold(&kin.name.family))).collect(),
        }
    }

    /// The mother's surname before marriage.
    pub(crate) fn maiden(&self) -> Option<&Folded> {
        self.maiden.as_ref()
    }

    pub(crate) fn compare(&self, other: &FoldedHousehold<'_>) -> Household {
        Household {
            address: self.compare_addresses(other),
            phone: self.compare_phones(other),
            maiden: compare_maiden(self.maiden.as_ref(), other.maiden.as_ref()),
            mother: compare_first(self.mother.as_ref(), other.mother.as_ref()),
            guardian: self.compare_kin(other),
        }
    }

    fn compare_addresses(&self, other: &FoldedHousehold<'_>) -> AddressAgreement {
        let pairs = self.homes.iter().flat_map(|home| other.homes.iter().map(move |theirs| home.compare(theirs)));
        pairs.max().unwrap_or(AddressAgreement::Unknown)
    }

    fn compare_phones(&self, other: &FoldedHousehold<'_>) -> PhoneAgreement {
        const LOCAL: u64 = 10_000_000;
        let is_email_same =
            self.emails.iter().any(|email| other.emails.iter().any(|theirs| email.eq_ignore_ascii_case(theirs)));
        if is_email_same || self.phones.iter().any(|phone| other.phones.contains(phone)) {
            PhoneAgreement::Same
        } else if self.phones.is_empty() || other.phones.is_empty() {
            PhoneAgreement::Unknown
        } else if self.phones.iter().any(|phone| other.phones.iter().any(|theirs| theirs % LOCAL == phone % LOCAL)) {
            PhoneAgreement::Local
        } else {
            PhoneAgreement::Different
        }
    }

    fn compare_kin(&self, other: &FoldedHousehold<'_>) -> KinAgreement {
        let pairs = self.kin.iter().flat_map(|kin| other.kin.iter().map(move |theirs| compare_kin(kin, theirs)));
        pairs.max().unwrap_or(KinAgreement::Unknown)
    }
}

impl<'a> Home<'a> {
    fn new(address: &'a Address) -> Home<'a> {
        Home { street: fold(&address.street), zip: address.zip.trim(), city: address.city.trim() }
    }

    fn compare(&self, other: &Home<'_>) -> AddressAgreement {
        let (code, other_code) = (zip(self.zip), zip(other.zip));
        let are_codes_known = !code.is_empty() && !other_code.is_empty();
        let is_code_same = are_codes_known && code.eq_ignore_ascii_case(other_code);
        let is_city_same = || !self.city.is_empty() && fold(self.city).is_same(&fold(other.city));
        let is_place_same = is_code_same || (!are_codes_known && is_city_same());
        if self.street.is_empty() || other.street.is_empty() {
            return match is_place_same {
                true if is_code_same && code.bytes().any(|byte| byte.is_ascii_alphabetic()) => {
                    AddressAgreement::Postcode
                }
                true if is_code_same => AddressAgreement::Zip,
                true => AddressAgreement::City,
                false if is_city_same() => AddressAgreement::City,
                false => AddressAgreement::Unknown,
            };
        }
        let is_near = is_place_same || is_city_same();
        match compare_streets(&self.street, &other.street) {
            Some(true) if is_near => AddressAgreement::Same,
            Some(true) => AddressAgreement::Similar,
            Some(false) if is_near => AddressAgreement::Similar,
            None if is_near && is_street_same(&self.street, &other.street) => AddressAgreement::Street,
            _ if is_place_same => AddressAgreement::Nearby,
            _ => AddressAgreement::Different,
        }
    }
}

/// The five digits of a ZIP code, or all of a postal code of another kind.
fn zip(code: &str) -> &str {
    let is_long = code.len() > 5 && code.bytes().take(5).all(|byte| byte.is_ascii_digit());
    if is_long { &code[..5] } else { code }
}

/// Whether somebody lives there: not a place of birth, nor a bad address.
fn is_home(address: &Address) -> bool {
    let is_empty = address.street.is_empty() && address.zip.is_empty() && address.city.is_empty();
    !is_empty && !matches!(address.kind.as_str(), "BDL" | "BR" | "N" | "BA")
}

/// The ten digits of a phone number that is somebody's.
fn phone_number(telecom: &Telecom) -> Option<u64> {
    if telecom.is_email() {
        return None;
    }
    let (number, count) =
        telecom.value.bytes().filter(u8::is_ascii_digit).fold((0u64, 0), |(number, count), digit| {
            (number * 10 % 10_000_000_000 + u64::from(digit - b'0'), count + 1)
        });
    (count >= 10 && !is_dummy_phone(number)).then_some(number)
}

/// The phone numbers under which a person is looked for.
pub(crate) fn phone_numbers(person: &Demographics) -> impl Iterator<Item = u64> + '_ {
    person.telecoms.iter().filter_map(phone_number)
}

/// Numbers that are typed where there is none: one digit repeated, or 555-5555 and 123-4567 in any area.
fn is_dummy_phone(number: u64) -> bool {
    let local = number % 10_000_000;
    local.is_multiple_of(1_111_111) || local == 1_234_567
}

/// Whether two streets are one: `Some(false)` when a slip parts them, `None` when they are two.
fn compare_streets(one: &Folded, other: &Folded) -> Option<bool> {
    let begins_with_number = |street: &Folded| street.as_str().as_bytes().first().is_some_and(u8::is_ascii_digit);
    if !begins_with_number(one) || !begins_with_number(other) {
        return if one.is_same(other) {
            Some(true)
        } else {
            is_within_one_edit(one.as_str(), other.as_str(), 8).then_some(false)
        };
    }
    let mut words = telling_parts(one);
    let mut others = telling_parts(other);
    let (number, other_number) = (words.next().unwrap_or_default(), others.next().unwrap_or_default());
    let (word, other_word) = (words.next().unwrap_or_default(), others.next().unwrap_or_default());
    let (number, other_number) = (number.trim_start_matches('0'), other_number.trim_start_matches('0'));
    match (number == other_number, word == other_word) {
        (true, true) => Some(true),
        (false, true) if is_within_one_edit(number, other_number, 2) => Some(false),
        (true, false) if is_within_one_edit(word, other_word, 4) => Some(false),
        (true, false) if one.is_same(other) => Some(true),
        _ => None,
    }
}

/// Directions and kinds of street are abbreviated in too many ways to count.
fn telling_parts(street: &Folded) -> impl Iterator<Item = &str> {
    street.parts().filter(|part| !matches!(*part, "N" | "S" | "E" | "W" | "NORTH" | "SOUTH" | "EAST" | "WEST"))
}

/// Whether two numbered houses are in one street, its name of four letters or more.
fn is_street_same(one: &Folded, other: &Folded) -> bool {
    fn name(street: &Folded) -> Option<&str> {
        let mut parts = telling_parts(street);
        let number = parts.next()?;
        let is_number = number.as_bytes()[0].is_ascii_digit();
        parts.next().filter(|name| is_number && name.len() >= 4)
    }
    name(one).is_some() && name(one) == name(other)
}

fn compare_maiden(one: Option<&Folded>, other: Option<&Folded>) -> KinAgreement {
    let (Some(one), Some(other)) = (one, other) else { return KinAgreement::Unknown };
    if one.is_same(other) {
        KinAgreement::Same
    } else if is_within_one_edit(one.as_str(), other.as_str(), 4)
        || family_parts(one).any(|part| family_parts(other).any(|theirs| part == theirs))
    {
        KinAgreement::Part
    } else {
        KinAgreement::Different
    }
}

fn compare_first(one: Option<&Folded>, other: Option<&Folded>) -> KinAgreement {
    let first = |name: Option<&'_ Folded>| name.and_then(|name| name.parts().next().map(str::to_owned));
    match (first(one), first(other)) {
        (Some(one), Some(other)) if one == other => KinAgreement::Same,
        (Some(one), Some(other)) if is_within_one_edit(&one, &other, 4) => KinAgreement::Part,
        (Some(_), Some(_)) => KinAgreement::Different,
        _ => KinAgreement::Unknown,
    }
}

fn compare_kin((given, family): &(Folded, Folded), (other_given, other_family): &(Folded, Folded)) -> KinAgreement {
    let is_given_known = !given.is_empty() && !other_given.is_empty();
    let is_family_known = !family.is_empty() && !other_family.is_empty();
    let is_given_same = is_given_known && given.parts().next() == other_given.parts().next();
    let is_family_same = is_family_known && family.is_same(other_family);
    match (is_given_same, is_family_same) {
        (true, true) => KinAgreement::Same,
        (true, false) if !is_family_known => KinAgreement::Part,
        (false, true) if !is_given_known => KinAgreement::Unknown,
        _ if is_given_known => KinAgreement::Different,
        _ => KinAgreement::Unknown,
    }
}
