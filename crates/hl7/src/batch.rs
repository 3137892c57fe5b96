//! Files of messages: FHS, BHS, messages, BTS, FTS, or messages one after another; read and written as a stream.
//!
//! Real files end their lines with CR, LF or CRLF, mixed; begin with a byte order mark; carry MLLP bytes; lack
//! trailers; and have blank lines. None of that matters here.

mod lines;
mod writer;

use std::collections::VecDeque;
use std::io::{self, BufRead};

use model::{Finding, FindingKind, Location};

use lines::{Line, Lines};
pub use writer::BatchWriter;

/// The most bytes that one message may have. A longer one is left out, with a finding.
pub const MESSAGE_BYTES_LIMIT: usize = 4 * 1024 * 1024;

/// One thing found in a file.
#[derive(Clone, PartialEq, Debug)]
pub enum BatchItem {
    /// A message, from its MSH to the last byte of its last segment, line ends as they came.
    Message(Vec<u8>),
    /// Something wrong with the file itself.
    Finding(Finding),
}

/// Reads a file of messages, one at a time, in memory for one message.
///
/// # Source
/// HL7 v2.5.1, 2.10.3; HL7 IG 1.5, chapter 12: envelopes are optional, and so are their counts. Counts are compared
/// where they are sent.
#[derive(Debug)]
pub struct BatchReader<R> {
    lines: Lines<R>,
    message: Vec<u8>,
    is_in_message: bool,
    is_too_long: bool,
    /// Lines that were taken, CRLF as one end.
    line: u64,
    is_after_return: bool,
    /// The line in which the message begins that is read.
    begins_in: u64,
    /// Where the first text stands that belongs to no message.
    stray: Option<String>,
    ready: VecDeque<BatchItem>,
    counts: Counts,
    /// The last line, of a message, had no end.
    ends_in_line: bool,
    is_finished: bool,
}

/// What was counted, to compare with what the trailers say.
#[derive(Debug, Default)]
struct Counts {
    messages_in_batch: u64,
    batches: u16,
    is_in_batch: bool,
    batches_in_file: u64,
    /// FHS came, and no FTS yet.
    is_file_open: bool,
    /// BHS came, and no BTS yet.
    is_batch_open: bool,
}

impl<R: BufRead> BatchReader<R> {
    /// Reads from here.
    pub fn new(input: R) -> BatchReader<R> {
        BatchReader {
            lines: Lines::new(input, MESSAGE_BYTES_LIMIT),
            message: Vec::new(),
            is_in_message: false,
            is_too_long: false,
            line: 0,
            is_after_return: false,
            begins_in: 0,
            stray: None,
            ready: VecDeque::new(),
            counts: Counts::default(),
            ends_in_line: false,
            is_finished: false,
        }
    }

    fn take_line(&mut self, line: &Line) {
        let content = line.content();
        let ends_crlf = self.is_after_return && content.is_empty() && line.ending() == b"\n";
        self.line += u64::from(!ends_crlf);
        self.is_after_return = line.ending() == b"\r";
        match segment_name(content) {
            Some(b"MSH") => {
                self.end_message();
                self.is_in_message = true;
                self.begins_in = self.line;
                self.append(content, line.ending());
            }
            Some(name @ (b"FHS" | b"BHS" | b"BTS" | b"FTS")) => {
                self.end_message();
                self.take_envelope(name, content);
            }
            _ if self.is_in_message => self.append(content, line.ending()),
            _ if content.is_empty() => {}
            // Not the text itself, which may be of a person whom nobody may keep.
            _ => {
                let number = self.line;
                self.stray.get_or_insert_with(|| match content.split_first_chunk::<4>() {
                    Some((name @ [first, .., b'|'], _)) if first.is_ascii_uppercase() => {
                        format!("line {number}, a segment {}", String::from_utf8_lossy(&name[..3]).escape_debug())
                    }
                    _ => format!("line {number}"),
                });
            }
        }
        self.is_too_long |= self.is_in_message && line.is_cut();
        self.ends_in_line = self.is_in_message && !line.is_ended();
    }

    fn append(&mut self, content: &[u8], ending: &[u8]) {
        if self.is_too_long || self.message.len() + content.len() > MESSAGE_BYTES_LIMIT {
            self.is_too_long = true;
            return;
        }
        self.message.extend_from_slice(content);
        self.message.extend_from_slice(ending);
    }

