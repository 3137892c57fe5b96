//! Files of messages: read as a stream, taken in by the same path as single ones, answered in the order of the file.
//!
//! Messages are read and understood side by side, then put into the lanes in the order of the file, so that what a
//! file says later about a person is decided later. A bounded number is on the way at any time, whatever the size of
//! the file.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use hl7::{AcknowledgmentCode, BatchItem, Message};
use jiff::Timestamp;
use model::{Caller, Finding, FindingKind, Location, MessageId, MessageState, Outcome, Segment, Severity};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::consents;
use crate::messages::{QuestionAnswer, Understood, identity};
use crate::{Admission, Profile, Registry, RegistryError};

/// Messages of a file that are in the lanes at the same time: enough for every batch to be full.
const IN_LANES_MAXIMUM: usize = 1024;
/// Messages that are read and understood together, to share the cost of handing them on.
const CHUNK_MESSAGES: usize = 32;
/// Chunks that wait to be understood, or to be put into the lanes.
const CHUNKS_MAXIMUM: usize = 8;
/// Kinds of findings at different fields that a summary tells apart; further ones are counted by kind alone.
const FINDING_COUNTS_MAXIMUM: usize = 1000;

/// One message of a file, answered.
#[derive(Clone, PartialEq, Debug)]
pub struct Loaded {
    /// Its place in the file, from 1.
    pub number: u64,
    /// The answer as a message; empty unless answers were asked for.
    pub answer: String,
    /// MSA-1.
    pub acknowledgment: AcknowledgmentCode,
    /// Whether the same message was sent before, so that it was answered as then and stored once.
    pub is_sent_before: bool,
}

/// What became of a file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LoadSummary {
    /// Messages answered.
    pub messages: u64,
    /// How many were answered AA, AE and AR.
    pub acknowledgments: AcknowledgmentCount,
    /// How many of them were sent before, and were answered again.
    pub sent_before: u64,
    /// What became of them.
    pub states: Vec<(MessageState, u64)>,
    /// What was found in them, the most frequent first.
    pub findings: Vec<FindingCount>,
    /// What is wrong with the file itself.
    pub file_findings: Vec<Finding>,
}

impl LoadSummary {
    /// Whether more than a note is found about the file itself.
    pub fn has_file_warnings(&self) -> bool {
        self.file_findings.iter().any(|finding| finding.severity() != Severity::Information)
    }
}

/// How many messages were answered with which code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AcknowledgmentCount {
    /// AA: accepted.
    pub accepted: u64,
    /// AE: with errors or warnings.
    pub with_errors: u64,
    /// AR: refused by the header.
    pub refused: u64,
}

/// How often something was found in a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FindingCount {
    /// What.
    pub kind: FindingKind,
    /// In which field; sequence and repetition are left out.
    pub field: Option<Location>,
    /// How often.
    pub count: u64,
    /// The sentence, with an ellipsis for the values.
    pub sentence: String,
}

/// A file that could not be loaded to its end.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read any further.
    #[error("the file cannot be read after message {answered}: {source}")]
    Input {
        /// Messages answered before.
        answered: u64,
        /// The cause.
        source: io::Error,
    },
    /// The answers cannot be written.
    #[error("the answers cannot be written after message {answered}: {source}")]
    Output {
        /// Messages answered before.
        answered: u64,
        /// The cause.
        source: io::Error,
    },
    /// The machine failed. Loading the same file again is safe: what is stored is answered as before.
    #[error("the registry failed after message {answered}: {source}")]
    Registry {
        /// Messages answered before.
        answered: u64,
        /// The cause.
        source: RegistryError,
    },
}

/// How a file is loaded.
#[derive(Clone, Copy)]
pub struct LoadOptions {
    /// Whether each message's answer is written as a message.
    pub writes_answers: bool,
    /// Makes the receipt id and tells the time of each message: neither is made in here.
    pub stamp: fn() -> (MessageId, Timestamp),
}

