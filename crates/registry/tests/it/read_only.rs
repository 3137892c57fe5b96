//! A read-only window: questions go on, changes are refused, and a reader's session at the database could not write.

use bluebonnet_registry::RegistryError;
use jiff::{SignedDuration, Timestamp};
use model::{Channel, ChannelModes, Mode, WallTime, WindowId, WindowKind};

use crate::house::*;

fn noon() -> Timestamp {
    NOON.parse().expect("a timestamp")
}

/// Closes the web service and the web to changes, by a window that has begun.
async fn begin_read_only(house: &House) {
    let command_line = house.registry.gate().admit(Channel::CommandLine).expect("the command line is open");
    let wall = |hours: i64| {
        WallTime::of(noon() + SignedDuration::from_hours(hours), "America/New_York").expect("a time of the zone")
    };
    let new = bluebonnet_registry::NewWindow {
        id: WindowId(house.uuid()),
        kind: WindowKind::Scheduled,
        reason: "a copy of the database".into(),
        performed_by: "IT".into(),
        owner: String::new(),
        time_zone: None,
        starts: wall(0),
        ends: wall(5),
        modes: ChannelModes { web: Mode::ReadOnly, web_service: Mode::ReadOnly, ..ChannelModes::default() },
        test_organizations: Vec::new(),
    };
    let (registry, operator) = (&house.registry, house.caller("CLINIC"));
    let planned = registry.plan_window(&command_line, &operator, noon(), new).await.expect("it can be planned");
    let announce = bluebonnet_registry::WindowOrder::Announce;
    registry.order_window(&command_line, &operator, noon(), planned.id, announce, "").await.expect("it is announced");
    registry.gate().set_clock(|| NOON.parse::<Timestamp>().expect("a timestamp") + SignedDuration::from_mins(5));
}

#[test]
fn in_a_read_only_window_questions_are_answered_and_changes_refused() {
    on_each_database(&example(), async |house| {
        house.report("CLINIC", &MARIA, &given("03", "20250110", "one")).await;
        begin_read_only(house).await;
        for channel in [Channel::WebService, Channel::Web] {
            let admission = house.registry.gate().admit(channel).expect("questions go on");
            assert!(!admission.permits_changes());
        }
        let before = house.rows("vaccination_report");
        let answer = house.ask("CLINIC", "Z34", &MARIA).await;
        assert!(answer.contains("RXA|"), "{answer}");

        let admission = house.registry.gate().admit(Channel::WebService).expect("it is read before it is refused");
        let message = vxu("late", &MARIA, &given("94", "20250301", "two")).replace('\n', "\r").into_bytes();
        let refused =
            house.registry.receive_message(&admission, &house.caller("CLINIC"), house.receipt(), message).await;
        assert!(matches!(refused, Err(RegistryError::ReadOnly)), "{refused:?}");
        assert!(refused.is_err_and(|error| error.is_transient()), "the sender keeps it and sends it again");
        assert_eq!(house.rows("vaccination_report"), before);
    });
}

#[test]
fn a_readers_session_cannot_write() {
    on_each_database(&example(), async |house| {
        assert!(house.database.readers_refuse_to_write().expect("the database answers"));
    });
}
