//! The registry itself: what it is made of, and how it is opened.

use std::sync::Arc;

use codes::CodeSets;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use store::{Database, StoreError};
use tokio::sync::Semaphore;

use crate::directory::Directory;
use crate::intake::{Lanes, Rules};
use crate::merges::ReviewersLane;
use crate::schedules::ScheduleInUse;
use crate::sign_ins::SignIns;
use crate::withheld::OpenedWithheld;
use crate::{Gate, Profile, RegistryError};

/// Settings of one node.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Intake lanes: batches that are decided side by side.
    pub lanes: usize,
    /// Random, and new at every start: the key under which verified passwords are remembered.
    pub secret: [u8; 32],
}

/// The registry. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    rules: Arc<Rules>,
    gate: Gate,
    directory: Directory,
    sign_ins: SignIns,
    schedule_in_use: ScheduleInUse,
    lanes: Lanes,
    reviewers_lane: ReviewersLane,
    withheld: OpenedWithheld,
    /// Who waits for one comes in order of arrival.
    places_to_look: Semaphore,
}

impl Registry {
    /// Opens a registry on a migrated database.
    ///
    /// # Errors
    /// When the database cannot be read, or a lane cannot be started.
    pub fn open(
        database: Database,
        profile: Profile,
        codes: Arc<CodeSets>,
        options: &Options,
    ) -> Result<Registry, RegistryError> {
        let gate = Gate::new(&profile.closed_door.sentence, profile.closed_door.retry_after_seconds);
        let rules = Arc::new(Rules::with_weights(profile, codes, crate::matchers::weights_in_use(&database)?));
        let lanes = Lanes::start(&database, rules.clone(), options.lanes)?;
        let inner = Inner {
            directory: Directory::open(&database)?,
            sign_ins: SignIns::new(options.secret)?,
            schedule_in_use: ScheduleInUse::open(&database)?,
            places_to_look: Semaphore::new(places_to_look(database.reader_count())),
            database,
            rules,
            gate,
            lanes,
            reviewers_lane: ReviewersLane::default(),
            withheld: OpenedWithheld::default(),
        };
        Ok(Registry { inner: Arc::new(inner) })
    }

    /// Runs work that may wait for the database.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Registry) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let registry = self.clone();
        tokio::task::spawn_blocking(move || work(&registry)).await.map_err(|_| RegistryError::Stopping)?
    }

    /// The same for work that reads people, in order of arrival: all at once would fight for the connections, and the unlucky
    /// would wait for several times as long as the rest. Nobody waits for longer than for a connection: where the database hangs,
    /// callers are told so.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Registry) -> Result<T, RegistryError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let waiting = tokio::time::timeout(self.database().wait_maximum(), self.inner.places_to_look.acquire());
        let busy = |_| StoreError::Busy { attempted: "read: too many others do".to_owned() };
        let _place = waiting.await.map_err(busy)?.map_err(|_| RegistryError::Stopping)?;
        self.blocking(work).await
    }

    pub(crate) fn withheld(&self) -> &OpenedWithheld {
        &self.inner.withheld
    }

    /// The gate in front of every door.
    pub fn gate(&self) -> &Gate {
        &self.inner.gate
    }

    /// The jurisdiction's profile.
    pub fn profile(&self) -> &Profile {
        &self.inner.rules.profile
    }

    /// The text of the profile as the database keeps it; `None` when it keeps none.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn stored_profile(&self) -> Result<Option<String>, RegistryError> {
        Ok(crate::setup::stored_profile(&self.inner.database)?)
    }

    /// The code tables in use.
    pub fn codes(&self) -> &CodeSets {
        &self.inner.rules.codes
    }

    /// The registry's calendar day at an instant.
    pub fn today(&self, now: Timestamp) -> Date {
        self.rules().day_of(now)
    }

    /// An instant on the registry's own clock and calendar.
    pub fn local_time(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.time_zone().clone())
    }

    /// The instant at which a day of the registry's own calendar is over; `None` at the end of all days.
    pub fn end_of_day(&self, day: Date) -> Option<Timestamp> {
        let next = day.tomorrow().ok()?;
        next.to_zoned(self.time_zone().clone()).ok().map(|midnight| midnight.timestamp())
    }

    /// Reads organizations, accounts and the schedule in use again, if other nodes changed them.
    ///
    /// # Errors
    /// When the database cannot be read; what was known stays.
    pub fn refresh(&self) -> Result<(), RegistryError> {
        if self.inner.directory.refresh(&self.inner.database)? {
            self.sign_ins().lift_locks(self.directory().snapshot().lifted_locks());
        }
        self.inner.schedule_in_use.refresh(&self.inner.database)
    }

    pub(crate) fn schedule_in_use(&self) -> &ScheduleInUse {
        &self.inner.schedule_in_use
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    pub(crate) fn rules(&self) -> &Rules {
        &self.inner.rules
    }

    pub(crate) fn time_zone(&self) -> &TimeZone {
        &self.rules().time_zone
    }

    pub(crate) fn directory(&self) -> &Directory {
        &self.inner.directory
    }

    pub(crate) fn sign_ins(&self) -> &SignIns {
        &self.inner.sign_ins
    }

    pub(crate) fn reviewers_lane(&self) -> &ReviewersLane {
        &self.inner.reviewers_lane
    }

    pub(crate) fn lanes(&self) -> &Lanes {
        &self.inner.lanes
    }
}

/// Half as many again as there are connections, so that none stands idle between two who use it.
fn places_to_look(reader_count: usize) -> usize {
    reader_count + reader_count.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use store::DatabaseUrl;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_waits_too_long_to_read_is_told_and_the_next_are_served() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = store::Options { readers: 1, wait: Duration::from_millis(200), ..store::Options::default() };
        let url = DatabaseUrl::Sqlite(folder.path().join("registry.db"));
        let database = Database::open(&url, &options).expect("it is made");
        database.migrate().expect("it is migrated");
        let profile = Profile::parse(include_str!("../../../profiles/example.toml")).expect("the profile is good");
        let options = Options { lanes: 1, secret: [0; 32] };
        let registry = Registry::open(database, profile, CodeSets::builtin().clone(), &options).expect("it opens");

        let mut held = Vec::new();
        for _ in 0..places_to_look(1) {
            let (release, released) = mpsc::channel::<()>();
            let (begin, begun) = tokio::sync::oneshot::channel();
            let registry = registry.clone();
            let work = move |_: &Registry| {
                begin.send(()).expect("somebody waits");
                released.recv().map_err(|_| RegistryError::Stopping)
            };
            let looking = tokio::spawn(async move { registry.look(work).await });
            begun.await.expect("it begins");
            held.push((release, looking));
        }
        let refused = registry.look(|_| Ok(())).await.expect_err("all places are taken");
        assert!(refused.is_transient() && refused.to_string().contains("too many others"), "{refused}");
        for (release, looking) in held {
            release.send(()).expect("it still works");
            looking.await.expect("no panic").expect("it was not refused");
        }
        registry.look(|_| Ok(())).await.expect("the places are free again");
    }
}
