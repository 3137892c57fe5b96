//! The work in the background: takes files out of the spool, in order of arrival, one at a time for each organization,
//! the organization that waited longest first; rests while a window holds it, and goes on by itself.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use model::{FileId, Finding, FindingKind, MaintenanceWindow, OrganizationId};
use spool::Record;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::Exchange;
use super::aside::ToldAside;
use super::processing::{Turn, TurnError};
use super::restored::Comparison;
use crate::{Admission, ConsentPolicy};

/// How often the spool is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Given to a database that is away, or a machine that failed, before a file is taken up again.
const PAUSE_AFTER_FAILURE_SECONDS: i64 = 2;
/// How often a file that fails, though the machine is well, is tried.
const TRIES_MAXIMUM: u32 = 3;
/// New files that are written down between two looks: those that wait for their turn do not wait for that of thousands.
const WRITTEN_DOWN_AT_ONCE: usize = 200;
/// How often what was kept long enough is removed.
const TIDY_EVERY_SECONDS: i64 = 3600;
/// Days for which files stay in the archive where nobody is kept without consent: they hold what was refused, too.
const ARCHIVE_DAYS_UNDER_OPT_IN: u32 = 7;

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
    tidied_at: Option<Timestamp>,
    /// How far the archive was compared with what the registry knows: it may have been put back from a backup.
    comparison: Comparison,
    /// Where it goes on.
    comparing: JoinSet<()>,
    /// Whose files could not be listed when they were looked for last.
    unreadable: HashSet<OrganizationId>,
    /// Files that are set aside because their records are damaged.
    told_aside: ToldAside,
}

/// An organization, and what it has waiting, with what is damaged of it.
type Looked = (OrganizationId, Result<Vec<Result<Record, spool::SpoolError>>, spool::SpoolError>);

impl Draining {
    /// What waits of those whose files can be listed. The others stop nobody: of each the log tells once.
    fn readable(&mut self, looked: Vec<Looked>) -> Vec<(OrganizationId, Vec<Record>)> {
        let mut waiting = Vec::with_capacity(looked.len());
        let mut set_aside = 0;
        for (organization_id, each) in looked {
            set_aside += each.iter().flatten().filter(|record| record.is_err()).count();
            match each.and_then(|each| self.told_aside.part(each)) {
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
        metrics::gauge!("bluebonnet_files_set_aside").set(set_aside as f64);
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
        let free = self.settings.organizations_at_once.get().saturating_sub(draining.turns.len());
        self.is_waited_for.store(organizations.len() > free, Ordering::Relaxed);
        for organization_id in organizations.into_iter().take(free) {
            draining.busy.insert(organization_id);
            let (exchange, comparison, runtime) = (self.clone(), draining.comparison.clone(), Handle::current());
            draining.turns.spawn_blocking(move || exchange.take_turn(organization_id, &comparison, &runtime));
        }
        self.tidy(draining, now).await;
    }

    fn waiting_organizations(&self) -> Result<Vec<Looked>, spool::SpoolError> {
        Ok(self.spool.organizations()?.into_iter().map(|id| (id, self.spool.on_the_way_each(id))).collect())
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
            .take(WRITTEN_DOWN_AT_ONCE)
            .cloned()
            .collect();
        let all: HashSet<FileId> = waiting.iter().flat_map(|(_, records)| records).map(|record| record.id).collect();
        let exchange = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            new.iter().try_for_each(|record| exchange.written_down(record).map(drop)).map(|()| new)
        });
        match written.await {
            Ok(Ok(new)) => {
                draining.written_down.retain(|id| all.contains(id));
                draining.written_down.extend(new.iter().map(|record| record.id));
            }
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

    /// The maintenance window that holds files now; of several the one that is planned to end last.
    pub fn held_by(&self, _admission: &Admission) -> Option<MaintenanceWindow> {
        let now = self.now();
        let holds = |window: &MaintenanceWindow| window.state_at(now).is_in_force() && window.modes.hold_files();
        let windows = self.registry.gate().windows();
        windows.iter().filter(|window| holds(window)).max_by_key(|window| window.ends_at).cloned()
    }
}
