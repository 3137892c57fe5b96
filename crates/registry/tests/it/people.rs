//! People: found again, kept apart, brought up to date.

use crate::house::*;

#[test]
fn a_person_is_found_again_by_identifier_and_by_name() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let renamed = Person { given: "Maria Elena", ..MARIA.clone() };
        let by_identifier = house.report("CLINIC", &renamed, &given("110", "20240512", "D2")).await;
        assert_eq!(field(&by_identifier, "MSA", 1), "AA", "{by_identifier}");
        let by_name = Person { mrn: "P-7", family: "GARZA", ..MARIA.clone() };
        let answer = house.report("PHARMACY", &by_name, &given("88", "20251001", "D3")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        let history = house.ask("PHARMACY", "Z34", &MARIA).await;
        assert_eq!(segments(&history, "RXA").len(), 3, "{history}");
    });
}

#[test]
fn a_person_found_by_one_key_alone_has_their_doses() {
    on_each_database(&example(), async |house| {
        let rest = "||12 Live Oak St^^Laredo^TX^78040^USA^H";
        let before = Person { family: "Garza", given: "Ana", rest, ..MARIA.clone() };
        house.report("CLINIC", &before, &given("08", "20240311", "D1")).await;
        // Only the sender's number is left of what people are looked up by.
        let renamed = Person { family: "Villarreal", sex: "X", ..before.clone() };
        let again = house.report("CLINIC", &renamed, &given("08", "20240311", "D1")).await;
        assert_eq!(house.rows("patient"), 1, "{again}");
        assert_eq!(findings(&again), ["IEE-513"], "{again}");
        assert_eq!(house.rows("vaccination_report"), 1, "{again}");
    });
}

#[test]
fn twins_are_two_people() {
    on_each_database(&example(), async |house| {
        let second = Person { mrn: "M-101", given: "Mariana", ..MARIA.clone() };
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("CLINIC", &second, &given("08", "20240311", "D2")).await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(field(&history, "RXA", 15), "LD1", "{history}");
        assert_eq!(segments(&history, "RXA").len(), 1);
        let history = house.ask("CLINIC", "Z34", &second).await;
        assert_eq!(field(&history, "RXA", 15), "LD2", "{history}");
        assert_eq!(segments(&history, "RXA").len(), 1);
        let stranger = Person { given: "Marina", ..MARIA.clone() };
        let list = house.ask("CLINIC", "Z34", &stranger).await;
        assert!(!field(&list, "MSH", 21).starts_with("Z32"), "a likely person is not the person: {list}");
    });
}

#[test]
fn father_and_son_of_one_name_are_two_people() {
    on_each_database(&example(), async |house| {
        let senior = Person { mrn: "S-1", family: "Ochoa", given: "Luis", suffix: "SR", sex: "M", ..MARIA.clone() };
        let junior = Person { mrn: "S-2", suffix: "JR", ..senior.clone() };
        house.report("CLINIC", &senior, &given("08", "20240311", "D1")).await;
        house.report("CLINIC", &junior, &given("08", "20240312", "D2")).await;
        let history = house.ask("CLINIC", "Z34", &junior).await;
        assert_eq!(segments(&history, "RXA").len(), 1, "{history}");
        assert_eq!(field(&history, "RXA", 15), "LD2");
    });
}

#[test]
fn a_person_who_may_be_either_of_two_waits_for_review() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let male = Person { mrn: "M-201", sex: "M", rest: "||9 Elm^^Waco^TX^76701^USA^H", ..MARIA.clone() };
        let doubted = house.report("CLINIC", &male, &given("08", "20240312", "D2")).await;
        assert_eq!(findings(&doubted), ["IEE-200"], "the sex differs: {doubted}");
        assert_eq!(field(&doubted, "MSA", 1), "AE", "a warning is AE");
        let again = house.report("CLINIC", &male, &given("110", "20240512", "D3")).await;
        assert_eq!(findings(&again), ["IEE-200"], "the sender's own pending record goes on: {again}");
        assert_eq!(house.rows("patient"), 2);
    });
}

#[test]
fn an_empty_field_changes_nothing_and_two_quotes_delete() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let silent = Person { rest: "", ..MARIA.clone() };
        house.report("CLINIC", &silent, "").await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert!(field(&history, "PID", 11).contains("Laredo"), "{history}");
        let clearing = Person { rest: "||\"\"", ..MARIA.clone() };
        house.report("CLINIC", &clearing, "").await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(field(&history, "PID", 11), "", "{history}");
        assert!(field(&history, "PID", 10).starts_with("2106-3"), "race was not cleared: {history}");
    });
}

