//! `bluebonnet file explain`: what was found in the messages of a file, and how to mend it.

use clap::Args;
use model::{FileId, Verdict};
use registry::ReceivedKind;
use serde_json::json;

use super::{FilePlace, ReceiptGiven, not_received, print_received};
use crate::ending::{Ending, Failure};
use crate::tables::{print_json, print_line};
use crate::{limits, place};

/// Explains what was found, message by message, in plain words with the fix
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bluebonnet file explain 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b --verdict rejected\n  bluebonnet file explain 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b --after 1000 --json"
)]
pub(crate) struct Explain {
    /// The receipt of a file, or of a message that came alone
    receipt: ReceiptGiven,
    /// Only messages with this verdict: accepted, warned or rejected
    #[arg(long, value_parser = parse_verdict)]
    verdict: Option<Verdict>,
    /// Only after this place in the file: the last of the page before
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: u32,
    /// Messages at most
    #[arg(long, value_name = "N", default_value = "50", value_parser = clap::value_parser!(u32).range(1..=limits::LIST_MAXIMUM as i64))]
    limit: u32,
    #[command(flatten)]
    place: FilePlace,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

fn parse_verdict(word: &str) -> Result<Verdict, String> {
    Verdict::parse(word).ok_or_else(|| "the verdicts are accepted, warned and rejected".to_owned())
}

impl Explain {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let (registry, exchange) = self.place.open()?;
        let admission = place::admit(&registry)?;
        let receipt = self.receipt.found(&exchange, &admission)?;
        let found = exchange.find_received(&admission, &exchange.operator(None), receipt)?;
        let received = found.ok_or_else(|| not_received(receipt))?;
        let messages = match received.kind {
            ReceivedKind::Message => Vec::new(),
            ReceivedKind::File => {
                let file_id = FileId(receipt);
                exchange.messages_of(
                    &admission,
                    &exchange.operator(None),
                    file_id,
                    self.verdict,
                    self.after,
                    self.limit,
                )?
            }
        };
        if self.json {
            print_json(&json!({ "received": received, "messages": messages }))?;
            return Ok(Ending::Well);
        }
        print_received(&registry, &received)?;
        if messages.is_empty() && received.kind == ReceivedKind::File {
            print_line("")?;
            print_line(&self.none_in_words())?;
        }
        for message in messages {
            print_line("")?;
            let (ordinal, verdict) = (message.ordinal, message.verdict.word());
            print_line(&format!("message {ordinal}  {}  {verdict}  {}", message.control_id, message.receipt))?;
            for finding in message.findings {
                let at = if finding.location.is_empty() { String::new() } else { format!(" at {}", finding.location) };
                let (severity, code) = (finding.severity.code(), finding.code);
                print_line(&format!("  {severity} {code}{at}: {}", finding.sentence))?;
            }
        }
        Ok(Ending::Well)
    }

    /// Why no message is shown.
    fn none_in_words(&self) -> String {
        let verdict = self.verdict.map(|verdict| format!(" with the verdict {}", verdict.word())).unwrap_or_default();
        let after = if self.after > 0 { format!(" after message {}", self.after) } else { String::new() };
        format!("no message{verdict}{after}")
    }
}
