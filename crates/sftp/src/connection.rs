//! One SSH connection: who is there, and what they may open. There is no shell, no command, no forwarding.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use model::Caller;
use registry::SignInRefused;
use russh::keys::{Algorithm, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelOpenFailure, Disconnect, Pty};
use tokio::sync::{mpsc, watch};

use crate::doorstep::Visit;
use crate::limits::CHANNELS_MAXIMUM;
use crate::pace::Paces;
use crate::server::FileDoor;
use crate::session::{self, Pace, SUBSYSTEM};
use crate::tree::Tree;
use crate::{held, keys};

/// The method of whoever signs in with a key, in logs.
const PUBLIC_KEY: &str = "public key";
/// Why a known key was refused, in logs.
const OUTDATED: &str = "the key is known, but signs with SHA-1, which is not accepted";

/// A connection's state.
pub(crate) struct Connection {
    pub(crate) door: Arc<FileDoor>,
    pub(crate) paces: Arc<Paces>,
    pub(crate) peer: SocketAddr,
    pub(crate) visit: Visit,
    pub(crate) caller: Option<Caller>,
    /// What was refused until somebody signed in.
    pub(crate) refused: Refused,
    /// Hears when the door stops.
    pub(crate) stop: watch::Receiver<bool>,
    /// Tells that somebody signed in.
    pub(crate) signed_in: watch::Sender<bool>,
    /// Held by every session; when all are gone the connection may end. It begins no more then.
    pub(crate) at_work: mpsc::WeakSender<()>,
}

/// What a connection was refused. A client offers one key after the other, and is to come in with the sixth as with the
/// first: keys are refused when it goes away without having come in, and once.
#[derive(Default)]
pub(crate) struct Refused {
    /// The user names for which keys were offered, and why the last one was refused if it was not for being unknown.
    keys_of: Vec<(String, Option<&'static str>)>,
    /// Whether a password was counted already.
    has_password: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.caller.is_some() || self.refused.has_password {
            return;
        }
        for (user, why) in &self.refused.keys_of {
            let reason = self.door.accounts.refuse_keys(user, self.peer.ip(), now());
            match why {
                Some(why) if reason == SignInRefused::KeyUnknown => self.tell_refused(user, PUBLIC_KEY, why),
                _ => self.tell_refused(user, PUBLIC_KEY, &reason),
            }
        }
    }
}

impl Connection {
    /// `why`: for the log, where it is another reason than that the key is not known.
    fn refuse_key(&mut self, user: &str, why: Option<&'static str>) -> Auth {
        match self.refused.keys_of.iter_mut().find(|(known, _)| known == user) {
            Some((_, known)) => *known = known.or(why),
            None => self.refused.keys_of.push((user.to_owned(), why)),
        }
        Auth::reject()
    }

    /// For the operator alone: the client is told the same whatever the reason.
    fn tell_refused(&self, user: &str, method: &'static str, reason: &dyn std::fmt::Display) {
        let source = self.peer.ip();
        // A name that is not known may be a password typed into the wrong field.
        let username = if self.door.accounts.knows(user) { user } else { "unknown" };
        tracing::warn!(username, %source, method, %reason, "sign-in refused at the file door");
        metrics::counter!("bluebonnet_sftp_sign_ins_total", "outcome" => "refused").increment(1);
    }

    fn let_in(&mut self, user: &str, method: &'static str, result: Result<Caller, SignInRefused>) -> Auth {
        let source = self.peer.ip();
        match result {
            Ok(caller) => {
                let organization = caller.organization_code.as_str();
                tracing::info!(username = caller.username, organization, %source, method, "signed in to the file door");
                metrics::counter!("bluebonnet_sftp_sign_ins_total", "outcome" => "signed_in").increment(1);
                self.caller = Some(caller);
                Auth::Accept
            }
            Err(_) if method == PUBLIC_KEY => self.refuse_key(user, None),
            Err(reason) => {
                self.refused.has_password = true;
                self.tell_refused(user, method, &reason);
                Auth::reject()
            }
        }
    }
}

impl Handler for Connection {
    type Error = russh::Error;

    async fn authentication_banner(&mut self) -> Result<Option<String>, Self::Error> {
        Ok(held::banner(&self.door.gate))
    }

    async fn auth_password(&mut self, user: &str, password: &str) -> Result<Auth, Self::Error> {
        let result = self.door.accounts.sign_in_with_password(user, password, self.peer.ip(), now()).await;
        Ok(self.let_in(user, "password", result))
    }

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        let fingerprint = keys::fingerprint(offer.public_key);
        let is_known = self.door.accounts.accepts_key(user, &fingerprint, self.peer.ip(), now());
        Ok(match (is_known, is_outdated(offer.algorithm)) {
            (true, false) => Auth::Accept,
            (true, true) => self.refuse_key(user, Some(OUTDATED)),
            (false, _) => self.refuse_key(user, None),
        })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        if is_outdated(key.algorithm) {
            return Ok(self.refuse_key(user, Some(OUTDATED)));
        }
        let key: &PublicKey = key.public_key;
        let result = self.door.accounts.sign_in_with_key(user, &keys::fingerprint(key), self.peer.ip(), now());
        Ok(self.let_in(user, PUBLIC_KEY, result))
    }

    async fn auth_succeeded(&mut self, _session: &mut Session) -> Result<(), Self::Error> {
        self.visit.introduce();
        self.signed_in.send_replace(true);
        Ok(())
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(caller) = self.caller.as_ref().filter(|caller| self.door.accounts.still_knows(caller)) else {
            // The account was deactivated while the connection stood.
            session.disconnect(Disconnect::ByApplication, "the account may not be used any more", "en")?;
            return Ok(());
        };
        // One more than there are sessions: the connection's own.
        let Some(at_work) = self.at_work.upgrade().filter(|_| self.at_work.strong_count() <= CHANNELS_MAXIMUM + 2)
        else {
            reply.reject(ChannelOpenFailure::ResourceShortage).await;
            return Ok(());
        };
        let tree = Tree::new(&self.door, caller.clone());
        let (stop, idle_timeout) = (self.stop.clone(), self.door.limits.idle_timeout);
        let pace = Pace { paces: self.paces.clone(), account: caller.username.clone() };
        tokio::spawn(async move {
            session::serve(channel, tree, pace, idle_timeout, stop).await;
            drop(at_work);
        });
        reply.accept().await;
        Ok(())
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        if name == SUBSYSTEM { session.channel_success(channel) } else { session.channel_failure(channel) }
    }

    async fn exec_request(&mut self, channel: ChannelId, _: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: u32,
        _: u32,
        _: u32,
        _: u32,
        _: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn x11_request(
        &mut self,
        channel: ChannelId,
        _: bool,
        _: &str,
        _: &str,
        _: u32,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn agent_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<bool, Self::Error> {
        session.channel_failure(channel)?;
        Ok(false)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _: &str,
        _: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }
}

/// RSA with SHA-1 is broken; the same key signs with SHA-2, too.
fn is_outdated(algorithm: &Algorithm) -> bool {
    matches!(algorithm, Algorithm::Rsa { hash: None } | Algorithm::Dsa)
}

#[expect(clippy::disallowed_methods, reason = "the door reads the clock")]
fn now() -> Timestamp {
    Timestamp::now()
}
