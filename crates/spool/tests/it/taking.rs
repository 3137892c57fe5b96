//! What a door does with the spool.

use super::*;

#[test]
fn a_finished_file_waits_in_order_of_arrival_and_passes_through_its_states() {
    let house = House::new();
    house.put("b.hl7", "MSH|2\r", 2).expect("taken");
    let first = house.put("a.hl7", "MSH|1\rPID|1\rMSH|1\r", 1).expect("taken");
    assert_eq!((first.size, first.message_count), (18, 2));
    assert_eq!(first.content_hash.len(), 64);
    let waiting = house.waiting();
    assert_eq!(waiting.iter().map(|record| record.name.as_str()).collect::<Vec<_>>(), ["a.hl7", "b.hl7"]);
    assert_eq!(house.text_of(&waiting[0]), "MSH|1\rPID|1\rMSH|1\r");
    assert!(house.spool.partials(&owner()).expect("listed").is_empty());

    let claim = house.spool.claim(organization()).expect("asked").expect("nobody has it");
    assert!(house.spool.claim(organization()).expect("asked").is_none(), "one at a time");
    house.spool.begin_processing(&claim, &first).expect("claimed");
    house.spool.begin_processing(&claim, &first).expect("claimed already");
    assert_eq!(house.spool.find(organization(), first.id).expect("found").1, RecordState::Claimed);
    house.spool.archive(&claim, &first).expect("archived");
    assert_eq!(house.spool.find(organization(), first.id).expect("found").1, RecordState::Archived);
    house.spool.process_again(&first).expect("taken out again");
    assert_eq!(house.waiting().len(), 2);
    drop(claim);
    assert!(house.spool.claim(organization()).expect("asked").is_some());
}

#[test]
fn an_upload_that_was_cut_off_is_resumed_where_it_ended() {
    let house = House::new();
    let upload = house.spool.begin(&owner(), "a.hl7", Opening::Fresh).expect("begun");
    upload.write_at(b"MSH|", 0).expect("written");
    let house = {
        drop(upload);
        house.start_again()
    };
    let [partial] = &house.spool.partials(&owner()).expect("listed")[..] else { panic!("one partial") };
    assert_eq!((partial.name.as_str(), partial.size), ("a.hl7", 4));
    assert!(house.waiting().is_empty());
    let upload = house.spool.begin(&owner(), "a.hl7", Opening::Resume).expect("resumed");
    upload.write_at(b"1\r", upload.size().expect("a size")).expect("written");
    let record = house.finish("a.hl7", 1).expect("taken");
    assert_eq!(house.text_of(&record), "MSH|1\r");
}

#[test]
fn writes_come_in_any_order_and_the_newest_handle_writes() {
    let house = House::new();
    let first = house.spool.begin(&owner(), "a", Opening::Fresh).expect("begun");
    first.write_at(b"cd", 2).expect("written");
    first.write_at(b"ab", 0).expect("written");
    let second = house.spool.begin(&owner(), "a", Opening::Resume).expect("begun again");
    assert!(matches!(first.write_at(b"x", 0), Err(SpoolError::Superseded { .. })));
    second.write_at(b"ef", 4).expect("written");
    second.set_size(5).expect("cut");
    let other = house.spool.begin(&owner(), "b", Opening::Fresh).expect("another file");
    other.write_at(b"b", 0).expect("written");
    let record = house.finish("a", 1).expect("taken");
    for late in [&first, &second] {
        assert!(matches!(late.write_at(b"x", 0), Err(SpoolError::Superseded { .. })), "a taken file does not change");
    }
    assert_eq!(house.text_of(&record), "abcde");
    assert_eq!(house.spool.partials(&owner()).expect("listed").len(), 1);
}

