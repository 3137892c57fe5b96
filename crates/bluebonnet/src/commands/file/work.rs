//! `bluebonnet file reprocess`, `file download` and `file process`.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use model::{FileId, FileState};
use registry::{ReceivedFilter, ReceivedKind};

use super::{FilePlace, ReceiptGiven};
use crate::commands::load::progress_bar;
use crate::ending::{Ending, Failure};
use crate::tables::{grouped, print_line};
use crate::{place, world};

/// How often the progress is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Has something processed again without a resend: what was not accepted is decided anew, under the same receipts
#[derive(Debug, Args)]
pub(crate) struct Reprocess {
    /// The receipt of a file, or of a message that came alone
    receipt: ReceiptGiven,
    #[command(flatten)]
    place: FilePlace,
}

/// Writes a file as it was received
///
/// That it was taken is written to the audit trail: it names people.
#[derive(Debug, Args)]
pub(crate) struct Download {
    /// The receipt
    receipt: ReceiptGiven,
    /// Where to; standard output without it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: FilePlace,
}

/// Processes the files that wait now, without a server, and ends
///
/// Files that a serving node is processing are left to it.
#[derive(Debug, Args)]
pub(crate) struct Process {
    #[command(flatten)]
    place: FilePlace,
}

impl Reprocess {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let (registry, exchange) = self.place.open()?;
        let admission = place::admit(&registry)?;
        let operator = exchange.operator(None);
        let receipt = self.receipt.found(&exchange, &admission)?;
        let again = exchange.process_again(&admission, &operator, receipt, world::now());
        crate::commands::runtime()?.block_on(again)?;
        print_line(&format!("{} is processed again", receipt.simple()))?;
        Ok(Ending::Well)
    }
}

impl Download {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let (registry, exchange) = self.place.open()?;
        let admission = place::admit(&registry)?;
        let operator = exchange.operator(None);
        let receipt = FileId(self.receipt.found(&exchange, &admission)?);
        let taking = exchange.download(&admission, &operator, receipt, world::now());
        let (_, mut content) = crate::commands::runtime()?.block_on(taking)?;
        match &self.output {
            Some(path) => {
                let attempt = || format!("cannot write {}", path.display());
                let mut output = std::fs::File::create(path).with_context(attempt)?;
                io::copy(&mut content, &mut output).with_context(attempt)?;
            }
            None => {
                io::copy(&mut content, &mut io::stdout().lock())?;
            }
        }
        Ok(Ending::Well)
    }
}

impl Process {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        let (registry, exchange) = self.place.open()?;
        let progress = progress_bar(None);
        let seen = exchange.clone();
        let told = progress.clone();
        crate::commands::runtime()?.block_on(async {
            let telling = async {
                loop {
                    tokio::time::sleep(LOOK_EVERY).await;
                    let Ok(admission) = place::admit(&registry) else { continue };
                    let looked = seen.clone();
                    let looking = tokio::task::spawn_blocking(move || {
                        let filter = ReceivedFilter {
                            kind: Some(ReceivedKind::File),
                            state: Some(FileState::Processing),
                            ..ReceivedFilter::default()
                        };
                        looked.received(&admission, &looked.operator(None), &filter, 1)
                    });
                    if let Ok(Ok(lines)) = looking.await
                        && let Some(line) = lines.first()
                    {
                        let of = line.expected.map(|expected| format!(" of {}", grouped(expected))).unwrap_or_default();
                        let messages = grouped(line.counts.messages());
                        told.set_message(format!("{}: {messages}{of} messages", line.name));
                    }
                }
            };
            tokio::select! {
                () = exchange.drain_once() => {}
                () = telling => {}
            }
        });
        progress.finish_and_clear();
        Ok(Ending::Well)
    }
}
