//! Handing the ports over: the program that follows gets the listening sockets themselves, so that there is no moment in
//! which nobody listens. A connection that waits to be accepted waits at the socket, not at a process.
//!
//! Each program that serves a data folder listens at a Unix socket of its own in there, for its owner alone. The one that
//! follows connects to all, is given the sockets of each, and keeps those of the program that has the addresses it was asked
//! for. It begins to accept, and says so; then the first stops accepting and answers what it took.

use std::fs::File;
use std::io::{ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use rustix::fs::{FlockOperation, flock};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags,
    recvmsg, sendmsg,
};

use crate::addresses::Asked;
use crate::claims;
use crate::ending::Failure;
use crate::world;

/// Sockets and claims handed over at most.
const SOCKETS_MAXIMUM: usize = 16;
/// Bytes of the list of names at most.
const NAMES_BYTES_MAXIMUM: usize = 4096;
/// How long the other side may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the one that follows says when it accepts.
const READY: u8 = b'R';
/// What it says when it was looking for another program.
const NOT_WANTED: u8 = b'N';
/// What the names of the sockets in a data folder begin and end with.
const NAME: (&str, &str) = ("handover", ".sock");

/// A listening socket and the door that it is of: `http`, `sftp`, `metrics`; or a claim and its role.
pub(crate) type Named<Fd> = (String, Fd);

/// Where the one that follows asks for the ports.
pub(crate) struct Handover {
    listener: UnixListener,
}

/// The name of a socket, which goes with whoever listened there.
pub(crate) struct Name(PathBuf);

impl Drop for Name {
    fn drop(&mut self) {
        // One that stays is removed by the next that starts.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What one program would hand over, or did: say [`Received::ready`] when it is served.
pub(crate) struct Received {
    pub(crate) sockets: Vec<Named<OwnedFd>>,
    giver: UnixStream,
}

impl Handover {
    /// Listens for the one that follows, under a name of its own. What programs that were killed have left is removed.
    pub(crate) fn listen(data: &Path) -> anyhow::Result<(Handover, Name)> {
        ask(data)?.into_iter().flatten().for_each(Received::decline);
        let own = world::hexadecimal(&world::random_bytes::<3>());
        let (path, new) = (data.join(format!("{}-{own}{}", NAME.0, NAME.1)), data.join(format!("{}-{own}", NAME.0)));
        let _locked = lock(data)?;
        let listener = UnixListener::bind(&new).with_context(|| format!("cannot listen at {}", new.display()))?;
        std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600))?;
        std::fs::rename(&new, &path)?;
        Ok((Handover { listener }, Name(path)))
    }

    /// Hands the sockets to the one that follows; returns when that one accepts. Blocks.
    pub(crate) fn wait(&self, sockets: &Mutex<Vec<Named<OwnedFd>>>) -> anyhow::Result<()> {
        loop {
            let (follower, _) = self.listener.accept()?;
            match hand_over(follower, sockets) {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                // It died on the way: the ports stay here.
                Err(error) => tracing::warn!(error = format!("{error:#}"), "the ports were asked for and not taken"),
            }
        }
    }
}

/// Whether the follower took them; it may have been looking for another program. While it makes up its mind nobody is kept
/// from the sockets: the program may have to stop.
fn hand_over(mut follower: UnixStream, sockets: &Mutex<Vec<Named<OwnedFd>>>) -> anyhow::Result<bool> {
    follower.set_read_timeout(Some(PATIENCE))?;
    send(&follower, &sockets.lock().unwrap_or_else(PoisonError::into_inner))?;
    let mut word = [0];
    follower.read_exact(&mut word)?;
    match word {
        [READY] => Ok(true),
        [NOT_WANTED] => Ok(false),
        _ => Err(anyhow!("an unknown word came back")),
    }
}

/// Gives the follower handles of its own.
fn send(follower: &UnixStream, sockets: &[Named<OwnedFd>]) -> anyhow::Result<()> {
    let names: Vec<&str> = sockets.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join("\n");
    let descriptors: Vec<BorrowedFd<'_>> = sockets.iter().map(|(_, socket)| socket.as_fd()).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(SOCKETS_MAXIMUM))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(anyhow!("{} sockets are too many to hand over", descriptors.len()));
    }
    sendmsg(follower, &[IoSlice::new(names.as_bytes())], &mut control, SendFlags::empty())?;
    Ok(())
}

