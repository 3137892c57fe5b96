//! More of one person than anybody has: a test patient of years, or a number that stands for many.

use bluebonnet_registry::{FACTS_MAXIMUM, REPORTS_MAXIMUM};
use jiff::ToSpan;
use model::{EntityId, VaccinationEventId, VaccinationReport, VaccinationReportId};
use store::Changes;

use crate::entries::{find, named, open};
use crate::house::*;

/// Gives a person with one dose so many reports of doses as there may be, as if they had come over years.
fn fill(house: &House, first: &VaccinationReport) {
    let more = (1..REPORTS_MAXIMUM).map(|number| {
        let mut report = VaccinationReport { id: VaccinationReportId(house.uuid()), ..first.clone() };
        report.event_id = VaccinationEventId(report.id.0);
        report.dose.administered_on = first.dose.administered_on.saturating_add((number as i64 % 600).days());
        report.dose.order_id = Some(EntityId { id: format!("T{number}"), authority: "EHR".into() });
        report
    });
    let changes = Changes { vaccination_reports: more.collect(), ..Changes::default() };
    let mut lane = house.database.lane(7).expect("a lane opens");
    lane.batch(&[], |batch| batch.write(&changes)).expect("they are written");
}

#[test]
fn a_person_of_too_many_doses_keeps_them_and_gets_no_more() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        let first = open(house, "CLINIC", id).await.expect("shown").held.vaccinations[0].clone();
        tokio::task::block_in_place(|| fill(house, &first));
        let known = given("08", "20240311", "D1").replace("|LD1|", "|LD1-B|");
        let deletion = told("08", "20240312", "T1").replace("|CP|A", "|CP|D");
        let doses = [known, deletion, told("21", "20251212", "D9")].concat();
        let moved = Person { rest: "|2106-3^White^CDCREC|77 Pecan Street^^Laredo^TX^78040^USA^H", ..MARIA };
        let answer = house.report("CLINIC", &moved, &doses).await;
        let mut told = findings(&answer);
        told.sort_unstable();
        assert_eq!(told, ["IEE-514", "IEE-595", "IMR-126"], "{answer}");
        assert!(answer.contains("ERR||RXA^3|"), "the third: {answer}");
        assert!(answer.contains(&format!("{REPORTS_MAXIMUM} reports")), "{answer}");
        let record = open(house, "CLINIC", id).await.expect("it is still shown");
        assert_eq!(record.held.vaccinations.len(), REPORTS_MAXIMUM, "{}", record.held.vaccinations.len());
        assert_eq!(record.held.patient.demographics.addresses[0].street, "77 Pecan Street");
        let lots = record.held.vaccinations.iter().filter_map(|report| report.dose.lot_number.as_deref());
        assert_eq!(lots.filter(|lot| *lot == "LD1-B").count(), 1);
    });
}

#[test]
fn two_records_of_too_many_doses_together_are_not_merged() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let luis = Person { mrn: "P-8", family: "Ochoa", given: "Luis", birth_date: "20200103", sex: "M", ..MARIA };
        house.report("CLINIC", &luis, &given("08", "20240311", "D2")).await;
        let maria = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        let luis = find(house, "CLINIC", named("Ochoa", "Luis")).await[0].patient_id;
        let first = open(house, "CLINIC", maria).await.expect("shown").held.vaccinations[0].clone();
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        let merge = || {
            let receipt = house.receipt();
            tokio::task::block_in_place(|| {
                house.registry.merge_patients(&admission, &reviewer, &receipt, luis, maria, "one after all")
            })
        };
        let merged = merge().expect("they are few");
        let receipt = house.receipt();
        let undo = || house.registry.unmerge_patients(&admission, &reviewer, &receipt, merged.id, "two after all");
        tokio::task::block_in_place(undo).expect("it is undone");
        tokio::task::block_in_place(|| fill(house, &first));
        let refused = merge().expect_err("they are too many");
        assert!(refused.to_string().contains("2001 reports"), "{refused}");
        let record = open(house, "CLINIC", luis).await.expect("he stands on his own");
        assert_eq!(record.held.vaccinations.len(), 1);
    });
}

#[test]
fn a_person_of_too_many_facts_keeps_the_first() {
    on_each_database(&example(), async |house| {
        let fact = |number: usize| {
            format!(
                "OBX|{number}|CE|59784-9^Disease with presumed immunity^LN|{number}|{number}^a disease^SCT||||||F\n"
            )
        };
        let group = "ORC|RE||9999^EHR\nRXA|0|1|20251212||998^no vaccine^CVX|999||||||||||||||NA|A\n";
        let facts =
            |numbers: std::ops::RangeInclusive<usize>| group.to_owned() + &numbers.map(fact).collect::<String>();
        let answer = house.report("CLINIC", &MARIA, &facts(1..=FACTS_MAXIMUM - 1)).await;
        assert_eq!(findings(&answer), [""; 0], "{answer}");
        let answer = house.report("CLINIC", &MARIA, &facts(2..=FACTS_MAXIMUM + 2)).await;
        assert_eq!(findings(&answer), ["IEE-143"], "{answer}");
        assert!(answer.contains("2 are new"), "{answer}");
        let id = find(house, "CLINIC", named("Garza", "Maria")).await[0].patient_id;
        let record = open(house, "CLINIC", id).await.expect("shown");
        assert_eq!(record.held.reports[0].observations.len(), FACTS_MAXIMUM);
    });
}
