//! Whether a person is immune already.
//!
//! # Source
//! CDSi Logic Specification 4.6, 7.2.

use crate::facts::ObservationCode;
use crate::organize_history::Person;
use crate::schedule::AntigenRule;

/// What proves immunity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Immunity {
    /// An observation.
    Observed(ObservationCode),
    /// Birth before a day.
    BornBefore(crate::days::Day),
}

/// What proves a person immune to an antigen. Where the country of birth is not known, no rule about it holds.
pub(crate) fn immunity(person: &Person, antigen: &AntigenRule) -> Option<Immunity> {
    if let Some(code) = antigen.immune_if.iter().find(|code| person.has(**code)) {
        return Some(Immunity::Observed(*code));
    }
    let birth = antigen.immune_births.iter().find(|birth| {
        person.birth < birth.before
            && birth.country.as_ref().is_none_or(|country| person.country.as_ref() == Some(country))
            && !birth.unless.iter().any(|code| person.has(*code))
    });
    birth.map(|birth| Immunity::BornBefore(birth.before))
}
