//! `bluebonnet file`: what was received as files, and alone.

mod explain;
mod list;
mod put;
mod work;

use clap::{Args, Subcommand};
use registry::{Exchange, Received, Registry};
use uuid::Uuid;

use crate::ending::{Ending, Failure};
use crate::place::Place;
use crate::spooling::SpoolSettings;
use crate::tables::{grouped, print_line};

/// Takes files, tells what became of them and of single messages, and has them processed again
#[derive(Debug, Subcommand)]
pub(crate) enum File {
    Put(put::Put),
    Status(list::Status),
    List(list::List),
    Explain(explain::Explain),
    Reprocess(work::Reprocess),
    Download(work::Download),
    Process(work::Process),
}

impl File {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        match self {
            File::Put(command) => command.run(),
            File::Status(command) => command.run(),
            File::List(command) => command.run(),
            File::Explain(command) => command.run(),
            File::Reprocess(command) => command.run(),
            File::Download(command) => command.run(),
            File::Process(command) => command.run(),
        }
    }
}

/// Where the registry and its files are.
#[derive(Debug, Args)]
struct FilePlace {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    spool: SpoolSettings,
    /// The name of the node whose files these are
    #[arg(long, value_name = "NAME", default_value = "main", env = "BLUEBONNET_NODE")]
    node: String,
}

impl FilePlace {
    fn open(&self) -> Result<(Registry, Exchange), Failure> {
        let registry = self.place.open()?;
        let exchange = self.spool.exchange(&self.place, &registry, &self.node)?;
        Ok((registry, exchange))
    }
}

fn not_received(receipt: Uuid) -> Failure {
    Failure::Refused(format!("nothing was received under the receipt {}", receipt.simple()))
}

/// Prints one line of the list as a person reads it.
fn print_received(received: &Received) -> Result<(), Failure> {
    let counts = received.counts;
    print_line(&format!("receipt       {}", received.receipt.simple()))?;
    print_line(&format!("name          {}", received.name))?;
    print_line(&format!("organization  {}", received.organization))?;
    print_line(&format!("received      {} by {}", received.received_at, received.channel.word()))?;
    print_line(&format!("state         {}", received.state.word()))?;
    let of = received.expected.map(|expected| format!(" of {}", grouped(expected))).unwrap_or_default();
    print_line(&format!(
        "messages      {}{of}: {} accepted, {} with something to look at, {} not accepted",
        grouped(counts.messages()),
        grouped(counts.accepted),
        grouped(counts.warned),
        grouped(counts.rejected)
    ))?;
    if let Some(finished_at) = received.finished_at {
        print_line(&format!("finished      {finished_at}"))?;
    }
    for finding in &received.findings {
        print_line(&format!("{} {}: {}", finding.severity.code(), finding.code, finding.sentence))?;
    }
    for name in &received.results {
        print_line(&format!("result        {name}"))?;
    }
    Ok(())
}
