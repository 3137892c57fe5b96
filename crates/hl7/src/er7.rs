//! ER7, the pipe-and-hat syntax: a reader that copies nothing and never fails.
//!
//! It knows segments, fields, repetitions, components and escapes; it does not know what any of them means.

mod cursor;
mod escape;
mod pieces;
mod writer;

use std::borrow::Cow;

use memchr::{memchr, memchr2};

pub(crate) use cursor::{Cursor, Parts};
pub use escape::{escape, unescape};
pub use pieces::Pieces;
pub(crate) use writer::Writer;

use crate::header::Header;

/// The five characters that MSH-1 and MSH-2 name.
///
/// # Source
/// HL7 IG 1.5, MSH-1 and MSH-2: fixed as `|^~\&`. Other characters are read all the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delimiters {
    /// Between fields.
    pub field: u8,
    /// Between components.
    pub component: u8,
    /// Between repetitions.
    pub repetition: u8,
    /// Around escape sequences.
    pub escape: u8,
    /// Between subcomponents.
    pub subcomponent: u8,
}

impl Default for Delimiters {
    fn default() -> Delimiters {
        Delimiters::STANDARD
    }
}

impl Delimiters {
    /// `|^~\&`.
    pub const STANDARD: Delimiters =
        Delimiters { field: b'|', component: b'^', repetition: b'~', escape: b'\\', subcomponent: b'&' };

    /// Reads them from a header line; what it does not name, or names unusably, stays as the standard has it.
    fn of_header(line: &str) -> Delimiters {
        let mut delimiters = Delimiters::STANDARD;
        let mut named = line.bytes().skip(3).take_while(|byte| byte.is_ascii_punctuation());
        let Some(field) = named.next() else { return delimiters };
        let mut read = delimiters;
        read.field = field;
        let places = [&mut read.component, &mut read.repetition, &mut read.escape, &mut read.subcomponent];
        for (place, byte) in places.into_iter().zip(named.take_while(|byte| *byte != field)) {
            *place = byte;
        }
        if read.are_distinct() {
            delimiters = read;
        }
        delimiters
    }

    fn are_distinct(self) -> bool {
        let all = [self.field, self.component, self.repetition, self.escape, self.subcomponent];
        all.iter().enumerate().all(|(place, byte)| !all[..place].contains(byte))
    }
}

/// One message, split into segments.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    text: &'a str,
    delimiters: Delimiters,
    classes: cursor::ByteClasses,
    has_escapes: bool,
    segments: Vec<Segment<'a>>,
    unnamed_lines: u16,
}

/// One segment of a message.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Its name.
    pub kind: model::Segment,
    /// Which one of its kind in the message, from 1.
    pub sequence: u16,
    /// The line without the name and the separator after it.
    body: &'a str,
    separator: u8,
}

/// Segments that a message is expected to have; room for one saves growing.
const USUAL_SEGMENT_COUNT: usize = 32;

/// Kinds of segments that a message is expected to have.
const USUAL_KIND_COUNT: usize = 16;

