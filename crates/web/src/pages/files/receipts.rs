//! Receipts: as pages show them, and as people type them to find what was received.

use model::{FileId, read_number};
use registry::{Received, ReceivedKind};
use uuid::Uuid;

use crate::failures::Failure;
use crate::signed_in::SignedIn;

/// Letters of a receipt in its short form.
const SHORT_LETTERS: usize = 12;

/// The receipt as its sender has it: of a file the short form in the names of its results, of a message what its answer carries.
pub(super) fn shown_receipt(received: &Received) -> String {
    match received.kind {
        ReceivedKind::File => FileId(received.receipt).number(),
        ReceivedKind::Message => received.receipt.simple().to_string(),
    }
}

/// What was received under a receipt, in its long form or the short one that files have, if this person may see it.
pub(super) async fn find(signed_in: &SignedIn, receipt: &str) -> Result<Option<Received>, Failure> {
    let (exchange, caller, admitted) = (signed_in.web().exchange.clone(), signed_in.caller.clone(), signed_in.admit()?);
    let (long, number) = (Uuid::parse_str(receipt.trim()).ok(), read_number(receipt));
    let reading = tokio::task::spawn_blocking(move || {
        let receipt = match long {
            None if number.len() == SHORT_LETTERS => {
                exchange.find_file_numbered(&admitted, &caller, &number)?.map(|file| file.0)
            }
            long => long,
        };
        receipt.map_or(Ok(None), |receipt| exchange.find_received(&admitted, &caller, receipt))
    });
    Ok(reading.await??)
}
