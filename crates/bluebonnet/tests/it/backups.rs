//! A backup is made while the registry works, and read back.

use std::path::Path;

use crate::messages::batch;
use crate::program::Home;

fn is_made_and_read_back(home: &Home) {
    home.settle();
    home.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(20, "backup-"));
    let said = home.run(&["backup", "status"]).expect(0);
    assert!(said.output.contains("made    never") && said.output.contains("tested  never"), "{said:?}");
    let file = home.path("backup.db");
    let made = home.run(&["backup", "make", &file, "--json"]).expect(0).json();
    assert_eq!(made["place"].as_str(), Some(file.as_str()), "an absolute path");
    assert!(made["rows"].as_u64().is_some_and(|rows| rows > 100), "{made}");
    let left: Vec<String> = std::fs::read_dir(home.path(""))
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("backup.db"))
        .collect();
    assert_eq!(left, ["backup.db"], "one file, whole");

    let mut tested = home.run(&["backup", "test", &file, "--json"]).expect(0).json();
    assert_eq!((&tested["is_well"], &tested["rows"]), (&true.into(), &made["rows"]), "{tested}");
    assert!(tested["reaches_to"].is_string(), "{tested}");
    let told = tested.as_object_mut().expect("an object");
    assert_eq!(told.remove("is_noted"), Some(true.into()));
    let diagnoses = told.remove("diagnoses").expect("they are told");
    assert!(diagnoses.as_array().is_some_and(|all| all.iter().all(|one| one["is_well"] == true)), "{diagnoses}");
    let status = home.run(&["backup", "status", "--json"]).expect(0).json();
    assert_eq!((&status["made"], &status["tested"]), (&made, &tested));

    // It is a registry of its own: a lost one begins again from it.
    let again = Home::on_sqlite();
    std::fs::copy(&file, again.path("registry.db")).expect("it can be copied");
    let people = |home: &Home| home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"]["patient"].clone();
    assert_eq!(people(&again), people(home));
}

#[test]
fn a_backup_that_breaks_off_for_want_of_room_leaves_nothing_behind() {
    let home = Home::on_sqlite();
    home.settle();
    let folder = home.path("backups");
    std::fs::create_dir(&folder).expect("it can be made");
    // The shell bounds the size of files, as a full disk does, and has the signal for it ignored.
    let mut bounded = std::process::Command::new("sh");
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" backup make \"$1\" --data \"$2\"";
    let file = format!("{folder}/nightly.db");
    bounded.args(["-c", script, env!("CARGO_BIN_EXE_bluebonnet"), &file, &home.path("")]);
    let failed = crate::program::ran(bounded.output().expect("the shell starts")).expect(3);
    assert!(!failed.errors.is_empty(), "{failed:?}");
    let left: Vec<_> = std::fs::read_dir(&folder).expect("it can be listed").collect();
    assert!(left.is_empty(), "{left:?}");
    let status = home.run(&["backup", "status"]).expect(0);
    assert!(status.output.contains("never by `bluebonnet backup make`"), "{status:?}");
    home.run(&["backup", "make", &file]).expect(0);
}

#[test]
fn a_backup_of_sqlite_is_made_and_read_back() {
    is_made_and_read_back(&Home::on_sqlite());
}

#[test]
fn a_backup_of_postgresql_is_made_and_read_back() {
    if let Some(home) = Home::on_postgres() {
        is_made_and_read_back(&home);
    }
}

#[test]
fn a_backup_that_is_broken_is_called_so() {
    let home = Home::on_sqlite();
    home.settle();
    home.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(20, "broken-"));
    let file = home.path("backup.db");
    home.run(&["backup", "make", &file]).expect(0);
    let refused = home.run(&["backup", "make", &file]).expect(1);
    assert!(refused.errors.contains("is there already"), "{refused:?}");
    // Somebody takes a line out of the audit trail.
    let connection = rusqlite::Connection::open(&file).expect("it is a database");
    let removed = connection.execute("DELETE FROM audit WHERE sequence = 3", []);
    assert!(removed.is_ok_and(|lines| lines > 0), "the line was there");
    drop(connection);
    let tested = home.run(&["backup", "test", &file]).expect(1);
    assert!(tested.output.contains("NOT WELL  audit trail"), "{tested:?}");
    let status = home.run(&["backup", "status"]).expect(0);
    assert!(status.output.contains("BROKEN"), "{status:?}");
    let nothing = home.run(&["backup", "test", &home.path("nowhere.db")]).expect(1);
    assert!(nothing.errors.contains("there is no file"), "{nothing:?}");
}

#[test]
fn a_backup_that_somebody_looked_into_is_well() {
    let (home, file) = backed_up();
    let rows = |tested: &str| serde_json::from_str::<serde_json::Value>(tested).expect("it is JSON")["rows"].as_u64();
    let before = home.run(&["backup", "test", &file, "--json"]).expect(0);
    let query =
        ["query", "--family", "Sommer", "--given", "Ida", "--birth-date", "2024-03-02", "--organization", "LAKE2000"];
    let asked = home.run(&[&query[..], &["--database", &file]].concat()).expect(1);
    assert!(asked.output.contains("Nobody was found"), "{asked:?}");
    let after = home.run(&["backup", "test", &file, "--json"]).expect(0);
    assert!(rows(&after.output) > rows(&before.output), "the question and who asked it were written into it");
}

