//! The listener: accepts connections, keeps them within limits, and ends them when the program stops.

use std::borrow::Cow;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use registry::{FileAccounts, Gate};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::server::{Config, run_stream};
use russh::{Disconnect, MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};
use spool::Spool;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::connection::{Connection, Refused};
use crate::doorstep::{Doorstep, Visit};
use crate::pace::Paces;
use crate::{HostKey, Limits};

/// What a client reads first. The version is nobody's business.
const GREETING: &str = "SSH-2.0-Bluebonnet";
/// Bytes that a client may send before it hears that there is room for more.
const WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// Bytes of one SSH packet's content.
const SSH_PACKET_BYTES: u32 = 32 * 1024;
/// Packets of a channel that wait for the session to read them.
const CHANNEL_BUFFER: usize = 64;
/// How long a listener rests that has no file descriptor left.
const REST: Duration = Duration::from_millis(100);

/// Everything that the file door needs. No database is among it.
#[derive(Clone)]
pub struct FileDoor {
    /// Whether files are taken, held, or refused.
    pub gate: Gate,
    /// Where files are kept.
    pub spool: Spool,
    /// Who may sign in.
    pub accounts: FileAccounts,
    /// By what clients know the server again.
    pub host_key: HostKey,
    /// What it grants.
    pub limits: Limits,
}

/// Serves files on one listener until `shutdown` completes, and then until the requests begun are answered. An upload
/// that is not finished then is kept, and resumed by its client.
pub async fn serve(listener: TcpListener, door: FileDoor, shutdown: impl Future<Output = ()>) {
    let door = Arc::new(door);
    let config = Arc::new(config(&door));
    let doorstep = Doorstep::new(door.limits);
    let paces = Arc::new(Paces::new(&door.limits));
    let (stop, _) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = accept(&listener) => accepted,
            Some(_) = connections.join_next() => continue,
            () = shutdown.as_mut() => break,
        };
        match doorstep.arrive(peer.ip(), Instant::now()) {
            Ok(visit) => {
                let (door, config, paces) = (door.clone(), config.clone(), paces.clone());
                let guest = Guest { door, config, paces, peer, stop: stop.subscribe() };
                connections.spawn(guest.serve(stream, visit));
            }
            Err(reason) => {
                metrics::counter!("bluebonnet_sftp_turned_away_total").increment(1);
                tracing::warn!(source = %peer.ip(), %reason, "connection turned away");
            }
        }
    }
    // Closing the listener sends newcomers to the program that follows this one.
    drop(listener);
    stop.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(door.limits.drain_timeout, drained).await.is_err() {
        tracing::warn!("stopped with file requests unanswered");
    }
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                // Out of file descriptors, most likely: connections that end make room.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

/// A connection that was let as far as the door.
struct Guest {
    door: Arc<FileDoor>,
    config: Arc<Config>,
    paces: Arc<Paces>,
    peer: SocketAddr,
    stop: watch::Receiver<bool>,
}

impl Guest {
    async fn serve(self, stream: TcpStream, visit: Visit) {
        let peer = self.peer;
        // The second handle on the connection ends it for certain, whatever waits inside.
        let Ok((stream, switch)) = with_switch(stream) else { return };
        if let Err(error) = self.serve_until_done(stream, visit).await {
            tracing::debug!(%peer, %error, "connection ended early");
        }
        let _ = switch.shutdown(Shutdown::Both);
    }

