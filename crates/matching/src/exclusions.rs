//! By what somebody is known again who is no longer kept: of whoever took consent back nothing may stay that names them.
//!
//! Nobody is there to be compared with, as for a match (`keys.rs`, `scoring.rs`): there are marks, which a caller keeps as keyed
//! hashes, and how many of which kinds agree is all that can be said. Each says more than a match key does, so that two strangers
//! share none or one:
//!
//! | mark | made of | finds |
//! | --- | --- | --- |
//! | whole | whole name, birth date, sex | the same again |
//! | sound | birth date, sounds of first name and of a part of the surname | other spellings, half of a double surname |
//! | year | first name, whole surname, birth year | a wrong day or month of birth |
//! | phone | phone number, sound of the first name | a wrong birth date, a new surname |
//! | home | birth date, sound of a part of the surname, first letter of the first name, phone number | misspelt first names |
//! | identifier | kind, authority, value | the patients of the same sender |
//!
//! What marks are made of must not change: those that were kept cannot be made again.

use jiff::civil::Date;
use model::{Demographics, Sex};

use crate::evidence::phone_numbers;
use crate::identifiers::{is_dummy, is_nationwide, significant};
use crate::names::{FoldedName, sound};

/// What a mark is made of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MarkKind {
    /// Whole name, birth date and sex.
    Whole = 1,
    /// Birth date, and how both names sound.
    Sound = 2,
    /// Whole name and birth year.
    Year = 3,
    /// Phone number, and how the first name sounds.
    Phone = 4,
    /// Birth date, how the surname sounds, the first letter of the first name, and the phone number.
    Home = 5,
    /// A number that somebody gave.
    Identifier = 6,
}

/// By one thing somebody is known again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Mark {
    /// What it is made of.
    pub kind: MarkKind,
    /// The bytes to be hashed, its kind among them. They name the person: nobody keeps them.
    pub bytes: Vec<u8>,
}

/// How surely the same person is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Likeness {
    /// They may be.
    Possible,
    /// As surely as can be said without a record.
    Sure,
}

/// The marks of a person, for all names that they have.
pub fn marks(person: &Demographics) -> Vec<Mark> {
    marks_of(person, &[person.sex.unwrap_or(Sex::U)])
}

