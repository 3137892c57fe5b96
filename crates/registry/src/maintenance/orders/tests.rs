//! What may be ordered when, and what the clock does.

use model::{ChannelModes, WindowAction as Did, WindowState as State};
use uuid::Uuid;

use super::*;

fn wall(text: &str) -> WallTime {
    WallTime::parse(text).expect("a time")
}

fn at(text: &str) -> Timestamp {
    wall(text).instant("America/Chicago").expect("an instant")
}

fn scheduled() -> NewWindow {
    NewWindow {
        id: WindowId(Uuid::nil()),
        kind: WindowKind::Scheduled,
        reason: "scheduled system maintenance".to_owned(),
        performed_by: "Department IT".to_owned(),
        owner: String::new(),
        time_zone: None,
        starts: wall("Friday 2024-05-31 19:00"),
        ends: wall("Saturday 2024-06-01 05:00"),
        modes: ChannelModes::OF_A_DOWNTIME,
        test_organizations: Vec::new(),
    }
}

fn draft(new: NewWindow) -> Result<MaintenanceWindow, String> {
    new.draft("America/Chicago", "operator", at("2024-05-20 09:00")).map_err(|error| error.to_string())
}

fn order(window: &MaintenanceWindow, order: WindowOrder, when: &str) -> Result<MaintenanceWindow, String> {
    ordered(window, order, "operator", "", at(when)).map_err(|error| error.to_string())
}

fn history(window: &MaintenanceWindow) -> Vec<Did> {
    window.changes.iter().map(|change| change.action).collect()
}

#[test]
fn a_window_begins_by_itself_and_ends_by_an_order() {
    let planned = draft(scheduled()).expect("a draft");
    assert_eq!(planned.state_at(at("2024-05-31 20:00")), State::Draft, "a draft closes nothing");
    let mut window = order(&planned, WindowOrder::Announce, "2024-05-20 10:00").expect("announced");
    let state = |window: &MaintenanceWindow, when| window.state_at(at(when));
    assert_eq!(state(&window, "2024-05-31 17:59"), State::Announced);
    assert_eq!(state(&window, "2024-05-31 18:00"), State::Imminent);
    assert_eq!(state(&window, "2024-05-31 19:00"), State::Active);
    assert_eq!(state(&window, "2024-06-05 12:00"), State::Active, "days later, too");
    assert!(!window.is_overdue_at(at("2024-06-01 04:59")) && window.is_overdue_at(at("2024-06-01 05:00")));
    for when in ["2024-05-31 18:30", "2024-05-31 19:00", "2024-06-01 05:00", "2024-06-01 05:14", "2024-06-01 05:15"] {
        advance(&mut window, at(when));
    }
    assert!(!advance(&mut window, at("2024-06-01 09:00")), "nobody is told twice");
    assert_eq!(window.started_at, Some(at("2024-05-31 19:00")));
    let extend = WindowOrder::Extend { ends: wall("2024-06-01 11:00") };
    let extended = order(&window, extend, "2024-06-01 09:00").expect("extended");
    assert!(extended.is_extended && !extended.is_overdue);
    let verifying = order(&extended, WindowOrder::Verify, "2024-06-01 10:00").expect("being looked at");
    assert!(verifying.state.is_in_force());
    let completed = order(&verifying, WindowOrder::Complete, "2024-06-01 10:30").expect("over");
    assert_eq!(completed.ended_at, Some(at("2024-06-01 10:30")));
    assert_eq!(
        history(&completed),
        [
            Did::Planned,
            Did::Announced,
            Did::BecameImminent,
            Did::Started,
            Did::BecameOverdue,
            Did::StillOverdue,
            Did::Extended,
            Did::Verifying,
            Did::Completed
        ]
    );
    assert_eq!(completed.changes[6].before, Some((at("2024-05-31 19:00"), at("2024-06-01 05:00"))));
}

#[test]
fn a_window_that_was_announced_after_its_start_closed_nothing_before() {
    let planned = draft(scheduled()).expect("a draft");
    let mut window = order(&planned, WindowOrder::Announce, "2024-05-31 20:30").expect("announced");
    advance(&mut window, at("2024-05-31 20:31"));
    assert_eq!(window.started_at, Some(at("2024-05-31 20:30")));
}