#[test]
fn a_backup_that_lost_rows_is_called_broken_and_what_is_made_of_one_is_not() {
    let (home, file) = backed_up();
    let rows = home.run(&["backup", "test", &file]).expect(0);
    assert!(rows.output.contains("as many as were written, in each of"), "{rows:?}");
    let (copied, again) = (home.path("copied.db"), Home::on_sqlite());
    home.run(&["copy", "--from", &file, "--to", &copied]).expect(0);
    again.run(&["backup", "restore", &file]).expect(0);
    again.run(&["organization", "add", "LATER", "A later one", "--kind", "clinic"]).expect(0);
    for made in [&copied, &again.url()] {
        let tested = home.run(&["backup", "test", made]).expect(0);
        assert!(!tested.output.contains("were written"), "others work on it: {tested:?}");
    }
    let database = rusqlite::Connection::open(&file).expect("it is a database");
    let lost = "DELETE FROM message WHERE id = (SELECT MIN(id) FROM message)";
    assert_eq!(database.execute(lost, []).expect("it is a statement"), 1);
    drop(database);
    let tested = home.run(&["backup", "test", &file]).expect(1);
    assert!(tested.output.contains("NOT WELL  rows         message has 19 rows, 20 were written"), "{tested:?}");
    home.run(&["backup", "restore", &file, "--data", &home.path("elsewhere")]).expect(1);
}

#[test]
fn a_backup_is_tested_on_a_machine_without_a_registry() {
    let (home, file) = backed_up();
    let nowhere = home.path("nowhere");
    let elsewhere = ["backup", "test", &file, "--data", &nowhere];
    let tested = home.run(&[&elsewhere[..], &["--json"]].concat()).expect(0).json();
    assert_eq!((&tested["is_well"], &tested["is_noted"]), (&true.into(), &false.into()));
    assert!(home.run(&elsewhere).expect(0).output.contains("noted nowhere"));
    assert!(!Path::new(&nowhere).exists(), "a look makes nothing");
    let here = home.run(&["backup", "test", &file, "--json"]).expect(0).json();
    assert_eq!(here["is_noted"], true);
    let database = rusqlite::Connection::open(&file).expect("it is a database");
    database.execute("DROP TABLE account", []).expect("it is dropped");
    drop(database);
    home.run(&elsewhere).expect(1);
}

/// A registry with some people, and a backup of it.
pub(crate) fn backed_up() -> (Home, String) {
    let home = Home::on_sqlite();
    home.settle();
    home.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(20, "kept-"));
    let file = home.path("backup.db");
    home.run(&["backup", "make", &file]).expect(0);
    (home, file)
}

#[test]
fn what_is_no_whole_backup_is_told_noted_and_left_as_it_is() {
    let (home, file) = backed_up();
    let whole = std::fs::read(&file).expect("readable");
    home.run(&["backup", "test", &file]).expect(0);
    let torn = &whole[..whole.len() / 2];
    let cases = [(&b""[..], "there is no registry in it"), (b"no database", "not a database"), (torn, "malformed")];
    for (bytes, reason) in cases {
        std::fs::write(&file, bytes).expect("writable");
        let tested = home.run(&["backup", "test", &file]).expect(1);
        assert!(tested.output.contains("NOT WELL") && tested.output.contains(reason), "{tested:?}");
        let status = home.run(&["backup", "status", "--json"]).expect(0).json();
        assert_eq!(status["tested"]["is_well"], false, "{status}");
        assert_eq!(std::fs::read(&file).expect("readable"), bytes);
        let refused = home.run(&["backup", "restore", &file]).expect(1);
        assert!(refused.errors.contains("is broken; nothing was changed"), "{refused:?}");
    }
    std::fs::write(&file, &whole).expect("writable");
    let mut rights = std::fs::metadata(&file).expect("it is there").permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(&file, rights).expect("it is ours");
    home.run(&["backup", "test", &file]).expect(0);
    assert_eq!(std::fs::read(&file).expect("readable"), whole, "not a byte of it was changed");
    let folder = home.run(&["backup", "test", &home.path("")]).expect(1);
    assert!(folder.errors.contains("is no file"), "{folder:?}");
}

#[test]
fn documents_that_cannot_be_read_are_counted() {
    let (home, file) = backed_up();
    let connection = rusqlite::Connection::open(&file).expect("it is a database");
    for (table, column) in [("patient", "demographics"), ("message", "original")] {
        let damage = format!(
            "UPDATE {table} SET {column} = CAST(substr({column}, 1, 9) || zeroblob(20) || substr({column}, 30) AS BLOB)
             WHERE id IN (SELECT id FROM {table} WHERE {column} IS NOT NULL ORDER BY id LIMIT 3)"
        );
        assert_eq!(connection.execute(&damage, []).expect("it is a statement"), 3);
    }
    drop(connection);
    let tested = home.run(&["backup", "test", &file]).expect(1);
    let told = "documents    3 rows of patient cannot be read; 3 rows of message cannot be read";
    assert!(tested.output.contains(told), "{tested:?}");
}

