//! `bluebonnet serve`: a node at work.

use clap::Args;

use crate::ending::{Ending, Failure};
use crate::logging::Logging;
use crate::place::{Node, Place, Presence};
use crate::serving::Serving;
use crate::{limits, measurements};

/// Serves the registry until it is told to stop (SIGTERM, Ctrl-C)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    node: NodeSettings,
    #[command(flatten)]
    logging: Logging,
}

/// What tells one node from another.
#[derive(Clone, Debug, Args)]
pub(crate) struct NodeSettings {
    /// This node's name; no two nodes on one database may have the same
    #[arg(long, value_name = "NAME", default_value = "main", env = "BLUEBONNET_NODE")]
    node: String,
    /// Intake lanes on PostgreSQL, each with a connection [default: one a core, 2 to 4]; SQLite has one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=limits::LANES_MAXIMUM as i64))]
    lanes: Option<u16>,
}

impl NodeSettings {
    pub(crate) fn node(&self) -> Node {
        Node { name: self.node.clone(), lanes: self.lanes.map(usize::from) }
    }
}

const EXAMPLES: &str = "\
Examples:
  bluebonnet serve
      SQLite in ./bluebonnet-data, at http://127.0.0.1:8080
  bluebonnet serve --data /var/lib/bluebonnet --http 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem
  bluebonnet serve --database postgres://registry@db.example.org/registry --node east --lanes 4 --log json

The node brings the database to its schema, and refuses one that a newer program has migrated. Told to stop, it closes
the gate, answers what it took (within 30 seconds) and exits with 0; told twice, it stops at once.";

impl Serve {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.logging.begin();
        let measured = measurements::begin()?;
        let runtime = super::runtime()?;
        // The ports come first: a second server on one folder ends here, before it touches anything.
        let bound = runtime.block_on(self.serving.bind())?;
        let opened = self.place.open_as(&self.node.node(), Presence::MayBeNew)?;
        tracing::info!(
            profile = opened.registry.profile().registry.short_name,
            database = %opened.database.url(),
            schema = opened.migrated.to,
            lanes = opened.lanes,
            "open"
        );
        let spool = self.place.open_spool()?;
        runtime.block_on(self.serving.serve(&opened.registry, spool, &self.place.data, bound, measured))?;
        Ok(Ending::Well)
    }
}
