//! Doses: counted once, owned by who reported them, corrected and deleted by their owner.

use crate::house::*;

#[test]
fn a_dose_sent_in_is_given_back() {
    on_each_database(&example(), async |house| {
        let answer = house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        let history = house.ask("PHARMACY", "Z34", &MARIA).await;
        assert_eq!(field(&history, "MSH", 21).split('^').next(), Some("Z32"), "{history}");
        assert_eq!(field(&history, "QAK", 2), "OK");
        assert!(field(&history, "RXA", 5).starts_with("08^"), "{history}");
        assert_eq!(field(&history, "RXA", 15), "LD1");
    });
}

#[test]
fn a_second_report_of_the_same_dose_is_not_counted_twice() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let again = house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        assert_eq!(field(&again, "MSA", 1), "AA", "a known dose is an information, not an error: {again}");
        assert_eq!(findings(&again), ["IEE-513"]);
        let told = house.report("PHARMACY", &MARIA, &told("45", "20240311", "P9")).await;
        assert_eq!(findings(&told), ["IEE-513"], "{told}");
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(segments(&history, "RXA").len(), 1, "{history}");
        assert!(field(&history, "RXA", 5).starts_with("08^"), "the given and specific one is shown: {history}");
    });
}

#[test]
fn a_correction_replaces_what_its_owner_said() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let corrected = given("08", "20240312", "D1").replace("|CP|A", "|CP|U").replace("LD1", "NEWLOT");
        let answer = house.report("CLINIC", &MARIA, &corrected).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        assert_eq!(findings(&answer), ["IEE-514"], "it is said that the report was changed: {answer}");
        let again = house.report("CLINIC", &MARIA, &corrected).await;
        assert_eq!(findings(&again), ["IEE-513"], "nothing is left to change: {again}");
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(segments(&history, "RXA").len(), 1, "{history}");
        assert!(field(&history, "RXA", 3).starts_with("20240312"));
        assert_eq!(field(&history, "RXA", 15), "NEWLOT");
    });
}

#[test]
fn who_sends_two_vaccines_of_one_id_is_told_which_was_replaced() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("03", "20240311", "V7")).await;
        let answer = house.report("CLINIC", &MARIA, &given("21", "20240311", "V7")).await;
        assert_eq!(findings(&answer), ["IEE-145"], "{answer}");
        assert!(answer.contains("CVX 03 on 2024-03-11"), "{answer}");
        let update = given("94", "20240311", "V7").replace("|CP|A", "|CP|U");
        let answer = house.report("CLINIC", &MARIA, &update).await;
        assert_eq!(findings(&answer), ["IEE-514"], "of the group, and an update: {answer}");
        let update = given("08", "20240311", "V7").replace("|CP|A", "|CP|U");
        let answer = house.report("CLINIC", &MARIA, &update).await;
        assert_eq!(findings(&answer), ["IEE-514"], "who says that it is a correction means it: {answer}");
    });
}

#[test]
fn a_correction_of_an_unknown_dose_is_a_new_dose_and_said_so() {
    on_each_database(&example(), async |house| {
        let correction = given("08", "20240312", "D9").replace("|CP|A", "|CP|U");
        let answer = house.report("CLINIC", &MARIA, &correction).await;
        assert_eq!(findings(&answer), ["IEE-598"], "{answer}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 1);
    });
}

#[test]
fn only_its_owner_can_delete_a_dose() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let deletion = given("08", "20240311", "D1").replace("|CP|A", "|CP|D");
        let refused = house.report("PHARMACY", &MARIA, &deletion).await;
        assert_eq!(findings(&refused), ["IEE-596"], "{refused}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 1);
        let deleted = house.report("CLINIC", &MARIA, &deletion).await;
        assert_eq!(findings(&deleted), ["IEE-595"], "{deleted}");
        assert_eq!(field(&deleted, "MSA", 1), "AA");
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(field(&history, "QAK", 2), "OK");
        assert!(!history.contains("LD1"), "{history}");
        let nothing = house.report("CLINIC", &MARIA, &deletion).await;
        assert_eq!(findings(&nothing), ["IEE-594"], "{nothing}");
    });
}