#[test]
fn a_crashed_registry_is_restored_to_what_the_backup_holds() {
    let (home, file) = backed_up();
    let people = |home: &Home| home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"]["patient"].clone();
    let backed_up = people(&home);
    // What a crash leaves: the file, and beside it the log with the newest commits.
    let open = rusqlite::Connection::open(home.path("registry.db")).expect("it is a database");
    let count = |connection: &rusqlite::Connection| -> i64 {
        connection.query_row("SELECT COUNT(*) FROM patient", [], |row| row.get(0)).expect("it can be counted")
    };
    assert_eq!(serde_json::json!(count(&open)), backed_up);
    home.run_with(&["load", "-", "--organization", "LAKE2000"], &batch(30, "later-"));
    let crashed = Home::on_sqlite();
    for name in ["registry.db", "registry.db-wal"] {
        std::fs::copy(home.path(name), crashed.path(name)).expect("it can be copied");
    }
    let wal = std::fs::read(crashed.path("registry.db-wal")).expect("readable");
    assert!(!wal.is_empty());

    let no_backup = home.run(&["backup", "restore", &crashed.path("registry.db")]).expect(1);
    assert!(no_backup.errors.contains("backup make NEW"), "{no_backup:?}");
    let same = crashed.run(&["backup", "restore", &crashed.path("registry.db")]).expect(1);
    assert!(same.errors.contains("works with already"), "{same:?}");

    let restored = crashed.run(&["backup", "restore", &file, "--json"]).expect(0).json();
    let kept: Vec<&str> = restored["kept"].as_array().expect("told").iter().filter_map(|name| name.as_str()).collect();
    assert!(kept.len() == 2 && kept.iter().all(|name| Path::new(name).exists()), "{restored}");
    assert_eq!(std::fs::read(kept[1]).expect("readable"), wal, "what was there is kept as it was");
    assert_eq!(mode(&crashed.path("registry.db")), 0o600);
    assert_eq!(people(&crashed), backed_up);
    let before = rusqlite::Connection::open(kept[0]).expect("it is a database");
    assert_eq!(count(&before), count(&open), "the log that is kept is that of the file that is kept");
    assert!(count(&open) > backed_up.as_i64().expect("a number"), "people came after the backup");
}

#[test]
fn nothing_is_restored_while_a_node_serves() {
    let (home, file) = backed_up();
    let server = home.serve(&[]);
    let busy = home.run(&["backup", "restore", &file]).expect(1);
    assert!(busy.errors.contains("a program works on"), "{busy:?}");
    assert_eq!(server.stop(), 0);
    home.run(&["backup", "restore", &file]).expect(0);
}

#[test]
fn a_backup_is_restored_where_nothing_is_left() {
    let (home, file) = backed_up();
    let again = Home::on_sqlite();
    let said = again.run(&["backup", "restore", &file]).expect(0);
    assert!(said.output.contains("are now") && !said.output.contains("is kept"), "{said:?}");
    let organizations = |home: &Home| home.run(&["organization", "list", "--json"]).expect(0).json();
    assert_eq!(organizations(&again), organizations(&home));
    // That it was restored, and from what, is a line of the audit trail, in its chain.
    let lines = |database: &str| -> Vec<String> {
        let database = rusqlite::Connection::open(database).expect("it is a database");
        let mut found =
            database.prepare("SELECT detail FROM audit ORDER BY happened_at, sequence").expect("it has lines");
        let details = found.query_map([], |row| row.get(0)).expect("they can be read");
        details.collect::<Result<_, _>>().expect("they can be read")
    };
    let (before, mut now) = (lines(&file), lines(&again.path("registry.db")));
    let newest = now.pop().expect("a line");
    assert_eq!(now, before);
    assert!(newest.contains(&format!("restored the registry from the backup {file}, which reaches to 2")), "{newest}");
    again.run(&["doctor"]).expect(0);
    let url = ["backup", "restore", &file, "--database", "postgres://registry@localhost/registry"];
    let refused = again.run(&url).expect(1);
    assert!(refused.errors.contains("bluebonnet copy --from"), "{refused:?}");
}

/// The rights on a file.
fn mode(path: &str) -> u32 {
    let rights = std::fs::metadata(path).expect("it is there").permissions();
    std::os::unix::fs::PermissionsExt::mode(&rights) & 0o777
}

#[test]
fn every_database_file_is_for_its_owner_alone() {
    let (home, file) = backed_up();
    home.run(&["copy", "--from", &home.url(), "--to", &home.path("copied.db")]).expect(0);
    home.run(&["migrate", "--database", &home.path("migrated.db")]).expect(0);
    for name in ["registry.db", "copied.db", "migrated.db"] {
        assert_eq!(mode(&home.path(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&file), 0o600);
}
