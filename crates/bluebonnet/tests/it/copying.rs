//! A registry moves from one database to another.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::messages::batch;
use crate::program::{Home, ran};

#[test]
fn a_registry_moves_from_sqlite_to_postgresql_and_back() {
    let (first, last) = (Home::on_sqlite(), Home::on_sqlite());
    first.settle();
    first.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(30, "copy-"));
    let rows = |home: &Home| home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"].clone();
    let Some(middle) = Home::on_postgres() else {
        first.run(&["copy", "--from", &first.url(), "--to", &last.url()]).expect(0);
        assert_eq!(rows(&first), rows(&last));
        return;
    };
    first.run(&["copy", "--from", &first.url(), "--to", &middle.url()]).expect(0);
    middle.run(&["copy", "--from", &middle.url(), "--to", &last.url()]).expect(0);
    assert_eq!(rows(&first), rows(&last));
    let again = first.run(&["copy", "--from", &first.url(), "--to", &last.url()]).expect(1);
    assert!(again.errors.contains("not empty"), "{again:?}");
    let listed = last.run(&["organization", "list", "--json"]).expect(0).json();
    assert_eq!(listed[0]["code"], "LAKE2000");
}

#[test]
fn what_a_copy_that_broke_off_left_is_worked_with_by_nobody() {
    let home = Home::on_sqlite();
    home.settle();
    let broken = Home::on_sqlite();
    broken.settle();
    // The mark that the copy takes away at its end.
    let connection = rusqlite::Connection::open(broken.path("registry.db")).expect("it is a database");
    let mark = "INSERT INTO setting (key, value) VALUES ('copy/unfinished', 'elsewhere.db')";
    assert_eq!(connection.execute(mark, []).expect("it is a statement"), 1);
    drop(connection);
    let from_home = ["copy", "--from", &home.url(), "--to", &broken.url()];
    for arguments in [&["serve", "--http", "127.0.0.1:0"][..], &["doctor"], &["organization", "list"], &from_home] {
        let refused = broken.run(arguments).expect(1);
        assert!(refused.errors.contains("a copy of elsewhere.db into it goes on, or broke off"), "{refused:?}");
    }
    let tested = home.run(&["backup", "test", &broken.url()]).expect(1);
    assert!(tested.output.contains("NOT WELL") && tested.output.contains("copy again"), "{tested:?}");
}

#[test]
fn a_copy_of_a_served_postgresql_is_refused() {
    let Some(home) = Home::on_postgres() else { return };
    home.settle();
    let (server, copied) = (home.serve(&[]), home.path("copied.db"));
    let refused = home.run(&["copy", "--from", &home.url(), "--to", &copied]).expect(1);
    assert!(refused.errors.contains("a program works on") && refused.errors.contains("backup make"), "{refused:?}");
    assert!(!Path::new(&copied).exists());
    assert_eq!(server.stop(), 0);
    home.run(&["copy", "--from", &home.url(), "--to", &copied]).expect(0);
    // A server that was killed works on nothing any more.
    home.serve(&[]).kill();
    home.run(&["copy", "--from", &home.url(), "--to", &home.path("again.db")]).expect(0);
}

#[test]
fn a_copy_of_what_a_program_works_on_is_refused() {
    let home = Home::on_sqlite();
    home.settle();
    let (server, copied) = (home.serve(&[]), home.path("copied.db"));
    let refused = home.run(&["copy", "--from", &home.url(), "--to", &copied]).expect(1);
    assert!(refused.errors.contains("a program works on") && refused.errors.contains("backup make"), "{refused:?}");
    assert!(!Path::new(&copied).exists());
    let backup = home.path("backup.db");
    home.run(&["backup", "make", &backup]).expect(0);
    home.run(&["copy", "--from", &backup, "--to", &copied]).expect(0);
    assert_eq!(server.stop(), 0);
    // What a server that was killed has left in the log is copied, too.
    let killed = home.serve(&[]);
    home.add_account("latest");
    killed.kill();
    let last = home.path("last.db");
    home.run(&["copy", "--from", &home.url(), "--to", &last]).expect(0);
    let listed = home.run(&["account", "list", "--database", &last]).expect(0);
    assert!(listed.output.contains("latest"), "{listed:?}");
}

#[test]
fn a_copy_changes_nothing_where_its_source_stands() {
    let home = Home::on_sqlite();
    home.settle();
    let folder = home.path("medium");
    std::fs::create_dir(&folder).expect("a folder can be made");
    let backup = format!("{folder}/backup.db");
    home.run(&["backup", "make", &backup]).expect(0);
    // Whoever opens a file to write in it makes others beside it, which cannot be where nothing may be written.
    let changed = |path: &str| std::fs::metadata(path).and_then(|found| found.modified()).expect("it is there");
    let (folder_before, bytes) = (changed(&folder), std::fs::read(&backup).expect("readable"));
    home.run(&["copy", "--from", &backup, "--to", &home.path("copied.db")]).expect(0);
    assert!(std::fs::read(&backup).expect("readable") == bytes, "the file is as it was");
    assert_eq!(changed(&folder), folder_before);
}

#[test]
fn a_copy_fails_when_a_program_began_to_work_on_its_source_meanwhile() {
    let (home, copied) = (Home::on_sqlite(), Home::on_sqlite());
    home.settle();
    copied.run(&["migrate"]).expect(0);
    // The copy waits until it may write, and by then somebody works on what it copies.
    let target = rusqlite::Connection::open(copied.path("registry.db")).expect("it is a database");
    target.execute_batch("BEGIN IMMEDIATE").expect("nobody writes");
    let mut copy = home.command(&["copy", "--from", &home.url(), "--to", &copied.url()]);
    let copy = copy.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let opened = PathBuf::from(format!("/proc/{}/fd", copy.id()));
    let has_target = || {
        let handles = std::fs::read_dir(&opened).into_iter().flatten().flatten();
        handles.filter_map(|handle| std::fs::read_link(handle.path()).ok()).any(|file| file == Path::new(&copied.url()))
    };
    while !has_target() {
        std::thread::yield_now();
    }
    let working = rusqlite::Connection::open(home.path("registry.db")).expect("it is a database");
    working.query_row("SELECT COUNT(*) FROM patient", [], |_| Ok(())).expect("it can be counted");
    drop(target);
    let failed = ran(copy.wait_with_output().expect("it ends"));
    assert_eq!(failed.code, 1, "{failed:?}");
    assert!(failed.errors.contains("a program works on"), "{failed:?}");
    drop(working);
    home.run(&["copy", "--from", &home.url(), "--to", &home.path("again.db")]).expect(0);
}
