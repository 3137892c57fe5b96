//! What becomes of maintenance windows at the gate of each node.

use bluebonnet_registry::WindowOrder;
use jiff::Timestamp;
use model::{Channel, ChannelModes, FileState, Mode, WindowState};

use crate::files::{Exchanging, three};
use crate::house::*;
use crate::notices::{announce, announce_modes, hours, operator};

/// In the window that the tests announce.
fn within() -> Timestamp {
    hours(26)
}

#[test]
fn a_window_that_was_called_off_begins_at_no_node() {
    on_each_database(&example(), async |house| {
        let other = house.another_node();
        let (admission, operator) = (house.admission(), operator(house));
        let (kept, called_off) = (announce(house, 25).await.id, announce(house, 24).await.id);
        for gate in [house.registry.gate(), other.gate()] {
            gate.set_clock(within);
        }
        other.refresh_windows(hours(0)).expect("the database is read");
        let calling_off =
            house.registry.order_window(&admission, &operator, hours(1), called_off, WindowOrder::Cancel, "");
        calling_off.await.expect("it is called off");
        for registry in [&house.registry, &other] {
            let windows = registry.refresh_windows(hours(2)).expect("the database is read");
            let state_of = |id| windows.iter().find(|window| window.id == id).map(|window| window.state);
            assert_eq!(state_of(called_off), Some(WindowState::Cancelled), "other processes hear of it");
            assert_eq!(registry.gate().mode(Channel::Web), Mode::Closed, "the other one begins");
            let in_force = registry.gate().windows().into_iter().filter(|known| known.state_at(within()).is_in_force());
            assert_eq!(in_force.map(|window| window.id).collect::<Vec<_>>(), [kept]);
        }
    });
}

#[test]
fn a_node_from_which_the_database_was_away_for_days_opens_its_doors() {
    on_each_database(&example(), async |house| {
        let other = house.another_node();
        other.gate().set_clock(|| hours(24 * 10));
        let (admission, operator, id) = (house.admission(), operator(house), announce(house, 1).await.id);
        other.refresh_windows(hours(0)).expect("the database is read");
        let completing = house.registry.order_window(&admission, &operator, hours(3), id, WindowOrder::Complete, "");
        completing.await.expect("it is over");
        assert_eq!(other.gate().mode(Channel::Web), Mode::Closed, "it has not heard of it");
        other.refresh_windows(hours(24 * 10)).expect("the database is read");
        assert_eq!(other.gate().mode(Channel::Web), Mode::Open);
    });
}

#[test]
fn files_whose_door_holds_them_wait_though_other_work_goes_on() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let (admission, operator) = (house.admission(), operator(house));
        let modes = ChannelModes { file: Mode::Hold, ..ChannelModes::default() };
        let window = announce_modes(house, 25, modes).await.id;
        house.registry.gate().set_clock(within);
        let id = files.put("CLINIC", "march.hl7", three().as_bytes());
        let exchange = files.another(within);
        exchange.drain_once().await;
        assert_eq!(files.find(id).state, FileState::Held);
        assert_eq!(exchange.held_by(&admission).map(|window| window.id), Some(window));
        let completing =
            house.registry.order_window(&admission, &operator, within(), window, WindowOrder::Complete, "");
        completing.await.expect("it is over");
        exchange.drain_once().await;
        assert_eq!(files.find(id).state, FileState::Complete);
    });
}
