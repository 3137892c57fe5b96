//! Batch files of synthetic messages, written as a stream: any size in the same memory.

use std::io::{self, Write};

use super::messages::text::Er7;
use super::messages::{Affirmation, SendingSite, write_vxu};
use super::{SyntheticPeople, SyntheticPerson};

/// Writes one FHS/BHS envelope with a VXU for each of the next people.
///
/// Control ids are the given prefix and the number of the person. Gives how many messages were written: `count`, as
/// there is no end of people.
///
/// # Errors
/// When the writer fails. What was written before stays written.
pub fn write_batch(
    writer: &mut impl Write,
    people: &mut SyntheticPeople,
    count: usize,
    site: &SendingSite,
    control_prefix: &str,
    consent: &dyn Fn(&SyntheticPerson) -> Option<Affirmation>,
) -> io::Result<usize> {
    let name = |start: &str| format!("{start}|^~\\&|{}|{}|IIS|TEXIIS\r", site.application, site.facility);
    writer.write_all(name("FHS").as_bytes())?;
    writer.write_all(name("BHS").as_bytes())?;
    let mut er7 = Er7(String::with_capacity(64 * 1024));
    let mut control_id = String::with_capacity(control_prefix.len() + 12);
    let mut written = 0;
    for person in people.take(count) {
        control_id.clear();
        control_id.push_str(control_prefix);
        control_id.push_str(&person.number.to_string());
        er7.0.clear();
        write_vxu(&mut er7, &person, site, &control_id, consent(&person).as_ref());
        writer.write_all(er7.0.as_bytes())?;
        written += 1;
    }
    write!(writer, "BTS|{written}\rFTS|1\r")?;
    Ok(written)
}
