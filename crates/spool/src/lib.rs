//! Taking a file for good, on this machine's disk, without a database.
//!
//! What was answered OK is here, whole, until it was processed; what was not answered OK is not. Doors write into an
//! [`Upload`] and call [`Upload::finish`]; the exchange claims what was taken, in order of arrival, puts results into
//! the [outbox](Spool::put_into_outbox), and archives it. All state is files and their places, so that any process may
//! die at any instant: [`Spool::open`] mends what that leaves.
//!
//! ```text
//! ORGANIZATION/partial/a-ACCOUNT/p-NAME   being uploaded; kept for a resume
//! ORGANIZATION/content/ID                 the bytes of a taken file
//! ORGANIZATION/waiting/ID.json            its record: taken, not yet begun
//! ORGANIZATION/claimed/ID.json            its record: being processed
//! ORGANIZATION/archive/ID.json            its record: processed
//! ORGANIZATION/outbox/o-NAME              results, for the organization to fetch
//! ORGANIZATION/new/                       what is not whole yet; emptied after a crash
//! ```
//!
//! It knows no HL7, and reads no clock: instants and ids come in as values.

mod archive;
mod durable;
mod errors;
mod faults;
mod finish;
mod limits;
mod names;
mod outbox;
mod places;
mod records;
mod recovery;
mod turns;
mod uploads;

pub use archive::Retention;
pub use errors::SpoolError;
pub use faults::{Faults, Point};
pub use finish::Finished;
pub use limits::{Limits, Usage};
pub use names::{ENDINGS_OF_UNFINISHED, NAME_BYTES_MAXIMUM, is_unfinished};
pub use outbox::OutboxFile;
pub use places::{Owner, Spool};
pub use records::{Claim, Record, RecordState};
pub use uploads::{Opening, Partial, Upload};
