//! The report after a window: how long it was, whom it turned away, and who has not come back.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use model::{Channel, DeliveryState, FileState, MaintenanceWindow, OrganizationId, Refusals, WindowId};
use spool::{RecordState, SpoolError};

use crate::directory::Snapshot;
use crate::{Admission, Exchange, Registry, RegistryError};

/// How long a call turned away may take to be counted: a front leaves its counts every few seconds, and a program with the
/// database keeps them every few seconds.
pub const COUNTED_WITHIN: SignedDuration = SignedDuration::from_secs(15);

/// What happened in a window and since.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AfterReport {
    /// The window.
    pub window: MaintenanceWindow,
    /// When it really began.
    pub began_at: Timestamp,
    /// How long the doors were really closed; until now while it is not over.
    pub lasted: SignedDuration,
    /// How long it was planned to be when it began.
    pub planned: SignedDuration,
    /// Calls turned away, by door.
    pub turned_away: Vec<(Channel, u64)>,
    /// Who was turned away, the most often first.
    pub senders: Vec<SenderReport>,
    /// The files that were taken while it lasted, through whichever door.
    pub files: FilesOfWindow,
    /// What became of its notices: deliveries by state. The uncertain ones and those that failed are the operator's to
    /// look after; see `bluebonnet notice list`.
    pub told: Vec<(DeliveryState, u64)>,
    /// Messages since it was over, by door: those of files, the kept ones among them, as they were processed, and those
    /// that came otherwise.
    pub messages_since: Vec<(Channel, u64)>,
}

/// Files that were taken while a window lasted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FilesOfWindow {
    /// How many, as far as they are known here: the spool of another node is not looked into.
    pub taken: u64,
    /// Of these, how many wait in the spool of this node and are not written down in the database yet, as in a window that
    /// holds them.
    pub waiting: u64,
    /// Of these, how many are processed.
    pub processed: u64,
    /// The messages of those that are processed.
    pub messages: u64,
}

/// One sender in the report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SenderReport {
    /// The counts.
    pub refusals: Refusals,
    /// The organization that its calls said they were of, where there is one of that code or with such an account.
    pub organization_code: Option<String>,
    /// When it was first served again.
    pub returned_at: Option<Timestamp>,
}

/// Those who still have to send again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outstanding {
    /// Senders.
    pub senders: usize,
    /// The calls of theirs that were turned away.
    pub calls: u64,
}

impl AfterReport {
    /// The senders that were turned away and have not come back. Who looked at a page has nothing to send again.
    pub fn still_away(&self) -> impl Iterator<Item = &SenderReport> {
        let senders = self.senders.iter().filter(|sender| sender.refusals.channel != Channel::Web);
        senders.filter(|sender| sender.returned_at.is_none())
    }

    /// Whether calls were turned away so lately that their count may not be here yet.
    pub fn may_lack_calls(&self, now: Timestamp) -> bool {
        self.window.ended_at.is_none_or(|ended_at| now < ended_at + COUNTED_WITHIN)
    }

    /// How many they are.
    pub fn outstanding(&self) -> Outstanding {
        let calls = self.still_away().map(|sender| sender.refusals.count).sum();
        Outstanding { senders: self.still_away().count(), calls }
    }
}

