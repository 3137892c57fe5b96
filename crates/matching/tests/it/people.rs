//! Who is who: each table names a rule, each line is a stated person, known people and what is decided.

use bluebonnet_matching::{Candidate, Matcher, PersonDecision, PersonMatch, PersonNote};
use model::Demographics;

use crate::cases::{candidates, patient, person};

fn decide_person(stated: &Demographics, known: &[Candidate<'_>]) -> PersonMatch {
    Matcher::default().decide_person(stated, None, known)
}

/// `same 1`, `possible 1 2` or `nobody`.
fn decide(stated: &str, known: &[&str]) -> (String, String) {
    let known: Vec<_> = known.iter().map(|line| person(line)).collect();
    let number = |id: &model::PatientId| id.0.as_u128().to_string();
    match decide_person(&person(stated), &candidates(&known)).decision {
        PersonDecision::Same { patient_id, because } => (format!("same {}", number(&patient_id)), because),
        PersonDecision::Possible { candidates, because } => {
            (format!("possible {}", candidates.iter().map(number).collect::<Vec<_>>().join(" ")), because)
        }
        PersonDecision::Nobody { because } => ("nobody".to_owned(), because),
    }
}

/// Each pair is decided alike in both directions.
fn check_pairs(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (one, other, expected) in cases {
        for (one, other) in [(one, other), (other, one)] {
            let (decided, because) = decide(one, &[other]);
            if decided.trim_end_matches(" 1") != *expected {
                wrong.push(format!("{one}  ~  {other}: {decided}, {because}"));
            }
            assert!(!because.is_empty() && !because.contains(char::is_numeric), "{because}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_identifier_counts_when_birth_date_or_name_bears_it_out() {
    check_pairs(&[
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Ana|Garza|2020-03-05|F|MR=a-1@c1", "same"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Anna|Garsa|2020-03-05|F|MR=A1@C1", "same"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Ana|Lopez|2020-03-05|F|MR=A1@C1", "possible"),
        (
            "Ana|Garza|2020-03-05|F|MR=A1@C1 phone=5125550123",
            "Ana|Lopez|2020-03-05|F|MR=A1@C1 phone=5125550123",
            "same",
        ),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Eva|Garza|2020-03-05|F|MR=A1@C1", "possible"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "|Garza|2020-03-05|F|MR=A1@C1", "same"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Ana|Garza|2020-03-15|F|MR=A1@C1", "same"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Ana|Garza|2020-03-05|M|MR=A1@C1", "same"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Ana|Garza|1988-11-30|F|MR=A1@C1", "possible"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Eva|Smith|1988-11-30|F|MR=A1@C1", "nobody"),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Ana|Garza|1988-11-30|F|MR=A1@C2", "nobody"),
        ("Ana|Garza|2020-03-05|F|SS=219-09-9998", "Ana|Garza|2020-03-05|F|SS=219099998", "possible"),
        ("Ana|Garza|2020-03-05|F|SS=219099998", "Anna|Garza|2020-03-05|F|SS=219099998", "possible"),
        ("Ana|Garza|2020-03-05|F|MA=524111222", "Eva|Garza|2020-03-05|F|MA=524111222", "possible"),
        ("Ana|Garza|2020-03-05|F|MA=524111222", "Eva|Garza|2022-11-17|F|MA=524111222", "nobody"),
        ("Ana|Garza|2020-03-05|F|SS=999999999", "Eva|Garza|1988-11-30|F|SS=999999999", "nobody"),
    ]);
}

/// The same facts of both sides make one person where they are at home, and a possible match where nothing else is known.
fn check_at_home(cases: &[(&str, &str, &str, &str)]) {
    let home = |line: &str, fields: usize| {
        let bars = "|".repeat(4usize.saturating_sub(fields));
        format!("{line}{bars} address=12_Elm_St/Waco/76701 phone=2545550123")
    };
    for (one, other, alone, at_home) in cases {
        check_pairs(&[(one, other, alone)]);
        let (one, other) = (home(one, one.matches('|').count()), home(other, other.matches('|').count()));
        check_pairs(&[(&one, &other, at_home)]);
    }
}

#[test]
fn name_and_birth_date_make_one_person_when_something_bears_them_out() {
    check_at_home(&[
        ("Ana|Garza|2020-03-05|F", "ANA|GARZA|2020-03-05|F", "possible", "same"),
        ("José|Peña|2020-03-05|M", "Jose|Pena|2020-03-05|M", "possible", "same"),
        ("Ana|O'Brien|2020-03-05|F", "Ana|OBRIEN|2020-03-05|F", "possible", "same"),
        ("Jean-Luc|Smith|2020-03-05|M", "Jeanluc|Smith|2020-03-05|M", "possible", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Mariaelena|Garza|2020-03-05|F", "possible", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Maria E|Garza|2020-03-05|F", "possible", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Maria|Garza|2020-03-05|F", "possible", "same"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|U", "possible", "same"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|", "possible", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Maria Isabel|Garza|2020-03-05|F", "possible", "possible"),
        ("Alex|Garza|2020-03-05|F", "Alex|Garza|2020-03-05|M", "possible", "possible"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-06|F", "nobody", "possible"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-05-03|F", "nobody", "possible"),
        ("Robert|Garza|2020-03-05|M", "Bobby|Garza|2020-03-05|M", "possible", "possible"),
        ("Sara|Garza|2020-03-05|F", "Sarah|Garza|2020-03-05|F", "possible", "possible"),
        ("Elena|Garza|2020-03-05|F", "Maria Elena|Garza|2020-03-05|F", "possible", "possible"),
        ("Garza|Ana|2020-03-05|F", "Ana|Garza|2020-03-05|F", "possible", "possible"),
        ("A|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F", "nobody", "possible"),
        ("Ana|Gonzales|2020-03-05|F", "Ana|Gonzalez|2020-03-05|F", "possible", "possible"),
        ("Ana|Garza|2020-03-05|F", "Eva|Garza|2020-03-05|F", "nobody", "nobody"),
        ("Ana|Garza||F", "Ana|Garza||F", "nobody", "possible"),
    ]);
}

#[test]
fn a_slip_is_outweighed_under_the_other_policy() {
    let matcher = Matcher::builtin(bluebonnet_matching::Policy::Weighed);
    let facts = "address=12_Elm_St/Waco/76701 phone=2545550123 mother=Eva/Ruiz";
    for (one, other, expected) in [
        ("Ana Luisa|Garza|2020-03-05|F", "Ana Luisa|Garza|2020-03-06|F", true),
        ("Sara Luisa|Garza|2020-03-05|F", "Sarah Luisa|Garza|2020-03-05|F", true),
        ("Ana|Garza Lopez|2020-03-05|F", "Ana|Garza|2020-03-05|F", true),
        ("Sara|Garza|2020-03-05|F", "Sarah|Garza|2020-03-05|F", false),
        ("Ana Luisa|Garza|2020-03-05|F", "Ana Maria|Garza|2020-03-05|F", false),
        ("Ana|Garza, Jr|2020-03-05|F", "Ana|Garza, Sr|2020-03-05|F", false),
    ] {
        let explanation = matcher.explain(&person(&format!("{one}|{facts}")), &person(&format!("{other}|{facts}")));
        let is_match = explanation.outcome == bluebonnet_matching::Outcome::Match;
        assert_eq!(is_match, expected, "{one} ~ {other}: {explanation:?}");
    }
}

#[test]
fn a_compound_surname_agrees_with_its_parts_for_a_reviewer() {
    check_at_home(&[
        ("Ana|Garza Lopez|2020-03-05|F", "Ana|Garza-Lopez|2020-03-05|F", "possible", "same"),
        ("Ana|De La Cruz|2020-03-05|F", "Ana|Delacruz|2020-03-05|F", "possible", "same"),
        ("Ana|Mc Donald|2020-03-05|F", "Ana|McDonald|2020-03-05|F", "possible", "same"),
        ("Ana|Garza Lopez|2020-03-05|F", "Ana|Garza|2020-03-05|F", "possible", "possible"),
        ("Ana|Garza Lopez|2020-03-05|F", "Ana|Lopez|2020-03-05|F", "possible", "possible"),
        ("Ana|de la Cruz Garza|2020-03-05|F", "Ana|Cruz|2020-03-05|F", "possible", "possible"),
        ("Ana|de la Garza|2020-03-05|F", "Ana|de la Cruz|2020-03-05|F", "nobody", "possible"),
        ("Ana|Garza Lopez|2020-03-05|F|MR=A1@C1", "Ana|Garza|2020-03-05|F|MR=A1@C1", "same", "same"),
    ]);
}

#[test]
fn every_name_ever_seen_counts() {
    let phone = "phone=5125550123";
    for (one, other, expected) in [
        ("Ana|Lopez|2020-03-05|F|", "Ana|Garza|2020-03-05|F|alias=Ana/Lopez", "same"),
        ("Ana|Lopez|2020-03-05|F|alias=Ana/Garza", "Ana|Garza|2020-03-05|F|", "same"),
        ("Bob|Garza|2020-03-05|M|", "Robert|Garza|2020-03-05|M|alias=Bob/Garza", "same"),
        ("Ana|Lopez|2020-03-05|F|", "Ana|Garza|2020-03-05|F|", "possible"),
    ] {
        check_pairs(&[(&format!("{one} {phone}"), &format!("{other} {phone}"), expected)]);
    }
    check_pairs(&[("Ana|Lopez|2020-03-05|F", "Ana|Garza|2020-03-05|F", "nobody")]);
}

#[test]
fn suffixes_that_differ_never_match() {
    check_at_home(&[
        ("Juan|Garza, Jr|2020-03-05|M", "Juan|Garza, Sr|2020-03-05|M", "nobody", "possible"),
        ("Juan|Garza Jr|2020-03-05|M", "Juan|Garza, III|2020-03-05|M", "nobody", "possible"),
        ("Juan|Garza, Jr|2020-03-05|M|MR=A1@C1", "Juan|Garza, Sr|2020-03-05|M|MR=A1@C1", "possible", "possible"),
        ("Juan|Garza, Jr|2020-03-05|M", "Juan|Garza, Sr|1990-11-17|M", "nobody", "nobody"),
        ("Juan|Garza, Jr.|2020-03-05|M", "Juan|Garza JR|2020-03-05|M", "possible", "same"),
        ("Juan|Garza, Jr|2020-03-05|M", "Juan|Garza|2020-03-05|M", "possible", "same"),
        ("Juan|Garza, MD|1980-03-05|M", "Juan|Garza, Jr|1980-03-05|M", "possible", "same"),
    ]);
}

#[test]
fn nobody_is_vaccinated_after_death() {
    let facts = "Ana|Garza|2020-03-05|F|MR=A1@C1";
    let mut known = [person(facts)];
    known[0].death_date = "2024-06-01".parse().ok();
    for (day, expected) in [("2024-05-31", true), ("2024-06-02", false)] {
        let decision = Matcher::default().decide_person(&person(facts), day.parse().ok(), &candidates(&known)).decision;
        assert_eq!(matches!(decision, PersonDecision::Same { .. }), expected, "{day}");
    }
}

#[test]
fn twins_are_never_merged() {
    let home = "address=12_Elm_St/Waco/76701 phone=2545550123 mother=Eva/Ruiz";
    let line = |start: &str, facts: &str| format!("{start}|2020-03-05|F|{home} {facts}");
    for (one, other, expected) in [
        (line("Ana|Garza", ""), line("Eva|Garza", ""), "nobody"),
        (line("Ana|Garza", "twin order=1"), line("Eva|Garza", "twin order=2"), "nobody"),
        (line("Ana|Garza", "MR=A1@C1"), line("Eva|Garza", "MR=A1@C1"), "possible"),
        (line("Ana|Garza", "MA=524111222"), line("Eva|Garza", "MA=524111222"), "possible"),
        (line("Avalon|Garza", ""), line("Avalin|Garza", ""), "possible"),
        (line("Ana|Garza", "twin order=1"), line("Ana|Garza", "twin order=2"), "possible"),
        (line("Ana|Garza", "MR=A1@C1 order=1"), line("Ana|Garza", "MR=A1@C1 order=2"), "possible"),
        (line("Twin_A|Garza", ""), line("Twin_B|Garza", ""), "nobody"),
        (line("Twin_A|Garza", "MA=524111222"), line("Twin_B|Garza", "MA=524111222"), "possible"),
        (line("Ana|Garza", "twin order=2"), line("Ana|Garza", "twin order=2"), "same"),
        (line("Ana|Garza", "twin order=2"), line("Ana|Garza", ""), "same"),
    ] {
        check_pairs(&[(&one, &other, expected)]);
    }
}

#[test]
fn a_placeholder_for_a_name_neither_agrees_nor_conflicts() {
    check_pairs(&[
        ("Baby_Boy|Garza|2020-03-05|M|MR=A1@C1", "Juan|Garza|2020-03-05|M|MR=A1@C1", "same"),
        ("BabyBoy|Garza|2020-03-05|M|mother=Eva/Ruiz", "Juan|Garza|2020-03-05|M|mother=Eva/Ruiz", "possible"),
        ("Newborn|Garza|2020-03-05|M", "Juan|Garza|2020-03-05|M", "nobody"),
        ("Baby|Garza|2020-03-05|M", "Baby|Garza|2020-03-05|M", "nobody"),
        ("Baby|Garza|2020-03-05|M|MR=A1@C1", "Juan|Smith|1980-01-01|M|MR=A1@C1", "nobody"),
    ]);
}

#[test]
fn of_several_the_one_for_whom_more_speaks_is_chosen() {
    for (stated, known, expected) in [
        ("Ana|Garza|2020-03-05|F", vec!["Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F"], "possible 1 2"),
        (
            "Ana|Garza|2020-03-05|F|MR=A1@C1",
            vec!["Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F|MR=A1@C1"],
            "same 2",
        ),
        (
            "Ana|Garza|2020-03-05|F|phone=5125550123",
            vec!["Ana|Garza|2020-03-05|F|phone=5125550199", "Ana|Garza|2020-03-05|F|phone=5125550123"],
            "same 2",
        ),
        ("Ana|Garza|2020-03-05|F", vec!["Anna|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F"], "possible 1 2"),
        ("Ana|Garza|2020-03-05|F", vec!["Anna|Garza|2020-03-05|F", "Ana|Garsa|2020-03-05|F"], "possible 1 2"),
        ("Ana|Garza|2020-03-05|F", vec![], "nobody"),
    ] {
        assert_eq!(decide(stated, &known).0, expected, "{stated} among {known:?}");
    }
}

#[test]
fn the_registrys_own_number_is_an_identifier() {
    let stated = person(&format!("Ana|Garza|2020-03-15|F|SR={}@TXIIS", patient(1).number()));
    let known = [person("Ana|Garza|2020-03-05|F")];
    let decision = decide_person(&stated, &candidates(&known)).decision;
    assert_eq!(
        decision,
        PersonDecision::Same { patient_id: patient(1), because: "same registry number and name".into() }
    );
}

#[test]
fn an_identifier_of_somebody_else_is_told() {
    let stated = person("Ana|Garza|2020-03-05|F|MR=A1@C1 SS=219099998");
    let known = [person("Eva|Smith|1988-11-30|F|SS=219099998"), person("Ana|Garza|2020-03-05|F|MR=A1@C1")];
    let matched = decide_person(&stated, &candidates(&known));
    assert!(matches!(matched.decision, PersonDecision::Same { patient_id, .. } if patient_id == patient(2)));
    assert_eq!(matched.notes, [PersonNote::IdentifierSharedWithOthers { identifier: 1, patient_id: patient(1) }]);
}

#[test]
fn reasons_say_what_agrees_and_what_does_not() {
    for (one, other, expected) in [
        (
            "Ana|Garza|2020-03-05|F|MR=A1@C1",
            "Ana|Lopez|2020-03-05|F|MR=A1@C1",
            "same medical record number, first name and birth date, but another surname",
        ),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F", "same name and birth date, and nothing more"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|M", "same name and birth date, but another sex"),
        (
            "Ana|Garza|2020-03-05|F",
            "Ana|Garza Lopez|2020-03-05|F",
            "same first name and birth date, but a surname that agrees in part",
        ),
    ] {
        assert_eq!(decide(one, &[other]).1, expected);
    }
    let two = ["Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F"];
    assert_eq!(decide(two[0], &two).1, "2 people have the same name and birth date");
}
