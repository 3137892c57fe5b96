//! The postman of a node: makes the notices that are due and hands them over, by mail and to programs that listen.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use model::{HandOver, NoticeDelivery, SubscriptionWay};
use post::{Mail, Smtp, SmtpConnection, SmtpSettings, Webhook, Webhooks};
use registry::notices::{html, plain_text};
use registry::{Admission, Letter, Registry, RegistryError};

use crate::ending::Failure;
use crate::{place, world};

/// Notices that are read at once.
const DUE_AT_ONCE: u32 = 1_000;
/// Conversations with the mail server at once at most; servers rarely take more of one sender.
const CONVERSATIONS_MAXIMUM: usize = 8;
/// Mails that are worth another conversation.
const MAILS_FOR_A_CONVERSATION: usize = 50;
/// How long a mail server that could not be reached is left alone.
const SERVER_PAUSE: Duration = Duration::from_secs(15);

/// Refuses what no browser could open.
pub(crate) fn check_public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    match rest.is_empty() || rest.starts_with('/') || rest.contains(char::is_whitespace) {
        true => Err("write it as people type it: https://iis.example.org".to_owned()),
        false => Ok(text.to_owned()),
    }
}

/// How notices leave the program.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PostSettings {
    /// The address under which people reach the web application, for links in notices: https://iis.example.org
    #[arg(long, value_name = "URL", env = "BLUEBONNET_PUBLIC_URL", value_parser = check_public_url)]
    pub(crate) public_url: Option<String>,
    /// The mail server: smtp+starttls://mail.example.org:587 or smtps://; smtp:// for one on this machine. Without it
    /// notices wait
    #[arg(long, value_name = "URL", env = "BLUEBONNET_SMTP", requires = "mail_from")]
    smtp: Option<String>,
    /// Whom mail comes from
    #[arg(long, value_name = "ADDRESS", env = "BLUEBONNET_MAIL_FROM")]
    mail_from: Option<String>,
    /// The user name at the mail server
    #[arg(long, value_name = "NAME", env = "BLUEBONNET_SMTP_USER", requires = "smtp_password")]
    smtp_user: Option<String>,
    /// The password at the mail server; better given by the environment
    #[arg(long, value_name = "WORD", env = "BLUEBONNET_SMTP_PASSWORD", hide_env_values = true)]
    smtp_password: Option<String>,
}

impl PostSettings {
    /// How to reach the mail server, if there is one.
    pub(crate) fn smtp(&self) -> Result<Option<SmtpSettings>, Failure> {
        let credentials = self.smtp_user.clone().zip(self.smtp_password.clone());
        let Some((url, from)) = self.smtp.as_ref().zip(self.mail_from.as_ref()) else { return Ok(None) };
        let settings = SmtpSettings::new(url, credentials, from);
        Ok(Some(settings.map_err(|error| Failure::Usage(error.to_string()))?))
    }

    /// The postman of a node.
    pub(crate) fn postman(&self, registry: &Registry, node: &str) -> Result<Postman, Failure> {
        Ok(Postman {
            registry: registry.clone(),
            node: node.to_owned(),
            public_url: self.public_url.clone(),
            smtp: self.smtp()?.map(Smtp::new),
            webhooks: Webhooks::new(),
            server_is_away_until: Arc::default(),
        })
    }
}

/// Makes notices and hands them over. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Postman {
    registry: Registry,
    node: String,
    public_url: Option<String>,
    smtp: Option<Smtp>,
    webhooks: Webhooks,
    server_is_away_until: Arc<Mutex<Option<Instant>>>,
}

impl Postman {
    /// Settles what this node had in hand when it ended, and makes the key of links where there is none.
    pub(crate) fn begin(&self) -> Result<(), Failure> {
        let admission = place::admit(&self.registry)?;
        self.registry.keep_notice_secret(&admission, world::random_bytes())?;
        let settled = self.registry.settle_deliveries(&admission, &self.node, world::now())?;
        if settled > 0 {
            tracing::warn!(settled, "notices were in hand when the program ended; see `bluebonnet notice list`");
        }
        Ok(())
    }

    /// One round: makes what is due, hands over what waits.
    pub(crate) fn round(&self) {
        let Ok(admission) = place::admit(&self.registry) else { return };
        let made = self.registry.make_notices(&admission, self.public_url.as_deref(), world::now());
        for ended in [made.map(drop), self.deliver(&admission)] {
            match ended {
                Ok(()) => {}
                Err(error) if error.is_transient() => tracing::debug!(%error, "notices wait for the database"),
                Err(error) => tracing::error!(%error, "a notice of maintenance could not be made or handed over"),
            }
        }
    }

    fn deliver(&self, admission: &Admission) -> Result<(), RegistryError> {
        // Each way has a list of its own: however many mails wait for their server, programs are told, and a program that
        // listens and is slow keeps no mail waiting.
        let due = |way| self.registry.due_deliveries(admission, way, world::now(), DUE_AT_ONCE);
        if self.smtp.is_some() {
            self.mail_all(admission, due(SubscriptionWay::Email)?)?;
        }
        for delivery in due(SubscriptionWay::Webhook)? {
            if self.registry.gate().is_stopping() {
                break;
            }
            self.post(admission, &delivery)?;
        }
        Ok(())
    }

