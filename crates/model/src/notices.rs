//! Notices as they are told: what one says, whom it is told, and what became of each telling.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Audience, SubscriptionId, SubscriptionWay, WindowId};

/// One notice in one language, for one audience.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Notice {
    /// What stands above it, and in a mail's subject line.
    pub subject: String,
    /// The language (BCP 47).
    pub language: String,
    /// What stands before the first section.
    pub opening: Vec<String>,
    /// Its sections, in order.
    pub sections: Vec<NoticeSection>,
}

/// A section of a notice.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NoticeSection {
    /// Its heading (`Impacts`).
    pub heading: String,
    /// What it says.
    pub parts: Vec<NoticePart>,
}

/// A part of a section.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticePart {
    /// A paragraph.
    Paragraph(String),
    /// A list.
    List(Vec<String>),
    /// Where to write to: what about, and the mail address.
    Contacts(Vec<(String, String)>),
    /// A place to look at: what it is, and its address.
    Link(String, String),
}

/// A notice that was made, with the keys under which its texts are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeMade {
    /// The window that it is about; nil for a notice about a subscription itself.
    pub window_id: WindowId,
    /// On which occasion (`reminder_24h/0`); with the window it tells a notice from all others.
    pub occasion: String,
    /// When.
    pub made_at: Timestamp,
    /// Whether the window is over with it: then nobody needs any more what waits from before.
    pub ends_window: bool,
    /// Its texts.
    pub texts: Vec<(Audience, Notice)>,
}

/// A notice to one recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoticeDelivery {
    /// The window; nil for a notice about a subscription itself.
    pub window_id: WindowId,
    /// The occasion.
    pub occasion: String,
    /// What tells the recipient from others: a notice goes to each once, however often it is subscribed.
    pub recipient_key: String,
    /// By which subscription; `None` for the owner of a window.
    pub subscription_id: Option<SubscriptionId>,
    /// As which audience.
    pub audience: Audience,
    /// In which language (BCP 47).
    pub language: String,
    /// How.
    pub way: SubscriptionWay,
    /// Where to.
    pub address: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was tried.
    pub try_count: u32,
    /// When it is tried next, while it waits; and until when a node has it, while it is handed over.
    pub next_try_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// The node that has or had it.
    pub node: String,
    /// The other side's answer, or why it failed.
    pub detail: String,
}

/// How handing a notice over went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HandOver {
    /// The other side has it.
    Taken(String),
    /// The other side does not want it.
    Refused(String),
    /// It could not be handed over now.
    Later(String),
    /// The other side may have it.
    Unknown(String),
}

/// What became of a notice to one recipient.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It waits for its turn, or for its next try.
    Waiting,
    /// A node is handing it over now.
    HandingOver,
    /// The other side has taken it.
    Delivered,
    /// The program ended while handing it over: the other side may have it. It is not sent again by itself.
    Uncertain,
    /// The other side refused it for good, or it was tried too often.
    Failed,
    /// It was not sent, because the recipient had unsubscribed or a later notice took its place.
    Dropped,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [DeliveryState; 6] = [
        DeliveryState::Waiting,
        DeliveryState::HandingOver,
        DeliveryState::Delivered,
        DeliveryState::Uncertain,
        DeliveryState::Failed,
        DeliveryState::Dropped,
    ];

    /// The word stored and typed.
    pub fn word(self) -> &'static str {
        match self {
            DeliveryState::Waiting => "waiting",
            DeliveryState::HandingOver => "handing_over",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Uncertain => "uncertain",
            DeliveryState::Failed => "failed",
            DeliveryState::Dropped => "dropped",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<DeliveryState> {
        DeliveryState::ALL.into_iter().find(|state| state.word() == word)
    }
}
