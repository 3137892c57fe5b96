//! The work in the background: takes files out of the spool, in order of arrival, one at a time for each organization,
//! the organization that waited longest first; rests while a window holds it, and goes on by itself.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::Timestamp;
use model::{FileId, Finding, FindingKind, MaintenanceWindow, OrganizationId, counted};
use spool::Record;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::Exchange;
use super::processing::{Turn, TurnError};
use super::restored::Comparison;
use crate::{Admission, ConsentPolicy};

/// How often the spool is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Given to a database that is away, or a machine that failed, before a file is taken up again.
const PAUSE_AFTER_FAILURE_SECONDS: i64 = 2;
/// How often a file that fails, though the machine is well, is tried.
const TRIES_MAXIMUM: u32 = 3;
/// How often what was kept long enough is removed.
const TIDY_EVERY_SECONDS: i64 = 3600;
/// Days for which files stay in the archive where nobody is kept without consent: they hold what was refused, too.
const ARCHIVE_DAYS_UNDER_OPT_IN: u32 = 7;
/// The file in the outbox that says that files wait.
const HELD_FILE: &str = "HELD.txt";

/// What the work in the background remembers between two looks.
#[derive(Default)]
struct Draining {
    turns: JoinSet<Ended>,
    busy: HashSet<OrganizationId>,
    /// When each organization's last turn ended, counted.
    served: HashMap<OrganizationId, u64>,
    turn_count: u64,
    not_before: HashMap<OrganizationId, Timestamp>,
    failures: HashMap<FileId, u32>,
    written_down: HashSet<FileId>,
    told_held: HashMap<OrganizationId, String>,
    tidied_at: Option<Timestamp>,
    /// How far the archive was compared with what the registry knows: it may have been put back from a backup.
    comparison: Comparison,
    /// Where it goes on.
    comparing: JoinSet<()>,
    /// Whose files could not be listed when they were looked for last.
    unreadable: HashSet<OrganizationId>,
}

/// An organization, and what it has waiting.
type Looked = (OrganizationId, Result<Vec<Record>, spool::SpoolError>);

impl Draining {
    /// What waits of those whose files can be listed. The others stop nobody: of each the log tells once.
    fn readable(&mut self, looked: Vec<Looked>) -> Vec<(OrganizationId, Vec<Record>)> {
        let mut waiting = Vec::with_capacity(looked.len());
        for (organization_id, records) in looked {
            match records {
                Ok(records) => {
                    self.unreadable.remove(&organization_id);
                    waiting.push((organization_id, records));
                }
                Err(error) if self.unreadable.insert(organization_id) => {
                    tracing::error!(%error, organization = %organization_id.0, "files of an organization cannot be listed");
                }
                Err(_) => {}
            }
        }
        waiting
    }
}

/// A turn that ended.
struct Ended {
    organization_id: OrganizationId,
    record: Option<Record>,
    result: Result<Turn, TurnError>,
}

