//! What the schedule's observations are called in Spanish; the schedule names them in English alone.

use std::collections::HashMap;
use std::sync::LazyLock;

/// One line each: the schedule's name, and the Spanish one behind a bar.
static SPANISH: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = include_str!("observation_names/spanish.txt").lines();
    lines.filter_map(|line| line.split_once(" | ")).collect()
});

/// The Spanish name of an observation that the schedule calls so; `None` where there is none, as of what a newer schedule brings.
pub fn spanish_observation(name: &str) -> Option<&'static str> {
    SPANISH.get(name).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::Schedule;

    #[test]
    fn every_spanish_name_is_of_an_observation_of_the_schedule() {
        let facts = Schedule::builtin().facts();
        let known: HashSet<&str> = facts.observations.iter().map(|known| known.name.as_str()).collect();
        let lines = include_str!("observation_names/spanish.txt").lines().count();
        assert_eq!(lines, SPANISH.len(), "each stands there once");
        let strange: Vec<&&str> = SPANISH.keys().filter(|name| !known.contains(**name)).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }

    #[test]
    fn what_speaks_against_a_vaccine_or_says_that_somebody_is_immune_has_a_spanish_name() {
        let facts = Schedule::builtin().facts();
        let name = |code| facts.observations.iter().find(|known| known.code == code).map(|known| known.name.as_str());
        for antigen in &facts.antigens {
            let against = antigen.contraindications.iter().map(|known| known.code);
            let against = against.chain(antigen.vaccine_contraindications.iter().map(|known| known.code));
            for code in against.chain(antigen.immune_if.iter().copied()) {
                let name = name(code).expect("the schedule names it");
                assert!(spanish_observation(name).is_some(), "{name}");
            }
        }
    }
}
