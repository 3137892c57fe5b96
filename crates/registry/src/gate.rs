//! The gate: every public verb of the registry takes an [`Admission`], and only this file can make one.
//!
//! A door asks [`Gate::admit`] first; when the answer is [`Closed`] it says so in its own language. The gate works
//! from memory alone, so that it answers while the database is down: it knows the maintenance windows and a clock, and
//! windows begin by themselves. An admission counts as work in flight until it is dropped: that is how load is shed,
//! how a window drains and how a stopping program waits for what it took.

mod answer_times;
mod refusals;
mod timetable;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use model::{Channel, ChannelModes, MaintenanceWindow, Mode, Refusals, WindowId};
use tokio::sync::Notify;

pub use answer_times::AnswerTimes;
use answer_times::LastAnswers;
use refusals::Ledger;
pub use refusals::{SENDERS_MAXIMUM, Sender};
use timetable::{Standing, Timetable};

/// Work in flight above which a node sheds load: enough to fill every batch, little enough to answer in time.
pub const IN_FLIGHT_MAXIMUM: usize = 1024;
/// Of that, what is kept free of changes, so that questions are answered while changes pile up.
pub const KEPT_FOR_QUESTIONS: usize = 128;
/// How long after a window the doors open little by little.
pub const RAMP_SECONDS: u32 = 120;
/// Changes in flight that are let in at the moment of opening.
pub const CHANGES_AT_OPENING: usize = 32;
/// Senders come back to an opened door spread over this time.
pub const RETRY_SPREAD_SECONDS: u32 = 60;
/// When to come back to a window that has passed its planned end.
pub const RETRY_WHEN_OVERDUE_SECONDS: u32 = 60;

/// The right to call the registry once. Work is in flight until it is dropped.
#[derive(Debug)]
pub struct Admission {
    channel: Channel,
    mode: Mode,
    purpose: Purpose,
    state: Arc<State>,
}

impl Admission {
    /// The door that was let in.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// What the door does at present: [`Mode::Open`], [`Mode::ReadOnly`] or [`Mode::Hold`].
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether records may be changed under it.
    pub fn permits_changes(&self) -> bool {
        self.mode == Mode::Open
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let count = &self.state.counts[place(self.channel)];
        count.fetch_sub(1, Ordering::AcqRel);
        if self.purpose == Purpose::Change {
            self.state.changes_in_flight.fetch_sub(1, Ordering::AcqRel);
        }
        self.state.in_flight.fetch_sub(1, Ordering::AcqRel);
        self.state.drained.notify_waiters();
    }
}

/// What a call is about, as far as can be seen before it is read: when doors open, questions come first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// It asks; or it cannot be seen.
    Question,
    /// It reports.
    Change,
}

/// Why a door is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosedFor {
    /// A maintenance window.
    Maintenance,
    /// Too much work in flight.
    Capacity,
    /// The program is stopping, or the database is away.
    Absence,
}

/// The door is closed: what to say, and when to come back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closed {
    /// The sentence of the profile.
    pub sentence: String,
    /// For the `Retry-After` header.
    pub retry_after_seconds: u32,
    /// The planned end of the window, while it lies ahead.
    pub until: Option<Timestamp>,
    /// Why. Whoever is turned away is told the same sentence in each case.
    pub why: ClosedFor,
}

/// The leave to pass a closed door, which somebody gave and which is written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pass {
    pub(crate) channel: Channel,
    /// Until when it holds.
    pub expires_at: Timestamp,
}

/// Decides who may come in now. Cheap to clone; all clones are one gate.
#[derive(Clone, Debug)]
pub struct Gate {
    state: Arc<State>,
    sentence: Arc<str>,
    retry_after_seconds: u32,
}

#[derive(Debug)]
struct State {
    in_flight: AtomicUsize,
    counts: [AtomicUsize; 6],
    changes_in_flight: AtomicUsize,
    is_stopping: AtomicBool,
    turned_away: AtomicUsize,
    drained: Notify,
    clock: OnceLock<fn() -> Timestamp>,
    timetable: RwLock<Arc<Timetable>>,
    ledger: Ledger,
    last_answers: LastAnswers,
}

