//! The pieces of a text between separators, found from left to right in one pass.

/// Pieces of a text, numbered from 1. Asking for numbers in rising order reads every byte once.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    text: &'a str,
    separator: u8,
    /// Where the next piece begins; beyond the end when there is none.
    position: usize,
    /// The number of the next piece.
    number: u16,
}

impl<'a> Pieces<'a> {
    /// The pieces of `text` between ASCII separators. An empty text has none.
    pub fn of(text: &'a str, separator: u8) -> Pieces<'a> {
        let position = if text.is_empty() { 1 } else { 0 };
        Pieces { text, separator, position, number: 1 }
    }

    /// The piece of this number; empty when there is none. Numbers must rise from call to call.
    #[inline]
    pub fn at(&mut self, number: u16) -> &'a str {
        while self.number < number {
            if self.position > self.text.len() {
                return "";
            }
            self.position = self.end() + 1;
            self.number += 1;
        }
        self.next().unwrap_or_default()
    }

    /// Whether nothing is left.
    pub fn is_at_end(&self) -> bool {
        self.position > self.text.len()
    }

    /// Where the piece that begins here ends.
    #[inline]
    fn end(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut end = self.position;
        while end < bytes.len() && bytes[end] != self.separator {
            end += 1;
        }
        end
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        if self.is_at_end() {
            return None;
        }
        let end = self.end();
        let piece = self.text.get(self.position..end);
        self.position = end + 1;
        self.number = self.number.saturating_add(1);
        piece
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_by_number_in_one_pass() {
        let mut pieces = Pieces::of("a||cc|d", b'|');
        assert_eq!([pieces.at(1), pieces.at(3), pieces.at(4), pieces.at(5), pieces.at(9)], ["a", "cc", "d", "", ""]);
    }

    #[test]
    fn an_empty_text_has_no_pieces_and_a_trailing_separator_makes_an_empty_one() {
        assert_eq!(Pieces::of("", b'|').count(), 0);
        assert_eq!(Pieces::of("a|", b'|').collect::<Vec<_>>(), ["a", ""]);
        assert_eq!(Pieces::of("|", b'|').collect::<Vec<_>>(), ["", ""]);
    }

    #[test]
    fn separators_inside_letters_of_several_bytes_do_not_cut_them() {
        assert_eq!(Pieces::of("é|ñandú|日本", b'|').collect::<Vec<_>>(), ["é", "ñandú", "日本"]);
    }
}
