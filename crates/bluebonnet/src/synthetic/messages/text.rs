//! ER7 text under way: one growing string, and what is appended to it.

use jiff::civil::Date;
use model::Cvx;

/// A message under way.
pub(in crate::synthetic) struct Er7(pub(in crate::synthetic) String);

impl Er7 {
    /// Text of our own: delimiters are meant.
    pub(super) fn raw(&mut self, text: &str) -> &mut Er7 {
        self.0.push_str(text);
        self
    }

    /// A value: delimiters in it are escaped.
    pub(super) fn text(&mut self, value: &str) -> &mut Er7 {
        // Looked at as a whole, without stopping at the first: the compiler makes a few wide comparisons of it.
        let is_delimiter = |byte: u8| matches!(byte, b'|' | b'^' | b'~' | b'\\' | b'&' | b'\r');
        if !value.bytes().fold(false, |found, byte| found | is_delimiter(byte)) {
            return self.raw(value);
        }
        for letter in value.chars() {
            match letter {
                '|' => self.0.push_str("\\F\\"),
                '^' => self.0.push_str("\\S\\"),
                '~' => self.0.push_str("\\R\\"),
                '\\' => self.0.push_str("\\E\\"),
                '&' => self.0.push_str("\\T\\"),
                '\r' => self.0.push(' '),
                _ => self.0.push(letter),
            }
        }
        self
    }

    /// A code of the tables, its text and its coding system: none has delimiters.
    pub(super) fn coded(&mut self, code: &str, text: &str, system: &str) -> &mut Er7 {
        self.raw(code).raw("^").raw(text).raw("^").raw(system)
    }

    /// A CVX code with at least two digits.
    pub(super) fn cvx(&mut self, cvx: Cvx) -> &mut Er7 {
        if cvx.0 < 10 {
            self.0.push('0');
        }
        self.number(cvx.0.into())
    }

    /// A day as YYYYMMDD; nothing for none.
    pub(super) fn date(&mut self, day: Option<Date>) -> &mut Er7 {
        if let Some(day) = day {
            let number = i32::from(day.year()) * 10_000 + i32::from(day.month()) * 100 + i32::from(day.day());
            self.number(number.unsigned_abs().into());
        }
        self
    }

    pub(super) fn number(&mut self, number: u64) -> &mut Er7 {
        let mut digits = [0u8; 20];
        let mut start = digits.len();
        let mut left = number;
        loop {
            start -= 1;
            digits[start] = b'0' + (left % 10) as u8;
            left /= 10;
            if left == 0 {
                break;
            }
        }
        self.raw(std::str::from_utf8(&digits[start..]).expect("digits are ASCII"))
    }

    /// Y, N, or nothing.
    pub(super) fn yes_no(&mut self, claim: Option<bool>) -> &mut Er7 {
        match claim {
            Some(true) => self.raw("Y"),
            Some(false) => self.raw("N"),
            None => self,
        }
    }

    /// Repetitions of a field.
    pub(super) fn repeated<T>(&mut self, items: &[T], write: impl Fn(&mut Er7, &T)) -> &mut Er7 {
        for (place, item) in items.iter().enumerate() {
            if place > 0 {
                self.0.push('~');
            }
            write(self, item);
        }
        self
    }
}
