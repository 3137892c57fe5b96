//! What an organization's people corrected on a page of who a person is: kept beside what the organization says, so that it can be
//! told when its own system sends something else.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Location;

/// A fact of who a person is that people correct on a page, and systems send.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum PersonFact {
    /// The name (PID-5).
    Name,
    /// The mother's name before marriage (PID-6).
    MotherMaidenName,
    /// The birth date (PID-7).
    BirthDate,
    /// The sex (PID-8).
    Sex,
    /// The address (PID-11).
    Address,
    /// The phone number (PID-13).
    Phone,
    /// Who answers for the person (NK1).
    NextOfKin,
}

impl PersonFact {
    /// All of them, in the order of the message's fields.
    pub const ALL: [PersonFact; 7] = [
        PersonFact::Name,
        PersonFact::MotherMaidenName,
        PersonFact::BirthDate,
        PersonFact::Sex,
        PersonFact::Address,
        PersonFact::Phone,
        PersonFact::NextOfKin,
    ];

    /// Where a message says it.
    pub fn location(self) -> Location {
        match self {
            PersonFact::Name => Location::field("PID", 1, 5),
            PersonFact::MotherMaidenName => Location::field("PID", 1, 6),
            PersonFact::BirthDate => Location::field("PID", 1, 7),
            PersonFact::Sex => Location::field("PID", 1, 8),
            PersonFact::Address => Location::field("PID", 1, 11),
            PersonFact::Phone => Location::field("PID", 1, 13),
            PersonFact::NextOfKin => Location::segment("NK1", 1),
        }
    }

    /// The word by which the audit trail and the pages name it.
    pub fn word(self) -> &'static str {
        match self {
            PersonFact::Name => "name",
            PersonFact::MotherMaidenName => "mother_maiden_name",
            PersonFact::BirthDate => "birth_date",
            PersonFact::Sex => "sex",
            PersonFact::Address => "address",
            PersonFact::Phone => "phone",
            PersonFact::NextOfKin => "next_of_kin",
        }
    }
}

/// That an organization's people corrected a fact on a page, and its system has not said the same since.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PageCorrection {
    /// What was corrected.
    pub fact: PersonFact,
    /// When.
    pub corrected_at: Timestamp,
    /// When a message of the organization's own system put something else in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_at: Option<Timestamp>,
}