    /// Mails in several conversations at once, where there are many: of one message a conversation mostly waits for the
    /// other side, and tens of thousands are to be told in time.
    fn mail_all(&self, admission: &Admission, mails: Vec<NoticeDelivery>) -> Result<(), RegistryError> {
        let conversations = (mails.len() / MAILS_FOR_A_CONVERSATION + 1).min(CONVERSATIONS_MAXIMUM);
        let waiting = Mutex::new(mails.into_iter());
        std::thread::scope(|scope| {
            let waiting = &waiting;
            let begin = |number| scope.spawn(move || self.converse(admission, waiting, number == 0));
            let conversations: Vec<_> = (0..conversations).map(begin).collect();
            let ended = conversations.into_iter().map(|conversation| conversation.join());
            ended.map(|ended| ended.unwrap_or_else(|panic| resume_unwind(panic))).fold(Ok(()), Result::and)
        })
    }

    /// Hands over what waits, one mail after another, until nothing does or the mail server is away.
    fn converse(
        &self,
        admission: &Admission,
        waiting: &Mutex<std::vec::IntoIter<NoticeDelivery>>,
        is_first: bool,
    ) -> Result<(), RegistryError> {
        let mut connection = None;
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
        while !self.registry.gate().is_stopping()
            && let Some(delivery) = next()
        {
            if connection.as_ref().is_none_or(|open: &SmtpConnection| !open.is_usable()) {
                connection = self.connect(is_first);
            }
            let Some(connection) = &mut connection else { break };
            self.mail(admission, &delivery, connection)?;
        }
        if let Some(connection) = connection.filter(SmtpConnection::is_usable) {
            connection.quit();
        }
        Ok(())
    }

    fn mail(
        &self,
        admission: &Admission,
        delivery: &NoticeDelivery,
        connection: &mut SmtpConnection,
    ) -> Result<(), RegistryError> {
        let Some(letter) = self.letter(admission, delivery)? else { return Ok(()) };
        let mail = Mail {
            to: delivery.address.clone(),
            from_name: letter.from_name.clone(),
            subject: letter.notice.subject.clone(),
            language: letter.notice.language.clone(),
            text: plain_text(&letter.notice, &letter.footer),
            html: html(&letter.notice, &letter.footer),
            id: letter.id.clone(),
            unsubscribe: letter.unsubscribe.clone(),
        };
        let mut failed = None;
        let how = connection.hand_over(&mail, || {
            let begun = self.registry.begin_delivery(admission, delivery, &self.node, world::now());
            begun.unwrap_or_else(|error| {
                failed = Some(error);
                false
            })
        });
        match (failed, how) {
            (Some(error), _) => Err(error),
            (None, None) => Ok(()),
            (None, Some(how)) => self.end(admission, delivery, &how),
        }
    }

    fn post(&self, admission: &Admission, delivery: &NoticeDelivery) -> Result<(), RegistryError> {
        let Some(letter) = self.letter(admission, delivery)? else { return Ok(()) };
        let now = world::now();
        if !self.registry.begin_delivery(admission, delivery, &self.node, now)? {
            return Ok(());
        }
        let webhook = Webhook {
            address: delivery.address.clone(),
            secret: letter.secret,
            id: letter.id,
            occasion: delivery.occasion.clone(),
            window_id: delivery.window_id.to_string(),
            timestamp: now.as_second(),
        };
        let how = self.webhooks.hand_over(&webhook, &letter.notice);
        self.end(admission, delivery, &how)
    }

    fn letter(&self, admission: &Admission, delivery: &NoticeDelivery) -> Result<Option<Letter>, RegistryError> {
        self.registry.letter(admission, delivery, self.public_url.as_deref())
    }

    fn end(&self, admission: &Admission, delivery: &NoticeDelivery, how: &HandOver) -> Result<(), RegistryError> {
        let state = self.registry.end_delivery(admission, delivery, delivery.try_count + 1, how, world::now())?;
        let (occasion, state) = (delivery.occasion.as_str(), state.word());
        metrics::counter!("bluebonnet_notices_total", "state" => state).increment(1);
        match how {
            HandOver::Taken(_) => tracing::debug!(occasion, state, "a notice was handed over"),
            HandOver::Later(detail) => tracing::info!(occasion, state, detail, "a notice was not taken yet"),
            HandOver::Refused(detail) | HandOver::Unknown(detail) => {
                tracing::warn!(occasion, state, detail, "a notice needs a look; see `bluebonnet notice list`");
            }
        }
        Ok(())
    }

    /// A conversation with the mail server; `None` while it cannot be reached, or there is none.
    fn connect(&self, is_first: bool) -> Option<SmtpConnection> {
        let smtp = self.smtp.as_ref()?;
        let mut away_until = self.server_is_away_until.lock().unwrap_or_else(PoisonError::into_inner);
        if away_until.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        match smtp.connect() {
            Ok(connection) => {
                *away_until = None;
                Some(connection)
            }
            // A server may allow one sender few conversations.
            Err(error) if !is_first => {
                tracing::debug!(%error, "the mail server takes no further conversation");
                None
            }
            Err(error) => {
                tracing::warn!(%error, "the mail server cannot be used; notices wait");
                *away_until = Some(Instant::now() + SERVER_PAUSE);
                None
            }
        }
    }
}
