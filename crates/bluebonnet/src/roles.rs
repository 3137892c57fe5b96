//! What a node does: all of it by default, or a part, so that a registry can be spread over several machines.

use clap::ValueEnum;

/// A part of a node's work.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, ValueEnum)]
pub(crate) enum Role {
    /// The web application for people
    Web,
    /// The web service for EHRs
    Webservice,
    /// The SFTP server for files, where `--sftp` gives it an address
    Sftp,
    /// Nothing but the front: every door says the maintenance sentence, without a database. With sftp it takes files, too;
    /// without it the port for files is closed
    Gate,
    /// Work in the background: processing files, counting the message log for `/metrics`
    Jobs,
}

impl Role {
    /// What a node does that is told nothing.
    pub(crate) const ALL: [Role; 4] = [Role::Web, Role::Webservice, Role::Sftp, Role::Jobs];

    /// Whether it cannot be without the database.
    pub(crate) fn needs_database(self) -> bool {
        !matches!(self, Role::Gate | Role::Sftp)
    }
}
