//! The whole registry compared with itself: what it proposes, what it merges, and that it goes on where it was.

use bluebonnet_registry::Sweep;
use model::{PatientId, PatientStatus};

use crate::house::*;

const ANA: Person = Person { mrn: "S-1", given: "Ana", family: "Quintanilla", ..MARIA };
/// The same person, as another clinic writes her down: it could not know better then.
const ANA_AGAIN: Person = Person { mrn: "S-2", given: "Ana", family: "Quintanilla", ..MARIA };
const BERTA: Person = Person { mrn: "S-3", given: "Berta", family: "Escamilla", ..MARIA };

fn advance(house: &House) -> Option<Sweep> {
    let (admission, receipt) = (house.admission(), house.receipt());
    tokio::task::block_in_place(|| house.registry.advance_sweep(&admission, &receipt)).expect("the database serves")
}

fn sweep(house: &House) -> Sweep {
    house.registry.begin_sweep(&house.admission()).expect("the database serves");
    let mut last = None;
    while let Some(step) = advance(house) {
        last = Some(step);
    }
    let last = last.expect("a step");
    assert!(last.is_finished, "{last:?}");
    last
}

/// Two records of one person, as if the second had come in before the weights were what they are: it is reported under another name,
/// and then corrected in place. A third person is somebody else.
async fn two_records_of_ana(house: &House) -> Vec<PatientId> {
    house.report("CLINIC", &ANA, &given("08", "20240311", "D1")).await;
    house.report("PHARMACY", &Person { given: "Zoraida", family: "Villalobos", ..ANA_AGAIN }, "").await;
    house.report("CLINIC", &BERTA, "").await;
    let people = house.database.people_after(uuid::Uuid::nil(), 10).expect("the people are listed");
    assert_eq!(people.len(), 3, "nobody was merged");
    let mut lane = house.database.lane(77).expect("a lane");
    let corrected: Result<(), store::StoreError> = lane.batch(&[], |batch| {
        let mut record = batch.patient_records(&people[1..2])?.remove(0);
        let expected_version = Some(record.patient.version);
        record.patient.version += 1;
        let name = &mut record.patient.demographics.names[0];
        (name.given, name.family) = ("Ana".to_owned(), "Quintanilla".to_owned());
        record.patient.demographics.names.truncate(1);
        let changed = store::PatientChange { patient: record.patient, expected_version };
        batch.write(&store::Changes { patients: vec![changed], ..store::Changes::default() })
    });
    corrected.expect("the record is changed");
    people
}

#[test]
fn a_sweep_makes_missing_keys_and_proposes_what_it_finds_once() {
    on_each_database(&example(), async |house| {
        let people = two_records_of_ana(house).await;
        assert_eq!(advance(house), None, "no sweep was ordered");
        let found = sweep(house);
        assert_eq!((found.people_count, found.done_count), (3, 3));
        assert_eq!((found.proposed_count, found.merged_count), (1, 0), "{found:?}");
        assert!(found.new_key_count > 0, "the corrected name had no keys: {found:?}");
        let now = house.receipt().received_at;
        let open = house.registry.open_reviews(&house.admission(), &house.caller("CLINIC"), now, 10).expect("listed");
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!((open[0].patient_id, open[0].candidate), (people[1], people[0]));
        assert!(open[0].reason.contains("same name") && open[0].reason.contains("careful"), "{}", open[0].reason);
        let again = sweep(house);
        assert_eq!((again.proposed_count, again.new_key_count), (0, 0), "what was asked is not asked again: {again:?}");
    });
}

#[test]
fn a_sweep_merges_by_itself_only_where_the_profile_says_so() {
    let profile = example().replace("[matching]", "[matching]\nsweep_merges = true");
    assert!(profile.contains("sweep_merges = true"));
    on_each_database(&profile, async |house| {
        let people = two_records_of_ana(house).await;
        let found = sweep(house);
        assert_eq!((found.proposed_count, found.merged_count), (1, 1), "{found:?}");
        let records = house.database.patient_records(&people).expect("the records are read");
        let status = |id| records.iter().find(|record| record.patient.id == id).map(|record| record.patient.status);
        assert_eq!(status(people[1]), Some(PatientStatus::MergedInto(people[0])), "the younger leads to the older");
        assert_eq!(status(people[2]), Some(PatientStatus::Active));
        let merges = house.registry.merges_of(&house.admission(), people[1]).expect("the merges are listed");
        assert!(merges[0].reason.contains("same name"), "{}", merges[0].reason);
        assert_eq!(house.database.verify_audit_chains().expect("the chains are walked").faults, []);
    });
}

#[test]
fn a_sweep_that_is_held_waits_and_another_node_goes_on_with_it() {
    on_each_database(&example(), async |house| {
        two_records_of_ana(house).await;
        let admission = house.admission();
        assert!(house.registry.hold_sweep(&admission, true).is_err(), "there is none");
        house.registry.begin_sweep(&admission).expect("the database serves");
        house.registry.hold_sweep(&admission, true).expect("the database serves");
        assert_eq!(advance(house), None, "it is held");
        house.registry.hold_sweep(&admission, false).expect("the database serves");
        assert_eq!(advance(house).map(|sweep| (sweep.done_count, sweep.is_finished)), Some((3, false)));
        let receipt = house.receipt();
        let step = tokio::task::block_in_place(|| house.another_node().advance_sweep(&admission, &receipt));
        let step = step.expect("the database serves").expect("a step");
        assert_eq!((step.done_count, step.is_finished, step.proposed_count), (3, true, 1));
    });
}
