//! Who is who: each table names a rule, each line is a stated person, known people and what is decided.

use bluebonnet_matching::{PersonDecision, PersonNote, decide_person};

use crate::cases::{candidates, patient, person};

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
    for (one, other, expected) in cases {
        let (decided, because) = decide(one, &[other]);
        assert_eq!(decided.trim_end_matches(" 1"), *expected, "{one}  ~  {other}: {because}");
        let (decided, because) = decide(other, &[one]);
        assert_eq!(decided.trim_end_matches(" 1"), *expected, "{other}  ~  {one}: {because}");
        assert!(!because.is_empty() && !because.contains(char::is_numeric), "{because}");
    }
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
        ("Ana|Garza|2020-03-05|F|SS=219-09-9998", "Ana|Garza|2020-03-05|F|SS=219099998", "same"),
        ("Ana|Garza|2020-03-05|F|SS=219099998", "Anna|Garza|2020-03-05|F|SS=219099998", "possible"),
        ("Ana|Garza|2020-03-05|F|MA=524111222", "Eva|Garza|2020-03-05|F|MA=524111222", "possible"),
        ("Ana|Garza|2020-03-05|F|MA=524111222", "Eva|Garza|2022-11-17|F|MA=524111222", "nobody"),
        ("Ana|Garza|2020-03-05|F|SS=999999999", "Eva|Garza|1988-11-30|F|SS=999999999", "nobody"),
    ]);
}

#[test]
fn name_birth_date_and_sex_make_one_person() {
    check_pairs(&[
        ("Ana|Garza|2020-03-05|F", "ANA|GARZA|2020-03-05|F", "same"),
        ("José|Peña|2020-03-05|M", "Jose|Pena|2020-03-05|M", "same"),
        ("Ana|O'Brien|2020-03-05|F", "Ana|OBRIEN|2020-03-05|F", "same"),
        ("Jean-Luc|Smith|2020-03-05|M", "Jeanluc|Smith|2020-03-05|M", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Mariaelena|Garza|2020-03-05|F", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Maria E|Garza|2020-03-05|F", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Maria|Garza|2020-03-05|F", "same"),
        ("Maria Elena|Garza|2020-03-05|F", "Maria Isabel|Garza|2020-03-05|F", "possible"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|U", "same"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|", "same"),
        ("Alex|Garza|2020-03-05|F", "Alex|Garza|2020-03-05|M", "possible"),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-06|F", "nobody"),
        ("Ana|Garza|2020-03-05|F|phone=5125550123", "Ana|Garza|2020-05-03|F|phone=(512)555-0123", "possible"),
        ("Ana|Garza|2020-03-05|F", "Eva|Garza|2020-03-05|F", "nobody"),
        ("Sara|Garza|2020-03-05|F", "Sarah|Garza|2020-03-05|F", "possible"),
        ("A|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F", "possible"),
        ("Elena|Garza|2020-03-05|F", "Maria Elena|Garza|2020-03-05|F", "possible"),
        ("Ana|Gonzales|2020-03-05|F", "Ana|Gonzalez|2020-03-05|F", "possible"),
        ("Ana|Garza|2020-03-05|F|mother=Eva/Ruiz", "Ana|Garza|2020-03-05|F|mother=Rosa/Luna", "possible"),
        ("Ana|Garza|2020-03-05|F|SS=219099998", "Ana|Garza|2020-03-05|F|SS=219099997", "possible"),
        ("Ana|Garza||F", "Ana|Garza||F", "nobody"),
    ]);
}

#[test]
fn a_compound_surname_agrees_with_its_parts_when_more_bears_it_out() {
    check_pairs(&[
        ("Ana|Garza Lopez|2020-03-05|F", "Ana|Garza-Lopez|2020-03-05|F", "same"),
        ("Ana|De La Cruz|2020-03-05|F", "Ana|Delacruz|2020-03-05|F", "same"),
        ("Ana|Mc Donald|2020-03-05|F", "Ana|McDonald|2020-03-05|F", "same"),
        ("Ana|Garza Lopez|2020-03-05|F", "Ana|Garza|2020-03-05|F", "possible"),
        ("Ana|Garza Lopez|2020-03-05|F", "Ana|Lopez|2020-03-05|F", "possible"),
        ("Ana|de la Cruz Garza|2020-03-05|F", "Ana|Cruz|2020-03-05|F", "possible"),
        ("Ana|de la Garza|2020-03-05|F", "Ana|de la Cruz|2020-03-05|F", "nobody"),
        ("Ana|Garza Lopez|2020-03-05|F|phone=5125550123", "Ana|Garza|2020-03-05|F|phone=512-555-0123", "same"),
        ("Ana|Garza Lopez|2020-03-05|F|mother=Eva/Lopez", "Ana|Garza|2020-03-05|F|mother=Eva/Lopez", "same"),
        (
            "Ana|Garza Lopez|2020-03-05|F|address=12_Elm_St/Waco/76701",
            "Ana|Garza|2020-03-05|F|address=12_ELM_STREET/WACO/76701-1234",
            "same",
        ),
        ("Ana|Garza Lopez|2020-03-05|F|MR=A1@C1", "Ana|Garza|2020-03-05|F|MR=A1@C1", "same"),
    ]);
}

#[test]
fn every_name_ever_seen_counts() {
    check_pairs(&[
        ("Ana|Lopez|2020-03-05|F", "Ana|Garza|2020-03-05|F|alias=Ana/Lopez", "same"),
        ("Ana|Lopez|2020-03-05|F|alias=Ana/Garza", "Ana|Garza|2020-03-05|F", "same"),
        ("Ana|Lopez|2020-03-05|F", "Ana|Garza|2020-03-05|F", "nobody"),
        ("Ana|Lopez|2020-03-05|F|phone=5125550123", "Ana|Garza|2020-03-05|F|phone=5125550123", "possible"),
        ("Bob|Garza|2020-03-05|M", "Robert|Garza|2020-03-05|M|alias=Bob/Garza", "same"),
    ]);
}

#[test]
fn suffixes_that_differ_never_match() {
    check_pairs(&[
        ("Juan|Garza, Jr|2020-03-05|M", "Juan|Garza, Sr|2020-03-05|M", "possible"),
        ("Juan|Garza Jr|2020-03-05|M", "Juan|Garza, III|2020-03-05|M", "possible"),
        ("Juan|Garza, Jr|2020-03-05|M|MR=A1@C1", "Juan|Garza, Sr|2020-03-05|M|MR=A1@C1", "possible"),
        ("Juan|Garza, Jr|2020-03-05|M", "Juan|Garza, Sr|1990-11-17|M", "nobody"),
        ("Juan|Garza, Jr.|2020-03-05|M", "Juan|Garza JR|2020-03-05|M", "same"),
        ("Juan|Garza, Jr|2020-03-05|M", "Juan|Garza|2020-03-05|M", "same"),
        ("Juan|Garza, MD|1980-03-05|M", "Juan|Garza, Jr|1980-03-05|M", "same"),
    ]);
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
        ("Ana|Garza|2020-03-05|F", vec!["Anna|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F"], "same 2"),
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
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-03-05|F", "same name and birth date"),
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
