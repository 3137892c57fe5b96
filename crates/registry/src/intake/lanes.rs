//! Lanes: threads that take what waits, decide it together, commit once, and answer after the commit.
//!
//! A lane never waits for more work to come: alone, a submission has a commit of its own; under load up to
//! [`BATCH_MAXIMUM`] share one. Submissions are dealt to lanes by birth date, so that two messages about one new
//! person never race within a node; what else may mean one person or one message (a match key, a control id) is
//! claimed. The store's advisory locks keep other nodes out, of birth dates and of identifiers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::civil::Date;
use model::{AuditEntry, LoggedMessage, Outcome, Submission};
use store::{Database, Lane, Reading, StoreError};
use tokio::sync::{mpsc, oneshot};

use super::reading::Questions;
use super::{Rules, World};
use crate::RegistryError;
use crate::data_fixes::Corrections;

/// Submissions that share one commit at most.
pub const BATCH_MAXIMUM: usize = 64;
/// Submissions that wait for one lane at most; the gate sheds load long before.
const WAITING_MAXIMUM: usize = 4096;
/// How often a batch that lost a race, or a submission that failed alone, is tried.
const TRIES_MAXIMUM: usize = 3;
/// Given to a database that went away, before it is asked again.
const PAUSE_BEFORE_RETRY: Duration = Duration::from_millis(200);
/// Days per bucket of birth dates: all of one day are dealt to one lane and locked together.
const NO_BIRTH_DATE: i64 = i64::MAX;

/// The lanes of a node.
pub(crate) struct Lanes {
    senders: Vec<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

/// Work for a lane.
enum Job {
    Submit {
        submission: Box<Submission>,
        reply: oneshot::Sender<Result<Outcome, RegistryError>>,
    },
    Note {
        message: Option<Box<LoggedMessage>>,
        audit: Vec<AuditEntry>,
        reply: oneshot::Sender<Result<(), RegistryError>>,
    },
    Correct {
        corrections: Box<Corrections>,
        reply: oneshot::Sender<Result<(), RegistryError>>,
    },
}

impl Lanes {
    /// Starts the lanes, each on a thread and a connection of its own.
    pub(crate) fn start(database: &Database, rules: Arc<Rules>, count: usize) -> Result<Lanes, RegistryError> {
        let mut lanes = Lanes { senders: Vec::new(), threads: Vec::new() };
        // Told from the beginning: an alarm sees the first one only as a rise from nothing.
        metrics::counter!("bluebonnet_quarantined_total").increment(0);
        for number in 0..count.max(1) {
            let (sender, receiver) = mpsc::channel(WAITING_MAXIMUM);
            let mut worker = Worker { lane: database.lane(number)?, rules: rules.clone() };
            let thread = std::thread::Builder::new()
                .name(format!("lane-{number}"))
                .spawn(move || worker.work(receiver))
                .map_err(|error| RegistryError::Refused(format!("lane {number} could not be started: {error}")))?;
            lanes.senders.push(sender);
            lanes.threads.push(thread);
        }
        Ok(lanes)
    }

    /// Takes a submission in; returns after its commit.
    pub(crate) async fn submit(&self, submission: Submission) -> Result<Outcome, RegistryError> {
        self.enqueue(submission).await?.await.map_err(|_| RegistryError::Stopping)?
    }

    /// Puts a submission in its lane, behind those before it; the outcome comes after its commit.
    pub(crate) async fn enqueue(
        &self,
        submission: Submission,
    ) -> Result<oneshot::Receiver<Result<Outcome, RegistryError>>, RegistryError> {
        let lane = bucket(&submission) as usize % self.senders.len();
        let (reply, answer) = oneshot::channel();
        self.send(lane, Job::Submit { submission: Box::new(submission), reply }).await?;
        Ok(answer)
    }