    async fn serve_until_done(mut self, stream: TcpStream, visit: Visit) -> Result<(), russh::Error> {
        let (signed_in, mut has_signed_in) = watch::channel(false);
        let (at_work, mut all_done) = mpsc::channel(1);
        let connection = Connection {
            door: self.door.clone(),
            paces: self.paces.clone(),
            peer: self.peer,
            visit,
            caller: None,
            refused: Refused::default(),
            stop: self.stop.clone(),
            signed_in,
            at_work: at_work.downgrade(),
        };
        let patience = tokio::time::sleep(self.door.limits.sign_in_timeout);
        let mut patience = std::pin::pin!(patience);
        let session = tokio::select! {
            session = run_stream(self.config.clone(), stream, connection) => session?,
            () = patience.as_mut() => return Ok(()),
            _ = self.stop.wait_for(|is_stopping| *is_stopping) => return Ok(()),
        };
        let handle = session.handle();
        let mut session = std::pin::pin!(session);
        let mut stopping = std::pin::pin!(self.stop.wait_for(|is_stopping| *is_stopping));
        let stays = tokio::select! {
            ended = session.as_mut() => return ended,
            () = patience.as_mut() => return Ok(()),
            _ = stopping.as_mut() => false,
            Ok(_) = has_signed_in.wait_for(|has_signed_in| *has_signed_in) => true,
        };
        if stays {
            tokio::select! {
                ended = session.as_mut() => return ended,
                _ = stopping => {}
            }
        }
        // The sessions hear of the stop themselves, and finish what they are at.
        drop(at_work);
        let _ = tokio::time::timeout(self.door.limits.drain_timeout, all_done.recv()).await;
        let words = "the server stops; what was answered OK is safe, resume the rest in a minute";
        let _ = handle.disconnect(Disconnect::ByApplication, words.to_owned(), "en".to_owned()).await;
        let _ = tokio::time::timeout(REST, session).await;
        Ok(())
    }
}

fn with_switch(stream: TcpStream) -> std::io::Result<(TcpStream, std::net::TcpStream)> {
    stream.set_nodelay(true)?;
    let stream = stream.into_std()?;
    let switch = stream.try_clone()?;
    Ok((TcpStream::from_std(stream)?, switch))
}

fn config(door: &FileDoor) -> Config {
    let limits = &door.limits;
    Config {
        server_id: SshId::Standard(GREETING.into()),
        methods: MethodSet::from(&[MethodKind::PublicKey, MethodKind::Password][..]),
        auth_rejection_time: limits.refusal_time,
        // The first question of a client, which methods there are, is no attempt.
        auth_rejection_time_initial: Some(Duration::ZERO),
        max_auth_attempts: limits.sign_in_attempts,
        keys: vec![door.host_key.key.clone()],
        window_size: WINDOW_BYTES,
        maximum_packet_size: SSH_PACKET_BYTES,
        channel_buffer_size: CHANNEL_BUFFER,
        preferred: algorithms(),
        inactivity_timeout: Some(limits.silence_timeout),
        nodelay: true,
        ..Config::default()
    }
}

/// What is offered: nothing with SHA-1, CBC or fewer than 112 bits of strength.
fn algorithms() -> Preferred {
    Preferred {
        kex: Cow::Borrowed(&[
            kex::MLKEM768X25519_SHA256,
            kex::CURVE25519,
            kex::CURVE25519_PRE_RFC_8731,
            kex::ECDH_SHA2_NISTP256,
            kex::ECDH_SHA2_NISTP384,
            kex::ECDH_SHA2_NISTP521,
            kex::DH_G18_SHA512,
            kex::DH_G16_SHA512,
            kex::DH_G14_SHA256,
            kex::EXTENSION_SUPPORT_AS_SERVER,
            kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
        ]),
        key: Cow::Borrowed(&[
            Algorithm::Ed25519,
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
            Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
            Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
            Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
        ]),
        cipher: Cow::Borrowed(&[
            cipher::CHACHA20_POLY1305,
            cipher::AES_256_GCM,
            cipher::AES_128_GCM,
            cipher::AES_256_CTR,
            cipher::AES_192_CTR,
            cipher::AES_128_CTR,
        ]),
        mac: Cow::Borrowed(&[mac::HMAC_SHA512_ETM, mac::HMAC_SHA256_ETM, mac::HMAC_SHA512, mac::HMAC_SHA256]),
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::DEFAULT
    }
}
