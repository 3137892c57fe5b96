//! What lanes promise: all or nothing, in one place, and never past another writer.

use std::cell::Cell;
use std::sync::Barrier;

use model::{PatientId, PatientRecord, VaccinationEvent};
use store::{Batch, Changes, Claim, Database, Lane, Options, PatientChange, Reading, StoreError};

use crate::databases::{on_each_database, open, places, sqlite_place};
use crate::people::{
    control_hash, message, message_id, new_person, patient, patient_id, patient_report, vaccination_event,
    vaccination_report,
};

pub(crate) fn write(lane: &mut Lane, changes: &Changes) -> Result<(), StoreError> {
    lane.batch(&[], |batch| batch.write(changes))
}

#[test]
fn every_statement_fits_the_schema() {
    on_each_database(|database| {
        assert!(database.check_statements().expect("every statement can be prepared") > 40);
    });
}

#[test]
fn a_batch_is_read_back_as_it_was_written() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        write(&mut lane, &new_person(1)).expect("a new person can be written");
        let record = PatientRecord {
            patient: patient(1),
            reports: vec![patient_report(1)],
            vaccinations: vec![vaccination_report(1, 2), vaccination_report(1, 3)],
            consents: Vec::new(),
        };
        let (messages, keys, records) = lane
            .batch(&[5, 3, 5], |batch| {
                let (messages, keys) = batch.look_up(&[control_hash(1), control_hash(9)], &[7, 8])?;
                Ok::<_, StoreError>((messages, keys, batch.patient_records(&[patient_id(1), patient_id(2)])?))
            })
            .expect("the batch can be read");
        assert_eq!(messages.iter().map(|message| message.id).collect::<Vec<_>>(), [message_id(1)]);
        assert_eq!(keys, [(7, patient_id(1))]);
        assert_eq!(records, std::slice::from_ref(&record));
        assert_eq!(database.patient_records(&[patient_id(1)]).expect("readable"), [record]);
        assert_eq!(
            database.vaccination_events(&[patient_id(1)]).expect("readable"),
            [vaccination_event(1, 2), vaccination_event(1, 3)]
        );
        assert_eq!(database.find_message(message_id(1)).expect("readable"), Some(message(1)));
        assert_eq!(database.check_integrity().expect("readable"), Vec::<String>::new());
    });
}

#[test]
fn lanes_of_one_name_wait_for_each_other() {
    for place in places() {
        open(&place.url).migrate().expect("an empty database can be migrated");
        let programs = [open(&place.url), open(&place.url)];
        let write_many = |(program, database): (u64, &Database)| {
            let mut lane = database.lane(0).expect("a lane opens");
            let lane = &mut lane;
            for number in 1..=100 {
                let person = new_person(1_000 * program + number);
                // What the other wrote meanwhile is seen at the second try, which nobody can spoil any more.
                write(lane, &person).or_else(|_| write(lane, &person)).expect("written at the second try");
            }
        };
        std::thread::scope(|scope| {
            for program in (1..).zip(&programs) {
                scope.spawn(move || write_many(program));
            }
        });
        assert_eq!(programs[0].verify_audit_chains().expect("readable").faults, [], "on {}", place.url);
    }
}

#[test]
fn an_error_undoes_the_whole_batch() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        let result: Result<(), StoreError> = lane.batch(&[1], |batch| {
            batch.write(&new_person(1))?;
            Err(StoreError::Busy { attempted: "fail on purpose".to_owned() })
        });
        assert!(matches!(result, Err(StoreError::Busy { .. })), "{result:?}");
        assert_eq!(database.patient_records(&[patient_id(1)]).expect("readable"), []);
        write(&mut lane, &new_person(1)).expect("the lane works on");
        assert_eq!(database.patient_records(&[patient_id(1)]).expect("readable").len(), 1);
        assert_eq!(database.verify_audit_chains().expect("readable").faults, []);
    });
}

