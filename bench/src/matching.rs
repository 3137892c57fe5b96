//! Telling people apart: what a decision costs in memory, what a lookup costs with each database, and Splink on the same files.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bluebonnet::synthetic::SyntheticRecords;
use jiff::civil::{Date, date};
use matching::{Candidate, Matcher, lookup_keys, match_keys};
use model::{Demographics, Patient, PatientId, PatientStatus};
use serde_json::Value;
use store::{Batch, Changes, Database, DatabaseUrl, Options as StoreOptions, PatientChange, StoreError};
use uuid::Uuid;

use crate::databases::Home;
use crate::options::{DatabaseKind, Options};
use crate::program::Program;
use crate::repository;
use crate::table::{Goal, Row, Table, rounded};

const SEED: u64 = 2;
/// Of a thousand people so many are written down again.
const AGAIN_PER_THOUSAND: u64 = 20;
/// People of one commit while a registry is filled.
const PEOPLE_PER_COMMIT: usize = 2_000;
/// Lookups that are measured.
const LOOKUPS: usize = 5_000;
/// People of the generated file that Splink gets, too.
const GENERATED_PEOPLE: u64 = 20_000;
const SPLINK: &str = "splink==5.0.0";

fn as_of() -> Date {
    date(2026, 1, 15)
}

fn records() -> SyntheticRecords {
    SyntheticRecords::new(SEED, as_of(), AGAIN_PER_THOUSAND)
}

/// Measures all of it and adds its rows.
///
/// # Errors
/// When the program, a database or a file fails.
pub(crate) fn measure(options: &Options, program: &Program, folder: &Path, table: &mut Table) -> anyhow::Result<()> {
    eprintln!("Telling people apart");
    for &people in &options.people {
        measure_in_memory(program, people, table)?;
    }
    for kind in options.databases() {
        measure_with(kind, options, folder, table)?;
    }
    measure_beside_splink(program, folder, table)
}

/// What the program says of a registry of so many people in memory.
fn measure_in_memory(program: &Program, people: u64, table: &mut Table) -> anyhow::Result<()> {
    let said = json_of(program, &["match", "dataset", "--generated", &people.to_string(), "--json"])?;
    let number = |pointer: &str| said.pointer(pointer).and_then(Value::as_f64).unwrap_or(f64::NAN);
    table.add(Row {
        work: format!("lookup and decision in memory, {people} people"),
        rival: String::new(),
        ours: format!(
            "p50 {} us, p99 {} us",
            rounded(number("/microseconds/p50")),
            rounded(number("/microseconds/p99"))
        ),
        theirs: String::new(),
        figure: number("/microseconds/p99"),
        goal: Goal::Noted,
    });
    table.note(format!(
        "Of {people} generated people, 2 % written down again: precision {:.5}, recall {:.4}, with review {:.4}, {:.2} pairs to review per \
         1,000 submissions, {:.1} candidates per lookup.",
        number("/precision"),
        number("/recall"),
        number("/recall_with_review"),
        number("/review_pairs_per_thousand"),
        number("/candidates/mean")
    ));
    Ok(())
}

fn json_of(program: &Program, arguments: &[&str]) -> anyhow::Result<Value> {
    let output = Command::new(&program.path).args(arguments).output().context("run the program")?;
    ensure!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// A registry of each size on one database, filled with people and their keys alone; lookups by second records.
fn measure_with(kind: DatabaseKind, options: &Options, folder: &Path, table: &mut Table) -> anyhow::Result<()> {
    for &people in &options.people {
        let folder = tempfile::Builder::new().prefix("people-").tempdir_in(folder)?;
        let Some(home) = Home::new(kind, folder.path())? else {
            table.note(format!("{} is left out: this machine lacks it.", kind.name()));
            return Ok(());
        };
        let url = DatabaseUrl::parse(&home.database_url()).context("the address of the database")?;
        let database = Database::open(&url, &StoreOptions::default())?;
        database.migrate()?;
        let asked = fill(&database, people)?;
        let mut times = look_up(&database, &asked)?;
        times.sort_unstable();
        let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)].as_secs_f64() * 1e6;
        table.add(Row {
            work: format!("lookup and decision with {}, {people} people", kind.name()),
            rival: String::new(),
            ours: format!("p50 {} us, p99 {} us", rounded(at(0.5)), rounded(at(0.99))),
            theirs: String::new(),
            figure: at(0.99),
            goal: Goal::AtMost(10_000.0),
        });
    }
    Ok(())
}

/// Lets everybody in once, and gives the second records and some of the first, to ask for.
fn fill(database: &Database, people: u64) -> anyhow::Result<Vec<Demographics>> {
    let mut lane = database.lane(0)?;
    let (mut first, mut asked) = (Vec::with_capacity(PEOPLE_PER_COMMIT), Vec::with_capacity(LOOKUPS));
    let every = (people / LOOKUPS as u64).max(1);
    for record in records().take_while(|record| record.person <= people) {
        let is_first = record.slips.is_empty() && record.name.ends_with("-1");
        if asked.len() < LOOKUPS && (!is_first || record.person.is_multiple_of(every)) {
            asked.push(record.demographics.clone());
        }
        if is_first {
            first.push((record.person, record.demographics));
        }
        if first.len() == PEOPLE_PER_COMMIT {
            write(&mut lane, &mut first)?;
        }
    }
    write(&mut lane, &mut first)?;
    Ok(asked)
}

