//! Lines of a file that end in CR or LF, each within a limit.

use std::io::{self, BufRead};

use memchr::memchr2;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// One line with its end. The LF of a CRLF is a blank line of its own.
#[derive(Debug)]
pub(super) struct Line {
    bytes: Vec<u8>,
    ending: Option<u8>,
    is_cut: bool,
}

impl Line {
    /// The line without MLLP bytes, byte order mark, white space before it, and its end.
    pub(super) fn content(&self) -> &[u8] {
        let mut content = self.bytes.as_slice();
        loop {
            content = match content {
                [0x0B | 0x1C | b' ' | b'\t', rest @ ..] | [rest @ .., 0x0B | 0x1C] => rest,
                _ => match content.strip_prefix(BYTE_ORDER_MARK) {
                    Some(rest) => rest,
                    None => return content,
                },
            };
        }
    }

    /// The byte that ended it; nothing at the end of the file.
    pub(super) fn ending(&self) -> &[u8] {
        self.ending.as_slice()
    }

    /// Whether something ended it: CR, LF, or MLLP's byte behind a message.
    pub(super) fn is_ended(&self) -> bool {
        self.ending.is_some() || self.bytes.ends_with(&[0x1C])
    }

    /// Whether it was longer than the limit, and the rest was left out.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: R,
    limit: usize,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(input: R, limit: usize) -> Lines<R> {
        Lines { input, limit }
    }

    /// The next line; `None` at the end of the file.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut line = Line { bytes: Vec::new(), ending: None, is_cut: false };
        loop {
            let buffer = match self.input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if buffer.is_empty() {
                return Ok((!line.bytes.is_empty()).then_some(line));
            }
            let end = memchr2(b'\r', b'\n', buffer);
            let part = &buffer[..end.unwrap_or(buffer.len())];
            let room = self.limit.saturating_sub(line.bytes.len());
            line.is_cut |= part.len() > room;
            line.bytes.extend_from_slice(&part[..part.len().min(room)]);
            line.ending = end.map(|end| buffer[end]);
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            if line.ending.is_some() {
                return Ok(Some(line));
            }
        }
    }
}
