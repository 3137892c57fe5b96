//! How long a request may take: the time of its answer, and more for a body as it arrives. A large file on a slow line
//! gets through; whoever sends a byte now and then does not hold a connection for good. What a handler leaves unread is
//! read for it, up to a limit, so that the client sees the answer and not a broken connection.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Request;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::Limits;

/// The bytes of a body that have arrived.
#[derive(Clone, Default)]
pub(super) struct Arrived {
    bytes: Arc<AtomicU64>,
}

/// A request whose body tells what has arrived of it.
pub(super) fn counted(request: Request<Incoming>, limits: Limits) -> (Request<Body>, Arrived) {
    let arrived = Arrived::default();
    let counting = arrived.clone();
    (request.map(|incoming| Body::new(Counting { incoming: Some(incoming), arrived: counting, limits })), arrived)
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
    /// `None` only when it is dropped.
    incoming: Option<Incoming>,
    arrived: Arrived,
    limits: Limits,
}

impl Drop for Counting {
    fn drop(&mut self) {
        let Some(mut incoming) = self.incoming.take().filter(|incoming| !incoming.is_end_stream()) else { return };
        let Limits { unread_bytes_maximum, request_timeout, .. } = self.limits;
        let read = async move {
            let mut left = unread_bytes_maximum;
            while let Some(Ok(frame)) =
                std::future::poll_fn(|context| Pin::new(&mut incoming).poll_frame(context)).await
            {
                let size = frame.data_ref().map_or(0, |data| data.len() as u64);
                let Some(rest) = left.checked_sub(size) else { return };
                left = rest;
            }
        };
        tokio::spawn(tokio::time::timeout(request_timeout, read));
    }
}

impl HttpBody for Counting {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        let polled = Pin::new(incoming).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.arrived.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map(HttpBody::size_hint).unwrap_or_default()
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
