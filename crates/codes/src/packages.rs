//! Packages: National Drug Codes of vaccines, as sold (cartons) and as used (vials, syringes).

use jiff::civil::Date;
use model::Cvx;

/// A National Drug Code in its 11-digit form (5-4-2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ndc(u64);

/// A vaccine package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Package {
    /// Its code.
    pub ndc: Ndc,
    /// What the code stands on.
    pub unit: PackageUnit,
    /// The vaccine in it.
    pub cvx: Cvx,
    /// Its manufacturer's MVX code; empty where not known.
    pub mvx: String,
    /// Its trade name.
    pub trade_name: String,
    /// Sold from this day on.
    pub sold_from: Option<Date>,
    /// Sold until this day.
    pub sold_until: Option<Date>,
}

/// What an NDC stands on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PackageUnit {
    /// The vial or syringe that a dose comes from.
    Use,
    /// The carton that is bought.
    Sale,
    /// Both: the carton holds one vial.
    UseAndSale,
}
