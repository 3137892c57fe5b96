//! The HTTP server, with a small router in place of the doors.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::uri::Scheme;
use axum::routing::get;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;
use webservice::{Limits, ServeError, TlsFiles, serve};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServeError>>,
}

async fn run(router: Router, tls: Option<TlsFiles>, limits: Limits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port of loopback");
    let address = listener.local_addr().expect("is bound");
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(serve(listener, router, tls, limits, async {
        stopped.await.unwrap_or_default();
    }));
    Running { address, stop, task }
}

async fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.expect("the server answers");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

async fn who(extensions: Extensions) -> String {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().expect("the server says who").0;
    format!("{} by {}", peer.ip(), extensions.get::<Scheme>().expect("the server says how"))
}

const GET: &str = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn a_connection_is_kept_and_handlers_know_the_client() {
    let server = run(Router::new().route("/", get(who)), None, Limits::default()).await;
    let mut stream = TcpStream::connect(server.address).await.expect("the server listens");
    for _ in 0..3 {
        let answer = exchange(&mut stream, GET).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("127.0.0.1 by http"), "{answer}");
    }
}

#[tokio::test]
async fn a_stopping_server_answers_what_it_took_and_takes_no_more() {
    let (begun, go_on) = (std::sync::Arc::new(Notify::new()), std::sync::Arc::new(Notify::new()));
    let (handler_begun, handler_go_on) = (begun.clone(), go_on.clone());
    let slow = move || async move {
        handler_begun.notify_one();
        handler_go_on.notified().await;
        "done"
    };
    let server = run(Router::new().route("/", get(slow)), None, Limits::default()).await;
    let mut idle = TcpStream::connect(server.address).await.expect("the server listens");
    let mut busy = TcpStream::connect(server.address).await.expect("the server listens");
    let answer = tokio::spawn(async move { exchange(&mut busy, GET).await });
    begun.notified().await;
    server.stop.send(()).expect("the server runs");
    // The idle connection is closed at once, and with it the listener is gone.
    assert_eq!(idle.read(&mut [0; 1]).await.expect("closed in order"), 0);
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.task.is_finished());
    go_on.notify_one();
    let answer = answer.await.expect("the client ends");
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("done"), "{answer}");
    server.task.await.expect("the server ends").expect("without an error");
}

#[tokio::test]
async fn slow_senders_slow_handlers_and_idle_connections_are_cut_off() {
    let limits = Limits {
        head_timeout: Duration::from_millis(50),
        request_timeout: Duration::from_millis(50),
        ..Limits::default()
    };
    let router = Router::new().route("/", get(std::future::pending::<&'static str>)).route("/who", get(who));
    let server = run(router, None, limits).await;
    let mut slow_sender = TcpStream::connect(server.address).await.expect("the server listens");
    slow_sender.write_all(b"GET / HT").await.expect("the server reads");
    assert_eq!(slow_sender.read(&mut [0; 1]).await.expect("closed in order"), 0);
    let mut idle = TcpStream::connect(server.address).await.expect("the server listens");
    assert!(exchange(&mut idle, &GET.replace("/ ", "/who ")).await.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(idle.read(&mut [0; 1]).await.expect("closed in order"), 0);
    let mut stream = TcpStream::connect(server.address).await.expect("the server listens");
    let answer = exchange(&mut stream, GET).await;
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 60"), "{answer}");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let limits = Limits { connections_maximum: 1, ..Limits::default() };
    let server = run(Router::new().route("/", get(who)), None, limits).await;
    let mut first = TcpStream::connect(server.address).await.expect("the server listens");
    exchange(&mut first, GET).await;
    let address = server.address;
    let second = tokio::spawn(async move {
        let mut second = TcpStream::connect(address).await.expect("the system takes the connection");
        exchange(&mut second, GET).await
    });
    exchange(&mut first, GET).await;
    assert!(!second.is_finished());
    drop(first);
    assert!(second.await.expect("the client ends").starts_with("HTTP/1.1 200 OK"));
}

#[tokio::test]
async fn tls_is_spoken_where_certificates_are_given() {
    let folder = tempfile::tempdir().expect("a folder for the certificate");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let files = TlsFiles { certificates: folder.path().join("chain.pem"), private_key: folder.path().join("key.pem") };
    std::fs::write(&files.certificates, made.cert.pem()).expect("written");
    std::fs::write(&files.private_key, made.signing_key.serialize_pem()).expect("written");
    let server = run(Router::new().route("/", get(who)), Some(files), Limits::default()).await;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).expect("a root");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address).await.expect("the server listens");
    let connector = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config));
    let name = "localhost".try_into().expect("a name");
    let mut stream = connector.connect(name, stream).await.expect("the handshake succeeds");
    stream.write_all(GET.as_bytes()).await.expect("the server reads");
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.expect("the server answers");
    assert!(String::from_utf8_lossy(&answer[..length]).ends_with("127.0.0.1 by https"));
}

#[tokio::test]
async fn a_server_without_its_certificate_does_not_start() {
    let files = TlsFiles { certificates: "/nonexistent/chain.pem".into(), private_key: "/nonexistent/key.pem".into() };
    let server = run(Router::new(), Some(files), Limits::default()).await;
    let error = server.task.await.expect("the server ends").expect_err("there is no certificate");
    assert!(error.to_string().contains("/nonexistent/chain.pem"), "{error}");
}
