//! Reads the body of a request that is turned away, and throws it away.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Body as _;

/// Bytes that are read of a body: whoever sends more sees the connection end.
pub const BODY_BYTES_MAXIMUM: usize = 16 * 1024 * 1024;
/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a body to its end and forgets it; says whether the end was reached, so that the connection can go on.
pub async fn discard(body: Body) -> bool {
    tokio::time::timeout(BODY_TIMEOUT, read(body)).await.unwrap_or(false)
}

async fn read(mut body: Body) -> bool {
    let mut length = 0usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else { return false };
        length = length.saturating_add(frame.data_ref().map_or(0, |data| data.len()));
        if length > BODY_BYTES_MAXIMUM {
            return false;
        }
    }
    true
}