#[test]
fn only_the_handle_that_writes_a_file_finishes_it_or_throws_it_away() {
    let house = House::new();
    let begin = |opening| house.spool.begin(&owner(), "a", opening).expect("begun");
    let (first, second) = (begin(Opening::Fresh), begin(Opening::Resume));
    let third = begin(Opening::Resume);
    third.write_at(b"whole", 0).expect("written");
    assert!(matches!(first.finish(&finished("a", 1)), Err(SpoolError::Superseded { .. })));
    assert!(matches!(second.discard(), Err(SpoolError::Superseded { .. })));
    let record = third.finish(&finished("a", 2)).expect("taken");
    assert_eq!(house.text_of(&record), "whole");
    assert_eq!(house.waiting().len(), 1);

    let stale = begin(Opening::Fresh);
    stale.write_at(b"x", 0).expect("written");
    house.finish("a", 3).expect("taken by its name");
    let again = begin(Opening::Fresh);
    again.write_at(b"y", 0).expect("written");
    assert!(matches!(stale.finish(&finished("a", 4)), Err(SpoolError::Superseded { .. })), "it was another file");
    assert_eq!(house.waiting().len(), 2);
}

#[test]
fn a_file_is_unfinished_or_taken_at_every_instant() {
    let house = House::new();
    for number in 0..100 {
        let name = format!("{number}.hl7");
        let upload = house.spool.begin(&owner(), &name, Opening::Fresh).expect("begun");
        upload.write_at(b"MSH|1", 0).expect("written");
        std::thread::scope(|scope| {
            let taken = scope.spawn(|| upload.finish(&finished(&name, number)).expect("taken"));
            while !taken.is_finished() {
                let is_listed = house.spool.partials(&owner()).expect("listed").iter().any(|part| part.name == name);
                assert!(is_listed || house.waiting().iter().any(|record| record.name == name), "{name} is in no list");
                let is_unfinished = house.spool.partial(&owner(), &name).is_ok();
                assert!(is_unfinished || house.waiting().iter().any(|record| record.name == name), "{name} is nowhere");
            }
        });
    }
}

#[test]
fn whoever_begins_a_file_that_is_being_taken_begins_another_one() {
    let house = House::new();
    for number in 0..100 {
        let upload = house.spool.begin(&owner(), "a", Opening::Fresh).expect("begun");
        upload.write_at(b"first", 0).expect("written");
        let (record, next) = std::thread::scope(|scope| {
            let taken = scope.spawn(|| house.finish("a", number).expect("taken"));
            let next = scope.spawn(|| house.spool.begin(&owner(), "a", Opening::Fresh).expect("begun"));
            (taken.join().expect("no panic"), next.join().expect("no panic"))
        });
        // Begun before it was taken, the new upload was taken empty and cannot be written; begun after it, it can.
        let text = house.text_of(&record);
        match next.write_at(b"second", 0) {
            Ok(()) => assert_eq!(text, "first", "{number}"),
            Err(SpoolError::Superseded { .. }) => assert_eq!(text, "", "{number}"),
            Err(error) => panic!("{number}: {error}"),
        }
        drop(next);
        let _ = house.spool.discard(&owner(), "a");
    }
}

#[test]
fn a_temporary_name_becomes_the_real_one() {
    let house = House::new();
    let upload = house.spool.begin(&owner(), "a.hl7.filepart", Opening::Fresh).expect("begun");
    upload.write_at(b"MSH|1", 0).expect("written");
    drop(upload);
    house.spool.rename_partial(&owner(), "a.hl7.filepart", "b.part").expect("renamed");
    let record = house.spool.finish(&owner(), &Finished { uploaded_as: "b.part", ..finished("b.hl7", 1) });
    assert_eq!(record.expect("taken").name, "b.hl7");
    assert!(matches!(house.finish("b.hl7", 2), Err(SpoolError::Missing { .. })));
    assert!(matches!(house.spool.discard(&owner(), "b.hl7"), Err(SpoolError::Missing { .. })));
}

