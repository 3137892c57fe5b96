//! The front that stands while the house is rebuilt: what it tells the public, and which ports it keeps.

use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::maintenance::until;
use crate::messages::vxu;
use crate::program::{Home, Server, on_each_database};
use crate::soap;

fn status(address: SocketAddr) -> Value {
    let answer = soap::get(address, "/status.json").expect("it answers");
    serde_json::from_str(&answer.body).expect("it is JSON")
}

/// What the status says of web application, web service and files.
fn doors(status: &Value) -> [&str; 3] {
    ["web", "web_service", "file"].map(|channel| {
        let doors = status["doors"].as_array().expect("a list");
        let door = doors.iter().find(|door| door["channel"] == channel).expect("the door is told of");
        door["mode"].as_str().expect("a word")
    })
}

fn order(home: &Home, order: &str, window: &str) {
    home.run(&["maintenance", order, window]).expect(0);
}

#[test]
fn a_front_tells_the_public_that_it_is_closed_in_a_window_or_not() {
    let home = Home::on_sqlite();
    home.settle();
    let first = home.serve(&[]);
    let address = first.address;
    assert_eq!(doors(&status(address)), ["open"; 3]);
    let front = home.serve(&["--roles", "gate", "--take-over"]);
    assert_eq!(first.wait(), 0);
    let is_closed = || {
        assert_eq!(soap::get(address, "/sign-in").expect("it answers").status, 503);
        assert_eq!(doors(&status(address)), ["closed"; 3]);
        let page = soap::get(address, "/status").expect("it answers").body;
        assert!(page.contains("web service are closed at present.</strong> Files are not taken, either."), "{page}");
        assert!(!page.contains("Nothing is planned"), "{page}");
    };
    is_closed();
    until("the command says so", || modes(&home)["web_service"] == "closed");
    let told = home.run(&["maintenance", "status"]).expect(0).output;
    assert!(told.contains("a front without a database: its doors are closed"), "{told}");
    let window = home.plan_emergency(&[]);
    order(&home, "announce", &window);
    until("the window is known", || status(address)["current"][0]["state"] == "active");
    is_closed();
    order(&home, "complete", &window);
    until("its end is known", || status(address)["past"][0]["state"] == "completed");
    is_closed();
    let between = home.run(&["serve", "--http", "127.0.0.1:0"]).expect(1);
    assert!(
        between.errors.contains("another program serves the data folder"),
        "the front holds the house: {between:?}"
    );
    let last = home.serve(&["--take-over"]);
    assert_eq!(front.wait(), 0);
    assert_eq!(doors(&status(address)), ["open"; 3]);
    until("the command says so", || modes(&home)["web_service"] == "open");
    assert_eq!(last.stop(), 0);
}

fn modes(home: &Home) -> Value {
    home.run(&["maintenance", "status", "--json"]).expect(0).json()["modes"].clone()
}

fn file_door(server: &Server) -> SocketAddr {
    let line = server.greeting.lines().find_map(|line| line.strip_prefix("listening sftp://"));
    line.expect("it is printed").parse().expect("an address")
}

fn greeting(address: SocketAddr) -> String {
    let mut greeting = [0; 8];
    let mut stream = TcpStream::connect(address).expect("it is let in");
    stream.read_exact(&mut greeting).expect("it is greeted");
    String::from_utf8_lossy(&greeting).into_owned()
}

#[test]
fn a_front_keeps_the_port_for_files_or_closes_it_so_that_nobody_waits_there() {
    let home = Home::on_sqlite();
    home.settle();
    let first = home.serve(&["--sftp", "127.0.0.1:0"]);
    let files = file_door(&first);
    let front = home.serve(&["--roles", "gate,sftp", "--take-over"]);
    assert_eq!((first.wait(), file_door(&front)), (0, files));
    assert_eq!(greeting(files), "SSH-2.0-");
    assert_eq!(doors(&status(front.address)), ["closed", "closed", "hold"]);
    let without = home.serve(&["--roles", "gate", "--take-over"]);
    assert_eq!(front.wait(), 0);
    let refused = TcpStream::connect(files).expect_err("nobody listens");
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let last = home.serve(&["--sftp", &files.to_string(), "--take-over"]);
    assert_eq!(without.wait(), 0);
    assert_eq!(greeting(files), "SSH-2.0-");
    assert_eq!(last.stop(), 0);
}

