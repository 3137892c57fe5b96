//! A batch file as a large sender would leave it: FHS, BHS, messages, BTS, FTS.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use crate::messages;

/// Writes messages with consecutive numbers, so many of a hundred about people who are new and the others about people
/// that are known by then; gives how many people are known after them.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn write(
    path: &Path,
    first: u64,
    count: u64,
    mut known_people: u64,
    new_people_percent: u64,
) -> std::io::Result<u64> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(
        b"FHS|^~\\&|ExampleEHR|CLINIC-4411|Bluebonnet|REGISTRY|20260115120000-0600\rBHS|^~\\&|ExampleEHR|CLINIC-4411\r",
    )?;
    for message in first..first + count {
        let person = messages::person_of(message, known_people, new_people_percent);
        known_people += u64::from(person == known_people);
        file.write_all(messages::report(message, person).as_bytes())?;
    }
    write!(file, "BTS|{count}\rFTS|1\r")?;
    file.flush()?;
    Ok(known_people)
}