impl Registry {
    /// Takes in all messages of a file and tells of each, in order, once it is stored for good.
    ///
    /// `told` hears every message; it must not take long. Memory does not grow with the file.
    ///
    /// # Errors
    /// [`LoadError`] when the file, the answers or the registry fail; what was told of before is stored.
    pub async fn load(
        &self,
        admission: Admission,
        caller: &Caller,
        messages: impl Iterator<Item = io::Result<BatchItem>> + Send + 'static,
        options: LoadOptions,
        mut told: impl FnMut(Loaded) -> io::Result<()>,
    ) -> Result<LoadSummary, LoadError> {
        let admission = Arc::new(admission);
        let loading = Loading { registry: self.clone(), caller: caller.clone(), admission, options };
        let mut chunks = Arc::new(loading).read_ahead(messages);
        let mut tally = Tally::default();
        let mut waiting: VecDeque<Waiting> = VecDeque::with_capacity(IN_LANES_MAXIMUM);
        while let Some(chunk) = chunks.recv().await {
            let failed = |source, tally: &Tally| LoadError::Registry { answered: tally.messages, source };
            let chunk = chunk.await.map_err(|_| failed(RegistryError::Stopping, &tally))?;
            for item in chunk {
                if waiting.len() >= IN_LANES_MAXIMUM
                    && let Some(oldest) = waiting.pop_front()
                {
                    self.tell(oldest, &mut tally, &mut told).await?;
                }
                match item {
                    Item::Message(message) => {
                        waiting.push_back(self.begin(message).await.map_err(|source| failed(source, &tally))?);
                    }
                    Item::FileFinding(finding) => tally.file_findings.push(finding),
                    Item::Unreadable(source) => {
                        while let Some(oldest) = waiting.pop_front() {
                            self.tell(oldest, &mut tally, &mut told).await?;
                        }
                        return Err(LoadError::Input { answered: tally.messages, source });
                    }
                }
            }
        }
        while let Some(oldest) = waiting.pop_front() {
            self.tell(oldest, &mut tally, &mut told).await?;
        }
        Ok(tally.into_summary(self.profile()))
    }

    /// What a file would be answered, each message as if it came alone now, without storing anything. Questions are
    /// left out.
    ///
    /// # Errors
    /// [`LoadError`] when the file or the registry fail.
    pub fn rehearse_load(
        &self,
        admission: &Admission,
        caller: &Caller,
        messages: impl Iterator<Item = io::Result<BatchItem>>,
        stamp: fn() -> (MessageId, Timestamp),
        mut told: impl FnMut(u64),
    ) -> Result<LoadSummary, LoadError> {
        let mut tally = Tally::default();
        for item in messages {
            let answered = tally.messages;
            match item.map_err(|source| LoadError::Input { answered, source })? {
                BatchItem::Finding(finding) => tally.file_findings.push(finding),
                BatchItem::Message(bytes) => {
                    let (message_id, received_at) = stamp();
                    let receipt = self.receipt(admission, message_id, received_at);
                    let rehearsed = self.rehearse_message(admission, caller, receipt, &bytes);
                    let rehearsed = rehearsed.map_err(|source| LoadError::Registry { answered, source })?;
                    if let Some(decision) = rehearsed {
                        let Outcome { disposition, findings, .. } = decision.outcome;
                        tally.count(hl7::acknowledgment_code(&findings), disposition, &findings);
                        told(tally.messages);
                    }
                }
            }
        }
        Ok(tally.into_summary(self.profile()))
    }

    /// Puts a message on its way.
    async fn begin(&self, message: Prepared) -> Result<Waiting, RegistryError> {
        let Prepared { header, understood } = message;
        let answer = match understood {
            Ready::Report(submission) => {
                let id = submission.receipt.message_id;
                Answer::Report(id, self.lanes().enqueue(*submission).await?)
            }
            Ready::Question(answer) => Answer::Question(answer),
        };
        Ok(Waiting { header, answer })
    }

