//! Files of many organizations: whose turn it is, and for how long what was processed is kept.

use std::sync::atomic::{AtomicI64, Ordering};

use bluebonnet_registry::{Condition, ReceivedFilter, ReceivedKind};
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::{FileId, FileState, ReceivedFile};

use crate::files::{Exchanging, NewCode, clock, three};
use crate::house::*;

const ORGANIZATIONS: usize = 20;

/// A clock that is later whenever it is looked at.
fn rising_clock() -> Timestamp {
    static LOOKS: AtomicI64 = AtomicI64::new(0);
    clock() + SignedDuration::from_millis(LOOKS.fetch_add(1, Ordering::Relaxed))
}

fn as_stored(house: &House, id: &FileId) -> ReceivedFile {
    house.database.find_file(*id).expect("it can be read").expect("it is there")
}

#[test]
fn every_organization_has_its_turn_before_any_has_its_second() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let codes: Vec<String> = (10..10 + ORGANIZATIONS).map(|number| format!("TURN{number}")).collect();
        for code in &codes {
            NewCode::add(house, code, None);
        }
        // The first come with three files each before the last come with their only one.
        let (first, last) = codes.split_at(ORGANIZATIONS / 2);
        let message = vxu("F", &MARIA, "");
        let put = |code: &String, name: &str| {
            files.put(code, name, message.replace("|F|P", &format!("|{name}|P")).as_bytes())
        };
        let many: Vec<[FileId; 3]> = first.iter().map(|code| ["a", "b", "c"].map(|name| put(code, name))).collect();
        let only: Vec<FileId> = last.iter().map(|code| put(code, "a")).collect();
        // Of turns at the same time, none can be said to begin before another.
        files.another_by_single_turns(rising_clock).drain_once().await;
        let begun_at = |id: &FileId| as_stored(house, id).begun_at.expect("it was begun");
        let last_first = many.iter().map(|[first, ..]| first).chain(&only).map(begun_at).max();
        let first_second = many.iter().map(|[_, second, _]| begun_at(second)).min();
        assert!(last_first < first_second, "{last_first:?} {first_second:?}");
    });
}

/// A clock by which a minute passes between two looks.
fn hurrying_clock() -> Timestamp {
    static LOOKS: AtomicI64 = AtomicI64::new(0);
    clock() + SignedDuration::from_mins(LOOKS.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn a_large_file_makes_room_for_others_that_wait_and_goes_on_where_it_was() {
    const MESSAGES: usize = 800;
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        // Whose turn comes first among those who had none is by their ids.
        let mut organizations = ["CLINIC", "PHARMACY"].map(|code| (house.caller(code).organization_id, code));
        organizations.sort();
        let [(_, first), (_, second)] = organizations;
        let many: String = (0..MESSAGES).map(|number| vxu(&format!("F-{number}"), &MARIA, "")).collect();
        let large = files.put(first, "large.hl7", many.as_bytes());
        let small = files.put(second, "small.hl7", vxu("S-1", &MARIA, "").as_bytes());
        files.another_by_single_turns(hurrying_clock).drain_once().await;
        let (large, small) = (as_stored(house, &large), as_stored(house, &small));
        assert_eq!((large.state, small.state), (FileState::Complete, FileState::Complete));
        assert!(large.begun_at < small.begun_at && small.finished_at < large.finished_at, "{large:?} {small:?}");
        assert_eq!(large.counts.messages(), MESSAGES as u64);
        assert_eq!(house.rows("file_message"), MESSAGES as u64 + 1);
    });
}

#[test]
fn an_organizations_files_are_processed_one_after_another_also_by_two_processes() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let text = three();
        let ids: Vec<FileId> = (0..6)
            .map(|number| {
                files.put("CLINIC", &format!("{number}.hl7"), text.replace("|F-", &format!("|F-{number}-")).as_bytes())
            })
            .collect();
        let (one, other) = (files.another(rising_clock), files.another(rising_clock));
        // Whoever finds another at work rests, and looks again.
        while ids
            .iter()
            .any(|id| house.database.find_file(*id).expect("read").is_none_or(|file| !file.state.is_finished()))
        {
            tokio::join!(one.drain_once(), other.drain_once());
        }
        let processed: Vec<ReceivedFile> = ids.iter().map(|id| as_stored(house, id)).collect();
        for pair in processed.windows(2) {
            assert!(pair[0].finished_at < pair[1].begun_at, "{pair:?}");
        }
        assert!(processed.iter().all(|file| (file.state, file.run) == (FileState::Complete, 1)), "{processed:?}");
        assert_eq!(house.rows("file_message"), 18);
    });
}