    /// Hands over the message that ends here, and the text that stood before it.
    fn end_message(&mut self) {
        if let Some(text) = self.stray.take() {
            self.ready.push_back(BatchItem::Finding(Finding::new(FindingKind::TextBetweenMessages).naming(text)));
        }
        if !std::mem::take(&mut self.is_in_message) {
            return;
        }
        self.counts.messages_in_batch += 1;
        let mut message = std::mem::take(&mut self.message);
        if std::mem::take(&mut self.is_too_long) {
            let reason =
                format!("the one that begins in line {} is longer than {MESSAGE_BYTES_LIMIT} bytes", self.begins_in);
            self.ready.push_back(BatchItem::Finding(Finding::new(FindingKind::MessageUnreadable).naming(reason)));
            return;
        }
        while message.last().is_some_and(|last| matches!(last, b'\r' | b'\n')) {
            message.pop();
        }
        self.ready.push_back(BatchItem::Message(message));
    }

    fn take_envelope(&mut self, name: &[u8; 3], line: &[u8]) {
        match name {
            b"BHS" => {
                self.end_batch();
                self.counts.messages_in_batch = 0;
                self.counts.is_in_batch = true;
                self.counts.is_batch_open = true;
            }
            b"BTS" => {
                self.counts.is_in_batch = true;
                self.counts.is_batch_open = false;
                let found = self.counts.messages_in_batch;
                self.end_batch();
                let at = Location::field("BTS", self.counts.batches, 1);
                self.compare(FindingKind::BatchCountWrong, at, said_count(line), found);
                self.counts.messages_in_batch = 0;
            }
            b"FTS" => {
                // Messages without any batch envelope count as one batch.
                self.counts.is_in_batch |= self.counts.messages_in_batch > 0;
                self.end_batch();
                let found = std::mem::take(&mut self.counts.batches_in_file);
                self.compare(FindingKind::FileCountWrong, Location::field("FTS", 1, 1), said_count(line), found);
                self.counts.messages_in_batch = 0;
                (self.counts.is_file_open, self.counts.is_batch_open) = (false, false);
            }
            _ => {
                self.counts = Counts { batches: self.counts.batches, is_file_open: true, ..Counts::default() };
            }
        }
    }

    /// The file ends here: is it whole, as far as that can be seen?
    fn end_file(&mut self) {
        self.end_message();
        let lacks = match (self.counts.is_file_open, self.counts.is_batch_open) {
            (true, _) => Some("it begins with FHS and has no FTS"),
            (false, true) => Some("a batch begins with BHS and has no BTS"),
            (false, false) => None,
        };
        let finding = match lacks {
            Some(lacks) => Finding::new(FindingKind::FileEndsEarly).naming(lacks),
            // Many programs write one message without its last end.
            None if self.ends_in_line && self.counts.messages_in_batch > 1 => Finding::new(FindingKind::FileEndsInLine),
            None => return,
        };
        self.ready.push_back(BatchItem::Finding(finding));
    }

    fn end_batch(&mut self) {
        if std::mem::take(&mut self.counts.is_in_batch) {
            self.counts.batches = self.counts.batches.saturating_add(1);
            self.counts.batches_in_file += 1;
        }
    }

    fn compare(&mut self, kind: FindingKind, at: Location, said: Option<u64>, found: u64) {
        if let Some(said) = said.filter(|said| *said != found) {
            let finding = Finding::new(kind).at(at).naming(format!("said {said}, found {found}"));
            self.ready.push_back(BatchItem::Finding(finding));
        }
    }
}

impl<R: BufRead> Iterator for BatchReader<R> {
    type Item = io::Result<BatchItem>;

    fn next(&mut self) -> Option<io::Result<BatchItem>> {
        loop {
            if let Some(item) = self.ready.pop_front() {
                return Some(Ok(item));
            }
            if self.is_finished {
                return None;
            }
            match self.lines.next_line() {
                Ok(Some(line)) => self.take_line(&line),
                Ok(None) => {
                    self.end_file();
                    self.is_finished = true;
                }
                Err(error) => {
                    self.is_finished = true;
                    return Some(Err(error));
                }
            }
        }
    }
}

/// The name of a segment that matters here: three letters and a separator, or nothing, after them.
fn segment_name(line: &[u8]) -> Option<&[u8; 3]> {
    let name = line.first_chunk()?;
    let is_ended = line.get(3).is_none_or(|after| after.is_ascii_punctuation());
    (is_ended && [b"MSH", b"FHS", b"BHS", b"BTS", b"FTS"].contains(&name)).then_some(name)
}