#[test]
fn a_dose_that_stands_twice_in_a_message_is_stored_once() {
    on_each_database(&example(), async |house| {
        let twice = given("08", "20240311", "D1") + &given("08", "20240311", "D1");
        let answer = house.report("CLINIC", &MARIA, &twice).await;
        assert_eq!(findings(&answer), ["IEE-512"], "{answer}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 1);
    });
}

#[test]
fn an_impossible_dose_is_dropped_and_its_neighbor_kept() {
    on_each_database(&example(), async |house| {
        let doses = given("08", "20240301", "D1")
            + &given("08", "20990101", "D2").replace("20270101", "21000101")
            + &given("110", "20240515", "D3");
        let answer = house.report("CLINIC", &MARIA, &doses).await;
        assert_eq!(field(&answer, "MSA", 1), "AE");
        assert_eq!(findings(&answer), ["IMR-125", "IMR-124"], "{answer}");
        assert_eq!(field(&answer, "ERR", 2), "RXA^1^3");
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(segments(&history, "RXA").len(), 1, "{history}");
    });
}

#[test]
fn a_message_whose_doses_are_all_impossible_is_refused() {
    on_each_database(&example(), async |house| {
        let answer = house.report("CLINIC", &MARIA, &given("08", "20990101", "D1")).await;
        assert_eq!(field(&answer, "MSA", 1), "AE");
        assert!(findings(&answer).contains(&"MER-105"), "{answer}");
        assert_eq!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "QAK", 2), "NF");
    });
}

#[test]
fn a_refusal_is_kept_and_is_no_dose() {
    on_each_database(&example(), async |house| {
        let refusal = "ORC|RE||9999^EHR\n\
             RXA|0|1|20250401||03^MMR^CVX|999||||||||||||00^Parental decision^NIP002||RE|A\n";
        let answer = house.report("CLINIC", &MARIA, refusal).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        let dose = house.report("CLINIC", &MARIA, &given("03", "20250401", "D7")).await;
        assert_eq!(field(&dose, "MSA", 1), "AA", "{dose}");
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        let completions: Vec<&str> =
            segments(&history, "RXA").iter().filter_map(|segment| segment.split('|').nth(20)).collect();
        assert_eq!(completions.len(), 2, "a refusal and a dose of one day are two things: {history}");
        assert!(completions.contains(&"RE") && completions.contains(&"CP"));
    });
}

#[test]
fn a_partial_dose_and_one_not_given_are_kept_as_what_they_are() {
    on_each_database(&example(), async |house| {
        let partial = given("03", "20250401", "D1").replace("|CP|A", "|PA|A");
        let withheld = "ORC|RE||9999^EHR\nRXA|0|1|20250402||21^varicella^CVX|999||||||||||||||NA|A\n";
        for segments in [partial.as_str(), withheld] {
            let answer = house.report("CLINIC", &MARIA, segments).await;
            assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        }
        let history = house.ask("PHARMACY", "Z34", &MARIA).await;
        let shown: Vec<(&str, &str)> = segments(&history, "RXA")
            .into_iter()
            .map(|segment| segment.split('|').collect::<Vec<_>>())
            .map(|fields| (fields[5].split('^').next().unwrap_or_default(), fields[20]))
            .collect();
        assert_eq!(shown, [("03", "PA"), ("21", "NA")], "{history}");
    });
}

#[test]
fn a_dose_of_an_unknown_vaccine_is_a_dose_of_its_own() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let unknown = house.report("PHARMACY", &MARIA, &told("999", "20240311", "P1")).await;
        assert_eq!(field(&unknown, "MSA", 1), "AA", "{unknown}");
        let again = house.report("PHARMACY", &MARIA, &told("999", "20240311", "P1")).await;
        assert_eq!(findings(&again), ["IEE-513"], "{again}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 2);
    });
}

