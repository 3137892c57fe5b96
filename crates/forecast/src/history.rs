//! What the engine is told of a person.

use jiff::civil::Date;
use model::{Cvx, Sex};

use crate::facts::ObservationCode;

/// A person's doses and observations.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    /// Birth date.
    pub birth_date: Date,
    /// Administrative sex.
    pub sex: Sex,
    /// Country of birth, as the schedule names it (`U.S.`); `None` when it is not known, and then no rule about it holds.
    pub birth_country: Option<String>,
    /// The doses given, in any order.
    pub doses: Vec<HistoryDose>,
    /// What is known of the person's health, in CDSi's numbers.
    pub observations: Vec<HistoryObservation>,
}

impl History {
    /// A person without doses and observations.
    pub fn new(birth_date: Date, sex: Sex) -> History {
        History { birth_date, sex, birth_country: None, doses: Vec::new(), observations: Vec::new() }
    }
}

/// One dose given.
#[derive(Clone, PartialEq, Debug)]
pub struct HistoryDose {
    /// Day of administration.
    pub date: Date,
    /// Vaccine.
    pub cvx: Cvx,
    /// Manufacturer, MVX.
    pub mvx: Option<String>,
    /// Expiration date of the lot.
    pub lot_expires_on: Option<Date>,
    /// The dose is to be given again: recalled, stored too warm, given in part.
    pub must_be_repeated: bool,
}

impl HistoryDose {
    /// A dose of which no more is known.
    pub fn new(date: Date, cvx: Cvx) -> HistoryDose {
        HistoryDose { date, cvx, mvx: None, lot_expires_on: None, must_be_repeated: false }
    }
}

/// One observation about the person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistoryObservation {
    /// Its number.
    pub code: ObservationCode,
    /// Day from which it holds, when it is known.
    pub date: Option<Date>,
}
