//! When a notice is due, and whom it concerns. What was told before comes in as a list; nothing trivial is told twice.

use jiff::{SignedDuration, Timestamp};
use model::{
    Audience, Channel, MaintenanceWindow, Mode, NoticeKind, Subscription, SubscriptionState, WindowAction, WindowKind,
    WindowState,
};

/// How long after its end a window's report is made: by then those who retry by themselves have come back.
pub const REPORT_DELAY: SignedDuration = SignedDuration::from_mins(60);
/// How long after its planned end an update is posted (maintenance contract: a quarter of an hour).
const UPDATE_DELAY: SignedDuration = SignedDuration::from_mins(15);
/// A notice that a window has begun says nothing to those who were told of it so shortly before.
const FRESH: SignedDuration = SignedDuration::from_mins(15);

/// How long before the start a reminder is sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Lead {
    /// Two weeks.
    Days14,
    /// Three days.
    Days3,
    /// A day.
    Hours24,
    /// An hour.
    Hours1,
}

impl Lead {
    /// The nearest to the start first.
    const ALL: [Lead; 4] = [Lead::Hours1, Lead::Hours24, Lead::Days3, Lead::Days14];

    fn before_start(self) -> SignedDuration {
        match self {
            Lead::Days14 => SignedDuration::from_hours(14 * 24),
            Lead::Days3 => SignedDuration::from_hours(3 * 24),
            Lead::Hours24 => SignedDuration::from_hours(24),
            Lead::Hours1 => SignedDuration::from_hours(1),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Lead::Days14 => "14d",
            Lead::Days3 => "3d",
            Lead::Hours24 => "24h",
            Lead::Hours1 => "1h",
        }
    }
}

/// On which occasion a notice is made. The numbers tell a second change or reminder from the first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Occasion {
    /// The window is made known.
    Announced,
    /// It was moved; its number among the window's changes.
    Rescheduled(usize),
    /// Its end was moved; its number among the window's changes.
    Extended(usize),
    /// It does not take place, or was broken off.
    Cancelled,
    /// It begins soon; how often it was moved before.
    Reminder((Lead, usize)),
    /// It has begun.
    Started,
    /// Its end has passed; how often it was extended before.
    Overdue(usize),
    /// Its end passed a quarter of an hour ago; how often it was extended before.
    StillOverdue(usize),
    /// It is over.
    Completed,
    /// What happened in it.
    Report,
}

impl Occasion {
    /// The key under which a notice is kept: with the window it tells it from all others.
    pub fn key(self) -> String {
        match self {
            Occasion::Rescheduled(number) => format!("rescheduled/{number}"),
            Occasion::Extended(number) => format!("extended/{number}"),
            Occasion::Reminder((lead, number)) => format!("reminder_{}/{number}", lead.word()),
            Occasion::Overdue(number) => format!("overdue/{number}"),
            Occasion::StillOverdue(number) => format!("still_overdue/{number}"),
            Occasion::Announced | Occasion::Cancelled | Occasion::Started | Occasion::Completed | Occasion::Report => {
                self.text_key().to_owned()
            }
        }
    }

    pub(crate) fn text_key(self) -> &'static str {
        match self {
            Occasion::Announced => "announced",
            Occasion::Rescheduled(_) => "rescheduled",
            Occasion::Extended(_) => "extended",
            Occasion::Cancelled => "cancelled",
            Occasion::Reminder(_) => "reminder",
            Occasion::Started => "started",
            Occasion::Overdue(_) => "overdue",
            Occasion::StillOverdue(_) => "still_overdue",
            Occasion::Completed => "completed",
            Occasion::Report => "report",
        }
    }
}

/// A notice that was made before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its occasion's key.
    pub key: String,
    /// When.
    pub at: Timestamp,
}

/// The notices of a window that are due at an instant and not made yet, oldest occasion first.
pub fn due_notices(window: &MaintenanceWindow, told: &[Told], now: Timestamp) -> Vec<Occasion> {
    let view = View { window, told, now };
    let candidates = match window.state_at(now) {
        WindowState::Draft => Vec::new(),
        WindowState::Cancelled => view.after_cancelling(),
        WindowState::Completed => view.after_completion(),
        WindowState::Announced | WindowState::Imminent => view.ahead(),
        WindowState::Active | WindowState::Verifying => view.under_way(),
    };
    candidates.into_iter().filter(|occasion| !view.was_told(*occasion)).collect()
}

struct View<'a> {
    window: &'a MaintenanceWindow,
    told: &'a [Told],
    now: Timestamp,
}