#[test]
fn observations_about_a_person_are_kept_and_given_back() {
    on_each_database(&example(), async |house| {
        let carrier = "ORC|RE||9999^EHR\n\
             RXA|0|1|20250401||998^No vaccine administered^CVX|999||||||||||||||NA\n\
             OBX|1|CE|59784-9^Disease with presumed immunity^LN|1|38907003^Varicella^SCT||||||F|||20250401\n";
        let answer = house.report("CLINIC", &MARIA, carrier).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        let history = house.ask("PHARMACY", "Z34", &MARIA).await;
        assert!(history.contains("38907003"), "{history}");
    });
}

#[test]
fn an_extension_is_no_part_of_a_phone_number() {
    on_each_database(&example(), async |house| {
        for (mrn, given, phone) in [
            ("M-1", "Ana", "(956)555-0142X123^PRN^PH"),
            ("M-2", "Berta", "^PRN^PH^^^956^555-0142 ext. 9"),
            ("M-3", "Carla", "HOME (956)555-0142^PRN^PH"),
            ("M-4", "Dora", "^PRN^PH^^^956^5550142^123"),
        ] {
            let rest = format!("||||{phone}").leak();
            let person = Person { mrn, given, rest, ..MARIA };
            house.report("CLINIC", &person, "").await;
            let answer = house.ask("CLINIC", "Z34", &person).await;
            assert_eq!(field(&answer, "PID", 13), "^PRN^PH^^^956^5550142", "{phone}");
        }
    });
}

#[test]
fn a_race_that_stands_twice_is_one() {
    on_each_database(&example(), async |house| {
        let person = Person { rest: "|2106-3^White^CDCREC~2028-9^Asian^CDCREC~2106-3^White^CDCREC", ..MARIA };
        house.report("CLINIC", &person, "").await;
        let answer = house.ask("CLINIC", "Z34", &person).await;
        assert_eq!(field(&answer, "PID", 10), "2106-3^White^CDCREC~2028-9^Asian^CDCREC", "{answer}");
    });
}

/// PID-29 and PID-30 of somebody at one address.
fn of_death(fields: &str) -> Person {
    let home = "|2106-3^White^CDCREC|12 Live Oak St^^Laredo^TX^78040^USA^H||^PRN^PH^^^956^5550142||||||||||||||||";
    Person { rest: format!("{home}{fields}").leak(), ..MARIA }
}

#[test]
fn a_death_that_was_recorded_by_mistake_is_taken_back_with_the_next_dose() {
    on_each_database(&example(), async |house| {
        for (death, life, control) in [("20250601|Y", "|N", "C1"), ("20250601|Y", "\"\"|\"\"", "C2")] {
            house.report("CLINIC", &of_death(death), &given("08", "20240311", "D1")).await;
            let answer = house.report("CLINIC", &of_death(life), &given("03", "20250711", control)).await;
            assert_eq!((house.rows("patient"), field(&answer, "MSA", 1)), (1, "AA"), "{life}: {answer}");
            let history = house.ask("CLINIC", "Z34", &MARIA).await;
            assert_ne!(field(&history, "PID", 30), "Y", "{life}: {history}");
        }
        // That of another organization is a question for a reviewer: systems send N for everybody.
        house.report("PHARMACY", &of_death("20250801|Y"), "").await;
        let doubted = house.report("CLINIC", &of_death("|N"), &given("21", "20250901", "C3")).await;
        assert_eq!(findings(&doubted), ["IEE-200"], "{doubted}");
    });
}

#[test]
fn a_dose_after_death_can_be_deleted() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20250711", "D1")).await;
        house.report("CLINIC", &of_death("20250601|Y"), "").await;
        let deletion = given("08", "20250711", "D1").replace("|CP|A", "|CP|D");
        let answer = house.report("CLINIC", &of_death("20250601|Y"), &deletion).await;
        assert_eq!(findings(&answer), ["IEE-595"], "{answer}");
        assert_eq!(house.rows("patient"), 1);
    });
}

#[test]
fn what_is_no_code_of_protection_is_told_of_once() {
    on_each_database(&example(), async |house| {
        for (pd1, expected) in [
            ("PD1||||||||||||02^Reminder^HL70215|20240311\n", ["IEE-110"]),
            ("PD1||||||||||||PROTECTED|20240311\n", ["IEE-110"]),
            ("PD1||||||||||||Q|20240311\n", ["IEE-110"]),
        ] {
            let answer = house.report("CLINIC", &Person { pd1, ..MARIA }, "").await;
            assert_eq!(findings(&answer), expected, "{answer}");
        }
    });
}