impl Exchange {
    /// Processes files until the program stops. Cancel it to stop: everything may stop at any instant.
    pub async fn drain(&self) {
        let mut draining = Draining::default();
        loop {
            // Beside the turns: an archive may be large, and nobody is to wait for that of others.
            self.begin_comparing(&mut draining);
            self.look(&mut draining).await;
            tokio::select! {
                _ = draining.comparing.join_next(), if !draining.comparing.is_empty() => {}
                ended = draining.turns.join_next(), if !draining.turns.is_empty() => {
                    if let Some(Ok(ended)) = ended {
                        self.note_end(&mut draining, ended).await;
                    }
                }
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Processes what waits now, and what of the archive is to be processed again; returns when nothing waits any more, or work
    /// is to rest.
    pub async fn drain_once(&self) {
        let mut draining = Draining::default();
        loop {
            self.begin_comparing(&mut draining);
            draining.comparing.join_next().await;
            self.look(&mut draining).await;
            match draining.turns.join_next().await {
                Some(Ok(ended)) => self.note_end(&mut draining, ended).await,
                Some(Err(_)) => {}
                None => return,
            }
        }
    }

    async fn look(&self, draining: &mut Draining) {
        let exchange = self.clone();
        let looked = tokio::task::spawn_blocking(move || exchange.waiting_organizations()).await;
        let looked = match looked {
            Ok(Ok(looked)) => looked,
            Ok(Err(error)) => return tracing::error!(%error, "the spool cannot be read"),
            Err(_) => return,
        };
        let waiting = draining.readable(looked);
        let now = self.now();
        self.tell_held(draining, &waiting);
        if self.is_held() {
            return;
        }
        self.write_down(draining, &waiting).await;
        let mut organizations: Vec<OrganizationId> = waiting
            .iter()
            .filter(|(_, records)| !records.is_empty())
            .map(|(id, _)| *id)
            .filter(|id| !draining.busy.contains(id))
            .filter(|id| draining.not_before.get(id).is_none_or(|at| *at <= now))
            .collect();
        organizations.sort_by_key(|id| draining.served.get(id).copied().unwrap_or_default());
        for organization_id in organizations {
            if draining.turns.len() >= self.settings.organizations_at_once.get() {
                break;
            }
            draining.busy.insert(organization_id);
            let (exchange, comparison, runtime) = (self.clone(), draining.comparison.clone(), Handle::current());
            draining.turns.spawn_blocking(move || exchange.take_turn(organization_id, &comparison, &runtime));
        }
        self.tidy(draining, now).await;
    }

    fn waiting_organizations(&self) -> Result<Vec<Looked>, spool::SpoolError> {
        Ok(self.spool.organizations()?.into_iter().map(|id| (id, self.spool.on_the_way(id))).collect())
    }

    /// One file of an organization: the one that was begun, or the oldest.
    fn take_turn(&self, organization_id: OrganizationId, comparison: &Comparison, runtime: &Handle) -> Ended {
        let mut record = None;
        // A panic is a failure as any other: the file is tried again, and put aside when it does not help.
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            // Another process has this organization's turn: its files are in good hands.
            let Some(claim) = self.spool.claim(organization_id)? else { return Ok(Turn::Rests) };
            if !comparison.is_made_of(organization_id) && !self.compare_archive_of(&claim, comparison)? {
                return Ok(Turn::Rests);
            }
            record = self.spool.on_the_way(organization_id)?.into_iter().next();
            match &record {
                Some(record) => self.process(&claim, record, runtime),
                None => Ok(Turn::Rests),
            }
        }));
        let result = attempt.unwrap_or(Err(TurnError::Panicked));
        Ended { organization_id, record, result }
    }

    async fn note_end(&self, draining: &mut Draining, ended: Ended) {
        let Ended { organization_id, record, result } = ended;
        draining.busy.remove(&organization_id);
        draining.turn_count += 1;
        draining.served.insert(organization_id, draining.turn_count);
        let pause = jiff::SignedDuration::from_secs(PAUSE_AFTER_FAILURE_SECONDS);
        match result {
            Ok(Turn::Done) => {
                draining.failures.retain(|id, _| record.as_ref().is_none_or(|record| record.id != *id));
                return;
            }
            Ok(Turn::Rests) => {}
            Err(error) => {
                let receipt = record.as_ref().map(|record| record.id.number()).unwrap_or_default();
                tracing::warn!(%error, %receipt, "a file could not be processed to its end and is taken up again");
                if let Some(record) = record.filter(|_| !error.is_transient()) {
                    let tries = draining.failures.entry(record.id).or_default();
                    *tries += 1;
                    if *tries >= TRIES_MAXIMUM {
                        draining.failures.remove(&record.id);
                        self.give_up(record, error.to_string()).await;
                    }
                }
            }
        }
        draining.not_before.insert(organization_id, self.now() + pause);
    }

    /// A file on which the registry itself fails again and again is put aside, so that those behind it go on.
    async fn give_up(&self, record: Record, cause: String) {
        let exchange = self.clone();
        let given_up = tokio::task::spawn_blocking(move || {
            tracing::error!(receipt = %record.id.number(), cause, "a file is put aside");
            let Some(claim) = exchange.spool.claim(record.organization_id)? else { return Ok(()) };
            let mut file = exchange.written_down(&record)?;
            file.findings.insert(0, Finding::new(FindingKind::FileNotProcessed).naming(record.id.number()));
            file.state = model::FileState::Error;
            file.counts = exchange.registry.database().file_counts(file.id)?;
            file.finished_at = Some(exchange.now());
            exchange.registry.database().update_file(&file)?;
            exchange.spool.begin_processing(&claim, &record)?;
            exchange.process(&claim, &record, &Handle::current()).map(drop)
        });
        if let Ok(Err(error)) = given_up.await {
            tracing::error!(%error, "a file could not be put aside");
        }
    }

    /// Begins to compare the archive with the registry, or goes on where something was left.
    fn begin_comparing(&self, draining: &mut Draining) {
        if draining.comparing.is_empty() && !self.is_held() && draining.comparison.begins(self.now()) {
            let (exchange, comparison) = (self.clone(), draining.comparison.clone());
            draining.comparing.spawn_blocking(move || exchange.compare_archive(&comparison));
        }
    }