    /// Waits for the answer of a message and tells it.
    async fn tell(
        &self,
        message: Waiting,
        tally: &mut Tally,
        told: &mut impl FnMut(Loaded) -> io::Result<()>,
    ) -> Result<(), LoadError> {
        let (acknowledgment, findings, state, answer, is_sent_before) = match message.answer {
            Answer::Report(id, reply) => {
                let outcome = reply.await.unwrap_or(Err(RegistryError::Stopping));
                let outcome = outcome.map_err(|source| LoadError::Registry { answered: tally.messages, source })?;
                let answer = message.header.map(|header| self.acknowledge(&header, &outcome)).unwrap_or_default();
                // A resend has the answer of the first, under the first one's id.
                let code = hl7::acknowledgment_code(&outcome.findings);
                (code, outcome.findings, outcome.disposition, answer, outcome.message_id != id)
            }
            Answer::Question(answering) => {
                let answered = answering.await.unwrap_or(Err(RegistryError::Stopping));
                let QuestionAnswer { text, acknowledgment, findings } =
                    answered.map_err(|source| LoadError::Registry { answered: tally.messages, source })?;
                (acknowledgment, findings, MessageState::Answered, text, false)
            }
        };
        tally.count(acknowledgment, state, &findings);
        tally.sent_before += u64::from(is_sent_before);
        let loaded = Loaded { number: tally.messages, answer, acknowledgment, is_sent_before };
        told(loaded).map_err(|source| LoadError::Output { answered: tally.messages, source })
    }

    fn acknowledge(&self, header: &str, outcome: &Outcome) -> String {
        let message = Message::read(header);
        let answered_at = outcome.answered_at.to_zoned(self.time_zone().clone());
        let control_id = outcome.message_id.to_string();
        let envelope = self.envelope(&answered_at, &control_id);
        hl7::write_acknowledgment(&message.header(), &envelope, &outcome.findings)
    }
}

/// A file of answers: the answer of each message in a batch envelope of the registry's own.
#[derive(Debug)]
pub struct Answers<W: io::Write> {
    writer: hl7::BatchWriter<W>,
}

impl<W: io::Write> Answers<W> {
    /// Begins a file that answers the file of this name; `id` and `now` go into its header.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(
        registry: &Registry,
        output: W,
        id: MessageId,
        now: Timestamp,
        answered_file: &str,
    ) -> io::Result<Answers<W>> {
        let answered_at = now.to_zoned(registry.time_zone().clone());
        let control_id = id.to_string();
        let envelope = registry.envelope(&answered_at, &control_id);
        Ok(Answers { writer: hl7::BatchWriter::begin(output, &envelope, answered_file)? })
    }

    /// Writes the answer of one message.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&mut self, answer: &str) -> io::Result<()> {
        self.writer.write(answer)
    }

    /// Ends the file, with its counts, and gives the output back.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.writer.finish()
    }
}

/// What every message of one file has in common.
struct Loading {
    registry: Registry,
    caller: Caller,
    admission: Arc<Admission>,
    options: LoadOptions,
}

/// One thing of a file, read.
enum Item {
    Message(Prepared),
    FileFinding(Finding),
    Unreadable(io::Error),
}

/// A message that was understood. `header` is kept when an answer is to be written.
struct Prepared {
    header: Option<String>,
    understood: Ready,
}

enum Ready {
    Report(Box<model::Submission>),
    Question(JoinHandle<Result<QuestionAnswer, RegistryError>>),
}

/// A message on its way.
struct Waiting {
    header: Option<String>,
    answer: Answer,
}

enum Answer {
    Report(MessageId, oneshot::Receiver<Result<Outcome, RegistryError>>),
    Question(JoinHandle<Result<QuestionAnswer, RegistryError>>),
}

impl Loading {
    /// Reads the file on a thread of its own and has its messages understood side by side; gives them in order.
    fn read_ahead(
        self: Arc<Self>,
        messages: impl Iterator<Item = io::Result<BatchItem>> + Send + 'static,
    ) -> mpsc::Receiver<JoinHandle<Vec<Item>>> {
        let (sender, receiver) = mpsc::channel(CHUNKS_MAXIMUM);
        tokio::task::spawn_blocking(move || {
            let mut messages = messages.fuse();
            loop {
                let chunk: Vec<io::Result<BatchItem>> = messages.by_ref().take(CHUNK_MESSAGES).collect();
                let is_last = chunk.len() < CHUNK_MESSAGES || chunk.iter().any(Result::is_err);
                let loading = self.clone();
                let understanding = tokio::spawn(async move { loading.understand_all(chunk) });
                if sender.blocking_send(understanding).is_err() || is_last {
                    return;
                }
            }
        });
        receiver
    }

