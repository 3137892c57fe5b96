//! Copies that broke off, files that are no databases, documents that are damaged: all of it is told, none of it mended.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use sha2::{Digest, Sha256};
use store::{Database, DatabaseUrl, Options, StoreError, TakenFile};

use crate::batches::write;
use crate::databases::{Place, open, places, postgres_place, sqlite_place};
use crate::people::new_person;

/// A registry of some people whose messages have the hashes of what came.
fn filled(place: &Place) -> Database {
    let database = open(&place.url);
    database.migrate().expect("migrates");
    let mut lane = database.lane(0).expect("a lane opens");
    for number in 1..=250 {
        let mut changes = new_person(number);
        for message in &mut changes.messages {
            message.identity.content_hash = Sha256::digest(message.original.as_deref().unwrap_or_default()).into();
        }
        write(&mut lane, &changes).expect("writable");
    }
    database
}

fn inspect(url: &DatabaseUrl) -> Database {
    Database::open_to_inspect(url, &Options::default()).expect("nothing is read yet")
}

fn file(place: &Place) -> &Path {
    let DatabaseUrl::Sqlite(path) = &place.url else { unreachable!("it is a file") };
    path
}

/// The names in the folder of a file.
fn beside(path: &Path) -> Vec<String> {
    let folder = std::fs::read_dir(path.parent().expect("it is in a folder")).expect("readable");
    folder.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_copy_that_broke_off_is_no_registry() {
    let source = sqlite_place();
    let database = filled(&source);
    for place in places() {
        let target = open(&place.url);
        target.migrate().expect("migrates");
        let broken_off = catch_unwind(AssertUnwindSafe(|| {
            database.copy_to(&target, &mut |table, rows| assert!(table != "message" || rows == 0, "the power fails"))
        }));
        broken_off.expect_err("it broke off");
        drop(target);
        let target = open(&place.url);
        let refusals = [
            target.migrate().map(drop),
            target.schema_version().map(drop),
            inspect(&place.url).schema_version().map(drop),
            database.copy_to(&target, &mut |_, _| ()).map(drop),
            target.copy_to(&database, &mut |_, _| ()).map(drop),
        ];
        for refusal in refusals {
            let told = refusal.as_ref().map_err(ToString::to_string).expect_err("it is refused");
            assert!(matches!(refusal, Err(StoreError::CopyUnfinished { .. })), "{told}");
            assert!(told.contains(&source.url.to_string()) && told.contains("copy again"), "{told}");
        }
    }
}

#[test]
fn what_is_inspected_stays_as_it_is() {
    let source = sqlite_place();
    drop(filled(&source));
    let whole = std::fs::read(file(&source)).expect("readable");
    let mut torn = whole.clone();
    torn.truncate(whole.len() / 2);
    let cases = [(&b""[..], Some(0)), (b"no database", None), (&whole, Some(Database::SCHEMA_VERSION)), (&torn, None)];
    for (bytes, version) in cases {
        let place = sqlite_place();
        let path = file(&place).with_file_name("a name of 100% ?#.db");
        std::fs::write(&path, bytes).expect("writable");
        let inspected = inspect(&DatabaseUrl::Sqlite(path.clone()));
        let found = inspected.schema_version();
        assert_eq!(found.as_ref().ok().copied(), version, "{found:?}");
        assert!(!found.is_err_and(|error| error.is_transient()), "trying again does not help");
        inspected.set_setting("greeting", "howdy").expect_err("nothing can be written");
        assert_eq!(std::fs::read(&path).expect("readable"), bytes);
        assert_eq!(beside(&path).len(), 1, "no file was made beside it");
    }
}

#[test]
fn a_database_in_use_is_inspected_with_its_newest_commits() {
    let place = sqlite_place();
    let database = filled(&place);
    database.set_setting("greeting", "howdy").expect("writable");
    assert_eq!(inspect(&place.url).setting("greeting").expect("readable").as_deref(), Some("howdy"));
}

#[test]
fn a_file_is_taken_when_no_program_works_on_it_and_stays_as_it_is() {
    let place = sqlite_place();
    let database = filled(&place);
    let crashed = sqlite_place();
    for ending in ["", "-wal"] {
        let name = |place| format!("{}{ending}", file(place).display());
        std::fs::copy(name(&place), name(&crashed)).expect("it can be copied");
    }
    // The system's locks do not tell connections of one program apart, but SQLite does.
    let busy = TakenFile::take(file(&place)).err();
    assert!(matches!(busy, Some(StoreError::Busy { .. })), "{busy:?}");
    drop(database);
    drop(TakenFile::take(file(&place)).expect("nobody works on it any more"));

    let bytes = || ["", "-wal"].map(|ending| std::fs::read(format!("{}{ending}", file(&crashed).display())).ok());
    let before = bytes();
    let taken = TakenFile::take(file(&crashed)).expect("nobody works on it");
    let options = Options { wait: std::time::Duration::ZERO, ..Options::default() };
    assert!(Database::open(&crashed.url, &options).is_err(), "nobody can begin to");
    drop(taken);
    assert!(before[1].as_ref().is_some_and(|wal| !wal.is_empty()) && bytes() == before);

    std::fs::write(file(&crashed), b"no database").expect("writable");
    drop(TakenFile::take(file(&crashed)).expect("nobody can work on it"));
}

#[test]
fn damaged_documents_are_counted_by_their_tables() {
    let place = sqlite_place();
    let database = filled(&place);
    assert_eq!(database.unreadable_documents().expect("readable"), []);
    let damaged = [
        ("patient", "demographics", 250),
        ("patient_report", "demographics", 250),
        ("vaccination_report", "details", 500),
        ("message", "original", 250),
    ];
    for (table, column, _) in damaged {
        place.run(&format!(
            "UPDATE {table}
             SET {column} = CAST(substr({column}, 1, 5) || zeroblob(20) || substr({column}, 26) AS BLOB)"
        ));
    }
    let found = database.unreadable_documents().expect("readable");
    assert_eq!(found, damaged.map(|(table, _, rows)| (table, rows)));
}

#[test]
fn who_may_not_read_has_found_no_damage() {
    let Some(place) = postgres_place() else { return };
    drop(filled(&place));
    place.run("CREATE ROLE stranger LOGIN; CREATE ROLE nobody NOLOGIN");
    for user in ["stranger", "nobody"] {
        let url = DatabaseUrl::Postgres(postgres_url(&place).replace("tester@", &format!("{user}@")));
        let read = Database::open_to_inspect(&url, &Options::default())
            .and_then(|database| database.setting("greeting"))
            .expect_err("they may not");
        assert!(read.is_transient(), "{read}");
    }
    place.run("DROP ROLE stranger; DROP ROLE nobody");
}

fn postgres_url(place: &Place) -> &str {
    let DatabaseUrl::Postgres(url) = &place.url else { unreachable!("it is on a server") };
    url
}
