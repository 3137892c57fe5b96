//! What must hold for all people.

use bluebonnet_matching::{Candidate, Matcher, PersonDecision, PersonMatch, match_keys};
use model::{Demographics, Identifier, PersonName, Sex};
use proptest::prelude::*;

use crate::cases::patient;

/// People from so few names, days and numbers that they often resemble each other.
fn anybody() -> impl Strategy<Value = Demographics> {
    let given = prop::sample::select(vec!["Ana", "Anna", "Eva", "José", "A", "Baby", "Twin A", "Maria Elena", ""]);
    let family = prop::sample::select(vec!["Garza", "Garza Lopez", "de la Garza", "Lopez", "Gonzales", "Jr Garza", ""]);
    let suffix = prop::sample::select(vec!["", "Jr", "Sr"]);
    let birth_date = prop::sample::select(vec!["2020-03-05", "2020-05-03", "2020-03-06", "1988-11-30"]);
    let sex = prop::option::of(prop::sample::select(vec![Sex::F, Sex::M, Sex::U]));
    let number = prop::option::of(0..3u8);
    let birth_order = prop::option::of(1..3u8);
    (given, family, suffix, birth_date, sex, number, birth_order).prop_map(
        |(given, family, suffix, birth_date, sex, number, birth_order)| Demographics {
            names: vec![PersonName {
                given: given.into(),
                family: family.into(),
                suffix: suffix.into(),
                ..PersonName::default()
            }],
            birth_date: birth_date.parse().ok(),
            sex,
            birth_order,
            identifiers: number
                .map(|number| Identifier { kind: "MR".into(), value: format!("A{number}"), authority: "C1".into() })
                .into_iter()
                .collect(),
            ..Demographics::default()
        },
    )
}

fn decide_person(stated: &Demographics, known: &[Candidate<'_>]) -> PersonMatch {
    Matcher::default().decide_person(stated, None, known)
}

fn kind(decision: &PersonDecision) -> u8 {
    match decision {
        PersonDecision::Same { .. } => 2,
        PersonDecision::Possible { .. } => 1,
        PersonDecision::Nobody { .. } => 0,
    }
}

fn decide_one(stated: &Demographics, known: &Demographics) -> PersonDecision {
    decide_person(stated, &[Candidate { patient_id: patient(1), demographics: known, is_senders: true }]).decision
}

proptest! {
    #[test]
    fn the_order_of_the_candidates_does_not_matter(
        stated in anybody(),
        people in prop::collection::vec(anybody(), 0..6),
        seed in 0usize..720,
    ) {
        let mut known: Vec<Candidate<'_>> =
            people.iter().zip(1..).map(|(demographics, n)| Candidate { patient_id: patient(n), demographics, is_senders: true }).collect();
        let decided = decide_person(&stated, &known);
        if !known.is_empty() {
            let turn = seed % known.len();
            known.rotate_left(turn);
            known[turn..].reverse();
        }
        prop_assert_eq!(decide_person(&stated, &known), decided);
    }

    #[test]
    fn a_pair_is_decided_alike_in_both_directions(one in anybody(), other in anybody()) {
        prop_assert_eq!(kind(&decide_one(&one, &other)), kind(&decide_one(&other, &one)));
    }

    #[test]
    fn whoever_is_taken_for_another_shares_a_key(one in anybody(), other in anybody()) {
        if kind(&decide_one(&one, &other)) == 2 {
            let keys = match_keys(&one, None);
            prop_assert!(match_keys(&other, None).iter().any(|key| keys.contains(key)));
        }
    }

    #[test]
    fn no_text_breaks_the_folding(given in "\\PC*", family in "\\PC*", suffix in "\\PC{0,4}") {
        let name = PersonName { given, family, suffix, ..PersonName::default() };
        let upper = PersonName { given: name.given.to_uppercase(), family: name.family.to_uppercase(), ..name.clone() };
        let born = |name: PersonName| Demographics {
            names: vec![name],
            birth_date: "2020-03-05".parse().ok(),
            ..Demographics::default()
        };
        let (one, other) = (born(name), born(upper));
        prop_assert_eq!(kind(&decide_one(&one, &other)), kind(&decide_one(&other, &one)));
    }
}