/// The count in the first field of a trailer.
fn said_count(line: &[u8]) -> Option<u64> {
    let separator = line.get(3)?;
    let field = line[4..].split(|byte| byte == separator).next()?;
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<String> {
        // A tiny buffer puts line ends on every side of its edges.
        let reader = BatchReader::new(io::BufReader::with_capacity(7, bytes));
        reader
            .map(|item| match item.expect("reading memory does not fail") {
                BatchItem::Message(bytes) => String::from_utf8_lossy(&bytes).replace(['\r', '\n'], "/"),
                BatchItem::Finding(finding) => format!("{:?} {}", finding.kind, finding.value),
            })
            .collect()
    }

    #[test]
    fn messages_are_found_whatever_stands_around_them() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("\r\n\n", &[]),
            ("MSH|1\rPID|1", &["MSH|1/PID|1"]),
            ("MSH|1\rPID|1\rMSH|2\rPID|2\r", &["MSH|1/PID|1", "MSH|2/PID|2"]),
            ("MSH|1\r\nPID|1\r\n\r\nMSH|2\nPID|2\n", &["MSH|1//PID|1", "MSH|2/PID|2"]),
            ("\u{feff}FHS|x\rBHS|x\rMSH|1\rBTS|1\rFTS|1\r", &["MSH|1"]),
            ("\u{b}MSH|1\rPID|1\r\u{1c}\r\u{b}MSH|2\r\u{1c}\r", &["MSH|1/PID|1", "MSH|2"]),
            ("FHS|x\rBHS|x\rMSH|1\rPI", &["MSH|1/PI", "FileEndsEarly it begins with FHS and has no FTS"]),
            ("FHS|x\rBHS|x\rMSH|1\rBTS|1\r", &["MSH|1", "FileEndsEarly it begins with FHS and has no FTS"]),
            ("BHS|x\rMSH|1\r", &["MSH|1", "FileEndsEarly a batch begins with BHS and has no BTS"]),
            ("BHS|x\rMSH|1\rBTS|1\rBHS|x\r", &["MSH|1", "FileEndsEarly a batch begins with BHS and has no BTS"]),
            ("FHS|x\rBHS|x\rMSH|1\rFTS|1", &["MSH|1"]),
            ("MSH|1\rPID|1\rMSH|2\rPID|", &["MSH|1/PID|1", "MSH|2/PID|", "FileEndsInLine "]),
            ("\u{b}MSH|1\u{1c}\r\u{b}MSH|2\rPID|1\u{1c}", &["MSH|1", "MSH|2/PID|1"]),
            ("BHS|x\rMSH|1\rMSH|2\rBTS|3\r", &["MSH|1", "MSH|2", "BatchCountWrong said 3, found 2"]),
            ("BHS|x\rMSH|1\rBTS|1\rMSH|2\rMSH|3\rBTS|2\rFTS|2\r", &["MSH|1", "MSH|2", "MSH|3"]),
            ("FHS|x\rMSH|1\rFTS|1\r", &["MSH|1"]),
            ("FHS|x\rBHS|x\rMSH|1\rBTS|1\rFTS|4", &["MSH|1", "FileCountWrong said 4, found 1"]),
            ("BHS|x\rMSH|1\rBTS\r", &["MSH|1"]),
            ("BHS|x\rMSH|1\rBTS|many\r", &["MSH|1"]),
            ("hello\rworld\rMSH|1\r", &["TextBetweenMessages line 1", "MSH|1"]),
            ("\r\n\r\nPID|1||7^^^X^MR||Doe^Jane\r\nMSH|1\r", &["TextBetweenMessages line 3, a segment PID", "MSH|1"]),
            ("MSH|1\rBTS|1\rlost line\r", &["MSH|1", "TextBetweenMessages line 3"]),
            ("MSH|1\rMSHX|not a header\r", &["MSH|1/MSHX|not a header"]),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text.as_bytes()), *expected, "{text:?}");
        }
    }

    #[test]
    fn a_message_beyond_the_limit_is_left_out_and_the_next_is_read() {
        let mut bytes = b"MSH|1\rOBX|".to_vec();
        bytes.resize(MESSAGE_BYTES_LIMIT + 100, b'x');
        bytes.extend_from_slice(b"\rMSH|2\r");
        let found = read(&bytes);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("MessageUnreadable the one that begins in line 1 is longer than"), "{}", found[0]);
        assert_eq!(found[1], "MSH|2");
    }
}
