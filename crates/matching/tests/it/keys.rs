//! Match keys: who finds whom, and that they never change.

use bluebonnet_matching::{lookup_keys, match_keys};

use crate::cases::{patient, person};

fn share_a_key(one: &str, other: &str) -> bool {
    let keys = match_keys(&person(one), None);
    match_keys(&person(other), None).iter().any(|key| keys.contains(key))
}

fn finds(stated: &str, known: &str) -> bool {
    let keys = lookup_keys(&person(stated));
    match_keys(&person(known), None).iter().any(|key| keys.contains(key))
}

#[test]
fn people_who_may_be_one_share_a_key() {
    for (one, other, expected) in [
        ("Ana|Garza|2020-03-05|F", "ANA|garza|2020-03-05|", true),
        ("Ana|Garza|2020-03-05|F", "Baby_Girl|Garza|2020-03-05|", true),
        ("Ana|Garza Lopez|2020-03-05|F", "Eva|Lopez|2020-03-05|", true),
        ("Ana|Gonzales|2020-03-05|F", "Ana|González|2020-03-05|", true),
        ("Ana|de la Cruz|2020-03-05|F", "Ana|Delacruz|2020-05-03|", true),
        ("Ana|Garza|2020-03-05|F|alias=Ana/Ruiz", "Eva|Ruiz|2020-03-05|", true),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|2020-11-30|", true),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Eva|Smith|1988-11-30||MR=a-1@c1", true),
        ("Ana|Garza|2020-03-05|F|SS=219099998@SSA", "Eva|Smith|1988-11-30||SS=219-09-9998@USA", true),
        ("Ana|Garza|2020-03-05|F|SS=999999999", "Eva|Smith|1988-11-30||SS=999999999", false),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1", "Eva|Smith|1988-11-30||MR=A1@C2", false),
        ("Ana|Garza|2020-03-05|F", "Ana|Lopez|2020-03-05|F", true),
        ("Ana|Garza|2020-03-05|F|phone=5125550123", "Ana|Ruiz|1988-03-05||phone=512-555-0123", true),
        ("Ana|Garza|2020-03-05|F", "Ana|Garza|1988-03-05|", false),
        ("Unknown|Unknown|2020-03-05|F", "Unknown|Unknown|2020-03-05|", false),
        ("Ana|Garza||F", "Ana|Garza||", false),
    ] {
        assert_eq!(share_a_key(one, other), expected, "{one}  ~  {other}");
    }
}

#[test]
fn the_likeliest_slips_are_looked_up_too() {
    assert!(finds("Anna|Garza|2020-03-05|F", "Ana|Garza|2020-05-03|F"));
    assert!(finds("Garza|Ana|2020-03-05|F", "Ana|Garza|2020-03-05|F"));
    assert!(!finds("Anna|Garza|2020-03-15|F", "Ana|Garza|2020-05-03|F"));
}

#[test]
fn whose_sex_is_not_stated_is_looked_up_under_every_sex() {
    for (stated, known, expected) in [
        ("Ana|Smith|2020-03-05|", "Ana|Garza|2020-03-05|F", true),
        ("Ana|Smith|2020-03-05|U", "Ana|Garza|2020-03-05|M", true),
        ("Ana||2020-03-05|", "Ana|Garza|2020-03-05|X", true),
        ("Ana|Smith|2020-03-05|", "Ana|Garza|2020-03-05|", true),
        ("Ana|Smith|2020-03-05|M", "Ana|Garza|2020-03-05|F", false),
        ("Eva|Smith|2020-03-05|", "Ana|Garza|2020-03-05|F", false),
    ] {
        assert_eq!(finds(stated, known), expected, "{stated}  finds  {known}");
    }
}

#[test]
fn our_own_number_finds_its_person() {
    let number = patient(7).number();
    let stored = match_keys(&person("Ana|Garza|2020-03-05|F"), Some(&number));
    let asked = match_keys(&person(&format!("||||SR={}@TXIIS", number.to_lowercase())), None);
    assert_eq!(asked.len(), 1);
    assert!(stored.contains(&asked[0]));
}

#[test]
fn a_person_has_a_handful_of_keys() {
    let number = patient(7).number();
    for (line, expected) in [
        ("Ana Maria|Garza|2020-03-05|F|MR=A1@C1", 5),
        ("Ana Maria|Garza Lopez|2020-03-05|F|MR=A1@C1", 6),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1 alias=Ana/Garza", 5),
        ("Ana|Garza|2020-03-05|F|MR=A1@C1 phone=5125550123", 6),
        ("Ana|Garza||F|MR=0@C1", 1),
    ] {
        assert_eq!(match_keys(&person(line), Some(&number)).len(), expected, "{line}");
    }
}

#[test]
fn keys_are_the_same_for_ever() {
    // Stored in every registry: a change here needs a new version and all keys made again.
    let keys = match_keys(&person("Ana|Garza Lopez|2020-03-05|F|MR=A1@C1 SS=219-09-9998@SSA"), Some("ABC123DEF456"));
    assert_eq!(
        keys,
        [
            -1139175593382661995,
            -556678800336104960,
            813108862744907838,
            1290621178804221201,
            8245178540057092508,
            8612710584118500466,
            9053833240548358782
        ]
    );
}
