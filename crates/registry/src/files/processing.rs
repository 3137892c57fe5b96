//! What happens to one file: each of its messages takes the path of single ones, in the order of the file.
//!
//! Every message is known by its file and its place in it, and what became of it is committed together with what it
//! changed. So a file may be taken up again at any instant: what is settled is passed over. Nothing else is remembered.
//!
//! Runs on a thread that may block.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use model::{
    Caller, Channel, FileCounts, FileState, Finding, FindingKind, Outcome, ReceivedFile, Severity, Standing,
    Submission, Verdict,
};
use spool::{Claim, Point, Record};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::contents::{self, Item, Unread};
use super::reading::Reading;
use super::settled::Settled;
use super::{Exchange, results};
use crate::{Admission, RegistryError};

/// Messages of one file that are in the lanes at the same time: enough to fill the batches of all lanes.
const IN_LANES_MAXIMUM: usize = 512;
/// Messages that are read and understood together, to share the cost of handing them on.
const CHUNK_MESSAGES: usize = 32;
/// Chunks that wait to be understood.
const CHUNKS_MAXIMUM: usize = 8;
/// How often what was counted is written down while a file is processed.
const PROGRESS_EVERY: SignedDuration = SignedDuration::from_secs(2);
/// How long a turn at a file lasts while other organizations wait for theirs. To go on, the file is read again up to where it
/// was.
const TURN_AT_MOST: SignedDuration = SignedDuration::from_mins(10);
/// How often the log is told.
const LOGGED_EVERY: SignedDuration = SignedDuration::from_secs(10);
/// Findings about a file that are kept; further ones say the same again.
const FILE_FINDINGS_MAXIMUM: usize = 100;
/// Earlier files that are looked at for the same name or the same beginning.
const EARLIER_MAXIMUM: u32 = 20;
/// Given to a closed gate before it is asked again.
const PAUSE_BEFORE_ADMISSION: Duration = Duration::from_millis(50);

/// How a turn at a file ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Turn {
    /// The file is done, its results are in the outbox.
    Done,
    /// Work is to rest; the file is taken up again later.
    Rests,
}

/// The machine failed; the file is taken up again.
#[derive(Debug, thiserror::Error)]
pub(super) enum TurnError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Spool(#[from] spool::SpoolError),
    #[error("the file cannot be read: {0}")]
    Unreadable(std::io::Error),
    #[error("the processing of the file ended by a panic")]
    Panicked,
    #[error("{0}")]
    Planned(std::io::Error),
}

impl TurnError {
    /// Whether it will go away by itself: then the file waits for as long as it takes.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            TurnError::Registry(error) => error.is_transient(),
            TurnError::Spool(error) => error.is_of_the_disk(),
            TurnError::Unreadable(_) | TurnError::Panicked | TurnError::Planned(_) => false,
        }
    }
}

impl From<store::StoreError> for TurnError {
    fn from(error: store::StoreError) -> TurnError {
        TurnError::Registry(error.into())
    }
}

impl Exchange {
    /// Processes a file, or goes on with it.
    pub(super) fn process(&self, claim: &Claim, record: &Record, runtime: &Handle) -> Result<Turn, TurnError> {
        let mut file = self.written_down(record)?;
        self.spool.begin_processing(claim, record)?;
        if !file.state.is_finished() {
            if file.state != FileState::Processing {
                file.state = FileState::Processing;
                file.begun_at = Some(self.now());
                self.registry.database().update_file(&file)?;
            }
            match self.decide_file(record, &mut file, runtime)? {
                ControlFlow::Break(()) => return Ok(Turn::Rests),
                ControlFlow::Continue(()) => self.finish(&mut file)?,
            }
        }
        // A crash from here on leaves a finished file whose results are made again.
        results::publish(self, &file)?;
        self.spool.archive(claim, record)?;
        Ok(Turn::Done)
    }

    /// What the registry knows of a file; written down if it is new.
    pub(super) fn written_down(&self, record: &Record) -> Result<ReceivedFile, TurnError> {
        let database = self.registry.database();
        if let Some(known) = database.find_file(record.id)? {
            return Ok(known);
        }
        let file = self.as_received(record);
        database.insert_file(&file)?;
        Ok(file)
    }

