//! Notices of maintenance windows: made when they are due, each with those whom it goes to, in one transaction. What
//! they say and when they are due is decided in the crate `notices`, purely.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use model::{
    Account, AccountKind, Audience, Channel, DeliveryState, MaintenanceWindow, Notice, NoticeDelivery, NoticeMade,
    Role, Subscription, SubscriptionState, SubscriptionWay, WindowId, WindowState, recipient_key,
};
use notices::{
    Board, Composer, Facts, Figures, Language, Occasion, Told, concerns, due_notices, is_for_account_holders, is_wanted,
};

use crate::subscriptions::check_address;
use crate::{Admission, Profile, Registry, RegistryError, WindowOrder, ordered};

/// The setting that holds the key of signed links.
const SECRET_SETTING: &str = "notices/secret";
/// How long after its end there may be something to tell of a window.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(48);
/// How much later than those who subscribed those who have an account are told.
const AFTER_SUBSCRIBERS: SignedDuration = SignedDuration::from_secs(1);
/// Whoever is subscribed several times is told as the first of these.
const MOST_SPECIAL_FIRST: [Audience; 4] =
    [Audience::EhrVendors, Audience::ItContacts, Audience::DataExchange, Audience::AllUsers];

impl Profile {
    /// The maker of notices in a language; links in them lead to the public pages at this address.
    pub fn composer(&self, language: Language, public_url: Option<&str>) -> Composer {
        let facts = Facts {
            name: self.registry.name.clone(),
            short_name: self.registry.short_name.clone(),
            heading: self.closed_door.heading.clone(),
            sentence: self.closed_door.sentence.clone(),
            web_application: self.contacts.web_application.clone(),
            data_exchange: self.contacts.data_exchange.clone(),
            public_url: public_url.map(str::to_owned),
            has_fhir: false,
            other_zones: self.notices.other_zones.clone(),
        };
        let texts = self.notices.texts(language).expect("checked when the profile was read");
        Composer::new(texts, facts)
    }
}

impl Registry {
    /// The maker of notices in a language; links in them lead to the public pages at this address.
    pub fn composer(&self, language: Language, public_url: Option<&str>) -> Composer {
        self.profile().composer(language, public_url)
    }

    /// Windows that the public may know of: all of them, or, while the database is away, those that the gate knows.
    pub fn public_windows(&self) -> Vec<MaintenanceWindow> {
        self.database().windows().unwrap_or_else(|_| self.gate().windows())
    }

    /// The board of windows at an instant.
    pub fn board(&self, windows: &[MaintenanceWindow], language: Language, now: Timestamp) -> Board {
        Board::new(&self.profile().registry.name, windows, &self.composer(language, None), now)
    }

    /// What a notice would say, for whoever wants to see it first.
    pub fn preview_notice(
        &self,
        _admission: &Admission,
        window: &MaintenanceWindow,
        language: Language,
        audience: Audience,
        public_url: Option<&str>,
    ) -> Notice {
        self.composer(language, public_url).compose(window, Occasion::Announced, audience, None)
    }

    /// Makes the notices that are due, each once, whatever the number of nodes. Gives how many were made.
    ///
    /// # Errors
    /// When the database cannot be read or written; what was made stays made.
    pub fn make_notices(
        &self,
        admission: &Admission,
        public_url: Option<&str>,
        now: Timestamp,
    ) -> Result<usize, RegistryError> {
        let is_live = |window: &MaintenanceWindow| window.ended_at.is_none_or(|ended_at| ended_at + TOLD_FOR > now);
        let windows = self.database().windows()?.into_iter().filter(is_live);
        // What cannot be told of one window does not keep the others from being told of.
        let made: Vec<Result<usize, RegistryError>> =
            windows.map(|window| self.make_notices_of(admission, &window, public_url, now)).collect();
        made.into_iter().sum()
    }

    fn make_notices_of(
        &self,
        admission: &Admission,
        window: &MaintenanceWindow,
        public_url: Option<&str>,
        now: Timestamp,
    ) -> Result<usize, RegistryError> {
        let told = self.database().notices_of_window(window.id)?;
        let told: Vec<Told> = told.into_iter().map(|(key, at)| Told { key, at }).collect();
        let due = due_notices(window, &told, now);
        if due.is_empty() {
            return Ok(0);
        }
        let subscriptions = self.database().subscriptions()?;
        let mut made = 0;
        for occasion in due {
            let deliveries = self.deliveries_of(window, occasion, &subscriptions, now);
            let figures = match occasion {
                Occasion::Report => Some(self.figures(admission, window.id, now)?),
                _ => None,
            };
            let texts = self.texts(window, occasion, figures.as_ref(), public_url);
            let notice = NoticeMade {
                window_id: window.id,
                occasion: occasion.key(),
                made_at: now,
                ends_window: matches!(occasion, Occasion::Cancelled | Occasion::Completed | Occasion::Report),
                texts,
            };
            if self.database().insert_notice(&notice, &deliveries)? {
                made += 1;
                tracing::info!(
                    window = window.id.number(),
                    occasion = notice.occasion,
                    recipients = deliveries.len(),
                    "a notice is made"
                );
            }
        }
        Ok(made)
    }

