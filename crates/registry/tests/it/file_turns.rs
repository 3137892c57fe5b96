//! Files of many organizations: whose turn it is, and for how long what was processed is kept.

use std::sync::atomic::{AtomicI64, Ordering};

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
