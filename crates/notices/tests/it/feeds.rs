//! The feeds. Independent readers of both stand in tests/conformance.

use model::{WindowAction, WindowState};
use notices::{Board, Language, atom_feed, calendar};

use crate::windows::{composer, emergency, instant, note, reschedule, scheduled};

const URL: &str = "https://iis.example.org";

#[test]
fn a_change_and_a_cancellation_keep_the_uid_and_raise_the_sequence() {
    let english = composer(Language::English);
    let lines = |text: &str, name: &str| -> Vec<String> {
        text.split("\r\n").filter(|line| line.starts_with(name)).map(str::to_owned).collect()
    };
    let mut window = scheduled();
    let first = calendar(std::slice::from_ref(&window), &english, "Maintenance", URL);
    reschedule(&mut window, instant("2024-05-20T00:00:00Z"), "2024-06-07T19:00", "2024-06-08T05:00");
    let second = calendar(std::slice::from_ref(&window), &english, "Maintenance", URL);
    window.state = WindowState::Cancelled;
    window.sequence += 1;
    note(&mut window, instant("2024-05-21T00:00:00Z"), WindowAction::Cancelled);
    let third = calendar(&[window], &english, "Maintenance", URL);
    assert_eq!(lines(&first, "UID"), lines(&third, "UID"));
    let sequences = [&first, &second, &third].map(|text| lines(text, "SEQUENCE")[0].clone());
    assert_eq!(sequences, ["SEQUENCE:0", "SEQUENCE:1", "SEQUENCE:2"]);
    assert_eq!(lines(&second, "DTSTART;TZID"), ["DTSTART;TZID=America/Chicago:20240607T190000"]);
    assert_eq!(lines(&third, "STATUS"), ["STATUS:CANCELLED"]);
    for text in [&first, &second, &third] {
        assert!(text.split("\r\n").all(|line| line.len() <= 75), "no line is longer than 75 octets");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "every line ends in CRLF");
    }
}

#[test]
fn drafts_are_nobodys_business() {
    let mut draft = scheduled();
    draft.state = WindowState::Draft;
    draft.changes.clear();
    let english = composer(Language::English);
    let windows = [draft];
    assert!(!calendar(&windows, &english, "Maintenance", URL).contains("VEVENT"));
    let board = Board::new("Registry", &windows, &english, instant("2024-05-20T00:00:00Z"));
    assert!(board.upcoming.is_empty() && board.banner().is_none());
    assert!(!atom_feed(&board, &windows, &english, URL).contains("<entry>"));
}

#[test]
fn the_banner_counts_down_to_the_start_and_then_to_the_end_and_stops_when_overdue() {
    let (english, windows) = (composer(Language::English), [emergency()]);
    let banner = |at: &str| Board::new("Registry", &windows, &english, instant(at)).banner();
    assert_eq!(banner("2025-01-20T00:00:00Z"), None, "two weeks ahead it stands on no page");
    let ahead = banner("2025-02-06T00:00:00Z").expect("the day before");
    assert_eq!((ahead.has_begun, ahead.counts_to), (false, Some(windows[0].starts_at)));
    let within = banner("2025-02-07T02:00:00Z").expect("within");
    assert_eq!((within.has_begun, within.counts_to), (true, Some(windows[0].ends_at)));
    let overdue = banner("2025-02-07T03:30:00Z").expect("overdue");
    assert_eq!((overdue.window.is_overdue, overdue.counts_to), (true, None));
}

#[test]
fn the_json_tells_what_each_door_does_now() {
    let (english, windows) = (composer(Language::English), [emergency()]);
    let board = Board::new("Registry", &windows, &english, instant("2025-02-07T02:00:00Z"));
    let json = board.json();
    assert!(json.contains("\"channel\": \"web_service\",\n      \"mode\": \"closed\""), "{json}");
    assert_eq!((board.current.len(), board.upcoming.len(), board.past.len()), (1, 0, 0));
}