    /// How many would be told at once of an order about a window, for whoever is about to give it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn recipients(
        &self,
        _admission: &Admission,
        window: &MaintenanceWindow,
        order: WindowOrder,
        now: Timestamp,
    ) -> Result<Recipients, RegistryError> {
        let occasion = match order {
            WindowOrder::Announce => Occasion::Announced,
            // Nobody was told of a draft, so that nobody is told what becomes of it.
            _ if window.state == WindowState::Draft => return Ok(Recipients::default()),
            WindowOrder::Start => Occasion::Started,
            WindowOrder::Reschedule { .. } => Occasion::Rescheduled(0),
            WindowOrder::Extend { .. } => Occasion::Extended(0),
            WindowOrder::Verify => return Ok(Recipients::default()),
            WindowOrder::Complete => Occasion::Completed,
            WindowOrder::Cancel => Occasion::Cancelled,
        };
        // Whether it begins before its time is seen of it as it stands then.
        let begun = match occasion {
            Occasion::Started => ordered(window, WindowOrder::Start, "", "", now).ok(),
            _ => None,
        };
        let window = begun.as_ref().unwrap_or(window);
        let deliveries = self.deliveries_of(window, occasion, &self.database().subscriptions()?, now);
        let by_mail = deliveries.iter().filter(|delivery| delivery.way == SubscriptionWay::Email).count();
        Ok(Recipients { by_mail, by_webhook: deliveries.len() - by_mail })
    }

    /// Whom a notice goes to on an occasion.
    fn deliveries_of(
        &self,
        window: &MaintenanceWindow,
        occasion: Occasion,
        subscriptions: &[Subscription],
        now: Timestamp,
    ) -> Vec<NoticeDelivery> {
        let holders = match is_for_account_holders(window, occasion) && self.profile().notices.account_holders {
            true => self.account_holders(window, subscriptions),
            false => Vec::new(),
        };
        deliveries(window, occasion, subscriptions, holders, now)
    }

    /// The notices of a window, in order: their occasions, and when they were made.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn notices_of_window(
        &self,
        _admission: &Admission,
        id: WindowId,
    ) -> Result<Vec<(String, Timestamp)>, RegistryError> {
        Ok(self.database().notices_of_window(id)?)
    }

    /// The key of signed links.
    ///
    /// # Errors
    /// [`RegistryError::Refused`] when none was made yet.
    pub(crate) fn notice_secret(&self) -> Result<[u8; 32], RegistryError> {
        let text = self.database().setting(SECRET_SETTING)?.unwrap_or_default();
        let bytes: Vec<u8> =
            (0..text.len() / 2).filter_map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect();
        bytes.try_into().map_err(|_| RegistryError::Refused("no key for the links in notices was made yet".into()))
    }

    /// Keeps random bytes as the key of signed links, when there is none yet.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub fn keep_notice_secret(&self, _admission: &Admission, random: [u8; 32]) -> Result<(), RegistryError> {
        if self.database().setting(SECRET_SETTING)?.is_none() {
            let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            self.database().set_setting(SECRET_SETTING, &text)?;
        }
        Ok(())
    }

    fn texts(
        &self,
        window: &MaintenanceWindow,
        occasion: Occasion,
        figures: Option<&Figures>,
        public_url: Option<&str>,
    ) -> Vec<(Audience, Notice)> {
        let composers = Language::ALL.map(|language| self.composer(language, public_url));
        let each = composers.iter().flat_map(|composer| Audience::ALL.map(|audience| (composer, audience)));
        each.map(|(composer, audience)| (audience, composer.compose(window, occasion, audience, figures))).collect()
    }

    /// Whoever has an account that can be used, and whom the window concerns. Who ended a subscription under the address
    /// of its mail does not want to be told.
    fn account_holders(&self, window: &MaintenanceWindow, subscriptions: &[Subscription]) -> Vec<Holder> {
        let ended = subscriptions.iter().filter(|known| known.state == SubscriptionState::Ended);
        let ended: HashSet<String> = ended.map(Subscription::recipient_key).collect();
        let snapshot = self.directory().snapshot();
        let is_told = |account: &&Account| {
            account.is_active
                && check_address(SubscriptionWay::Email, &account.email).is_ok()
                && !ended.contains(&recipient_key(SubscriptionWay::Email, &account.email))
                && snapshot.organization(account.organization_id).is_some_and(|organization| organization.is_active)
        };
        let told = snapshot.accounts().filter(is_told).map(|account| Holder {
            audience: audience_of(account),
            address: account.email.clone(),
            language: account.language.as_deref().and_then(Language::parse).unwrap_or(Language::English),
        });
        told.filter(|holder| concerns(window, holder.audience)).collect()
    }

    /// The figures of a window for its report.
    fn figures(&self, admission: &Admission, id: WindowId, now: Timestamp) -> Result<Figures, RegistryError> {
        let report = self.after_report(admission, id, now)?;
        let since = |wanted: Channel| {
            report.messages_since.iter().filter(|(channel, _)| *channel == wanted).map(|(_, count)| count).sum()
        };
        let away: HashSet<String> = report.still_away().filter_map(|sender| sender.organization_code.clone()).collect();
        let unknown_missing = report.still_away().filter(|sender| sender.organization_code.is_none()).count() as u64;
        let mut still_missing: Vec<String> = away.into_iter().collect();
        still_missing.sort();
        Ok(Figures {
            refused: report.turned_away.iter().map(|(_, count)| count).sum(),
            refused_senders: report.senders.len() as u64,
            files_taken: report.files.taken,
            from_files: since(Channel::File),
            from_web_service: since(Channel::WebService),
            still_missing,
            unknown_missing,
        })
    }
}