impl View<'_> {
    fn was_told(&self, occasion: Occasion) -> bool {
        self.told.iter().any(|told| told.key == occasion.key())
    }

    fn was_anything_told(&self) -> bool {
        !self.told.is_empty()
    }

    /// Who was told of a window is told that it does not take place; who was not need not know.
    fn after_cancelling(&self) -> Vec<Occasion> {
        if self.was_anything_told() { vec![Occasion::Cancelled] } else { Vec::new() }
    }

    fn after_completion(&self) -> Vec<Occasion> {
        if !self.was_anything_told() {
            return Vec::new();
        }
        let mut due = vec![Occasion::Completed];
        if self.window.ended_at.is_some_and(|ended_at| self.now >= ended_at + REPORT_DELAY) {
            due.push(Occasion::Report);
        }
        due
    }

    fn ahead(&self) -> Vec<Occasion> {
        if !self.was_told(Occasion::Announced) {
            return vec![Occasion::Announced];
        }
        match self.last_change().filter(|change| !self.was_told(*change)) {
            Some(change) => vec![change],
            None => self.reminder().into_iter().collect(),
        }
    }

    fn under_way(&self) -> Vec<Occasion> {
        let mut due = Vec::new();
        if !self.was_anything_told() {
            due.push(Occasion::Announced);
        }
        due.extend(self.last_change().filter(|_| self.was_anything_told()));
        let began_at = self.window.started_at.unwrap_or(self.window.starts_at);
        let is_fresh =
            |told: &Told| (Timestamp::UNIX_EPOCH..=began_at).contains(&told.at) && told.at + FRESH > began_at;
        // Whoever was told a moment before of a later start knows nothing of this one.
        let knows_time = !began_early(self.window) && self.told.iter().any(is_fresh);
        let knows_already = due.iter().any(|occasion| !self.was_told(*occasion)) || knows_time;
        let told_since = self.told.iter().any(|told| told.at > began_at);
        if !knows_already && !told_since && self.now < self.window.ends_at {
            due.push(Occasion::Started);
        }
        due.extend(self.overdue());
        due
    }

    fn overdue(&self) -> Option<Occasion> {
        let extensions = self.count(WindowAction::Extended);
        if self.now >= self.window.ends_at + UPDATE_DELAY {
            return Some(Occasion::StillOverdue(extensions));
        }
        (self.now >= self.window.ends_at).then_some(Occasion::Overdue(extensions))
    }

    /// The last change of its times after it was announced; earlier ones are told by it.
    fn last_change(&self) -> Option<Occasion> {
        let announced = self.window.changes.iter().position(|change| change.action == WindowAction::Announced)?;
        let numbered = self.window.changes.iter().enumerate().skip(announced);
        let mut changes = numbered.filter_map(|(number, change)| match change.action {
            WindowAction::Rescheduled => Some((Occasion::Rescheduled(number), change.at)),
            WindowAction::Extended => Some((Occasion::Extended(number), change.at)),
            _ => None,
        });
        let (occasion, at) = changes.next_back()?;
        // A change that was made before the window was first told of is told by that.
        let first_told = self.told.iter().map(|told| told.at).min();
        first_told.is_some_and(|told_at| at > told_at).then_some(occasion)
    }

    /// The reminder whose time has come. Of several that were missed only the nearest to the start is worth sending;
    /// one that would follow shortly after another notice is not.
    fn reminder(&self) -> Option<Occasion> {
        let moves = self.count(WindowAction::Rescheduled);
        let starts_at = self.window.starts_at;
        let lead = Lead::ALL.into_iter().find(|lead| self.now >= starts_at - lead.before_start())?;
        let due_at = starts_at - lead.before_start();
        let last_told = self.told.iter().map(|told| told.at).max()?;
        let quiet = SignedDuration::from_secs(lead.before_start().as_secs() / 4);
        (last_told + quiet <= due_at).then_some(Occasion::Reminder((lead, moves)))
    }

    fn count(&self, action: WindowAction) -> usize {
        self.window.changes.iter().filter(|change| change.action == action).count()
    }
}

/// Whether everybody with an account is told on this occasion, whether they asked for it or not: that there will be a
/// window, that it was moved or called off, and once more a day ahead. More would teach them not to read it. One that begins
/// before its time was moved.
pub fn is_for_account_holders(window: &MaintenanceWindow, occasion: Occasion) -> bool {
    match occasion {
        Occasion::Announced
        | Occasion::Rescheduled(_)
        | Occasion::Extended(_)
        | Occasion::Cancelled
        | Occasion::Reminder((Lead::Hours24, _)) => true,
        Occasion::Started => began_early(window),
        Occasion::Reminder(_)
        | Occasion::Overdue(_)
        | Occasion::StillOverdue(_)
        | Occasion::Completed
        | Occasion::Report => false,
    }
}

/// Whether a window was begun by an order, before the time that was told.
fn began_early(window: &MaintenanceWindow) -> bool {
    window.changes.iter().any(|change| change.action == WindowAction::Started && change.before.is_some())
}

/// Whether a subscription asked for this notice of this window.
pub fn is_wanted(subscription: &Subscription, window: &MaintenanceWindow, occasion: Occasion) -> bool {
    let wants_kind = |kind| subscription.kinds.is_empty() || subscription.kinds.contains(&kind);
    let of_window = match window.kind {
        WindowKind::Scheduled => NoticeKind::Scheduled,
        WindowKind::Emergency => NoticeKind::Emergency,
    };
    let of_occasion = match occasion {
        Occasion::Reminder(_) => wants_kind(NoticeKind::Reminders),
        Occasion::Report => wants_kind(NoticeKind::Reports),
        _ => true,
    };
    let closes = |channel: Channel| window.modes.of(channel) != Mode::Open;
    let of_channels = subscription.channels.is_empty() || subscription.channels.iter().copied().any(closes);
    subscription.state == SubscriptionState::Confirmed
        && wants_kind(of_window)
        && of_occasion
        && concerns(window, subscription.audience)
        && of_channels
}

/// Whether a window closes anything for an audience: those who exchange data are not told of a web application.
pub fn concerns(window: &MaintenanceWindow, audience: Audience) -> bool {
    let exchange = [Channel::WebService, Channel::Fhir, Channel::File];
    match audience {
        Audience::AllUsers | Audience::ItContacts => true,
        Audience::DataExchange | Audience::EhrVendors => {
            exchange.into_iter().any(|channel| window.modes.of(channel) != Mode::Open)
        }
    }
}
