//! A backup is put in the place of a registry: whatever breaks off, nothing is lost and nobody begins beneath it.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use crate::backups::backed_up;
use crate::messages::batch;
use crate::program::{Home, Ran, Server, ran};

/// Somebody who is not root.
const USER: u32 = 4_321;

/// A registry whose program was killed: its newest commits stand in the log beside the file.
fn crashed(home: &Home) -> (Home, i64) {
    let open = rusqlite::Connection::open(home.path("registry.db")).expect("it is a database");
    count_people(&open);
    home.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(30, "later-"));
    let crashed = Home::on_sqlite();
    for name in ["registry.db", "registry.db-wal"] {
        std::fs::copy(home.path(name), crashed.path(name)).expect("it can be copied");
    }
    (crashed, count_people(&open))
}

fn count_people(connection: &rusqlite::Connection) -> i64 {
    connection.query_row("SELECT COUNT(*) FROM patient", [], |row| row.get(0)).expect("it can be counted")
}

fn people(home: &Home) -> i64 {
    let told = home.run(&["doctor", "--json"]).expect(0).json();
    told["database"]["rows"]["patient"].as_i64().expect("a number")
}

/// What was kept beside the registry's file: the database files in the folders named so.
fn kept(home: &Home) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(home.folder.path()).expect("readable").map(|entry| entry.expect("readable").path());
    folders.map(|folder| folder.join("registry.db")).filter(|file| file.is_file()).collect()
}

/// Runs a restore that ends by itself at a step, as if the power had gone.
fn broken_off(home: &Home, file: &str, step: &str) -> Ran {
    let mut command = home.command(&["backup", "restore", file]);
    ran(command.env("BLUEBONNET_FAILPOINT", step).output().expect("it starts"))
}

#[test]
fn a_restore_that_breaks_off_anywhere_is_ended_by_the_next_and_loses_nothing() {
    let (home, file) = backed_up();
    let in_backup = people(&home);
    let (crashed, acknowledged) = crashed(&home);
    let mut broken_off_count = 0;
    for step in ["fsync:abort:1".to_owned()].into_iter().chain((1..).map(|number| format!("rename:abort:{number}"))) {
        let again = Home::on_sqlite();
        for name in ["registry.db", "registry.db-wal"] {
            std::fs::copy(crashed.path(name), again.path(name)).expect("it can be copied");
        }
        let ended = broken_off(&again, &file, &step);
        if ended.code == 0 {
            break;
        }
        broken_off_count += 1;
        if Path::new(&again.path("registry.db.restoring")).exists() {
            for command in [&["doctor"][..], &["migrate"], &["serve", "--http", "127.0.0.1:0"], &["schedule", "list"]] {
                let refused = again.run(command).expect(1);
                assert!(refused.errors.contains("`bluebonnet backup restore`"), "{step}: {refused:?}");
            }
            again.run(&["backup", "restore", &file]).expect(0);
        }
        assert_eq!(people(&again), in_backup, "{step}");
        assert!(!Path::new(&again.path("registry.db.restoring")).exists(), "{step}");
        let kept = kept(&again);
        let counts = kept.iter().map(|kept| count_people(&rusqlite::Connection::open(kept).expect("it is a database")));
        assert!(counts.max() == Some(acknowledged), "{step}: what was acknowledged is in one of {kept:?}");
    }
    assert!(broken_off_count >= 5, "each step was tried: {broken_off_count}");
}

#[test]
fn a_restore_that_broke_off_can_be_called_off() {
    let (home, file) = backed_up();
    let broken = home.path("broken.db");
    std::fs::write(&broken, "no database").expect("writable");
    let (crashed, acknowledged) = crashed(&home);
    for call_off in [&broken, &home.path("nowhere.db")] {
        let again = Home::on_sqlite();
        for name in ["registry.db", "registry.db-wal"] {
            std::fs::copy(crashed.path(name), again.path(name)).expect("it can be copied");
        }
        assert_ne!(broken_off(&again, &file, "rename:abort:2").code, 0);
        // What SQLite leaves beside a copy that a crash found it writing to.
        std::fs::write(again.path("registry.db.restoring/restored.db-journal"), "").expect("writable");
        let refused = again.run(&["doctor"]).expect(1);
        assert!(refused.errors.contains("a FILE that is not there"), "{refused:?}");
        let called_off = again.run(&["backup", "restore", call_off]).expect(1);
        assert!(called_off.errors.contains("broke off is ended"), "{called_off:?}");
        assert!(!Path::new(&again.path("registry.db.restoring")).exists());
        assert_eq!(people(&again), acknowledged, "what was there is back");
    }
}

