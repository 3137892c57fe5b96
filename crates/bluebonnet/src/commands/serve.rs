//! `bluebonnet serve`: a node at work.

use clap::Args;

use crate::ending::{Ending, Failure};
use crate::logging::Logging;
use crate::maintenance_watch::MaintenanceWatch;
use crate::place::{self, Node, Place, Presence};
use crate::serving::Serving;
use crate::spooling::SpoolSettings;
use crate::{front_serving, limits, measurements, node_name};

/// Serves the registry until it is told to stop (SIGTERM, Ctrl-C)
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    spool: SpoolSettings,
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
    /// Intake lanes: batches decided side by side [default: on PostgreSQL one a core, 2 to 4; on SQLite 2]
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
  bluebonnet serve --roles gate,sftp --take-over
      Takes the ports over, says the maintenance sentence and keeps files, without a database, while that is rebuilt.
      Announce a window first, so that people are told why and until when
  bluebonnet serve --take-over
      The new program takes them back when it is ready; in between no connection is refused

The node brings the database to its schema, and refuses one that a newer program has migrated. Told to stop, it closes
the gate, answers what it took (within 30 seconds) and exits with 0; told twice, it stops at once.";

impl Serve {
    pub(crate) fn run(self) -> Result<Ending, Failure> {
        self.logging.begin();
        limits::raise_open_files();
        self.serving.check(&self.place.data)?;
        let measured = measurements::begin()?;
        let runtime = super::runtime()?;
        if self.serving.is_front() {
            runtime.block_on(front_serving::serve(&self.serving, &self.place, &self.spool, &self.node.node().name))?;
            return Ok(Ending::Well);
        }
        // Folder and ports come first: a second server on one folder ends here, before it touches anything. One that takes
        // over is ready before it asks for them.
        let bind = || runtime.block_on(self.serving.bind(&self.place.data));
        let bound = if self.serving.takes_over() { None } else { Some(bind()?) };
        let node = self.node.node();
        let opened = self.place.open_as(&node, Presence::MayBeNew)?;
        let name = node_name::take(&opened.database, &node.name, self.serving.takes_over())?;
        let watch = MaintenanceWatch::new(&opened.registry, &self.place, &node.name);
        place::make_folder(&self.place.data)?;
        watch.refresh();
        let bound = bound.map_or_else(bind, Ok)?;
        tracing::info!(
            profile = opened.registry.profile().registry.short_name,
            consent = opened.registry.profile().consent.policy.word(),
            database = %opened.database.url(),
            schema = opened.migrated.to,
            lanes = opened.lanes,
            "open"
        );
        if opened.registry.is_demonstration() {
            tracing::warn!(
                "this registry is a demonstration: its people are made up, and real ones do not belong there"
            );
        }
        self.serving.warn_of_files(&bound);
        let exchange = self.spool.exchange(&self.place, &opened.registry, &self.node.node().name)?;
        runtime.block_on(self.serving.serve(exchange, &watch, name, bound, measured))?;
        Ok(Ending::Well)
    }
}
