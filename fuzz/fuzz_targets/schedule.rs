//! Releases of CDC's supporting data, and schedules as text: nothing panics, and what was read can be written and read again.

#![no_main]

use forecast::facts::ScheduleFacts;
use forecast::import::{ImportFile, import};
use forecast::{Schedule, text};
use libfuzzer_sys::fuzz_target;

/// A whole schedule's frame, so that an antigen's file alone is reached.
const FRAME: &str = include_str!("frame.xml");

fuzz_target!(|bytes: &[u8]| {
    let frame = ImportFile { name: "frame.xml", content: FRAME.as_bytes() };
    let given = ImportFile { name: "given.xml", content: bytes };
    for files in [&[given][..], &[frame, given][..]] {
        if let Ok(facts) = import("fuzzed", files) {
            read_again(&facts);
        }
    }
    if let Ok(given) = std::str::from_utf8(bytes) {
        if let Ok(facts) = text::read([("given.txt", given)]) {
            read_again(&facts);
        }
        let _ = Schedule::parse([("given.txt", given)]);
        let _ = Schedule::builtin().with_overlay([("given.txt", given)]);
    }
});

fn read_again(facts: &ScheduleFacts) {
    let files = text::write(facts);
    let texts = files.iter().map(|file| (file.name.as_str(), file.text.as_str()));
    let again = text::read(texts).expect("what we write can be read");
    assert_eq!(text::write(&again), files, "and says the same");
    let _ = Schedule::compile(again);
}
