//! The report on a window: files that it holds are counted from the moment in which they are taken.

use bluebonnet_registry::{FilesOfWindow, WindowOrder};

use crate::files::{Exchanging, clock, three};
use crate::house::*;
use crate::notices::{announce, hours, operator};

#[test]
fn files_that_a_window_holds_are_counted_before_they_are_processed() {
    on_each_database(&example(), async |house| {
        let files = Exchanging::new(house);
        let (admission, id) = (house.admission(), announce(house, 1).await.id);
        let operator = operator(house);
        let order = house.registry.order_window(&admission, &operator, clock(), id, WindowOrder::Start, "");
        order.await.expect("it is begun");
        let counted = || files.exchange.after_report(&admission, id, hours(1)).expect("it has begun").files;
        assert_eq!(counted(), FilesOfWindow::default());
        files.put("CLINIC", "march.hl7", three().as_bytes());
        files.put("PHARMACY", "april.hl7", three().as_bytes());
        assert_eq!(counted(), FilesOfWindow { taken: 2, waiting: 2, processed: 0, messages: 0 });
        files.exchange.drain_once().await;
        assert_eq!(counted(), FilesOfWindow { taken: 2, waiting: 0, processed: 2, messages: 6 });
    });
}