fn write(lane: &mut store::Lane, people: &mut Vec<(u64, Demographics)>) -> anyhow::Result<()> {
    let at = as_of().at(12, 0, 0, 0).in_tz("UTC")?.timestamp();
    let mut changes = Changes::default();
    for (person, demographics) in people.drain(..) {
        let id = PatientId(Uuid::from_u128((u128::from(person) << 80) | (7 << 76) | (2 << 62)));
        changes.match_keys.extend(match_keys(&demographics, Some(&id.number())).into_iter().map(|key| (key, id)));
        let patient = Patient {
            id,
            version: 1,
            status: PatientStatus::Active,
            is_told_apart: false,
            demographics,
            created_at: at,
            updated_at: at,
        };
        changes.patients.push(PatientChange { patient, expected_version: None });
    }
    lane.batch::<(), StoreError>(&[], |batch: &mut Batch<'_>| batch.write(&changes))?;
    Ok(())
}

fn look_up(database: &Database, asked: &[Demographics]) -> anyhow::Result<Vec<Duration>> {
    let matcher = Matcher::default();
    let mut times = Vec::with_capacity(asked.len());
    for person in asked.iter().take(LOOKUPS) {
        let begin = Instant::now();
        let known = database.read_at_once(|reading| {
            let found = reading.patients_by_match_keys(&lookup_keys(person))?;
            let ids: Vec<_> = found.into_iter().map(|(_, patient_id)| patient_id).collect();
            reading.people(&ids, &[])
        })?;
        let candidates: Vec<Candidate<'_>> = known
            .iter()
            .map(|record| Candidate {
                patient_id: record.patient.id,
                demographics: &record.patient.demographics,
                is_senders: false,
            })
            .collect();
        std::hint::black_box(matcher.decide_person(person, None, &candidates));
        times.push(begin.elapsed());
    }
    Ok(times)
}

/// Splink on febrl's fourth file and on generated people, beside `match dataset` on the same files.
fn measure_beside_splink(program: &Program, folder: &Path, table: &mut Table) -> anyhow::Result<()> {
    let Some(python) = splink(folder) else {
        table.note(format!("{SPLINK} cannot be installed here; its rows are left out."));
        return Ok(());
    };
    let generated = folder.join("generated-people.csv");
    let to = generated.display().to_string();
    let people = GENERATED_PEOPLE.to_string();
    let arguments =
        ["match", "generate", "--people", &people, "--seed", "3", "--again-per-thousand", "200", "--to", &to];
    let made = Command::new(&program.path).args(arguments).status()?;
    ensure!(made.success(), "people are generated");
    let febrl = repository().join("../shared/data/matching/febrl");
    let febrl = ["dataset4a.csv", "dataset4b.csv"].map(|name| febrl.join(name));
    if febrl.iter().all(|file| file.is_file()) {
        tell_beside_splink(program, &python, "febrl", "febrl4", &febrl, table)?;
    } else {
        table.note("febrl's files are not there; their row is left out.");
    }
    let name = format!("{GENERATED_PEOPLE} generated people, 20 % twice");
    tell_beside_splink(program, &python, "bluebonnet", &name, &[generated], table)
}

fn tell_beside_splink(
    program: &Program,
    python: &Path,
    layout: &str,
    name: &str,
    files: &[PathBuf],
    table: &mut Table,
) -> anyhow::Result<()> {
    let begin = Instant::now();
    let mut arguments = vec!["match", "dataset", "--json"];
    arguments.extend(files.iter().filter_map(|file| file.to_str()));
    let ours = json_of(program, &arguments)?;
    let took = begin.elapsed().as_secs_f64();
    let script = repository().join("bench/splink/link.py");
    let output = Command::new(python).arg(script).arg(layout).args(files).output().context("run Splink")?;
    ensure!(output.status.success(), "Splink: {}", String::from_utf8_lossy(&output.stderr));
    let theirs: Value = serde_json::from_slice(&output.stdout)?;
    let number = |said: &Value, key: &str| said.get(key).and_then(Value::as_f64).unwrap_or(f64::NAN);
    let in_words = |said: &Value, seconds: f64| {
        format!(
            "P {:.4} R {:.4} F1 {:.4}, {} s",
            number(said, "precision"),
            number(said, "recall"),
            number(said, "f1"),
            rounded(seconds)
        )
    };
    table.add(Row {
        work: format!("linking {name}: F1"),
        rival: "Splink, its best threshold".to_owned(),
        ours: in_words(&ours, took),
        theirs: in_words(&theirs, number(&theirs, "seconds")),
        figure: number(&ours, "f1") / number(&theirs, "f1"),
        goal: Goal::Ratio(1.0),
    });
    Ok(())
}

/// A Python with Splink, made in the benchmark's own folder; `None` where it cannot be made. Only this machine's time, and nothing of
/// the project, depends on it.
fn splink(folder: &Path) -> Option<PathBuf> {
    let environment = folder.join("splink");
    let python = environment.join("bin/python");
    if !python.is_file() {
        eprintln!("  installing {SPLINK}");
        let made = Command::new("python3").args(["-m", "venv"]).arg(&environment).status().ok()?;
        let installed = Command::new(&python).args(["-m", "pip", "install", "-q", SPLINK, "pandas"]).status().ok()?;
        if !made.success() || !installed.success() {
            return None;
        }
    }
    let has = Command::new(&python).args(["-c", "import splink"]).status().ok()?;
    has.success().then_some(python)
}
