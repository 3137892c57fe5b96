//! Synthetic people: Texas-shaped households with plausible immunization histories, and the messages that a clinic
//! would send about them. For the demonstration, for benchmarks and for tests.
//!
//! Everything follows from a seed and a day: the same seed gives the same people on every platform, person for person,
//! however many are taken. No name, address or number belongs to anybody: they are put together from short lists of
//! what is common, phone numbers are in exchange 555, and clinics are the caller's.

mod batches;
mod dice;
mod histories;
mod households;
mod messages;
mod names;
mod places;
mod records;
#[cfg(test)]
mod tests;
mod vaccines;

use std::collections::VecDeque;

use jiff::civil::Date;
use model::{Demographics, Dose};

pub use batches::write_batch;
pub use messages::{Affirmation, SendingSite, qbp, vxu};
pub use records::{SyntheticRecord, SyntheticRecords};

/// A person with everything that one clinic knows of them.
#[derive(Clone, PartialEq, Debug)]
pub struct SyntheticPerson {
    /// Which one of their seed, from 1.
    pub number: u64,
    /// The day on which all of this holds.
    pub as_of: Date,
    /// Who they are. An identifier or order id without an authority is the sending clinic's own.
    pub demographics: Demographics,
    /// What was given, reported by others, or refused; oldest first.
    pub doses: Vec<Dose>,
}

impl SyntheticPerson {
    /// Birth date: synthetic people always have one.
    pub fn birth_date(&self) -> Date {
        self.demographics.birth_date.unwrap_or(self.as_of)
    }

    /// Whether they are younger than 18 on the day of the statement.
    pub fn is_minor(&self) -> bool {
        let birth_date = self.birth_date();
        let years = self.as_of.year() - birth_date.year();
        years < 18 || (years == 18 && (self.as_of.month(), self.as_of.day()) < (birth_date.month(), birth_date.day()))
    }
}

/// All people of a seed, household by household, without end.
pub struct SyntheticPeople {
    seed: u64,
    on: Date,
    household: u64,
    number: u64,
    latest_doses: usize,
    waiting: VecDeque<households::Member>,
}

impl SyntheticPeople {
    /// The people of a seed, as they are on a day.
    pub fn new(seed: u64, on: Date) -> SyntheticPeople {
        SyntheticPeople { seed, on, household: 0, number: 0, latest_doses: usize::MAX, waiting: VecDeque::new() }
    }

    /// The same people, each with no more than the latest doses: what a clinic sends after one visit.
    pub fn with_latest_doses(self, most: usize) -> SyntheticPeople {
        SyntheticPeople { latest_doses: most, ..self }
    }
}

impl Iterator for SyntheticPeople {
    type Item = SyntheticPerson;

    fn next(&mut self) -> Option<SyntheticPerson> {
        while self.waiting.is_empty() {
            self.household += 1;
            households::add_members(&mut self.waiting, self.seed, self.household, self.on);
        }
        let member = self.waiting.pop_front()?;
        self.number += 1;
        Some(member.into_person(self.seed, self.number, self.on, self.latest_doses))
    }
}