impl<'a> Message<'a> {
    /// Splits the text into segments at CR, LF or CRLF. Blank lines and white space around lines do not matter.
    pub fn read(text: &'a str) -> Message<'a> {
        let text = text.trim_start_matches(|first: char| first.is_ascii_whitespace() || first == '\u{B}');
        let mut message = Message {
            text,
            delimiters: Delimiters::STANDARD,
            classes: cursor::ByteClasses::of(Delimiters::STANDARD),
            has_escapes: false,
            segments: Vec::with_capacity(USUAL_SEGMENT_COUNT),
            unnamed_lines: 0,
        };
        if message.begins_with_header() {
            message.delimiters = Delimiters::of_header(text);
            message.classes = cursor::ByteClasses::of(message.delimiters);
        }
        let after_header_delimiters = text.as_bytes().get(8..).unwrap_or_default();
        message.has_escapes = memchr(message.delimiters.escape, after_header_delimiters).is_some();
        message.split_segments();
        message
    }

    fn split_segments(&mut self) {
        let mut counts = Counts(Vec::with_capacity(USUAL_KIND_COUNT));
        let mut rest = self.text;
        while !rest.is_empty() {
            let end = memchr2(b'\r', b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            self.take_line(line, &mut counts);
        }
    }

    #[inline]
    fn take_line(&mut self, line: &'a str, counts: &mut Counts) {
        let line = if line.as_bytes().first().is_some_and(u8::is_ascii_graphic) { line } else { line.trim_start() };
        let separator = self.delimiters.field;
        let bytes = line.as_bytes();
        if bytes.is_empty() {
            return;
        }
        let (Some(name), true) = (segment_name(bytes), bytes.get(3).is_none_or(|after| *after == separator)) else {
            self.unnamed_lines = self.unnamed_lines.saturating_add(1);
            return;
        };
        let kind = model::Segment(name);
        let sequence = counts.next_of(kind);
        self.segments.push(Segment { kind, sequence, body: line.get(4..).unwrap_or_default(), separator });
    }

    /// Whether the text begins with a message header, and so is HL7 at all.
    pub fn begins_with_header(&self) -> bool {
        let bytes = self.text.as_bytes();
        bytes.starts_with(b"MSH") && bytes.get(3).is_some_and(u8::is_ascii_punctuation)
    }

    /// How many message headers the text has; more than one means several messages.
    pub fn header_count(&self) -> usize {
        self.segments.iter().filter(|segment| segment.is(b"MSH")).count()
    }

    /// The message header.
    pub fn header(&self) -> Header<'a> {
        Header::of(self)
    }

    /// The text that was read, without white space before it.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// All segments in their order.
    pub fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// The first segment of a kind.
    pub fn first(&self, name: &[u8; 3]) -> Option<&Segment<'a>> {
        self.segments.iter().find(|segment| segment.is(name))
    }

    /// How many lines do not begin with a segment name.
    pub fn unnamed_lines(&self) -> u16 {
        self.unnamed_lines
    }

    /// The delimiters in use.
    pub fn delimiters(&self) -> Delimiters {
        self.delimiters
    }

