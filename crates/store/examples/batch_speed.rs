//! How many submissions a second the store takes, written and read in batches, durable:
//! `cargo run --release -p bluebonnet-store --example batch_speed -- [PEOPLE] [BATCH] [sqlite|postgres]`
//!
//! Each lane first adds its share of PEOPLE (three doses each), then updates as many known people picked at random (one
//! dose more each). A batch looks up its messages and match keys, reads the records found, writes, and commits.

#[path = "synthetic/messages.rs"]
mod messages;
#[path = "synthetic/people.rs"]
mod people;
#[path = "../tests/it/postgres_cluster.rs"]
mod postgres_cluster;

use std::time::Instant;

use messages::Dice;
use model::{AuditAction, PatientId};
use people::{KEYS, audit_entry, event, hash, message, submission, vaccination_report};
use postgres_cluster::{Availability, PostgresCluster};
use store::{Changes, Database, DatabaseUrl, Lane, Options, PatientChange, StoreError};

type Problem = Box<dyn std::error::Error>;

fn main() -> Result<(), Problem> {
    let mut arguments = std::env::args().skip(1);
    let people: u64 = arguments.next().map_or(Ok(50_000), |text| text.parse())?;
    let batch: u64 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let only = arguments.next();
    let is_wanted = |name: &str| only.as_deref().is_none_or(|only| only == name);
    println!("{people} people, batches of {batch}");
    println!("{:<22} {:>12} {:>16} {:>14}", "", "new/s", "known again/s", "bytes/message");

    if is_wanted("sqlite") {
        let folder = tempfile::tempdir_in(".")?;
        let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
        measure("SQLite, 1 lane", &url, people, batch, 1)?;
    }
    if !is_wanted("postgres") {
        return Ok(());
    }

    let settings = ["shared_buffers=2GB", "max_wal_size=8GB", "checkpoint_timeout=15min"];
    match PostgresCluster::start(&settings)? {
        Availability::NotInstalled(reason) => println!("{reason}"),
        Availability::Running(cluster) => {
            for lanes in [1, 2] {
                let url = DatabaseUrl::Postgres(cluster.new_database()?);
                measure(&format!("PostgreSQL, {lanes} lanes"), &url, people, batch, lanes)?;
            }
        }
    }
    Ok(())
}

fn measure(name: &str, url: &DatabaseUrl, people: u64, batch: u64, lanes: u64) -> Result<(), Problem> {
    let database = Database::open(url, &Options::default())?;
    database.migrate()?;
    let new = on_lanes(&database, lanes, |lane, number| add(lane, number, people / lanes, batch))?;
    let known = on_lanes(&database, lanes, |lane, number| update(lane, number, people / lanes, batch))?;
    let statistics = database.statistics()?;
    let messages = statistics.tables.iter().find(|(table, _)| table == "message").map_or(1, |(_, rows)| *rows);
    let people = people as f64;
    println!("{name:<22} {:>12.0} {:>16.0} {:>14}", people / new, people / known, statistics.size_bytes / messages);
    assert!(database.verify_audit_chains()?.faults.is_empty(), "the audit trail is whole");
    Ok(())
}

