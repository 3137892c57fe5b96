//! SQLite's write-ahead log: copied back and begun anew while lanes work, so that it does not grow with what they write.

use model::LoggedMessage;
use store::{Changes, Claim, DatabaseUrl, StoreError};

use crate::databases::{open, sqlite_place};
use crate::people::message;

const LANES: u64 = 2;
const MESSAGES_OF_EACH: u64 = 80;
const MESSAGE_BYTES: usize = 2 << 20;

#[test]
fn the_log_does_not_grow_with_what_lanes_write() {
    let place = sqlite_place();
    let database = open(&place.url);
    database.migrate().expect("an empty database can be migrated");
    std::thread::scope(|scope| {
        for lane in 0..LANES {
            let mut connection = database.lane(usize::try_from(lane).expect("small")).expect("a lane opens");
            scope.spawn(move || {
                for number in 0..MESSAGES_OF_EACH {
                    let messages = vec![large_message(lane * 1000 + number)];
                    let changes = Changes { messages, ..Changes::default() };
                    let decided = connection.decide(&Claim::default(), |_| Ok::<_, StoreError>(((), changes.clone())));
                    decided.expect("writable");
                }
            });
        }
    });
    let DatabaseUrl::Sqlite(path) = &place.url else { unreachable!("it is a file") };
    let log_bytes = std::fs::metadata(path.with_extension("db-wal")).expect("the log is there").len();
    let written_bytes = LANES * MESSAGES_OF_EACH * MESSAGE_BYTES as u64;
    // A log that was never begun anew holds all of it.
    assert!(log_bytes < written_bytes, "{log_bytes} bytes of log for {written_bytes} that were written");
    let stored = database.find_message(message(1001).id).expect("readable").expect("stored");
    assert_eq!(stored.original, large_message(1001).original);
}

/// A message that does not shrink when it is packed.
fn large_message(number: u64) -> LoggedMessage {
    let mut state = number + 1;
    let noise = std::iter::repeat_with(|| {
        // SplitMix64.
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)).to_le_bytes()
    });
    LoggedMessage { original: Some(noise.take(MESSAGE_BYTES / 8).flatten().collect()), ..message(number) }
}
