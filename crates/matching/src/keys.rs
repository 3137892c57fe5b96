//! Match keys: 64-bit hashes under which people are stored, so that one set-based read finds whom to compare.
//!
//! Four kinds, chosen so that a person has about four rows and so that each finds what the others miss:
//!
//! | key | made of | finds |
//! | --- | --- | --- |
//! | identifier | kind, authority, value | the sender's own patients; authority is left out for SR, SS, MA and MC |
//! | birth | birth date, sound of each part of each surname | placeholders, changed and mistyped first names, half of a double surname |
//! | name | first given name, whole surname, birth year | a wrong day or month of birth |
//!
//! A key with a missing part is skipped, never widened. Whoever shares no key is not found: a new surname together with
//! a new first name or birth year, and no common identifier.

use model::{Demographics, Identifier};

use crate::identifiers::{is_dummy, is_nationwide, significant};
use crate::names::FoldedName;

/// Goes into every key. Whoever changes how a key is made raises it, and has every stored key made again.
const VERSION: u8 = 1;

/// What a key is made of.
#[derive(Clone, Copy)]
enum KeyKind {
    Identifier = 1,
    Birth = 2,
    Name = 3,
}

/// The keys of a person, sorted, each once: the same for ever and on every platform.
///
/// Used twice: to store a person (`number` is our own number, `PatientId::number`), and to look for one (`number` is
/// `None`; a stated identifier of type SR gives the same key as the stored number).
pub fn match_keys(person: &Demographics, number: Option<&str>) -> Vec<i64> {
    let mut keys: Vec<i64> = Vec::with_capacity(8);
    if let Some(number) = number {
        keys.push(Hash::new(KeyKind::Identifier).part(*b"SR").part([]).part(significant(number)).key());
    }
    keys.extend(person.identifiers.iter().filter(|identifier| !is_dummy(identifier)).map(identifier_key));
    if let Some(birth_date) = person.birth_date {
        let year = birth_date.year().to_be_bytes();
        let day = [year[0], year[1], birth_date.month().unsigned_abs(), birth_date.day().unsigned_abs()];
        for name in person.names.iter().map(FoldedName::new).filter(FoldedName::has_family) {
            keys.extend(name.family_parts().map(|part| Hash::new(KeyKind::Birth).part(day).part(sound(part)).key()));
            if let Some(given) = name.given.parts().next().filter(|_| name.has_given()) {
                let family = name.family.parts().flat_map(str::bytes);
                keys.push(Hash::new(KeyKind::Name).part(given.bytes()).part(family).part(year).key());
            }
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn identifier_key(identifier: &Identifier) -> i64 {
    let kind = identifier.kind.bytes().map(|byte| byte.to_ascii_uppercase());
    let hash = Hash::new(KeyKind::Identifier).part(kind);
    let is_one_for_all = is_nationwide(&identifier.kind) || identifier.kind == "SR";
    let authority = if is_one_for_all { "" } else { &identifier.authority };
    hash.part(significant(authority)).part(significant(&identifier.value)).key()
}

/// How the beginning of a folded surname sounds, in Spanish or English: at most five letters. Spellings that sound
/// alike (Gonzales, Gonzalez; Baldez, Valdez; Jimenez, Ximenez, Gimenez) give the same.
fn sound(part: &str) -> impl Iterator<Item = u8> {
    let bytes = part.as_bytes();
    let mut sounds = [0u8; 5];
    let mut length = 0;
    let mut position = 0;
    while position < bytes.len() && length < sounds.len() {
        let (heard, taken) = sound_at(&bytes[position..]);
        position += taken;
        if heard != 0 && (length == 0 || sounds[length - 1] != heard) {
            sounds[length] = heard;
            length += 1;
        }
    }
    sounds.into_iter().take(length)
}

/// The sound at the start of the text, 0 for a silent letter, and how many letters make it.
fn sound_at(text: &[u8]) -> (u8, usize) {
    let is_soft = |place: usize| matches!(text.get(place), Some(b'E' | b'I' | b'Y'));
    match text {
        [b'P', b'H', ..] => (b'F', 2),
        [b'C', b'H', ..] | [b'S', b'H', ..] => (b'X', 2),
        [b'Q', b'U', ..] => (b'K', 2),
        [b'G', b'U', ..] if is_soft(2) => (b'G', 2),
        [b'B', ..] => (b'V', 1),
        [b'C', ..] if is_soft(1) => (b'S', 1),
        [b'C' | b'Q', ..] => (b'K', 1),
        [b'Z', ..] => (b'S', 1),
        [b'G', ..] if is_soft(1) => (b'J', 1),
        [b'X', ..] => (b'J', 1),
        [b'N', b'B' | b'V' | b'P', ..] => (b'M', 1),
        [b'I', ..] => (b'Y', 1),
        [b'H', ..] => (0, 1),
        [letter, ..] => (*letter, 1),
        [] => (0, 1),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surnames_that_sound_alike_share_a_key() {
        let heard = |text: &str| String::from_utf8(sound(text).collect()).expect("sounds are letters");
        for (one, other) in [
            ("GONZALES", "GONZALEZ"),
            ("VALDEZ", "BALDES"),
            ("JIMENEZ", "XIMENES"),
            ("GIMENEZ", "JIMENEZ"),
            ("HERNANDEZ", "ERNANDEZ"),
            ("CASTILLO", "CASTILO"),
            ("QUIROZ", "KIROS"),
            ("PHILLIPS", "FILIPS"),
            ("CERVANTES", "SERBANTEZ"),
        ] {
            assert_eq!(heard(one), heard(other));
        }
        for (one, other) in [("GARZA", "GARCIA"), ("LOPEZ", "LOERA"), ("MARTIN", "MORIN")] {
            assert_ne!(heard(one), heard(other));
        }
    }
}
