//! A data fix from the plan to the undo: consolidated records follow, what changed meanwhile is left alone.

use bluebonnet_registry::NewDataFix;
use model::{Correction, Cvx, DataFixId, DataFixState, DataFixStepState};

use crate::house::*;

pub(crate) fn new(house: &House, name: &str) -> NewDataFix {
    NewDataFix {
        id: DataFixId(house.uuid()),
        name: name.into(),
        correction: Correction::ChangeCvx { from: Cvx(8), to: Cvx(45), lot_number: "ld1".into() },
        organization_code: "CLINIC".into(),
        reason: "asked for by the clinic".into(),
        planned_by: "maria".into(),
    }
}

/// Does steps until the fix is done.
pub(crate) async fn go_on(house: &House, name: &str) {
    let (admission, caller) = (house.admission(), house.caller("CLINIC"));
    let now = NOON.parse().expect("a timestamp");
    while house.registry.step_data_fix(&admission, &caller, name, now).await.expect("the step is done") {}
}

#[test]
fn a_fix_is_planned_reviewed_applied_seen_and_undone() {
    on_each_database(&example(), async |house| {
        let other = Person { mrn: "M-101", given: "Rosa", birth_date: "20230105", ..MARIA };
        house.report("CLINIC", &MARIA, &given("08", "20240311", "D1")).await;
        house.report("CLINIC", &other, &given("08", "20240311", "D1")).await;
        house.report("PHARMACY", &other, &given("08", "20230601", "D1")).await;
        let (admission, caller) = (house.admission(), house.caller("CLINIC"));
        let (registry, now) = (&house.registry, NOON.parse().expect("a timestamp"));
        let planned = registry.plan_data_fix(&admission, new(house, "hepatitis"), now).expect("it is planned");
        assert_eq!(planned.reports(DataFixStepState::Waiting), 2, "the pharmacy's report is its own");
        assert!(registry.plan_data_fix(&admission, new(house, "Hepatitis"), now).is_err(), "the name is taken");
        assert!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA", 5).starts_with("08^"), "nothing changed yet");
        let own = registry.begin_data_fix(&admission, &caller, "hepatitis", "Maria", now).await;
        assert!(own.is_err(), "nobody reviews their own plan");
        registry.begin_data_fix(&admission, &caller, "hepatitis", "jose", now).await.expect("it was reviewed");
        // The owner corrects one report before the fix gets there.
        house.report("CLINIC", &other, &given("08", "20240311", "D1").replace("|0.5|", "|0.25|")).await;
        go_on(house, "hepatitis").await;
        let applied = registry.data_fix(&admission, "hepatitis").expect("it is there");
        assert_eq!(applied.fix.state, DataFixState::Applied);
        assert_eq!((applied.reports(DataFixStepState::Applied), applied.reports(DataFixStepState::Skipped)), (1, 1));
        let history = house.ask("PHARMACY", "Z34", &MARIA).await;
        assert!(field(&history, "RXA", 5).starts_with("45^"), "the record follows: {history}");
        registry.begin_undo_of_data_fix(&admission, &caller, "hepatitis", now).await.expect("it can be undone");
        go_on(house, "hepatitis").await;
        assert_eq!(registry.data_fix(&admission, "hepatitis").expect("it is there").fix.state, DataFixState::Undone);
        assert!(field(&house.ask("CLINIC", "Z34", &MARIA).await, "RXA", 5).starts_with("08^"), "as it was");
    });
}
