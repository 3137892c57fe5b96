//! Where the ports come from: bound here, given by the service manager (socket activation), or taken over from the
//! program that serves now.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::{Context, anyhow};
use tokio::net::TcpListener;

use crate::addresses::{self, Asked};
use crate::claims::Claims;
use crate::ending::Failure;
use crate::handover::{self, Handover, Named, Received};

/// Second handles of the listeners and claims, to hand over. Empty it when the node stops: while they are open the sockets are, and
/// newcomers would wait at them for nobody.
pub(crate) type Handles = Arc<Mutex<Vec<Named<OwnedFd>>>>;

/// Listening sockets by the name of their door, and whom to thank for them.
#[derive(Default)]
pub(crate) struct Ports {
    sockets: Vec<Named<std::net::TcpListener>>,
    /// The roles that came with them.
    pub(crate) claims: Claims,
    received: Option<Received>,
}

impl Ports {
    /// The sockets that somebody gives: the one that serves now, when what it is to have is told, or the service manager.
    pub(crate) fn given(data: &Path, taken_over: Option<&Asked>) -> Result<Ports, Failure> {
        let mut ports = Ports::from_service_manager()?;
        if let Some(asked) = taken_over.filter(|_| ports.sockets.is_empty())
            && let Some(mut received) = handover::take(data, asked)?
        {
            let (claims, sockets) = Claims::part(std::mem::take(&mut received.sockets));
            ports.claims = claims;
            ports.sockets = sockets.into_iter().map(|(name, socket)| (name, socket.into())).collect();
            ports.received = Some(received);
        }
        Ok(ports)
    }

    /// systemd's protocol (sd_listen_fds): `FileDescriptorName=` says which door a socket is of; without one it is HTTP.
    fn from_service_manager() -> Result<Ports, Failure> {
        #[expect(clippy::disallowed_methods, reason = "the service manager names its sockets in the environment")]
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':').map(|name| if matches!(name, "sftp" | "metrics") { name } else { "http" });
        let mut given = listenfd::ListenFd::from_env();
        let mut sockets = Vec::new();
        for place in 0..given.len() {
            let socket = given.take_tcp_listener(place).context("a socket of the service manager cannot be used")?;
            let name = names.next().unwrap_or("http").to_owned();
            sockets.extend(socket.map(|socket| (name, socket)));
        }
        Ok(Ports { sockets, ..Ports::default() })
    }

    /// Whether somebody gave a socket of this door.
    pub(crate) fn has(&self, door: &str) -> bool {
        self.sockets.iter().any(|(name, _)| name == door)
    }

    /// The listeners of a door: those that were given, and those bound at the addresses that are asked for beside them. What
    /// the service manager gives is all there is to be.
    pub(crate) async fn listeners(
        &mut self,
        door: &str,
        asked: &[String],
    ) -> Result<Vec<(TcpListener, SocketAddr)>, Failure> {
        let resolved = asked.iter().map(|text| Ok((text, addresses::resolve(text)?)));
        let asked = resolved.collect::<Result<Vec<_>, Failure>>()?;
        let mut listeners = Vec::new();
        for socket in self.take_given(door, &asked)? {
            socket.set_nonblocking(true)?;
            let listener = TcpListener::from_std(socket)?;
            let address = listener.local_addr()?;
            listeners.push((listener, address));
        }
        let given: Vec<SocketAddr> = listeners.iter().map(|(_, address)| *address).collect();
        for (text, found) in asked {
            let will_do =
                |given: &SocketAddr| self.received.is_none() || addresses::is_any_port(&found) || found.contains(given);
            if given.iter().any(will_do) {
                continue;
            }
            let bound = TcpListener::bind(found.as_slice()).await;
            let listener = bound.with_context(|| format!("cannot listen at {text}"))?;
            let address = listener.local_addr()?;
            listeners.push((listener, address));
        }
        Ok(listeners)
    }

    /// The sockets that were given for a door. Where others are asked for than were taken over, those stay behind, to be
    /// closed.
    fn take_given(
        &mut self,
        door: &str,
        asked: &[(&String, Vec<SocketAddr>)],
    ) -> std::io::Result<Vec<std::net::TcpListener>> {
        let all = std::mem::take(&mut self.sockets).into_iter();
        let (of_door, others): (Vec<_>, Vec<_>) = all.partition(|(name, _)| name == door);
        self.sockets = others;
        let held = of_door.iter().map(|(_, socket)| socket.local_addr()).collect::<std::io::Result<Vec<_>>>()?;
        let will_do = |(_, found): &(&String, Vec<SocketAddr>)| {
            addresses::is_any_port(found) || found.iter().any(|address| held.contains(address))
        };
        if self.received.is_some() && !asked.is_empty() && !asked.iter().any(will_do) {
            self.sockets.extend(of_door);
            return Ok(Vec::new());
        }
        Ok(of_door.into_iter().map(|(_, socket)| socket).collect())
    }

    /// Closes the sockets that were given and are not served by this node: whoever knocks there is refused at once, and does
    /// not wait for a greeting that never comes.
    pub(crate) fn close_unserved(&mut self) {
        for (door, socket) in self.sockets.drain(..) {
            let address = socket.local_addr().map(|address| address.to_string()).unwrap_or_default();
            tracing::warn!(
                door,
                address,
                "a port was handed over at which this node does not serve: it is closed; serve it with --roles, or --metrics"
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
    let data = data.to_owned();
    let listening = tokio::task::spawn_blocking(move || Handover::listen(&data)).await;
    // The name goes when nobody waits here any more.
    let (handover, _name) = match listening.map_err(anyhow::Error::from).flatten() {
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