    /// Writes lines to the log and the audit trail; returns after their commit.
    pub(crate) async fn note(
        &self,
        message: Option<LoggedMessage>,
        audit: Vec<AuditEntry>,
    ) -> Result<(), RegistryError> {
        let lane = audit.first().map_or(0, |entry| entry.at.as_microsecond() as usize) % self.senders.len();
        let (reply, answer) = oneshot::channel();
        self.send(lane, Job::Note { message: message.map(Box::new), audit, reply }).await?;
        answer.await.map_err(|_| RegistryError::Stopping)?
    }

    /// Does the steps of a data fix; returns after their commit.
    pub(crate) async fn correct(&self, corrections: Corrections) -> Result<(), RegistryError> {
        let (reply, answer) = oneshot::channel();
        self.send(0, Job::Correct { corrections: Box::new(corrections), reply }).await?;
        answer.await.map_err(|_| RegistryError::Stopping)?
    }

    async fn send(&self, lane: usize, job: Job) -> Result<(), RegistryError> {
        self.senders[lane].send(job).await.map_err(|_| RegistryError::Stopping)
    }
}

impl Drop for Lanes {
    /// Lets every lane finish what it has.
    fn drop(&mut self) {
        self.senders.clear();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a lane ended by a panic");
            }
        }
    }
}

/// What deals submissions to lanes and locks them against other nodes.
pub(super) fn bucket(submission: &Submission) -> i64 {
    bucket_of(submission.patient.as_ref().and_then(|stated| stated.demographics.birth_date))
}

/// The birth date as a number.
pub(crate) fn bucket_of(birth_date: Option<Date>) -> i64 {
    birth_date
        .map_or(NO_BIRTH_DATE, |day| i64::from(day.year()) * 372 + i64::from(day.month()) * 31 + i64::from(day.day()))
}

struct Worker {
    lane: Lane,
    rules: Arc<Rules>,
}

impl Worker {
    fn work(&mut self, mut receiver: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH_MAXIMUM);
        while let Some(first) = receiver.blocking_recv() {
            jobs.push(first);
            while jobs.len() < BATCH_MAXIMUM {
                match receiver.try_recv() {
                    Ok(job) => jobs.push(job),
                    Err(_) => break,
                }
            }
            metrics::histogram!("bluebonnet_batch_size").record(jobs.len() as f64);
            self.serve(std::mem::take(&mut jobs));
        }
    }

    /// Runs the batch; one that fails is run again one by one, so that no job holds up its neighbors.
    fn serve(&mut self, jobs: Vec<Job>) {
        match self.try_batch(&jobs) {
            Ok(outcomes) => answer(jobs, outcomes),
            Err(error) if error.is_transient() => refuse(jobs, error),
            Err(error) if jobs.len() > 1 => {
                tracing::warn!(%error, jobs = jobs.len(), "a batch failed and is run again one by one");
                jobs.into_iter().for_each(|job| self.serve(vec![job]));
            }
            Err(error) => self.quarantine(jobs, error),
        }
    }

    fn try_batch(&mut self, jobs: &[Job]) -> Result<Vec<Option<Outcome>>, RegistryError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let attempt = catch_unwind(AssertUnwindSafe(|| self.run(jobs)));
            let error = match attempt {
                Ok(Ok(outcomes)) => return Ok(outcomes),
                Ok(Err(error)) => error,
                Err(_) => RegistryError::Refused("a decision ended by a panic".into()),
            };
            let may_help = error.is_transient() || is_conflict(&error) || jobs.len() == 1;
            if tries >= TRIES_MAXIMUM || !may_help {
                return Err(error);
            }
            tracing::warn!(%error, tries, "a batch is tried again");
            if error.is_transient() {
                std::thread::sleep(PAUSE_BEFORE_RETRY);
            }
        }
    }

    fn run(&mut self, jobs: &[Job]) -> Result<Vec<Option<Outcome>>, RegistryError> {
        let steps = jobs.iter().filter_map(Job::corrections).flat_map(|wanted| &wanted.steps);
        let questions = Questions::of(jobs.iter().filter_map(Job::submission));
        let questions = questions.and_people(steps.map(|step| step.patient_id));
        let rules = &self.rules;
        self.lane.decide(&questions.claim(), |reading| {
            let mut world = World::read(reading, &questions)?;
            world.read_exclusions(rules, jobs.iter().filter_map(Job::submission), reading)?;
            let mut outcomes = Vec::with_capacity(jobs.len());
            for job in jobs {
                outcomes.push(job.decide(rules, &mut world, reading)?);
            }
            Ok((outcomes, world.into_changes(rules)))
        })
    }

    /// A submission that fails alone again and again is kept aside whole, and answered so.
    fn quarantine(&mut self, jobs: Vec<Job>, cause: RegistryError) {
        for job in jobs {
            let Job::Submit { submission, reply } = job else {
                refuse(vec![job], RegistryError::Refused(cause.to_string()));
                continue;
            };
            tracing::error!(error = %cause, receipt = %submission.receipt.message_id, "a message is quarantined");
            metrics::counter!("bluebonnet_quarantined_total").increment(1);
            let mut world = World::default();
            let outcome = world.apply(super::quarantine(&submission));
            let rules = self.rules.clone();
            let written: Result<(), RegistryError> =
                self.lane.batch(&[], |batch| Ok(batch.write(&world.into_changes(&rules))?));
            let _ = reply.send(written.map(|()| outcome));
        }
    }
}

