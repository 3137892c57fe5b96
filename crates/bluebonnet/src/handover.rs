//! Handing the ports over: the program that follows gets the listening sockets themselves, so that there is no moment in
//! which nobody listens. A connection that waits to be accepted waits at the socket, not at a process.
//!
//! The one that serves listens at a Unix socket in the data folder, for its owner alone. The one that follows connects,
//! is given the sockets, begins to accept, and says so; then the first stops accepting and answers what it took.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

/// Sockets handed over at most.
const SOCKETS_MAXIMUM: usize = 16;
/// Bytes of the list of names at most.
const NAMES_BYTES_MAXIMUM: usize = 4096;
/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the one that follows says when it accepts.
const READY: u8 = b'R';

fn path(data: &Path) -> PathBuf {
    data.join("handover.sock")
}

/// A listening socket and the door that it is of: `http`, `sftp`.
pub(crate) type Named<Fd> = (String, Fd);

/// Where the one that follows asks for the ports.
pub(crate) struct Handover {
    listener: UnixListener,
}

/// The sockets that were handed over; say [`Received::ready`] when they are served.
pub(crate) struct Received {
    pub(crate) sockets: Vec<Named<OwnedFd>>,
    giver: UnixStream,
}

impl Handover {
    /// Listens for the one that follows, in place of whoever did before.
    pub(crate) fn listen(data: &Path) -> anyhow::Result<Handover> {
        let (path, new) = (path(data), data.join(format!("handover.{}", std::process::id())));
        let _ = std::fs::remove_file(&new);
        let listener = UnixListener::bind(&new).with_context(|| format!("cannot listen at {}", new.display()))?;
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&new, &path)?;
        Ok(Handover { listener })
    }

    /// Hands the sockets to the one that follows; returns when that one accepts. Blocks.
    pub(crate) fn wait(&self, sockets: &Mutex<Vec<Named<OwnedFd>>>) -> anyhow::Result<()> {
        loop {
            let (follower, _) = self.listener.accept()?;
            let held = sockets.lock().unwrap_or_else(PoisonError::into_inner);
            let sockets: Vec<Named<BorrowedFd<'_>>> =
                held.iter().map(|(name, socket)| (name.clone(), socket.as_fd())).collect();
            match hand_over(follower, &sockets) {
                Ok(()) => return Ok(()),
                // It died on the way: the ports stay here.
                Err(error) => tracing::warn!(error = format!("{error:#}"), "the ports were asked for and not taken"),
            }
        }
    }
}

fn hand_over(mut follower: UnixStream, sockets: &[Named<BorrowedFd<'_>>]) -> anyhow::Result<()> {
    follower.set_read_timeout(Some(PATIENCE))?;
    let names: Vec<&str> = sockets.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join("\n");
    let descriptors: Vec<BorrowedFd<'_>> = sockets.iter().map(|(_, socket)| *socket).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAXIMUM))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(anyhow!("{} sockets are too many to hand over", descriptors.len()));
    }
    sendmsg(&follower, &[IoSlice::new(names.as_bytes())], &mut control, SendFlags::empty())?;
    let mut word = [0];
    follower.read_exact(&mut word)?;
    if word != [READY] { Err(anyhow!("an unknown word came back")) } else { Ok(()) }
}

/// Asks the one that serves this data folder for its ports; `None` when nobody serves it.
pub(crate) fn take(data: &Path) -> anyhow::Result<Option<Received>> {
    let Ok(giver) = UnixStream::connect(path(data)) else { return Ok(None) };
    giver.set_read_timeout(Some(PATIENCE))?;
    let mut names = [0; NAMES_BYTES_MAXIMUM];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAXIMUM))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(giver.as_fd(), &mut [IoSliceMut::new(&mut names)], &mut control, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(handed) = message {
            descriptors.extend(handed);
        }
    }
    let names = std::str::from_utf8(&names[..received.bytes])?;
    let sockets: Vec<Named<OwnedFd>> = names.split('\n').map(str::to_owned).zip(descriptors).collect();
    if sockets.is_empty() {
        return Err(anyhow!("no ports were handed over"));
    }
    Ok(Some(Received { sockets, giver }))
}

impl Received {
    /// Tells the one before that the sockets are served.
    pub(crate) fn ready(mut self) -> anyhow::Result<()> {
        Ok(self.giver.write_all(&[READY])?)
    }
}
