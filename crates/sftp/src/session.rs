//! One SFTP session on one channel: packets in, answers out, each at its own pace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use russh::server::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf};
use tokio::sync::watch;
use tokio::task::block_in_place;

use crate::outgoing::{self, Answer, Outgoing, Undeliverable};
use crate::pace::Paces;
use crate::packets::{Incoming, Incomings, ProtocolBroken};
use crate::requests::Requests;
use crate::tree::Tree;

/// How long answers may still be taken after the last request.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(10);

/// Why a session ended before its client ended it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
enum Ended {
    #[error("the client does not speak the protocol: {0}")]
    Broken(#[from] ProtocolBroken),
    #[error("{0}")]
    Undeliverable(#[from] Undeliverable),
    #[error("the client asked for nothing for too long")]
    Idle,
    #[error("the server stops")]
    Stopping,
}

/// Serves a channel until its client is done, breaks the protocol, is idle for too long, or the server stops. A request
/// that was begun is finished and answered.
pub(crate) async fn serve(
    channel: Channel<Msg>,
    tree: Tree,
    pace: Pace,
    idle_timeout: Duration,
    stop: watch::Receiver<bool>,
) {
    let (read, write) = channel.split();
    let (outgoing, outgoings) = outgoing::queue();
    let mut sending = tokio::spawn(outgoings.send(write));
    let session = Session { requests: Requests::new(tree), outgoing, pace, idle_timeout };
    let ended = tokio::select! {
        ended = session.receive(read, stop) => ended,
        _ = &mut sending => return,
    };
    if let Err(ended) = ended {
        tracing::info!(why = %ended, "file session ended");
    }
    if tokio::time::timeout(FAREWELL_TIMEOUT, &mut sending).await.is_err() {
        sending.abort();
    }
}

/// How fast the account of a session may ask.
pub(crate) struct Pace {
    pub(crate) paces: Arc<Paces>,
    pub(crate) account: String,
}

impl Pace {
    /// Returns when it is time for a request that came now.
    async fn keep(&self, incoming: &Incoming) {
        let delay = self.paces.delay(&self.account, incoming, Instant::now());
        if !delay.is_zero() {
            metrics::counter!("bluebonnet_sftp_requests_slowed_total").increment(1);
            tokio::time::sleep(delay).await;
        }
    }
}

struct Session {
    requests: Requests,
    outgoing: Outgoing,
    pace: Pace,
    idle_timeout: Duration,
}

impl Session {
    async fn receive(mut self, mut read: ChannelReadHalf, mut stop: watch::Receiver<bool>) -> Result<(), Ended> {
        if !is_sftp(&mut read).await {
            return Ok(());
        }
        let mut incomings = Incomings::default();
        loop {
            let message = tokio::select! {
                message = tokio::time::timeout(self.idle_timeout, read.wait()) => message,
                _ = stop.wait_for(|is_stopping| *is_stopping) => return Err(Ended::Stopping),
            };
            match message {
                Ok(Some(ChannelMsg::Data { data })) => {
                    incomings.push(&data);
                    while let Some(incoming) = incomings.next()? {
                        tokio::select! {
                            biased;
                            () = self.pace.keep(&incoming) => {}
                            _ = stop.wait_for(|is_stopping| *is_stopping) => return Err(Ended::Stopping),
                        }
                        self.answer(incoming)?;
                    }
                }
                Ok(Some(ChannelMsg::Eof | ChannelMsg::Close) | None) => return Ok(()),
                Ok(Some(_)) => {}
                // A client that still takes what it asked for long ago is not idle.
                Err(_) if !self.outgoing.is_empty() => {}
                Err(_) => return Err(Ended::Idle),
            }
        }
    }

    fn answer(&mut self, incoming: Incoming) -> Result<(), Undeliverable> {
        let answer = match incoming {
            Incoming::Request(request) => block_in_place(|| self.requests.answer(request)),
            Incoming::Refused { id, refusal } => Answer::Ready(refusal.packet(id)),
        };
        self.outgoing.put(answer)
    }
}

/// Waits for the request that makes the channel an SFTP session. Whoever sends anything before it is not served.
async fn is_sftp(read: &mut ChannelReadHalf) -> bool {
    while let Some(message) = read.wait().await {
        match message {
            ChannelMsg::RequestSubsystem { name, .. } => return name == SUBSYSTEM,
            ChannelMsg::Data { .. } | ChannelMsg::ExtendedData { .. } | ChannelMsg::Eof | ChannelMsg::Close => break,
            _ => {}
        }
    }
    false
}

/// The subsystem that is served.
pub(crate) const SUBSYSTEM: &str = "sftp";
