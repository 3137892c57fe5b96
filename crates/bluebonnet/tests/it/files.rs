//! Files at the command line: what is refused, and what a maintenance window holds.

use crate::messages::vxu;
use crate::program::Home;

#[test]
fn an_empty_file_is_refused_and_nothing_of_it_is_taken() {
    let home = Home::on_sqlite();
    home.settle();
    let empty = home.path("empty.hl7");
    std::fs::write(&empty, b"").expect("the file can be written");
    let refused = home.run(&["file", "put", &empty, "--organization", "LAKE2000"]).expect(1);
    assert!(refused.errors.contains("empty.hl7 is empty and was not taken"), "{refused:?}");
    assert!(refused.output.is_empty(), "{refused:?}");
    home.run(&["file", "process"]).expect(0);
    assert_eq!(home.run(&["file", "list", "--json"]).expect(0).json().as_array().map(Vec::len), Some(0));
}

#[test]
fn files_that_a_window_holds_are_told_and_processed_afterwards() {
    let home = Home::on_sqlite();
    home.settle();
    let number = home.plan_emergency(&[]);
    home.run(&["maintenance", "announce", &number]).expect(0);
    // Nothing waits, so that nothing is held.
    home.run(&["file", "process"]).expect(0);
    let file = home.path("march.hl7");
    std::fs::write(&file, vxu("f-1")).expect("the file can be written");
    home.run(&["file", "put", &file, "--organization", "LAKE2000"]).expect(0);
    let held = home.run(&["file", "process"]).expect(1);
    assert!(held.errors.contains(&format!("the maintenance window {number} holds 1 file: ")), "{held:?}");
    home.run(&["maintenance", "complete", &number]).expect(0);
    assert_eq!(home.run(&["file", "process"]).expect(0).errors, "");
    let listed = home.run(&["file", "list", "--only", "file", "--json"]).expect(0).json();
    assert_eq!(listed[0]["counts"]["accepted"], 1, "{listed}");
}

#[test]
fn a_download_replaces_no_file() {
    let home = Home::on_sqlite();
    home.settle();
    let (file, there) = (home.path("march.hl7"), home.path("there.hl7"));
    std::fs::write(&file, vxu("f-1")).expect("the file can be written");
    std::fs::write(&there, "mine").expect("the file can be written");
    home.run(&["file", "put", &file, "--organization", "LAKE2000"]).expect(0);
    home.run(&["file", "process"]).expect(0);
    let listed = home.run(&["file", "list", "--only", "file", "--json"]).expect(0).json();
    let receipt = listed[0]["receipt"].as_str().expect("a receipt").to_owned();
    let refused = home.run(&["file", "download", &receipt, "--output", &there]).expect(1);
    assert!(refused.errors.contains("is there already"), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&there).expect("readable"), "mine");
    let new = home.path("new.hl7");
    home.run(&["file", "download", &receipt, "--output", &new]).expect(0);
    assert_eq!(std::fs::read(&new).expect("readable"), std::fs::read(&file).expect("readable"));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&new).expect("it is there").permissions());
    assert_eq!(mode & 0o077, 0, "people's records are for their owner alone");
}
