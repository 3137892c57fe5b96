//! Whom a notice of maintenance goes to: who subscribed, and who has an account.

use ::notices::Language;
use bluebonnet_registry::{
    AccountChange, Consent, Credentials, NewAccount, NewSession, NewSubscription, NewWindow, Recipients, SessionToken,
    WindowOrder,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use model::{
    Account, AccountId, AccountKind, Audience, Caller, ChannelModes, DeliveryState, MaintenanceWindow, NoticeDelivery,
    NoticeKind, Role, SessionId, Standing, SubscriptionId, SubscriptionWay, WallTime, WindowId, WindowKind,
};

use crate::house::*;

fn noon() -> Timestamp {
    NOON.parse().expect("a timestamp")
}

pub(crate) fn hours(hours: i64) -> Timestamp {
    noon() + SignedDuration::from_hours(hours)
}

fn add_account(house: &House, username: &str, kind: AccountKind, role: Option<Role>, email: &str) {
    let new = NewAccount {
        id: AccountId(house.uuid()),
        organization_code: "CLINIC".into(),
        kind,
        username: username.into(),
        password: PASSWORD.into(),
        salt: [1; 16],
        full_name: String::new(),
        email: email.into(),
        role,
    };
    house.registry.add_account(&house.admission(), new).expect("the account is new");
}

fn subscribe(house: &House, address: &str, audience: Audience, kinds: &[NoticeKind]) -> SubscriptionId {
    let new = NewSubscription {
        id: SubscriptionId(house.uuid()),
        audience,
        way: SubscriptionWay::Email,
        address: address.into(),
        kinds: kinds.to_vec(),
        channels: Vec::new(),
        language: Language::Spanish,
        organization_id: None,
        secret: String::new(),
    };
    house.registry.subscribe(&house.admission(), new, Consent::Vouched, noon()).expect("it is kept").id
}

pub(crate) fn operator(house: &House) -> Caller {
    Caller { standing: Standing::Operator, ..house.caller("CLINIC") }
}

/// A window that is announced at noon and begins so many hours later.
pub(crate) async fn announce(house: &House, starts_in: i64) -> MaintenanceWindow {
    announce_modes(house, starts_in, ChannelModes::OF_A_DOWNTIME).await
}

/// The same, with modes of its own.
pub(crate) async fn announce_modes(house: &House, starts_in: i64, modes: ChannelModes) -> MaintenanceWindow {
    let by_the_clock = |at: Timestamp| WallTime { local: at.to_zoned(TimeZone::UTC).datetime(), occurrence: None };
    let new = NewWindow {
        id: WindowId(house.uuid()),
        kind: WindowKind::Scheduled,
        reason: "scheduled system maintenance".into(),
        performed_by: "IT".into(),
        owner: String::new(),
        time_zone: Some("UTC".into()),
        starts: by_the_clock(hours(starts_in)),
        ends: by_the_clock(hours(starts_in + 4)),
        modes,
        test_organizations: Vec::new(),
    };
    let (admission, operator) = (house.admission(), operator(house));
    let planning = house.registry.plan_window(&admission, &operator, noon(), new);
    let id = planning.await.expect("it is planned").id;
    let announcing = house.registry.order_window(&admission, &operator, noon(), id, WindowOrder::Announce, "");
    announcing.await.expect("it is announced")
}

/// Makes the notices due, and gives those to whom the newest of the kind goes: address and audience.
fn told(house: &House, at: Timestamp, occasion: &str) -> Vec<(String, Audience)> {
    let admission = house.admission();
    house.registry.make_notices(&admission, None, at).expect("they are made");
    let mut told: Vec<(String, Audience)> = deliveries(house)
        .into_iter()
        .filter(|delivery| delivery.occasion.starts_with(occasion))
        .map(|delivery| (delivery.address, delivery.audience))
        .collect();
    told.sort();
    told
}

fn deliveries(house: &House) -> Vec<NoticeDelivery> {
    house.registry.deliveries(&house.admission(), 100).expect("they are listed")
}

fn of(addresses: &[(&str, Audience)]) -> Vec<(String, Audience)> {
    addresses.iter().map(|(address, audience)| ((*address).to_owned(), *audience)).collect()
}

#[test]
fn everybody_with_an_account_is_told_once_and_not_of_everything() {
    on_each_database(&example(), async |house| {
        let (people, programs) = (AccountKind::WebUser, AccountKind::WebService);
        add_account(house, "nora", people, Some(Role::ViewOnly), "Nora@clinic.example");
        add_account(house, "nora2", people, Some(Role::SchoolNurse), "nora@clinic.example");
        add_account(house, "xavier", people, Some(Role::DataExchangeContact), "xavier@clinic.example");
        add_account(house, "ehr", programs, None, "contact@vendor.example");
        add_account(house, "silent", people, Some(Role::ViewOnly), "");
        // As an earlier version took it.
        add_account(house, "odd", people, Some(Role::ViewOnly), "odd@clinic.example");
        let odd = house.database.accounts().expect("readable").into_iter().find(|account| account.username == "odd");
        let odd = Account { email: "no address".into(), ..odd.expect("it was added") };
        house.database.update_account(&odd).expect("writable");
        add_account(house, "gone", people, Some(Role::ViewOnly), "gone@clinic.example");
        let (admission, operator) = (house.admission(), operator(house));
        let stopping = AccountChange::Active(false);
        let stopped = house.registry.change_account(&admission, &operator, "gone", stopping, noon());
        stopped.await.expect("the account is stopped");
        subscribe(house, "contact@vendor.example", Audience::EhrVendors, &[]);
        subscribe(house, "it@clinic.example", Audience::ItContacts, &[]);

        let window = announce(house, 24 * 20).await;
        let recipients = |order| {
            let counted = house.registry.recipients(&admission, &window, order, noon());
            let Recipients { by_mail, by_webhook } = counted.expect("they are counted");
            (by_mail, by_webhook)
        };
        assert_eq!(recipients(WindowOrder::Announce), (4, 0), "as many as are told below");
        assert_eq!(recipients(WindowOrder::Cancel), (4, 0));
        assert_eq!(recipients(WindowOrder::Start), (4, 0), "before its time, which is a change of it");
        assert_eq!(recipients(WindowOrder::Verify), (0, 0));
        let announced = told(house, noon(), "announced");
        let everybody = of(&[
            ("contact@vendor.example", Audience::EhrVendors),
            ("it@clinic.example", Audience::ItContacts),
            ("xavier@clinic.example", Audience::DataExchange),
        ]);
        let (nora, others): (Vec<_>, Vec<_>) = announced.into_iter().partition(|(address, _)| address.contains("ora"));
        assert_eq!(others, everybody);
        assert_eq!(nora.len(), 1, "two accounts, one address: {nora:?}");
        assert_eq!(nora[0].1, Audience::AllUsers);

        let subscribers = ["contact@vendor.example", "it@clinic.example"];
        let addresses =
            |told: Vec<(String, Audience)>| told.into_iter().map(|(address, _)| address).collect::<Vec<_>>();
        assert_eq!(addresses(told(house, hours(24 * 6 + 1), "reminder_14d")), subscribers);
        assert_eq!(addresses(told(house, hours(24 * 17 + 1), "reminder_3d")), subscribers);
        assert_eq!(told(house, hours(24 * 19 + 1), "reminder_24h").len(), 4, "a day ahead everybody is told again");

        house.registry.keep_notice_secret(&admission, [7; 32]).expect("it is kept");
        let letters = deliveries(house).into_iter().filter(|delivery| delivery.occasion == "announced");
        let letters: Vec<_> = letters
            .map(|delivery| {
                let letter = house.registry.letter(&house.admission(), &delivery, Some("https://iis.example"));
                (delivery, letter.expect("it is read").expect("it is there"))
            })
            .collect();
        let ids: std::collections::HashSet<&str> = letters.iter().map(|(_, letter)| letter.id.as_str()).collect();
        assert_eq!(ids.len(), letters.len(), "no two mails have one id");
        for (delivery, letter) in &letters {
            assert!(!letter.id.contains('@'), "an id names nobody: {}", letter.id);
            let why = letter.footer.join(" ");
            let has_account = delivery.subscription_id.is_none();
            assert_eq!(why.contains("you have an account"), has_account, "{}: {why}", delivery.address);
            assert_eq!(letter.unsubscribe.is_none(), has_account, "{}", delivery.address);
        }
    });
}

#[test]
fn an_account_holder_is_told_in_the_language_of_the_account() {
    on_each_database(&example(), async |house| {
        for username in ["nora", "sofia", "new"] {
            let address = format!("{username}@clinic.example");
            add_account(house, username, AccountKind::WebUser, Some(Role::ViewOnly), &address);
        }
        let begin = async |username, number: u8, language| {
            let source = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
            let credentials = Credentials { username, password: PASSWORD, facility: "", source, at: noon() };
            let (id, token) = (SessionId(house.uuid()), SessionToken::new([number; 32]));
            let new = NewSession { id, token: token.clone(), agent: "Firefox", language };
            house.registry.begin_session(&house.admission(), credentials, new).await.expect("the password is right");
            house.registry.peek_session(&house.admission(), &token, noon()).await.expect("the session has begun")
        };
        begin("sofia", 1, "en").await;
        begin("sofia", 2, "es").await;
        let nora = begin("nora", 3, "es").await;
        house.registry.set_language(&house.admission(), &nora, "en").await.expect("it is written");

        announce(house, 24 * 20).await;
        told(house, noon(), "announced");
        let mut languages: Vec<(String, String)> =
            deliveries(house).into_iter().map(|delivery| (delivery.address, delivery.language)).collect();
        languages.sort();
        let expected = [("new", "en"), ("nora", "en"), ("sofia", "es")];
        let expected = expected.map(|(name, language)| (format!("{name}@clinic.example"), language.to_owned()));
        assert_eq!(languages, expected);
    });
}

#[test]
fn who_ended_a_subscription_is_not_told_for_an_account() {
    on_each_database(&example(), async |house| {
        add_account(house, "nora", AccountKind::WebUser, Some(Role::ViewOnly), "nora@clinic.example");
        let id = subscribe(house, "NORA@clinic.example", Audience::AllUsers, &[]);
        announce(house, 24 * 20).await;
        assert_eq!(told(house, noon(), "announced"), of(&[("NORA@clinic.example", Audience::AllUsers)]));
        house.registry.end_subscription(&house.admission(), id, noon()).expect("it ends");
        let moved = told(house, hours(24 * 19 + 1), "reminder_24h");
        assert_eq!(moved, []);
    });
}

#[test]
fn a_profile_may_leave_account_holders_alone() {
    let profile = format!("{}\n[notices]\naccount_holders = false\n", example());
    on_each_database(&profile, async |house| {
        add_account(house, "nora", AccountKind::WebUser, Some(Role::ViewOnly), "nora@clinic.example");
        subscribe(house, "it@clinic.example", Audience::ItContacts, &[]);
        announce(house, 24 * 20).await;
        assert_eq!(told(house, noon(), "announced"), of(&[("it@clinic.example", Audience::ItContacts)]));
    });
}

#[test]
fn a_notice_that_waits_is_dropped_only_for_those_who_get_a_later_one() {
    on_each_database(&example(), async |house| {
        subscribe(house, "all@clinic.example", Audience::ItContacts, &[]);
        subscribe(house, "few@clinic.example", Audience::ItContacts, &[NoticeKind::Scheduled]);
        announce(house, 24 * 20).await;
        told(house, noon(), "announced");
        assert_eq!(told(house, hours(24 * 6 + 1), "reminder"), of(&[("all@clinic.example", Audience::ItContacts)]));
        let mut first: Vec<(String, DeliveryState)> = deliveries(house)
            .into_iter()
            .filter(|delivery| delivery.occasion == "announced")
            .map(|delivery| (delivery.address, delivery.state))
            .collect();
        first.sort_by(|one, other| one.0.cmp(&other.0));
        let expected = [("all@clinic.example", DeliveryState::Dropped), ("few@clinic.example", DeliveryState::Waiting)];
        assert_eq!(first, expected.map(|(address, state)| (address.to_owned(), state)));
    });
}

#[test]
fn of_a_window_that_is_over_nothing_old_is_sent() {
    on_each_database(&example(), async |house| {
        add_account(house, "nora", AccountKind::WebUser, Some(Role::ViewOnly), "nora@clinic.example");
        subscribe(house, "few@clinic.example", Audience::ItContacts, &[NoticeKind::Emergency]);
        let window = announce(house, 24 * 20).await;
        assert_eq!(told(house, noon(), "announced"), of(&[("nora@clinic.example", Audience::AllUsers)]));
        let (admission, operator) = (house.admission(), operator(house));
        for order in [WindowOrder::Start, WindowOrder::Complete] {
            let ordering = house.registry.order_window(&admission, &operator, hours(1), window.id, order, "");
            ordering.await.expect("it is followed");
        }
        assert_eq!(told(house, hours(1), "completed"), [], "account holders are not told of the end");
        let states: Vec<DeliveryState> = deliveries(house).iter().map(|delivery| delivery.state).collect();
        assert_eq!(states, [DeliveryState::Dropped], "that it will take place");
    });
}

#[test]
fn account_holders_are_told_of_a_start_before_its_time_and_of_no_other() {
    on_each_database(&example(), async |house| {
        add_account(house, "nora", AccountKind::WebUser, Some(Role::ViewOnly), "nora@clinic.example");
        let (nora, it) = (("nora@clinic.example", Audience::AllUsers), ("it@clinic.example", Audience::ItContacts));
        subscribe(house, it.0, it.1, &[]);
        let on_time = announce(house, 3).await;
        told(house, noon(), "announced");
        assert_eq!(told(house, hours(3), "started"), of(&[it]));
        let (admission, operator) = (house.admission(), operator(house));
        let order = async |id, order, at| {
            let ordering = house.registry.order_window(&admission, &operator, at, id, order, "");
            ordering.await.expect("it is followed");
        };
        order(on_time.id, WindowOrder::Complete, hours(4)).await;
        let early = announce(house, 24 * 20).await;
        told(house, noon(), "announced");
        order(early.id, WindowOrder::Start, hours(5)).await;
        assert_eq!(told(house, hours(5), "started"), of(&[it, it, nora]));
    });
}

#[test]
fn mails_that_wait_keep_no_program_from_being_told() {
    on_each_database(&example(), async |house| {
        subscribe(house, "it@clinic.example", Audience::ItContacts, &[]);
        let address = "https://vendor.example/notices";
        let new = NewSubscription {
            id: SubscriptionId(house.uuid()),
            audience: Audience::EhrVendors,
            way: SubscriptionWay::Webhook,
            address: address.into(),
            kinds: Vec::new(),
            channels: Vec::new(),
            language: Language::English,
            organization_id: None,
            secret: "a secret of some length".into(),
        };
        house.registry.subscribe(&house.admission(), new, Consent::Vouched, noon()).expect("it is kept");
        announce(house, 24 * 20).await;
        told(house, noon(), "announced");
        let first = |way| {
            let due = house.registry.due_deliveries(&house.admission(), way, noon(), 1).expect("they are listed");
            due.into_iter().map(|delivery| delivery.address).collect::<Vec<_>>()
        };
        assert_eq!(first(SubscriptionWay::Webhook), [address]);
        assert_eq!(first(SubscriptionWay::Email), ["it@clinic.example"]);
    });
}
