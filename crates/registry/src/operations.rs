//! What operators ask: is it well, what does it hold, who saw whom.

use std::time::Duration;

use jiff::Timestamp;
use model::{AuditAction, AuditEntry, Caller, Channel, LoggedMessage, MessageId, MessageState, Mode, OrganizationId};
use store::{
    AuditChain, AuditVerification, Database, KnownMessage, MessageFilter, PEOPLE_PER_KEY_LIMIT, Readiness, Statistics,
};

use crate::{Admission, Registry, RegistryError};

/// The longest time for which readiness waits for the database.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether a node can serve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Health {
    /// Whether the database can be worked with.
    pub database: Readiness,
    /// Every door of these is closed by a window: the sentence that they say needs no database.
    pub says_the_sentence: bool,
    /// The program is stopping.
    pub is_stopping: bool,
    /// Calls in flight.
    pub in_flight: usize,
}

impl Health {
    /// Whether the node should be sent work. One that says the sentence must stay where people knock.
    pub fn is_ready(&self) -> bool {
        (self.database == Readiness::Ready || self.says_the_sentence) && !self.is_stopping
    }

    /// Whether the database answers, whatever its disk does.
    pub fn database_answers(&self) -> bool {
        self.database != Readiness::Away
    }
}

/// How something was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// As it should be.
    Well,
    /// Nothing is broken, and still there is something to do.
    Warning,
    /// Broken, or waiting for somebody.
    NotWell,
}

impl Condition {
    /// Well or not.
    pub fn well_if(is_well: bool) -> Condition {
        if is_well { Condition::Well } else { Condition::NotWell }
    }
}

/// One line of a doctor's report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnosis {
    /// What was looked at.
    pub subject: &'static str,
    /// How it was found.
    pub condition: Condition,
    /// What was seen, and what to do if it is not well.
    pub report: String,
}

impl Diagnosis {
    /// Whether nothing is broken.
    pub fn is_well(&self) -> bool {
        self.condition != Condition::NotWell
    }

    /// It tells of what is stored, and not of work that waits for somebody.
    pub(crate) fn is_of_storage(&self) -> bool {
        self.subject != "quarantine"
    }
}

impl Registry {
    /// Whether this node can serve at these doors. Blocks for as long as the database takes, two seconds at most; and where the machine failed
    /// at the last write, as long as another takes, for whose turn it waits two seconds at most.
    pub fn health(&self, doors: &[Channel]) -> Health {
        let is_closed = |door: &Channel| self.gate().mode(*door) == Mode::Closed;
        Health {
            database: self.database().readiness(PING_TIMEOUT),
            says_the_sentence: !doors.is_empty() && doors.iter().all(is_closed),
            is_stopping: self.gate().is_stopping(),
            in_flight: self.gate().in_flight(),
        }
    }

    /// How much the registry holds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn statistics(&self, _admission: &Admission) -> Result<Statistics, RegistryError> {
        Ok(self.database().statistics()?)
    }

    /// How many messages that came since then are in each state.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn message_states_since(
        &self,
        _admission: &Admission,
        at: Timestamp,
    ) -> Result<Vec<(MessageState, u64)>, RegistryError> {
        Ok(self.database().message_states_since(at)?)
    }

    /// How many messages were put before a reviewer, whatever was decided since, and how many wait for an operator.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn messages_waiting(&self, _admission: &Admission) -> Result<Vec<(MessageState, u64)>, RegistryError> {
        Ok(self.database().messages_waiting()?)
    }

    /// The message log, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn messages(
        &self,
        _admission: &Admission,
        filter: &MessageFilter,
        limit: u32,
    ) -> Result<Vec<KnownMessage>, RegistryError> {
        Ok(self.database().messages(filter, limit)?)
    }

    /// A logged message with its original.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find_message(&self, _admission: &Admission, id: MessageId) -> Result<Option<LoggedMessage>, RegistryError> {
        Ok(self.database().find_message(id)?)
    }

    /// Writes down that an operator changed settings, organizations or accounts.
    ///
    /// # Errors
    /// When it could not be written.
    pub async fn record_administration(
        &self,
        _admission: &Admission,
        operator: &Caller,
        at: Timestamp,
        what: String,
    ) -> Result<(), RegistryError> {
        self.note_administration(operator, operator.organization_id, at, what).await
    }

    /// Writes down that a caller changed something of an organization.
    pub(crate) async fn note_administration(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        at: Timestamp,
        what: String,
    ) -> Result<(), RegistryError> {
        let entry = AuditEntry {
            at,
            account_id: caller.account_id,
            organization_id,
            action: AuditAction::Administered,
            patient_id: None,
            message_id: None,
            detail: what,
        };
        self.lanes().note(None, vec![entry]).await
    }

    /// Looks the registry over: the database's integrity, its schema, the audit chains, quarantined messages.
    ///
    /// # Errors
    /// When the database cannot be read at all.
    pub fn examine(&self, _admission: &Admission) -> Result<Vec<Diagnosis>, RegistryError> {
        examine(self.database())
    }
}

/// The same of any database of a registry.
pub(crate) fn examine(database: &Database) -> Result<Vec<Diagnosis>, RegistryError> {
    let faults = database.check_integrity()?;
    let integrity = if faults.is_empty() { "no fault found".to_owned() } else { faults.join("; ") };
    let audit = database.verify_audit_chains()?;
    let quarantined = database.messages_waiting()?;
    let quarantined = quarantined.iter().find(|(state, _)| *state == MessageState::Quarantined);
    let quarantined = quarantined.map_or(0, |(_, count)| *count);
    let over_full = database.over_full_key_count()?;
    Ok(vec![
        Diagnosis { subject: "database", condition: Condition::well_if(faults.is_empty()), report: integrity },
        Diagnosis {
            subject: "schema",
            condition: Condition::Well,
            report: format!("version {}", database.schema_version()?),
        },
        Diagnosis {
            subject: "audit trail",
            condition: Condition::well_if(audit.faults.is_empty()),
            report: audit_report(&audit),
        },
        Diagnosis {
            subject: "match keys",
            condition: Condition::Well,
            report: match over_full {
                0 => "no key is shared by too many people".to_owned(),
                count => format!(
                    "{count} keys are shared by {PEOPLE_PER_KEY_LIMIT} people or more and find nobody, as dummy values do"
                ),
            },
        },
        Diagnosis {
            subject: "quarantine",
            condition: Condition::well_if(quarantined == 0),
            report: match quarantined {
                0 => "no message is kept aside".to_owned(),
                count => format!("{count} messages are kept aside; see `bluebonnet messages --state quarantined`"),
            },
        },
    ])
}

fn audit_report(audit: &AuditVerification) -> String {
    if audit.faults.is_empty() {
        let lines: u64 = audit.chains.iter().map(|chain| chain.line_count).sum();
        let heads: Vec<String> = audit.chains.iter().map(head).collect();
        return format!("{lines} lines, each following from the one before it; heads: {}", heads.join(", "));
    }
    audit.faults.iter().map(|fault| fault.sentence.as_str()).collect::<Vec<_>>().join("; ")
}

/// The end of a chain: noted elsewhere, it shows later whether the newest lines were cut off.
fn head(chain: &AuditChain) -> String {
    let hash: String = chain.head_hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{} {} {hash}", chain.name, chain.head_sequence)
}
