//! Files in the archive that the registry does not know: it was put back from a backup.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::{Channel, FileId, FileState, OrganizationId};
use spool::{Finished, Opening, Owner, RecordState};

use crate::files::{Exchanging, clock, three};
use crate::house::*;

/// A file that was processed before the registry was put back: in the archive, and known to nobody.
fn forgotten(files: &Exchanging<'_>, organization_id: OrganizationId, name: &str, control: &str) -> FileId {
    let owner = Owner { organization_id, account: "clinic-ehr".into() };
    let (id, spool) = (FileId(files.house.uuid()), files.exchange.spool());
    let upload = spool.begin(&owner, name, Opening::Fresh).expect("begun");
    upload.write_at(three().replace("|F-", &format!("|{control}-")).as_bytes(), 0).expect("written");
    spool
        .finish(&owner, &Finished { uploaded_as: name, name, id, channel: Channel::File, now: clock() })
        .expect("taken");
    std::fs::rename(record(files, organization_id, "waiting", id), record(files, organization_id, "archive", id))
        .expect("it can be moved");
    id
}

fn record(files: &Exchanging<'_>, organization_id: OrganizationId, folder: &str, id: FileId) -> PathBuf {
    files.folder.path().join(organization_id.to_string()).join(folder).join(format!("{id}.json"))
}

/// How a file ended, when it did.
fn ended(house: &House, id: FileId) -> Option<FileState> {
    let file = house.database.find_file(id).expect("it can be read")?;
    file.state.is_finished().then_some(file.state)
}

/// Waits until something is so.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("in a minute: {what}"));
}

/// A clock whose hands a test sets, one test at a time.
struct Hands {
    _taken: MutexGuard<'static, ()>,
}

/// Seconds since [`clock`] at which the hands stand, and how often anybody looked.
static SECONDS: AtomicI64 = AtomicI64::new(0);
static ASKED: AtomicI64 = AtomicI64::new(0);

impl Hands {
    fn take() -> Hands {
        static TAKEN: Mutex<()> = Mutex::new(());
        Hands { _taken: TAKEN.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    fn set(&self, seconds: i64) {
        SECONDS.store(seconds, Ordering::Relaxed);
    }

    fn told() -> Timestamp {
        ASKED.fetch_add(1, Ordering::Relaxed);
        clock() + SignedDuration::from_secs(SECONDS.load(Ordering::Relaxed))
    }

    /// Lets minutes pass until something is so: whoever waits for one may begin to wait at any time.
    async fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        until(what, || {
            SECONDS.fetch_add(61, Ordering::Relaxed);
            is_so()
        })
        .await;
    }

    async fn several_looks(&self) {
        let asked = ASKED.load(Ordering::Relaxed);
        until("several looks are taken", || ASKED.load(Ordering::Relaxed) > asked + 6).await;
    }
}

#[test]
fn files_of_an_organization_that_the_registry_does_not_know_stay_in_the_archive() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let (known, unknown) = (house.caller("CLINIC").organization_id, OrganizationId(house.uuid()));
        let (ours, theirs) = (forgotten(&files, known, "a.hl7", "A"), forgotten(&files, unknown, "b.hl7", "B"));
        files.exchange.drain_once().await;
        assert_eq!(ended(house, ours), Some(FileState::Complete), "the control");
        let (_, state) = files.exchange.spool().find(unknown, theirs).expect("it is there");
        assert_eq!((state, ended(house, theirs)), (RecordState::Archived, None));
        assert_eq!(house.rows("received_file"), 1);
    });
}

#[test]
fn what_could_not_be_compared_is_looked_at_again_but_not_all_the_time() {
    let hands = Hands::take();
    on_each_database(&example(), async |house| {
        hands.set(0);
        let files = Exchanging::new(house);
        let clinic = house.caller("CLINIC").organization_id;
        let ids = ["A", "B"].map(|control| forgotten(&files, clinic, &format!("{control}.hl7"), control));
        let damaged = record(&files, clinic, "archive", ids[1]);
        let whole = std::fs::read(&damaged).expect("readable");
        std::fs::write(&damaged, "{").expect("writable");
        let exchange = files.another(Hands::told);
        let draining = tokio::spawn(async move { exchange.drain().await });
        until("the one beside it is processed", || ended(house, ids[0]).is_some()).await;
        std::fs::write(&damaged, whole).expect("writable");
        hands.set(30);
        hands.several_looks().await;
        assert_eq!(ended(house, ids[1]), None, "within the minute");
        hands.until("what was mended is processed", || ended(house, ids[1]).is_some()).await;
        draining.abort();
    });
}

/// A record that is a pipe: whoever reads it waits until this is dropped.
struct Slow(PathBuf);

impl Slow {
    fn make(path: PathBuf) -> Slow {
        std::fs::remove_file(&path).expect("it can be removed");
        assert!(Command::new("mkfifo").arg(&path).status().expect("it runs").success());
        Slow(path)
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        let end = std::fs::File::options().read(true).write(true).open(&self.0);
        drop((std::fs::remove_file(&self.0), end));
    }
}

#[test]
fn files_that_come_in_are_processed_while_the_archive_is_compared() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let pharmacy = house.caller("PHARMACY").organization_id;
        let slow = forgotten(&files, pharmacy, "slow.hl7", "S");
        let _slow = Slow::make(record(&files, pharmacy, "archive", slow));
        let id = files.put("CLINIC", "march.hl7", three().as_bytes());
        let exchange = files.another(clock);
        let draining = tokio::spawn(async move { exchange.drain().await });
        until("it is processed", || ended(house, id).is_some()).await;
        draining.abort();
    });
}

