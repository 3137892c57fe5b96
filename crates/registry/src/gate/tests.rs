//! The gate at work: room, stopping, windows, the time after them.

use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering as Order};

use model::{WallTime, WindowKind, WindowState};
use uuid::Uuid;

use super::*;

/// Seconds that the clock of these tests shows.
static SECONDS: AtomicI64 = AtomicI64::new(0);

fn clock() -> Timestamp {
    at(SECONDS.load(Order::SeqCst))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a small number")
}

fn window(number: u128, starts: i64, ends: i64, modes: ChannelModes) -> MaintenanceWindow {
    let wall = |second| WallTime::of(at(second), "UTC").expect("UTC is known");
    MaintenanceWindow {
        id: WindowId(Uuid::from_u128(number)),
        kind: WindowKind::Scheduled,
        reason: "scheduled system maintenance".to_owned(),
        performed_by: "IT".to_owned(),
        owner: String::new(),
        time_zone: "UTC".to_owned(),
        starts: wall(starts),
        ends: wall(ends),
        starts_at: at(starts),
        ends_at: at(ends),
        modes,
        test_organizations: vec!["TEST1000".to_owned()],
        state: WindowState::Announced,
        is_extended: false,
        is_overdue: false,
        started_at: None,
        ended_at: None,
        sequence: 0,
        version: 1,
        changes: Vec::new(),
    }
}

#[test]
fn a_full_gate_turns_away_and_opens_again_by_itself() {
    let gate = Gate::new("Please try again later.", 10);
    let admitted: Vec<Admission> =
        (0..IN_FLIGHT_MAXIMUM).map(|_| gate.admit(Channel::WebService).expect("room is left")).collect();
    let closed = gate.admit(Channel::WebService).expect_err("the gate is full");
    assert_eq!((closed.sentence.as_str(), closed.why), ("Please try again later.", ClosedFor::Capacity));
    assert!((10..=20).contains(&closed.retry_after_seconds));
    drop(admitted);
    assert_eq!((gate.in_flight(), gate.in_flight_at(Channel::WebService)), (0, 0));
    assert!(gate.admit(Channel::WebService).is_ok());
}

#[test]
fn a_question_finds_room_where_changes_fill_the_gate() {
    let gate = Gate::new("Please try again later.", 10);
    let change = || gate.admit_sender(Channel::WebService, Purpose::Change, None);
    let admitted: Vec<Admission> = std::iter::from_fn(|| change().ok()).collect();
    assert_eq!(admitted.len(), IN_FLIGHT_MAXIMUM - KEPT_FOR_QUESTIONS);
    assert!(gate.admit_sender(Channel::WebService, Purpose::Question, None).is_ok());
}

