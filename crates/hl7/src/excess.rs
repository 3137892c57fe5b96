//! How often the parts of one message may stand in it: what is beyond is no person's, and would keep everybody waiting, as each
//! name is looked up with each phone number, and each observation beside all others.

use memchr::memchr_iter;
use model::{FindingKind, Location};

use crate::er7::{Message, Segment};
use crate::judge::Judge;

/// Repetitions of one field at most.
pub const REPETITIONS_MAXIMUM: usize = 50;

/// NK1 of one message at most.
pub const NEXT_OF_KIN_MAXIMUM: usize = 50;

/// OBX of one message at most.
pub const OBSERVATIONS_MAXIMUM: usize = 5_000;

/// Notes the first part that stands in a message more often than it may; whether there is one.
pub(crate) fn note_excess(judge: &mut Judge<'_>, message: &Message<'_>) -> bool {
    let found = excess_of_segments(message, b"NK1", NEXT_OF_KIN_MAXIMUM)
        .or_else(|| excess_of_segments(message, b"OBX", OBSERVATIONS_MAXIMUM))
        .or_else(|| message.segments().iter().find_map(|segment| excess_of_repetitions(message, segment)));
    let Some((at, count)) = found else { return false };
    judge.note(FindingKind::PartsTooMany, at, count.to_string());
    true
}

fn excess_of_segments(message: &Message<'_>, name: &[u8; 3], maximum: usize) -> Option<(Location, usize)> {
    let mut of_kind = message.segments().iter().filter(|segment| segment.is(name));
    let first_beyond = of_kind.nth(maximum)?;
    let at = Location { segment: first_beyond.kind, ..Location::segment("MSH", first_beyond.sequence) };
    Some((at, maximum + 1 + of_kind.count()))
}

/// A field of which all repetitions are read, and which has too many.
fn excess_of_repetitions(message: &Message<'_>, segment: &Segment<'_>) -> Option<(Location, usize)> {
    let is_read = [b"PID", b"NK1", b"RXA", b"QPD"].into_iter().any(|name| segment.is(name));
    let separators = |text: &str| memchr_iter(message.delimiters().repetition, text.as_bytes()).count();
    if !is_read || separators(segment.body()) < REPETITIONS_MAXIMUM {
        return None;
    }
    let mut fields = (1..).zip(segment.fields()).map(|(number, field)| (number, separators(field) + 1));
    let (number, count) = fields.find(|(_, count)| *count > REPETITIONS_MAXIMUM)?;
    let at = Location { segment: segment.kind, ..Location::field("MSH", segment.sequence, number) };
    Some((at, count))
}