    /// A cursor at the beginning of a segment.
    pub(crate) fn cursor<'m>(&'m self, segment: &Segment<'a>) -> Cursor<'a, 'm> {
        Cursor::new(segment.body, self.delimiters, &self.classes)
    }

    /// The first components of one repetition.
    pub(crate) fn parts<const N: usize>(&self, repetition: &'a str) -> Parts<'a, N> {
        Cursor::new(repetition, self.delimiters, &self.classes).parts(1)
    }

    /// The text of a component or subcomponent, its escapes decoded; borrowed when there are none.
    pub fn decode(&self, raw: &'a str) -> Cow<'a, str> {
        unescape(raw, self.delimiters)
    }

    /// Whether an escape character stands anywhere in the message.
    pub(crate) fn has_escapes(&self) -> bool {
        self.has_escapes
    }

    /// The repetitions of a field.
    pub fn repetitions(&self, field: &'a str) -> Pieces<'a> {
        Pieces::of(field, self.delimiters.repetition)
    }

    /// The components of one repetition.
    pub fn components(&self, repetition: &'a str) -> Pieces<'a> {
        Pieces::of(repetition, self.delimiters.component)
    }

    /// The subcomponents of a component.
    pub fn subcomponents(&self, component: &'a str) -> Pieces<'a> {
        Pieces::of(component, self.delimiters.subcomponent)
    }

    /// The first subcomponent of a component.
    #[inline]
    pub fn first_subcomponent(&self, component: &'a str) -> &'a str {
        self.first_two_subcomponents(component)[0]
    }

    /// The first two subcomponents of a component.
    #[inline]
    pub(crate) fn first_two_subcomponents(&self, component: &'a str) -> [&'a str; 2] {
        let separator = self.delimiters.subcomponent;
        let cut = |text: &'a str| match memchr(separator, text.as_bytes()) {
            Some(end) => (text.get(..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default()),
            None => (text, ""),
        };
        let (first, rest) = cut(component);
        if rest.is_empty() { [first, ""] } else { [first, cut(rest).0] }
    }

    /// The component of a field's first repetition, by number.
    pub fn component(&self, field: &'a str, number: u16) -> &'a str {
        self.components(self.repetitions(field).at(1)).at(number)
    }
}

impl<'a> Segment<'a> {
    /// Whether it is of this kind.
    pub fn is(&self, name: &[u8; 3]) -> bool {
        self.kind.0 == *name
    }

    /// A field as sent, by its number; empty when the segment ends before it. MSH-1 is the separator itself.
    pub fn field(&self, number: u16) -> &'a str {
        self.fields().at(self.place(number))
    }

    /// The fields from left to right. In MSH the first piece is MSH-2.
    pub fn fields(&self) -> Pieces<'a> {
        Pieces::of(self.body, self.separator)
    }

    /// Everything after the name and its separator.
    pub fn body(&self) -> &'a str {
        self.body
    }

    fn place(&self, number: u16) -> u16 {
        if self.is(b"MSH") { number.saturating_sub(1) } else { number }
    }
}

/// How many segments of each kind there were so far.
struct Counts(Vec<(model::Segment, u16)>);

impl Counts {
    fn next_of(&mut self, kind: model::Segment) -> u16 {
        match self.0.iter_mut().rev().find(|(counted, _)| *counted == kind) {
            Some((_, count)) => {
                *count = count.saturating_add(1);
                *count
            }
            None => {
                self.0.push((kind, 1));
                1
            }
        }
    }
}

/// The name that a line begins with: three letters or digits, a letter first.
fn segment_name(line: &[u8]) -> Option<[u8; 3]> {
    let name: [u8; 3] = line.get(..3)?.try_into().ok()?;
    let is_name =
        name[0].is_ascii_uppercase() && name[1..].iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "MSH|^~\\&|APP^1.2^ISO|FAC\rPID|1||A1^^^X&1.2&ISO^MR~B2||Cruz^Ana\r\rOBX|1\nOBX|2|x\\T\\y\r\n";

    #[test]
    fn segments_are_numbered_among_their_kind_whatever_ends_the_lines() {
        let message = Message::read(TEXT);
        let found: Vec<(String, u16)> =
            message.segments().iter().map(|segment| (segment.kind.as_str().to_owned(), segment.sequence)).collect();
        let expected = [("MSH", 1), ("PID", 1), ("OBX", 1), ("OBX", 2)];
        assert_eq!(found, expected.map(|(name, sequence)| (name.to_owned(), sequence)));
    }

    #[test]
    fn fields_repetitions_components_and_subcomponents_are_found_by_number() {
        let message = Message::read(TEXT);
        let pid = message.first(b"PID").expect("the text has one");
        assert_eq!(pid.field(1), "1");
        assert_eq!(pid.field(5), "Cruz^Ana");
        assert_eq!(pid.field(6), "");
        let identifiers = pid.field(3);
        assert_eq!(message.repetitions(identifiers).at(2), "B2");
        assert_eq!(message.component(identifiers, 5), "MR");
        assert_eq!(message.subcomponents(message.component(identifiers, 4)).at(2), "1.2");
        let header = message.first(b"MSH").expect("the text has one");
        assert_eq!((header.field(2), header.field(3)), ("^~\\&", "APP^1.2^ISO"));
    }

    #[test]
    fn delimiters_come_from_the_header() {
        let cases = [
            ("MSH|^~\\&|A", Delimiters::STANDARD),
            ("MSH|^~\\&amp;|A", Delimiters::STANDARD),
            ("MSH|^~|A", Delimiters::STANDARD),
            ("MSH#*!\\&#A", Delimiters { field: b'#', component: b'*', repetition: b'!', ..Delimiters::STANDARD }),
            ("MSH||||", Delimiters::STANDARD),
            ("MSH|||^|", Delimiters::STANDARD),
            ("MSH", Delimiters::STANDARD),
        ];
        for (text, expected) in cases {
            assert_eq!(Message::read(text).delimiters(), expected, "{text}");
        }
    }

    #[test]
    fn lines_without_a_name_are_counted_and_do_no_harm() {
        let message = Message::read("MSH|^~\\&|A\rPID|1\rand a line of text\r|x\rpid|1\rPIDX|1\rZPV|1\r");
        assert_eq!(message.unnamed_lines(), 4);
        assert_eq!(message.segments().len(), 3);
        assert!(!Message::read("hello").begins_with_header());
        assert!(Message::read("\u{B}MSH|^~\\&|").begins_with_header());
        assert!(!Message::read("MSHX").begins_with_header());
    }
}