/// The marks under which a stated person is looked for: their own, and those of likely slips. Day and month of birth, or first
/// name and surname, may be in each other's place; the sex may not have been stated, here or there.
pub fn lookup_marks(person: &Demographics) -> Vec<Mark> {
    let mut found = match person.sex {
        Some(sex) if sex != Sex::U => marks_of(person, &[sex, Sex::U]),
        _ => marks_of(person, &[Sex::F, Sex::M, Sex::X, Sex::U]),
    };
    let names: Vec<FoldedName> = person.names.iter().map(FoldedName::new).collect();
    let Some(birth_date) = person.birth_date else { return found };
    let is_swappable = birth_date.day() <= 12 && birth_date.day() != birth_date.month();
    if let Some(Ok(swapped)) = is_swappable.then(|| Date::new(birth_date.year(), birth_date.day(), birth_date.month()))
    {
        names.iter().for_each(|name| add_sounds(&mut found, name, swapped));
    }
    for swapped in names.iter().filter(|name| name.has_family()).filter_map(FoldedName::swapped) {
        add_sounds(&mut found, &swapped, birth_date);
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What the kinds of marks that two people share say. A name with birth date and sex is as much as most messages give; a number
/// alone may have been given to two.
pub fn likeness(shared: impl IntoIterator<Item = MarkKind>) -> Option<Likeness> {
    let mut kinds: Vec<MarkKind> = shared.into_iter().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let has = |kind| kinds.contains(&kind);
    match kinds.len() {
        0 => None,
        _ if has(MarkKind::Whole) || (has(MarkKind::Identifier) && kinds.len() > 1) => Some(Likeness::Sure),
        _ if has(MarkKind::Sound) || has(MarkKind::Home) || kinds.len() > 1 => Some(Likeness::Possible),
        _ => None,
    }
}

fn marks_of(person: &Demographics, sexes: &[Sex]) -> Vec<Mark> {
    let mut found = Vec::new();
    let phones: Vec<u64> = phone_numbers(person).collect();
    for name in person.names.iter().map(FoldedName::new) {
        let Some(given) = first_given(&name) else { continue };
        for phone in &phones {
            found.push(Parts::new(MarkKind::Phone).part(phone.to_be_bytes()).part(sound(given)).mark());
        }
        let Some(birth_date) = person.birth_date.filter(|_| name.has_family()) else { continue };
        let day = day_bytes(birth_date);
        let family = || name.family.parts().flat_map(str::bytes);
        let year = [day[0], day[1]];
        found.push(Parts::new(MarkKind::Year).part(given.bytes()).part(family()).part(year).mark());
        for sex in sexes {
            let whole = Parts::new(MarkKind::Whole).part(given.bytes()).part(family()).part(day);
            found.push(whole.part(sex.code().bytes()).mark());
        }
        add_sounds(&mut found, &name, birth_date);
        for (part, phone) in name.family_parts().flat_map(|part| phones.iter().map(move |phone| (part, phone))) {
            let home = Parts::new(MarkKind::Home).part(day).part(sound(part)).part(given.bytes().take(1));
            found.push(home.part(phone.to_be_bytes()).mark());
        }
    }
    for identifier in person.identifiers.iter().filter(|identifier| !is_dummy(identifier)) {
        let authority = if is_nationwide(&identifier.kind) { "" } else { &identifier.authority };
        let kind = Parts::new(MarkKind::Identifier).part(significant(&identifier.kind));
        found.push(kind.part(significant(authority)).part(significant(&identifier.value)).mark());
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn add_sounds(found: &mut Vec<Mark>, name: &FoldedName, birth_date: Date) {
    let Some(given) = first_given(name).filter(|_| name.has_family()) else { return };
    let start = || Parts::new(MarkKind::Sound).part(day_bytes(birth_date)).part(sound(given));
    found.extend(name.family_parts().map(|part| start().part(sound(part)).mark()));
}

fn first_given(name: &FoldedName) -> Option<&str> {
    name.given.parts().next().filter(|given| name.has_given() && given.len() > 1)
}

fn day_bytes(day: Date) -> [u8; 4] {
    let year = day.year().to_be_bytes();
    [year[0], year[1], day.month().unsigned_abs(), day.day().unsigned_abs()]
}

/// The parts of a mark, each closed by 0x1F.
struct Parts {
    kind: MarkKind,
    bytes: Vec<u8>,
}

impl Parts {
    fn new(kind: MarkKind) -> Parts {
        Parts { kind, bytes: vec![kind as u8] }
    }

    fn part(mut self, bytes: impl IntoIterator<Item = u8>) -> Parts {
        self.bytes.extend(bytes);
        self.bytes.push(0x1F);
        self
    }

    fn mark(self) -> Mark {
        Mark { kind: self.kind, bytes: self.bytes }
    }
}

#[cfg(test)]
mod tests {
    use model::{Identifier, PersonName, Telecom};

    use super::*;

    fn person(family: &str, given: &str, birth_date: &str) -> Demographics {
        let name = PersonName { family: family.into(), given: given.into(), ..PersonName::default() };
        Demographics {
            names: vec![name],
            birth_date: Some(birth_date.parse().expect("a date")),
            sex: Some(Sex::F),
            ..Demographics::default()
        }
    }

    fn with_number(person: Demographics) -> Demographics {
        let number = Identifier { kind: "MR".into(), value: "M-100".into(), authority: "EHR".into() };
        Demographics { identifiers: vec![number], ..person }
    }

    fn phone() -> Telecom {
        Telecom { value: "9565550142".into(), ..Telecom::default() }
    }

    fn likeness_of(one: &Demographics, other: &Demographics) -> Option<Likeness> {
        let kept = marks(one);
        likeness(lookup_marks(other).into_iter().filter(|mark| kept.contains(mark)).map(|mark| mark.kind))
    }

    #[test]
    fn who_is_known_again_and_who_is_not() {
        let maria = || person("de la Garza Treviño", "Maria", "2024-03-10");
        let (sure, possible) = (Some(Likeness::Sure), Some(Likeness::Possible));
        for (other, expected) in [
            (maria(), sure),
            (person("DE LA GARZA-TREVINO", "María", "2024-03-10"), sure),
            (Demographics { sex: None, ..maria() }, sure),
            (Demographics { sex: Some(Sex::M), ..maria() }, possible),
            (person("Garza", "Mariah", "2024-03-10"), possible),
            (person("Garza", "Maria", "2024-10-03"), possible),
            (person("Maria", "Garza", "2024-03-10"), possible),
            (person("de la Garza Treviño", "Maria", "2024-03-11"), None),
            (person("Garza", "Elena", "2024-03-10"), None),
            (person("Escamilla", "Maria", "2024-03-10"), None),
        ] {
            assert_eq!(likeness_of(&maria(), &other), expected, "{other:?}");
        }
        let numbered = with_number(maria());
        assert_eq!(likeness_of(&numbered, &with_number(person("Garza", "Mariah", "2024-03-10"))), sure);
        assert_eq!(likeness_of(&numbered, &with_number(person("Escamilla", "Rosa", "1980-01-01"))), None);
        assert_eq!(likeness_of(&numbered, &with_number(person("de la Garza Treviño", "Maria", "2024-03-11"))), sure);
    }

    #[test]
    fn what_was_kept_is_found_for_ever() {
        let maria = with_number(person("Garza", "Maria", "2024-03-10"));
        let kept = marks(&Demographics { telecoms: vec![phone()], ..maria });
        let hexadecimal = |mark: &Mark| mark.bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let kept: Vec<String> = kept.iter().map(hexadecimal).collect();
        assert_eq!(kept, GARZA, "keys that were kept are made of these bytes, and cannot be made again");
    }

    const GARZA: [&str; 6] = [
        "014d415249411f4741525a411f07e8030a1f461f",
        "0207e8030a1f4d415259411f47415253411f",
        "034d415249411f4741525a411f07e81f",
        "04000000023a26b63e1f4d415259411f",
        "0507e8030a1f47415253411f4d1f000000023a26b63e1f",
        "064d521f4548521f4d3130301f",
    ];

    #[test]
    fn twins_of_one_phone_are_told_apart_by_the_letter_that_their_names_begin_with() {
        let child = |given| Demographics { telecoms: vec![phone()], ..person("Garza", given, "2024-03-10") };
        assert_eq!(likeness_of(&child("Maria"), &child("Elena")), None);
        assert_eq!(likeness_of(&child("Maria"), &child("Mirta")), Some(Likeness::Possible), "the control");
    }
}