impl Gate {
    /// An open gate that says this sentence when it is closed, and knows no windows.
    pub fn new(sentence: &str, retry_after_seconds: u32) -> Gate {
        let state = State {
            in_flight: AtomicUsize::new(0),
            counts: Default::default(),
            changes_in_flight: AtomicUsize::new(0),
            is_stopping: AtomicBool::new(false),
            turned_away: AtomicUsize::new(0),
            drained: Notify::new(),
            clock: OnceLock::new(),
            timetable: RwLock::default(),
            ledger: Ledger::new(),
            last_answers: LastAnswers::default(),
        };
        Gate { state: Arc::new(state), sentence: sentence.into(), retry_after_seconds }
    }

    /// Gives the gate the clock by which its windows begin; the first one holds. Without one no window does.
    pub fn set_clock(&self, clock: fn() -> Timestamp) {
        let _ = self.state.clock.set(clock);
    }

    /// The time by the gate's clock; `None` when it has none.
    pub fn now(&self) -> Option<Timestamp> {
        self.state.clock.get().map(|clock| clock())
    }

    /// Takes up the windows to go by. They may have been read before an order that the gate already knows: of each the
    /// newer version holds, and one that is not over stays.
    pub fn set_windows(&self, windows: Vec<MaintenanceWindow>) {
        let mut timetable = self.state.timetable.write().unwrap_or_else(PoisonError::into_inner);
        *timetable = Arc::new(timetable.updated(windows));
        let ids: Vec<WindowId> = timetable.windows().iter().map(|window| window.id).collect();
        drop(timetable);
        self.state.ledger.forget_all_but(&ids);
    }

    /// The windows that the gate goes by: those that are announced or in force, and those that ended lately.
    pub fn windows(&self) -> Vec<MaintenanceWindow> {
        self.timetable().windows().to_vec()
    }

    /// What a door does now.
    pub fn mode(&self, channel: Channel) -> Mode {
        self.standing(channel).0.mode
    }

    /// What every door does now.
    pub fn modes(&self) -> ChannelModes {
        self.now().map_or_else(ChannelModes::default, |now| self.timetable().modes(now))
    }

    /// Lets one call in. In [`Mode::Hold`] files are let in, to be kept and not processed; in [`Mode::ReadOnly`]
    /// questions are, and the registry refuses the changes.
    ///
    /// # Errors
    /// [`Closed`] during a maintenance window that closes the door, while the program is stopping, and while more than
    /// [`IN_FLIGHT_MAXIMUM`] calls are in flight.
    pub fn admit(&self, channel: Channel) -> Result<Admission, Closed> {
        self.admit_sender(channel, Purpose::Question, None)
    }

    /// The same for a call of which more is known: refusals are counted for each sender, and after a window changes are
    /// let in little by little, questions at once.
    ///
    /// # Errors
    /// Those of [`Gate::admit`].
    pub fn admit_sender(
        &self,
        channel: Channel,
        purpose: Purpose,
        sender: Option<Sender<'_>>,
    ) -> Result<Admission, Closed> {
        let (standing, now) = self.standing(channel);
        if is_closed(channel, standing.mode) {
            return Err(self.closed_by(&standing, channel, sender, now));
        }
        let changes_maximum = changes_maximum(standing.opened_at, now);
        let admission = self.enter(channel, standing.mode, purpose, changes_maximum)?;
        if let (Some(opened_at), Some(sender)) = (standing.opened_at, sender) {
            self.note_return(channel, sender, opened_at, now);
        }
        Ok(admission)
    }

    /// Lets one call pass a closed door.
    ///
    /// # Errors
    /// [`Closed`] when the pass is for another door or has expired, and for want of room.
    pub fn admit_with_pass(&self, channel: Channel, pass: &Pass) -> Result<Admission, Closed> {
        let (standing, now) = self.standing(channel);
        if pass.channel != channel || now >= pass.expires_at {
            return Err(self.closed_by(&standing, channel, None, now));
        }
        self.enter(channel, Mode::Open, Purpose::Question, IN_FLIGHT_MAXIMUM)
    }

    /// Lets one call in at a door that a window closes, for whoever must show a [`Pass`] first: to sign in, and to be
    /// known again. Nothing else may be done under it.
    ///
    /// # Errors
    /// [`Closed`] while the program is stopping, and for want of room.
    pub fn admit_to_show_pass(&self, channel: Channel) -> Result<Admission, Closed> {
        self.enter(channel, Mode::ReadOnly, Purpose::Question, IN_FLIGHT_MAXIMUM)
    }

