//! Notices that were made, and what became of each telling.

use jiff::Timestamp;
use model::{Audience, DeliveryState, Notice, NoticeDelivery, NoticeMade, SubscriptionId, SubscriptionWay, WindowId};

use crate::value::{Columns, Value};
use crate::{Database, StoreError};

pub(crate) const INSERT_NOTICE: &str = "
INSERT INTO notice (window_id, occasion, made_at)
VALUES ($1, $2, $3)
ON CONFLICT (window_id, occasion) DO NOTHING";

pub(crate) const INSERT_NOTICE_TEXT: &str = "
INSERT INTO notice_text (window_id, occasion, audience, language, document)
VALUES ($1, $2, $3, $4, $5)";

pub(crate) const INSERT_DELIVERY: &str = "
INSERT INTO notice_delivery (
    window_id, occasion, recipient_key, subscription_id, audience, language, way, address, state, try_count,
    next_try_at, changed_at, node, detail
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (window_id, occasion, recipient_key) DO NOTHING";

pub(crate) const LIST_NOTICES_OF_WINDOW: &str = "
SELECT occasion, made_at
FROM notice
WHERE window_id = $1
ORDER BY made_at, occasion";

pub(crate) const FIND_NOTICE_TEXT: &str = "
SELECT document
FROM notice_text
WHERE window_id = $1 AND occasion = $2 AND audience = $3 AND language = $4";

/// In the order of an index: tens of thousands may be due at one instant, and are not sorted for a thousand of them.
pub(crate) const LIST_DUE_DELIVERIES: &str = "
SELECT window_id, occasion, recipient_key, subscription_id, audience, language, way, address, state, try_count,
    next_try_at, changed_at, node, detail
FROM notice_delivery
WHERE state = 'waiting' AND way = $1 AND next_try_at <= $2
ORDER BY next_try_at
LIMIT $3";

pub(crate) const LIST_DELIVERIES: &str = "
SELECT window_id, occasion, recipient_key, subscription_id, audience, language, way, address, state, try_count,
    next_try_at, changed_at, node, detail
FROM notice_delivery
ORDER BY changed_at DESC, window_id, occasion, recipient_key
LIMIT $1";

pub(crate) const COUNT_DELIVERIES: &str = "
SELECT state, COUNT(*)
FROM notice_delivery
WHERE window_id = $1
GROUP BY state
ORDER BY state";

/// Whoever changes the row may hand the notice over; nobody else may.
pub(crate) const BEGIN_DELIVERY: &str = "
UPDATE notice_delivery
SET state = 'handing_over',
    try_count = try_count + 1,
    next_try_at = $4,
    changed_at = $5,
    node = $6
WHERE window_id = $1 AND occasion = $2 AND recipient_key = $3 AND state = 'waiting'";

pub(crate) const END_DELIVERY: &str = "
UPDATE notice_delivery
SET state = $4,
    next_try_at = $5,
    changed_at = $6,
    detail = $7,
    try_count = $8
WHERE window_id = $1 AND occasion = $2 AND recipient_key = $3 AND state IN ('waiting', 'handing_over')";

/// Mail that a node had in hand when it ended. A webhook's receiver knows the id of what it has, so that is tried again.
pub(crate) const SETTLE_DELIVERIES: &str = "
UPDATE notice_delivery
SET state = CASE WHEN way = 'webhook' THEN 'waiting' ELSE 'uncertain' END,
    changed_at = $1,
    next_try_at = $1,
    detail = 'the program ended while handing it over'
WHERE state = 'handing_over' AND (node = $2 OR next_try_at < $1)";

pub(crate) const DROP_DELIVERIES: &str = "
UPDATE notice_delivery
SET state = 'dropped',
    changed_at = $2,
    detail = 'unsubscribed'
WHERE subscription_id = $1 AND state = 'waiting'";

pub(crate) const DROP_ALL_OLDER_DELIVERIES: &str = "
UPDATE notice_delivery
SET state = 'dropped',
    changed_at = $3,
    detail = 'the window was over first'
WHERE window_id = $1 AND occasion <> $2 AND state = 'waiting'";

pub(crate) const DROP_OLDER_DELIVERIES: &str = "
UPDATE notice_delivery
SET state = 'dropped',
    changed_at = $3,
    detail = 'a later notice took its place'
WHERE window_id = $1 AND occasion <> $2 AND state = 'waiting' AND recipient_key IN (
    SELECT later.recipient_key
    FROM notice_delivery AS later
    WHERE later.window_id = $1 AND later.occasion = $2
)";

impl Database {
    /// Keeps a notice and whom it goes to, all or nothing, and drops what still waits of earlier notices of the same
    /// window. Gives false, and keeps nothing, when it was made before.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn insert_notice(&self, notice: &NoticeMade, deliveries: &[NoticeDelivery]) -> Result<bool, StoreError> {
        const ATTEMPT: &str = "keep a notice";
        self.write(|connection| {
            let (window_id, occasion) = (Value::Uuid(notice.window_id.0), Value::text(&notice.occasion));
            let values = [window_id.clone(), occasion.clone(), Value::instant(notice.made_at)];
            if connection.execute(INSERT_NOTICE, &values, ATTEMPT)? == 0 {
                return Ok(false);
            }
            for (audience, text) in &notice.texts {
                let document = serde_json::to_string(text).expect("a notice is plain data");
                let (audience, language) = (Value::text(audience.word()), Value::text(&text.language));
                let values = [window_id.clone(), occasion.clone(), audience, language, Value::text(&document)];
                connection.execute(INSERT_NOTICE_TEXT, &values, ATTEMPT)?;
            }
            for delivery in deliveries {
                connection.execute(INSERT_DELIVERY, &delivery_values(delivery), ATTEMPT)?;
            }
            // Whoever is told now need not be told any more what waits for them from before; of a window that is over nobody.
            if !notice.window_id.0.is_nil() {
                let values = [window_id, occasion, Value::instant(notice.made_at)];
                let drop = if notice.ends_window { DROP_ALL_OLDER_DELIVERIES } else { DROP_OLDER_DELIVERIES };
                connection.execute(drop, &values, ATTEMPT)?;
            }
            Ok(true)
        })
    }

    /// The occasions on which notices of a window were made, and when, in order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn notices_of_window(&self, window_id: WindowId) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let read = |row: &dyn Columns| Ok((row.string(0)?, row.instant(1)?));
        let values = [Value::Uuid(window_id.0)];
        self.read(|connection| connection.query_as(LIST_NOTICES_OF_WINDOW, &values, "list a window's notices", read))
    }

    /// What a notice said to an audience.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn find_notice(
        &self,
        window_id: WindowId,
        occasion: &str,
        audience: Audience,
        language: &str,
    ) -> Result<Option<Notice>, StoreError> {
        let audience = Value::text(audience.word());
        let values = [Value::Uuid(window_id.0), Value::text(occasion), audience, Value::text(language)];
        let found = self
            .read(|connection| connection.query_as(FIND_NOTICE_TEXT, &values, "read a notice", |row| row.string(0)))?;
        let read = |text: &String| {
            serde_json::from_str(text)
                .map_err(|error| StoreError::ContentInvalid { what: "a notice".to_owned(), reason: error.to_string() })
        };
        found.first().map(read).transpose()
    }

    /// Deliveries whose time has come, the longest due first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn due_deliveries(
        &self,
        way: SubscriptionWay,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<NoticeDelivery>, StoreError> {
        let values = [Value::text(way.word()), Value::instant(now), Value::Integer(limit.into())];
        self.read(|connection| connection.query_as(LIST_DUE_DELIVERIES, &values, "list due notices", read_delivery))
    }

    /// Deliveries, those that changed last first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn deliveries(&self, limit: u32) -> Result<Vec<NoticeDelivery>, StoreError> {
        let values = [Value::Integer(limit.into())];
        self.read(|connection| connection.query_as(LIST_DELIVERIES, &values, "list told notices", read_delivery))
    }

    /// How many deliveries of a window's notices are in which state.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count_deliveries(&self, window_id: WindowId) -> Result<Vec<(DeliveryState, u64)>, StoreError> {
        let read = |row: &dyn Columns| Ok((row.word(0, DeliveryState::parse)?, row.number(1)?));
        let values = [Value::Uuid(window_id.0)];
        self.read(|connection| connection.query_as(COUNT_DELIVERIES, &values, "count told notices", read))
    }

    /// Takes a delivery in hand. False: somebody else has it, or it is done.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn begin_delivery(
        &self,
        delivery: &NoticeDelivery,
        node: &str,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let [window_id, occasion, recipient] = delivery_key(delivery);
        let values = [window_id, occasion, recipient, Value::instant(until), Value::instant(now), Value::text(node)];
        self.write(|connection| Ok(connection.execute(BEGIN_DELIVERY, &values, "take a notice in hand")? == 1))
    }

    /// Writes down what became of a delivery: its state, tries, times and detail.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is done already.
    pub fn end_delivery(&self, ended: &NoticeDelivery) -> Result<(), StoreError> {
        let [window_id, occasion, recipient] = delivery_key(ended);
        let values = [
            window_id,
            occasion,
            recipient,
            Value::text(ended.state.word()),
            Value::instant(ended.next_try_at),
            Value::instant(ended.changed_at),
            Value::text(&ended.detail),
            Value::Integer(ended.try_count.into()),
        ];
        self.change_one(END_DELIVERY, &values, "write down what became of a notice")
    }

    /// Settles what a node that has just started had in hand when it ended, and what others had for too long. Gives
    /// their number.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn settle_deliveries(&self, node: &str, now: Timestamp) -> Result<u64, StoreError> {
        let values = [Value::instant(now), Value::text(node)];
        self.write(|connection| connection.execute(SETTLE_DELIVERIES, &values, "settle broken off notices"))
    }

    /// Drops what waits for somebody who has unsubscribed.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn drop_deliveries(&self, id: SubscriptionId, now: Timestamp) -> Result<(), StoreError> {
        let values = [Value::Uuid(id.0), Value::instant(now)];
        self.write(|connection| connection.execute(DROP_DELIVERIES, &values, "drop waiting notices").map(drop))
    }
}

