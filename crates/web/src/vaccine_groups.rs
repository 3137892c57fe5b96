//! What vaccine groups are called in the visitor's language, and by which other words their vaccines are found. The code tables and
//! the schedule name them in English.

use codes::{CodeSets, VaccineGroup};
use model::{CodeTables, Cvx, VaccineGroupSet};

use crate::languages::Language;

/// The name of the group that the code tables and the schedule call so; that name for what only a newer schedule has.
pub(crate) fn name(group: &str, language: Language) -> &str {
    language.find_text(&format!("vaccine_group.{group}")).unwrap_or(group)
}

/// The names of a vaccine's groups.
pub(crate) fn of_vaccine(codes: &CodeSets, cvx: Cvx, language: Language) -> Vec<&str> {
    codes.groups_of(codes.vaccine_groups(cvx)).map(|group| name(&group.name, language)).collect()
}

/// The names of groups, and other words for their diseases.
pub(crate) fn words(codes: &CodeSets, groups: VaccineGroupSet, language: Language) -> String {
    let of_group = |group: &VaccineGroup| {
        let others = language.find_text(&format!("vaccine_group_words.{}", group.name));
        others
            .map_or(name(&group.name, language).to_owned(), |words| format!("{}, {words}", name(&group.name, language)))
    };
    codes.groups_of(groups).map(of_group).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_a_name_in_each_language() {
        for group in CodeSets::builtin().all_vaccine_groups() {
            for language in Language::ALL {
                let key = format!("vaccine_group.{}", group.name);
                assert!(language.find_text(&key).is_some(), "{key} in {}", language.tag());
            }
            assert_eq!(name(&group.name, Language::English), group.name);
        }
        assert_eq!(name("MMR", Language::Spanish), "Sarampión, paperas y rubéola (MMR)");
        assert_eq!(name("Of 2031", Language::Spanish), "Of 2031", "a newer schedule");
    }

    #[test]
    fn a_combination_is_found_by_the_diseases_of_all_its_parts() {
        let codes = CodeSets::builtin();
        let words = words(codes, codes.vaccine_groups(Cvx(110)), Language::English);
        for part in ["whooping cough", "hepatitis B", "poliomyelitis"] {
            assert!(words.contains(part), "{words}");
        }
    }
}
