//! Takes in the body of a request, within a size and a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Body as _;

/// Bytes of an oversized body that are read and thrown away, so that the client gets to see the answer instead of a
/// connection reset in the middle of its sending.
const DISCARDED_BYTES_MAXIMUM: usize = 16 * 1024 * 1024;

/// What became of a body.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Received {
    /// All of it.
    Whole(Vec<u8>),
    /// It is larger than allowed, and was thrown away.
    TooLarge,
    /// It ended early, or took too long.
    Incomplete,
}

/// Takes in a body.
pub(crate) async fn receive(body: Body, bytes_maximum: usize, timeout: Duration) -> Received {
    tokio::time::timeout(timeout, collect(body, bytes_maximum)).await.unwrap_or(Received::Incomplete)
}

async fn collect(mut body: Body, bytes_maximum: usize) -> Received {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let mut bytes = Vec::with_capacity(announced.min(bytes_maximum));
    let mut length = 0usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else { return Received::Incomplete };
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length <= bytes_maximum {
            bytes.extend_from_slice(&data);
        } else if length > DISCARDED_BYTES_MAXIMUM {
            break;
        }
    }
    if length > bytes_maximum { Received::TooLarge } else { Received::Whole(bytes) }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::task::{Context, Poll};

    use hyper::body::{Bytes, Frame};

    use super::*;

    /// A sender that has fallen silent.
    struct Silence;

    impl hyper::body::Body for Silence {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_is_taken_up_to_its_limit() {
        let second = Duration::from_secs(1);
        for (body, received) in [
            ("", Received::Whole(Vec::new())),
            ("1234", Received::Whole(b"1234".to_vec())),
            ("12345", Received::TooLarge),
        ] {
            assert_eq!(receive(Body::from(body), 4, second).await, received);
        }
    }

    #[tokio::test]
    async fn a_sender_who_falls_silent_is_not_waited_for() {
        assert_eq!(receive(Body::new(Silence), 4, Duration::from_millis(10)).await, Received::Incomplete);
    }
}
