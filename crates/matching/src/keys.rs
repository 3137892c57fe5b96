//! Match keys: 64-bit hashes under which people are stored, so that one set-based read finds whom to compare.
//!
//! Chosen so that a person has few rows and so that each kind finds what the others miss:
//!
//! | key | made of | finds |
//! | --- | --- | --- |
//! | identifier | kind, authority, value | the sender's own patients; authority is left out for SR, SS, MA and MC |
//! | birth | birth date, sound of each part of each surname | placeholders, changed and mistyped first names, half of a double surname |
//! | name | first given name, whole surname, birth year | a wrong day or month of birth |
//! | given | birth date, sound of the first given name, sex | a new surname |
//! | phone | phone number, sound of the first given name | a wrong birth year, a new surname |
//! | other name | first given name and whole surname that the person also has | on pages, whose birth date is not known |
//!
//! A key with a missing part is skipped, never widened. To look somebody up, the same keys are made, and two more of the
//! stated person as they would be with a slip: day and month of birth swapped, first name and surname swapped. Where the
//! sex is not stated, the keys of every sex are asked for. Whoever shares no key is not found.

use jiff::civil::Date;
use model::{Demographics, Identifier, PersonName, Sex};

use crate::evidence::phone_numbers;
use crate::identifiers::{is_dummy, is_nationwide, significant};
use crate::names::{FoldedName, sound};

/// Goes into every key. Whoever changes how a key is made raises it, and has every stored key made again.
const VERSION: u8 = 1;

/// What a key is made of.
#[derive(Clone, Copy)]
enum KeyKind {
    Identifier = 1,
    Birth = 2,
    Name = 3,
    Given = 4,
    Phone = 5,
    OtherName = 6,
    /// Of files that are linked in memory, never stored.
    Linkage = 100,
}

/// The keys of a person, sorted, each once: the same for ever and on every platform.
///
/// Used twice: to store a person (`number` is our own number, `PatientId::number`; then their other names have keys, too), and to
/// look for one (`number` is `None`; a stated identifier of type SR gives the same key as the stored number).
pub fn match_keys(person: &Demographics, number: Option<&str>) -> Vec<i64> {
    let names = folded_names(person);
    let mut keys = keys_of(person, &names, number);
    if let (Some(_), Some(shown)) = (number, names.first()) {
        let others = names.iter().filter(|name| other_name_key(name) != other_name_key(shown));
        keys.extend(others.filter_map(other_name_key));
    }
    sorted(keys)
}

/// The keys of a person's identifiers alone, in their order: of those that do not stand for a missing one.
pub fn identifier_keys(person: &Demographics) -> impl Iterator<Item = i64> + '_ {
    person.identifiers.iter().filter(|identifier| !is_dummy(identifier)).map(identifier_key)
}

/// The key under which whoever also has a name is found by it alone. By the first name they are found through the index of
/// names, so that most people have no such key.
pub fn key_of_other_name(name: &PersonName) -> Option<i64> {
    other_name_key(&FoldedName::new(name))
}

fn other_name_key(name: &FoldedName) -> Option<i64> {
    let given = first_given(name).filter(|_| name.has_family())?;
    let family = name.family.parts().flat_map(str::bytes);
    Some(Hash::new(KeyKind::OtherName).part(given.bytes()).part(family).key())
}

fn folded_names(person: &Demographics) -> Vec<FoldedName> {
    person.names.iter().map(FoldedName::new).collect()
}