#[test]
fn accounts_and_organizations_do_not_see_each_other() {
    let house = House::new();
    drop(house.spool.begin(&owner(), "a", Opening::Fresh).expect("begun"));
    let others = [
        Owner { account: "../clinic@example.org".into(), ..owner() },
        Owner { account: "clinic".into(), ..owner() },
        Owner { organization_id: OrganizationId(Uuid::from_u128(8)), ..owner() },
    ];
    for other in others {
        assert!(house.spool.partials(&other).expect("listed").is_empty());
        assert!(matches!(house.spool.discard(&other, "a"), Err(SpoolError::Missing { .. })));
    }
    for name in ["../a", "..", "", "a\0"] {
        assert!(matches!(house.spool.begin(&owner(), name, Opening::Fresh), Err(SpoolError::NameInvalid { .. })));
    }
}

#[test]
fn what_was_kept_long_enough_is_removed() {
    let house = House::new();
    let records = [house.put("a", "MSH|1", 1).expect("taken"), house.put("d", "MSH|3", 3).expect("taken")];
    let claim = house.spool.claim(organization()).expect("asked").expect("free");
    for record in &records {
        house.spool.begin_processing(&claim, record).expect("claimed");
        house.spool.archive(&claim, record).expect("archived");
    }
    let archive = house.folder.path().join(organization().to_string()).join("archive");
    std::fs::write(archive.join(format!("{}.json", records[0].id)), "{").expect("damaged");
    house.put("b", "MSH|2", 2).expect("taken");
    drop(house.spool.begin(&owner(), "c", Opening::Fresh).expect("begun"));
    house.spool.put_into_outbox(organization(), "r", |_| Ok(())).expect("put");
    let removed = house.spool.remove_expired(organization(), 30, now(0)).expect("looked");
    assert_eq!(removed, spool::Retention::default());
    let late = Timestamp::MAX;
    let removed = house.spool.remove_expired(organization(), 30, late).expect("removed");
    assert_eq!(removed, spool::Retention { partials: 1, results: 1, archived: 2 });
    assert_eq!(std::fs::read_dir(archive).expect("listed").count(), 0, "a damaged record goes, too");
    assert_eq!(house.waiting().len(), 1, "what waits is never removed");
}

#[test]
fn a_damaged_record_is_set_aside_and_nothing_of_it_is_lost() {
    let house = House::new();
    let records =
        ["a.hl7", "b.hl7", "c.hl7"].map(|name| house.put(name, "MSH|1\r", name.as_bytes()[0].into()).expect("taken"));
    let folder = house.folder.path().join(organization().to_string());
    let path = |place: &str, record: &Record| folder.join(place).join(format!("{}.json", record.id));
    let claim = house.spool.claim(organization()).expect("asked").expect("nobody has it");
    house.spool.begin_processing(&claim, &records[0]).expect("claimed");
    let whole = std::fs::read_to_string(path("claimed", &records[0])).expect("readable");
    // Torn in the middle, empty, and the record of another file.
    let other = std::fs::read_to_string(path("waiting", &records[2])).expect("readable");
    let cases = [&whole[..whole.len() / 2], "", &other];
    for damaged in cases {
        std::fs::write(path("claimed", &records[0]), damaged).expect("damaged");
        std::fs::write(path("waiting", &records[1]), damaged).expect("damaged");
        let on_the_way = house.spool.on_the_way(organization()).expect("the others are read");
        assert_eq!(on_the_way, records[2..], "{damaged:?}");
        assert_eq!(house.waiting(), records[2..], "{damaged:?}");
        let each = house.spool.on_the_way_each(organization()).expect("listed");
        let aside: Vec<String> = each.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
        assert_eq!(aside.len(), 2, "{aside:?}");
        for (record, told) in records.iter().zip(&aside) {
            assert!(told.contains(&record.id.to_string()) && !told.contains("account"), "{told}");
        }
    }
    drop(claim);
    let house = house.start_again();
    assert_eq!(std::fs::read(folder.join("content").join(records[0].id.to_string())).expect("kept"), b"MSH|1\r");
    std::fs::write(path("claimed", &records[0]), whole).expect("mended");
    assert_eq!(house.spool.on_the_way(organization()).expect("read")[0], records[0]);
}
