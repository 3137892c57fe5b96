//! Subscriptions: who wants to be told, asked for twice, ended with one click.
//!
//! Whoever names an address on a page is not its owner for sure: the first mail asks, and nothing more is sent before
//! the answer. Operators may vouch for addresses that they know.

use jiff::{SignedDuration, Timestamp};
use model::{
    Audience, Channel, DeliveryState, NoticeDelivery, NoticeKind, NoticeMade, OrganizationId, Subscription,
    SubscriptionId, SubscriptionState, SubscriptionWay, WindowId,
};
use notices::Language;
use notices::tokens::{self, Purpose};
use uuid::Uuid;

use crate::{Admission, Registry, RegistryError};

/// Days for which a confirmation is waited for.
const CONFIRMATION_DAYS: u32 = 7;
/// The shortest time between two mails that ask one address to confirm.
const ASKED_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Subscriptions asked for on pages and not confirmed, within a day, at most: a flood of invented ones ends here.
const UNCONFIRMED_MAXIMUM: usize = 500;
/// Letters of an address at most (RFC 5321, 4.5.3.1.3).
const ADDRESS_LENGTH_MAXIMUM: usize = 254;

/// A subscription to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSubscription {
    /// Its id, made by the caller.
    pub id: SubscriptionId,
    /// As whom.
    pub audience: Audience,
    /// How.
    pub way: SubscriptionWay,
    /// Where to.
    pub address: String,
    /// Of which kinds; empty for all.
    pub kinds: Vec<NoticeKind>,
    /// Of which doors; empty for all.
    pub channels: Vec<Channel>,
    /// In which language.
    pub language: Language,
    /// Whose.
    pub organization_id: Option<OrganizationId>,
    /// The secret for signatures; empty for mail.
    pub secret: String,
}

/// Who says that a subscription is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Consent<'a> {
    /// An operator vouches for it.
    Vouched,
    /// Whoever reads the mail there is asked, with a link to the public pages at this address.
    Asked(&'a str),
}

impl Registry {
    /// Keeps a subscription: at once when an operator vouches for it, or else until it is confirmed. One of the same
    /// address and audience is replaced when an operator vouches, and left alone when it is confirmed already.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when the address is none, or too many wait to be confirmed.
    pub fn subscribe(
        &self,
        _admission: &Admission,
        new: NewSubscription,
        consent: Consent<'_>,
        now: Timestamp,
    ) -> Result<Subscription, RegistryError> {
        check_address(new.way, &new.address)?;
        let mut subscription = of_new(new, now);
        let known = self.database().subscriptions()?;
        let same = known.iter().find(|known| {
            known.recipient_key() == subscription.recipient_key() && known.audience == subscription.audience
        });
        if let Some(same) = same {
            subscription.id = same.id;
        }
        let Consent::Asked(public_url) = consent else {
            subscription.state = SubscriptionState::Confirmed;
            self.database().put_subscriptions(std::slice::from_ref(&subscription))?;
            return Ok(subscription);
        };
        match same {
            Some(same) if same.state == SubscriptionState::Confirmed => return Ok(same.clone()),
            Some(same) if same.state == SubscriptionState::Pending && same.created_at + ASKED_AGAIN_AFTER > now => {
                return Ok(same.clone());
            }
            _ => {}
        }
        let is_new = |known: &&Subscription| {
            known.state == SubscriptionState::Pending && known.created_at + SignedDuration::from_hours(24) > now
        };
        if known.iter().filter(is_new).count() >= UNCONFIRMED_MAXIMUM {
            return Err(RegistryError::Refused("too many subscriptions wait to be confirmed; try tomorrow".into()));
        }
        self.database().put_subscriptions(std::slice::from_ref(&subscription))?;
        self.ask_to_confirm(&subscription, public_url, now)?;
        Ok(subscription)
    }

    /// Whether each of these can be kept.
    ///
    /// # Errors
    /// The place of the first that cannot, and why.
    pub fn check_subscriptions(
        &self,
        _admission: &Admission,
        new: &[NewSubscription],
    ) -> Result<(), (usize, RegistryError)> {
        let mut all = new.iter().enumerate();
        all.try_for_each(|(place, new)| check_address(new.way, &new.address).map_err(|why| (place, why)))
    }

    /// Keeps many subscriptions for which an operator vouches, all or nothing. Gives their number.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] naming the first address that is none.
    pub fn import_subscriptions(
        &self,
        admission: &Admission,
        new: Vec<NewSubscription>,
        now: Timestamp,
    ) -> Result<usize, RegistryError> {
        self.check_subscriptions(admission, &new).map_err(|(_, why)| why)?;
        let confirmed = |new| Subscription { state: SubscriptionState::Confirmed, ..of_new(new, now) };
        let subscriptions: Vec<Subscription> = new.into_iter().map(confirmed).collect();
        self.database().put_subscriptions(&subscriptions)?;
        Ok(subscriptions.len())
    }

