//! Corrections of our own: where a published list is silent, behind the times or wrong, with the reason beside it.
//!
//! `cvx | 146 | status | active | licensed 2018-12-21` says one thing of one code, or of several with commas between them.

use super::facts::{Facts, VaccineFacts};
use super::{Problem, cdc_records};
use crate::texts::{Row, items, rows};
use crate::{CodeSets, Ndc, PackageUnit, TableError, VaccineStatus};

/// The first line of a file of corrections, so that it is never taken for something else.
const TITLE: &str = "# Corrections";

pub(super) fn are_corrections(text: &str) -> bool {
    text.starts_with(TITLE)
}

pub(super) fn read(text: &str, current: &CodeSets, facts: &mut Facts, problems: &mut Vec<Problem>) {
    for row in rows("corrections", text) {
        if let Err(error) = read_row(&row, current, facts) {
            problems.push(error.into());
        }
    }
}

fn read_row(row: &Row, current: &CodeSets, facts: &mut Facts) -> Result<(), TableError> {
    let [table, codes, field, value, reason] = row.columns()?;
    if reason.is_empty() {
        return Err(row.error("a correction needs its reason"));
    }
    for code in items(codes) {
        match table {
            "cvx" => {
                let vaccine = facts.vaccines.entry(row.cvx(code)?).or_default();
                vaccine.merge(vaccine_fact(row, field, value, current)?);
            }
            "mvx" => {
                let maker = facts.manufacturers.entry(code.to_owned()).or_default();
                match field {
                    "name" => maker.name = Some(value.to_owned()),
                    "status" => maker.is_active = Some(value == "active"),
                    _ => return Err(row.error(format!("a manufacturer has no \"{field}\""))),
                }
            }
            "ndc" => {
                let ndc = Ndc::parse(code).ok_or_else(|| row.error(format!("\"{code}\" is not an NDC")))?;
                let package = facts.packages.entry(ndc).or_default();
                match field {
                    "cvx" => package.cvx = Some(row.cvx(value)?),
                    "unit" => package.unit = Some(PackageUnit::parse(value).ok_or_else(|| row.error("not a unit"))?),
                    "mvx" => package.mvx = Some(value.to_owned()),
                    "name" => package.trade_name = Some(value.to_owned()),
                    _ => return Err(row.error(format!("a package has no \"{field}\""))),
                }
            }
            "vis" if field == "name" => {
                facts.vis_documents.entry(code.to_owned()).or_default().name = Some(value.to_owned());
            }
            _ => return Err(row.error(format!("\"{table}\" has no \"{field}\" to correct"))),
        }
    }
    Ok(())
}

fn vaccine_fact(row: &Row, field: &str, value: &str, current: &CodeSets) -> Result<VaccineFacts, TableError> {
    let mut fact = VaccineFacts::default();
    match field {
        "name" => fact.short_name = Some(value.to_owned()),
        "status" => {
            let status = VaccineStatus::parse(value);
            fact.status = Some(status.ok_or_else(|| row.error(format!("\"{value}\" is not a status")))?);
        }
        "groups" => {
            let names = items(value).map(str::to_owned);
            fact.groups = Some(cdc_records::groups_named(current, names).map_err(|reason| row.error(reason))?);
        }
        "unspecified" => fact.is_unspecified = Some(value == "yes"),
        "non-vaccine" => fact.is_non_vaccine = Some(value == "yes"),
        "period" => {
            let (from, until) = row.period(value)?;
            (fact.in_use_from, fact.in_use_until) = (Some(from), Some(until));
        }
        _ => return Err(row.error(format!("a vaccine has no \"{field}\""))),
    }
    Ok(fact)
}

#[cfg(test)]
mod tests {
    use model::Cvx;

    use super::*;

    #[test]
    fn a_correction_says_one_thing_of_one_code_and_why() {
        let text = "# Corrections\ncvx | 146, 56 | status | active | licensed\ncvx | 2 | period | 1963-01-01..2001-12-31 | sold until then\n";
        let mut facts = Facts::default();
        let mut problems = Vec::new();
        read(text, CodeSets::builtin(), &mut facts, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(facts.vaccines[&Cvx(56)].status, Some(VaccineStatus::Active));
        assert!(facts.vaccines[&Cvx(2)].in_use_until.flatten().is_some());
    }
}