    /// Writes new files down, so that the list shows them while they wait.
    async fn write_down(&self, draining: &mut Draining, waiting: &[(OrganizationId, Vec<Record>)]) {
        let new: Vec<Record> = waiting
            .iter()
            .flat_map(|(_, records)| records)
            .filter(|record| !draining.written_down.contains(&record.id))
            .cloned()
            .collect();
        let all: HashSet<FileId> = waiting.iter().flat_map(|(_, records)| records).map(|record| record.id).collect();
        let exchange = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            new.iter().try_for_each(|record| exchange.written_down(record).map(drop))
        });
        match written.await {
            Ok(Ok(())) => draining.written_down = all,
            Ok(Err(error)) => tracing::warn!(%error, "files that wait could not be written down yet"),
            Err(_) => {}
        }
    }

    /// Removes what was kept long enough; nothing of an archive that was not compared yet: it may be wanted again.
    async fn tidy(&self, draining: &mut Draining, now: Timestamp) {
        let due = draining.tidied_at.is_none_or(|at| now.duration_since(at).as_secs() >= TIDY_EVERY_SECONDS);
        if !due || !draining.comparing.is_empty() {
            return;
        }
        draining.tidied_at = Some(now);
        let (exchange, comparison) = (self.clone(), draining.comparison.clone());
        let opt_in = self.registry.profile().consent.policy == ConsentPolicy::OptIn;
        let days = if opt_in { ARCHIVE_DAYS_UNDER_OPT_IN } else { u32::MAX };
        let tidied = tokio::task::spawn_blocking(move || {
            let organizations = exchange.spool.organizations()?.into_iter();
            for organization_id in organizations.filter(|id| comparison.is_made_of(*id)) {
                let removed = exchange.spool.remove_expired(organization_id, days, now)?;
                if removed != spool::Retention::default() {
                    tracing::info!(%organization_id, ?removed, "what was kept long enough is removed");
                }
            }
            Ok::<(), spool::SpoolError>(())
        });
        if let Ok(Err(error)) = tidied.await {
            tracing::warn!(%error, "what was kept long enough could not be removed");
        }
    }

    /// While files are held, each outbox says how many wait; afterwards that is taken away again.
    fn tell_held(&self, draining: &mut Draining, waiting: &[(OrganizationId, Vec<Record>)]) {
        for (organization_id, records) in waiting {
            let text = self.is_held().then(|| self.held_text(records)).filter(|_| !records.is_empty());
            let told = match text {
                Some(text) if draining.told_held.get(organization_id) == Some(&text) => continue,
                Some(text) => {
                    let put = self
                        .spool
                        .put_into_outbox(*organization_id, HELD_FILE, |output| output.write_all(text.as_bytes()));
                    draining.told_held.insert(*organization_id, text);
                    put
                }
                // At the start it is not known whether the last process left one.
                None if draining.told_held.get(organization_id).is_some_and(String::is_empty) => continue,
                None => {
                    draining.told_held.insert(*organization_id, String::new());
                    self.spool.remove_from_outbox(*organization_id, HELD_FILE)
                }
            };
            if let Err(error) = told {
                tracing::warn!(%error, "an outbox could not be told that files wait");
            }
        }
    }

    fn held_text(&self, records: &[Record]) -> String {
        let messages: u64 = records.iter().map(|record| record.message_count).sum();
        let (files, messages) = (counted(records.len() as u64, "file"), counted(messages, "message"));
        let mut text = format!("Waiting here: {files}, with {messages} in those that are not packed.\r\n");
        text.push_str(&self.held_until());
        text.push_str(
            "They are kept, and will be processed by themselves, in order of arrival. Do not send them again.\r\n\r\n",
        );
        for record in records {
            let received = record.received_at.to_zoned(self.registry.time_zone().clone());
            let _ = write!(
                text,
                "{}  {}  {} bytes, receipt {}\r\n",
                received.strftime("%Y-%m-%d %H:%M %Z"),
                record.name,
                record.size,
                record.id
            );
        }
        text
    }

    /// The maintenance window that holds files now; of several the one that is planned to end last.
    pub fn held_by(&self, _admission: &Admission) -> Option<MaintenanceWindow> {
        self.holding_window()
    }

    fn holding_window(&self) -> Option<MaintenanceWindow> {
        let now = self.now();
        let holds = |window: &MaintenanceWindow| window.state_at(now).is_in_force() && window.modes.hold_files();
        let windows = self.registry.gate().windows();
        windows.iter().filter(|window| holds(window)).max_by_key(|window| window.ends_at).cloned()
    }

    /// The sentence that says until when.
    fn held_until(&self) -> String {
        match self.holding_window() {
            Some(window) => format!("There is a maintenance window: {}.\r\n", window.times_in_words()),
            None => "The registry is stopped for a moment.\r\n".to_owned(),
        }
    }
}
