//! What senders are told: where it stands, why nothing was done, and of everything that was not kept.

use crate::house::*;

#[test]
fn places_count_what_could_not_be_used() {
    on_each_database(&example(), async |house| {
        let answer = house
            .send(
                "CLINIC",
                "MSH|^~\\&|EHR|SENDER|IIS|REG|20260115120000-0600||VXU^V04^VXU_V04|P1|P|2.5.1|||ER|AL|||||Z22^CDCPHINVS\n\
                 PID|1||M-7^^^EHR^MR||Garza^Maria^^^^^L||20240310|F|||||^PRN^PH^^^^none~^PRN^PH^^^111^1111111\n\
                 NK1|1||MTH^Mother^HL70063\n\
                 NK1|2|Ruiz^Ana^^^^^L|SEL^Self^HL70063\n",
            )
            .await;
        let told: Vec<(&str, &str)> = all_findings(&answer)
            .into_iter()
            .zip(segments(&answer, "ERR").into_iter().filter_map(|error| error.split('|').nth(2)))
            .collect();
        for expected in [("IEE-409", "NK1^2^3"), ("IEE-413", "PID^1^13^2")] {
            assert!(told.contains(&expected), "{answer}");
        }
    });
}

#[test]
fn an_identifier_of_somebody_else_is_told_where_it_stands() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &Person { mrn: "M-1", ..MARIA.clone() }, "").await;
        let other = Person {
            mrn: "M-2^^^^MA~M-1",
            family: "Okafor",
            given: "Chidi",
            birth_date: "19700704",
            sex: "M",
            rest: "",
            ..MARIA.clone()
        };
        let answer = house.report("CLINIC", &other, "").await;
        let shared: Vec<&str> = segments(&answer, "ERR").into_iter().filter(|it| it.contains("IEE-251::")).collect();
        assert_eq!(shared.len(), 1, "{answer}");
        assert!(shared[0].starts_with("ERR||PID^1^3^2|"), "{answer}");
    });
}

#[test]
fn deletions_alone_make_nobody_known() {
    let deletion = given("08", "20240311", "D1").replace("|CP|A", "|CP|D");
    let retraction = "ORC|RE||9999^EHR\nRXA|0|1|20250101||998^No vaccine^CVX|999||||||||||||||NA|D\n\
         OBX|1|CE|59784-9^Immunity^LN|1|38907003^Varicella^SCT||||||F\n";
    for profile in [example(), texas()] {
        on_each_database(&profile, async |house| {
            for nothing in [deletion.as_str(), retraction] {
                let answer = house.report("CLINIC", &MARIA, nothing).await;
                assert_eq!(field(&answer, "MSA", 1), "AE", "{answer}");
                assert_eq!(findings(&answer), ["IEE-594"], "{answer}");
                assert_eq!(house.rows("patient"), 0);
            }
            // The same message deletes when the dose has come after all.
            let early = vxu("EARLY", &MARIA, &deletion);
            house.send("CLINIC", &early).await;
            let consenting = Person { pd1: WITH_CONSENT, ..MARIA.clone() };
            house.report("CLINIC", &consenting, &given("08", "20240311", "D1")).await;
            let answer = house.send("CLINIC", &early).await;
            assert_eq!(findings(&answer), ["IEE-595"], "{answer}");
        });
    }
}

#[test]
fn a_group_without_a_vaccine_of_a_day_to_come_is_told_and_its_facts_stay() {
    on_each_database(&example(), async |house| {
        let immunity = "ORC|RE||9999^EHR\nRXA|0|1|20990101||998^No vaccine^CVX|999||||||||||||||NA\n\
             OBX|1|CE|59784-9^Immunity^LN|1|38907003^Varicella^SCT||||||F\n";
        let answer = house.report("CLINIC", &MARIA, immunity).await;
        assert_eq!(findings(&answer), ["IEE-114"], "{answer}");
        assert_eq!(field(&answer, "ERR", 2), "RXA^1^3");
        assert!(house.ask("CLINIC", "Z34", &MARIA).await.contains("59784-9^"));
    });
}

#[test]
fn an_observation_that_no_record_has_a_place_for_is_told() {
    on_each_database(&example(), async |house| {
        let remarks = "ORC|RE||9999^EHR\nRXA|0|1|20250101||998^No vaccine^CVX|999||||||||||||||NA\n\
             OBX|1|CE|59784-9^Immunity^LN|1|38907003^Varicella^SCT||||||F\n\
             OBX|2|ST|48767-8^Annotation comment^LN|2|seen at school||||||F\n";
        let answer = house.report("CLINIC", &MARIA, remarks).await;
        assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
        assert_eq!(findings(&answer), ["IEE-139"], "{answer}");
        assert_eq!(field(&answer, "ERR", 2), "OBX^2");
    });
}

#[test]
fn a_message_is_told_of_no_more_than_somebody_can_read() {
    on_each_database(&example(), async |house| {
        let remark = |number: usize| format!("OBX|{number}|ST|X{number}^Remark^L|{number}|none||||||F\n");
        let group = "ORC|RE||9999^EHR\nRXA|0|1|20250401||998^No vaccine^CVX|999||||||||||||||NA|A\n".to_owned();
        let doses = given("08", "20240311", "D1") + &given("08", "20990101", "D2");
        let many: String = (1..=700).map(remark).collect();
        let answer = house.report("CLINIC", &MARIA, &(group + &many + &doses)).await;
        assert_eq!(segments(&answer, "ERR").len(), 500);
        assert!(findings(&answer)[0].starts_with("IMR-124"), "errors come first: {}", findings(&answer)[0]);
    });
}
