//! Files and messages: everything that was received, through every door, in one list; what became of each; and having
//! it processed again without a resend.
//!
//! [`Exchange`] joins the registry with the spool of its node. Its verbs are for pages and commands; `draining.rs` is
//! the work in the background that takes files out of the spool, `processing.rs` what happens to one of them.

mod aside;
mod contents;
mod draining;
mod flat;
mod list;
mod processing;
mod reading;
mod repeating;
mod restored;
mod results;
mod settled;
mod uploads;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use model::{Caller, OrganizationId, Right, Standing};
use spool::Spool;
use uuid::Uuid;

pub use list::{FindingInWords, MessageInWords, Received, ReceivedFilter, ReceivedKind};
pub use repeating::ResultKind;
pub use uploads::FileUpload;

use crate::Registry;

/// What a node's exchange is told by the program.
#[derive(Clone, Debug)]
pub struct ExchangeSettings {
    /// The node's name: files are processed where they are.
    pub node: String,
    /// The clock: nothing below the doors reads one of its own.
    pub clock: fn() -> Timestamp,
    /// Organizations whose files are processed at the same time; at least one.
    pub organizations_at_once: NonZeroUsize,
}

/// The registry and the files of its node. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Exchange {
    registry: Registry,
    spool: Spool,
    settings: Arc<ExchangeSettings>,
    /// Organizations wait for a turn while as many as may have theirs.
    is_waited_for: Arc<AtomicBool>,
}

impl Exchange {
    /// Joins a registry with the spool of its node.
    pub fn new(registry: Registry, spool: Spool, settings: ExchangeSettings) -> Exchange {
        Exchange { registry, spool, settings: Arc::new(settings), is_waited_for: Arc::default() }
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The spool, for doors that take files.
    pub fn spool(&self) -> &Spool {
        &self.spool
    }

    fn now(&self) -> Timestamp {
        (self.settings.clock)()
    }

    /// Whether files are to rest: a window holds them, or the program is stopping.
    fn is_held(&self) -> bool {
        let gate = self.registry.gate();
        gate.is_stopping() || gate.modes().hold_files()
    }

    /// Whether the caller may see what an organization sent.
    fn may_see(&self, caller: &Caller, organization_id: OrganizationId) -> bool {
        self.registry.may(caller, Right::ReadFiles, organization_id)
    }

    /// The organizations whose files somebody may see; `None` for all.
    fn visible_organizations(&self, caller: &Caller) -> Option<Vec<OrganizationId>> {
        // Whoever may see those of an organization that is none may see those of all.
        if self.may_see(caller, OrganizationId(Uuid::nil())) {
            return None;
        }
        let snapshot = self.registry.directory().snapshot();
        let all = snapshot.organizations().map(|organization| organization.id);
        Some(all.filter(|id| self.may_see(caller, *id)).collect())
    }

    /// The operator at the command line, who may do everything, in the name of an organization where one is concerned.
    pub fn operator(&self, organization_id: Option<OrganizationId>) -> Caller {
        let organization_id = organization_id.unwrap_or(OrganizationId(Uuid::nil()));
        let snapshot = self.registry.directory().snapshot();
        let code = snapshot.organization(organization_id).map(|organization| organization.code.clone());
        Caller {
            account_id: None,
            username: "operator".to_owned(),
            organization_id,
            organization_code: code.unwrap_or_default(),
            standing: Standing::Operator,
        }
    }
}