fn delivery_key(delivery: &NoticeDelivery) -> [Value<'_>; 3] {
    [Value::Uuid(delivery.window_id.0), Value::text(&delivery.occasion), Value::text(&delivery.recipient_key)]
}

fn delivery_values(delivery: &NoticeDelivery) -> [Value<'_>; 14] {
    let [window_id, occasion, recipient] = delivery_key(delivery);
    [
        window_id,
        occasion,
        recipient,
        Value::optional(delivery.subscription_id, |id| Value::Uuid(id.0)),
        Value::text(delivery.audience.word()),
        Value::text(&delivery.language),
        Value::text(delivery.way.word()),
        Value::text(&delivery.address),
        Value::text(delivery.state.word()),
        Value::Integer(delivery.try_count.into()),
        Value::instant(delivery.next_try_at),
        Value::instant(delivery.changed_at),
        Value::text(&delivery.node),
        Value::text(&delivery.detail),
    ]
}

fn read_delivery(row: &dyn Columns) -> Result<NoticeDelivery, StoreError> {
    Ok(NoticeDelivery {
        window_id: WindowId(row.uuid(0)?),
        occasion: row.string(1)?,
        recipient_key: row.string(2)?,
        subscription_id: row.optional_uuid(3)?.map(SubscriptionId),
        audience: row.word(4, Audience::parse)?,
        language: row.string(5)?,
        way: row.word(6, SubscriptionWay::parse)?,
        address: row.string(7)?,
        state: row.word(8, DeliveryState::parse)?,
        try_count: row.number(9)?,
        next_try_at: row.instant(10)?,
        changed_at: row.instant(11)?,
        node: row.string(12)?,
        detail: row.string(13)?,
    })
}