#[test]
fn a_damaged_record_holds_up_no_other_file() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let put = |name: &str| {
            files.put("CLINIC", &format!("{name}.hl7"), three().replace("|F-", &format!("|{name}-")).as_bytes())
        };
        let ids = ["a", "b", "c", "d"].map(put);
        let folder = files.folder.path().join(house.caller("CLINIC").organization_id.to_string());
        let record = |place: &str, id: &FileId| folder.join(place).join(format!("{id}.json"));
        // One was begun, one waits; those between and behind them go on, in their order.
        std::fs::rename(record("waiting", &ids[0]), record("claimed", &ids[0])).expect("begun");
        let whole = std::fs::read(record("claimed", &ids[0])).expect("readable");
        for damaged in [record("claimed", &ids[0]), record("waiting", &ids[2])] {
            std::fs::write(damaged, &whole[..40]).expect("damaged");
        }
        let exchange = files.another(rising_clock);
        exchange.drain_once().await;
        assert_eq!([1, 3].map(|at| as_stored(house, &ids[at]).state), [FileState::Complete; 2]);
        assert!(as_stored(house, &ids[1]).finished_at < as_stored(house, &ids[3]).begun_at);
        let admission = house.admission();
        let filter = ReceivedFilter { kind: Some(ReceivedKind::File), ..ReceivedFilter::default() };
        let listed = exchange.received(&admission, &exchange.operator(None), &filter, 10);
        assert_eq!(listed.expect("the list can be read").len(), 2);
        let told = exchange.examine_files(&admission).expect("examined");
        assert_eq!(told.condition, Condition::NotWell);
        for id in [&ids[0], &ids[2]] {
            assert!(told.report.contains(&id.to_string()), "{told:?}");
        }
        // A file that begins as one whose record is damaged is a file as any other.
        let archived = record("archive", &ids[1]);
        let kept = std::fs::read(&archived).expect("readable");
        std::fs::write(&archived, &kept[..40]).expect("damaged");
        let text = three().replace("|F-", "|b-");
        let shorter = files.put("CLINIC", "e.hl7", &text.as_bytes()[..text.len() - 1]);
        exchange.drain_once().await;
        assert_eq!(as_stored(house, &shorter).state, FileState::Complete);
        // Nothing was removed: with its record back, the file is processed.
        std::fs::write(record("claimed", &ids[0]), &whole).expect("mended");
        exchange.drain_once().await;
        assert_eq!(as_stored(house, &ids[0]).state, FileState::Complete);
        assert!(record("waiting", &ids[2]).exists() && folder.join("content").join(ids[2].to_string()).exists());
    });
}

#[test]
fn processed_files_are_kept_as_long_as_the_profile_allows() {
    fn eight_days_later() -> Timestamp {
        clock() + 192.hours()
    }
    fn after_a_month() -> Timestamp {
        clock() + 800.hours()
    }
    for (profile, is_kept) in [(texas(), false), (example(), true)] {
        on_each_database(&profile, async |house| {
            let files = Exchanging::new(house);
            let received = files.process("CLINIC", "march.hl7", three().as_bytes()).await;
            let organization = files.folder.path().join(received.organization_id.to_string());
            for record in std::fs::read_dir(organization.join("archive")).expect("it is listed") {
                let record = std::fs::File::open(record.expect("an entry").path()).expect("it is opened");
                record.set_modified(clock().into()).expect("its time is set");
            }
            let is_there = || files.exchange.spool().find(received.organization_id, FileId(received.receipt)).is_ok();
            assert!(is_there());
            files.another(eight_days_later).drain_once().await;
            assert_eq!(is_there(), is_kept, "after eight days");
            files.another(after_a_month).drain_once().await;
            assert!(!is_there(), "after a month");
            assert_eq!(
                files.find(FileId(received.receipt)).counts,
                received.counts,
                "what became of it is still known"
            );
        });
    }
}
