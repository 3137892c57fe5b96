//! Measures the engine over CDC's cases: `measure SHEET.csv ...`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bluebonnet_forecast::{History, HistoryDose, Schedule, Workspace, cases, forecast, text};
use jiff::civil::{Date, date};
use model::{Cvx, Sex};

/// People who are few are forecast so many times, and the fastest counts.
const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (read, compiled) = (0..ROUNDS).map(|_| measure_schedule()).min().expect("there are rounds");
    println!("schedule: read {read:?}, compiled {compiled:?}");
    let schedule = Schedule::builtin();
    let mut people = Vec::new();
    for file in std::env::args().skip(1) {
        let cases = cases::read_cases(&std::fs::read_to_string(&file)?)?;
        people.extend(cases.into_iter().map(|case| (case.history, case.assessment_date)));
    }
    if !people.is_empty() {
        tell("CDC's cases", schedule, &people, ROUNDS);
    }
    tell("a child of 22 doses", schedule, &[child_of_22_doses()], ROUNDS);
    tell("generated histories", schedule, &generated(100_000), 1);
    Ok(())
}

fn measure_schedule() -> (Duration, Duration) {
    let begin = Instant::now();
    let facts = text::read(Schedule::builtin_texts()).expect("our own schedule");
    let read = begin.elapsed();
    let begin = Instant::now();
    black_box(Schedule::compile(facts).expect("our own schedule"));
    (read, begin.elapsed())
}

fn tell(name: &str, schedule: &Schedule, people: &[(History, Date)], rounds: usize) {
    let mut workspace = Workspace::default();
    let mut times: Vec<Duration> = vec![Duration::MAX; people.len()];
    for _ in 0..rounds {
        for ((history, on), time) in people.iter().zip(&mut times) {
            let begin = Instant::now();
            black_box(forecast(schedule, history, *on, &mut workspace));
            *time = begin.elapsed().min(*time);
        }
    }
    times.sort();
    let (median, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("{name}: {} people, median {median:?}, p99 {p99:?}, slowest {:?}", people.len(), times[times.len() - 1]);
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