    /// A file that is not written down yet.
    pub(super) fn as_received(&self, record: &Record) -> ReceivedFile {
        ReceivedFile {
            id: record.id,
            organization_id: record.organization_id,
            account: record.account.clone(),
            name: record.name.clone(),
            channel: record.channel,
            received_at: record.received_at,
            size: record.size,
            content_hash: record.content_hash.clone(),
            head_hash: record.head_hash.clone(),
            node: self.settings.node.clone(),
            state: FileState::Queued,
            run: 1,
            begun_at: None,
            finished_at: None,
            duplicate_of: None,
            counts: FileCounts::default(),
            findings: Vec::new(),
        }
    }

    /// Decides the file's messages; `Break` when work is to rest.
    fn decide_file(
        &self,
        record: &Record,
        file: &mut ReceivedFile,
        runtime: &Handle,
    ) -> Result<ControlFlow<()>, TurnError> {
        if let Some(earlier) = self.same_before(file)? {
            let when = earlier.received_at.to_zoned(self.registry.time_zone().clone());
            let value = format!("{}, receipt {}", when.strftime("%Y-%m-%d %H:%M %Z"), earlier.id);
            file.duplicate_of = Some(earlier.id);
            file.findings = vec![Finding::new(FindingKind::FileAlreadyReceived).naming(value)];
            return Ok(ControlFlow::Continue(()));
        }
        let mut findings = self.compare_with_earlier(record, file)?;
        let Some(caller) = self.sender(record, &mut findings) else {
            findings.push(Finding::new(FindingKind::FileNotProcessed).naming("its organization is not active"));
            file.findings = findings;
            return Ok(ControlFlow::Continue(()));
        };
        let content = self.spool.open_content(record)?;
        let mut stream = Stream::begin(self, file, caller, runtime.clone(), findings)?;
        stream.expected = record.message_count;
        let read = contents::check(&content, record.size)
            .and_then(|()| contents::read(&content, &record.name, &mut |item| stream.take(item)));
        let ended = stream.end();
        file.findings = std::mem::take(&mut stream.findings);
        file.counts = stream.counts;
        let rests = ended?;
        match read {
            Ok(()) => {}
            Err(Unread::Refused(finding)) => file.findings.insert(0, *finding),
            Err(Unread::Disk(error)) => return Err(TurnError::Unreadable(error)),
        }
        Ok(rests)
    }

    /// Writes down how a run of a file ended.
    fn finish(&self, file: &mut ReceivedFile) -> Result<(), TurnError> {
        let database = self.registry.database();
        file.counts = database.file_counts(file.duplicate_of.unwrap_or(file.id))?;
        if file.counts.messages() == 0 && file.findings.iter().all(|finding| finding.severity() != Severity::Error) {
            file.findings.push(Finding::new(FindingKind::FileWithoutMessages));
        }
        file.state = match file.findings.iter().map(Finding::severity).max() {
            Some(Severity::Error) => FileState::Error,
            Some(Severity::Warning) => FileState::Exception,
            _ if file.duplicate_of.is_none() && database.has_quarantined(file.id)? => FileState::Exception,
            _ => FileState::Complete,
        };
        file.finished_at = Some(self.now());
        database.update_file(file)?;
        tracing::info!(
            receipt = %file.id.number(),
            state = file.state.word(),
            messages = file.counts.messages(),
            rejected = file.counts.rejected,
            "a file is processed"
        );
        metrics::counter!("bluebonnet_files_total", "state" => file.state.word()).increment(1);
        Ok(())
    }

    /// An earlier file with the same bytes that was processed.
    fn same_before(&self, file: &ReceivedFile) -> Result<Option<ReceivedFile>, TurnError> {
        if file.run > 1 {
            return Ok(None);
        }
        let earlier = self.registry.database().files_with_same_content(file, EARLIER_MAXIMUM)?;
        let was_processed = |earlier: &ReceivedFile| {
            earlier.duplicate_of.is_none() && matches!(earlier.state, FileState::Complete | FileState::Exception)
        };
        Ok(earlier.into_iter().find(was_processed))
    }

    /// What earlier files of the organization have in common with this one.
    fn compare_with_earlier(&self, record: &Record, file: &ReceivedFile) -> Result<Vec<Finding>, TurnError> {
        let earlier = self.registry.database().files_with_same_beginning(file, EARLIER_MAXIMUM)?;
        let others = earlier.iter().filter(|earlier| earlier.content_hash != file.content_hash);
        let (mut longer, mut same_name) = (None, None);
        for other in others {
            if longer.is_none() && other.size > file.size && self.is_beginning_of(record, other)? {
                longer = Some(other);
            }
            if same_name.is_none() && other.name == file.name {
                same_name = Some(other);
            }
        }
        let named = |kind, other: &ReceivedFile| {
            let when = other.received_at.to_zoned(self.registry.time_zone().clone());
            Finding::new(kind).naming(format!("{}, receipt {}", when.strftime("%Y-%m-%d %H:%M %Z"), other.id))
        };
        Ok(match (longer, same_name) {
            (Some(longer), _) => vec![named(FindingKind::FileCutOff, longer)],
            (None, Some(other)) => vec![named(FindingKind::FileNameReused, other)],
            (None, None) => Vec::new(),
        })
    }

