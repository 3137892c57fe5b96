//! Which program works under which node's name. On PostgreSQL no two may have one: audit chains and what a node has in hand go
//! by it. The server gives a name back when the program that holds it ends, however that ends.

use std::sync::{Mutex, PoisonError};

use crate::database::Connection;
use crate::{Database, StoreError};

/// The name of this node, held for as long as this is there.
pub struct NodeName {
    database: Database,
    /// The connection that holds it, while it does.
    holding: Mutex<Option<Connection>>,
}

impl Database {
    /// This node's name, not held yet.
    pub fn node_name(&self) -> NodeName {
        NodeName { database: self.clone(), holding: Mutex::default() }
    }
}

impl NodeName {
    /// Takes the name, or sees that it is still held; false while another program has it. A connection that was lost is made
    /// anew. A SQLite file is one machine's, whose programs are told apart by their data folders.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub fn hold(&self) -> Result<bool, StoreError> {
        if self.database.has_one_writer() {
            return Ok(true);
        }
        let mut holding = self.holding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = match holding.take() {
            Some(connection) => connection,
            None => self.database.open_writer()?,
        };
        let is_held = connection.hold_name(&self.database.options().node)?;
        *holding = is_held.then_some(connection);
        Ok(is_held)
    }
}