    /// All subscriptions, by recipient.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn subscriptions(&self, _admission: &Admission) -> Result<Vec<Subscription>, RegistryError> {
        Ok(self.database().subscriptions()?)
    }

    /// The subscription that a signed link is for; `None` for a link that is none of ours, or too old.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn subscription_of_link(
        &self,
        _admission: &Admission,
        purpose: Purpose,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Subscription>, RegistryError> {
        let Some(id) = tokens::read(&self.notice_secret()?, purpose, token) else { return Ok(None) };
        let days = SignedDuration::from_hours(24 * i64::from(CONFIRMATION_DAYS));
        let found = self.database().find_subscription(id)?;
        Ok(found.filter(|known| match purpose {
            Purpose::End => true,
            Purpose::Confirm => known.state == SubscriptionState::Confirmed || known.created_at + days > now,
        }))
    }

    /// Follows a signed link: confirms a subscription, or ends it. Twice is as good as once. `None` as above.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn follow_link(
        &self,
        admission: &Admission,
        purpose: Purpose,
        token: &str,
        now: Timestamp,
    ) -> Result<Option<Subscription>, RegistryError> {
        let Some(known) = self.subscription_of_link(admission, purpose, token, now)? else { return Ok(None) };
        match purpose {
            // Who has ended a subscription does not begin it again by an old mail.
            Purpose::Confirm if known.state == SubscriptionState::Ended => return Ok(None),
            Purpose::Confirm => self.database().change_subscription(known.id, SubscriptionState::Confirmed, now)?,
            Purpose::End => self.end_subscription(admission, known.id, now)?,
        }
        Ok(Some(known))
    }

    /// Ends a subscription, and drops what waits for it.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn end_subscription(
        &self,
        _admission: &Admission,
        id: SubscriptionId,
        now: Timestamp,
    ) -> Result<(), RegistryError> {
        self.database().change_subscription(id, SubscriptionState::Ended, now)?;
        Ok(self.database().drop_deliveries(id, now)?)
    }

    fn ask_to_confirm(&self, new: &Subscription, public_url: &str, now: Timestamp) -> Result<(), RegistryError> {
        let token = tokens::sign(&self.notice_secret()?, Purpose::Confirm, new.id);
        let link = format!("{}/subscription/confirm?token={token}", public_url.trim_end_matches('/'));
        let language = Language::parse(&new.language).unwrap_or(Language::English);
        let text = self.composer(language, Some(public_url)).confirmation(&link, CONFIRMATION_DAYS);
        let window_id = WindowId(Uuid::nil());
        let occasion = format!("confirmation/{}/{}", new.id, now.as_second());
        let delivery = NoticeDelivery {
            window_id,
            occasion: occasion.clone(),
            recipient_key: new.recipient_key(),
            subscription_id: Some(new.id),
            audience: new.audience,
            language: new.language.clone(),
            way: new.way,
            address: new.address.clone(),
            state: DeliveryState::Waiting,
            try_count: 0,
            next_try_at: now,
            changed_at: now,
            node: String::new(),
            detail: String::new(),
        };
        let notice =
            NoticeMade { window_id, occasion, made_at: now, ends_window: false, texts: vec![(new.audience, text)] };
        self.database().insert_notice(&notice, &[delivery])?;
        Ok(())
    }
}

fn of_new(new: NewSubscription, now: Timestamp) -> Subscription {
    Subscription {
        id: new.id,
        audience: new.audience,
        way: new.way,
        address: new.address.trim().to_owned(),
        kinds: new.kinds,
        channels: new.channels,
        language: new.language.tag().to_owned(),
        organization_id: new.organization_id,
        secret: new.secret,
        state: SubscriptionState::Pending,
        created_at: now,
        changed_at: now,
    }
}

/// Whether an address can be one: what it really is, only a mail or a call can tell.
pub(crate) fn check_address(way: SubscriptionWay, address: &str) -> Result<(), RegistryError> {
    let address = address.trim();
    let refuse = |what: &str| Err(RegistryError::Refused(format!("{what}: {address:?}")));
    let is_plain = address.len() <= ADDRESS_LENGTH_MAXIMUM
        && !address
            .contains(|letter: char| letter.is_whitespace() || letter.is_control() || "<>\"(),;".contains(letter));
    match way {
        SubscriptionWay::Email => match address.split_once('@') {
            Some((local, domain))
                if is_plain && !local.is_empty() && domain.contains('.') && !domain.contains(['@', '/']) =>
            {
                Ok(())
            }
            _ => refuse("this is no mail address"),
        },
        SubscriptionWay::Webhook => {
            let is_local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
            let is_safe = address.starts_with("https://") || is_local.iter().any(|start| address.starts_with(start));
            if is_plain && is_safe { Ok(()) } else { refuse("a webhook's address begins with https://") }
        }
    }
}