#[test]
fn doses_of_a_visit_that_share_one_id_are_all_kept() {
    on_each_database(&example(), async |house| {
        let visit = given("10", "20250801", "V1") + &given("03", "20250801", "V1") + &given("21", "20250801", "V1");
        for times in 1..=2 {
            let answer = house.report("CLINIC", &MARIA, &visit).await;
            assert!(!findings(&answer).contains(&"IEE-512"), "{answer}");
            assert_eq!(house.rows("vaccination_report"), 3, "sent {times} times");
        }
        let twice = given("83", "20250901", "V2") + &given("83", "20250901", "V2").replace("LV2", "LATER");
        let answer = house.report("CLINIC", &MARIA, &twice).await;
        assert_eq!(findings(&answer), ["IEE-512"], "{answer}");
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert_eq!(segments(&history, "RXA").len(), 4, "{history}");
        assert!(history.contains("|LATER|"), "what was said last holds: {history}");

        let elsewhere = given("83", "20250101", "V1").replace("|CP|A", "|CP|D");
        let answer = house.report("CLINIC", &MARIA, &elsewhere).await;
        assert_eq!(findings(&answer), ["IEE-594"], "no dose of that day or vaccine has the id: {answer}");
        let deletion = given("03", "20250801", "V1").replace("|CP|A", "|CP|D");
        let answer = house.report("CLINIC", &MARIA, &deletion).await;
        assert!(answer.contains("CVX 03 on 2025-08-01"), "{answer}");
        assert_eq!(segments(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA").len(), 3);
    });
}

#[test]
fn a_dose_of_a_visit_takes_no_other_of_it() {
    on_each_database(&example(), async |house| {
        let of_visit = |cvx: &str| given(cvx, "20250801", "V1");
        let shown = async || {
            let history = house.ask("CLINIC", "Z34", &MARIA).await;
            let codes = segments(&history, "RXA").into_iter().filter_map(|dose| dose.split('|').nth(5));
            let mut codes: Vec<String> = codes.map(|code| code.split('^').next().unwrap_or_default().into()).collect();
            codes.sort_unstable();
            codes.join(" ")
        };
        house.report("CLINIC", &MARIA, &(of_visit("10") + &of_visit("03"))).await;
        house.report("CLINIC", &MARIA, &of_visit("21")).await;
        assert_eq!(shown().await, "03 10 21", "a dose that came later");
        let with_another = of_visit("83") + &of_visit("21") + &of_visit("10") + &of_visit("03");
        let answer = house.report("CLINIC", &MARIA, &with_another).await;
        assert_eq!(findings(&answer), ["IEE-513"; 3], "nothing said of the others has changed: {answer}");
        assert_eq!(shown().await, "03 10 21 83");

        let deletion = |cvx: &str| of_visit(cvx).replace("|CP|A", "|CP|D");
        for times in 1..=3 {
            let answer = house.report("CLINIC", &MARIA, &deletion("03")).await;
            assert_eq!(findings(&answer), [if times == 1 { "IEE-595" } else { "IEE-594" }], "{answer}");
            assert_eq!(shown().await, "10 21 83", "sent {times} times");
        }
        house.report("CLINIC", &MARIA, &deletion("20")).await;
        assert_eq!(shown().await, "10 21 83", "a dose that was never known");
        for _ in 1..=2 {
            house.report("CLINIC", &MARIA, &(deletion("83") + &of_visit("52"))).await;
            assert_eq!(shown().await, "10 21 52", "one dose in the place of another");
        }
    });
}

#[test]
fn what_an_update_leaves_empty_changes_nothing() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let refusal =
            "ORC|RE||R1^EHR\nRXA|0|1|20240401||83^HepA^CVX|999||||||||||||00^Parental decision^NIP002||RE|A\n";
        house.report("CLINIC", &MARIA, refusal).await;
        let update = "ORC|RE||D1^EHR\nRXA|0|1|20240311||08^HepB^CVX|0.5|mL^mL^UCUM|||||||LNEW|||||CP|U\n\
                      ORC|RE||R1^EHR\nRXA|0|1|20240401||83^HepA^CVX|999|||||||||||||||U\n";
        house.report("CLINIC", &MARIA, update).await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        let of = |code: &str| *segments(&history, "RXA").iter().find(|dose| dose.contains(code)).expect("it is there");
        assert_eq!(of("|08^").split('|').nth(9).map(|source| &source[..2]), Some("00"), "{history}");
        assert_eq!(of("|83^").split('|').nth(20), Some("RE"), "{history}");

        let unnumbered = |segments: &str| segments.replace("R1^EHR", "").replace("20240401", "20240501");
        house.report("CLINIC", &MARIA, &unnumbered(refusal)).await;
        let rows = house.rows("vaccination_report");
        house.report("CLINIC", &MARIA, "ORC|RE||\nRXA|0|1|20240501||83^HepA^CVX|999|||||||||||||||U\n").await;
        assert_eq!(house.rows("vaccination_report"), rows, "a refusal without an id is found by day and vaccine");
    });
}

