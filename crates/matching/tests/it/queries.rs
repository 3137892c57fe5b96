//! Whom a query finds, and how surely.

use bluebonnet_matching::{Grade, Matcher};

use crate::cases::person;

#[test]
fn a_query_is_answered_by_how_surely_it_means_the_person() {
    let matcher = Matcher::default();
    let known = person(
        "Ana Maria|Garza Lopez|2020-03-05|F|MR=A1@C1 SR=ABC123@TXIIS MA=524111222 alias=Ana/Ruiz phone=5125550123",
    );
    for (asked, expected) in [
        ("Ana|Garza Lopez|2020-03-05|F", Some(Grade::High)),
        ("Ana|Garza Lopez|2020-03-05|", Some(Grade::High)),
        ("ANA|GARZA-LÓPEZ|2020-03-05|U", Some(Grade::High)),
        ("Ana|Ruiz|2020-03-05|F", Some(Grade::High)),
        ("||2020-03-05||MR=A1@C1", Some(Grade::High)),
        ("||2020-03-05||SR=ABC123@TXIIS", Some(Grade::High)),
        ("Ana|Garza Lopez|||MR=A1@C1", Some(Grade::High)),
        ("Ana|Garza Lopez|2020-03-15|F|MR=A1@C1", Some(Grade::High)),
        ("Ana|Garza|2020-03-05|F", Some(Grade::Lower)),
        ("Anna|Garza|2020-03-05|F", Some(Grade::Lower)),
        ("A|Garza|2020-03-05|F", Some(Grade::Lower)),
        ("Ana|Garza Lopez|2020-03-05|M", Some(Grade::Lower)),
        ("Ana Isabel|Garza Lopez|2020-03-05|F", Some(Grade::Lower)),
        ("Ana|Garza Lopez|2020-05-03|F", Some(Grade::Lower)),
        ("Ana|Garza Lopez|||", Some(Grade::Lower)),
        ("|Garza Lopez|2020-03-05|F", Some(Grade::Lower)),
        ("||||MR=A1@C1", Some(Grade::Lower)),
        ("Eva|Garza Lopez|2020-03-05|F|MA=524111222", Some(Grade::Lower)),
        ("Eva|Garza Lopez|2020-03-05|F", None),
        ("Ana|Smith|2020-03-05|F", None),
        ("Ana|Garza Lopez|1988-11-30|F", None),
        ("Eva|Smith|1988-11-30|F|MR=A1@C1", None),
        ("||2020-03-05|F", None),
        ("|Garza||", None),
        ("|||", None),
    ] {
        assert_eq!(matcher.grade_for_query(&person(asked), &known), expected, "{asked}");
    }
}

#[test]
fn a_twin_is_not_found_in_place_of_the_other() {
    let matcher = Matcher::default();
    let known = person("Ana|Garza|2020-03-05|F|twin order=1");
    assert_eq!(matcher.grade_for_query(&person("Eva|Garza|2020-03-05|F|twin order=2"), &known), None);
    assert_eq!(matcher.grade_for_query(&person("Ana|Garza|2020-03-05|F|twin order=2"), &known), Some(Grade::Lower));
}

#[test]
fn a_question_has_thresholds_of_its_own() {
    let matcher = Matcher::default();
    for (known, asked, expected) in [
        // A slip in the first name: what else agrees brings the person into the list.
        (
            "Ana|Quintanilla|2020-03-05|F|phone=5125550123",
            "Amna|Quintanila|2020-03-05|F|phone=5125550123",
            Some(Grade::Lower),
        ),
        // A common name and a birth date of which only the year is known say too little to show a history.
        ("Maria|Garcia|1960-01-01|F", "Maria|Garcia|1960-01-01|F", Some(Grade::Lower)),
        ("Zenobia|Quintanilla|1960-01-01|F", "Zenobia|Quintanilla|1960-01-01|F", Some(Grade::High)),
        // With a whole birth date the common name is enough for a question, and never for a merge.
        ("Maria|Garcia|1960-03-05|F", "Maria|Garcia|1960-03-05|F", Some(Grade::High)),
    ] {
        assert_eq!(matcher.grade_for_query(&person(asked), &person(known)), expected, "{asked}");
    }
}
