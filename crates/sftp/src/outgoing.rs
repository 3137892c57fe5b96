//! Answers on their way to the client.
//!
//! Nothing that a client sends waits for what it does not take: requests to read are kept as a few bytes each, and the
//! file is read when the client has room for it. A server that stops listening while its client's window is full never
//! hears that the window has grown; both wait for ever then.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use russh::ChannelId;
use russh::ChannelWriteHalf;
use russh::server::Msg;
use russh_sftp::protocol::{Data, Packet};
use tokio::sync::mpsc;

use crate::handles::Readable;
use crate::limits::{ANSWER_BYTES_MAXIMUM, ANSWERS_MAXIMUM};
use crate::packets;
use crate::refusals::Refusal;

/// An answer, or what is needed to make it.
#[derive(Debug)]
pub(crate) enum Answer {
    /// It is ready.
    Ready(Packet),
    /// A part of a file, read when its turn comes.
    Read { id: u32, file: Arc<Readable>, offset: u64, length: u32 },
}

enum Waiting {
    Ready(Bytes),
    Read { id: u32, file: Arc<Readable>, offset: u64, length: u32 },
}

impl Waiting {
    fn size(&self) -> usize {
        match self {
            Waiting::Ready(bytes) => bytes.len(),
            Waiting::Read { .. } => 0,
        }
    }
}

/// A client that asks and asks, and takes no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum Undeliverable {
    #[error("the client asks for more than it takes")]
    TooMany,
    #[error("the connection is gone")]
    Gone,
}

/// Where answers are put.
pub(crate) struct Outgoing {
    queue: mpsc::UnboundedSender<Waiting>,
    waiting: Arc<Count>,
}

/// Where they are taken from.
pub(crate) struct Outgoings {
    queue: mpsc::UnboundedReceiver<Waiting>,
    waiting: Arc<Count>,
}

#[derive(Default)]
struct Count {
    answers: AtomicUsize,
    bytes: AtomicUsize,
}

/// A queue of answers.
pub(crate) fn queue() -> (Outgoing, Outgoings) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let waiting = Arc::new(Count::default());
    (Outgoing { queue: sender, waiting: waiting.clone() }, Outgoings { queue: receiver, waiting })
}

impl Outgoing {
    /// Puts an answer behind those that wait.
    pub(crate) fn put(&self, answer: Answer) -> Result<(), Undeliverable> {
        let waiting = match answer {
            Answer::Ready(packet) => Waiting::Ready(packets::write(packet)),
            Answer::Read { id, file, offset, length } => Waiting::Read { id, file, offset, length },
        };
        let bytes = waiting.size();
        let answers = self.waiting.answers.fetch_add(1, Ordering::AcqRel);
        let before = self.waiting.bytes.fetch_add(bytes, Ordering::AcqRel);
        if answers >= ANSWERS_MAXIMUM || before + bytes > ANSWER_BYTES_MAXIMUM {
            return Err(Undeliverable::TooMany);
        }
        self.queue.send(waiting).map_err(|_| Undeliverable::Gone)
    }

    /// Whether every answer was taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.answers.load(Ordering::Acquire) == 0
    }
}

impl Outgoings {
    /// Sends answers, in order, until no more can come or the client is gone.
    pub(crate) async fn send(mut self, channel: ChannelWriteHalf<Msg>) {
        while let Some(waiting) = self.queue.recv().await {
            let size = waiting.size();
            let bytes = match waiting {
                Waiting::Ready(bytes) => bytes,
                Waiting::Read { id, file, offset, length } => {
                    tokio::task::block_in_place(|| packets::write(read(id, &file, offset, length)))
                }
            };
            if let Err(error) = channel.data_bytes(bytes).await {
                tracing::debug!(%error, channel = channel_number(channel.id()), "an answer was not taken");
                return;
            }
            self.waiting.answers.fetch_sub(1, Ordering::AcqRel);
            self.waiting.bytes.fetch_sub(size, Ordering::AcqRel);
        }
        // The client hears that the session ended well.
        let _ = channel.exit_status(0).await;
        let _ = channel.eof().await;
        let _ = channel.close().await;
    }
}

fn channel_number(id: ChannelId) -> u32 {
    id.into()
}

fn read(id: u32, file: &Readable, offset: u64, length: u32) -> Packet {
    match file.read_at(offset, length) {
        Ok(data) if data.is_empty() => Refusal::end().packet(id),
        Ok(data) => Packet::Data(Data { id, data }),
        Err(error) => {
            tracing::error!(%error, "a file could not be read");
            Refusal::failed("the registry's disk could not read the file; try again later").packet(id)
        }
    }
}
