//! A codebase: all code sets in one XML file, as the immunization community keeps them.
//!
//! Its dates of use need a judge. Many are the day on which CDC last touched the code, not a day on which anything began or ended: such
//! a day would call every MMR before 2010 a mistake. So a first day of use is taken from what was sold, and from what was dated by hand.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use model::Cvx;

use super::facts::{Facts, PackageFacts, Place, VaccineFacts, VisFacts, names_a_family};
use super::xml::Element;
use super::{Problem, dates};
use crate::{CodeSets, Ndc, PackageUnit, VaccineStatus};

/// CDC began to note the days on which it touched a code in 2009: an earlier day was entered by hand.
const FIRST_ADMINISTRATIVE_DAY: Date = date(2009, 1, 1);

pub(super) fn read(root: &Element, current: &CodeSets, facts: &mut Facts, problems: &mut Vec<Problem>) {
    let mut starts: BTreeMap<Cvx, Date> = BTreeMap::new();
    for code in codes(root, "VACCINE_PRODUCT") {
        note_start(&mut starts, code);
    }
    let mut non_us = Vec::new();
    for code in codes(root, "VACCINATION_CVX_CODE").filter(|code| code.text_of("concept-type") == "foreign vaccine") {
        non_us.extend(Cvx::parse(&code.text_of("value")));
    }
    for (set, unit) in [
        ("VACCINATION_NDC_CODE_UNIT_OF_USE", PackageUnit::Use),
        ("VACCINATION_NDC_CODE_UNIT_OF_SALE", PackageUnit::Sale),
    ] {
        for code in codes(root, set).filter(|code| !is_deprecated(code)) {
            note_start(&mut starts, code);
            if let Err(problem) = read_package(code, unit, &non_us, facts) {
                problems.push(problem);
            }
        }
    }
    for code in codes(root, "VACCINATION_CVX_CODE") {
        if let Err(problem) = read_vaccine(code, current, &starts, facts) {
            problems.push(problem);
        }
    }
    for code in codes(root, "VACCINATION_MANUFACTURER_CODE") {
        let maker = facts.manufacturers.entry(code.text_of("value")).or_default();
        maker.name = Some(code.text_of("label"));
        maker.is_active = Some(use_date(code, "not-after").is_none());
    }
    for code in codes(root, "VACCINATION_VIS_DOC_TYPE") {
        let document = VisFacts {
            name: Some(code.text_of("label")),
            edition_on: use_date(code, "not-before"),
            vaccines: links(code, "VACCINATION_VIS_VACCINES").filter_map(|cvx| Cvx::parse(&cvx)).collect(),
            place: place(code),
        };
        facts.vis_documents.insert(code.text_of("value"), document);
    }
}

fn read_vaccine(
    code: &Element,
    current: &CodeSets,
    starts: &BTreeMap<Cvx, Date>,
    facts: &mut Facts,
) -> Result<(), Problem> {
    let value = code.text_of("value");
    let cvx = Cvx::parse(&value).ok_or_else(|| Problem::new(code.line, format!("\"{value}\" is not a CVX code")))?;
    let concept = code.text_of("concept-type");
    let short_name = code.text_of("label");
    let description = code.text_of("description");
    let full_name = description.split(" Notes:").next().unwrap_or_default().to_owned();
    let status = match (concept.as_str(), use_date(code, "not-after")) {
        ("never active", _) => VaccineStatus::NeverActive,
        ("pending", _) => VaccineStatus::Pending,
        ("foreign vaccine", _) => VaccineStatus::NonUs,
        (_, Some(_)) => VaccineStatus::Inactive,
        (_, None) => VaccineStatus::Active,
    };
    let is_unspecified = concept == "unspecified" || names_a_family(&short_name, &full_name);
    let is_non_vaccine = concept == "non vaccine";
    let names = links(code, "VACCINE_GROUP");
    let groups = super::cdc_records::groups_named(current, names).map_err(|reason| Problem::new(code.line, reason))?;
    let is_product = !is_unspecified && !is_non_vaccine;
    let by_hand = [use_date(code, "not-before"), use_date(code, "not-expected-before")].into_iter().flatten();
    let by_hand = by_hand.filter(|day| *day < FIRST_ADMINISTRATIVE_DAY).min();
    let by_sales = starts.get(&cvx).copied().filter(|_| is_product);
    let until = use_date(code, "not-after").filter(|_| is_product && status == VaccineStatus::Inactive);
    facts.vaccines.entry(cvx).or_default().merge(VaccineFacts {
        short_name: Some(short_name),
        full_name: Some(full_name),
        status: Some(status),
        groups: (groups.0 != 0).then_some(groups),
        is_unspecified: Some(is_unspecified),
        is_non_vaccine: Some(is_non_vaccine),
        in_use_from: Some(by_hand.into_iter().chain(by_sales).min()),
        in_use_until: Some(until),
    });
    Ok(())
}

fn read_package(code: &Element, unit: PackageUnit, non_us: &[Cvx], facts: &mut Facts) -> Result<(), Problem> {
    let value = code.text_of("value");
    let ndc = Ndc::parse(&value).ok_or_else(|| Problem::new(code.line, format!("\"{value}\" is not an NDC")))?;
    // Where a package is linked to two vaccines, one is often that of another country.
    let linked: Vec<Cvx> = links(code, "VACCINATION_CVX_CODE").filter_map(|cvx| Cvx::parse(&cvx)).collect();
    let cvx = linked.iter().find(|cvx| !non_us.contains(cvx)).or(linked.first()).copied();
    let package = PackageFacts {
        unit: Some(unit),
        cvx,
        mvx: links(code, "VACCINATION_MANUFACTURER_CODE").next(),
        trade_name: Some(code.text_of("label")),
        sold_from: Some(use_date(code, "not-before")),
        sold_until: Some(use_date(code, "not-after")),
        place: place(code),
    };
    match facts.packages.entry(ndc) {
        std::collections::btree_map::Entry::Occupied(mut known) => known.get_mut().join(package),
        std::collections::btree_map::Entry::Vacant(free) => drop(free.insert(package)),
    }
    Ok(())
}

fn codes<'a>(root: &'a Element, kind: &'a str) -> impl Iterator<Item = &'a Element> {
    root.children_named("codeset")
        .filter(move |set| set.text_of("type") == kind)
        .flat_map(|set| set.children_named("code"))
}

fn is_deprecated(code: &Element) -> bool {
    code.child("code-status").is_some_and(|status| status.text_of("status") == "Deprecated")
}

fn links<'a>(code: &'a Element, set: &'a str) -> impl Iterator<Item = String> + 'a {
    let links = code.child("reference").into_iter().flat_map(|reference| reference.children_named("link-to"));
    links.filter(move |link| link.attribute("codeset") == Some(set)).map(Element::text)
}

fn use_date(code: &Element, name: &str) -> Option<Date> {
    dates::parse(&code.child("use-date")?.text_of(name))
}

fn note_start(starts: &mut BTreeMap<Cvx, Date>, code: &Element) {
    let Some(start) = use_date(code, "not-before") else { return };
    for cvx in links(code, "VACCINATION_CVX_CODE").filter_map(|cvx| Cvx::parse(&cvx)) {
        starts.entry(cvx).and_modify(|known| *known = start.min(*known)).or_insert(start);
    }
}

fn place(code: &Element) -> Place {
    Place { file: String::new(), line: code.line }
}