#[test]
fn orders_that_do_not_fit_are_refused_with_what_would() {
    let planned = draft(scheduled()).expect("a draft");
    let announced = order(&planned, WindowOrder::Announce, "2024-05-20 10:00").expect("announced");
    let refusals = [
        (&announced, WindowOrder::Announce, "2024-05-21 10:00", "only a draft can be"),
        (&announced, WindowOrder::Complete, "2024-05-31 18:00", "can be cancelled"),
        (&announced, WindowOrder::Cancel, "2024-05-31 19:00", "can be completed"),
        (&announced, WindowOrder::Extend { ends: wall("2024-06-01 07:00") }, "2024-05-31 18:00", "can be rescheduled"),
        (&announced, WindowOrder::Extend { ends: wall("2024-06-01 05:00") }, "2024-05-31 20:00", "after the old one"),
        (&planned, WindowOrder::Announce, "2024-06-01 05:00", "its end has passed"),
        (&planned, WindowOrder::Start, "2024-05-21 10:00", "cannot be started: nobody was told of it; announce"),
        (&planned, WindowOrder::Start, "2024-05-31 20:00", "an emergency that begins now"),
    ];
    for (window, refused, when, why) in refusals {
        assert!(order(window, refused, when).expect_err("refused").contains(why), "{refused:?}");
    }
    let moved = WindowOrder::Reschedule { starts: wall("2024-06-07 19:00"), ends: wall("2024-06-08 05:00") };
    let moved = order(&announced, moved, "2024-05-31 18:30").expect("moved");
    assert_eq!((moved.state, moved.sequence), (State::Announced, 1));
    let early = order(&moved, WindowOrder::Start, "2024-06-02 08:00").expect("begun");
    assert_eq!((early.state, early.starts_at, early.sequence), (State::Active, at("2024-06-02 08:00"), 2));
    assert_eq!(order(&announced, WindowOrder::Cancel, "2024-05-31 18:30").expect("called off").sequence, 1);
}

#[test]
fn what_cannot_be_a_window_is_refused_when_it_is_planned() {
    type Spoil = fn(&mut NewWindow);
    let cases: [(Spoil, &str); 8] = [
        (|new| new.starts = wall("2026-03-08 02:30"), "the clocks go forward"),
        (|new| new.ends = wall("2024-11-03 01:30"), "comes twice"),
        (|new| new.ends = new.starts, "not after the start"),
        (|new| new.ends = wall("2024-06-20 05:00"), "14 days at most"),
        (|new| new.starts = wall("2024-05-19 19:00"), "has passed"),
        (|new| new.reason = " ".to_owned(), "needs a reason"),
        (|new| new.modes.file = Mode::ReadOnly, "file cannot be read_only"),
        (|new| new.modes = ChannelModes::default(), "leaves every door open"),
    ];
    for (spoil, why) in cases {
        let mut new = scheduled();
        spoil(&mut new);
        let refused = draft(new).expect_err("refused");
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn a_draft_is_corrected_until_it_is_announced() {
    let planned = draft(scheduled()).expect("a draft");
    let mended = NewWindow {
        kind: WindowKind::Emergency,
        reason: "another disk".to_owned(),
        ends: wall("Saturday 2024-06-01 07:00"),
        modes: ChannelModes { web: Mode::ReadOnly, ..ChannelModes::OF_A_DOWNTIME },
        ..scheduled()
    };
    let correct = |window: &MaintenanceWindow, when| mended.clone().correct(window, "victor", at(when));
    let corrected = correct(&planned, "2024-05-20 10:00").expect("corrected");
    assert_eq!((corrected.id, corrected.state, corrected.version), (planned.id, State::Draft, planned.version + 1));
    assert_eq!((corrected.kind, corrected.reason.as_str()), (WindowKind::Emergency, "another disk"));
    assert_eq!((corrected.ends_at, corrected.modes.web), (at("2024-06-01 07:00"), Mode::ReadOnly));
    assert_eq!(history(&corrected), [Did::Planned, Did::Planned]);
    assert_eq!(corrected.changes[1].before, Some((planned.starts_at, planned.ends_at)));
    assert_eq!(corrected.changes[1].by, "victor");
    let late = correct(&planned, "2024-06-01 00:00").expect_err("its start has passed");
    assert!(late.to_string().contains("its start has passed"), "{late}");
    let announced = order(&corrected, WindowOrder::Announce, "2024-05-20 11:00").expect("announced");
    let refusal = correct(&announced, "2024-05-20 12:00").expect_err("people were told").to_string();
    assert!(refusal.contains("announced and cannot be corrected"), "{refusal}");
}
