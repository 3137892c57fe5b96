//! HL7 v2.5.1 immunization messages: bytes in, typed values and findings out; typed values in, ER7 text out.
//!
//! Pure: no clock, no files, no database. Reading never fails and never panics: it gives what could be read, and
//! what was found wrong (`Finding`). What happens to the data is decided elsewhere.

mod acknowledgment;
mod batch;
mod clocks;
mod decode;
mod er7;
mod excess;
mod header;
mod judge;
mod people;
mod query;
mod response;
mod submission;
pub mod vxu;

pub use acknowledgment::{AcknowledgmentCode, Envelope, acknowledgment_code, write_acknowledgment};
pub use batch::{BatchItem, BatchReader, BatchWriter, MESSAGE_BYTES_LIMIT};
pub use clocks::Clocks;
pub use decode::{Decoded, decode};
pub use er7::{Delimiters, Message, Pieces, Segment, escape, unescape};
pub use excess::{NEXT_OF_KIN_MAXIMUM, OBSERVATIONS_MAXIMUM, REPETITIONS_MAXIMUM};
pub use header::{Header, MessageKind, screen};
pub use judge::FINDINGS_LIMIT;
pub use query::{QueryReading, read_query};
pub use response::{response_code, write_response};
pub use submission::{DOSES_MAXIMUM, SubmissionReading, read_submission};
pub use vxu::Vxu;