/// Runs the work on each lane at the same time; gives the seconds until the last has finished.
fn on_lanes(
    database: &Database,
    lanes: u64,
    work: impl Fn(&mut Lane, u64) -> Result<f64, StoreError> + Sync,
) -> Result<f64, StoreError> {
    let seconds: Result<Vec<f64>, StoreError> = std::thread::scope(|scope| {
        let run = |number: u64| {
            let mut lane = database.lane(usize::try_from(number).expect("few lanes"))?;
            work(&mut lane, number)
        };
        let threads: Vec<_> = (0..lanes).map(|number| scope.spawn(move || run(number))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no lane panics")).collect()
    });
    Ok(seconds?.into_iter().fold(0.0, f64::max))
}

/// Adds people; gives the seconds spent in the store.
fn add(lane: &mut Lane, lane_number: u64, people: u64, batch: u64) -> Result<f64, StoreError> {
    // Made before the clock runs: on as many cores as lanes, making them would take from what is measured.
    let batches: Vec<(Vec<u64>, Changes)> = (0..people)
        .step_by(usize::try_from(batch).expect("batches are small"))
        .map(|first| {
            let numbers: Vec<u64> =
                (first..people.min(first + batch)).map(|number| number_of(lane_number, number)).collect();
            let mut changes = Changes::default();
            for number in &numbers {
                append(&mut changes, submission(*number));
            }
            (numbers, changes)
        })
        .collect();
    let started = Instant::now();
    for (numbers, changes) in batches {
        run_batch(lane, &numbers, |_| Ok(changes))?;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// Updates people that the same lane has added; gives the seconds spent in the store.
fn update(lane: &mut Lane, lane_number: u64, people: u64, batch: u64) -> Result<f64, StoreError> {
    let (mut seconds, mut dice) = (0.0, Dice(lane_number + 7));
    for first in (0..people).step_by(usize::try_from(batch).expect("batches are small")) {
        let mut numbers: Vec<u64> =
            (first..people.min(first + batch)).map(|_| number_of(lane_number, dice.below(people))).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut messages: Vec<_> = (first..)
            .zip(&numbers)
            .map(|(next, _)| message(&mut dice, (1 << 32) + number_of(lane_number, next), None))
            .collect();
        let started = Instant::now();
        run_batch(lane, &numbers, |records| {
            let mut changes = Changes::default();
            let mut dice = Dice(first);
            for (mut record, message) in records.into_iter().zip(&mut messages) {
                message.patient_id = Some(record.patient.id);
                let expected_version = Some(record.patient.version);
                record.patient.version += 1;
                let dose = vaccination_report(&mut dice, &record.patient, message, (1 << 32) + first);
                changes.vaccination_events.push(event(&dose));
                changes.vaccination_reports.push(dose);
                changes.audit.push(audit_entry(message, AuditAction::PatientChanged));
                changes.patient_reports.extend(record.reports);
                changes.patients.push(PatientChange { patient: record.patient, expected_version });
            }
            changes.messages = std::mem::take(&mut messages);
            Ok(changes)
        })?;
        seconds += started.elapsed().as_secs_f64();
    }
    Ok(seconds)
}

/// One batch as the intake runs it: look up, read, decide, write.
fn run_batch(
    lane: &mut Lane,
    numbers: &[u64],
    decide: impl FnOnce(Vec<model::PatientRecord>) -> Result<Changes, StoreError>,
) -> Result<(), StoreError> {
    let hashes: Vec<i64> = numbers.iter().map(|number| hash(98, *number)).collect();
    let keys: Vec<i64> = numbers.iter().flat_map(|number| (0..KEYS).map(|kind| hash(kind, *number))).collect();
    let buckets: Vec<i64> = numbers.iter().map(|number| (*number % 20_000).cast_signed()).collect();
    lane.batch(&buckets, |batch| {
        let (_, found) = batch.look_up(&hashes, &keys)?;
        let mut ids: Vec<PatientId> = found.into_iter().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        let records = if ids.is_empty() { Vec::new() } else { batch.patient_records(&ids)? };
        batch.write(&decide(records)?)
    })
}

/// Numbers of different lanes never meet, and neither do their buckets.
fn number_of(lane: u64, number: u64) -> u64 {
    2 * number + lane
}

fn append(all: &mut Changes, one: Changes) {
    all.messages.extend(one.messages);
    all.patients.extend(one.patients);
    all.patient_reports.extend(one.patient_reports);
    all.vaccination_reports.extend(one.vaccination_reports);
    all.vaccination_events.extend(one.vaccination_events);
    all.match_keys.extend(one.match_keys);
    all.audit.extend(one.audit);
}
