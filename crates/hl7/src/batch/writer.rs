//! Writes files of messages: the answers to a file, or an export.

use std::io::{self, Write};

use crate::acknowledgment::{Envelope, time_stamp};
use crate::er7::Writer;

/// Writes a file of messages with its envelope and counts.
///
/// # Source
/// HL7 v2.5.1, 2.15: FHS, BHS, BTS, FTS. FHS-12 and BHS-12 refer to the file that is answered.
#[derive(Debug)]
pub struct BatchWriter<W: Write> {
    output: W,
    message_count: u64,
}

impl<W: Write> BatchWriter<W> {
    /// Begins a file: writes FHS and BHS. `answered_file` is the control id or name of the file that this one answers;
    /// empty for a file that answers none.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(mut output: W, envelope: &Envelope<'_>, answered_file: &str) -> io::Result<BatchWriter<W>> {
        let mut writer = Writer::default();
        for name in ["FHS", "BHS"] {
            writer.header(name);
            writer.put(3, envelope.application);
            writer.put(4, envelope.facility);
            writer.put(7, &time_stamp(envelope.answered_at));
            writer.put(11, envelope.control_id);
            writer.put(12, answered_file);
        }
        output.write_all(writer.finish().as_bytes())?;
        Ok(BatchWriter { output, message_count: 0 })
    }

    /// Writes one message.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&mut self, message: &str) -> io::Result<()> {
        self.message_count += 1;
        self.output.write_all(message.as_bytes())?;
        if message.ends_with('\r') { Ok(()) } else { self.output.write_all(b"\r") }
    }

    /// Ends the file: writes BTS and FTS, and gives the output back.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        write!(self.output, "BTS|{}\rFTS|1\r", self.message_count)?;
        self.output.flush()?;
        Ok(self.output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BatchItem, BatchReader};

    #[test]
    fn what_is_written_reads_back_without_findings() {
        let answered_at = "2024-07-01T08:09:10-05:00[America/Chicago]".parse().expect("a valid instant");
        let envelope = Envelope { application: "A", facility: "F", answered_at: &answered_at, control_id: "C" };
        let mut writer = BatchWriter::begin(Vec::new(), &envelope, "in|1").expect("memory takes everything");
        for message in ["MSH|^~\\&|1\r", "MSH|^~\\&|2"] {
            writer.write(message).expect("memory takes everything");
        }
        let bytes = writer.finish().expect("memory takes everything");
        let text = String::from_utf8(bytes.clone()).expect("ER7 is text");
        assert!(text.starts_with("FHS|^~\\&|A|F|||20240701080910-0500||||C|in\\F\\1\rBHS|"), "{text}");
        assert!(text.ends_with("\rBTS|2\rFTS|1\r"), "{text}");
        let items: Vec<BatchItem> =
            BatchReader::new(bytes.as_slice()).collect::<io::Result<_>>().expect("memory reads");
        assert_eq!(items, [b"MSH|^~\\&|1", b"MSH|^~\\&|2"].map(|message| BatchItem::Message(message.to_vec())));
    }
}
