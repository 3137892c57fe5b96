//! `ScheduleSupportingData.xml`: conflicts, vaccine groups, vaccines, observations.

use model::Cvx;

use super::values::{self, Problem};
use super::xml::Element;
use crate::facts::{
    AssociationFacts, ConflictFacts, GroupFacts, ObservationCode, ObservationFacts, ScheduleFacts, VaccineFacts,
};
use crate::periods::Period;

pub(super) fn read(root: &Element, facts: &mut ScheduleFacts) -> Result<(), Problem> {
    root.expect_only(&[
        "liveVirusConflicts",
        "vaccineGroups",
        "vaccineGroupToAntigenMap",
        "cvxToAntigenMap",
        "observations",
    ])?;
    for section in &root.children {
        match section.name.as_str() {
            "liveVirusConflicts" => read_conflicts(section, facts)?,
            "vaccineGroups" => read_groups(section, facts)?,
            "vaccineGroupToAntigenMap" => {}
            "cvxToAntigenMap" => read_vaccines(section, facts)?,
            _ => read_observations(section, facts)?,
        }
    }
    match root.child("vaccineGroupToAntigenMap") {
        Some(section) => read_group_antigens(section, facts),
        None => Err(Problem::new(root.line, "<vaccineGroupToAntigenMap> is missing")),
    }
}

/// Joins the pairs that share all periods: first the current vaccines of one previous, then the previous of equal lists.
fn read_conflicts(section: &Element, facts: &mut ScheduleFacts) -> Result<(), Problem> {
    section.expect_only(&["liveVirusConflict"])?;
    let mut by_previous: Vec<ConflictFacts> = Vec::new();
    for pair in &section.children {
        pair.expect_only(&[
            "previous",
            "current",
            "conflictBeginInterval",
            "minConflictEndInterval",
            "conflictEndInterval",
        ])?;
        let previous = read_conflict_vaccine(pair, "previous")?;
        let current = read_conflict_vaccine(pair, "current")?;
        let begin = pair.require("conflictBeginInterval", Period::parse)?;
        let minimum_end = pair.require("minConflictEndInterval", Period::parse)?;
        let end = pair.require("conflictEndInterval", Period::parse)?;
        let terms = (vec![previous], begin, minimum_end, end);
        let same_terms = |known: &&mut ConflictFacts| {
            (&known.previous, known.begin, known.minimum_end, known.end) == (&terms.0, begin, minimum_end, end)
        };
        match by_previous.iter_mut().find(same_terms) {
            Some(known) => known.current.push(current),
            None => {
                by_previous.push(ConflictFacts { previous: terms.0, current: vec![current], begin, minimum_end, end })
            }
        }
    }
    for mut conflict in by_previous {
        conflict.current.sort();
        conflict.current.dedup();
        let same_terms = |known: &&mut ConflictFacts| {
            (&known.current, known.begin, known.minimum_end, known.end)
                == (&conflict.current, conflict.begin, conflict.minimum_end, conflict.end)
        };
        match facts.conflicts.iter_mut().find(same_terms) {
            Some(known) => known.previous.append(&mut conflict.previous),
            None => facts.conflicts.push(conflict),
        }
    }
    Ok(())
}

fn read_conflict_vaccine(pair: &Element, name: &str) -> Result<Cvx, Problem> {
    let vaccine = pair.child(name).ok_or_else(|| Problem::new(pair.line, format!("<{name}> is missing")))?;
    vaccine.expect_only(&["vaccineType", "cvx"])?;
    vaccine.require("cvx", Cvx::parse)
}

fn read_groups(section: &Element, facts: &mut ScheduleFacts) -> Result<(), Problem> {
    section.expect_only(&["vaccineGroup"])?;
    for group in &section.children {
        group.expect_only(&["name", "administerFullVaccineGroup"])?;
        let name = group.require("name", values::name)?;
        let is_given_in_full = group.read("administerFullVaccineGroup", values::yes_or_no)?.unwrap_or(false);
        facts.groups.push(GroupFacts { name, is_given_in_full, antigens: Vec::new() });
    }
    Ok(())
}

fn read_group_antigens(section: &Element, facts: &mut ScheduleFacts) -> Result<(), Problem> {
    section.expect_only(&["vaccineGroupMap"])?;
    for map in &section.children {
        map.expect_only(&["name", "antigen"])?;
        let name = map.require("name", values::name)?;
        let group = facts.groups.iter_mut().find(|group| group.name == name);
        let group = group.ok_or_else(|| Problem::new(map.line, format!("the vaccine group {name} is not known")))?;
        group.antigens.extend(map.texts("antigen").map(|(_, antigen)| antigen));
    }
    Ok(())
}

fn read_vaccines(section: &Element, facts: &mut ScheduleFacts) -> Result<(), Problem> {
    section.expect_only(&["cvxMap"])?;
    for map in &section.children {
        map.expect_only(&["cvx", "shortDescription", "association"])?;
        let mut antigens = Vec::new();
        for association in map.filled("association") {
            association.expect_only(&["antigen", "associationBeginAge", "associationEndAge"])?;
            antigens.push(AssociationFacts {
                antigen: association.require("antigen", values::name)?,
                from: association.read("associationBeginAge", Period::parse)?,
                before: association.read("associationEndAge", Period::parse)?,
            });
        }
        let name = map.require("shortDescription", values::name)?;
        facts.vaccines.push(VaccineFacts { cvx: map.require("cvx", Cvx::parse)?, name, antigens });
    }
    facts.vaccines.sort_by_key(|vaccine| vaccine.cvx);
    Ok(())
}

fn read_observations(section: &Element, facts: &mut ScheduleFacts) -> Result<(), Problem> {
    section.expect_only(&["observation"])?;
    for observation in &section.children {
        let (codes, texts) = (
            ["observationCode", "observationTitle", "group", "codedValues"],
            ["indicationText", "contraindicationText", "clarifyingText"],
        );
        observation.expect_only(&[&codes[..], &texts[..]].concat())?;
        let mut synonyms = Vec::new();
        for value in observation.filled("codedValues").flat_map(|values| values.filled("codedValue")) {
            value.expect_only(&["code", "codeSystem", "text"])?;
            synonyms.push((value.require("codeSystem", values::name)?, value.require("code", values::name)?));
        }
        facts.observations.push(ObservationFacts {
            code: observation.require("observationCode", ObservationCode::parse)?,
            name: observation.require("observationTitle", values::name)?,
            synonyms,
        });
    }
    facts.observations.sort_by_key(|observation| observation.code);
    Ok(())
}