#[tokio::test]
async fn a_stopping_gate_waits_for_what_it_took() {
    let gate = Gate::new("Please try again later.", 10);
    let admission = gate.admit(Channel::WebService).expect("the gate is open");
    gate.stop();
    assert!(gate.admit(Channel::WebService).is_err());
    let waiting = tokio::spawn({
        let gate = gate.clone();
        async move { gate.drained().await }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(admission);
    waiting.await.expect("the gate drains");
}

/// One test has the clock for itself.
#[test]
fn windows_close_the_doors_by_the_clock_and_open_them_by_an_order_only() {
    let gate = Gate::new("Please try again later.", 10);
    let downtime = window(1, 1000, 2000, ChannelModes::OF_A_DOWNTIME);
    gate.set_windows(vec![downtime.clone()]);
    SECONDS.store(1500, Order::SeqCst);
    assert_eq!(gate.mode(Channel::Web), Mode::Open, "a gate without a clock knows no windows");
    gate.set_clock(clock);

    SECONDS.store(999, Order::SeqCst);
    assert!(gate.admit(Channel::WebService).is_ok());
    SECONDS.store(1000, Order::SeqCst);
    let address = IpAddr::from([192, 0, 2, 1]);
    let sender = Sender { address, name: "LAKE2000" };
    let closed = || gate.admit_sender(Channel::WebService, Purpose::Change, Some(sender)).expect_err("closed");
    let jitter = closed().retry_after_seconds - 1000;
    assert!(jitter <= RETRY_SPREAD_SECONDS);
    assert_eq!((closed().why, closed().until), (ClosedFor::Maintenance, Some(at(2000))));
    SECONDS.store(1400, Order::SeqCst);
    assert_eq!(closed().retry_after_seconds, 600 + jitter, "to the second, and the same jitter for one sender");
    assert_eq!(gate.admit(Channel::File).expect("files are taken").mode(), Mode::Hold);
    assert!(gate.admit(Channel::Jobs).is_err());
    assert!(gate.admit(Channel::CommandLine).is_ok());
    let tester = Sender { address, name: "test1000" };
    assert!(gate.admit_test(Channel::WebService, tester).is_ok());
    assert!(gate.admit_test(Channel::WebService, sender).is_err());
    let pass = Pass { channel: Channel::Web, expires_at: at(1500) };
    assert!(gate.admit_with_pass(Channel::Web, &pass).is_ok());
    assert!(gate.admit_with_pass(Channel::WebService, &pass).is_err());

    SECONDS.store(5000, Order::SeqCst);
    assert!(gate.admit_with_pass(Channel::Web, &pass).is_err(), "it has expired");
    assert_eq!(closed().retry_after_seconds, RETRY_WHEN_OVERDUE_SECONDS, "no window ends by itself");
    assert_eq!(closed().until, None, "and when it will is not known any more");

    let read_only = ChannelModes { web_service: Mode::ReadOnly, ..ChannelModes::default() };
    let overlapping = window(2, 4000, 9000, read_only);
    gate.set_windows(vec![downtime.clone(), overlapping.clone()]);
    assert_eq!(gate.mode(Channel::WebService), Mode::Closed, "the strictest wins");
    assert_eq!(closed().retry_after_seconds, RETRY_WHEN_OVERDUE_SECONDS, "what is less strict lets questions in");
    let completed = MaintenanceWindow {
        state: WindowState::Completed,
        started_at: Some(at(1000)),
        ended_at: Some(at(5000)),
        version: 2,
        ..downtime.clone()
    };
    gate.set_windows(vec![completed.clone(), overlapping.clone()]);
    assert_eq!(gate.mode(Channel::Web), Mode::Open);
    gate.set_windows(vec![downtime]);
    assert_eq!(gate.mode(Channel::Web), Mode::Open, "whoever read before the order does not take it back");
    assert_eq!(gate.mode(Channel::WebService), Mode::ReadOnly, "nor does who read before another was announced");
    assert!(!gate.admit(Channel::WebService).expect("questions go on").permits_changes());

    let withdrawn = MaintenanceWindow { state: WindowState::Cancelled, version: 2, ..overlapping };
    gate.set_windows(vec![completed, withdrawn]);
    let change = || gate.admit_sender(Channel::WebService, Purpose::Change, Some(sender)).ok();
    let let_in: Vec<Admission> = std::iter::from_fn(change).collect();
    assert_eq!(let_in.len(), CHANGES_AT_OPENING, "no wave");
    assert!(gate.admit(Channel::WebService).is_ok(), "questions come first");
    SECONDS.store(5000 + i64::from(RAMP_SECONDS), Order::SeqCst);
    let more: Vec<Admission> = std::iter::from_fn(change).collect();
    assert_eq!(let_in.len() + more.len(), IN_FLIGHT_MAXIMUM - KEPT_FOR_QUESTIONS);
    let refusals = gate.take_refusals();
    let of_sender = refusals.iter().find(|refusals| refusals.name == "LAKE2000").expect("it was turned away");
    assert_eq!(of_sender.returned_at, Some(at(5000)));
}