/// Takes the ports of the program that has what is asked for, or of the only one that serves the data folder where nothing is
/// asked for in particular; `None` when nobody serves it.
///
/// # Errors
/// [`Failure::Refused`] when no program has what is asked for, or several may be meant; or a program does not answer, and no
/// other has the addresses that are asked for.
pub(crate) fn take(data: &Path, asked: &Asked) -> Result<Option<Received>, Failure> {
    let (mut programs, mut silent) = (Vec::new(), Vec::new());
    for program in ask(data)? {
        match program {
            Ok(program) if program.sockets.is_empty() => {}
            Ok(program) => programs.push(program),
            Err(error) => silent.push(error),
        }
    }
    let who = programs.iter().map(Received::describe).collect::<Vec<_>>().join(", ");
    let doors: &[&str] = match asked.of("http").as_slice() {
        [] if programs.len() < 2 => &[],
        [] => &["sftp", "metrics"],
        _ => &["http"],
    };
    let is_meant = |program: &Received| doors.is_empty() || asked.is_held(doors, |door| program.addresses(door));
    let (mut meant, others): (Vec<_>, Vec<_>) = programs.into_iter().partition(is_meant);
    // One that says nothing has not what another was found to have.
    let is_found = meant.len() == 1 && doors == ["http"];
    for error in silent {
        if !is_found {
            meant.into_iter().chain(others).for_each(Received::decline);
            return Err(Failure::Refused(format!(
                "{error:#}: say with --http which program is to be taken over, or end that one"
            )));
        }
        tracing::warn!(error = format!("{error:#}"), "a program that serves the data folder does not answer");
    }
    if meant.len() == 1 || (meant.is_empty() && others.is_empty()) {
        others.into_iter().for_each(Received::decline);
        return Ok(meant.pop());
    }
    let why = match (meant.len(), doors) {
        (0, ["http"]) => {
            let asked: Vec<String> = asked.of("http").iter().map(ToString::to_string).collect();
            format!("no program that serves {} has {}", data.display(), asked.join(" or "))
        }
        _ => format!("several programs serve {}", data.display()),
    };
    meant.into_iter().chain(others).for_each(Received::decline);
    Err(Failure::Refused(format!("{why}: {who}; say with --http which of these is to be taken over")))
}

/// What each program that serves this data folder would hand over; an error for one that does not answer.
fn ask(data: &Path) -> anyhow::Result<Vec<anyhow::Result<Received>>> {
    remove_unnamed(data)?;
    let mut programs = Vec::new();
    for path in names_in(data, NAME.1)? {
        match UnixStream::connect(&path) {
            // It got its name when somebody listened there already: that one is no more.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => drop(Name(path)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => programs.push(Err(error).with_context(|| format!("cannot ask at {}", path.display()))),
            Ok(giver) => {
                let received = receive(giver);
                programs.push(
                    received.with_context(|| format!("the program at {} does not say what it has", path.display())),
                );
            }
        }
    }
    Ok(programs)
}

/// Locks the folder: no other program is between the first and the last name of its socket.
fn lock(data: &Path) -> anyhow::Result<File> {
    let folder = File::open(data).with_context(|| format!("cannot look into {}", data.display()))?;
    flock(&folder, FlockOperation::LockExclusive).with_context(|| format!("cannot lock {}", data.display()))?;
    Ok(folder)
}

/// Removes the sockets of programs that were killed before they had their last name.
fn remove_unnamed(data: &Path) -> anyhow::Result<()> {
    if !names_in(data, "")?.is_empty() {
        let _locked = lock(data)?;
        names_in(data, "")?.into_iter().for_each(|left| drop(Name(left)));
    }
    Ok(())
}

/// The names of sockets in a data folder that have this ending, or none.
fn names_in(data: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    match std::fs::read_dir(data) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        listed => {
            for entry in listed.with_context(|| format!("cannot look into {}", data.display()))? {
                let entry = entry?;
                let path = entry.path();
                let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(NAME.0));
                if entry.file_type()?.is_socket()
                    && name.is_some_and(|own| own.find('.').map_or("", |at| &own[at..]) == ending)
                {
                    paths.push(path);
                }
            }
        }
    }
    paths.sort();
    Ok(paths)
}

fn receive(giver: UnixStream) -> anyhow::Result<Received> {
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
    Ok(Received { sockets, giver })
}

impl Received {
    /// Tells the one before that the sockets are served.
    pub(crate) fn ready(mut self) -> anyhow::Result<()> {
        Ok(self.giver.write_all(&[READY])?)
    }

    /// Tells it that another program is looked for, or nothing but what it has.
    pub(crate) fn decline(mut self) {
        // Whoever is gone has not to be told.
        let _ = self.giver.write_all(&[NOT_WANTED]);
    }

    /// Where it listens for a door.
    fn addresses(&self, door: &str) -> Vec<SocketAddr> {
        let of_door = self.sockets.iter().filter(|(name, _)| name == door);
        let address = |socket: &OwnedFd| TcpListener::from(socket.try_clone().ok()?).local_addr().ok();
        of_door.filter_map(|(_, socket)| address(socket)).collect()
    }

    /// What it has, in words.
    fn describe(&self) -> String {
        let doors = ["http", "sftp", "metrics"].into_iter();
        let at = |door| self.addresses(door).into_iter().map(move |address| format!("{door} {address}"));
        let has: Vec<String> = doors.flat_map(at).collect();
        let roles: Vec<&str> = self.sockets.iter().filter_map(|(name, _)| claims::role_of(name)).collect();
        let roles = if roles.is_empty() { String::new() } else { format!(" (roles {})", roles.join(", ")) };
        format!("one has {}{roles}", has.join(", "))
    }
}
