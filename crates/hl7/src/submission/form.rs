//! What the guide asks of fields whatever they say: that some are there, and that most are there once.
//!
//! What is told here changes nothing of what is read: an empty field counts as if it had its usual value, and of several
//! values the first was used.

use memchr::memchr;
use model::{FindingKind, Location, Segment as Kind};

use crate::er7::{Message, Segment};
use crate::judge::{Judge, is_empty};

/// Fields of a segment that are required, and have no finding of their own when they are empty.
///
/// # Source
/// HL7 IG 1.5, profile Z22: usage R. By its table 3-1 an empty one empties the segment; as each has one usual value, nothing
/// is lost by reading on, and it is told.
const REQUIRED: [(&[u8; 3], &[u16]); 6] = [
    (b"MSH", &[7, 15, 16, 21]),
    (b"PID", &[1]),
    (b"NK1", &[1]),
    (b"ORC", &[1]),
    (b"RXA", &[1, 2, ACTION]),
    (b"OBX", &[1, 2, 4, 11]),
];

/// RXA-21, which a group of no vaccine (CVX 998) does not need.
const ACTION: u16 = 21;

/// Fields that are read, may be there once by the guide, and are read as far as their first repetition.
const ONCE: [(&[u8; 3], &[u16]); 7] = [
    (b"PID", &[6, 7, 15, 22, 29]),
    (b"PD1", &[11]),
    (b"NK1", &[3]),
    (b"ORC", &[2, 3]),
    (b"RXA", &[3, 4, 5, 7, 11, 16, 17]),
    (b"RXR", &[1, 2]),
    (b"OBX", &[3, 11, 14]),
];

/// Fields that may repeat by the guide, or by HL7 where several ids of one clinician stand in them; the registry keeps one
/// value.
const KEPT_ONCE: [(&[u8; 3], &[u16]); 3] = [(b"NK1", &[2, 4]), (b"ORC", &[10, 12]), (b"RXA", &[10, 15, 18])];

/// A required field that is empty: the place where it was first, and in how many segments.
struct Empty {
    first: Location,
    count: usize,
}

/// What was seen so far of a message.
#[derive(Default)]
pub(crate) struct Form {
    empty: Vec<Empty>,
}

impl Form {
    /// Looks at segments of which something is kept. Tells at once of repetitions.
    pub(crate) fn look(&mut self, judge: &mut Judge<'_>, message: &Message<'_>, segments: &[Segment<'_>]) {
        for segment in segments {
            self.look_for_empty(message, segment);
            if !segment.is(b"MSH") && memchr(message.delimiters().repetition, segment.body().as_bytes()).is_some() {
                note_repetitions(judge, message, segment, &ONCE, FindingKind::FieldRepeated);
                note_repetitions(judge, message, segment, &KEPT_ONCE, FindingKind::RepetitionsIgnored);
            }
        }
    }

    /// Tells of each required field that was empty, once a message.
    pub(crate) fn tell(self, judge: &mut Judge<'_>) {
        for Empty { first, count } in self.empty {
            let place = if count == 1 { "1 segment".to_owned() } else { format!("{count} segments") };
            judge.note(FindingKind::FieldEmpty, first, place);
        }
    }

    fn look_for_empty(&mut self, message: &Message<'_>, segment: &Segment<'_>) {
        let Some(required) = fields_of(&REQUIRED, segment) else { return };
        // In MSH the first piece is MSH-2.
        let shift = u16::from(segment.is(b"MSH"));
        let mut fields = segment.fields();
        for &field in required {
            if !is_empty(fields.at(field - shift).trim()) || (field == ACTION && is_of_no_vaccine(message, segment)) {
                continue;
            }
            let is_same = |empty: &&mut Empty| (empty.first.segment, empty.first.field) == (segment.kind, field);
            match self.empty.iter_mut().find(is_same) {
                Some(empty) => empty.count += 1,
                None => self.empty.push(Empty { first: place(segment.kind, segment.sequence, field), count: 1 }),
            }
        }
    }
}

fn is_of_no_vaccine(message: &Message<'_>, segment: &Segment<'_>) -> bool {
    message.component(segment.field(5), 1).trim() == "998"
}

/// Notes each field of the table in which a value follows the first, and is another.
fn note_repetitions(
    judge: &mut Judge<'_>,
    message: &Message<'_>,
    segment: &Segment<'_>,
    table: &[(&[u8; 3], &[u16])],
    kind: FindingKind,
) {
    let mut fields = segment.fields();
    for &field in fields_of(table, segment).unwrap_or_default() {
        let mut repetitions = message.repetitions(fields.at(field));
        let first = repetitions.at(1);
        let lost = (2..).zip(repetitions).find(|(_, value)| !is_empty(value.trim()) && *value != first);
        if let Some((number, value)) = lost {
            judge.note(kind, place(segment.kind, segment.sequence, field).repetition(number), message.decode(value));
        }
    }
}

fn fields_of<'t>(table: &[(&[u8; 3], &'t [u16])], segment: &Segment<'_>) -> Option<&'t [u16]> {
    table.iter().find(|(name, _)| segment.is(name)).map(|(_, fields)| *fields)
}

fn place(kind: Kind, sequence: u16, field: u16) -> Location {
    Location { segment: kind, ..Location::field("MSH", sequence, field) }
}