    /// Lets a call in that says it is of an organization whose messages may pass for a smoke test. Who signs in then
    /// must be of that organization: [`Gate::lets_test`].
    ///
    /// # Errors
    /// [`Closed`] when it is none of those.
    pub fn admit_test(&self, channel: Channel, sender: Sender<'_>) -> Result<Admission, Closed> {
        if !self.lets_test(channel, sender.name) {
            let (standing, now) = self.standing(channel);
            return Err(self.closed_by(&standing, channel, Some(sender), now));
        }
        self.enter(channel, Mode::Open, Purpose::Question, IN_FLIGHT_MAXIMUM)
    }

    /// Whether messages of an organization may pass the closed door now.
    pub fn lets_test(&self, channel: Channel, organization_code: &str) -> bool {
        let timetable = self.timetable();
        !timetable.is_empty() && self.now().is_some_and(|now| timetable.lets_test(channel, organization_code, now))
    }

    /// What a closed door says; also for a door whose call found the database gone.
    pub fn closed(&self) -> Closed {
        self.turned_away(ClosedFor::Absence)
    }

    /// What a door says whose call would have changed something while the door is read-only.
    pub fn closed_to_changes(&self, channel: Channel, sender: Option<Sender<'_>>) -> Closed {
        let (standing, now) = self.standing(channel);
        self.closed_by(&standing, channel, sender, now)
    }

    /// What was counted of those turned away in windows, since it was last taken.
    pub fn take_refusals(&self) -> Vec<Refusals> {
        self.state.ledger.take()
    }

    /// Puts back what could not be kept.
    pub fn put_back_refusals(&self, refusals: &[Refusals]) {
        self.state.ledger.put_back(refusals);
    }

    /// Calls turned away since the program started, for whatever reason.
    pub fn turned_away_count(&self) -> usize {
        self.state.turned_away.load(Ordering::Relaxed)
    }

    /// Notes how long a door took for an answer.
    pub fn note_answer(&self, channel: Channel, took: Duration) {
        self.state.last_answers.note(channel, took);
    }

    /// How long a door took for its last answers; `None` where it gave none yet.
    pub fn answer_times(&self, channel: Channel) -> Option<AnswerTimes> {
        self.state.last_answers.of(channel)
    }

    /// Calls in flight.
    pub fn in_flight(&self) -> usize {
        self.state.in_flight.load(Ordering::Acquire)
    }

    /// Calls in flight at one door: what a window still waits for.
    pub fn in_flight_at(&self, channel: Channel) -> usize {
        self.state.counts[place(channel)].load(Ordering::Acquire)
    }

    /// Closes the gate for good: the program is stopping.
    pub fn stop(&self) {
        self.state.is_stopping.store(true, Ordering::Release);
    }

    /// Whether the program is stopping.
    pub fn is_stopping(&self) -> bool {
        self.state.is_stopping.load(Ordering::Acquire)
    }

    /// Returns when nothing is in flight any more.
    pub async fn drained(&self) {
        loop {
            let next = self.state.drained.notified();
            if self.in_flight() == 0 {
                return;
            }
            next.await;
        }
    }

    fn enter(
        &self,
        channel: Channel,
        mode: Mode,
        purpose: Purpose,
        changes_maximum: usize,
    ) -> Result<Admission, Closed> {
        // The admission exists before the question is asked, so that a refusal takes its count back by itself.
        let before = self.state.in_flight.fetch_add(1, Ordering::AcqRel);
        self.state.counts[place(channel)].fetch_add(1, Ordering::AcqRel);
        let changes = match purpose {
            Purpose::Change => self.state.changes_in_flight.fetch_add(1, Ordering::AcqRel),
            Purpose::Question => 0,
        };
        let admission = Admission { channel, mode, purpose, state: self.state.clone() };
        if self.is_stopping() {
            return Err(self.turned_away(ClosedFor::Absence));
        }
        if before >= IN_FLIGHT_MAXIMUM || (purpose == Purpose::Change && changes >= changes_maximum) {
            return Err(self.turned_away(ClosedFor::Capacity));
        }
        Ok(admission)
    }