#[test]
fn a_panic_undoes_the_whole_batch_and_the_lane_works_on() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            lane.batch::<(), StoreError>(&[1], |batch| {
                batch.write(&new_person(1))?;
                panic!("on purpose")
            })
        }));
        assert!(panicked.is_err());
        write(&mut lane, &new_person(2)).expect("the lane works on");
        let records = database.patient_records(&[patient_id(1), patient_id(2)]).expect("readable");
        assert_eq!(records.iter().map(|record| record.patient.id).collect::<Vec<_>>(), [patient_id(2)]);
    });
}

#[test]
fn a_change_decided_on_an_old_version_is_a_conflict() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        write(&mut lane, &new_person(1)).expect("a new person can be written");
        let change = |expected_version, version| {
            let mut changed = patient(1);
            changed.version = version;
            changed.demographics.language = Some(model::Coded { code: "es".to_owned(), ..Default::default() });
            let patients = vec![PatientChange { patient: changed, expected_version }];
            Changes { patients, messages: vec![message(50)], ..Changes::default() }
        };
        write(&mut lane, &change(Some(1), 2)).expect("the version is the expected one");
        for expected in [Some(1), Some(3), None] {
            let result = write(&mut lane, &change(expected, 9));
            assert!(result.as_ref().is_err_and(StoreError::is_conflict), "expected {expected:?}: {result:?}");
        }
        let records = database.patient_records(&[patient_id(1)]).expect("readable");
        assert_eq!(records[0].patient.version, 2);
        assert!(records[0].patient.demographics.language.is_some());
    });
}

#[test]
fn of_two_rows_with_one_id_the_later_counts() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        let mut changes = new_person(1);
        let mut second = new_person(1);
        second.patients[0].patient.version = 2;
        second.patients[0].expected_version = Some(1);
        second.vaccination_reports[0].dose.lot_number = Some("LATER".to_owned());
        changes.patients.extend(second.patients);
        changes.patient_reports.extend(second.patient_reports);
        changes.vaccination_reports.extend(second.vaccination_reports);
        changes.vaccination_events.extend(second.vaccination_events);
        changes.match_keys.extend(second.match_keys);
        changes.messages.extend(second.messages);
        write(&mut lane, &changes).expect("rows may stand twice");
        write(&mut lane, &Changes { vaccination_reports: changes.vaccination_reports.clone(), ..Changes::default() })
            .expect("known rows are replaced");
        let record = &database.patient_records(&[patient_id(1)]).expect("readable")[0];
        assert_eq!(record.patient.version, 2);
        assert_eq!(record.vaccinations.len(), 2);
        assert_eq!(record.vaccinations[0].dose.lot_number.as_deref(), Some("LATER"));
    });
}

#[test]
fn a_removed_vaccination_is_gone() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        write(&mut lane, &new_person(1)).expect("a new person can be written");
        let removed = vaccination_event(1, 2);
        let removed_events = vec![(removed.patient_id, removed.id)];
        write(&mut lane, &Changes { removed_events, ..Changes::default() }).expect("an event can be removed");
        assert_eq!(database.vaccination_events(&[patient_id(1)]).expect("readable"), [vaccination_event(1, 3)]);
    });
}

#[test]
fn a_vaccination_is_shown_by_whichever_report_is_its_primary() {
    on_each_database(|database| {
        let mut lane = database.lane(0).expect("a lane opens");
        write(&mut lane, &new_person(1)).expect("a new person can be written");
        let events = || database.vaccination_events(&[patient_id(1)]).expect("readable");
        let [mut first, mut second] = [vaccination_report(1, 2), vaccination_report(1, 3)];

        // Both are found to report one vaccination, which the second shows.
        let gone = vaccination_event(1, 3);
        second.event_id = first.event_id;
        let shown = VaccinationEvent { primary_report_id: second.id, ..vaccination_event(1, 2) };
        let changes = Changes {
            vaccination_reports: vec![second.clone()],
            vaccination_events: vec![shown.clone()],
            removed_events: vec![(gone.patient_id, gone.id)],
            ..Changes::default()
        };
        write(&mut lane, &changes).expect("writable");
        assert_eq!(events(), std::slice::from_ref(&shown));

        // A change of a report that says nothing of the event leaves it as it is.
        first.dose.lot_number = None;
        let changes = Changes { vaccination_reports: vec![first.clone(), second.clone()], ..Changes::default() };
        write(&mut lane, &changes).expect("writable");
        assert_eq!(events(), [shown]);

        // The second goes back to a vaccination of its own; the first shows its own again.
        second.event_id = gone.id;
        let changes = Changes {
            vaccination_reports: vec![second],
            vaccination_events: vec![vaccination_event(1, 2), gone.clone()],
            ..Changes::default()
        };
        write(&mut lane, &changes).expect("writable");
        assert_eq!(events(), [vaccination_event(1, 2), gone]);

        // It joins a vaccination that another report goes on to show.
        let mut second = vaccination_report(1, 3);
        second.event_id = first.event_id;
        write(&mut lane, &Changes { vaccination_reports: vec![second], ..Changes::default() }).expect("writable");
        assert_eq!(events(), [vaccination_event(1, 2)]);
        assert_eq!(database.check_integrity().expect("readable"), Vec::<String>::new());
    });
}

