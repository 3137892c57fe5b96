//! `bluebonnet file list` and `file status`.

use std::time::{Duration, Instant};

use clap::Args;
use model::FileState;
use registry::{ReceivedFilter, ReceivedKind};
use uuid::Uuid;

use super::{FilePlace, ReceiptGiven, not_received, print_received};
use crate::ending::{Ending, Failure};
use crate::tables::{Table, grouped, print_json};
use crate::times::moment;
use crate::{limits, place};

/// How often a waiting command looks again.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Lists everything received, newest first: files and single messages, whatever the door
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet file list --organization LCPG3000\n  bluebonnet file list --state exception --only file --json\n  bluebonnet file list --rejected"
)]
pub(crate) struct List {
    /// Only in this state: queued, processing, held, complete, exception or error
    #[arg(long, value_parser = parse_state)]
    state: Option<FileState>,
    /// Only what was not accepted, or not all of it
    #[arg(long)]
    rejected: bool,
    /// Only files, or only messages that came alone
    #[arg(long, value_name = "KIND", value_parser = parse_kind)]
    only: Option<ReceivedKind>,
    /// Only of this organization
    #[arg(long, value_name = "CODE")]
    organization: Option<String>,
    /// Only older than this receipt: the last of the page before
    #[arg(long, value_name = "RECEIPT")]
    before: Option<Uuid>,
    /// Lines at most
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=limits::LIST_MAXIMUM as i64))]
    limit: u32,
    #[command(flatten)]
    place: FilePlace,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Tells how far something received is
///
/// The exit code is 1 unless it is complete and everything in it was accepted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet file status 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b\n  \
                  bluebonnet file status 0H3K7Q2M9S1A --wait 60 --json")]
pub(crate) struct Status {
    /// The receipt
    receipt: ReceiptGiven,
    /// Waits until it is processed, for so many seconds at most
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u64,
    #[command(flatten)]
    place: FilePlace,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_state(word: &str) -> Result<FileState, String> {
    let refused = || "the states are queued, processing, held, complete, exception and error".to_owned();
    FileState::parse(&word.to_lowercase()).ok_or_else(refused)
}

fn parse_kind(word: &str) -> Result<ReceivedKind, String> {
    match word {
        "file" | "files" => Ok(ReceivedKind::File),
        "message" | "messages" => Ok(ReceivedKind::Message),
        _ => Err("write file or message".to_owned()),
    }
}

impl List {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let (registry, exchange) = self.place.open()?;
        let admission = place::admit(&registry)?;
        let organization_id = match &self.organization {
            Some(code) => Some(registry.known_organization(&admission, code)?.id),
            None => None,
        };
        let filter = ReceivedFilter {
            kind: self.only,
            state: self.state,
            organization_id,
            before: self.before,
            is_rejected: self.rejected,
        };
        let found = exchange.received(&admission, &exchange.operator(None), &filter, self.limit)?;
        if self.json {
            print_json(&found)?;
            return Ok(Ending::Well);
        }
        let headings = ["RECEIPT", "RECEIVED", "ORGANIZATION", "STATE", "ACCEPTED", "WARNED", "REJECTED", "NAME"];
        let mut table = Table::new(&headings);
        for line in found {
            table.row([
                line.receipt.simple().to_string(),
                moment(&registry, line.received_at),
                line.organization,
                line.state.word().to_owned(),
                grouped(line.counts.accepted),
                grouped(line.counts.warned),
                grouped(line.counts.rejected),
                line.name,
            ]);
        }
        table.print_or("nothing like that was received")?;
        Ok(Ending::Well)
    }
}

impl Status {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let (registry, exchange) = self.place.open()?;
        let admission = place::admit(&registry)?;
        let receipt = self.receipt.found(&exchange, &admission)?;
        let started = Instant::now();
        let received = loop {
            let found = exchange.find_received(&admission, &exchange.operator(None), receipt)?;
            let received = found.ok_or_else(|| not_received(receipt))?;
            if received.state.is_finished() || started.elapsed() >= Duration::from_secs(self.wait) {
                break received;
            }
            std::thread::sleep(LOOK_EVERY);
        };
        if self.json {
            print_json(&received)?;
        } else {
            print_received(&registry, &received)?;
        }
        let counts = received.counts;
        Ok(Ending::well_if(received.state == FileState::Complete && counts.accepted == counts.messages()))
    }
}
