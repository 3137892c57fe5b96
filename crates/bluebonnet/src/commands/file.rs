//! `bluebonnet file`: what was received as files, and alone.

mod explain;
mod list;
mod put;
mod work;

use std::path::Path;

use clap::{Args, Subcommand};
use registry::{Admission, Exchange, Received, Registry};
use uuid::Uuid;

use crate::ending::{Ending, Failure};
use crate::place::Place;
use crate::spooling::SpoolSettings;
use crate::tables::{grouped, print_line};
use crate::times::moment;

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
pub(super) struct FilePlace {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    spool: SpoolSettings,
    /// The name of the node whose files these are
    #[arg(long, value_name = "NAME", default_value = "main", env = "BLUEBONNET_NODE")]
    node: String,
}

impl FilePlace {
    /// The data folder.
    pub(super) fn data(&self) -> &Path {
        &self.place.data
    }

    fn open(&self) -> Result<(Registry, Exchange), Failure> {
        let registry = self.place.open()?;
        let exchange = self.spool.exchange(&self.place, &registry, &self.node)?;
        Ok((registry, exchange))
    }

    /// The same for a command that looks at files among other things: where there is no spool, none is made, and one that
    /// cannot be used is told of.
    pub(super) fn open_to_look(&self) -> Result<(Registry, Option<Exchange>), Failure> {
        let registry = self.place.open()?;
        if !self.spool.is_there(&self.place) {
            return Ok((registry, None));
        }
        let exchange = self.spool.exchange(&self.place, &registry, &self.node).ok();
        if exchange.is_none() {
            eprintln!(
                "bluebonnet: files that wait are not counted: the spool cannot be used; `bluebonnet file list` says why"
            );
        }
        Ok((registry, exchange))
    }
}

/// A receipt as somebody has it: the long form of files and messages, or the short one that pages and results show of files.
#[derive(Clone, Debug)]
enum ReceiptGiven {
    Long(Uuid),
    Short(String),
}

impl std::str::FromStr for ReceiptGiven {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<ReceiptGiven, Self::Err> {
        if let Ok(id) = Uuid::parse_str(text) {
            return Ok(ReceiptGiven::Long(id));
        }
        let is_short = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_short.then(|| ReceiptGiven::Short(text.to_owned())).ok_or(
            "a receipt has 32 digits and letters a-f (dashes may stand between them); that of a file also has a short form of 12",
        )
    }
}

impl ReceiptGiven {
    /// The long form.
    fn found(&self, exchange: &Exchange, admission: &Admission) -> Result<Uuid, Failure> {
        match self {
            ReceiptGiven::Long(id) => Ok(*id),
            ReceiptGiven::Short(number) => {
                let file = exchange.find_file_numbered(admission, &exchange.operator(None), number)?;
                Ok(file.ok_or_else(|| Failure::Refused(format!("no file has the receipt {number}")))?.0)
            }
        }
    }
}

fn not_received(receipt: Uuid) -> Failure {
    Failure::Refused(format!("nothing was received under the receipt {}", receipt.simple()))
}

/// Prints one line of the list as a person reads it.
fn print_received(registry: &Registry, received: &Received) -> Result<(), Failure> {
    let counts = received.counts;
    print_line(&format!("receipt       {}", received.receipt.simple()))?;
    print_line(&format!("name          {}", received.name))?;
    if !received.control_id.is_empty() {
        print_line(&format!("control id    {}", received.control_id))?;
    }
    print_line(&format!("organization  {}", received.organization))?;
    let received_at = moment(registry, received.received_at);
    print_line(&format!("received      {received_at} by {}", received.channel.word()))?;
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
        print_line(&format!("finished      {}", moment(registry, finished_at)))?;
    }
    for finding in &received.findings {
        print_line(&format!("{} {}: {}", finding.severity.code(), finding.code, finding.sentence))?;
    }
    for name in &received.results {
        print_line(&format!("result        {name}"))?;
    }
    Ok(())
}
