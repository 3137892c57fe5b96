//! Where the ports come from: bound here, given by the service manager (socket activation), or taken over from the
//! program that serves now.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;

use crate::ending::Failure;
use crate::handover::{self, Handover, Named, Received};

/// Second handles of the listeners, to hand over. Empty it when the node stops: while they are open the sockets are, and
/// newcomers would wait at them for nobody.
pub(crate) type Handles = Arc<Mutex<Vec<Named<OwnedFd>>>>;

/// Listening sockets by the name of their door, and whom to thank for them.
#[derive(Default)]
pub(crate) struct Ports {
    sockets: Vec<Named<std::net::TcpListener>>,
    received: Option<Received>,
}

impl Ports {
    /// The sockets that somebody gives: the one that serves now, when `take_over` says so, or the service manager.
    pub(crate) fn given(data: &Path, take_over: bool) -> Result<Ports, Failure> {
        let mut ports = Ports::from_service_manager()?;
        if take_over && ports.sockets.is_empty() {
            let received = handover::take(data).context("the ports could not be taken over")?;
            if let Some(mut received) = received {
                let sockets = std::mem::take(&mut received.sockets);
                ports.sockets = sockets.into_iter().map(|(name, socket)| (name, socket.into())).collect();
                ports.received = Some(received);
            }
        }
        Ok(ports)
    }

    /// systemd's protocol (sd_listen_fds): `FileDescriptorName=` says which door a socket is of; without one it is HTTP.
    fn from_service_manager() -> Result<Ports, Failure> {
        #[expect(clippy::disallowed_methods, reason = "the service manager names its sockets in the environment")]
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':').map(|name| if name == "sftp" { name } else { "http" });
        let mut given = listenfd::ListenFd::from_env();
        let mut sockets = Vec::new();
        for place in 0..given.len() {
            let socket = given.take_tcp_listener(place).context("a socket of the service manager cannot be used")?;
            let name = names.next().unwrap_or("http").to_owned();
            sockets.extend(socket.map(|socket| (name, socket)));
        }
        Ok(Ports { sockets, received: None })
    }

    /// The listeners of a door: those that were given, or else bound at these addresses.
    pub(crate) async fn listeners(
        &mut self,
        door: &str,
        addresses: &[String],
    ) -> Result<Vec<(TcpListener, SocketAddr)>, Failure> {
        let mut listeners = Vec::new();
        let all = std::mem::take(&mut self.sockets).into_iter();
        let (of_door, others): (Vec<_>, Vec<_>) = all.partition(|(name, _)| name == door);
        self.sockets = others;
        for (_, socket) in of_door {
            socket.set_nonblocking(true)?;
            listeners.push(TcpListener::from_std(socket)?);
        }
        if listeners.is_empty() {
            for address in addresses {
                let bound = TcpListener::bind(address).await;
                if bound.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::InvalidInput) {
                    return Err(Failure::Usage(format!("{address:?} is no address to listen at: write HOST:PORT")));
                }
                listeners.push(bound.with_context(|| format!("cannot listen at {address}"))?);
            }
        }
        let with_address = |listener: TcpListener| listener.local_addr().map(|address| (listener, address));
        Ok(listeners.into_iter().map(with_address).collect::<Result<_, _>>()?)
    }

    /// Closes the sockets that were given for doors that this node does not serve: whoever knocks there is refused at once,
    /// and does not wait for a greeting that never comes.
    pub(crate) fn close_unserved(&mut self) {
        for (door, socket) in self.sockets.drain(..) {
            let address = socket.local_addr().map(|address| address.to_string()).unwrap_or_default();
            tracing::warn!(
                door,
                address,
                "a port was handed over whose door this node does not serve: it is closed; serve it with --roles"
            );
        }
    }

    /// The ports are served: whoever had them before may go.
    pub(crate) fn served(&mut self) -> Result<(), Failure> {
        match self.received.take() {
            Some(received) => Ok(received.ready()?),
            None => Ok(()),
        }
    }
}

/// Waits until another program has taken the ports over; for ever when there is no way to ask.
pub(crate) async fn taken_over(data: &Path, handles: Handles) {
    let handover = match Handover::listen(data) {
        Ok(handover) => handover,
        Err(error) => {
            tracing::warn!(error = format!("{error:#}"), "nobody will be able to take the ports over");
            return std::future::pending().await;
        }
    };
    let (told, telling) = tokio::sync::oneshot::channel();
    // A thread of its own: it waits for as long as the program runs, and ends with it.
    std::thread::spawn(move || match handover.wait(&handles) {
        Ok(()) => drop(told.send(())),
        Err(error) => tracing::warn!(error = format!("{error:#}"), "nobody will be able to take the ports over"),
    });
    if telling.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// A second handle of a listener, to hand over.
pub(crate) fn handle(listener: &TcpListener) -> Result<OwnedFd, Failure> {
    let handle = listener.as_fd().try_clone_to_owned();
    Ok(handle.map_err(|error| anyhow!("a listener cannot be shared: {error}"))?)
}