    fn is_beginning_of(&self, record: &Record, other: &ReceivedFile) -> Result<bool, TurnError> {
        match self.spool.find(other.organization_id, other.id) {
            Ok((other, _)) => Ok(self.spool.is_beginning_of(record, &other)?),
            // Nothing is said of one that is not there any more, or whose record is damaged.
            Err(spool::SpoolError::Missing { .. } | spool::SpoolError::RecordInvalid { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// In whose name the messages come. A legacy name carries the import code of the organization or of its site.
    fn sender(&self, record: &Record, findings: &mut Vec<Finding>) -> Option<Caller> {
        let snapshot = self.registry.directory().snapshot();
        let own = snapshot.organization(record.organization_id).filter(|organization| organization.is_active)?;
        let mut organization = own;
        let named = import_codes(&record.name).find_map(|code| snapshot.find_organization(code));
        match named {
            Some(named) if snapshot.may_speak_for(own.id, named.id) => organization = named,
            Some(named) => {
                findings.push(Finding::new(FindingKind::FileNamesOther).naming(named.code.clone()));
            }
            None => {}
        }
        Some(Caller {
            account_id: snapshot.find_account(&record.account).map(|account| account.id),
            username: record.account.clone(),
            organization_id: organization.id,
            organization_code: organization.code.clone(),
            standing: Standing::Program,
        })
    }
}

/// The parts of a name that may be an import code: six letters and digits.
///
/// # Source
/// ImmTrac2's batch rule: extension `.HL7`, the six-character import code in the name.
fn import_codes(name: &str) -> impl Iterator<Item = &str> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let words = stem.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.chain(stem.get(..6)).filter(|word| word.len() == 6 && word.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A file's messages on their way through the lanes.
struct Stream {
    exchange: Exchange,
    reading: Arc<Reading>,
    runtime: Handle,
    file: ReceivedFile,
    settled: Settled,
    /// Messages read so far.
    ordinal: u32,
    chunk: Vec<(u32, Item)>,
    chunks: VecDeque<JoinHandle<Vec<Submission>>>,
    in_lanes: VecDeque<oneshot::Receiver<Result<Outcome, RegistryError>>>,
    /// Held while messages are on their way.
    admission: Option<Admission>,
    findings: Vec<Finding>,
    counts: FileCounts,
    /// Messages that there seem to be; 0 where that is not known.
    expected: u64,
    /// When the first message came that was not settled before.
    begun_at: Option<Timestamp>,
    told_at: Timestamp,
    logged_at: Timestamp,
    rests: bool,
    failure: Option<TurnError>,
}

impl Stream {
    fn begin(
        exchange: &Exchange,
        file: &ReceivedFile,
        caller: Caller,
        runtime: Handle,
        findings: Vec<Finding>,
    ) -> Result<Stream, TurnError> {
        let database = exchange.registry.database();
        let reading = Reading {
            registry: exchange.registry.clone(),
            caller,
            file_id: file.id,
            received_at: file.received_at,
            run: file.run,
            day: exchange.registry.today(file.received_at).strftime("%Y%m%d").to_string(),
        };
        Ok(Stream {
            exchange: exchange.clone(),
            reading: Arc::new(reading),
            runtime,
            settled: Settled::read(database, file.id, file.run)?,
            counts: database.file_counts(file.id)?,
            file: file.clone(),
            ordinal: 0,
            chunk: Vec::with_capacity(CHUNK_MESSAGES),
            chunks: VecDeque::with_capacity(CHUNKS_MAXIMUM),
            in_lanes: VecDeque::with_capacity(IN_LANES_MAXIMUM),
            admission: None,
            findings,
            expected: 0,
            begun_at: None,
            told_at: exchange.now(),
            logged_at: exchange.now(),
            rests: false,
            failure: None,
        })
    }

    /// Takes what was read in the file; `Break` when the rest is not wanted now.
    fn take(&mut self, item: Item) -> ControlFlow<()> {
        if let Item::Finding(finding) = item {
            if self.findings.len() < FILE_FINDINGS_MAXIMUM || finding.severity() == Severity::Error {
                self.findings.push(finding);
            }
            return ControlFlow::Continue(());
        }
        self.ordinal += 1;
        if !self.settled.contains(self.ordinal) {
            self.begun_at.get_or_insert_with(|| self.exchange.now());
            self.chunk.push((self.ordinal, item));
        }
        if self.chunk.len() < CHUNK_MESSAGES {
            return ControlFlow::Continue(());
        }
        let handed_on = self.hand_on_chunk(CHUNKS_MAXIMUM).and_then(|()| self.tell_progress());
        match handed_on {
            Ok(()) if self.rests => ControlFlow::Break(()),
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    /// Has the chunk understood, and puts older ones into the lanes until fewer than `most` wait.
    fn hand_on_chunk(&mut self, most: usize) -> Result<(), TurnError> {
        if self.rests || self.exchange.is_held() {
            self.rests = true;
            return Ok(());
        }
        if !self.chunk.is_empty() {
            let (chunk, reading) = (std::mem::take(&mut self.chunk), self.reading.clone());
            self.chunks.push_back(self.runtime.spawn(async move { reading.understand(chunk) }));
        }
        while self.chunks.len() > most {
            let Some(oldest) = self.chunks.pop_front() else { break };
            let submissions = self.runtime.block_on(oldest).map_err(|_| RegistryError::Stopping)?;
            self.enqueue(submissions)?;
        }
        Ok(())
    }

    fn enqueue(&mut self, submissions: Vec<Submission>) -> Result<(), TurnError> {
        if !self.be_admitted() {
            return Ok(());
        }
        for submission in submissions {
            if self.in_lanes.len() >= IN_LANES_MAXIMUM {
                self.settle_oldest()?;
            }
            let enqueuing = self.exchange.registry.lanes().enqueue(submission);
            self.in_lanes.push_back(self.runtime.block_on(enqueuing)?);
        }
        Ok(())
    }

    /// The gate counts a file that is being processed as one call.
    fn be_admitted(&mut self) -> bool {
        while self.admission.is_none() {
            if self.exchange.is_held() {
                self.rests = true;
                return false;
            }
            match self.exchange.registry.gate().admit(Channel::Jobs) {
                Ok(admission) => self.admission = Some(admission),
                Err(_) => std::thread::sleep(PAUSE_BEFORE_ADMISSION),
            }
        }
        true
    }

    fn settle_oldest(&mut self) -> Result<(), TurnError> {
        let Some(oldest) = self.in_lanes.pop_front() else { return Ok(()) };
        let outcome = oldest.blocking_recv().unwrap_or(Err(RegistryError::Stopping))?;
        self.exchange.spool.faults().pass(Point::Commit).map_err(TurnError::Planned)?;
        self.counts.add(Verdict::of(outcome.disposition, &outcome.findings), 1);
        Ok(())
    }

    fn tell_progress(&mut self) -> Result<(), TurnError> {
        let now = self.exchange.now();
        if now.duration_since(self.told_at) < PROGRESS_EVERY {
            return Ok(());
        }
        self.told_at = now;
        // A large file leaves room for others: it is taken up again where it is when their turn is over.
        let is_long = self.begun_at.is_some_and(|begun_at| now.duration_since(begun_at) >= TURN_AT_MOST);
        self.rests |= is_long && self.exchange.is_waited_for.load(Ordering::Relaxed);
        self.file.counts = self.counts;
        if now.duration_since(self.logged_at) >= LOGGED_EVERY {
            self.logged_at = now;
            let (messages, of) = (self.counts.messages(), self.expected);
            tracing::info!(receipt = %self.file.id.number(), messages, of, "a file is being processed");
        }
        Ok(self.exchange.registry.database().update_file(&self.file)?)
    }

    /// Waits for everything that is on its way. `Break` when work is to rest before the end of the file.
    fn end(&mut self) -> Result<ControlFlow<()>, TurnError> {
        let mut failure = self.failure.take();
        if failure.is_none() && !self.rests {
            failure = self.hand_on_chunk(0).err();
        }
        while !self.in_lanes.is_empty() {
            let settled = self.settle_oldest();
            failure = failure.or(settled.err());
        }
        self.admission = None;
        match failure {
            Some(failure) => Err(failure),
            None if self.rests => Ok(ControlFlow::Break(())),
            None => Ok(ControlFlow::Continue(())),
        }
    }
}
