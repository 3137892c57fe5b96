//! How long a request may take: the time of its answer, and more for a body as it arrives. A large file on a slow line
//! gets through; whoever sends a byte now and then does not hold a connection for good.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::Limits;

/// The bytes of a body that have arrived.
#[derive(Clone, Default)]
pub(super) struct Arrived {
    bytes: Arc<AtomicU64>,
}

/// A request whose body tells what has arrived of it.
pub(super) fn counted(request: Request<Incoming>) -> (Request<Body>, Arrived) {
    let arrived = Arrived::default();
    let counting = arrived.clone();
    (request.map(|incoming| Body::new(Counting { incoming, arrived: counting })), arrived)
}

impl Arrived {
    /// Waits for an answer; `None` when it takes too long.
    pub(super) async fn within<T>(&self, limits: Limits, answer: impl Future<Output = T>) -> Option<T> {
        let begun = Instant::now();
        let mut answer = std::pin::pin!(answer);
        loop {
            let deadline = begun + self.allowed(&limits);
            match tokio::time::timeout_at(deadline, answer.as_mut()).await {
                Ok(answered) => return Some(answered),
                Err(_) if begun + self.allowed(&limits) > deadline => {}
                Err(_) => return None,
            }
        }
    }

    fn allowed(&self, limits: &Limits) -> Duration {
        let bytes = self.bytes.load(Ordering::Relaxed);
        limits.request_timeout + Duration::from_secs(bytes / limits.body_bytes_per_second_minimum.max(1))
    }
}

/// A body that counts.
struct Counting {
    incoming: Incoming,
    arrived: Arrived,
}

impl hyper::body::Body for Counting {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.arrived.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_arrives_gets_more_time_and_one_that_drips_does_not() {
        let limits = Limits { request_timeout: Duration::from_secs(10), ..Limits::default() };
        let send = |bytes_per_second: u64| async move {
            let arrived = Arrived::default();
            let counting = arrived.clone();
            let answer = async move {
                for _ in 0..60 {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    counting.bytes.fetch_add(bytes_per_second, Ordering::Relaxed);
                }
            };
            arrived.within(limits, answer).await.is_some()
        };
        assert!(send(64 * 1024).await, "a minute of a file");
        assert!(!send(1).await, "a byte a second");
    }
}
