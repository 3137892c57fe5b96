//! Subscriptions: who wants to be told.

use model::{
    Audience, Channel, NoticeKind, OrganizationId, Subscription, SubscriptionId, SubscriptionState, SubscriptionWay,
};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

/// A new subscription, or one of the same recipient and audience again.
pub(crate) const PUT_SUBSCRIPTION: &str = "
INSERT INTO subscription (
    id, recipient_key, audience, way, address, kinds, channels, language, organization_id, secret, state,
    created_at, changed_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (recipient_key, audience) DO UPDATE
SET address = excluded.address,
    kinds = excluded.kinds,
    channels = excluded.channels,
    language = excluded.language,
    organization_id = excluded.organization_id,
    secret = excluded.secret,
    state = excluded.state,
    created_at = excluded.created_at,
    changed_at = excluded.changed_at";

pub(crate) const CHANGE_SUBSCRIPTION: &str = "
UPDATE subscription
SET state = $2,
    changed_at = $3
WHERE id = $1";

pub(crate) const REMOVE_SUBSCRIPTION: &str = "
DELETE FROM subscription
WHERE id = $1";

pub(crate) const LIST_SUBSCRIPTIONS: &str = "
SELECT id, audience, way, address, kinds, channels, language, organization_id, secret, state, created_at, changed_at
FROM subscription
ORDER BY recipient_key, audience";

pub(crate) const FIND_SUBSCRIPTION: &str = "
SELECT id, audience, way, address, kinds, channels, language, organization_id, secret, state, created_at, changed_at
FROM subscription
WHERE id = $1";

impl Database {
    /// Keeps subscriptions; one of the same recipient and audience is replaced, and keeps its id.
    ///
    /// # Errors
    /// The database cannot be written; nothing was kept.
    pub fn put_subscriptions(&self, subscriptions: &[Subscription]) -> Result<(), StoreError> {
        self.write(|connection| {
            for subscription in subscriptions {
                let texts = Texts::of(subscription);
                connection.execute(PUT_SUBSCRIPTION, &values(subscription, &texts), "keep a subscription")?;
            }
            Ok(())
        })
    }

    /// Moves a subscription to another state.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub fn change_subscription(
        &self,
        id: SubscriptionId,
        state: SubscriptionState,
        at: jiff::Timestamp,
    ) -> Result<(), StoreError> {
        let values = [Value::Uuid(id.0), Value::text(state.word()), Value::instant(at)];
        self.change_one(CHANGE_SUBSCRIPTION, &values, "change a subscription")
    }

    /// Forgets a subscription. One that its owner ended stays, so that it is known that they do not want it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when there is none of this id.
    pub fn remove_subscription(&self, id: SubscriptionId) -> Result<(), StoreError> {
        self.change_one(REMOVE_SUBSCRIPTION, &[Value::Uuid(id.0)], "remove a subscription")
    }

    /// All subscriptions, by recipient.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn subscriptions(&self) -> Result<Vec<Subscription>, StoreError> {
        self.read(|connection| connection.query_as(LIST_SUBSCRIPTIONS, &[], "list subscriptions", read_subscription))
    }

    /// The subscription of this id.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_subscription(&self, id: SubscriptionId) -> Result<Option<Subscription>, StoreError> {
        let values = [Value::Uuid(id.0)];
        let found = self.read(|connection| {
            connection.query_as(FIND_SUBSCRIPTION, &values, "find a subscription", read_subscription)
        })?;
        Ok(found.into_iter().next())
    }
}

/// What is written of a subscription and stands in it otherwise.
struct Texts {
    recipient_key: String,
    kinds: String,
    channels: String,
}

impl Texts {
    fn of(subscription: &Subscription) -> Texts {
        let joined = |words: Vec<&str>| words.join(",");
        Texts {
            recipient_key: subscription.recipient_key(),
            kinds: joined(subscription.kinds.iter().map(|kind| kind.word()).collect()),
            channels: joined(subscription.channels.iter().map(|channel| channel.word()).collect()),
        }
    }
}

fn values<'a>(subscription: &'a Subscription, texts: &'a Texts) -> [Value<'a>; 13] {
    [
        Value::Uuid(subscription.id.0),
        Value::text(&texts.recipient_key),
        Value::text(subscription.audience.word()),
        Value::text(subscription.way.word()),
        Value::text(&subscription.address),
        Value::text(&texts.kinds),
        Value::text(&texts.channels),
        Value::text(&subscription.language),
        Value::optional(subscription.organization_id, |id| Value::Uuid(id.0)),
        Value::text(&subscription.secret),
        Value::text(subscription.state.word()),
        Value::instant(subscription.created_at),
        Value::instant(subscription.changed_at),
    ]
}

fn read_subscription(row: &dyn Columns) -> Result<Subscription, StoreError> {
    Ok(Subscription {
        id: SubscriptionId(row.uuid(0)?),
        audience: row.word(1, Audience::parse)?,
        way: row.word(2, SubscriptionWay::parse)?,
        address: row.string(3)?,
        kinds: row.word(4, |words| listed(words, NoticeKind::parse))?,
        channels: row.word(5, |words| listed(words, Channel::parse))?,
        language: row.string(6)?,
        organization_id: row.optional_uuid(7)?.map(OrganizationId),
        secret: row.string(8)?,
        state: row.word(9, SubscriptionState::parse)?,
        created_at: row.instant(10)?,
        changed_at: row.instant(11)?,
    })
}

fn listed<T>(words: &str, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    words.split(',').filter(|word| !word.is_empty()).map(parse).collect()
}
