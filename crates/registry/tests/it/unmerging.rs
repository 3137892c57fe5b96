//! An undone merge where one organization has charts of both: each gets back what its chart said since.

use model::PatientId;

use crate::house::*;

const BERTA: Person = Person { mrn: "M-9", given: "Berta", family: "Escamilla", rest: "", ..MARIA };

/// The person of whom the newest line of the audit trail tells.
fn newest(house: &House) -> PatientId {
    house.newest_line().entry.patient_id.expect("a person")
}

/// The lots of a person's doses, by day.
async fn lots(house: &House, person: &Person) -> String {
    let history = house.ask("CLINIC", "Z34", person).await;
    let lots = segments(&history, "RXA").into_iter().filter_map(|dose| dose.split('|').nth(15));
    lots.collect::<Vec<_>>().join(" ")
}

#[test]
fn doses_since_a_merge_go_to_whom_their_messages_named() {
    on_each_database(&example(), async |house| {
        let (admission, reviewer) = (house.admission(), house.caller("CLINIC"));
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        let survivor = newest(house);
        house.report("CLINIC", &BERTA, &given("08", "20240312", "D2")).await;
        let retired = newest(house);
        let merge = tokio::task::block_in_place(|| {
            house.registry.merge_patients(&admission, &reviewer, &house.receipt(), retired, survivor, "one girl")
        });
        let merge = merge.expect("they can be merged");
        house.report("CLINIC", &BERTA, &given("110", "20240512", "D3")).await;
        house.report("CLINIC", &MARIA, &given("10", "20240612", "D4")).await;
        house.report("PHARMACY", &Person { mrn: "P-1", ..MARIA }, &told("21", "20250612", "P1")).await;
        assert_eq!(house.rows("patient"), 2, "all are about the one record");
        tokio::task::block_in_place(|| {
            house.registry.unmerge_patients(&admission, &reviewer, &house.receipt(), merge.id, "two girls")
        })
        .expect("it can be undone");
        assert_eq!(lots(house, &BERTA).await, "LD2 LD3");
        assert_eq!(lots(house, &MARIA).await, "LD1 LD4 ");
        assert!(house.database.check_integrity().expect("readable").is_empty());
    });
}
