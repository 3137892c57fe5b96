//! The schedule of CDSi's supporting data: which antigens a vaccine holds, and so which groups it protects in.
//!
//! # Source
//! CDSi Supporting Data 4.64, ScheduleSupportingData: cvxToAntigenMap, vaccineGroupToAntigenMap.

use model::{Cvx, VaccineGroupSet};

use super::Problem;
use super::facts::{Facts, VaccineFacts};
use super::xml::Element;
use crate::CodeSets;

pub(super) fn read(root: &Element, current: &CodeSets, facts: &mut Facts, problems: &mut Vec<Problem>) {
    let Some(map) = root.child("cvxToAntigenMap") else {
        problems.push(Problem::new(root.line, "the schedule has no map from vaccines to antigens"));
        return;
    };
    for entry in map.children_named("cvxMap") {
        match read_vaccine(entry, current) {
            Ok((cvx, vaccine)) => facts.vaccines.entry(cvx).or_default().merge(vaccine),
            Err(problem) => problems.push(problem),
        }
    }
}

fn read_vaccine(entry: &Element, current: &CodeSets) -> Result<(Cvx, VaccineFacts), Problem> {
    let code = entry.text_of("cvx");
    let cvx = Cvx::parse(&code).ok_or_else(|| Problem::new(entry.line, format!("\"{code}\" is not a CVX code")))?;
    let mut groups = VaccineGroupSet::default();
    // An antigen that counts at some ages only (zoster live for varicella) does not make the vaccine one of its group.
    for association in entry.children_named("association").filter(|association| !is_bound_to_age(association)) {
        let antigen = association.text_of("antigen");
        let group = current.all_vaccine_groups().iter().find(|group| group.antigens.contains(&antigen));
        let group =
            group.ok_or_else(|| Problem::new(entry.line, format!("no vaccine group has the antigen \"{antigen}\"")))?;
        groups.0 |= group.bit.0;
    }
    let groups = (groups.0 != 0).then_some(groups);
    Ok((cvx, VaccineFacts { short_name: Some(entry.text_of("shortDescription")), groups, ..VaccineFacts::default() }))
}

fn is_bound_to_age(association: &Element) -> bool {
    !association.text_of("associationBeginAge").is_empty() || !association.text_of("associationEndAge").is_empty()
}
