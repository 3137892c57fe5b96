//! Mail by SMTP (RFC 5321), one message a recipient, so that each can be unsubscribed by itself.
//!
//! The steps are taken one by one, as the moment matters at which a message is written down as in hand: after the
//! server has taken the recipient, and before it gets the message. A program that is killed later cannot know whether
//! the message arrived.

use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{SmtpConnection as Connection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail as MailCommand, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use model::HandOver;

/// How long a server may take for one answer (RFC 5321, 4.5.3.2, gives minutes to the slowest).
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// How a mail server is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Protection {
    /// In the clear: only for a server on this machine.
    None,
    /// In the clear at first; the connection is refused where the server cannot go over to TLS.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// A mail server that cannot be used as given.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SmtpError(String);

/// Where mail is handed over, and from whom it comes.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpSettings {
    host: String,
    port: u16,
    protection: Protection,
    credentials: Option<(String, String)>,
    from: Address,
}

/// A mail server.
#[derive(Clone)]
pub struct Smtp {
    settings: SmtpSettings,
}

/// A conversation with a mail server.
pub struct SmtpConnection {
    connection: Connection,
    from: Address,
}

/// One message to one recipient.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mail {
    /// Where to.
    pub to: String,
    /// Whose it is, for people.
    pub from_name: String,
    /// The subject.
    pub subject: String,
    /// Its language (BCP 47).
    pub language: String,
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// What tells it from all other messages.
    pub id: String,
    /// The address that ends the subscription with one click.
    pub unsubscribe: Option<String>,
}

impl SmtpSettings {
    /// Reads `smtp://host:25` (a server on this machine only), `smtp+starttls://host:587`, `smtps://host:465`.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn new(url: &str, credentials: Option<(String, String)>, from: &str) -> Result<SmtpSettings, SmtpError> {
        let refuse = |what: &str| SmtpError(format!("{what}: write smtp+starttls://mail.example.org:587, or smtps://"));
        let (scheme, rest) = url.split_once("://").ok_or_else(|| refuse("this is no mail server"))?;
        let (protection, usual_port) = match scheme {
            "smtp" => (Protection::None, 25),
            "smtp+starttls" => (Protection::StartTls, 587),
            "smtps" => (Protection::Tls, 465),
            _ => return Err(refuse("this is no mail server")),
        };
        let rest = rest.trim_end_matches('/');
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| refuse("this is no port"))?),
            None => (rest, usual_port),
        };
        let is_here = matches!(host, "127.0.0.1" | "localhost" | "::1" | "[::1]");
        if host.is_empty() || (protection == Protection::None && !is_here) {
            return Err(refuse("mail to another machine goes over TLS only"));
        }
        let from = from.parse().map_err(|_| SmtpError(format!("{from:?} is no mail address to send from")))?;
        Ok(SmtpSettings { host: host.to_owned(), port, protection, credentials, from })
    }
}

/// Without the password.
impl std::fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpSettings({}:{}, {:?})", self.host, self.port, self.protection)
    }
}

impl Smtp {
    /// A mail server with these settings.
    pub fn new(settings: SmtpSettings) -> Smtp {
        Smtp { settings }
    }

    /// Begins a conversation, signed in where credentials were given.
    ///
    /// # Errors
    /// The server cannot be reached, has no TLS where it must, or does not let us in.
    pub fn connect(&self) -> Result<SmtpConnection, SmtpError> {
        let settings = &self.settings;
        let told = |error: lettre::transport::smtp::Error| SmtpError(words(&error));
        let hello = ClientId::Domain(settings.from.domain().to_owned());
        let tls = || TlsParameters::new_rustls(settings.host.trim_matches(['[', ']']).to_owned()).map_err(told);
        let place = (settings.host.trim_matches(['[', ']']), settings.port);
        let at_once = if settings.protection == Protection::Tls { Some(tls()?) } else { None };
        let mut connection =
            Connection::connect(place, Some(ANSWER_TIMEOUT), &hello, at_once.as_ref(), None).map_err(told)?;
        if settings.protection == Protection::StartTls {
            connection.starttls(&tls()?, &hello).map_err(told)?;
        }
        if let Some((user, password)) = &settings.credentials {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).map_err(told)?;
        }
        Ok(SmtpConnection { connection, from: settings.from.clone() })
    }
}

