//! Maintenance windows against the running program: both founding notices rehearsed on a clock that runs faster, and the
//! house rebuilt behind a front while senders knock.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::messages::vxu;
use crate::program::{Home, Server};
use crate::soap::{self, Answer};

const SENTENCE: &str = "The server is temporarily unable to service your request due to maintenance downtime or \
                        capacity problems. Please try again later.";
/// How much faster the rehearsed clock runs.
const SPEED: i64 = 60;
/// Seconds of `Retry-After` that spread the senders.
const JITTER: i64 = 60;

/// A clock for the program, which the test can read, too.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    shown: Timestamp,
    real: Timestamp,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "a rehearsed clock is set by the real one")]
    pub(crate) fn showing(shown: Timestamp) -> Clock {
        Clock { shown, real: Timestamp::now() }
    }

    #[expect(clippy::disallowed_methods, reason = "a rehearsed clock is set by the real one")]
    fn now(&self) -> Timestamp {
        self.shown + Timestamp::now().duration_since(self.real) * SPEED as i32
    }

    pub(crate) fn run(&self, home: &Home, arguments: &[&str]) -> Value {
        let output = self.command(home, arguments).output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("it prints JSON")
    }

    fn command(&self, home: &Home, arguments: &[&str]) -> std::process::Command {
        let mut command = home.command(arguments);
        command.env("BLUEBONNET_REHEARSAL_CLOCK", format!("{},{},{SPEED}", self.shown, self.real));
        command
    }
}

fn retry_after(answer: &Answer) -> i64 {
    let line = answer.head.lines().find_map(|line| line.strip_prefix("retry-after: ")).expect("it is told");
    line.parse().expect("seconds")
}

/// A notice's window: what is ordered, and the instants that it must come to.
struct Notice {
    plan: &'static [&'static str],
    starts_at: &'static str,
    ends_at: &'static str,
    times: &'static str,
}

const NOTICES: [Notice; 2] = [
    Notice {
        plan: &["--start", "Friday 2024-05-31 19:00", "--end", "Saturday 2024-06-01 05:00"],
        starts_at: "2024-06-01T00:00:00Z",
        ends_at: "2024-06-01T10:00:00Z",
        times: "7:00 p.m. Friday, May 31, 2024, to 5:00 a.m. Saturday, June 1, 2024 (CT)",
    },
    Notice {
        plan: &["--start", "Thursday 2025-02-06 19:00", "--end", "2025-02-06 21:00", "--emergency"],
        starts_at: "2025-02-07T01:00:00Z",
        ends_at: "2025-02-07T03:00:00Z",
        times: "7:00 p.m. to 9:00 p.m. Thursday, February 6, 2025 (CT)",
    },
];

#[test]
fn both_notices_hold_from_the_first_second_to_the_order_that_ends_them() {
    std::thread::scope(|scope| {
        for notice in &NOTICES {
            scope.spawn(move || rehearse(notice));
        }
    });
}

fn rehearse(notice: &Notice) {
    let home = Home::on_sqlite();
    home.settle();
    let password = home.add_account("lakeside");
    let (starts_at, ends_at): (Timestamp, Timestamp) =
        (notice.starts_at.parse().expect("an instant"), notice.ends_at.parse().expect("an instant"));
    let before = Clock::showing(starts_at - SignedDuration::from_hours(24));
    let plan = [&["maintenance", "plan", "--by", "Department IT", "--json"], notice.plan].concat();
    let planned = before.run(&home, &plan);
    assert_eq!(planned["times"], notice.times);
    let number = planned["number"].as_str().expect("a number").to_owned();
    let announced = before.run(&home, &["maintenance", "announce", &number, "--json"]);
    assert_eq!(announced["starts_at"], notice.starts_at);
    assert_eq!(announced["ends_at"], notice.ends_at);

    // The window begins under the eyes of a sender.
    let clock = Clock::showing(starts_at - SignedDuration::from_mins(10));
    let server = Server::start(clock.command(&home, &["serve", "--http", "127.0.0.1:0"]));
    let mut turned_away = 0;
    let mut jitter = None;
    for number in 0.. {
        let asked_at = clock.now();
        let answer = send(server.address, &password, &format!("before-{number}"));
        let answered_at = clock.now();
        if answer.status == 200 {
            assert!(asked_at < starts_at, "answered in the window");
            continue;
        }
        assert!(answered_at >= starts_at, "closed before the window: {answer:?}");
        turned_away += 1;
        check_refusal(&answer);
        let (least, most) = (left(ends_at, answered_at), left(ends_at, asked_at));
        let told = retry_after(&answer);
        assert!((least..=most + JITTER).contains(&told), "{least} <= {told} <= {most} + {JITTER}");
        // The spread is the sender's own: always the same, so that only the clock makes a difference.
        let spread = jitter.get_or_insert((told - most, told - least));
        *spread = (spread.0.max(told - most), spread.1.min(told - least));
        assert!(spread.0 <= spread.1, "the spread of one sender changed");
        if turned_away == 20 {
            break;
        }
    }
    for path in ["/", "/sign-in"] {
        check_closed_page(&soap::get(server.address, path).expect("it answers"));
    }
    assert_eq!(soap::get(server.address, "/status").expect("it answers").status, 200);
    assert_eq!(soap::get(server.address, "/livez").expect("it answers").status, 200);
    assert_eq!(soap::get(server.address, "/readyz").expect("it answers").status, 200);
    let status = clock.run(&home, &["maintenance", "status", "--json"]);
    assert_eq!(status["modes"]["web_service"], "closed");
    assert_eq!(status["modes"]["file"], "hold");
    assert_eq!(server.stop(), 0);

    // Past its end it is still closed, and says a minute.
    let late = Clock::showing(ends_at + SignedDuration::from_mins(20));
    let server = Server::start(late.command(&home, &["serve", "--http", "127.0.0.1:0"]));
    let overdue = send(server.address, &password, "overdue");
    turned_away += 1;
    check_refusal(&overdue);
    assert_eq!(retry_after(&overdue), 60);
    until("the history says so", || {
        let windows = late.run(&home, &["maintenance", "list", "--json"]);
        windows[0]["changes"].to_string().contains("still_overdue")
    });
    late.run(&home, &["maintenance", "complete", &number, "--json"]);
    until("the doors open", || {
        let answer = send(server.address, &password, "after");
        turned_away += usize::from(answer.status == 503);
        answer.status == 200
    });
    until("the report is true", || {
        let report = late.run(&home, &["maintenance", "report", &number, "--json"]);
        report["turned_away"]["web_service"] == turned_away
            && report["still_away"]["senders"] == 0
            && report["senders"][0]["organization"] == "LAKE2000"
    });
    assert_eq!(server.stop(), 0);
}

