//! Reads the body of a request that is turned away, and throws it away.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Body as _;

use crate::glance::GLANCE_BYTES_MAXIMUM;

/// Bytes that are read of a body: whoever sends more sees the connection end.
pub const BODY_BYTES_MAXIMUM: usize = 16 * 1024 * 1024;
/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// What is known of a body that was thrown away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Discarded {
    /// Its first bytes, as many as a glance needs.
    pub beginning: Vec<u8>,
    /// Whether its end was reached, so that the connection can go on.
    pub was_whole: bool,
}

/// Reads a body to its end and forgets all but its beginning.
pub async fn discard(body: Body) -> Discarded {
    let mut beginning = Vec::new();
    let reading = tokio::time::timeout(BODY_TIMEOUT, read(body, &mut beginning)).await;
    Discarded { was_whole: reading.unwrap_or(false), beginning }
}

async fn read(mut body: Body, beginning: &mut Vec<u8>) -> bool {
    let mut length = 0usize;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else { return false };
        let Some(data) = frame.data_ref() else { continue };
        let room = GLANCE_BYTES_MAXIMUM - beginning.len();
        beginning.extend_from_slice(&data[..data.len().min(room)]);
        length = length.saturating_add(data.len());
        if length > BODY_BYTES_MAXIMUM {
            return false;
        }
    }
    true
}