    fn understand_all(&self, chunk: Vec<io::Result<BatchItem>>) -> Vec<Item> {
        let understood = chunk.into_iter().map(|item| match item {
            Ok(BatchItem::Message(bytes)) => Item::Message(self.understand(&bytes)),
            Ok(BatchItem::Finding(finding)) => Item::FileFinding(finding),
            Err(error) => Item::Unreadable(error),
        });
        understood.collect()
    }

    fn understand(&self, bytes: &[u8]) -> Prepared {
        let registry = &self.registry;
        let (message_id, received_at) = (self.options.stamp)();
        let receipt = registry.receipt(&self.admission, message_id, received_at);
        let decoded = hl7::decode(bytes);
        let message = Message::read(&decoded.text);
        let header = message.header();
        let caller = registry.responsible(&self.caller, &header);
        match registry.understand(&caller, receipt, &message, &header, bytes, decoded.findings.clone()) {
            Understood::Report(submission) => {
                let header = self.options.writes_answers.then(|| first_line(&decoded.text).to_owned());
                Prepared { header, understood: Ready::Report(submission) }
            }
            Understood::Question(question) => {
                let identity = identity(&caller, &header, bytes);
                let (registry, admission) = (registry.clone(), self.admission.clone());
                let text = decoded.text.clone().into_owned();
                let answering = tokio::spawn(async move {
                    let message = Message::read(&text);
                    registry.answer_question(&admission, &caller, receipt, identity, &message, *question).await
                });
                Prepared { header: None, understood: Ready::Question(answering) }
            }
        }
    }
}

fn first_line(text: &str) -> &str {
    text.split(['\r', '\n']).next().unwrap_or_default()
}

/// What is counted while a file is loaded.
#[derive(Default)]
struct Tally {
    messages: u64,
    acknowledgments: AcknowledgmentCount,
    sent_before: u64,
    states: Vec<(MessageState, u64)>,
    findings: HashMap<(FindingKind, Option<(Segment, u16)>), u64>,
    file_findings: Vec<Finding>,
}

impl Tally {
    fn count(&mut self, acknowledgment: AcknowledgmentCode, state: MessageState, findings: &[Finding]) {
        self.messages += 1;
        match acknowledgment {
            AcknowledgmentCode::Accept => self.acknowledgments.accepted += 1,
            AcknowledgmentCode::Error => self.acknowledgments.with_errors += 1,
            AcknowledgmentCode::Reject => self.acknowledgments.refused += 1,
        }
        match self.states.iter_mut().find(|(known, _)| *known == state) {
            Some((_, count)) => *count += 1,
            None => self.states.push((state, 1)),
        }
        for finding in findings {
            let mut field = finding.location.map(|location| (location.segment, location.field));
            if self.findings.len() >= FINDING_COUNTS_MAXIMUM {
                field = None;
            }
            *self.findings.entry((finding.kind, field)).or_default() += 1;
        }
    }

    fn into_summary(self, profile: &Profile) -> LoadSummary {
        let mut findings: Vec<FindingCount> = self
            .findings
            .into_iter()
            .map(|((kind, field), count)| {
                let field = field.map(|(segment, field)| Location::field(segment.as_str(), 1, field));
                FindingCount { kind, field, count, sentence: consents::of_many(kind, field, profile).sentence() }
            })
            .collect();
        findings.sort_by_key(|finding| {
            (std::cmp::Reverse(finding.count), finding.kind, finding.field.map(|field| field.to_string()))
        });
        LoadSummary {
            messages: self.messages,
            acknowledgments: self.acknowledgments,
            sent_before: self.sent_before,
            states: self.states,
            findings,
            file_findings: self.file_findings,
        }
    }
}
