//! Vaccines: the CVX code set.

use jiff::civil::Date;
use model::{Cvx, VaccineGroupSet};

use crate::texts::{self, Row};
use crate::vaccine_groups::VaccineGroups;
use crate::{TableError, VaccineGroup};

/// A vaccine, or another substance that CDC gave a CVX code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vaccine {
    /// Its code.
    pub cvx: Cvx,
    /// CDC's short description ("Hep B, adolescent or pediatric").
    pub short_name: String,
    /// CDC's full vaccine name ("hepatitis B vaccine, pediatric or pediatric/adolescent dosage"); empty where not known.
    pub full_name: String,
    /// Whether it is on the market.
    pub status: VaccineStatus,
    /// The vaccine groups that it protects in; empty for 99, 998 and 999.
    pub groups: VaccineGroupSet,
    /// The code names a family rather than a product ("unspecified formulation", 999).
    pub is_unspecified: bool,
    /// Not a vaccine: immune globulins, antitoxins, skin tests, 998, 999.
    pub is_non_vaccine: bool,
    /// The first day on which a dose could be given in the United States, where known.
    pub in_use_from: Option<Date>,
    /// The last day on which a dose could be given in the United States, where known.
    pub in_use_until: Option<Date>,
}

impl Vaccine {
    /// Whether a dose could be given on this day, as far as is known. What never came to the market could not; a vaccine of another
    /// country could.
    pub fn is_in_use(&self, on: Date) -> bool {
        let was_marketed = !matches!(self.status, VaccineStatus::NeverActive | VaccineStatus::Pending);
        let had_begun = self.in_use_from.is_none_or(|from| from <= on);
        let had_ended = self.in_use_until.is_some_and(|until| until < on);
        was_marketed && had_begun && !had_ended
    }

    pub(crate) fn read(row: &Row, groups: &VaccineGroups) -> Result<Vaccine, TableError> {
        let [cvx, status, group_names, period, flags, short_name, full_name] = row.columns()?;
        let (in_use_from, in_use_until) = row.period(period)?;
        let mut vaccine = Vaccine {
            cvx: row.cvx(cvx)?,
            short_name: short_name.to_owned(),
            full_name: full_name.to_owned(),
            status: VaccineStatus::parse(status).ok_or_else(|| row.error(format!("\"{status}\" is not a status")))?,
            groups: groups.set(texts::items(group_names)).map_err(|name| row.error(format!("no group \"{name}\"")))?,
            is_unspecified: false,
            is_non_vaccine: false,
            in_use_from,
            in_use_until,
        };
        for flag in texts::items(flags) {
            match flag {
                "unspecified" => vaccine.is_unspecified = true,
                "non-vaccine" => vaccine.is_non_vaccine = true,
                _ => return Err(row.error(format!("\"{flag}\" is not a flag"))),
            }
        }
        Ok(vaccine)
    }

    pub(crate) fn line(&self, groups: &[VaccineGroup]) -> String {
        let names = groups.iter().filter(|group| self.groups.overlaps(group.bit)).map(|group| &group.name);
        let flags = [(self.is_unspecified, "unspecified"), (self.is_non_vaccine, "non-vaccine")];
        let flags = flags.into_iter().filter_map(|(is_set, flag)| is_set.then_some(flag));
        let period = texts::period(self.in_use_from, self.in_use_until);
        let (status, groups, flags) = (self.status.word(), texts::list(names), texts::list(flags));
        format!("{} | {status} | {groups} | {period} | {flags} | {} | {}", self.cvx, self.short_name, self.full_name)
    }
}

/// CDC's status of a CVX code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VaccineStatus {
    /// On the market in the United States.
    Active,
    /// No longer on the market, or never meant for new doses (unspecified formulations); still used for records of the past.
    Inactive,
    /// Coded, never marketed in the United States.
    NeverActive,
    /// Expected on the market.
    Pending,
    /// Given outside the United States only.
    NonUs,
}

impl VaccineStatus {
    const WORDS: [(VaccineStatus, &str); 5] = [
        (VaccineStatus::Active, "active"),
        (VaccineStatus::Inactive, "inactive"),
        (VaccineStatus::NeverActive, "never active"),
        (VaccineStatus::Pending, "pending"),
        (VaccineStatus::NonUs, "non-US"),
    ];

    /// CDC's word for it, in small letters.
    pub fn word(self) -> &'static str {
        VaccineStatus::WORDS[self as usize].1
    }

    /// Reads CDC's word, whatever its case.
    pub fn parse(word: &str) -> Option<VaccineStatus> {
        let known = |(_, known): &&(VaccineStatus, &str)| known.eq_ignore_ascii_case(word);
        VaccineStatus::WORDS.iter().find(known).map(|(status, _)| *status)
    }
}
