//! Everybody forecast anew in the background.

use bluebonnet_registry::ForecastRound;
use jiff::civil::date;
use model::PatientId;

use crate::house::*;

const PEOPLE: [(&str, &str); 3] = [("B-1", "Ana"), ("B-2", "Berta"), ("B-3", "Carla")];

async fn three_people(house: &House) -> Vec<PatientId> {
    let mut people = Vec::new();
    for (mrn, given_name) in PEOPLE {
        let person = Person { mrn, given: given_name, rest: "", ..MARIA.clone() };
        house.report("CLINIC", &person, &(given("10", "20240511", mrn) + &given("10", "20240601", "again"))).await;
        people.extend(house.newest_line().entry.patient_id);
    }
    people
}

fn advance(house: &House) -> Option<ForecastRound> {
    house.registry.advance_forecast_round(&house.admission()).expect("the database serves")
}

#[test]
fn everybody_is_gone_over_once_and_what_is_due_is_kept() {
    on_each_database(&example(), async |house| {
        let people = three_people(house).await;
        let on = date(2024, 8, 1);
        tokio::task::block_in_place(|| {
            let admission = house.admission();
            assert_eq!(advance(house), None, "no round was begun");
            assert!(house.registry.needs_forecast_round(&admission, on).expect("readable"));
            let begun = house.registry.begin_forecast_round(&admission, on).expect("writable");
            assert_eq!((begun.people_count, begun.done_count, begun.is_finished), (3, 0, false));
            assert_eq!(advance(house).map(|round| (round.done_count, round.is_finished)), Some((3, false)));
            assert_eq!(advance(house).map(|round| (round.done_count, round.is_finished)), Some((3, true)));
            assert_eq!(advance(house), None, "it is finished");
            assert!(!house.registry.needs_forecast_round(&admission, on).expect("readable"));
            assert!(house.registry.needs_forecast_round(&admission, date(2024, 8, 2)).expect("readable"), "next day");

            let stored = house.registry.stored_forecasts(&admission, &people).expect("readable");
            assert_eq!(stored.len(), 3);
            for found in &stored {
                assert_eq!((found.schedule.as_str(), found.on), ("cdsi-4.64", on));
                assert_eq!((found.valid_dose_count, found.other_dose_count), (1, 1), "21 days apart");
                let polio = found.due.iter().find(|due| due.vaccine_group == "Polio").expect("due");
                assert_eq!((polio.dose_number, polio.earliest_on), (2, date(2024, 6, 29)));
                assert_eq!((polio.recommended_on, polio.past_due_on), (date(2024, 7, 10), Some(date(2024, 9, 6))));
            }
            let counts = house.registry.due_counts(&admission, on).expect("readable");
            let polio = counts.iter().find(|count| count.vaccine_group == "Polio").expect("counted");
            assert_eq!((polio.people_count, polio.due_count, polio.overdue_count), (3, 3, 0));
            let later = house.registry.due_counts(&admission, date(2024, 10, 1)).expect("readable");
            let polio = later.iter().find(|count| count.vaccine_group == "Polio").expect("counted");
            assert_eq!((polio.due_count, polio.overdue_count), (0, 3));
        });
    });
}

/// A list of who is due is read by those who write to people.
#[test]
fn nothing_is_due_for_the_dead_and_of_others_what_their_records_tell() {
    on_each_database(&example(), async |house| {
        let pregnant = "OBX|9|CE|59785-6^Indication^LN|9|77386006^Pregnant^SCT||||||F|||20250601\n";
        let mut people = Vec::new();
        for (mrn, given_name, rest) in [("B-1", "Ana", ""), ("B-2", "Berta", "||||||||||||||||||||20260110|Y")] {
            let person = Person { mrn, given: given_name, birth_date: "19950310", rest, ..MARIA.clone() };
            house.report("CLINIC", &person, &(given("115", "20251220", mrn) + pregnant)).await;
            people.extend(house.newest_line().entry.patient_id);
        }
        tokio::task::block_in_place(|| {
            let admission = house.admission();
            house.registry.begin_forecast_round(&admission, date(2026, 1, 15)).expect("writable");
            while advance(house).is_some() {}
            let stored = house.registry.stored_forecasts(&admission, &people).expect("readable");
            let of = |place: usize| stored.iter().find(|found| found.patient_id == people[place]).expect("kept");
            let tetanus = of(0).due.iter().find(|due| due.vaccine_group == "DTaP/Tdap/Td").expect("owed");
            assert_eq!((tetanus.is_for_risk, tetanus.dose_number), (false, 2));
            assert_eq!((of(1).due.as_slice(), of(1).standings.as_slice()), (&[][..], &[][..]), "she died");
            assert_eq!(of(1).valid_dose_count, of(0).valid_dose_count);
        });
    });
}

#[test]
fn a_round_that_is_held_waits_and_goes_on_and_a_new_round_replaces_what_was_kept() {
    on_each_database(&example(), async |house| {
        let people = three_people(house).await;
        tokio::task::block_in_place(|| {
            let admission = house.admission();
            let registry = &house.registry;
            assert!(registry.hold_forecast_round(&admission, true).is_err(), "there is none");
            registry.begin_forecast_round(&admission, date(2024, 8, 1)).expect("writable");
            registry.hold_forecast_round(&admission, true).expect("writable");
            assert_eq!(advance(house), None);
            registry.hold_forecast_round(&admission, false).expect("writable");
            while advance(house).is_some() {}
            registry.begin_forecast_round(&admission, date(2024, 10, 1)).expect("writable");
            while advance(house).is_some() {}
            let stored = registry.stored_forecasts(&admission, &people).expect("readable");
            assert_eq!(stored.iter().map(|found| found.on).collect::<Vec<_>>(), [date(2024, 10, 1); 3]);
            assert_eq!(house.rows("patient_forecast"), 3);
        });
    });
}
