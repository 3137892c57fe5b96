//! A pregnancy in messages: seen on a day, begun on a day, or told of without one.

use model::GroupStatus;

use crate::entries::{find, named, open};
use crate::house::*;

const ADULT: Person = Person { mrn: "P-1", given: "Nora", birth_date: "19950310", ..MARIA };
const AFTER: &str = "2026-12-15T18:00:00Z";

/// A carrier of facts without a dose.
const NO_VACCINE: &str = "ORC|RE||9999^EHR\nRXA|0|1|20260110||998^No vaccine administered^CVX|999||||||||||||||NA|A\n";

fn pregnant(question: &str, seen_on: &str) -> String {
    format!("OBX|1|CE|{question}^Fact^LN|1|77386006^Pregnant^SCT||||||F|||{seen_on}\n")
}

/// The status of a vaccine group of the adult, and whether it is that for her risk.
async fn status(house: &House, group: &str) -> (GroupStatus, bool) {
    let id = find(house, "CLINIC", named("Garza", "Nora")).await[0].patient_id;
    let opened = open(house, "CLINIC", id).await.expect("shown");
    let forecasts = opened.assessment.expect("the birth date is known").forecasts;
    let found = forecasts.into_iter().find(|forecast| forecast.vaccine_group == group).expect("forecast");
    (found.status, found.is_for_risk)
}

#[test]
fn the_day_on_which_a_pregnancy_was_seen_is_not_that_on_which_it_began() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &ADULT, &given("115", "20150311", "D1")).await;
        for (seen_on, start, expected) in [
            // Nobody knows since when: Tdap is asked for at once, and that of years ago was not given in this pregnancy.
            ("20251201", "", GroupStatus::Overdue),
            ("", "", GroupStatus::Overdue),
            // It began in November: Tdap is due from the 27th week, in May.
            ("20251201", "OBX|2|DT|30946-8^Start^LN|1|20251101||||||F\n", GroupStatus::UpToDate),
        ] {
            let seen = NO_VACCINE.to_owned() + &pregnant("59785-6", seen_on) + start;
            let answer = house.report("CLINIC", &ADULT, &seen).await;
            assert_eq!(field(&answer, "MSA", 1), "AA", "{answer}");
            assert_eq!(status(house, "DTaP/Tdap/Td").await, (expected, true), "{seen_on} {start}");
            assert_eq!(status(house, "MMR").await.0, GroupStatus::Contraindicated, "{seen_on} {start}");
        }
    });
}

#[test]
fn the_day_of_an_observation_is_answered_as_such() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &(NO_VACCINE.to_owned() + &pregnant("30945-0", "20260110"))).await;
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        let lines: Vec<&str> =
            segments(&history, "OBX").into_iter().filter(|line| line.contains("|77386006^")).collect();
        assert_eq!(lines.len(), 1, "{history}");
        assert_eq!(lines[0].split('|').nth(14), Some("20260110"), "{history}");
        assert!(!history.contains("|30946-8^"), "nobody said when it began: {history}");
    });
}

#[test]
fn a_pregnancy_told_of_without_a_day_counts_from_the_first_report() {
    on_each_database(&example(), async |house| {
        let told = NO_VACCINE.to_owned() + &pregnant("59785-6", "");
        house.send_at("2026-01-15T18:00:00Z", "CLINIC", &vxu("N1", &ADULT, &told)).await;
        let moved = Person { rest: "||9 Elm^^Waco^TX^76701^USA^H", ..ADULT };
        house.send_at("2026-10-01T18:00:00Z", "CLINIC", &vxu("N2", &moved, &told)).await;
        let within = house.send_at("2026-10-02T18:00:00Z", "CLINIC", &qbp("Q1", "Z44", &ADULT)).await;
        assert!(within.contains("Contraindicated"), "the control: {within}");
        let after = house.send_at(AFTER, "CLINIC", &qbp("Q2", "Z44", &ADULT)).await;
        assert!(field(&after, "MSH", 21).starts_with("Z42"), "{after}");
        assert!(!after.contains("Contraindicated"), "{after}");
    });
}
