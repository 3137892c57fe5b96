//! Vaccines: the CVX code set.

use jiff::civil::Date;
use model::{Cvx, VaccineGroupSet};

/// A vaccine, or another substance that CDC gave a CVX code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vaccine {
    /// Its code.
    pub cvx: Cvx,
    /// CDC's short description ("Hep B, adolescent or pediatric").
    pub short_name: String,
    /// CDC's full vaccine name ("hepatitis B vaccine, pediatric or pediatric/adolescent dosage").
    pub full_name: String,
    /// Whether it is on the market.
    pub status: VaccineStatus,
    /// The vaccine groups that it protects in; empty for what is not a vaccine.
    pub groups: VaccineGroupSet,
    /// The code names a family rather than a product ("unspecified formulation", 999).
    pub is_unspecified: bool,
    /// Not a vaccine: immune globulins, antitoxins, skin tests, 998, 999.
    pub is_non_vaccine: bool,
    /// The first day on which a dose could be given, where known.
    pub in_use_from: Option<Date>,
    /// The last day on which a dose could be given, where known.
    pub in_use_until: Option<Date>,
}

/// CDC's status of a CVX code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum VaccineStatus {
    /// On the market in the United States.
    Active,
    /// No longer on the market; still used for records of the past.
    Inactive,
    /// Coded, never marketed in the United States.
    NeverActive,
    /// Expected on the market.
    Pending,
    /// Given outside the United States only.
    NonUs,
}
