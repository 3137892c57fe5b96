//! A server answers what it is asked over HTTP.

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, SocketAddr};
use std::process::Stdio;

use crate::messages::{qbp, vxu};
use crate::program::{Home, Server, on_each_database};
use crate::soap;

#[test]
fn a_message_in_an_answer_out() {
    on_each_database(|home| {
        home.settle();
        let password = home.add_account("lakeside");
        let server = home.serve(&[]);
        let submit = |message: &str| {
            soap::submit(server.address, "lakeside", &password, "LAKE2000", message).expect("the server answers")
        };
        let stored = submit(&vxu("serve-1"));
        assert_eq!(stored.status, 200, "{stored:?}");
        assert!(stored.body.contains("MSA|AA|serve-1"), "{stored:?}");
        let history = submit(&qbp("serve-2"));
        assert!(history.body.contains("QAK|serve-2|OK"), "{history:?}");
        assert!(history.body.contains("03^"), "{history:?}");
        assert_eq!(server.stop(), 0);
    });
}

#[test]
fn the_addresses_for_operators_answer() {
    on_each_database(|home| {
        home.settle();
        let server = home.serve(&[]);
        let get = |path: &str| soap::get(server.address, path).expect("the server answers");
        assert_eq!(get("/livez").status, 200);
        let ready = get("/readyz");
        assert_eq!(ready.status, 200);
        assert!(ready.body.contains("\"ready\":true"), "{ready:?}");
        let measured = get("/metrics");
        assert!(measured.body.contains("bluebonnet_calls_in_flight"), "{measured:?}");
        let start = get("/");
        assert!(start.head.contains("text/html") && start.body.contains("/webservice?wsdl"), "{start:?}");
        let wsdl = get("/webservice?wsdl");
        assert!(wsdl.body.contains(&format!("http://{}/webservice", server.address)), "{wsdl:?}");
        assert_eq!(get("/nowhere").status, 404);
    });
}

#[test]
fn measurements_are_for_callers_on_this_machine_or_have_an_address_of_their_own() {
    let home = Home::on_sqlite();
    home.settle();
    let told = |address| {
        let answer = soap::get(address, "/metrics").expect("the server answers");
        (answer.status, answer.body.contains("bluebonnet_calls_in_flight"))
    };
    let server = Server::start(home.command(&["serve", "--http", "0.0.0.0:0"]));
    let port = server.address.port();
    assert_eq!(told(SocketAddr::from(([127, 0, 0, 1], port))), (200, true));
    if let Some(elsewhere) = own_address() {
        assert_eq!(told(SocketAddr::new(elsewhere, port)), (403, false));
    }
    assert_eq!(server.stop(), 0);
    let server = home.serve(&["--behind-proxy", "--metrics", "127.0.0.1:0"]);
    assert_eq!(told(server.address), (403, false), "whoever comes through a proxy comes from this machine");
    let own = server.greeting.lines().find_map(|line| line.strip_prefix("measurements http://"));
    let own = own.and_then(|line| line.strip_suffix("/metrics")).expect("it is printed").parse().expect("an address");
    assert_eq!(told(own), (200, true));
    assert_eq!(soap::get(own, "/readyz").expect("the server answers").status, 404, "and nothing else is there");
    let last = home.serve(&["--metrics", &own.to_string(), "--take-over"]);
    assert_eq!((server.wait(), told(own)), (0, (200, true)));
    assert_eq!(last.stop(), 0);
}

/// An address of this machine that is not the loopback; asking the system for it sends nothing.
fn own_address() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip()).filter(|address| !address.is_loopback())
}

#[test]
fn an_account_made_while_the_server_runs_is_let_in_within_seconds() {
    let home = Home::on_sqlite();
    home.settle();
    let server = home.serve(&[]);
    let password = home.add_account("late");
    let is_let_in = || {
        let answer = soap::submit(server.address, "late", &password, "LAKE2000", &vxu("late-1"));
        answer.is_some_and(|answer| answer.status == 200 && answer.body.contains("MSA|AA"))
    };
    let begun = std::time::Instant::now();
    while !is_let_in() {
        // Asking takes a password verification each time, so this does not spin; and it stays below the lock-out.
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "the account was not let in");
        std::thread::sleep(std::time::Duration::from_millis(2500));
    }
}

#[test]
fn a_node_without_the_role_has_no_web_service() {
    let home = Home::on_sqlite();
    home.settle();
    let server = home.serve(&["--roles", "jobs"]);
    assert_eq!(soap::get(server.address, "/webservice?wsdl").expect("the server answers").status, 404);
    assert_eq!(soap::get(server.address, "/readyz").expect("the server answers").status, 200);
}

