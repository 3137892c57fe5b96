//! Subscriptions: who wants to be told, as whom, how, and of what.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Channel, OrganizationId, SubscriptionId};

/// Somebody who wants to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscription {
    /// Its id; links in notices carry it, signed, instead of an address.
    pub id: SubscriptionId,
    /// As whom.
    pub audience: Audience,
    /// How.
    pub way: SubscriptionWay,
    /// A mail address, or the address of a program that listens.
    pub address: String,
    /// Of which kinds of notices; empty for all.
    pub kinds: Vec<NoticeKind>,
    /// Of which doors; empty for all.
    pub channels: Vec<Channel>,
    /// In which language (BCP 47).
    pub language: String,
    /// The organization that it belongs to, where it belongs to one. A vendor belongs to none, and is told once for all
    /// clinics that it serves.
    pub organization_id: Option<OrganizationId>,
    /// The secret that a listening program checks signatures with; empty for mail.
    pub secret: String,
    /// Where it stands.
    pub state: SubscriptionState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
}

impl Subscription {
    /// What tells its recipient from others.
    pub fn recipient_key(&self) -> String {
        recipient_key(self.way, &self.address)
    }
}

/// What tells a recipient from others: the way and the address, without case.
pub fn recipient_key(way: SubscriptionWay, address: &str) -> String {
    match way {
        SubscriptionWay::Email => format!("email:{}", address.trim().to_lowercase()),
        SubscriptionWay::Webhook => format!("webhook:{}", address.trim()),
    }
}

/// As whom somebody is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Whoever uses the registry.
    AllUsers,
    /// Organizations that send and ask by their own systems.
    DataExchange,
    /// The people who run those systems.
    ItContacts,
    /// Makers of electronic health records: subscribed once for all their clinics.
    EhrVendors,
}

impl Audience {
    /// All audiences.
    pub const ALL: [Audience; 4] =
        [Audience::AllUsers, Audience::DataExchange, Audience::ItContacts, Audience::EhrVendors];

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            Audience::AllUsers => "all_users",
            Audience::DataExchange => "data_exchange",
            Audience::ItContacts => "it_contacts",
            Audience::EhrVendors => "ehr_vendors",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Audience> {
        Audience::ALL.into_iter().find(|audience| audience.word() == word)
    }
}

/// How somebody is told.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionWay {
    /// By mail.
    Email,
    /// By a signed request to a program that listens.
    Webhook,
}

impl SubscriptionWay {
    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            SubscriptionWay::Email => "email",
            SubscriptionWay::Webhook => "webhook",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<SubscriptionWay> {
        [SubscriptionWay::Email, SubscriptionWay::Webhook].into_iter().find(|way| way.word() == word)
    }
}

/// A kind of notices.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// About scheduled windows.
    Scheduled,
    /// About emergency windows.
    Emergency,
    /// Reminders of what was told before.
    Reminders,
    /// What happened, after a window.
    Reports,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [NoticeKind; 4] =
        [NoticeKind::Scheduled, NoticeKind::Emergency, NoticeKind::Reminders, NoticeKind::Reports];

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            NoticeKind::Scheduled => "scheduled",
            NoticeKind::Emergency => "emergency",
            NoticeKind::Reminders => "reminders",
            NoticeKind::Reports => "reports",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<NoticeKind> {
        NoticeKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a subscription stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionState {
    /// Asked for; whoever reads the mail there has not said yes yet.
    Pending,
    /// Told of everything it asked for.
    Confirmed,
    /// Not wanted any more.
    Ended,
}

impl SubscriptionState {
    /// All states.
    pub const ALL: [SubscriptionState; 3] =
        [SubscriptionState::Pending, SubscriptionState::Confirmed, SubscriptionState::Ended];

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            SubscriptionState::Pending => "pending",
            SubscriptionState::Confirmed => "confirmed",
            SubscriptionState::Ended => "ended",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<SubscriptionState> {
        SubscriptionState::ALL.into_iter().find(|state| state.word() == word)
    }
}
