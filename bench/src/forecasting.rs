//! Evaluating and forecasting one person, all vaccine groups: CDC's cases, a child of 22 doses, and generated histories, on one core and
//! on two; beside the figures that other engines were measured at elsewhere.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use forecast::{History, HistoryDose, Schedule, Workspace, cases, forecast};
use jiff::civil::{Date, date};
use model::{Cvx, Sex};

use crate::table::{Goal, Row, Table, rounded};
use crate::{machine, repository};

/// People who are few are forecast so many times, and the fastest counts: it is the one that nothing disturbed.
const ROUNDS: usize = 20;
/// Generated histories.
const GENERATED: usize = 100_000;
/// Microseconds of other engines for a like child, on another machine.
const STEP_INTO_CDSI: f64 = 105_000.0;
const LONE_STAR: f64 = 3_100.0;
const PYTHON: f64 = 2_000.0;
/// CDC's cases, beside the project.
const SHEETS: [&str; 2] = ["healthy-4.45.csv", "underlying-conditions-4.6.csv"];

/// Measures the engine and adds its rows.
///
/// # Errors
/// When a sheet that is there cannot be read.
pub(crate) fn measure(table: &mut Table) -> anyhow::Result<()> {
    eprintln!("Forecasting one person");
    let schedule = Schedule::builtin();
    measure_schedule(table, schedule);
    let cases = cases_of_cdc(&repository().join("../shared/data/cdsi/test-cases"))?;
    if cases.is_empty() {
        table.note("CDC's cases are not there; their row is left out.");
    } else {
        tell(table, schedule, "CDC's cases", &cases, ROUNDS, "", None);
    }
    let child = [child_of_22_doses()];
    let rivals = [
        ("StepIntoCDSI, measured elsewhere", STEP_INTO_CDSI),
        ("LoneStar, measured elsewhere", LONE_STAR),
        ("a Python engine, measured elsewhere", PYTHON),
    ];
    for (rival, theirs) in rivals {
        tell(table, schedule, "a child of 22 doses", &child, ROUNDS * 100, rival, Some(theirs));
    }
    let people = generated(GENERATED);
    tell(table, schedule, "generated histories", &people, 1, "", None);
    tell_on_two_cores(table, schedule, &people);
    if let Some(memory) = machine::memory_of(std::process::id()) {
        table.note(format!(
            "The benchmark itself, with the schedule, {GENERATED} histories and their times: {} MB.",
            memory.resident >> 20
        ));
    }
    Ok(())
}

fn measure_schedule(table: &mut Table, schedule: &Schedule) {
    let facts = schedule.facts();
    let compiling = (0..ROUNDS).map(|_| {
        let facts = facts.clone();
        timed(|| Schedule::compile(facts).expect("our own schedule"))
    });
    let compiled = compiling.min().unwrap_or_default();
    let reading = (0..ROUNDS).map(|_| timed(|| forecast::text::read(Schedule::builtin_texts())));
    let read = reading.min().unwrap_or_default();
    let milliseconds = compiled.as_secs_f64() * 1e3;
    table.add(Row {
        work: format!("schedule {}: compile the tables", schedule.name()),
        rival: String::new(),
        ours: format!("{} ms, and {} ms to read the text", rounded(milliseconds), rounded(read.as_secs_f64() * 1e3)),
        theirs: String::new(),
        figure: milliseconds,
        goal: Goal::AtMost(1.0),
    });
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let begin = Instant::now();
    black_box(work());
    begin.elapsed()
}

