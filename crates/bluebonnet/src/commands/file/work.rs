//! `bluebonnet file reprocess`, `file download` and `file process`.

use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use model::{FileId, FileState, counted};
use registry::{Exchange, ReceivedFilter, ReceivedKind, Registry};

use super::{FilePlace, ReceiptGiven};
use crate::commands::load::progress_bar;
use crate::ending::{Ending, Failure};
use crate::tables::{grouped, print_line};
use crate::{place, world};

/// How often the progress is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Has something processed again without a resend: what was not accepted is decided anew, under the same receipts
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet file reprocess 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b\n  \
                  bluebonnet file reprocess 0H3K7Q2M9S1A")]
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
#[command(after_help = "Examples:\n  \
                  bluebonnet file download 0192f6a04c5b7d3e8a9b0c1d2e3f4a5b --output march.hl7\n  \
                  bluebonnet file download 0H3K7Q2M9S1A | head")]
pub(crate) struct Download {
    /// The receipt
    receipt: ReceiptGiven,
    /// Where to, a new file; standard output without it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    place: FilePlace,
}

/// Processes the files that wait now, without a server, and ends
///
/// Files that a serving node is processing are left to it. While a maintenance window lets background work rest, files
/// are held: the command says how many, and its exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
                  bluebonnet file process\n  \
                  bluebonnet file process --node east")]
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
        // Before it is written down that somebody has the file.
        if let Some(path) = self.output.as_ref().filter(|path| path.exists()) {
            return Err(Failure::Refused(format!("{} is there already, and stays as it is", path.display())));
        }
        let taking = exchange.download(&admission, &operator, receipt, world::now());
        let (_, mut content) = crate::commands::runtime()?.block_on(taking)?;
        match &self.output {
            Some(path) => {
                let attempt = || format!("cannot write {}", path.display());
                // It holds people's records: it is for its owner alone.
                let mut options = std::fs::File::options();
                let mut output = options.write(true).create_new(true).mode(0o600).open(path).with_context(attempt)?;
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
                        let done = line.counts.messages();
                        let messages = match line.expected {
                            Some(expected) => format!("{} of {}", grouped(done), counted(expected, "message")),
                            None => counted(done, "message"),
                        };
                        told.set_message(format!("{}: {messages}", line.name));
                    }
                }
            };
            tokio::select! {
                () = exchange.drain_once() => {}
                () = telling => {}
            }
        });
        progress.finish_and_clear();
        refuse_if_held(&registry, &exchange)
    }
}

/// Refuses where files are left because a maintenance window lets background work rest.
fn refuse_if_held(registry: &Registry, exchange: &Exchange) -> Result<Ending, Failure> {
    let admission = place::admit(registry)?;
    let Some(window) = exchange.held_by(&admission) else { return Ok(Ending::Well) };
    let (files, _) = exchange.backlog(&admission)?;
    if files == 0 {
        return Ok(Ending::Well);
    }
    Err(Failure::Refused(format!(
        "the maintenance window {} holds {}: {}. When it is over, a node with the role `jobs` processes what waits by \
         itself; without one, give this command again",
        window.id.number(),
        counted(files, "file"),
        window.times_in_words()
    )))
}
