//! What the files of an import say: only what they say, so that one list does not wipe out what another knows.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{Cvx, VaccineGroupSet};

use crate::{Ndc, PackageUnit, VaccineStatus};

/// The facts of all files.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    pub(super) vaccines: BTreeMap<Cvx, VaccineFacts>,
    pub(super) manufacturers: BTreeMap<String, ManufacturerFacts>,
    pub(super) packages: BTreeMap<Ndc, PackageFacts>,
    pub(super) vis_documents: BTreeMap<String, VisFacts>,
}

/// What is said of a vaccine. An inner `None` says that a date is not known.
#[derive(Clone, Debug, Default)]
pub(super) struct VaccineFacts {
    pub(super) short_name: Option<String>,
    pub(super) full_name: Option<String>,
    pub(super) status: Option<VaccineStatus>,
    pub(super) groups: Option<VaccineGroupSet>,
    pub(super) is_unspecified: Option<bool>,
    pub(super) is_non_vaccine: Option<bool>,
    pub(super) in_use_from: Option<Option<Date>>,
    pub(super) in_use_until: Option<Option<Date>>,
}

/// What is said of a manufacturer.
#[derive(Clone, Debug, Default)]
pub(super) struct ManufacturerFacts {
    pub(super) name: Option<String>,
    pub(super) is_active: Option<bool>,
}

/// What is said of a package.
#[derive(Clone, Debug, Default)]
pub(super) struct PackageFacts {
    pub(super) unit: Option<PackageUnit>,
    pub(super) cvx: Option<Cvx>,
    pub(super) mvx: Option<String>,
    pub(super) trade_name: Option<String>,
    pub(super) sold_from: Option<Option<Date>>,
    pub(super) sold_until: Option<Option<Date>>,
    /// Where it is said, for a refusal.
    pub(super) place: Place,
}

/// What is said of a Vaccine Information Statement.
#[derive(Clone, Debug, Default)]
pub(super) struct VisFacts {
    pub(super) name: Option<String>,
    pub(super) edition_on: Option<Date>,
    pub(super) vaccines: Vec<Cvx>,
    /// Where it is said, for a refusal.
    pub(super) place: Place,
}

/// A line of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

impl Facts {
    /// Notes which file the facts are from.
    pub(super) fn say_where(&mut self, file: &str) {
        let places = self.packages.values_mut().map(|package| &mut package.place);
        for place in places.chain(self.vis_documents.values_mut().map(|document| &mut document.place)) {
            file.clone_into(&mut place.file);
        }
    }

    /// Takes in the facts of another file, which count more.
    pub(super) fn merge(&mut self, newer: Facts) {
        for (cvx, newer) in newer.vaccines {
            self.vaccines.entry(cvx).or_default().merge(newer);
        }
        for (mvx, newer) in newer.manufacturers {
            let known = self.manufacturers.entry(mvx).or_default();
            replace(&mut known.name, newer.name);
            replace(&mut known.is_active, newer.is_active);
        }
        for (ndc, newer) in newer.packages {
            self.packages.entry(ndc).or_default().merge(newer);
        }
        for (gdti, newer) in newer.vis_documents {
            let known = self.vis_documents.entry(gdti).or_default();
            replace(&mut known.name, newer.name);
            replace(&mut known.edition_on, newer.edition_on);
            if !newer.vaccines.is_empty() {
                known.vaccines = newer.vaccines;
                known.place = newer.place;
            }
        }
    }
}

impl VaccineFacts {
    pub(super) fn merge(&mut self, newer: VaccineFacts) {
        replace(&mut self.short_name, newer.short_name);
        replace(&mut self.full_name, newer.full_name);
        replace(&mut self.status, newer.status);
        replace(&mut self.groups, newer.groups);
        replace(&mut self.is_unspecified, newer.is_unspecified);
        replace(&mut self.is_non_vaccine, newer.is_non_vaccine);
        replace(&mut self.in_use_from, newer.in_use_from);
        replace(&mut self.in_use_until, newer.in_use_until);
    }
}

impl PackageFacts {
    fn merge(&mut self, newer: PackageFacts) {
        replace(&mut self.unit, newer.unit);
        replace(&mut self.mvx, newer.mvx);
        replace(&mut self.trade_name, newer.trade_name);
        replace(&mut self.sold_from, newer.sold_from);
        replace(&mut self.sold_until, newer.sold_until);
        if newer.cvx.is_some() {
            self.cvx = newer.cvx;
            self.place = newer.place;
        }
    }

    /// Takes in what the same list says of the same code a second time, as a carton and as a vial: sold while either is.
    pub(super) fn join(&mut self, other: PackageFacts) {
        if self.unit.is_some_and(|unit| Some(unit) != other.unit) {
            self.unit = Some(PackageUnit::UseAndSale);
        }
        self.sold_from = match (self.sold_from.flatten(), other.sold_from.flatten()) {
            (Some(one), Some(two)) => Some(Some(one.min(two))),
            (one, two) => Some(one.or(two)),
        };
        self.sold_until = match (self.sold_until.flatten(), other.sold_until.flatten()) {
            (Some(one), Some(two)) => Some(Some(one.max(two))),
            _ => Some(None),
        };
        replace(&mut self.mvx, other.mvx.filter(|mvx| !mvx.is_empty()));
    }
}

fn replace<T>(known: &mut Option<T>, newer: Option<T>) {
    if newer.is_some() {
        *known = newer;
    }
}

/// Whether the names say that the code stands for a family of vaccines: "unspecified formulation" in all its spellings.
pub(super) fn names_a_family(short_name: &str, full_name: &str) -> bool {
    [short_name, full_name].iter().any(|name| name.to_ascii_lowercase().contains("unspecified"))
}