#[test]
fn lanes_that_hold_one_bucket_take_turns() {
    on_each_database(|database| {
        const ROUNDS: u64 = 25;
        let mut lanes = [database.lane(0).expect("a lane opens"), database.lane(1).expect("a lane opens")];
        write(&mut lanes[0], &new_person(1)).expect("a new person can be written");
        let start = Barrier::new(2);
        std::thread::scope(|scope| {
            for lane in &mut lanes {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..ROUNDS {
                        lane.batch(&[40_000], |batch| raise_version(batch, patient_id(1)))
                            .expect("no other lane is past this one");
                    }
                });
            }
        });
        let records = database.patient_records(&[patient_id(1)]).expect("readable");
        assert_eq!(records[0].patient.version, 1 + 2 * ROUNDS.cast_signed());
    });
}

/// Reads a person and writes the next version: what two at once would get wrong.
fn raise_version(batch: &mut Batch<'_>, id: PatientId) -> Result<(), StoreError> {
    let changes = raised(batch, id)?;
    batch.write(&changes)
}

/// A person as they are read, in the next version.
fn raised(reading: &mut Reading<'_>, id: PatientId) -> Result<Changes, StoreError> {
    let mut patient = reading.patient_records(&[id])?.remove(0).patient;
    let expected_version = Some(patient.version);
    patient.version += 1;
    Ok(Changes { patients: vec![PatientChange { patient, expected_version }], ..Changes::default() })
}

#[test]
fn what_others_write_while_a_lane_decides_is_never_overwritten() {
    for place in places() {
        const ROUNDS: u64 = 25;
        let database = open(&place.url);
        database.migrate().expect("an empty database can be migrated");
        write(&mut database.lane(0).expect("a lane opens"), &new_person(1)).expect("a new person can be written");
        // Two lanes of this program, a reviewer's batch in it, and another program.
        let (first, second, reviewer) = (database.lane(0), database.lane(1), database.lane(1000));
        let other_program = Database::open(&place.url, &Options { node: "other".into(), ..Options::default() });
        let other_program = other_program.expect("the database opens");
        let start = Barrier::new(4);
        let repeat = |raise: &mut dyn FnMut() -> Result<(), StoreError>| {
            start.wait();
            for _ in 0..ROUNDS {
                while let Err(error) = raise() {
                    assert!(error.is_conflict() || error.is_transient(), "{error}");
                }
            }
        };
        std::thread::scope(|scope| {
            for lane in [first, second, other_program.lane(0)] {
                let mut lane = lane.expect("a lane opens");
                scope.spawn(move || {
                    repeat(&mut || lane.decide(&Claim::default(), |reading| Ok(((), raised(reading, patient_id(1))?))));
                });
            }
            let mut reviewer = reviewer.expect("a lane opens");
            scope.spawn(move || repeat(&mut || reviewer.batch(&[], |batch| raise_version(batch, patient_id(1)))));
        });
        let records = database.patient_records(&[patient_id(1)]).expect("readable");
        assert_eq!(records[0].patient.version, 1 + 4 * ROUNDS.cast_signed(), "on {}", place.url);
        assert_eq!(database.verify_audit_chains().expect("readable").faults, []);
    }
}