/// One row: the median and the 99th of a hundred, on one core.
fn tell(
    table: &mut Table,
    schedule: &Schedule,
    name: &str,
    people: &[(History, Date)],
    rounds: usize,
    rival: &str,
    theirs: Option<f64>,
) {
    let mut times = vec![Duration::MAX; people.len()];
    machine::on_one_core(|| {
        let mut workspace = Workspace::default();
        for _ in 0..rounds {
            for ((history, on), time) in people.iter().zip(&mut times) {
                let begin = Instant::now();
                black_box(forecast(schedule, history, *on, &mut workspace));
                *time = begin.elapsed().min(*time);
            }
        }
    });
    times.sort();
    let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
    let median = microseconds(times[times.len() / 2]);
    let p99 = microseconds(times[times.len() * 99 / 100]);
    table.add(Row {
        work: format!("forecast of {name} ({}), one core", people.len()),
        rival: rival.to_owned(),
        ours: format!("median {} us, p99 {} us", rounded(median), rounded(p99)),
        theirs: theirs.map(|theirs| format!("{} us", rounded(theirs))).unwrap_or_default(),
        figure: theirs.map_or(median, |theirs| theirs / median),
        goal: if theirs.is_some() { Goal::RatioNoted } else { Goal::AtMost(20.0) },
    });
}

fn tell_on_two_cores(table: &mut Table, schedule: &Schedule, people: &[(History, Date)]) {
    let through = |cores: usize| {
        let begin = Instant::now();
        std::thread::scope(|scope| {
            for part in people.chunks(people.len().div_ceil(cores)) {
                scope.spawn(move || {
                    let mut workspace = Workspace::default();
                    for (history, on) in part {
                        black_box(forecast(schedule, history, *on, &mut workspace));
                    }
                });
            }
        });
        people.len() as f64 / begin.elapsed().as_secs_f64()
    };
    let (one, two) = (through(1), through(2));
    table.add(Row {
        work: format!("forecasts of generated histories ({}) a second, two threads", people.len()),
        rival: "one thread".to_owned(),
        ours: format!("{two:.0}/s"),
        theirs: format!("{one:.0}/s"),
        figure: two / one,
        goal: Goal::RatioNoted,
    });
}

fn cases_of_cdc(folder: &Path) -> anyhow::Result<Vec<(History, Date)>> {
    let mut people = Vec::new();
    for sheet in SHEETS {
        let path = folder.join(sheet);
        if path.exists() {
            let cases = cases::read_cases(&std::fs::read_to_string(path)?)?;
            people.extend(cases.into_iter().map(|case| (case.history, case.assessment_date)));
        }
    }
    Ok(people)
}

/// A fully vaccinated child of six years.
fn child_of_22_doses() -> (History, Date) {
    let mut history = History::new(date(2019, 9, 10), Sex::F);
    let visits: [(Date, &[u16]); 8] = [
        (date(2019, 9, 10), &[8]),
        (date(2019, 11, 10), &[110, 48, 133, 116]),
        (date(2020, 1, 10), &[110, 48, 133, 116]),
        (date(2020, 3, 10), &[110, 48, 133, 116]),
        (date(2020, 9, 10), &[3, 21, 83]),
        (date(2020, 12, 10), &[20, 48, 133]),
        (date(2021, 3, 20), &[83]),
        (date(2023, 9, 20), &[130, 94]),
    ];
    for (day, vaccines) in visits {
        history.doses.extend(vaccines.iter().map(|cvx| HistoryDose::new(day, Cvx(*cvx))));
    }
    (history, date(2025, 11, 10))
}

/// People of all ages with up to 24 doses of common vaccines on visits of up to four doses.
fn generated(count: usize) -> Vec<(History, Date)> {
    const VACCINES: [u16; 20] = [8, 10, 20, 110, 120, 48, 133, 216, 116, 3, 94, 21, 83, 115, 9, 165, 114, 140, 43, 187];
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let on = date(2025, 11, 10);
    let days_before =
        |days: u64| on.checked_sub(jiff::Span::new().days(days.cast_signed())).expect("a day of this century");
    let mut people = Vec::with_capacity(count);
    for _ in 0..count {
        let age = next(29_000) + 1;
        let mut history = History::new(days_before(age), if next(2) == 0 { Sex::F } else { Sex::M });
        for _ in 0..next(7) {
            let day = days_before(next(age));
            for _ in 0..=next(4) {
                let vaccine = VACCINES[usize::try_from(next(20)).expect("a small number")];
                history.doses.push(HistoryDose::new(day, Cvx(vaccine)));
            }
        }
        people.push((history, on));
    }
    people
}