#[test]
fn a_restore_that_fails_leaves_everything_as_it_was() {
    let (home, file) = backed_up();
    let (crashed, _) = crashed(&home);
    let names = |home: &Home| {
        let entries = std::fs::read_dir(home.folder.path()).expect("readable");
        let mut names: Vec<_> = entries.map(|entry| entry.expect("readable").file_name()).collect();
        names.sort();
        names
    };
    let before = (names(&crashed), std::fs::read(crashed.path("registry.db-wal")).expect("readable"));
    for step in ["fsync:full", "rename:error:1", "rename:error:2"] {
        let failed = broken_off(&crashed, &file, step);
        assert_eq!(failed.code, 3, "{step}: {failed:?}");
        let after = (names(&crashed), std::fs::read(crashed.path("registry.db-wal")).expect("readable"));
        assert!(after == before, "{step}: {:?}", after.0);
    }
}

#[test]
fn a_registry_that_stands_elsewhere_is_found_while_it_is_restored() {
    let (home, file) = backed_up();
    let elsewhere = Home::on_sqlite();
    std::fs::rename(home.path("registry.db"), elsewhere.path("registry.db")).expect("it can be moved");
    std::os::unix::fs::symlink(elsewhere.path("registry.db"), home.path("registry.db")).expect("a link can be made");
    // The log goes first, the file second.
    assert_ne!(broken_off(&home, &file, "rename:abort:2").code, 0);
    assert!(!Path::new(&elsewhere.path("registry.db")).exists(), "it broke off in between");
    home.run(&["doctor"]).expect(1);
    home.run(&["backup", "restore", &file]).expect(0);
    assert!(Path::new(&home.path("registry.db")).is_symlink() && Path::new(&elsewhere.path("registry.db")).exists());
    home.run(&["doctor"]).expect(0);
}

/// Gives a folder and all in it to [`USER`]; `false`, after saying so, where that cannot be. With `CI=true` in the
/// environment that is a failure.
fn give(home: &Home) -> bool {
    let mut all = vec![home.folder.path().to_owned()];
    while let Some(path) = all.pop() {
        if chown(&path, Some(USER), Some(USER)).is_err() {
            let reason = "only root can give files to another user, and the tests run as somebody else";
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{reason}, but CI needs it");
            println!("skipped: {reason}");
            return false;
        }
        if path.is_dir() {
            all.extend(std::fs::read_dir(&path).expect("readable").map(|entry| entry.expect("readable").path()));
        }
    }
    true
}

/// Whose all is in a folder, at any depth.
fn owners(folder: &Path) -> Vec<(PathBuf, u32, u32)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let found = std::fs::symlink_metadata(&path).expect("it is there");
        if found.is_dir() {
            all.extend(owners(&path));
        }
        all.push((path, found.uid(), found.gid()));
    }
    all
}

fn run_as_user(home: &Home, arguments: &[&str]) -> Ran {
    ran(home.command(arguments).uid(USER).gid(USER).output().expect("it starts"))
}

