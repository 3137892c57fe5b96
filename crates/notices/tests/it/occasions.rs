//! When notices are due: windows lived through minute by minute, with whatever happens to them.

use jiff::{SignedDuration, Timestamp};
use model::{
    Audience, Channel, ChannelModes, MaintenanceWindow, Mode, Notice, NoticeKind, Subscription, SubscriptionId,
    SubscriptionState, SubscriptionWay, WindowAction, WindowKind, WindowState,
};
use notices::{Figures, Language, Occasion, Told, due_notices, is_wanted, plain_text};

use crate::windows::{composer, emergency, instant, note, reschedule, scheduled, window};

/// What happens to a window at an instant.
type Event<'a> = (&'a str, &'a dyn Fn(&mut MaintenanceWindow, Timestamp));

/// Lives through a window, looking every minute; gives what was told, and when.
fn live(mut window: MaintenanceWindow, from: &str, to: &str, events: &[Event<'_>]) -> Vec<(String, String)> {
    let mut told: Vec<Told> = Vec::new();
    let mut now = instant(from);
    while now <= instant(to) {
        for (_, event) in events.iter().filter(|(at, _)| instant(at) == now) {
            event(&mut window, now);
        }
        for occasion in due_notices(&window, &told, now) {
            told.push(Told { key: occasion.key(), at: now });
        }
        now += SignedDuration::from_mins(1);
    }
    told.into_iter().map(|told| (told.at.strftime("%m-%dT%H:%M").to_string(), told.key)).collect()
}

fn expect(told: Vec<(String, String)>, expected: &[(&str, &str)]) {
    let told: Vec<(&str, &str)> = told.iter().map(|(at, key)| (at.as_str(), key.as_str())).collect();
    assert_eq!(told, expected);
}

fn complete(window: &mut MaintenanceWindow, now: Timestamp) {
    (window.state, window.ended_at) = (WindowState::Completed, Some(now));
    note(window, now, WindowAction::Completed);
}

fn cancel(window: &mut MaintenanceWindow, now: Timestamp) {
    (window.state, window.ended_at) = (WindowState::Cancelled, Some(now));
    note(window, now, WindowAction::Cancelled);
}

fn extend(window: &mut MaintenanceWindow, now: Timestamp) {
    note(window, now, WindowAction::Extended);
    window.ends_at += SignedDuration::from_hours(1);
    window.is_extended = true;
}

#[test]
fn the_first_founding_window_is_told_once_on_every_occasion() {
    let told =
        live(scheduled(), "2024-05-11T00:00:00Z", "2024-06-01T12:00:00Z", &[("2024-06-01T09:50:00Z", &complete)]);
    expect(
        told,
        &[
            ("05-11T00:00", "announced"),
            ("05-18T00:00", "reminder_14d/0"),
            ("05-29T00:00", "reminder_3d/0"),
            ("05-31T00:00", "reminder_24h/0"),
            ("05-31T23:00", "reminder_1h/0"),
            ("06-01T00:00", "started"),
            ("06-01T09:50", "completed"),
            ("06-01T10:50", "report"),
        ],
    );
}

#[test]
fn a_window_announced_two_hours_ahead_sends_no_reminder_of_a_day() {
    let told =
        live(emergency(), "2025-02-06T23:00:00Z", "2025-02-07T04:30:00Z", &[("2025-02-07T02:55:00Z", &complete)]);
    expect(
        told,
        &[
            ("02-06T23:00", "announced"),
            ("02-07T00:00", "reminder_1h/0"),
            ("02-07T01:00", "started"),
            ("02-07T02:55", "completed"),
            ("02-07T03:55", "report"),
        ],
    );
}

#[test]
fn a_window_that_begins_at_once_is_announced_and_not_told_to_begin() {
    let told = live(emergency(), "2025-02-07T00:55:00Z", "2025-02-07T02:00:00Z", &[]);
    expect(told, &[("02-07T00:55", "announced")]);
    let told = live(emergency(), "2025-02-07T01:10:00Z", "2025-02-07T02:00:00Z", &[]);
    expect(told, &[("02-07T01:10", "announced")]);
}

#[test]
fn a_reminder_shortly_after_the_announcement_is_trivial() {
    let told = live(scheduled(), "2024-05-30T23:00:00Z", "2024-05-31T22:00:00Z", &[]);
    expect(told, &[("05-30T23:00", "announced")]);
}

#[test]
fn an_overdue_window_is_told_at_its_end_and_a_quarter_of_an_hour_later_and_again_after_an_extension() {
    let events: [Event<'_>; 2] = [("2025-02-07T03:20:00Z", &extend), ("2025-02-07T04:05:00Z", &complete)];
    let told = live(emergency(), "2025-02-06T23:00:00Z", "2025-02-07T04:30:00Z", &events);
    expect(
        told[3..].to_vec(),
        &[
            ("02-07T03:00", "overdue/0"),
            ("02-07T03:15", "still_overdue/0"),
            ("02-07T03:20", "extended/1"),
            ("02-07T04:00", "overdue/1"),
            ("02-07T04:05", "completed"),
        ],
    );
}

#[test]
fn a_moved_window_is_told_and_its_reminders_begin_anew() {
    let moved = |window: &mut MaintenanceWindow, now| reschedule(window, now, "2024-06-07T19:00", "2024-06-08T05:00");
    let events: [Event<'_>; 2] = [("2024-05-31T02:00:00Z", &moved), ("2024-06-06T12:00:00Z", &cancel)];
    let told = live(scheduled(), "2024-05-28T00:00:00Z", "2024-06-08T12:00:00Z", &events);
    expect(
        told,
        &[
            ("05-28T00:00", "announced"),
            ("05-29T00:00", "reminder_3d/0"),
            ("05-31T00:00", "reminder_24h/0"),
            ("05-31T02:00", "rescheduled/1"),
            ("06-05T00:00", "reminder_3d/1"),
            ("06-06T12:00", "cancelled"),
        ],
    );
}

#[test]
fn who_was_told_nothing_is_not_told_of_a_cancellation() {
    let told = live(scheduled(), "2024-05-28T00:00:00Z", "2024-05-28T01:00:00Z", &[("2024-05-28T00:00:00Z", &cancel)]);
    expect(told, &[]);
}

/// Ten minutes after it was announced for another hour.
#[test]
fn a_window_that_is_started_early_is_told_however_freshly_it_was_announced() {
    let early = |window: &mut MaintenanceWindow, now: Timestamp| {
        note(window, now, WindowAction::Started);
        (window.state, window.started_at, window.starts_at) = (WindowState::Active, Some(now), now);
    };
    let mut window = emergency();
    window.changes.last_mut().expect("it was announced").at = instant("2025-02-07T00:00:00Z");
    let told = live(window, "2025-02-07T00:00:00Z", "2025-02-07T00:30:00Z", &[("2025-02-07T00:10:00Z", &early)]);
    expect(told, &[("02-07T00:00", "announced"), ("02-07T00:10", "started")]);
}

#[test]
fn a_program_that_was_away_tells_only_what_still_matters() {
    let window = scheduled();
    let told = [Told { key: "announced".into(), at: instant("2024-05-11T00:00:00Z") }];
    let due = |at: &str| due_notices(&window, &told, instant(at)).into_iter().map(Occasion::key).collect::<Vec<_>>();
    assert_eq!(due("2024-05-31T23:30:00Z"), ["reminder_1h/0"], "of four missed reminders the nearest");
    assert_eq!(due("2024-06-01T04:00:00Z"), ["started"]);
    assert_eq!(due("2024-06-01T10:05:00Z"), ["overdue/0"]);
    assert_eq!(due("2024-06-01T10:30:00Z"), ["still_overdue/0"]);
}

#[test]
fn every_occasion_has_its_words_in_both_languages() {
    let mut window = scheduled();
    reschedule(&mut window, instant("2024-05-12T00:00:00Z"), "2024-06-07T19:00", "2024-06-08T05:00");
    window.started_at = Some(window.starts_at);
    window.ended_at = Some(window.ends_at);
    let report = Figures {
        refused: 1234,
        refused_senders: 17,
        files_taken: 12,
        from_files: 39,
        from_web_service: 512,
        still_missing: vec!["LAKE2000".into()],
        unknown_missing: 2,
    };
    let occasions = [
        Occasion::Announced,
        Occasion::Rescheduled(1),
        Occasion::Extended(1),
        Occasion::Cancelled,
        Occasion::Started,
        Occasion::Overdue(0),
        Occasion::StillOverdue(0),
        Occasion::Completed,
        Occasion::Report,
    ];
    for language in Language::ALL {
        for occasion in occasions {
            for kind in [WindowKind::Scheduled, WindowKind::Emergency] {
                window.kind = kind;
                let notice = composer(language).compose(&window, occasion, Audience::AllUsers, Some(&report));
                let text = plain_text(&notice, &[]);
                assert!(text.contains("2024"), "the year is printed: {text}");
                for broken in ["{", "}", "  ", " ,", "??"] {
                    assert!(!text.contains(broken) || broken == "  ", "{occasion:?}: {broken:?} in {text}");
                }
                assert!(!notice.subject.is_empty() && notice.sections.iter().all(|section| !section.parts.is_empty()));
            }
        }
    }
    let english = composer(Language::English);
    let told = plain_text(&english.compose(&window, Occasion::Report, Audience::DataExchange, Some(&report)), &[]);
    for said in ["1234", "17 senders", "meanwhile: 12", "39 from files", "LAKE2000"] {
        assert!(told.contains(said), "{said} is not in {told}");
    }
}

/// Its text with nothing broken into lines.
fn in_one_line(notice: &Notice) -> String {
    plain_text(notice, &[]).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_report_on_a_window_of_less_than_a_minute_says_so() {
    let mut window = emergency();
    window.started_at = Some(window.starts_at);
    window.ended_at = Some(window.starts_at + SignedDuration::from_secs(40));
    let told = |language| {
        let figures = Figures::default();
        in_one_line(&composer(language).compose(&window, Occasion::Report, Audience::DataExchange, Some(&figures)))
    };
    let (english, spanish) = (told(Language::English), told(Language::Spanish));
    let lasted = "The downtime lasted less than a minute, from 7:00 p.m. Thursday, February 6, 2025 (CT);";
    assert!(english.contains(lasted), "{english}");
    let lasted = "La inactividad duró menos de un minuto, a las 7:00 p. m. del jueves 6 de febrero de 2025 (";
    assert!(spanish.contains(lasted), "{spanish}");
    for told in [english, spanish] {
        assert!(!told.contains("0 minut"), "{told}");
    }
}

#[test]
fn a_report_says_that_every_sender_came_back_only_when_every_one_did() {
    let mut window = scheduled();
    window.started_at = Some(window.starts_at);
    window.ended_at = Some(window.ends_at);
    let told = |language, unknown_missing| {
        let figures = Figures { unknown_missing, ..Figures::default() };
        in_one_line(&composer(language).compose(&window, Occasion::Report, Audience::DataExchange, Some(&figures)))
    };
    for (language, everybody, unknown) in [
        (Language::English, "Every sender that was turned away has been heard from", "have not come back: 2."),
        (Language::Spanish, "Todos los remitentes rechazados han vuelto", "no han vuelto: 2."),
    ] {
        assert!(told(language, 0).contains(everybody), "{}", told(language, 0));
        let away = told(language, 2);
        assert!(!away.contains(everybody) && away.contains(unknown), "{away}");
    }
}

#[test]
fn both_usual_reasons_have_their_words_in_spanish_and_no_emergency_is_scheduled() {
    let (starts, ends) = ("2025-02-06T19:00", "2025-02-06T21:00");
    for (kind, reason, spanish) in [
        (WindowKind::Scheduled, "scheduled system maintenance", "un mantenimiento programado del sistema"),
        (WindowKind::Emergency, "emergency system maintenance", "un mantenimiento de emergencia del sistema"),
    ] {
        let window = window(kind, reason, starts, ends);
        let told =
            |language| in_one_line(&composer(language).compose(&window, Occasion::Announced, Audience::AllUsers, None));
        assert!(told(Language::English).contains(reason));
        assert!(told(Language::Spanish).contains(spanish), "{}", told(Language::Spanish));
        let says_scheduled = told(Language::English).contains("scheduled");
        assert_eq!(says_scheduled, kind == WindowKind::Scheduled, "{}", told(Language::English));
    }
}

#[test]
fn channels_that_stay_open_are_not_spoken_of_and_their_partners_not_told() {
    let mut window = window(WindowKind::Scheduled, "scheduled work", "2024-05-31T19:00", "2024-05-31T20:00");
    window.modes = ChannelModes { web: Mode::ReadOnly, ..ChannelModes::default() };
    let notice = composer(Language::English).compose(&window, Occasion::Announced, Audience::AllUsers, None);
    let text = plain_text(&notice, &[]);
    assert!(text.contains("can sign in and look up records") && !text.contains("FTP") && !text.contains("503"));
    let subscription = |audience, kinds: &[NoticeKind], channels: &[Channel]| Subscription {
        id: SubscriptionId(uuid::Uuid::nil()),
        audience,
        way: SubscriptionWay::Email,
        address: "it@clinic.example".into(),
        kinds: kinds.to_vec(),
        channels: channels.to_vec(),
        language: "en".into(),
        organization_id: None,
        secret: String::new(),
        state: SubscriptionState::Confirmed,
        created_at: Timestamp::UNIX_EPOCH,
        changed_at: Timestamp::UNIX_EPOCH,
    };
    let wants = |subscription: &Subscription| is_wanted(subscription, &window, Occasion::Announced);
    assert!(wants(&subscription(Audience::AllUsers, &[], &[])));
    assert!(!wants(&subscription(Audience::EhrVendors, &[], &[])));
    assert!(!wants(&subscription(Audience::AllUsers, &[NoticeKind::Emergency], &[])));
    assert!(!wants(&subscription(Audience::AllUsers, &[], &[Channel::File])));
    let pending = Subscription { state: SubscriptionState::Pending, ..subscription(Audience::AllUsers, &[], &[]) };
    assert!(!wants(&pending));
    let no_reports = subscription(Audience::AllUsers, &[NoticeKind::Scheduled], &[]);
    assert!(wants(&no_reports) && !is_wanted(&no_reports, &window, Occasion::Report));
}
