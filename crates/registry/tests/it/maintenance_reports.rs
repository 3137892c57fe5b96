//! The report on a window: files that it holds are counted from the moment in which they are taken.

use bluebonnet_registry::{FilesOfWindow, WindowOrder};
use jiff::{SignedDuration, Timestamp};
use model::{Channel, WindowId};

use crate::files::{Exchanging, clock, three};
use crate::house::*;
use crate::notices::{announce, hours, operator};

async fn order(house: &House, id: WindowId, order: WindowOrder, at: Timestamp) {
    let (admission, operator) = (house.admission(), operator(house));
    house.registry.order_window(&admission, &operator, at, id, order, "").await.expect("it is followed");
}

#[test]
fn files_that_a_window_holds_are_counted_before_they_are_processed() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let (admission, id) = (house.admission(), announce(house, 1).await.id);
        order(house, id, WindowOrder::Start, clock()).await;
        let counted = || files.exchange.after_report(&admission, id, hours(1)).expect("it has begun").files;
        assert_eq!(counted(), FilesOfWindow::default());
        files.put("CLINIC", "march.hl7", three().as_bytes());
        // Somebody at the machine puts it there, as with `file put`.
        files.put_through(Channel::CommandLine, clock(), "PHARMACY", "april.hl7", three().as_bytes());
        assert_eq!(counted(), FilesOfWindow { taken: 2, waiting: 2, processed: 0, messages: 0 });
        files.exchange.drain_once().await;
        assert_eq!(counted(), FilesOfWindow { taken: 2, waiting: 0, processed: 2, messages: 6 });
    });
}

#[test]
fn messages_of_held_files_are_counted_when_they_are_processed_and_not_when_they_came() {
    fn a_while_after() -> Timestamp {
        hours(1) + SignedDuration::from_mins(5)
    }
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let (admission, id) = (house.admission(), announce(house, 1).await.id);
        let of_another_day = |day: &str| three().replace("F-", day);
        files.process("CLINIC", "before.hl7", of_another_day("B-").as_bytes()).await;
        order(house, id, WindowOrder::Start, clock()).await;
        // The pharmacy sends the same file twice: the second is told of the first, and nothing of it is processed.
        files.put("CLINIC", "march.hl7", three().as_bytes());
        files.put_through(Channel::CommandLine, clock(), "PHARMACY", "march.hl7", three().as_bytes());
        files.put("PHARMACY", "march-again.hl7", three().as_bytes());
        order(house, id, WindowOrder::Complete, hours(1)).await;
        let since = || files.exchange.after_report(&admission, id, hours(2)).expect("it has begun").messages_since;
        assert_eq!(since(), []);
        let later = files.another(a_while_after);
        later.drain_once().await;
        assert_eq!(since(), [(Channel::File, 6)]);
        files.put_through(Channel::File, a_while_after(), "CLINIC", "after.hl7", of_another_day("A-").as_bytes());
        later.drain_once().await;
        assert_eq!(since(), [(Channel::File, 9)]);
    });
}