impl SmtpConnection {
    /// Whether the conversation can go on.
    pub fn is_usable(&self) -> bool {
        !self.connection.has_broken()
    }

    /// Ends the conversation.
    pub fn quit(mut self) {
        // Nothing depends on the goodbye.
        let _ = self.connection.quit();
    }

    /// Hands a message over. `take_in_hand` is called when the server has taken the recipient: when it says no, nothing
    /// is handed over, and `None` is given.
    pub fn hand_over(&mut self, mail: &Mail, take_in_hand: impl FnOnce() -> bool) -> Option<HandOver> {
        let (to, message) = match self.message(mail) {
            Ok(message) => message,
            Err(error) => return Some(HandOver::Refused(error.0)),
        };
        let recipient = self
            .connection
            .command(MailCommand::new(Some(self.from.clone()), Vec::new()))
            .and_then(|_| self.connection.command(Rcpt::new(to, Vec::new())));
        if let Err(error) = recipient {
            self.start_afresh();
            return Some(answered(&error));
        }
        if !take_in_hand() {
            self.start_afresh();
            return None;
        }
        if let Err(error) = self.connection.command(Data) {
            self.start_afresh();
            return Some(answered(&error));
        }
        Some(match self.connection.message(&message) {
            Ok(response) => HandOver::Taken(response.message().collect::<Vec<_>>().join(" ")),
            Err(error) if error.is_permanent() || error.is_transient() => {
                self.start_afresh();
                answered(&error)
            }
            Err(error) => {
                self.connection.abort();
                HandOver::Unknown(words(&error))
            }
        })
    }

    /// After a refusal the next message begins anew; a conversation that broke off is over.
    fn start_afresh(&mut self) {
        if self.connection.command(Rset).is_err() {
            self.connection.abort();
        }
    }

    fn message(&self, mail: &Mail) -> Result<(Address, Vec<u8>), SmtpError> {
        let unfit = |what: &str| SmtpError(format!("the message cannot be written: {what}"));
        let to: Address = mail.to.parse().map_err(|_| unfit("this is no mail address"))?;
        let domain = self.from.domain();
        let mut builder = Message::builder()
            .from(Mailbox::new(Some(mail.from_name.clone()), self.from.clone()))
            .to(Mailbox::new(None, to.clone()))
            .subject(mail.subject.clone())
            .message_id(Some(format!("<{}@{domain}>", mail.id)));
        let mut raw = vec![
            ("Content-Language", mail.language.clone()),
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("List-Id", format!("<notices.{domain}>")),
        ];
        if let Some(address) = &mail.unsubscribe {
            raw.push(("List-Unsubscribe", format!("<{address}>")));
            raw.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        for (name, value) in raw {
            let name = HeaderName::new_from_ascii_str(name);
            builder = builder.raw_header(HeaderValue::new(name, value));
        }
        let part = |kind: ContentType, body: &str| SinglePart::builder().header(kind).body(body.to_owned());
        let parts = MultiPart::alternative()
            .singlepart(part(ContentType::TEXT_PLAIN, &mail.text))
            .singlepart(part(ContentType::TEXT_HTML, &mail.html));
        let message = builder.multipart(parts).map_err(|error| unfit(&error.to_string()))?;
        Ok((to, message.formatted()))
    }
}

fn answered(error: &lettre::transport::smtp::Error) -> HandOver {
    if error.is_permanent() { HandOver::Refused(words(error)) } else { HandOver::Later(words(error)) }
}

/// An error with its causes.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words.push_str(": ");
            words.push_str(&more);
        }
        cause = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::SmtpSettings;

    #[test]
    fn mail_leaves_this_machine_over_tls_only() {
        let settings = |url: &str| SmtpSettings::new(url, None, "notices@iis.example.org");
        for url in ["smtp://127.0.0.1:2525", "smtp+starttls://mail.example.org", "smtps://mail.example.org:465/"] {
            assert!(settings(url).is_ok(), "{url}");
        }
        for url in ["smtp://mail.example.org", "mail.example.org:25", "smtps://", "smtps://host:x", "http://127.0.0.1"]
        {
            assert!(settings(url).is_err(), "{url}");
        }
        assert!(SmtpSettings::new("smtps://mail.example.org", None, "nobody").is_err());
    }
}