/// Seconds since [`clock`]: one more each time that anybody asks.
fn ticking() -> Timestamp {
    static SECONDS: AtomicI64 = AtomicI64::new(0);
    clock() + SignedDuration::from_secs(SECONDS.fetch_add(1, Ordering::Relaxed))
}

#[test]
fn what_came_later_is_not_processed_before_what_the_archive_gives_back() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let clinic = house.caller("CLINIC").organization_id;
        let earlier = forgotten(&files, clinic, "given.hl7", "A");
        let slow = forgotten(&files, clinic, "slow.hl7", "S");
        let slow = Slow::make(record(&files, clinic, "archive", slow));
        let taken_back = vxu("T-1", &MARIA, &given("08", "20240311", "D1").replace("|CP|A", "|CP|D"));
        let later = files.put_through(
            Channel::File,
            clock() + SignedDuration::from_secs(1),
            "CLINIC",
            "later.hl7",
            taken_back.as_bytes(),
        );
        let beside = files.put("PHARMACY", "beside.hl7", vxu("B-1", &MARIA, "").as_bytes());
        let exchange = files.another(ticking);
        let draining = tokio::spawn(async move { exchange.drain().await });
        until("that of another organization is processed", || ended(house, beside).is_some()).await;
        assert_eq!(ended(house, later), None, "its archive is being compared");
        drop(slow);
        until("both are processed", || ended(house, earlier).is_some() && ended(house, later).is_some()).await;
        draining.abort();
        let history = house.ask("CLINIC", "Z34", &MARIA).await;
        assert!(!history.contains("|08^"), "a dose that was taken back: {history}");
        assert!(history.contains("|110^"), "the control: {history}");
    });
}

#[test]
fn nothing_is_removed_from_an_archive_that_was_not_compared_yet() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let [clinic, pharmacy] = ["CLINIC", "PHARMACY"].map(|code| house.caller(code).organization_id);
        let slow = forgotten(&files, clinic, "slow.hl7", "S");
        let slow = Slow::make(record(&files, clinic, "archive", slow));
        let old = forgotten(&files, pharmacy, "old.hl7", "O");
        let archived = std::fs::File::options().append(true).open(record(&files, pharmacy, "archive", old));
        let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(clock().as_second() as u64);
        archived.and_then(|file| file.set_modified(long_ago)).expect("it is an old one");
        let beside = files.put("CLINIC-SITE", "beside.hl7", three().as_bytes());
        static LOOKS: AtomicI64 = AtomicI64::new(0);
        fn later() -> Timestamp {
            LOOKS.fetch_add(1, Ordering::Relaxed);
            clock() + SignedDuration::from_hours(24 * 40)
        }
        let exchange = files.another(later);
        let draining = tokio::spawn(async move { exchange.drain().await });
        until("that of another organization is processed", || ended(house, beside).is_some()).await;
        house.registry.gate().stop();
        drop(slow);
        let looks = LOOKS.load(Ordering::Relaxed);
        until("several looks are taken", || LOOKS.load(Ordering::Relaxed) > looks + 4).await;
        draining.abort();
        let found = files.exchange.spool().find(pharmacy, old).map(|(_, state)| state);
        assert_eq!(found.expect("it is there"), RecordState::Archived);
    });
}

#[test]
fn what_could_not_be_moved_out_of_the_archive_is_moved_when_it_can_be() {
    let hands = Hands::take();
    on_each_database(&example(), async |house| {
        hands.set(0);
        let files = Exchanging::new(house);
        let clinic = house.caller("CLINIC").organization_id;
        let id = forgotten(&files, clinic, "a.hl7", "A");
        let waiting = files.folder.path().join(clinic.to_string()).join("waiting");
        std::fs::remove_dir(&waiting).expect("it is empty");
        let exchange = files.another(Hands::told);
        let draining = tokio::spawn(async move { exchange.drain().await });
        hands.several_looks().await;
        std::fs::create_dir(&waiting).expect("it can be made");
        hands.until("it is processed", || ended(house, id).is_some()).await;
        draining.abort();
    });
}

#[test]
fn a_comparison_that_ends_by_a_panic_is_made_again_but_not_all_the_time() {
    static PANICS: AtomicI64 = AtomicI64::new(0);
    static ASKED: AtomicI64 = AtomicI64::new(0);
    /// Fails who asks beside the looks: these are taken on the test's own thread.
    fn failing() -> Timestamp {
        if std::thread::current().name().is_some_and(|name| name.starts_with("tokio")) {
            PANICS.fetch_add(1, Ordering::Relaxed);
            panic!("planned");
        }
        ASKED.fetch_add(1, Ordering::Relaxed);
        clock()
    }
    on_each_database(&example(), async |house| {
        PANICS.store(0, Ordering::Relaxed);
        let files = Exchanging::new(house);
        let exchange = files.another(failing);
        let asked = ASKED.load(Ordering::Relaxed);
        tokio::select! {
            () = exchange.drain() => {}
            () = until("several looks are taken", || ASKED.load(Ordering::Relaxed) > asked + 6) => {}
        }
        assert_eq!(PANICS.load(Ordering::Relaxed), 1);
    });
}
