//! Writes ER7: values are put at their places in rising order, and separators come by themselves.

use super::{Delimiters, escape};

/// Writes segments with the standard delimiters. Empty values leave no trace, so no segment ends in separators.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
    at: Place,
}

/// The bytes that stand in a value as they are: neither a delimiter, nor a control character, nor the first byte of
/// one (U+0080 to U+009F begin with C2).
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < b' ' {
        plain[byte as usize] = false;
        byte += 1;
    }
    let Delimiters { field, component, repetition, escape, subcomponent } = Delimiters::STANDARD;
    let others = [0x7F, 0xC2, field, component, repetition, escape, subcomponent];
    let mut place = 0;
    while place < others.len() {
        plain[others[place] as usize] = false;
        place += 1;
    }
    plain
};

/// Field, repetition, component, subcomponent, each from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Place {
    field: u16,
    repetition: u16,
    component: u16,
    subcomponent: u16,
}

impl From<u16> for Place {
    fn from(field: u16) -> Place {
        Place { field, repetition: 1, component: 1, subcomponent: 1 }
    }
}

impl From<(u16, u16)> for Place {
    fn from((field, component): (u16, u16)) -> Place {
        Place { component, ..Place::from(field) }
    }
}

impl From<(u16, u16, u16)> for Place {
    fn from((field, repetition, component): (u16, u16, u16)) -> Place {
        Place { repetition, component, ..Place::from(field) }
    }
}

impl From<(u16, u16, u16, u16)> for Place {
    fn from((field, repetition, component, subcomponent): (u16, u16, u16, u16)) -> Place {
        Place { field, repetition, component, subcomponent }
    }
}

impl Writer {
    /// Begins a segment and ends the one before it.
    pub(crate) fn segment(&mut self, name: &str) {
        self.end_segment();
        self.text.push_str(name);
        self.at = Place { field: 0, repetition: 1, component: 1, subcomponent: 1 };
    }

    /// Begins a header segment (MSH, FHS, BHS); its fields then count from 3.
    pub(crate) fn header(&mut self, name: &str) {
        self.segment(name);
        self.text.push_str("|^~\\&");
        self.at.field = 2;
    }

    /// Puts a text at its place, escaped; control characters become spaces, because people read it on one line.
    pub(crate) fn put(&mut self, place: impl Into<Place>, value: &str) {
        if value.is_empty() {
            return;
        }
        self.go_to(place.into());
        if value.bytes().all(|byte| PLAIN[usize::from(byte)]) {
            self.text.push_str(value);
        } else if value.contains(|character: char| character.is_control()) {
            let flat = value.replace(|character: char| character.is_control(), " ");
            self.text.push_str(&escape(&flat, Delimiters::STANDARD));
        } else {
            self.text.push_str(&escape(value, Delimiters::STANDARD));
        }
    }

    /// Puts a text at its place that is ER7 already: a field given back as it came.
    pub(crate) fn put_as_sent(&mut self, field: u16, value: &str) {
        if !value.is_empty() {
            self.go_to(Place::from(field));
            self.text.push_str(value);
        }
    }

    /// Adds a whole segment as it came.
    pub(crate) fn segment_as_sent(&mut self, name: &str, body: &str) {
        self.segment(name);
        if !body.is_empty() {
            self.text.push('|');
            self.text.push_str(body);
        }
    }

    /// The text, each segment ended by a carriage return.
    pub(crate) fn finish(mut self) -> String {
        self.end_segment();
        self.text
    }

    fn end_segment(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\r');
        }
    }

    fn go_to(&mut self, place: Place) {
        debug_assert!(place >= self.at, "values are put in rising order: {place:?} after {:?}", self.at);
        let steps = if place.field != self.at.field {
            [
                (place.field - self.at.field, '|'),
                (place.repetition - 1, '~'),
                (place.component - 1, '^'),
                (place.subcomponent - 1, '&'),
            ]
        } else if place.repetition != self.at.repetition {
            [
                (0, '|'),
                (place.repetition - self.at.repetition, '~'),
                (place.component - 1, '^'),
                (place.subcomponent - 1, '&'),
            ]
        } else if place.component != self.at.component {
            [(0, '|'), (0, '~'), (place.component - self.at.component, '^'), (place.subcomponent - 1, '&')]
        } else {
            [(0, '|'), (0, '~'), (0, '^'), (place.subcomponent - self.at.subcomponent, '&')]
        };
        for (count, separator) in steps {
            (0..count).for_each(|_| self.text.push(separator));
        }
        self.at = place;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_come_by_themselves_and_never_trail() {
        let mut writer = Writer::default();
        writer.header("MSH");
        writer.put(3, "APP");
        writer.put(5, "");
        writer.segment("PID");
        writer.put(1, "1");
        writer.put((3, 1, 1), "A|1");
        writer.put((3, 1, 4, 1), "NS");
        writer.put((3, 1, 4, 2), "1.2");
        writer.put((3, 1, 5), "MR");
        writer.put((3, 2, 1), "B");
        writer.put((5, 2), "Ana\r\nMaría");
        assert_eq!(writer.finish(), "MSH|^~\\&|APP\rPID|1||A\\F\\1^^^NS&1.2^MR~B||^Ana  María\r");
    }

    #[test]
    fn every_character_goes_out_as_itself_as_a_space_or_escaped() {
        for character in '\u{0}'..='\u{17F}' {
            let mut writer = Writer::default();
            writer.segment("NTE");
            writer.put(3, &format!("a{character}b"));
            let told = if character.is_control() { ' ' } else { character };
            let escaped = escape(&format!("a{told}b"), Delimiters::STANDARD).into_owned();
            assert_eq!(writer.finish(), format!("NTE|||{escaped}\r"), "{:?}", character);
        }
    }
}
