//! Reads the fields of a segment from left to right, every byte once: the fast way in.

use super::Delimiters;

/// For every byte, whether it ends a component: the separators of fields, repetitions and components.
#[derive(Clone, Debug)]
pub(crate) struct ByteClasses([bool; 256]);

impl ByteClasses {
    pub(super) fn of(delimiters: Delimiters) -> ByteClasses {
        let mut classes = [false; 256];
        for byte in [delimiters.field, delimiters.repetition, delimiters.component] {
            classes[usize::from(byte)] = true;
        }
        ByteClasses(classes)
    }
}

/// The first components of one repetition; empty where there are none.
///
/// Each is kept as one number, its end in the high half and its start in the low one: a value that is stored and
/// loaded as a whole costs the processor nothing, and a pair of pointer and length would.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a, const N: usize> {
    text: &'a str,
    spans: [u64; N],
}

impl<'a, const N: usize> Parts<'a, N> {
    fn none(text: &'a str) -> Parts<'a, N> {
        Parts { text, spans: [0; N] }
    }

    /// The component of a number from 1.
    #[inline]
    pub(crate) fn at(&self, number: usize) -> &'a str {
        let span = self.spans[number - 1];
        let (start, end) = (span & u64::from(u32::MAX), span >> 32);
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }
}

/// A place in a segment. Fields are asked for by rising numbers.
pub(crate) struct Cursor<'a, 'm> {
    text: &'a str,
    position: usize,
    /// The field in which the position is.
    field: u16,
    delimiters: Delimiters,
    classes: &'m ByteClasses,
}

impl<'a, 'm> Cursor<'a, 'm> {
    pub(super) fn new(text: &'a str, delimiters: Delimiters, classes: &'m ByteClasses) -> Cursor<'a, 'm> {
        Cursor { text, position: 0, field: 1, delimiters, classes }
    }

    /// A field as sent.
    #[inline]
    pub(crate) fn field(&mut self, number: u16) -> &'a str {
        self.go_to(number);
        let start = self.position;
        let end = self.end_of_field();
        self.position = end + 1;
        self.field += 1;
        self.text.get(start..end).unwrap_or_default()
    }

    /// The first component of a field's first repetition.
    #[inline]
    pub(crate) fn component(&mut self, number: u16) -> &'a str {
        self.parts::<1>(number).at(1)
    }

    /// The components of a field's first repetition.
    #[inline]
    pub(crate) fn parts<const N: usize>(&mut self, number: u16) -> Parts<'a, N> {
        self.go_to(number);
        if self.is_at_empty_field() {
            self.position += 1;
            self.field += 1;
            return Parts::none(self.text);
        }
        self.repetition().0
    }

    /// Reads every repetition of a field, whole ones and empty ones; an empty field has none.
    #[inline]
    pub(crate) fn each<const N: usize, T>(&mut self, number: u16, read: impl Fn(&Parts<'a, N>) -> T) -> Vec<T> {
        self.go_to(number);
        if self.is_at_empty_field() {
            return Vec::new();
        }
        let (parts, mut has_more) = self.repetition();
        let mut all = vec![read(&parts)];
        while has_more {
            let parts;
            (parts, has_more) = self.repetition();
            all.push(read(&parts));
        }
        all
    }

    /// Moves to the beginning of a field.
    #[inline]
    fn go_to(&mut self, number: u16) {
        while self.field < number && self.position < self.text.len() {
            self.position = self.end_of_field() + 1;
            self.field += 1;
        }
        if self.field < number {
            self.position = self.text.len() + 1;
            self.field = number;
        }
    }

    #[inline]
    fn is_at_empty_field(&self) -> bool {
        self.text.as_bytes().get(self.position).is_none_or(|byte| *byte == self.delimiters.field)
    }

    #[inline]
    fn end_of_field(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.position;
        while at < bytes.len() && bytes[at] != self.delimiters.field {
            at += 1;
        }
        at
    }

    /// Where the component that begins here ends.
    #[inline]
    fn end_of_component(&self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = start;
        while at < bytes.len() && !self.classes.0[usize::from(bytes[at])] {
            at += 1;
        }
        at
    }

    /// Reads one repetition from here, and whether another follows in the same field.
    #[inline]
    fn repetition<const N: usize>(&mut self) -> (Parts<'a, N>, bool) {
        let bytes = self.text.as_bytes();
        let mut parts = Parts::none(self.text);
        let mut start = self.position;
        let mut number = 0;
        loop {
            let end = self.end_of_component(start);
            if let Some(span) = parts.spans.get_mut(number) {
                *span = (end as u64) << 32 | start as u64;
            }
            number += 1;
            start = end + 1;
            let after = bytes.get(end).copied();
            if after == Some(self.delimiters.component) {
                continue;
            }
            self.position = start;
            let has_more = after == Some(self.delimiters.repetition);
            self.field += u16::from(!has_more);
            return (parts, has_more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cursor<T>(text: &str, read: impl FnOnce(&mut Cursor<'_, '_>) -> T) -> T {
        let classes = ByteClasses::of(Delimiters::STANDARD);
        read(&mut Cursor::new(text, Delimiters::STANDARD, &classes))
    }

    #[test]
    fn fields_components_and_repetitions_come_in_one_pass() {
        with_cursor("1||a^b^c~d|x~y^z||end", |cursor| {
            assert_eq!(cursor.field(1), "1");
            let parts = cursor.parts::<2>(3);
            assert_eq!((parts.at(1), parts.at(2)), ("a", "b"));
            assert_eq!(cursor.each(4, |parts: &Parts<'_, 2>| [parts.at(1), parts.at(2)].join("+")), ["x+", "y+z"]);
            assert_eq!(cursor.each(5, |parts: &Parts<'_, 1>| parts.at(1).to_owned()), Vec::<String>::new());
            assert_eq!(cursor.component(6), "end");
            assert_eq!(cursor.field(7), "");
            assert_eq!(cursor.component(30), "");
        });
    }

    #[test]
    fn a_field_read_in_part_does_not_shift_the_next() {
        with_cursor("a^b~c^d|e~f|g", |cursor| {
            assert_eq!(cursor.component(1), "a");
            assert_eq!(cursor.component(2), "e");
            assert_eq!(cursor.field(3), "g");
        });
    }

    #[test]
    fn the_end_is_empty_however_it_is_asked() {
        with_cursor("", |cursor| {
            assert_eq!(cursor.field(1), "");
            assert!(cursor.each(2, |parts: &Parts<'_, 1>| parts.at(1).len()).is_empty());
        });
        with_cursor("a|", |cursor| {
            assert_eq!((cursor.field(1), cursor.field(2), cursor.field(3)), ("a", "", ""));
        });
        with_cursor("a~", |cursor| assert_eq!(cursor.each(1, |parts: &Parts<'_, 1>| parts.at(1).len()), [1, 0]));
    }
}
