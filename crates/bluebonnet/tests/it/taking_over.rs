//! The ports of one of several programs on a data folder are taken over: that of the addresses that are asked for.

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::program::{Home, Ran, Server, ran};
use crate::soap;

fn answers(address: SocketAddr) -> bool {
    soap::get(address, "/livez").is_some_and(|answer| answer.status == 200)
}

fn says_the_sentence(address: SocketAddr) -> bool {
    soap::get(address, "/webservice").is_some_and(|answer| answer.status == 503)
}

/// The programs that share the work of a folder: the doors, and work in the background.
fn doors_and_jobs(home: &Home) -> (Server, Server) {
    let doors = home.serve(&["--roles", "web,webservice"]);
    let jobs = home.serve(&["--roles", "jobs", "--node", "jobs"]);
    (doors, jobs)
}

/// Starts a command that serves at these addresses, and takes over.
fn take_over(home: &Home, http: &[&str], more: &[&str]) -> Server {
    let mut arguments = vec!["serve", "--take-over"];
    for address in http {
        arguments.extend(["--http", address]);
    }
    Server::start(home.command(&[&arguments, more].concat()))
}

fn refused(home: &Home, more: &[&str]) -> Ran {
    ran(home.command(&[&["serve", "--take-over"], more].concat()).output().expect("it runs")).expect(1)
}

#[test]
fn the_program_with_the_addresses_that_are_asked_for_is_taken_over() {
    let home = Home::on_sqlite();
    home.settle();
    let (doors, jobs) = doors_and_jobs(&home);
    let (at_doors, at_jobs) = (doors.address.to_string(), jobs.address.to_string());
    assert_ne!(at_doors, at_jobs);
    let front = take_over(&home, &[&at_doors], &["--roles", "gate"]);
    assert_eq!((front.address.to_string(), doors.wait()), (at_doors.clone(), 0));
    assert!(says_the_sentence(front.address) && answers(jobs.address));
    let next = take_over(&home, &[&at_jobs], &["--roles", "jobs", "--node", "jobs"]);
    assert_eq!((next.address.to_string(), jobs.wait()), (at_jobs, 0));
    assert!(says_the_sentence(front.address), "the front stays where it is");
    let last = take_over(&home, &[&at_doors], &["--roles", "web,webservice"]);
    assert_eq!((last.address.to_string(), front.wait()), (at_doors, 0));
    assert_eq!((last.stop(), next.stop()), (0, 0));
}

#[test]
fn a_program_can_be_taken_over_after_the_end_of_another_on_its_folder() {
    let home = Home::on_sqlite();
    home.settle();
    for ends in [Server::stop as fn(Server) -> i32, |server| {
        server.kill();
        0
    }] {
        let (doors, jobs) = doors_and_jobs(&home);
        assert_eq!(ends(jobs), 0);
        let address = doors.address;
        let next = take_over(&home, &[&address.to_string()], &[]);
        assert_eq!((next.address, doors.wait()), (address, 0));
        assert_eq!(next.stop(), 0);
    }
    let left: Vec<_> = std::fs::read_dir(home.folder.path()).expect("readable").flatten().collect();
    let left = left.iter().filter(|entry| entry.file_name().to_string_lossy().starts_with("handover"));
    assert_eq!(left.count(), 0, "nothing is left of programs that ended");
}

#[test]
fn what_a_program_has_left_that_was_killed_while_it_began_to_listen_goes_with_the_next() {
    let home = Home::on_sqlite();
    home.settle();
    // It was killed between the two names of its socket: nobody listens there any more.
    let left = home.path("handover-00ff00");
    drop(UnixListener::bind(&left).expect("it can be made"));
    let server = home.serve(&[]);
    let begun = Instant::now();
    while handovers(&home).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it listens there");
        std::thread::yield_now();
    }
    assert!(!std::path::Path::new(&left).exists(), "it is removed before the new one has its name");
    assert_eq!(server.stop(), 0);
}

#[test]
fn where_no_program_is_meant_or_several_may_be_it_is_said_which_has_what() {
    let home = Home::on_sqlite();
    home.settle();
    let (doors, jobs) = doors_and_jobs(&home);
    let of_doors = format!("one has http {} (roles web, webservice)", doors.address);
    let of_jobs = format!("one has http {} (roles jobs)", jobs.address);
    for (more, why) in [
        (&["--roles", "gate"][..], "several programs serve"),
        (&["--roles", "gate", "--http", "127.0.0.1:9"], "has 127.0.0.1:9:"),
        (&["--roles", "gate", "--http", &format!("{},{}", doors.address, jobs.address)], "several programs serve"),
    ] {
        let refused = refused(&home, more);
        assert!(refused.errors.contains(why), "{refused:?}");
        assert!(refused.errors.contains(&of_doors) && refused.errors.contains(&of_jobs), "{refused:?}");
        assert!(answers(doors.address) && answers(jobs.address));
    }
    assert_eq!((doors.stop(), jobs.stop()), (0, 0));
}

#[test]
fn whoever_takes_over_also_listens_where_nobody_did() {
    let home = Home::on_sqlite();
    home.settle();
    let first = home.serve(&[]);
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free").local_addr().expect("it has one");
    let address = first.address;
    let next = take_over(&home, &[&address.to_string(), &free.to_string()], &[]);
    assert_eq!(first.wait(), 0);
    assert!(answers(address) && answers(free));
    assert_eq!(next.stop(), 0);
}

/// Where programs on a folder are asked for their ports.
fn handovers(home: &Home) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home.folder.path()).expect("readable").map(|entry| entry.expect("readable").path());
    entries.filter(|path| path.extension().is_some_and(|ending| ending == "sock")).collect()
}

#[test]
fn a_program_that_does_not_answer_stands_in_nobodys_way() {
    let home = Home::on_sqlite();
    home.settle();
    let server = home.serve(&[]);
    let silent = UnixListener::bind(home.path("handover-silent.sock")).expect("it can be made");
    std::thread::spawn(move || {
        for asker in silent.incoming() {
            // No name of a door.
            let _ = asker.and_then(|mut asker| asker.write_all(&[0xFF]));
        }
    });
    refused(&home, &["--roles", "gate", "--http", "127.0.0.1:9"]);
    assert!(answers(server.address), "which of them was meant cannot be told");
    let address = server.address;
    let next = take_over(&home, &[&address.to_string()], &[]);
    assert_eq!((next.address, server.wait()), (address, 0));
    assert_eq!(next.stop(), 0);
}

#[test]
fn a_program_is_stopped_while_somebody_asks_for_its_ports_and_says_nothing() {
    let home = Home::on_sqlite();
    home.settle();
    let server = home.serve(&[]);
    let begun = Instant::now();
    while handovers(&home).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it listens there");
        std::thread::yield_now();
    }
    let mut asker = UnixStream::connect(&handovers(&home)[0]).expect("it listens");
    // The names of the doors: what follows is for the asker to say.
    asker.set_read_timeout(Some(Duration::from_secs(60))).expect("a time is set");
    std::io::Read::read_exact(&mut asker, &mut [0; 4]).expect("it answers");
    let begun = Instant::now();
    assert_eq!(server.stop(), 0);
    assert!(begun.elapsed() < Duration::from_secs(30), "it waited {:?} for the asker", begun.elapsed());
}
