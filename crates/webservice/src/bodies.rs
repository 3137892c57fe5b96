//! Takes in the body of a request, within a size and a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use hyper::body::Body as _;

/// Bytes of an oversized body that are read and thrown away, so that the client gets to see the answer instead of a
/// connection reset in the middle of its sending.
const DISCARDED_BYTES_MAXIMUM: usize = 16 * 1024 * 1024;

/// What became of a body.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Received {
    /// All of it.
    Whole(Bytes),
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
    let (mut whole, mut length) = (Bytes::new(), 0usize);
    let mut parts = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else { return Received::Incomplete };
        let Ok(data) = frame.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > DISCARDED_BYTES_MAXIMUM {
            break;
        }
        if length > bytes_maximum {
            continue;
        }
        // Most bodies come in one piece, which is kept as it is.
        if length == data.len() {
            whole = data;
            continue;
        }
        if parts.is_empty() {
            parts.reserve(announced.min(bytes_maximum));
            parts.extend_from_slice(&whole);
        }
        parts.extend_from_slice(&data);
    }
    if length > bytes_maximum {
        return Received::TooLarge;
    }
    Received::Whole(if parts.is_empty() { whole } else { parts.into() })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::convert::Infallible;
    use std::task::{Context, Poll};

    use hyper::body::Frame;

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

    /// A sender of one piece after the other.
    struct Pieces(VecDeque<&'static str>);

    impl hyper::body::Body for Pieces {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(self.0.pop_front().map(|piece| Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
        }
    }

    #[tokio::test]
    async fn a_body_is_taken_up_to_its_limit() {
        let second = Duration::from_secs(1);
        for (body, received) in [
            ("", Received::Whole(Bytes::new())),
            ("1234", Received::Whole(Bytes::from_static(b"1234"))),
            ("12345", Received::TooLarge),
        ] {
            assert_eq!(receive(Body::from(body), 4, second).await, received);
        }
    }

    #[tokio::test]
    async fn pieces_are_put_together() {
        let second = Duration::from_secs(1);
        for (pieces, received) in [
            (vec!["", "12", "34"], Received::Whole(Bytes::from_static(b"1234"))),
            (vec!["1", "", "2", "3"], Received::Whole(Bytes::from_static(b"123"))),
            (vec!["123", "45"], Received::TooLarge),
        ] {
            let body = Pieces(pieces.into());
            assert_eq!(receive(Body::new(body), 4, second).await, received);
        }
    }

    #[tokio::test]
    async fn a_sender_who_falls_silent_is_not_waited_for() {
        assert_eq!(receive(Body::new(Silence), 4, Duration::from_millis(10)).await, Received::Incomplete);
    }
}
