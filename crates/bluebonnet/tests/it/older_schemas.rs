//! A registry of an older program: who may bring it to this one's schema, and when.

use std::path::Path;

use crate::program::Home;

/// Takes the newest migration back, and its mark.
fn make_older(home: &Home) -> i64 {
    let database = rusqlite::Connection::open(home.path("registry.db")).expect("it is a database");
    let newest = "DELETE FROM schema_migration WHERE version = (SELECT MAX(version) FROM schema_migration)";
    assert_eq!(database.execute(newest, []).expect("it is a statement"), 1);
    let undo = "DROP TABLE exclusion; DROP TABLE exclusion_key; ALTER TABLE message DROP COLUMN destroyed_at";
    database.execute_batch(undo).expect("the newest migration is taken back");
    drop(database);
    version(&home.path("registry.db"))
}

fn version(file: &str) -> i64 {
    let database = rusqlite::Connection::open(file).expect("it is a database");
    let read = "SELECT MAX(version) FROM schema_migration";
    database.query_row(read, [], |row| row.get(0)).expect("it has migrations")
}

#[test]
fn no_command_migrates_by_looking() {
    let home = Home::on_sqlite();
    home.settle();
    let older = make_older(&home);
    let (registry, copied) = (home.path("registry.db"), home.path("copied.db"));
    let sentence = format!("has schema {older}, and this program works with schema {}", older + 1);
    let query =
        ["query", "--family", "Sommer", "--given", "Ida", "--birth-date", "2024-03-02", "--organization", "LAKE2000"];
    for arguments in [
        &["doctor"][..],
        &["organization", "list"],
        &["account", "list"],
        &["messages"],
        &["file", "list"],
        &["maintenance", "list"],
        &["codes", "list"],
        &["backup", "make", &home.path("backup.db")],
        &["copy", "--from", &registry, "--to", &copied],
        &query,
    ] {
        let refused = home.run(arguments).expect(1);
        assert!(refused.errors.contains(&sentence) && refused.errors.contains("`bluebonnet migrate`"), "{refused:?}");
        assert_eq!(version(&registry), older, "{arguments:?}");
    }
    assert!(!Path::new(&copied).exists());
    home.run(&["migrate"]).expect(0);
    assert_eq!(version(&registry), older + 1);
    home.run(&["doctor"]).expect(0);
    make_older(&home);
    assert_eq!(home.serve(&[]).stop(), 0);
    assert_eq!(version(&registry), older + 1);
}

#[test]
fn a_server_looks_at_its_own_options_before_it_migrates() {
    let home = Home::on_sqlite();
    home.settle();
    let older = make_older(&home);
    let (no, junk) = (home.path("no.pem"), home.path("junk.toml"));
    let other = concat!(env!("CARGO_MANIFEST_DIR"), "/../../profiles/example.toml");
    std::fs::write(&junk, "no profile").expect("writable");
    for (more, code, why) in [
        (&["--tls-cert", &no, "--tls-key", &no][..], 2, "no.pem"),
        (&["--tls-cert", &junk, "--tls-key", &junk], 2, "junk.toml"),
        (&["--smtp", "pigeon://here", "--mail-from", "iis@example.org"], 2, "no mail server"),
        (&["--sftp-host-key", &junk, "--sftp", "127.0.0.1:0"], 2, "junk.toml"),
        (&["--sftp-host-key", &no, "--sftp", "127.0.0.1:0"], 2, "there is no host key in"),
        (&["--sftp", "nowhere"], 2, "HOST:PORT"),
        (&["--metrics", "nowhere"], 2, "HOST:PORT"),
        (&["--take-over", "--sftp", "nowhere"], 2, "HOST:PORT"),
        (&["--roles", "gate,web"], 2, "the role gate is a front without a database"),
        (&["--profile", &junk], 1, "profile"),
        (&["--profile", other], 1, "works by another profile"),
    ] {
        let refused = home.run(&[&["serve", "--http", "127.0.0.1:0"], more].concat()).expect(code);
        assert!(refused.errors.contains(why), "{refused:?}");
        assert_eq!(version(&home.path("registry.db")), older, "{more:?}");
    }
}

#[test]
fn a_backup_of_an_older_program_is_not_restored_before_it_is_brought_up_to_date() {
    let home = Home::on_sqlite();
    home.settle();
    make_older(&home);
    let older = home.path("older.db");
    std::fs::rename(home.path("registry.db"), &older).expect("it can be moved");
    let refused = home.run(&["backup", "restore", &older]).expect(1);
    assert!(refused.errors.contains("holds a registry of schema"), "{refused:?}");
}