#[test]
fn a_wrong_setting_is_refused_before_anything_is_served() {
    let home = Home::on_sqlite();
    for wrong in [["--public-url", "foo"], ["--log-filter", "warning"], ["--http", "127.0.0.1"]] {
        let refused = home.run(&["serve", wrong[0], wrong[1]]).expect(2);
        assert!(refused.errors.contains(wrong[1]), "{refused:?}");
    }
}

#[test]
fn a_node_that_takes_files_and_processes_none_says_so() {
    let home = Home::on_sqlite();
    home.settle();
    for (roles, is_warned) in [("web,webservice", true), ("web,jobs", false), ("webservice", false)] {
        let mut command = home.command(&["serve", "--http", "127.0.0.1:0", "--roles", roles]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        assert!(output.any(|line| line.is_ok_and(|line| line.starts_with("listening"))), "{roles}");
        child.kill().expect("it can be ended");
        let ended = child.wait_with_output().expect("it ends");
        let log = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(log.contains("files are taken here and not processed"), is_warned, "{roles}: {log}");
    }
}

#[test]
fn a_second_program_on_one_folder_is_refused_while_the_first_lives() {
    on_each_database(|home| {
        home.settle();
        let first = home.serve(&["--sftp", "127.0.0.1:0"]);
        let refused = home.run(&["serve", "--http", "127.0.0.1:0"]).expect(1);
        assert!(refused.errors.contains("another program serves the data folder"), "{refused:?}");
        assert_eq!(soap::get(first.address, "/readyz").expect("the server answers").status, 200);
        // Commands go on working beside it.
        home.run(&["doctor"]).expect(0);
        home.run(&["messages", "--limit", "1"]).expect(0);
        home.run(&["organization", "list"]).expect(0);
        first.kill();
        let second = home.serve(&[]);
        assert_eq!(second.stop(), 0);
        let third = home.serve(&[]);
        assert_eq!(third.stop(), 0);
    });
}

#[test]
fn two_programs_may_share_the_roles_of_one_folder() {
    let home = Home::on_sqlite();
    home.settle();
    let doors = home.serve(&["--roles", "web,webservice"]);
    let jobs = home.serve(&["--roles", "jobs", "--node", "jobs"]);
    let refused = home.run(&["serve", "--http", "127.0.0.1:0", "--roles", "webservice"]).expect(1);
    assert!(refused.errors.contains("(role webservice)"), "{refused:?}");
    assert_eq!((doors.stop(), jobs.stop()), (0, 0));
}

#[test]
fn a_start_that_failed_hinders_no_other() {
    let home = Home::on_sqlite();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("it has an address").to_string();
    let failed = home.run(&["serve", "--http", &address]).expect(3);
    assert!(failed.errors.contains("cannot listen at"), "{failed:?}");
    let lock = home.path("serving-web.lock");
    assert_eq!(std::fs::metadata(&lock).expect("it stays").len(), 0, "an empty file, that nobody holds");
    let server = home.serve(&[]);
    // It is held now: what stands in the folder is not what counts.
    assert!(home.run(&["serve", "--http", "127.0.0.1:0"]).expect(1).errors.contains("(role web)"));
    assert_eq!(server.stop(), 0);
}

#[test]
fn no_two_programs_serve_one_postgresql_under_one_name() {
    let Some(home) = Home::on_postgres() else { return };
    home.settle();
    let elsewhere = home.path("elsewhere");
    let serve = ["serve", "--http", "127.0.0.1:0", "--data", &elsewhere];
    let named = |node| [&serve[..], &["--node", node]].concat();
    let first = home.serve(&["--node", "east"]);
    let refused = home.run(&named("east")).expect(1);
    assert!(refused.errors.contains("another program serves this database as the node \"east\""), "{refused:?}");
    assert!(refused.errors.contains("--node"), "{refused:?}");
    let west = Server::start(home.command(&named("west")));
    assert_eq!(west.stop(), 0);
    // Whoever takes the ports over takes the name over, and it is free again after a program that was killed.
    let next = home.serve(&["--node", "east", "--take-over", "--http", &first.address.to_string()]);
    assert_eq!(first.wait(), 0);
    next.kill();
    let moved = Server::start(home.command(&named("east")));
    assert!(home.run(&["serve", "--http", "127.0.0.1:0", "--node", "east"]).expect(1).errors.contains("as the node"));
    assert_eq!(moved.stop(), 0);
}
