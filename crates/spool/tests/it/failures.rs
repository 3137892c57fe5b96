//! Full disks, failing disks, processes that die.

use super::*;

#[test]
fn each_failure_on_the_way_leaves_the_file_taken_whole_or_not_at_all() {
    // Of the two times that an fsync and a rename are passed, the second is the record's.
    let cases = ["write:error", "fsync:error", "fsync:error:2", "rename:error", "rename:error:2"];
    for failure in cases {
        let house = House::with(limits(), failure);
        assert!(house.put("a.hl7", "MSH|1\r", 1).is_err(), "{failure}");
        assert!(house.waiting().is_empty(), "{failure}: refused is not taken");
        let house = house.start_again();
        assert!(house.waiting().is_empty(), "{failure}: also after a crash");
        let record = house.put("a.hl7", "MSH|1\r", 2).expect("the next try is taken");
        assert_eq!(house.text_of(&record), "MSH|1\r");
        assert_eq!(house.waiting(), [record]);
    }
    let control = House::with(limits(), "fsync:error:3");
    assert!(control.put("a.hl7", "MSH|1\r", 1).is_ok(), "without the failure it is taken");
}

#[test]
fn an_unconfirmed_file_is_thrown_away_and_a_full_disk_keeps_what_is_there() {
    let house = House::with(limits(), "fsync:error");
    assert!(matches!(house.put("a", "MSH|1", 1), Err(SpoolError::NotDurable { .. })));
    assert!(house.spool.partials(&owner()).expect("listed").is_empty());

    let house = House::with(Limits { disk_reserve_bytes: u64::MAX, ..limits() }, "");
    assert!(matches!(house.put("a", "MSH|1", 1), Err(SpoolError::DiskFull)));

    let house = House::with(Limits { organization_files: 2, organization_bytes: 10, ..limits() }, "");
    let kept = house.put("a", "MSH|1", 1).expect("taken");
    assert!(matches!(house.put("b", "MSH|12345", 2), Err(SpoolError::TooManyBytes { limit: 10 })));
    house.spool.discard(&owner(), "b").expect("thrown away");
    house.put("b", "MSH", 2).expect("taken");
    let refused = house.put("c", "", 3).expect_err("two wait already");
    assert!(refused.is_for_lack_of_room() && refused.to_string().contains("2 files wait"), "{refused}");
    assert_eq!(house.text_of(&kept), "MSH|1");
    let house = House::with(Limits { file_bytes: 3, ..limits() }, "");
    assert!(matches!(house.put("a", "MSH|", 1), Err(SpoolError::TooLarge { limit: 3 })));
}

#[test]
fn what_a_crash_left_half_is_removed_and_what_was_taken_stays() {
    let house = House::new();
    let kept = house.put("a", "MSH|1", 1).expect("taken");
    let organization = house.folder.path().join(organization().to_string());
    std::fs::write(organization.join("content").join("00ff"), "no record").expect("written");
    std::fs::write(organization.join("new").join("half.json"), "{").expect("written");
    let house = house.start_again();
    assert_eq!(std::fs::read_dir(organization.join("content")).expect("listed").count(), 1);
    assert_eq!(std::fs::read_dir(organization.join("new")).expect("listed").count(), 0);
    assert_eq!(house.waiting(), [kept]);
}

#[test]
fn a_second_process_does_not_mend_what_the_first_has_on_its_way() {
    let house = House::new();
    house.put("a", "MSH|1", 1).expect("taken");
    let organization = house.folder.path().join(organization().to_string());
    std::fs::write(organization.join("new").join("half.json"), "{").expect("written");
    let second = open(house.folder.path(), limits(), "");
    assert_eq!(std::fs::read_dir(organization.join("new")).expect("listed").count(), 1);
    let upload = house.spool.begin(&owner(), "b", Opening::Fresh).expect("begun");
    assert!(matches!(second.begin(&owner(), "b", Opening::Resume), Err(SpoolError::Busy { .. })));
    drop(upload);
    assert!(second.begin(&owner(), "b", Opening::Resume).is_ok());
}

#[test]
fn root_is_refused_the_spool_of_another_user_before_it_puts_anything_there() {
    let folder = tempfile::tempdir().expect("a folder");
    if std::os::unix::fs::chown(folder.path(), Some(4_321), None).is_err() {
        println!("skipped: only root can give a folder to another user");
        return;
    }
    let refused = Spool::open(folder.path(), limits(), Faults::default(), now(0));
    assert!(matches!(refused, Err(SpoolError::NotOurs { owner: 4_321, .. })), "{refused:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 0);
}
