//! Reading one VXU: split and typed, and on to what may be kept of it with its findings; beside other parsers, which
//! only split, and beside one pass that does nothing but look for delimiters.

use std::hint::black_box;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use codes::CodeSets;
use hl7::Message;

use crate::table::{Goal, Row, Table, rounded};
use crate::{machine, messages, repository};

/// Different messages, so that the branch predictor cannot learn one by heart; few enough to stay in the cache.
const MESSAGE_COUNT: u64 = 32;
/// Rounds, of which the median counts; before them one to warm up.
const ROUND_COUNT: usize = 9;
/// How long a turn takes at least.
const TURN: Duration = Duration::from_millis(150);

/// Times python-hl7 on the message that standard input brings, and prints microseconds of processor time: the median of
/// five rounds.
const PYTHON: &str = "
import sys, time, statistics, hl7
text = sys.stdin.buffer.read().decode()
rounds = []
for number in range(6):
    count, begun = 0, time.process_time()
    while time.process_time() - begun < 0.5:
        hl7.parse(text)
        count += 1
    rounds.append((time.process_time() - begun) / count * 1e6)
print(hl7.__version__, statistics.median(rounds[1:]))
";

/// Measures reading and adds its rows.
///
/// # Errors
/// When a message of the benchmark itself cannot be read.
pub(crate) fn measure(table: &mut Table) -> anyhow::Result<()> {
    eprintln!("Reading one VXU");
    let texts: Vec<String> = (0..MESSAGE_COUNT).map(|number| messages::report(number, number)).collect();
    let byte_count = texts.iter().map(String::len).sum::<usize>() / texts.len();
    anyhow::ensure!(texts.iter().all(|text| hl7_parser::Message::parse(text).is_ok()), "hl7-parser refuses a message");
    let (codes, clocks) = (CodeSets::builtin(), hl7::Clocks::default());

    let mut floor =
        |text: &str| memchr::memchr3_iter(b'|', b'^', b'\r', text.as_bytes()).fold(0, |sum, place| sum ^ place);
    let mut typed = |text: &str| hl7::vxu::read(&Message::read(text)).orders.len();
    let mut kept = |text: &str| hl7::read_submission(&Message::read(text), codes.as_ref(), &clocks).vaccinations.len();
    let mut other = |text: &str| hl7_parser::Message::parse(text).map_or(0, |message| message.segments().count());
    let [floor, typed, kept, other] =
        machine::on_one_core(|| microseconds(&texts, [&mut floor, &mut typed, &mut kept, &mut other]));
    let mut compare = |work: &str, ours: f64, rival: &str, theirs: f64, goal: Goal| {
        // A goal of the form "at most" is about cost, the others about speed.
        let figure = if matches!(goal, Goal::RatioAtMost(_)) { ours / theirs } else { theirs / ours };
        let [ours, theirs] = [ours, theirs].map(in_words);
        table.add(Row { work: work.to_owned(), rival: rival.to_owned(), ours, theirs, figure, goal });
    };
    let read = format!("VXU of {byte_count} bytes: every field, typed");
    compare(&read, typed, "hl7-parser 0.3, parse only", other, Goal::Ratio(40.0));
    match python_microseconds(&texts[0]) {
        Ok((version, python)) => {
            compare(&read, typed, &format!("python-hl7 {version}, parse only"), python, Goal::Ratio(1_000.0));
        }
        Err(reason) => eprintln!("  python-hl7 is left out: {reason}"),
    }
    compare(&read, typed, "memchr3 over the delimiters", floor, Goal::RatioAtMost(1.5));
    let submission = format!("VXU of {byte_count} bytes: judged, with findings");
    compare(&submission, kept, "hl7-parser 0.3, parse only", other, Goal::RatioNoted);
    compare(&submission, kept, "ours, typed only", typed, Goal::RatioNoted);
    let gigabytes = byte_count as f64 / typed / 1_000.0;
    table.add(Row {
        work: read,
        rival: String::new(),
        ours: format!("{} GB/s on one core", rounded(gigabytes)),
        theirs: String::new(),
        figure: gigabytes,
        goal: Goal::AtLeast(1.0),
    });
    Ok(())
}

fn in_words(microseconds: f64) -> String {
    format!("{} us", rounded(microseconds))
}

/// Microseconds for one message, for each kind of work: the median of the rounds. In a round everybody has a turn, so that
/// whatever disturbs the machine disturbs them all.
fn microseconds<const COUNT: usize>(
    texts: &[String],
    mut works: [&mut dyn FnMut(&str) -> usize; COUNT],
) -> [f64; COUNT] {
    let mut rounds: [Vec<f64>; COUNT] = std::array::from_fn(|_| Vec::new());
    for round in 0..=ROUND_COUNT {
        for (work, times) in works.iter_mut().zip(&mut rounds) {
            let time = turn(texts, work);
            if round > 0 {
                times.push(time);
            }
        }
    }
    rounds.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    })
}

/// One turn: processor time, as other programs may want the core too.
fn turn(texts: &[String], work: &mut dyn FnMut(&str) -> usize) -> f64 {
    let (begun, mut count) = (machine::processor_time(), 0_u32);
    loop {
        for text in texts {
            black_box(work(black_box(text)));
        }
        count += texts.len() as u32;
        let took = machine::processor_time() - begun;
        if took >= TURN {
            return took.as_secs_f64() * 1e6 / f64::from(count);
        }
    }
}

/// The version of python-hl7, and its time for a message; otherwise why there is none.
fn python_microseconds(text: &str) -> Result<(String, f64), String> {
    let ours = repository().join(".venv/bin/python");
    let python = if ours.exists() { ours } else { PathBuf::from("python3") };
    let mut child = Command::new(&python)
        .args(["-c", PYTHON])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("{} does not start: {error}", python.display()))?;
    let mut input = child.stdin.take().expect("standard input is a pipe");
    input.write_all(text.as_bytes()).map_err(|error| error.to_string())?;
    drop(input);
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let (version, time) =
        printed.trim().split_once(' ').ok_or("the package hl7 is missing (`scripts/prepare.sh python`)")?;
    Ok((version.to_owned(), time.parse().map_err(|_| format!("no time in {printed:?}"))?))
}