    fn timetable(&self) -> Arc<Timetable> {
        self.state.timetable.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn standing(&self, channel: Channel) -> (Standing, Timestamp) {
        let timetable = self.timetable();
        match self.state.clock.get() {
            Some(clock) if !timetable.is_empty() => {
                let now = clock();
                (timetable.standing(channel, now), now)
            }
            _ => (Standing { mode: Mode::Open, window: None, ends_at: None, opened_at: None }, Timestamp::UNIX_EPOCH),
        }
    }

    fn closed_by(&self, standing: &Standing, channel: Channel, sender: Option<Sender<'_>>, now: Timestamp) -> Closed {
        let (Some(window), Some(ends_at)) = (standing.window, standing.ends_at) else {
            return self.turned_away(ClosedFor::Absence);
        };
        // The registry's own work is nobody who waits outside.
        if channel != Channel::Jobs {
            self.state.ledger.count(window, channel, sender, now);
        }
        let mut closed = self.turned_away(ClosedFor::Maintenance);
        closed.until = (now < ends_at).then_some(ends_at);
        closed.retry_after_seconds = if now >= ends_at {
            RETRY_WHEN_OVERDUE_SECONDS
        } else {
            // A part of a second counts as one: who comes back then must not be too early.
            let milliseconds = ends_at.as_millisecond() - now.as_millisecond();
            let seconds = u32::try_from((milliseconds + 999) / 1000).unwrap_or(u32::MAX / 2);
            seconds + sender.map_or_else(|| self.spread(), |sender| spread_of(&sender)) % (RETRY_SPREAD_SECONDS + 1)
        };
        closed
    }

    fn turned_away(&self, why: ClosedFor) -> Closed {
        self.state.turned_away.fetch_add(1, Ordering::Relaxed);
        // Senders come back spread over as long again, so that they do not arrive as one wave.
        let retry_after_seconds = self.retry_after_seconds + self.spread() % (self.retry_after_seconds + 1);
        Closed { sentence: self.sentence.to_string(), retry_after_seconds, until: None, why }
    }

    fn spread(&self) -> u32 {
        (self.turned_away_count() as u32).wrapping_mul(2_654_435_761) >> 16
    }

    fn note_return(&self, channel: Channel, sender: Sender<'_>, opened_at: Timestamp, now: Timestamp) {
        for window in self.timetable().windows() {
            if window.ended_at.is_some_and(|ended_at| ended_at <= opened_at) && window.started_at.is_some() {
                self.state.ledger.note_return(window.id, channel, sender, now);
            }
        }
    }
}

/// Whether a door in this mode turns away a call before it is read.
fn is_closed(channel: Channel, mode: Mode) -> bool {
    match mode {
        Mode::Open | Mode::ReadOnly => false,
        // A file can be kept; a call that is taken would have to be answered.
        Mode::Hold => channel != Channel::File,
        Mode::Closed => true,
    }
}

/// Changes in flight at most: little by little more in the time after a window.
fn changes_maximum(opened_at: Option<Timestamp>, now: Timestamp) -> usize {
    let full = IN_FLIGHT_MAXIMUM - KEPT_FOR_QUESTIONS;
    let Some(opened_at) = opened_at else { return full };
    let open_for = usize::try_from(now.as_second() - opened_at.as_second()).unwrap_or(0);
    let more = (full - CHANGES_AT_OPENING) * open_for.min(RAMP_SECONDS as usize) / RAMP_SECONDS as usize;
    CHANGES_AT_OPENING + more
}

/// Always the same for one sender, and spread evenly over many.
fn spread_of(sender: &Sender<'_>) -> u32 {
    // FNV-1a: short, stable from run to run, and even enough for seconds.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    match sender.address {
        std::net::IpAddr::V4(address) => address.octets().into_iter().for_each(&mut take),
        std::net::IpAddr::V6(address) => address.octets().into_iter().for_each(&mut take),
    }
    sender.name.bytes().for_each(&mut take);
    (hash >> 32) as u32
}

fn place(channel: Channel) -> usize {
    match channel {
        Channel::Web => 0,
        Channel::WebService => 1,
        Channel::Fhir => 2,
        Channel::File => 3,
        Channel::Jobs => 4,
        Channel::CommandLine => 5,
    }
}

#[cfg(test)]
mod tests;