#[test]
fn a_dose_of_a_day_before_the_corrected_birth_date_can_be_deleted() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let corrected = Person { birth_date: "20240312", ..MARIA };
        let deletion = given("08", "20240311", "D1").replace("|CP|A", "|CP|D");
        let answer = house.report("CLINIC", &corrected, &deletion).await;
        assert_eq!(findings(&answer), ["IEE-595"], "{answer}");
        assert!(segments(&house.ask("CLINIC", "Z34", &corrected).await, "RXA").is_empty());
        let again = house.report("CLINIC", &corrected, &given("08", "20240311", "D1")).await;
        assert_eq!(findings(&again), ["IMR-125", "MER-105"], "no dose is given before birth: {again}");
    });
}

#[test]
fn of_a_message_with_too_many_parts_nothing_is_kept() {
    on_each_database(&example(), async |house| {
        let doses: String = (0..501).map(|number| told("08", "20240311", &format!("D{number}"))).collect();
        let kin = "NK1|1|Garza^Ana^^^^^L|MTH^Mother^HL70063\n".repeat(51);
        for (segments, code) in [(doses, "MER-106"), (kin, "MER-107")] {
            let answer = house.report("CLINIC", &MARIA, &segments).await;
            assert_eq!((all_findings(&answer), field(&answer, "MSA", 1)), (vec![code], "AE"), "{answer}");
            assert_eq!((house.rows("patient"), house.rows("vaccination_report")), (0, 0));
        }
        let phones = vec!["^PRN^PH^^^956^5550142"; 51].join("~");
        let question = qbp("Q-1", "Z34", &MARIA).replace("|20240310|F", &format!("|20240310|F||{phones}"));
        let answer = house.send("CLINIC", &question).await;
        assert_eq!((all_findings(&answer), field(&answer, "QAK", 2)), (vec!["MER-107"], "AE"), "{answer}");
    });
}

#[test]
fn a_message_without_doses_is_told_that_none_came() {
    on_each_database(&example(), async |house| {
        let dose = given("08", "20240311", "D1");
        let whole = house.report("CLINIC", &MARIA, &dose).await;
        assert_eq!(all_findings(&whole), [""; 0], "{whole}");
        // One that was cut off in PID looks like an update of the person, and is taken as one.
        let message = vxu("cut", &MARIA, &dose);
        let cut = message.find("Laredo").expect("it is in PID-11");
        let answer = house.send("CLINIC", &message[..cut]).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "for information: {answer}");
        assert!(all_findings(&answer).contains(&NO_DOSE_CAME), "{answer}");
    });
}
