//! Rows that do not end: one that is longer than any may be, and one that the end of the file cuts off within quotation
//! marks. Such a mark makes one value of all that follows: without a word said, rows would be missing.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes of one row.
const ROW_BYTES_MAXIMUM: u64 = 1 << 20;
/// Bytes that the reader takes ahead of the row that it gives.
const READ_AHEAD_BYTES: u64 = 64 * 1024;

/// What is known of the row that is being read.
#[derive(Debug, Default)]
pub(super) struct RowEnd {
    left: AtomicU64,
    is_cut_off: AtomicBool,
}

impl RowEnd {
    /// Another row begins, of as many bytes as one may have.
    pub(super) fn allow_row(&self) {
        self.left.store(ROW_BYTES_MAXIMUM + READ_AHEAD_BYTES, Ordering::Relaxed);
    }

    /// Whether the file has ended within quotation marks: in the row that was read last.
    pub(super) fn is_cut_off(&self) -> bool {
        self.is_cut_off.load(Ordering::Relaxed)
    }
}

/// Follows the quotation marks of what is read through it, and ends with an error when a row is longer than one may be.
pub(super) struct Watched<R> {
    input: R,
    row: Arc<RowEnd>,
    at: At,
}

/// Where in a row the last byte was.
///
/// # Source
/// RFC 4180, section 2, as the crate `csv` reads it: a mark counts at the beginning of a value only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum At {
    /// Before a value, so many bytes into the file at most as its byte order mark has.
    Beginning(u8),
    Value,
    Quoted,
    /// Behind a mark within quotation marks: the second of two, or the last.
    Mark,
}

/// Bytes of a byte order mark.
const MARK_BYTES: u8 = 3;

impl<R> Watched<R> {
    pub(super) fn new(input: R, row: Arc<RowEnd>) -> Watched<R> {
        Watched { input, row, at: At::Beginning(0) }
    }
}

impl At {
    fn after(self, byte: u8) -> At {
        match (self, byte) {
            (At::Quoted, b'"') => At::Mark,
            (At::Quoted, _) => At::Quoted,
            (_, b',' | b'\r' | b'\n') => At::Beginning(MARK_BYTES),
            (At::Beginning(_) | At::Mark, b'"') => At::Quoted,
            (At::Beginning(count), 0xEF | 0xBB | 0xBF) if count < MARK_BYTES => At::Beginning(count + 1),
            _ => At::Value,
        }
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.row.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a row does not end"));
        }
        let most = buffer.len().min(left as usize);
        let count = self.input.read(&mut buffer[..most])?;
        self.row.left.fetch_sub(count as u64, Ordering::Relaxed);
        self.at = buffer[..count].iter().fold(self.at, |at, byte| at.after(*byte));
        self.row.is_cut_off.store(count == 0 && most > 0 && self.at == At::Quoted, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_off_where_its_quotation_marks_are_not_closed() {
        let files = [
            ("a,b\n1,2\n", false),
            ("a,b\n1,2", false),
            ("\u{FEFF}\"a\",\"b\"\r\n\"1\",\"2 \"\"x\"\"\r\nthere\"", false),
            ("a,b\n1,5\" wide\n", false),
            ("a,b\n1, \"2\n", false),
            ("a,b\n1,\"2\n3,4\n", true),
            ("a,b\n1,\"2\"\"\n", true),
            ("a,b\n1,\"2\"x\"\n", false),
            ("\u{FEFF}\"a,b\n1,2\n", true),
            ("a\n\u{FEFF}\"b\n", false),
        ];
        for (text, is_cut_off) in files {
            let row = Arc::new(RowEnd::default());
            row.allow_row();
            let mut read = Vec::new();
            Watched::new(text.as_bytes(), row.clone()).read_to_end(&mut read).expect("it is in memory");
            assert_eq!(row.is_cut_off(), is_cut_off, "{text:?}");
        }
    }
}
