//! A lane: one thread's way to the database, on which the intake runs its batches.

use sha2::{Digest, Sha256};

use crate::audit::find_head;
use crate::audit_chain::Head;
use crate::batch::{Batch, Reading, writes_of};
use crate::database::Connection;
use crate::{Changes, Database, StoreError};

/// A way to the database for one thread that runs batches.
pub struct Lane {
    database: Database,
    connection: LaneConnection,
    /// The name of its audit chain.
    chain: String,
    /// The chain as a number that no birth date is: a lane of the same name, of a program that should have another, waits.
    chain_bucket: i64,
    /// The end of its audit chain; `None` while not known.
    head: Option<Head>,
}

/// The connection of a lane.
enum LaneConnection {
    /// PostgreSQL lets all write: each lane reads and writes on its own.
    Own(Connection),
    /// SQLite has one writer, which lanes take in turn; each decides on a connection that reads.
    Reader(Connection),
}

/// What a batch decides about. No other batch may decide about the same before this one is committed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claim {
    /// Birth dates and identifiers as numbers, held against all lanes of all nodes.
    pub buckets: Vec<i64>,
    /// Control hashes of its messages and match keys of its people, held against the other lanes of this node.
    pub keys: Vec<i64>,
}

impl Claim {
    /// A claim of buckets alone.
    pub fn of(buckets: &[i64]) -> Claim {
        Claim { buckets: buckets.to_vec(), keys: Vec::new() }
    }

    fn numbers(&self) -> Vec<i64> {
        self.buckets.iter().chain(&self.keys).copied().collect()
    }
}

impl Database {
    /// Opens lane `number`, from 0. Every number has its own audit chain: open it once per node.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub fn lane(&self, number: usize) -> Result<Lane, StoreError> {
        let connection = match self.has_one_writer() {
            true => LaneConnection::Reader(self.open_reader()?),
            false => LaneConnection::Own(self.open_writer()?),
        };
        let chain = format!("{}/{number}", self.options().node);
        Ok(Lane { database: self.clone(), connection, chain_bucket: bucket_of(&chain), chain, head: None })
    }
}

fn bucket_of(chain: &str) -> i64 {
    let [first, second, third, fourth, ..] = <[u8; 32]>::from(Sha256::digest(chain));
    -1 - i64::from(u32::from_be_bytes([first, second, third, fourth]))
}

impl Lane {
    /// Reads, decides and writes in one transaction, and commits it. Whatever error comes, nothing of it is kept. An
    /// error of the commit itself leaves open whether it happened: read again to see.
    ///
    /// `buckets` (birth dates as numbers) keep other lanes, of this node and of others, from deciding about the same
    /// people meanwhile. A lost connection is made anew before the batch begins.
    ///
    /// # Errors
    /// Those of `work`, and those of the database.
    pub fn batch<T, E: From<StoreError>>(
        &mut self,
        buckets: &[i64],
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let _held = self.database.hold(buckets.to_vec());
        let chain = self.chain.as_str();
        // Taken out, so that after any error the head is read anew.
        let head = self.head.take();
        let work = |connection: &mut Connection| {
            let mut batch = Batch::new(connection, chain, head);
            let value = work(&mut batch)?;
            Ok((value, batch.into_head()))
        };
        let result = match &mut self.connection {
            LaneConnection::Own(connection) => {
                let buckets = [buckets, &[self.chain_bucket]].concat();
                let result = connection.transaction(&buckets, work);
                self.database.note_write(connection, result)
            }
            LaneConnection::Reader(_) => self.database.write_holding(buckets, work),
        };
        result.map(|(value, head)| {
            self.head = head;
            value
        })
    }

    /// The same for a batch that decides by what it reads and then writes all of it: `decide` gives a value and the
    /// changes. On SQLite a lane that works alone does all of it in its turn to write. Of several, each decides beside
    /// the others and takes its turn only to write; what was decided while somebody else wrote (a reviewer, another
    /// program) is decided again, in the turn.
    ///
    /// # Errors
    /// Those of `decide`, and those of the database.
    pub fn decide<T, E: From<StoreError>>(
        &mut self,
        claim: &Claim,
        decide: impl Fn(&mut Reading<'_>) -> Result<(T, Changes), E>,
    ) -> Result<T, E> {
        let held = self.database.hold(claim.numbers());
        let (database, chain) = (&self.database, self.chain.as_str());
        // Taken out, so that after any error the head is read anew.
        let known_head = self.head.take();
        let decide_in_transaction = |connection: &mut Connection, head| {
            let (value, changes) = decide(&mut Reading::new(connection))?;
            let mut batch = Batch::new(connection, chain, head);
            batch.write(&changes)?;
            Ok((value, batch.into_head()))
        };
        let result = match &mut self.connection {
            LaneConnection::Own(connection) => {
                let buckets = [claim.buckets.as_slice(), &[self.chain_bucket]].concat();
                let decided =
                    connection.transaction(&buckets, |connection| decide_in_transaction(connection, known_head));
                database.note_write(connection, decided)
            }
            LaneConnection::Reader(_) if held.is_alone() => {
                let seen = database.writes_of_others();
                database.write_in_turn(seen, |connection, _| decide_in_transaction(connection, known_head))
            }
            LaneConnection::Reader(reader) => {
                let reading = database.reading();
                let seen = database.writes_of_others();
                let (value, changes, mut head) = reader.snapshot(|connection| {
                    let (value, changes) = decide(&mut Reading::new(connection))?;
                    let head = known_head.map_or_else(|| find_head(connection, chain), Ok)?;
                    Ok::<_, E>((value, changes, head))
                })?;
                drop(reading);
                let writes = writes_of(&changes, chain, &mut head);
                database.write_in_turn(seen, |connection, is_as_seen| match is_as_seen {
                    true => {
                        connection.write_sets(&writes)?;
                        Ok((value, Some(head)))
                    }
                    false => decide_in_transaction(connection, None),
                })
            }
        };
        result.map(|(value, head)| {
            self.head = head;
            value
        })
    }
}