fn sorted(mut keys: Vec<i64>) -> Vec<i64> {
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn keys_of(person: &Demographics, names: &[FoldedName], number: Option<&str>) -> Vec<i64> {
    let mut keys: Vec<i64> = Vec::with_capacity(8);
    if let Some(number) = number {
        keys.push(Hash::new(KeyKind::Identifier).part(*b"SR").part([]).part(significant(number)).key());
    }
    keys.extend(identifier_keys(person));
    if let Some(birth_date) = person.birth_date {
        add_birth_keys(&mut keys, names, birth_date);
        add_given_keys(&mut keys, names, birth_date, person.sex.unwrap_or(Sex::U));
    }
    for number in phone_numbers(person) {
        for given in names.iter().filter_map(first_given) {
            keys.push(Hash::new(KeyKind::Phone).part(number.to_be_bytes()).part(sound(given)).key());
        }
    }
    keys
}

/// The keys under which a stated person is looked for: their own, those of every sex where theirs is not stated, and those of
/// their likeliest slips.
pub fn lookup_keys(person: &Demographics) -> Vec<i64> {
    let names = folded_names(person);
    let mut keys = keys_of(person, &names, None);
    let Some(birth_date) = person.birth_date else { return sorted(keys) };
    let is_swappable = birth_date.day() <= 12 && birth_date.day() != birth_date.month();
    if let Some(swapped) = is_swappable.then(|| Date::new(birth_date.year(), birth_date.day(), birth_date.month())) {
        add_birth_keys(&mut keys, &names, swapped.expect("a day up to 12 is a month, and every month has 12 days"));
    }
    let swapped: Vec<FoldedName> =
        names.iter().filter(|name| name.has_family()).filter_map(FoldedName::swapped).collect();
    add_birth_keys(&mut keys, &swapped, birth_date);
    if matches!(person.sex, None | Some(Sex::U)) {
        for sex in [Sex::F, Sex::M, Sex::X] {
            add_given_keys(&mut keys, &names, birth_date, sex);
        }
    }
    sorted(keys)
}

/// Keys of day and surname, and of whole name and year.
fn add_birth_keys(keys: &mut Vec<i64>, names: &[FoldedName], birth_date: Date) {
    let day = day_bytes(birth_date);
    for name in names.iter().filter(|name| name.has_family()) {
        keys.extend(name.family_parts().map(|part| Hash::new(KeyKind::Birth).part(day).part(sound(part)).key()));
        if let Some(given) = first_given(name) {
            let family = name.family.parts().flat_map(str::bytes);
            keys.push(Hash::new(KeyKind::Name).part(given.bytes()).part(family).part([day[0], day[1]]).key());
        }
    }
}

/// Keys of day and first name; sex is in it because there are fewer first names than surnames.
fn add_given_keys(keys: &mut Vec<i64>, names: &[FoldedName], birth_date: Date, sex: Sex) {
    let day = day_bytes(birth_date);
    for given in names.iter().filter_map(first_given) {
        keys.push(Hash::new(KeyKind::Given).part(day).part(sound(given)).part(sex.code().bytes()).key());
    }
}

fn first_given(name: &FoldedName) -> Option<&str> {
    name.given.parts().next().filter(|given| name.has_given() && given.len() > 1)
}

fn day_bytes(day: Date) -> [u8; 4] {
    let year = day.year().to_be_bytes();
    [year[0], year[1], day.month().unsigned_abs(), day.day().unsigned_abs()]
}

/// The keys of a record of a file that is linked in memory: wider than those that are stored.
pub(crate) fn linkage_keys(person: &Demographics) -> Vec<i64> {
    let names = folded_names(person);
    let mut keys = keys_of(person, &names, None);
    let hash = |rule: u8| Hash::new(KeyKind::Linkage).part([rule]);
    let year = person.birth_date.map(|date| date.year().to_be_bytes());
    for name in &names {
        let given = first_given(name);
        let family = name.has_family().then(|| name.family.as_str());
        if let (Some(given), Some(family)) = (given, family) {
            keys.push(hash(1).part(sound(given)).part(sound(family)).key());
            keys.push(hash(1).part(sound(family)).part(sound(given)).key());
            keys.extend(year.map(|year| hash(2).part(sound(family)).part(given.bytes().take(1)).part(year).key()));
        }
        for word in given.into_iter().chain(family) {
            keys.extend(person.birth_date.map(|date| hash(3).part(day_bytes(date)).part(sound(word)).key()));
            for address in &person.addresses {
                let places = [(4, &address.zip), (5, &address.city), (6, &address.street)];
                for (rule, place) in places.into_iter().filter(|(_, place)| !place.is_empty()) {
                    keys.push(hash(rule).part(significant(place)).part(sound(word)).key());
                }
            }
        }
    }
    keys.extend(person.birth_date.map(|date| hash(9).part(day_bytes(date)).key()));
    for address in person.addresses.iter().filter(|address| !address.zip.is_empty()) {
        keys.extend(person.birth_date.map(|date| hash(7).part(significant(&address.zip)).part(day_bytes(date)).key()));
        if !address.street.is_empty() {
            keys.push(hash(8).part(significant(&address.street)).part(significant(&address.zip)).key());
        }
    }
    sorted(keys)
}

fn identifier_key(identifier: &Identifier) -> i64 {
    let kind = identifier.kind.bytes().map(|byte| byte.to_ascii_uppercase());
    let hash = Hash::new(KeyKind::Identifier).part(kind);
    let is_one_for_all = is_nationwide(&identifier.kind) || identifier.kind == "SR";
    let authority = if is_one_for_all { "" } else { &identifier.authority };
    hash.part(significant(authority)).part(significant(&identifier.value)).key()
}

/// FNV-1a with 64 bits over version, kind and parts, each part closed by 0x1F, finished by the mixer of SplitMix64 so
/// that keys spread evenly over the index.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn new(kind: KeyKind) -> Hash {
        Hash(0xCBF2_9CE4_8422_2325).byte(VERSION).byte(kind as u8)
    }

    fn byte(self, byte: u8) -> Hash {
        Hash((self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
    }

    fn part(self, bytes: impl IntoIterator<Item = u8>) -> Hash {
        bytes.into_iter().fold(self, Hash::byte).byte(0x1F)
    }

    fn key(self) -> i64 {
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).cast_signed()
    }
}
