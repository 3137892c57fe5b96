//! Lays the facts of an import over the code sets in use, and says what that changes.

use std::collections::BTreeMap;

use model::{CodeTables, Cvx, VaccineGroupSet};

use super::facts::{Facts, ManufacturerFacts, PackageFacts, Place, VaccineFacts, VisFacts, names_a_family};
use super::{Change, Difference, Imported, Refusal};
use crate::{CodeSetKind, CodeSets, Manufacturer, Ndc, Package, PackageUnit, Vaccine, VaccineStatus, VisDocument};

/// Packages and statements of vaccines that nobody knows.
pub(super) fn unknown_vaccines(facts: &Facts, current: &CodeSets) -> Vec<Refusal> {
    let is_unknown = |cvx: Cvx| !current.has_cvx(cvx) && !facts.vaccines.contains_key(&cvx);
    let refusal = |place: &Place, cvx: Cvx| Refusal {
        file: place.file.clone(),
        line: place.line,
        reason: format!("CVX {cvx} is not known; import the list of vaccines with it"),
    };
    let of_packages = facts.packages.values().flat_map(|package| package.cvx.map(|cvx| (&package.place, cvx)));
    let of_documents =
        facts.vis_documents.values().flat_map(|document| document.vaccines.iter().map(|cvx| (&document.place, *cvx)));
    let unknown = of_packages.chain(of_documents).filter(|(_, cvx)| is_unknown(*cvx));
    unknown.map(|(place, cvx)| refusal(place, cvx)).collect()
}

/// The tables and the differences that the facts give.
pub(super) fn apply(facts: Facts, current: &CodeSets) -> Imported {
    let groups = current.all_vaccine_groups();
    let mut imported = Imported::default();
    let mut lines = Vec::new();
    for (cvx, facts) in facts.vaccines {
        let vaccine = vaccine(cvx, facts, current.vaccine(cvx));
        if vaccine.groups == VaccineGroupSet::default() && ![99, 998, 999].contains(&cvx.0) {
            let note = "is in no vaccine group: import CDC's list of vaccine groups or CDSi's schedule with it";
            imported.notes.push(format!("CVX {cvx} ({}) {note}", vaccine.short_name));
        }
        let was_active = current.vaccine(cvx).is_some_and(|known| known.status == VaccineStatus::Active);
        let is_retired = was_active && vaccine.status == VaccineStatus::Inactive;
        lines.push((CodeSetKind::Cvx, cvx.to_string(), vaccine.line(groups), is_retired));
    }
    for (mvx, facts) in facts.manufacturers {
        let known = current.manufacturer(&mvx);
        let maker = manufacturer(&mvx, facts, known);
        let is_retired = known.is_some_and(|known| known.is_active) && !maker.is_active;
        lines.push((CodeSetKind::Mvx, mvx, maker.line(), is_retired));
    }
    for (ndc, facts) in facts.packages {
        if let Some(package) = package(ndc, facts, current.package(ndc)) {
            lines.push((CodeSetKind::Ndc, ndc.to_string(), package.line(), false));
        }
    }
    for (gdti, facts) in facts.vis_documents {
        let document = vis_document(&gdti, facts, current.vis_document(&gdti));
        lines.push((CodeSetKind::Vis, gdti, document.line(), false));
    }
    compare(lines, current, &mut imported);
    imported
}

/// Keeps the lines that differ from those in use, and says how.
fn compare(lines: Vec<(CodeSetKind, String, String, bool)>, current: &CodeSets, imported: &mut Imported) {
    for kind in CodeSetKind::ALL {
        let known: BTreeMap<String, String> = current.lines(kind).into_iter().collect();
        let mut layer = String::new();
        for (_, code, new, is_retired) in lines.iter().filter(|(of, ..)| *of == kind) {
            let change = match known.get(code) {
                None => Change::Added(new.clone()),
                Some(old) if old == new => continue,
                Some(old) if *is_retired => Change::Retired(old.clone(), new.clone()),
                Some(old) => Change::Changed(old.clone(), new.clone()),
            };
            layer.push_str(new);
            layer.push('\n');
            imported.differences.push(Difference { kind, code: code.clone(), change });
        }
        if !layer.is_empty() {
            imported.texts.set(kind, format!("# Imported: {} codes.\n{layer}", layer.lines().count()));
        }
    }
}

fn vaccine(cvx: Cvx, facts: VaccineFacts, known: Option<&Vaccine>) -> Vaccine {
    let is_new = known.is_none();
    let mut vaccine = known.cloned().unwrap_or(Vaccine {
        cvx,
        short_name: String::new(),
        full_name: String::new(),
        status: VaccineStatus::Active,
        groups: VaccineGroupSet::default(),
        is_unspecified: false,
        is_non_vaccine: false,
        in_use_from: None,
        in_use_until: None,
    });
    set(&mut vaccine.short_name, facts.short_name);
    set(&mut vaccine.full_name, facts.full_name);
    set(&mut vaccine.status, facts.status);
    set(&mut vaccine.groups, facts.groups);
    let by_name = is_new.then(|| names_a_family(&vaccine.short_name, &vaccine.full_name));
    set(&mut vaccine.is_unspecified, facts.is_unspecified.or(by_name));
    set(&mut vaccine.is_non_vaccine, facts.is_non_vaccine);
    set(&mut vaccine.in_use_from, facts.in_use_from);
    set(&mut vaccine.in_use_until, facts.in_use_until);
    vaccine
}

fn manufacturer(mvx: &str, facts: ManufacturerFacts, known: Option<&Manufacturer>) -> Manufacturer {
    let mut maker =
        known.cloned().unwrap_or(Manufacturer { mvx: mvx.to_owned(), name: mvx.to_owned(), is_active: true });
    set(&mut maker.name, facts.name);
    set(&mut maker.is_active, facts.is_active);
    maker
}

/// A package must be known to hold a vaccine; one that is not is left out.
fn package(ndc: Ndc, facts: PackageFacts, known: Option<&Package>) -> Option<Package> {
    let cvx = facts.cvx.or(known.map(|known| known.cvx))?;
    let mut package = known.cloned().unwrap_or(Package {
        ndc,
        unit: PackageUnit::Use,
        cvx,
        mvx: String::new(),
        trade_name: String::new(),
        sold_from: None,
        sold_until: None,
    });
    package.cvx = cvx;
    set(&mut package.unit, facts.unit);
    set(&mut package.mvx, facts.mvx);
    set(&mut package.trade_name, facts.trade_name);
    set(&mut package.sold_from, facts.sold_from);
    set(&mut package.sold_until, facts.sold_until);
    if package.sold_from > package.sold_until && package.sold_until.is_some() {
        package.sold_from = None;
    }
    Some(package)
}

fn vis_document(gdti: &str, facts: VisFacts, known: Option<&VisDocument>) -> VisDocument {
    let unknown = VisDocument { gdti: gdti.to_owned(), name: String::new(), edition_on: None, vaccines: Vec::new() };
    let mut document = known.cloned().unwrap_or(unknown);
    set(&mut document.name, facts.name);
    document.edition_on = facts.edition_on.or(document.edition_on);
    if !facts.vaccines.is_empty() {
        document.vaccines = facts.vaccines;
        document.vaccines.sort();
        document.vaccines.dedup();
    }
    document
}

fn set<T>(known: &mut T, newer: Option<T>) {
    if let Some(newer) = newer {
        *known = newer;
    }
}