#[test]
fn a_front_that_cannot_believe_the_state_says_what_to_do() {
    let home = Home::on_sqlite();
    home.settle();
    home.run(&["maintenance", "list"]).expect(0);
    let state = home.path("maintenance.state");
    std::fs::write(&state, "damaged").expect("writable");
    let refused = home.run(&["serve", "--http", "127.0.0.1:0", "--roles", "gate"]).expect(1);
    assert!(refused.errors.contains("is not believed"), "{refused:?}");
    assert!(refused.errors.contains("`bluebonnet maintenance list --data "), "{refused:?}");
    home.run(&["maintenance", "list"]).expect(0);
    assert_eq!(home.serve(&["--roles", "gate"]).stop(), 0);
}

#[test]
fn a_look_at_the_windows_tells_the_front_of_another_data_folder_what_was_ordered_elsewhere() {
    on_each_database(|home| {
        home.settle();
        let (database, [west, east]) = (home.url(), ["west", "east"].map(|node| home.path(node)));
        let at = |node: &str, arguments: &[&str]| {
            let place = ["--data", node, "--database", &database];
            home.run(&[&["maintenance"], arguments, &place].concat()).expect(0)
        };
        let told = |node: &str| at(node, &["status", "--json"]).json()["in_force"].clone();
        let window = home.plan_emergency(&["--data", &east, "--database", &database]);
        at(&east, &["announce", &window]);
        let said = at(&west, &["verify", &window]).output;
        assert!(said.contains("is told by `bluebonnet maintenance list --data FOLDER`"), "{said}");
        assert_eq!([told(&east), told(&west)].map(|told| told[0]["state_now"].clone()), ["active", "verifying"]);
        at(&east, &["list"]);
        assert_eq!(told(&east), told(&west));
        at(&west, &["complete", &window]);
        home.run(&["doctor", "--data", &east, "--database", &database]).expect(0);
        assert_eq!(told(&east), Value::Array(Vec::new()));
    });
}

#[test]
fn whom_a_front_turned_away_is_named_in_the_report_and_found_to_have_come_back() {
    let home = Home::on_sqlite();
    home.settle();
    let password = home.add_account("lakeside");
    let first = home.serve(&[]);
    let address = first.address;
    let send = |control_id: &str| {
        let answer = soap::submit(address, "lakeside", &password, "LAKE2000", &vxu(control_id));
        answer.expect("the server answers").status
    };
    let window = home.plan_emergency(&[]);
    order(&home, "announce", &window);
    let report = || home.run(&["maintenance", "report", &window]).expect(0).output;
    let front = home.serve(&["--roles", "gate", "--take-over"]);
    assert_eq!(first.wait(), 0);
    assert_eq!(["a", "b", "c"].map(send), [503; 3]);
    assert!(report().contains("calls of the last 15 seconds may not be counted yet"), "{}", report());
    assert!(!report().contains("has come back"), "nobody can have while the doors are closed: {}", report());
    assert_eq!(front.stop(), 0);

    // What the front left is counted at once, also while no program with a database serves.
    let json = || home.run(&["maintenance", "report", &window, "--json"]).expect(0).json();
    let told = json();
    assert_eq!(told["turned_away"]["web_service"], 3, "{told}");
    assert_eq!(told["senders"][0]["organization"], "LAKE2000", "{told}");
    assert_eq!(told["still_away"], serde_json::json!({"senders": 1, "calls": 3}));
    let last = home.serve(&["--http", &address.to_string()]);
    order(&home, "complete", &window);
    until("the doors open", || send("a") == 200);
    assert_eq!(["b", "c"].map(send), [200; 2]);
    let told = json();
    assert_eq!(told["still_away"], serde_json::json!({"senders": 0, "calls": 0}), "{told}");
    assert!(report().contains("every sender that was turned away has come back"), "{}", report());
    assert_eq!(last.stop(), 0);
}
