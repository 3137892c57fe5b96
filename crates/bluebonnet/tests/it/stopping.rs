//! A server that is told to stop answers what it took, and loses nothing.

use std::sync::Mutex;
use std::sync::mpsc;
use std::time::Duration;

use crate::messages::vxu;
use crate::program::on_each_database;
use crate::soap;

/// Clients that send as fast as they can.
const CLIENTS: usize = 8;
/// Answers after which the server is told to stop.
const ANSWERS_BEFORE: usize = 40;

#[test]
fn everything_acknowledged_before_the_end_is_in_the_log() {
    on_each_database(|home| {
        home.settle();
        let password = home.add_account("lakeside");
        let server = home.serve(&[]);
        let address = server.address;
        let acknowledged = Mutex::new(Vec::new());
        let (told, telling) = mpsc::channel();
        std::thread::scope(|scope| {
            for client in 0..CLIENTS {
                let (acknowledged, password, told) = (&acknowledged, &password, told.clone());
                scope.spawn(move || {
                    for number in 0.. {
                        let control_id = format!("stop-{client}-{number}");
                        let answer = soap::submit(address, "lakeside", password, "LAKE2000", &vxu(&control_id));
                        let Some(answer) = answer else { return };
                        match answer.status {
                            200 => assert!(answer.body.contains(&format!("|{control_id}")), "{answer:?}"),
                            503 => {
                                assert!(answer.head.contains("retry-after:"), "{answer:?}");
                                return;
                            }
                            _ => panic!("{answer:?}"),
                        }
                        acknowledged.lock().expect("no client panics").push(control_id);
                        let _ = told.send(());
                    }
                });
            }
            for _ in 0..ANSWERS_BEFORE {
                telling.recv_timeout(Duration::from_secs(60)).expect("the server answers");
            }
            server.terminate();
        });
        assert_eq!(server.wait(), 0);
        let acknowledged = acknowledged.into_inner().expect("no client panicked");
        let logged = home.run(&["messages", "--kind", "VXU", "--limit", "10000", "--json"]).expect(0).json();
        let logged = logged.as_array().expect("a list").len();
        assert!(logged >= acknowledged.len(), "{logged} in the log, {} acknowledged", acknowledged.len());
        // A client whose connection ended without an answer may be in the log, too: it will send again.
        assert!(logged <= acknowledged.len() + CLIENTS, "{logged} in the log, {} acknowledged", acknowledged.len());
    });
}
