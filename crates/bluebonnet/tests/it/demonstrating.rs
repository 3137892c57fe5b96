//! The demonstration: made once, kept after.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::messages::vxu;
use crate::program::{Server, on_each_database};
use crate::soap;

#[test]
fn a_demonstration_is_made_once_and_kept() {
    on_each_database(|home| {
        let path = home.path("credentials.json");
        let demo = ["demo", "--people", "50", "--http", "127.0.0.1:0", "--credentials", &path];
        let server = Server::start(home.command(&demo));
        let written = std::fs::metadata(&path).expect("the credentials were written");
        assert_eq!(written.permissions().mode() & 0o777, 0o600);
        let credentials: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("they can be read")).expect("they are JSON");
        assert_eq!(credentials["webservice"], format!("http://{}/webservice", server.address));
        assert!(credentials["web_users"].as_array().is_some_and(|users| users.len() >= 6), "{credentials}");
        let account = &credentials["web_service_accounts"][0];
        let word = |key: &str| account[key].as_str().expect("a word").to_owned();
        assert!(server.greeting.contains(&word("password")), "{}", server.greeting);
        check_way(&server, &path);
        let message = vxu("demo-1").replace("LAKE2000", &word("facility"));
        let answer = soap::submit(server.address, &word("user"), &word("password"), &word("facility"), &message);
        let answer = answer.expect("the server answers");
        assert!(answer.body.contains("MSA|AA|demo-1"), "{answer:?}");
        for page in ["/sign-in", "/status", "/downtime-form"] {
            assert!(says_demonstration(server.address, page), "{page} says that it is a demonstration");
        }
        assert_eq!(server.stop(), 0);
        let doctor = home.run(&["doctor"]).expect(0);
        assert!(doctor.output.contains("a demonstration: its people are made up"), "{doctor:?}");
        let served = home.serve(&[]);
        assert!(says_demonstration(served.address, "/sign-in"), "whoever serves it");
        assert_eq!(served.stop(), 0);

        let organizations = home.run(&["organization", "list", "--json"]).expect(0).json();
        let sites = organizations.as_array().expect("a list").iter().filter(|known| !known["parent"].is_null()).count();
        assert!(sites >= 6, "{organizations}");
        // Forecasts are made in the background, as long as the server runs: they are not part of what is kept.
        let rows = |home: &crate::program::Home| {
            let mut rows = home.run(&["doctor", "--json"]).expect(0).json()["database"]["rows"].clone();
            rows.as_object_mut().expect("rows by table").retain(|table, _| !is_forecast(table));
            rows
        };
        let before = rows(home);
        assert!(before["patient"].as_u64().is_some_and(|people| people >= 45), "{before}");

        for (arguments, told) in [(&demo[..], "passwords are in "), (&demo[..5], "kept nowhere else")] {
            let kept = Server::start(home.command(arguments));
            assert!(kept.greeting.contains("kept as it is") && kept.greeting.contains(told), "{}", kept.greeting);
            assert_eq!(kept.greeting.contains(&path), arguments.len() > 5, "{}", kept.greeting);
            let whom = if arguments.len() > 5 { &path } else { "`bluebonnet account list`" };
            check_way(&kept, whom);
            assert!(!kept.greeting.contains(&word("password")), "{}", kept.greeting);
            assert_eq!(kept.stop(), 0);
        }
        assert_eq!(rows(home), before);
    });
}

/// The last lines tell where to sign in, as whom, and how to stop.
fn check_way(server: &Server, whom: &str) {
    let lines: Vec<&str> = server.greeting.lines().collect();
    let [.., sign_in, stop] = lines[..] else { panic!("{lines:?}") };
    assert!(sign_in.contains(&format!("http://{}/sign-in", server.address)) && sign_in.contains(whom), "{sign_in}");
    assert!(stop.contains("Ctrl-C"), "{stop}");
}

fn is_forecast(table: &str) -> bool {
    matches!(table, "patient_forecast" | "patient_due")
}

#[test]
fn a_registry_of_somebody_else_is_not_touched() {
    let home = crate::program::Home::on_sqlite();
    home.settle();
    let refused = home.run(&["demo", "--people", "5", "--http", "127.0.0.1:0"]).expect(1);
    assert!(refused.errors.contains("LAKE2000"), "{refused:?}");
    // Also where all its organizations have codes that the demonstration gives.
    let home = crate::program::Home::on_sqlite();
    home.run(&["migrate"]).expect(0);
    home.run(&["organization", "add", "LCPG3000", "A clinic that is there", "--kind", "clinic"]).expect(0);
    let refused = home.run(&["demo", "--people", "5", "--http", "127.0.0.1:0"]).expect(1);
    assert!(refused.errors.contains("no demonstration: it holds LCPG3000"), "{refused:?}");
    assert!(!home.run(&["doctor"]).output.contains("demonstration"));
}

fn says_demonstration(address: std::net::SocketAddr, page: &str) -> bool {
    let request = soap::get(address, page).expect("the server answers");
    request.body.contains("bb-demonstration")
}

#[test]
fn a_registry_that_is_no_demonstration_does_not_say_so() {
    let home = crate::program::Home::on_sqlite();
    home.settle();
    let server = home.serve(&[]);
    assert!(!says_demonstration(server.address, "/sign-in"));
    assert_eq!(server.stop(), 0);
    let doctor = home.run(&["doctor"]).expect(0);
    assert!(!doctor.output.contains("demonstration"), "{doctor:?}");
}

#[test]
fn a_demonstration_whose_making_broke_off_is_one_all_the_same() {
    let home = crate::program::Home::on_sqlite();
    home.run(&["migrate"]).expect(0);
    let database = rusqlite::Connection::open(home.path("registry.db")).expect("it is a database");
    let is_begun = || {
        let setting = "SELECT value FROM setting WHERE key = 'demonstration'";
        database.query_row(setting, [], |row| row.get::<_, String>(0)).is_ok()
    };
    let mut making = home.command(&["demo", "--http", "127.0.0.1:0"]);
    let mut making = making.stdout(std::process::Stdio::null()).spawn().expect("it starts");
    while !is_begun() {
        assert!(making.try_wait().expect("it can be asked").is_none(), "it goes on");
        std::thread::yield_now();
    }
    making.kill().expect("it can be ended");
    making.wait().expect("it ends");
    let server = home.serve(&[]);
    assert!(says_demonstration(server.address, "/sign-in"));
    assert_eq!(server.stop(), 0);
    // It is made to its end by the next one.
    let made = Server::start(home.command(&["demo", "--people", "5", "--http", "127.0.0.1:0"]));
    assert!(made.greeting.contains("AUTHENTICATOR KEY"), "{}", made.greeting);
    assert_eq!(made.stop(), 0);
}
