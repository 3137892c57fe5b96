//! Vaccine groups: the families of vaccines that protect against one disease or one set of diseases.

use model::{Cvx, VaccineGroupSet};

/// A vaccine group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VaccineGroup {
    /// Its name; CDSi's where CDSi knows it (`DTaP/Tdap/Td`, `MMR`, `HepB`).
    pub name: String,
    /// Its one bit.
    pub bit: VaccineGroupSet,
    /// The code that stands for the whole group: its unspecified formulation, or its only vaccine.
    pub representative: Cvx,
    /// CDSi evaluates and forecasts this group.
    pub is_forecast: bool,
}