fn left(ends_at: Timestamp, now: Timestamp) -> i64 {
    (ends_at.as_millisecond() - now.as_millisecond() + 999) / 1000
}

fn send(address: SocketAddr, password: &str, control_id: &str) -> Answer {
    soap::submit(address, "lakeside", password, "LAKE2000", &vxu(control_id)).expect("the server answers")
}

fn check_refusal(answer: &Answer) {
    assert_eq!((answer.status, answer.body.as_str()), (503, SENTENCE));
    for line in ["content-type: text/plain", "cache-control: no-store", "link: </status>; rel=\"status\""] {
        assert!(answer.head.contains(line), "{line}: {answer:?}");
    }
    assert!(answer.head.starts_with("http/1.1 503 service unavailable") && !answer.head.contains("set-cookie"));
}

fn check_closed_page(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains("<h1>Service Unavailable</h1>") && answer.body.contains(SENTENCE), "{answer:?}");
    for line in
        ["content-type: text/html", "cache-control: no-store", "link: </status>; rel=\"status\"", "retry-after: "]
    {
        assert!(answer.head.contains(line), "{line}: {answer:?}");
    }
    assert!(!answer.head.contains("set-cookie"), "{answer:?}");
}

pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}, at last");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Senders that knock while the house is rebuilt.
const SENDERS: usize = 50;

#[test]
fn the_house_is_rebuilt_and_no_connection_is_refused() {
    let home = Home::on_sqlite();
    home.settle();
    let password = home.add_account("lakeside");
    let first = home.serve(&[]);
    let address = first.address;
    let (stop, acknowledged, refused) = (AtomicBool::new(false), Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (stop, acknowledged, refused, password) = (&stop, &acknowledged, &refused, &password);
            scope.spawn(move || {
                for number in 0.. {
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let control_id = format!("rebuild-{sender}-{number}");
                    let answer = soap::submit(address, "lakeside", password, "LAKE2000", &vxu(&control_id));
                    match answer.expect("no connection is refused or cut").status {
                        200 => acknowledged.lock().expect("no sender panics").push(control_id),
                        503 => {
                            refused.fetch_add(1, Ordering::Relaxed);
                            std::thread::sleep(Duration::from_millis(20));
                        }
                        other => panic!("{other}"),
                    }
                }
            });
        }
        let count = || acknowledged.lock().expect("no sender panics").len();
        until("messages are taken", || count() > 50);
        let front = home.serve(&["--roles", "gate", "--take-over"]);
        assert_eq!(front.address, address);
        assert_eq!(first.wait(), 0, "the first has answered what it took");
        home.run(&["migrate"]).expect(0);
        let during = count();
        until("the front says the sentence", || refused.load(Ordering::Relaxed) > 200);
        assert_eq!(count(), during, "nobody is there to acknowledge anything");
        let last = home.serve(&["--take-over"]);
        assert_eq!(front.wait(), 0);
        until("messages are taken again", || count() > during + 50);
        stop.store(true, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(last.stop(), 0);
    });
    let acknowledged = acknowledged.into_inner().expect("no sender panicked").len();
    let logged = home.run(&["messages", "--kind", "VXU", "--limit", "10000", "--json"]).expect(0).json();
    assert_eq!(logged.as_array().map(Vec::len), Some(acknowledged), "what was acknowledged is there, and once");
}
