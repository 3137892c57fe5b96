//! Handing notices over: which are due, who has one in hand, what became of it.
//!
//! A notice is written down as in hand before it is handed over, so that no second node and no next start sends it
//! again. Mail that was in hand when the program was killed may have arrived: it is kept as uncertain.

use jiff::{SignedDuration, Timestamp};
use model::{Audience, DeliveryState, HandOver, Notice, NoticeDelivery, SubscriptionWay};
use notices::Language;
use notices::tokens::{self, Purpose};
use sha2::{Digest, Sha256};

use crate::{Admission, Registry, RegistryError};

/// How long a node may have a notice in hand. Longer than the longest time-out of a hand-over.
const IN_HAND: SignedDuration = SignedDuration::from_mins(15);
/// How long is waited after the first, second ... failure. After the last the notice is given up.
const WAITS: [SignedDuration; 7] = [
    SignedDuration::from_mins(1),
    SignedDuration::from_mins(3),
    SignedDuration::from_mins(10),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(6),
    SignedDuration::from_hours(12),
];
/// Letters of an answer that are kept.
const DETAIL_LENGTH_MAXIMUM: usize = 300;

/// A notice ready to be handed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// What it says.
    pub notice: Notice,
    /// The lines below it.
    pub footer: Vec<String>,
    /// The address that ends the subscription with one click (RFC 8058).
    pub unsubscribe: Option<String>,
    /// What tells this hand-over from all others: for `Message-ID` and for receivers that drop what they have.
    pub id: String,
    /// The secret for its signature; empty for mail.
    pub secret: String,
    /// Whose notice it is.
    pub from_name: String,
}

impl Registry {
    /// Settles what a node that starts now had in hand when it ended. Gives how many notices that were.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn settle_deliveries(&self, _admission: &Admission, node: &str, now: Timestamp) -> Result<u64, RegistryError> {
        Ok(self.database().settle_deliveries(node, now)?)
    }

    /// Notices that are due to be handed over, the longest due first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn due_deliveries(
        &self,
        _admission: &Admission,
        way: SubscriptionWay,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<NoticeDelivery>, RegistryError> {
        Ok(self.database().due_deliveries(way, now, limit)?)
    }

    /// Who was told what, and what became of it, the latest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn deliveries(&self, _admission: &Admission, limit: u32) -> Result<Vec<NoticeDelivery>, RegistryError> {
        Ok(self.database().deliveries(limit)?)
    }

    /// What is to be handed over; `None` when the notice is not there any more.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn letter(
        &self,
        _admission: &Admission,
        delivery: &NoticeDelivery,
        public_url: Option<&str>,
    ) -> Result<Option<Letter>, RegistryError> {
        let database = self.database();
        let (window_id, occasion) = (delivery.window_id, &delivery.occasion);
        let notice = database.find_notice(window_id, occasion, delivery.audience, &delivery.language)?;
        let Some(notice) = notice else { return Ok(None) };
        let is_confirmation = window_id.0.is_nil();
        let mut unsubscribe = None;
        if let (Some(id), Some(url), false) = (delivery.subscription_id, public_url, is_confirmation) {
            let token = tokens::sign(&self.notice_secret()?, Purpose::End, id);
            unsubscribe = Some(format!("{}/subscription/end?token={token}", url.trim_end_matches('/')));
        }
        let language = Language::parse(&delivery.language).unwrap_or(Language::English);
        let composer = self.composer(language, public_url);
        let footer = match (&unsubscribe, delivery.subscription_id) {
            (Some(link), _) => vec![composer.unsubscribe_sentence(), link.clone()],
            // The owner of a window is told as one who looks after systems, and knows why.
            (None, None) if delivery.audience != Audience::ItContacts => vec![composer.account_sentence()],
            (None, _) => Vec::new(),
        };
        let secret = match (delivery.way, delivery.subscription_id) {
            (SubscriptionWay::Webhook, Some(id)) => database.find_subscription(id)?.map(|known| known.secret),
            _ => None,
        };
        // An address is nothing for an id that other systems keep.
        let recipient = match delivery.subscription_id {
            Some(id) => id.to_string(),
            None => digest_of(&delivery.recipient_key),
        };
        Ok(Some(Letter {
            notice,
            footer,
            unsubscribe,
            id: format!("{window_id}.{}.{recipient}", occasion.replace('/', "-")),
            secret: secret.unwrap_or_default(),
            from_name: self.profile().registry.name.clone(),
        }))
    }

    /// Takes a notice in hand; false when another node has it, or it is done.
    ///
    /// # Errors
    /// When the database cannot be written: it must not be handed over then.
    pub fn begin_delivery(
        &self,
        _admission: &Admission,
        delivery: &NoticeDelivery,
        node: &str,
        now: Timestamp,
    ) -> Result<bool, RegistryError> {
        Ok(self.database().begin_delivery(delivery, node, now + IN_HAND, now)?)
    }

    /// Writes down how a hand-over went. `tried` counts it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn end_delivery(
        &self,
        _admission: &Admission,
        delivery: &NoticeDelivery,
        tried: u32,
        how: &HandOver,
        now: Timestamp,
    ) -> Result<DeliveryState, RegistryError> {
        let wait = WAITS.get(tried.saturating_sub(1) as usize);
        let (state, detail) = match how {
            HandOver::Taken(detail) => (DeliveryState::Delivered, detail),
            HandOver::Refused(detail) => (DeliveryState::Failed, detail),
            HandOver::Unknown(detail) if delivery.way == SubscriptionWay::Email => (DeliveryState::Uncertain, detail),
            HandOver::Later(detail) | HandOver::Unknown(detail) if wait.is_some() => (DeliveryState::Waiting, detail),
            HandOver::Later(detail) | HandOver::Unknown(detail) => (DeliveryState::Failed, detail),
        };
        let detail: String = detail.chars().filter(|letter| !letter.is_control()).take(DETAIL_LENGTH_MAXIMUM).collect();
        let next_try_at = wait.map_or(now, |wait| now + *wait);
        let ended =
            NoticeDelivery { state, next_try_at, changed_at: now, detail, try_count: tried, ..delivery.clone() };
        self.database().end_delivery(&ended)?;
        Ok(state)
    }
}

/// The beginning of the digest of a recipient, in hexadecimal digits.
fn digest_of(recipient_key: &str) -> String {
    Sha256::digest(recipient_key).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
