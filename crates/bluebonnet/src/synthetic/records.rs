//! Records of synthetic people as several clinics write them down: the same person twice, with the slips and changes that make
//! matching hard, and the truth kept.

use jiff::civil::Date;
use model::{Demographics, Identifier, Sex};

use super::dice::{Dice, later};
use super::names::{self, Group};
use super::{SyntheticPeople, SyntheticPerson, places};

mod slips;

/// A record, and whose it is.
#[derive(Clone, PartialEq, Debug)]
pub struct SyntheticRecord {
    /// The record's own name: `17-1` is the first of person 17.
    pub name: String,
    /// The number of the person.
    pub person: u64,
    /// What tells it from the person's first record, in words, in the order in which it came about; empty for a first record.
    pub slips: Vec<&'static str>,
    /// What it says.
    pub demographics: Demographics,
}

/// The records of all people of a seed, without end: each person's first record, and in so many of a thousand cases a second
/// one that another clinic wrote later.
pub struct SyntheticRecords {
    people: SyntheticPeople,
    seed: u64,
    on: Date,
    again_per_thousand: u64,
    waiting: Option<SyntheticRecord>,
}

impl SyntheticRecords {
    /// The records of a seed, as they are on a day.
    pub fn new(seed: u64, on: Date, again_per_thousand: u64) -> SyntheticRecords {
        let people = SyntheticPeople::new(seed, on).with_latest_doses(0);
        SyntheticRecords { people, seed, on, again_per_thousand, waiting: None }
    }
}

impl Iterator for SyntheticRecords {
    type Item = SyntheticRecord;

    fn next(&mut self) -> Option<SyntheticRecord> {
        if let Some(record) = self.waiting.take() {
            return Some(record);
        }
        let person = self.people.next()?;
        let mut dice = Dice::of(self.seed, 4, person.number);
        let mut first = person.demographics;
        chart(&mut first).authority = clinic(&mut dice);
        if dice.below(1_000) < self.again_per_thousand {
            self.waiting = Some(write_again(&mut dice, &mut first, person.number, self.on));
        }
        Some(SyntheticRecord {
            name: format!("{}-1", person.number),
            person: person.number,
            slips: Vec::new(),
            demographics: first,
        })
    }
}

impl SyntheticPerson {
    /// The same person with the slips and changes with which another clinic of the same seed wrote them down.
    pub fn written_down_again(self, seed: u64) -> SyntheticPerson {
        let is_minor = self.is_minor();
        let mut record = SyntheticRecord {
            name: String::new(),
            person: self.number,
            slips: Vec::new(),
            demographics: self.demographics,
        };
        slips::make(&mut Dice::of(seed, 5, self.number), &mut record, is_minor);
        SyntheticPerson { demographics: record.demographics, ..self }
    }
}

/// One of sixty clinics.
fn clinic(dice: &mut Dice) -> String {
    format!("CLINIC{:02}", dice.below(60))
}

fn chart(person: &mut Demographics) -> &mut Identifier {
    &mut person.identifiers[0]
}

/// The second record. A newborn's first record may have had no name yet: then it is the first that changes.
fn write_again(dice: &mut Dice, first: &mut Demographics, number: u64, on: Date) -> SyntheticRecord {
    let mut record =
        SyntheticRecord { name: format!("{number}-2"), person: number, slips: Vec::new(), demographics: first.clone() };
    let chart = chart(&mut record.demographics);
    chart.authority = clinic(dice);
    chart.value = format!("{:06}", dice.below(1_000_000));
    let is_child = first.birth_date.is_some_and(|born| later(born, 18 * 365) > on);
    if is_child && dice.percent(6) {
        let name = &mut first.names[0];
        name.given = if first.sex == Some(Sex::M) { "BABY BOY" } else { "BABY GIRL" }.to_owned();
        name.middle.clear();
        record.slips.push("named later");
    }
    slips::make(dice, &mut record, is_child);
    record
}

/// Someone else's place to live.
fn move_house(dice: &mut Dice, record: &mut SyntheticRecord) {
    let place = places::somewhere(dice);
    let home = place.home(dice);
    let phone = place.phone(dice);
    let person = &mut record.demographics;
    person.addresses = vec![home.clone()];
    let is_phone_kept = dice.percent(60);
    if !is_phone_kept {
        person.telecoms[0] = phone.clone();
    }
    for kin in &mut person.next_of_kin {
        kin.address = Some(home.clone());
        if !is_phone_kept {
            kin.telecoms = vec![phone.clone()];
        }
    }
    record.slips.push(if is_phone_kept { "moved" } else { "moved, another phone" });
}

/// Another surname, by marriage or adoption.
fn other_family(dice: &mut Dice) -> String {
    let group = [Group::Hispanic, Group::White, Group::Black][dice.weighted(&[40, 45, 15])];
    names::family(dice, group)
}
