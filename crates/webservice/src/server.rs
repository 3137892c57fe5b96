//! The HTTP server: accepts connections, with TLS where certificates are given, and hands requests to a router.
//!
//! It knows nothing of SOAP. Handlers find the client's address in the extension `ConnectInfo<SocketAddr>`, and the
//! scheme of the connection in the extension `Scheme`.

mod arriving;
mod certificates;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::uri::Scheme;
use axum::http::{Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use self::certificates::Certificates;

/// Limits of the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections open at once; more wait unaccepted.
    pub connections_maximum: usize,
    /// Bytes of a request's head at most.
    pub head_bytes_maximum: usize,
    /// How long a TLS handshake may take.
    pub handshake_timeout: Duration,
    /// How long a request's head may take to arrive, and how long a connection may idle.
    pub head_timeout: Duration,
    /// How long a request may take from its head to its answer, its body not counted.
    pub request_timeout: Duration,
    /// Bytes of a body that must arrive in a second: a large file may take its time, a dripping one may not.
    pub body_bytes_per_second_minimum: u64,
    /// Bytes of a body that nobody wanted to read and that are read all the same, so that the answer is seen.
    pub unread_bytes_maximum: u64,
    /// How long a stopping server waits for the answers that are due.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            // Every sender of a large state may keep one open.
            connections_maximum: 8192,
            head_bytes_maximum: 64 * 1024,
            handshake_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(120),
            body_bytes_per_second_minimum: 32 * 1024,
            unread_bytes_maximum: 256 * 1024 * 1024,
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// Where the certificate chain and its private key are, both in PEM. Files that change are read again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificates: PathBuf,
    /// The private key.
    pub private_key: PathBuf,
}

impl TlsFiles {
    /// Whether a server can be started with them.
    ///
    /// # Errors
    /// [`ServeError`] when it cannot.
    pub fn check(&self) -> Result<(), ServeError> {
        certificates::check(self)
    }
}

/// A server that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A certificate or key that cannot be read.
    #[error("cannot read the certificate or key in {path}: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// A certificate or key that TLS cannot use, or that do not belong together.
    #[error("cannot use the certificate and key: {0}")]
    Tls(#[from] rustls::Error),
}

/// Serves a router on one listener until `shutdown` completes, and then until what was taken is answered, or the drain
/// timeout is over. For several listeners, call it for each.
///
/// # Errors
/// [`ServeError`] when the certificates cannot be used, before anything is accepted.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsFiles>,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let certificates = tls.map(Certificates::open).transpose()?;
    let connections = Arc::new(Semaphore::new(limits.connections_maximum));
    let graceful = GracefulShutdown::new();
    let (stop, _) = watch::channel(false);
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer, slot) = tokio::select! {
            accepted = accept(&listener, &connections) => accepted,
            () = shutdown.as_mut() => break,
        };
        let (watcher, stop) = (graceful.watcher(), stop.subscribe());
        let connection = Connection { peer, router: router.clone(), limits, watcher, stop, slot };
        let acceptor = certificates.as_ref().map(Certificates::acceptor);
        tokio::spawn(async move {
            match acceptor {
                None => connection.serve(stream, Scheme::HTTP).await,
                Some(acceptor) => match tokio::time::timeout(limits.handshake_timeout, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => connection.serve(stream, Scheme::HTTPS).await,
                    Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                    Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
                },
            }
        });
    }
    // Closing the listener sends newcomers to another node, or to the program that follows this one.
    drop(listener);
    stop.send_replace(true);
    if tokio::time::timeout(limits.drain_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests unanswered");
    }
    Ok(())
}

/// The next connection, as soon as there is room for it.
async fn accept(listener: &TcpListener, connections: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let slot = connections.clone().acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Answers are small and go out at once.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "connection lost before its first request");
                }
                return (stream, peer, slot);
            }
            Err(error) => {
                // Out of file descriptors, most likely: connections that end make room.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// How long a stopping server listens to a connection that has not said anything yet.
const FIRST_REQUEST_GRACE: Duration = Duration::from_secs(1);

/// One accepted connection.
struct Connection {
    peer: SocketAddr,
    router: Router,
    limits: Limits,
    /// Held until the connection has ended: the server waits for it.
    watcher: Watcher,
    stop: watch::Receiver<bool>,
    slot: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, scheme: Scheme) {
        let Connection { peer, router, limits, watcher, mut stop, slot } = self;
        let first_request = Arc::new(Notify::new());
        let begun = first_request.clone();
        let service = service_fn(move |request| {
            let (router, scheme) = (router.clone(), scheme.clone());
            begun.notify_one();
            async move { Ok::<_, Infallible>(answer(router, request, peer, scheme, limits).await) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.head_timeout)
            .max_buf_size(limits.head_bytes_maximum)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            _ = stop.wait_for(|is_stopping| *is_stopping) => None,
        };
        // Whoever was let in and has not been heard yet is heard: its request is on the way.
        let ended = match ended {
            Some(ended) => Some(ended),
            None => tokio::select! {
                ended = connection.as_mut() => Some(ended),
                () = first_request.notified() => None,
                () = tokio::time::sleep(FIRST_REQUEST_GRACE) => None,
            },
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%peer, %error, "connection ended early");
        }
        drop((slot, watcher));
    }
}

async fn answer(
    router: Router,
    mut request: Request<Incoming>,
    peer: SocketAddr,
    scheme: Scheme,
    limits: Limits,
) -> Response<Body> {
    request.extensions_mut().insert(ConnectInfo(peer));
    request.extensions_mut().insert(scheme);
    let (request, arrived) = arriving::counted(request, limits);
    match arrived.within(limits, router.oneshot(request)).await {
        Some(Ok(response)) => response,
        Some(Err(never)) => match never {},
        None => {
            tracing::error!(%peer, "request took too long");
            (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60"), (header::CACHE_CONTROL, "no-store")])
                .into_response()
        }
    }
}