impl Registry {
    /// The report on a window, as of now.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when there is no such window, or it has not begun.
    pub fn after_report(
        &self,
        admission: &Admission,
        id: WindowId,
        now: Timestamp,
    ) -> Result<AfterReport, RegistryError> {
        let window = self.window(admission, id)?;
        let started_at = window.started_at.or_else(|| window.state_at(now).is_in_force().then_some(window.starts_at));
        let Some(started_at) = started_at else {
            return Err(RegistryError::Refused("the window has not begun; there is nothing to report".to_owned()));
        };
        let ended_at = window.ended_at;
        let since = match ended_at {
            Some(ended_at) => self.database().messages_since(ended_at)?,
            None => Vec::new(),
        };
        let mut messages_since: HashMap<Channel, u64> = HashMap::new();
        let mut came_back: HashMap<(OrganizationId, Channel), Timestamp> = HashMap::new();
        for sent in since {
            if sent.count > 0 {
                *messages_since.entry(sent.channel).or_default() += sent.count;
            }
            if let Some(first_at) = sent.first_at {
                came_back.insert((sent.organization_id, sent.channel), first_at);
            }
        }
        let files = self.files_of_window(started_at, ended_at.unwrap_or(now))?;
        let told = self.database().count_deliveries(id)?;
        // Those whom this node turned away a moment ago count, too.
        if let Err(error) = self.keep_refusals() {
            tracing::warn!(%error, "a report lacks those turned away in the last seconds");
        }
        let refusals = self.database().refusals(id)?;
        let mut turned_away: HashMap<Channel, u64> = HashMap::new();
        for refused in &refusals {
            *turned_away.entry(refused.channel).or_default() += refused.count;
        }
        let directory = self.directory().snapshot();
        let senders = refusals.into_iter().map(|refusals| sender(refusals, &directory, &came_back)).collect();
        let planned_end = window.changes.iter().find_map(|change| change.before.map(|(_, ends_at)| ends_at));
        Ok(AfterReport {
            began_at: started_at,
            lasted: ended_at.unwrap_or(now).duration_since(started_at),
            planned: planned_end.unwrap_or(window.ends_at).duration_since(window.starts_at),
            turned_away: sorted(turned_away),
            senders,
            files,
            told,
            messages_since: sorted(messages_since),
            window,
        })
    }
}

impl Exchange {
    /// The report on a window, as of now, with the files that wait in the spool of this node. Blocks for as long as the disk
    /// takes.
    ///
    /// # Errors
    /// Those of [`Registry::after_report`], and when the spool cannot be read.
    pub fn after_report(
        &self,
        admission: &Admission,
        id: WindowId,
        now: Timestamp,
    ) -> Result<AfterReport, RegistryError> {
        let mut report = self.registry().after_report(admission, id, now)?;
        let waiting = self.waiting_since(report.began_at, report.window.ended_at.unwrap_or(now))?;
        report.files.taken += waiting;
        report.files.waiting = waiting;
        Ok(report)
    }

    /// Files that were taken from one instant to before another, and that only the spool knows.
    fn waiting_since(&self, from: Timestamp, to: Timestamp) -> Result<u64, RegistryError> {
        let refused = |error: SpoolError| RegistryError::Refused(error.to_string());
        let mut waiting = 0;
        for organization_id in self.spool().organizations().map_err(refused)? {
            for record in self.spool().records(organization_id, RecordState::Waiting).map_err(refused)? {
                let is_of_window = (from..to).contains(&record.received_at);
                if is_of_window && self.registry().database().find_file(record.id)?.is_none() {
                    waiting += 1;
                }
            }
        }
        Ok(waiting)
    }
}

impl Registry {
    fn files_of_window(&self, from: Timestamp, to: Timestamp) -> Result<FilesOfWindow, RegistryError> {
        let mut files = FilesOfWindow::default();
        for counted in self.database().files_of_window(from, to)? {
            files.taken += counted.files;
            if matches!(counted.state, FileState::Complete | FileState::Exception | FileState::Error) {
                files.processed += counted.files;
                files.messages += counted.messages;
            }
        }
        Ok(files)
    }
}

fn sorted(counts: HashMap<Channel, u64>) -> Vec<(Channel, u64)> {
    let mut counts: Vec<(Channel, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(channel, _)| channel.word());
    counts
}

fn sender(
    refusals: Refusals,
    directory: &Snapshot,
    came_back: &HashMap<(OrganizationId, Channel), Timestamp>,
) -> SenderReport {
    let by_code = directory.find_organization(&refusals.name);
    let by_account = || {
        let account = directory.find_account(&refusals.name)?;
        directory.organization(account.organization_id)
    };
    let organization = by_code.or_else(by_account).filter(|_| !refusals.name.is_empty());
    let sent = organization.and_then(|organization| came_back.get(&(organization.id, refusals.channel)).copied());
    SenderReport {
        organization_code: organization.map(|organization| organization.code.clone()),
        returned_at: refusals.returned_at.or(sent),
        refusals,
    }
}