#[test]
fn what_root_makes_in_the_folder_of_a_server_is_the_servers() {
    let (home, file) = backed_up();
    let number = home.plan_emergency(&[]);
    home.run(&["maintenance", "announce", &number]).expect(0);
    if !give(&home) {
        return;
    }
    std::fs::set_permissions(home.path("registry.db"), PermissionsExt::from_mode(0o640)).expect("it is ours");
    // An order given elsewhere is news here.
    let elsewhere = Home::on_sqlite();
    let database = home.path("registry.db");
    elsewhere.run(&["maintenance", "verify", &number, "--database", &database]).expect(0);
    home.run(&["doctor"]).expect(0);
    home.run(&["backup", "restore", &file]).expect(0);
    let mistaken = home.run(&["serve", "--http", "127.0.0.1:0"]);
    assert!(mistaken.code != 0 && mistaken.errors.contains("run it as that user"), "{mistaken:?}");
    let rights = std::fs::metadata(home.path("registry.db")).expect("it is there").permissions();
    assert_eq!(rights.mode() & 0o777, 0o640, "as the file before it");
    let other: Vec<_> =
        owners(home.folder.path()).into_iter().filter(|(_, user, group)| (*user, *group) != (USER, USER)).collect();
    assert!(other.is_empty(), "{other:?}");
    for command in [&["organization", "list"][..], &["maintenance", "status"]] {
        let worked = run_as_user(&home, command);
        assert_eq!(worked.code, 0, "{worked:?}");
    }
    let mut serve = home.command(&["serve", "--http", "127.0.0.1:0"]);
    serve.uid(USER).gid(USER);
    assert_eq!(Server::start(serve).stop(), 0, "the server starts after root did by mistake");
    std::fs::remove_file(home.path("registry.db")).expect("it can be removed");
    home.run(&["migrate"]).expect(0);
    assert_eq!(run_as_user(&home, &["organization", "list"]).code, 0, "a new one, too");
}

#[test]
fn who_is_not_root_restores_no_file_of_another_user() {
    let (home, file) = backed_up();
    if !give(&home) {
        return;
    }
    std::fs::set_permissions(home.path("registry.db"), PermissionsExt::from_mode(0o666)).expect("it is ours");
    std::fs::set_permissions(home.folder.path(), PermissionsExt::from_mode(0o777)).expect("it is ours");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).expect("it is ours");
    let mut command = home.command(&["backup", "restore", &file]);
    let refused = ran(command.uid(USER + 1).gid(USER + 1).output().expect("it starts"));
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.errors.contains(&format!("belongs to the user with the number {USER}")), "{refused:?}");
    assert!(kept(&home).is_empty() && !Path::new(&home.path("registry.db.restoring")).exists());
    assert_eq!(run_as_user(&home, &["doctor"]).code, 0);
}

#[test]
fn a_spool_is_used_in_a_folder_that_its_group_may_write() {
    let home = Home::on_sqlite();
    home.settle();
    if !give(&home) {
        return;
    }
    // As a volume of Kubernetes is mounted: root's, and writable for the group of the program.
    let volume = tempfile::tempdir().expect("a folder");
    chown(volume.path(), Some(0), Some(USER)).expect("root gives it");
    std::fs::set_permissions(volume.path(), PermissionsExt::from_mode(0o2770)).expect("it is ours");
    let spool = volume.path().display().to_string();
    let listed = run_as_user(&home, &["file", "list", "--spool", &spool]);
    assert_eq!(listed.code, 0, "{listed:?}");
    assert_eq!(run_as_user(&home, &["file", "list"]).code, 0, "it makes one of its own");
    let refused = home.run(&["file", "list"]);
    assert!(
        refused.code != 0 && refused.errors.contains("run it as that user"),
        "root in the folder of another: {refused:?}"
    );
}

#[test]
fn files_that_were_processed_after_the_backup_are_processed_again_without_being_sent_again() {
    let (home, file) = backed_up();
    let put = |name: &str| {
        let path = home.path(name);
        std::fs::write(&path, batch(30, name)).expect("the file can be written");
        home.run(&["file", "put", &path, "--organization", "LAKE2000"]).expect(0);
        home.run(&["file", "process"]).expect(0);
    };
    put("after.hl7");
    let before = people(&home);
    home.run(&["backup", "restore", &file]).expect(0);
    assert!(people(&home) < before, "the people came after the backup");
    let processed = home.run(&["file", "process"]).expect(0);
    assert!(processed.errors.contains("does not know"), "the log says so: {processed:?}");
    assert_eq!(people(&home), before);
    let listed = home.run(&["file", "list", "--only", "file", "--json"]).expect(0).json();
    assert_eq!(listed[0]["counts"]["accepted"], 30, "{listed}");
    assert_eq!(home.run(&["file", "process"]).expect(0).errors, "", "once is enough");
}
