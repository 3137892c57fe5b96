//! The name of a node: no two programs may serve one database under the same.

use std::sync::Arc;

use registry::setup::{Database, NodeName};

use crate::ending::Failure;
use crate::limits;

/// Takes the name for a program that starts.
///
/// # Errors
/// [`Failure::Refused`] when another program serves under it, unless this one is to take over from that.
pub(crate) fn take(database: &Database, node: &str, takes_over: bool) -> Result<Arc<NodeName>, Failure> {
    let name = Arc::new(database.node_name());
    for tried in 1..=limits::NODE_NAME_TRIES {
        if name.hold()? || takes_over {
            return Ok(name);
        }
        if tried < limits::NODE_NAME_TRIES {
            std::thread::sleep(limits::NODE_NAME_PAUSE);
        }
    }
    Err(Failure::Refused(format!(
        "another program serves this database as the node {node:?}: give this one a name of its own with --node, or stop the \
         other first. A machine that went down is given up by the database within half a minute"
    )))
}

/// Sees that the name is still held, and tells the log where it is not.
pub(crate) fn keep(name: &NodeName, node: &str) {
    match name.hold() {
        Ok(true) => {}
        Ok(false) => tracing::error!(
            node,
            "another program serves this database under the name of this node: stop one of the two, and give it another --node"
        ),
        Err(error) => tracing::warn!(%error, "whether this node still holds its name could not be seen"),
    }
}