#[test]
fn on_sqlite_a_lane_decides_again_what_others_made_old() {
    let place = sqlite_place();
    let (database, other_program) = (open(&place.url), open(&place.url));
    database.migrate().expect("an empty database can be migrated");
    let mut lanes = [database.lane(0).expect("a lane opens"), database.lane(1).expect("a lane opens")];
    write(&mut lanes[0], &new_person(1)).expect("a new person can be written");
    let others: [&dyn Fn(); 2] =
        [&|| other_program.set_setting("written by", "another program").expect("writable"), &|| {
            database.set_setting("written by", "this program").expect("writable")
        }];
    assert_eq!(times_decided(&mut lanes, &|| ()), 1, "nobody else wrote");
    for other in others {
        assert_eq!(times_decided(&mut lanes, other), 2, "what was read is old");
        assert_eq!(times_decided(&mut lanes, &|| ()), 1, "once is enough");
    }
    assert_eq!(database.patient_records(&[patient_id(1)]).expect("readable")[0].patient.version, 6);
}

/// How often the second lane decides, when this happens between its reading and its writing. It reads while the first
/// lane works, because a lane that works alone does all in its turn.
fn times_decided([first, second]: &mut [Lane; 2], meanwhile: &dyn Fn()) -> u32 {
    let [first_holds, second_reads, second_may_write] = [(); 3].map(|()| Barrier::new(2));
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            first_holds.wait();
            let times = Cell::new(0);
            let decided = second.decide(&Claim::of(&[1]), |reading| {
                times.set(times.get() + 1);
                let changes = raised(reading, patient_id(1))?;
                if times.get() == 1 {
                    second_reads.wait();
                    second_may_write.wait();
                }
                Ok::<_, StoreError>(((), changes))
            });
            decided.expect("it is decided in the end");
            times.get()
        });
        let worked = first.decide(&Claim::of(&[2]), |_| {
            first_holds.wait();
            second_reads.wait();
            Ok::<_, StoreError>(((), Changes::default()))
        });
        worked.expect("the first lane has no trouble");
        meanwhile();
        second_may_write.wait();
        second.join().expect("the second lane ends well")
    })
}

#[test]
fn two_lanes_write_many_people_at_once_and_lose_none() {
    on_each_database(|database| {
        const PEOPLE: u64 = 60;
        std::thread::scope(|scope| {
            for lane in 0..2_u64 {
                scope.spawn(move || {
                    let mut connection = database.lane(usize::try_from(lane).expect("small")).expect("a lane opens");
                    for number in 0..PEOPLE {
                        write(&mut connection, &new_person(lane * 1000 + number)).expect("people can be written");
                    }
                });
            }
        });
        let ids: Vec<_> = (0..2_000).map(patient_id).collect();
        assert_eq!(database.patient_records(&ids).expect("readable").len() as u64, 2 * PEOPLE);
        let verification = database.verify_audit_chains().expect("readable");
        assert_eq!(verification.faults, []);
        let chains: Vec<_> = verification.chains.iter().map(|chain| (chain.name.as_str(), chain.line_count)).collect();
        assert_eq!(chains, [("main/0", PEOPLE), ("main/1", PEOPLE)]);
    });
}

#[test]
fn a_key_that_too_many_share_does_not_flood_the_reader() {
    on_each_database(|database| {
        let match_keys = (0..500).map(|number| (7, patient_id(number))).chain([(8, patient_id(1))]).collect();
        let mut lane = database.lane(0).expect("a lane opens");
        write(&mut lane, &Changes { match_keys, ..Changes::default() }).expect("writable");
        let found = lane.batch(&[], |batch| batch.patients_by_match_keys(&[7, 8, 9])).expect("readable");
        assert_eq!(found.iter().filter(|(key, _)| *key == 7).count(), 100);
        assert_eq!(found.iter().filter(|(key, _)| *key == 8).count(), 1);
    });
}