impl Job {
    fn submission(&self) -> Option<&Submission> {
        match self {
            Job::Submit { submission, .. } => Some(submission),
            Job::Note { .. } | Job::Correct { .. } => None,
        }
    }

    fn corrections(&self) -> Option<&Corrections> {
        match self {
            Job::Correct { corrections, .. } => Some(corrections),
            Job::Submit { .. } | Job::Note { .. } => None,
        }
    }

    fn decide(
        &self,
        rules: &Rules,
        world: &mut World,
        reading: &mut Reading<'_>,
    ) -> Result<Option<Outcome>, StoreError> {
        match self {
            Job::Submit { submission, .. } => {
                let decision = world.decide(rules, submission, reading)?;
                return Ok(Some(world.apply(decision)));
            }
            Job::Note { message, audit, .. } => world.note(message.as_deref().cloned(), audit),
            Job::Correct { corrections, .. } => {
                for step in &corrections.steps {
                    world.read_doses(world.leading(step.patient_id), reading)?;
                }
                world.correct(corrections);
            }
        }
        Ok(None)
    }
}

/// Answers every job of a committed batch. A sender that no longer waits has its answer kept for its resend.
fn answer(jobs: Vec<Job>, outcomes: Vec<Option<Outcome>>) {
    for (job, outcome) in jobs.into_iter().zip(outcomes) {
        match (job, outcome) {
            (Job::Submit { reply, .. }, Some(outcome)) => {
                metrics::counter!("bluebonnet_submissions_total", "state" => outcome.disposition.word()).increment(1);
                for finding in &outcome.findings {
                    metrics::counter!("bluebonnet_findings_total", "code" => finding.rule().code.as_str()).increment(1);
                }
                drop(reply.send(Ok(outcome)));
            }
            (Job::Submit { reply, .. }, None) => drop(reply.send(Err(RegistryError::Stopping))),
            (Job::Note { reply, .. } | Job::Correct { reply, .. }, _) => drop(reply.send(Ok(()))),
        }
    }
}

/// Tells every job of a batch that the machine failed.
fn refuse(jobs: Vec<Job>, error: RegistryError) {
    let words = error.to_string();
    tracing::error!(error = %words, jobs = jobs.len(), "a batch could not be served");
    for job in jobs {
        let error = if error.is_transient() {
            let attempted = "serve the batch".to_owned();
            RegistryError::Unavailable(StoreError::Unavailable { attempted, source: words.clone().into() })
        } else {
            RegistryError::Refused(words.clone())
        };
        match job {
            Job::Submit { reply, .. } => drop(reply.send(Err(error))),
            Job::Note { reply, .. } | Job::Correct { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

fn is_conflict(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Store(error) | RegistryError::Unavailable(error) if error.is_conflict())
}