/// How many are told of something, each address once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recipients {
    /// People and contacts who get a mail.
    pub by_mail: usize,
    /// Programs that listen for signed requests.
    pub by_webhook: usize,
}

/// Who has an account, as mail reaches them.
struct Holder {
    audience: Audience,
    address: String,
    language: Language,
}

/// As whom the holder of an account is told.
fn audience_of(account: &Account) -> Audience {
    let exchanges = account.kind == AccountKind::WebService || account.role == Some(Role::DataExchangeContact);
    if exchanges { Audience::DataExchange } else { Audience::AllUsers }
}

/// Whom a notice goes to, each recipient once: the owner of a window that is overdue, who subscribed, and who has an
/// account. Those who subscribed are fewer and have more to prepare; they are told first.
fn deliveries(
    window: &MaintenanceWindow,
    occasion: Occasion,
    subscriptions: &[Subscription],
    holders: Vec<Holder>,
    now: Timestamp,
) -> Vec<NoticeDelivery> {
    let blank = NoticeDelivery {
        window_id: window.id,
        occasion: occasion.key(),
        recipient_key: String::new(),
        subscription_id: None,
        audience: Audience::ItContacts,
        language: Language::English.tag().to_owned(),
        way: SubscriptionWay::Email,
        address: String::new(),
        state: DeliveryState::Waiting,
        try_count: 0,
        next_try_at: now,
        changed_at: now,
        node: String::new(),
        detail: String::new(),
    };
    let mut deliveries = Vec::with_capacity(holders.len() + 1);
    let is_overdue = matches!(occasion, Occasion::Overdue(_) | Occasion::StillOverdue(_));
    if is_overdue && window.owner.contains('@') {
        deliveries.push(NoticeDelivery { address: window.owner.clone(), ..blank.clone() });
    }
    let mut wanted: Vec<&Subscription> =
        subscriptions.iter().filter(|known| is_wanted(known, window, occasion)).collect();
    wanted.sort_by_key(|known| MOST_SPECIAL_FIRST.iter().position(|audience| *audience == known.audience));
    deliveries.extend(wanted.into_iter().map(|known| NoticeDelivery {
        subscription_id: Some(known.id),
        audience: known.audience,
        language: known.language.clone(),
        way: known.way,
        address: known.address.clone(),
        ..blank.clone()
    }));
    deliveries.extend(holders.into_iter().map(|holder| NoticeDelivery {
        audience: holder.audience,
        address: holder.address,
        language: holder.language.tag().to_owned(),
        next_try_at: now + AFTER_SUBSCRIBERS,
        ..blank.clone()
    }));
    let mut told = HashSet::with_capacity(deliveries.len());
    deliveries.iter_mut().for_each(|delivery| delivery.recipient_key = recipient_key(delivery.way, &delivery.address));
    deliveries.retain(|delivery| told.insert(delivery.recipient_key.clone()));
    deliveries
}
