//! Wall-clock times over the nights on which clocks change, minute by minute, against the law's own rule: from the
//! second Sunday of March to the first Sunday of November, both at 2:00 a.m. (15 U.S.C. 260a).

use jiff::civil::{Date, DateTime, Weekday, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use model::{Occurrence, WallTime, WallTimeError, duration_in_words, span_in_words};

/// Zones and their hours behind UTC in winter.
const ZONES: [(&str, i64); 2] = [("America/Chicago", 6), ("America/Denver", 7)];

fn sunday(year: i16, month: i8, which: i32) -> Date {
    date(year, month, 1).nth_weekday_of_month(which as i8, Weekday::Sunday).expect("every month has two Sundays")
}

/// What the law says the instants are at which a clock shows a time.
fn lawful(local: DateTime, winter_hours: i64) -> Vec<Timestamp> {
    let year = local.year();
    let utc =
        |hours: i64| local.to_zoned(TimeZone::UTC).expect("in range").timestamp() + SignedDuration::from_hours(hours);
    let spring = sunday(year, 3, 2).at(2, 0, 0, 0).to_zoned(TimeZone::UTC).expect("in range").timestamp()
        + SignedDuration::from_hours(winter_hours);
    let autumn = sunday(year, 11, 1).at(2, 0, 0, 0).to_zoned(TimeZone::UTC).expect("in range").timestamp()
        + SignedDuration::from_hours(winter_hours - 1);
    let (summer, winter) = (utc(winter_hours - 1), utc(winter_hours));
    let mut instants = Vec::new();
    if (spring..autumn).contains(&summer) {
        instants.push(summer);
    }
    if !(spring..autumn).contains(&winter) {
        instants.push(winter);
    }
    instants
}

#[test]
fn every_minute_around_a_change_of_clocks_is_the_lawful_instant() {
    let (mut skipped, mut twice) = (0, 0);
    for year in 2024..=2027 {
        for edge in [sunday(year, 3, 2), sunday(year, 11, 1)] {
            let first = edge.yesterday().expect("in range").at(0, 0, 0, 0);
            for minute in 0..3 * 24 * 60 {
                let local = first + minute.minutes();
                for (zone, winter_hours) in ZONES {
                    let lawful = lawful(local, winter_hours);
                    match WallTime::at(local).instant(zone) {
                        Ok(instant) => assert_eq!(vec![instant], lawful, "{local} {zone}"),
                        Err(WallTimeError::Skipped { .. }) => {
                            skipped += 1;
                            assert!(lawful.is_empty(), "{local} {zone}");
                        }
                        Err(WallTimeError::Twice { first, second, .. }) => {
                            twice += 1;
                            assert_eq!(vec![first, second], lawful, "{local} {zone}");
                            for (occurrence, instant) in [(Occurrence::First, first), (Occurrence::Second, second)] {
                                let said = WallTime { local, occurrence: Some(occurrence) };
                                assert_eq!(said.instant(zone), Ok(instant));
                                assert_eq!(WallTime::of(instant, zone), Ok(said), "and back");
                            }
                        }
                        Err(other) => panic!("{local} {zone}: {other}"),
                    }
                }
            }
        }
    }
    assert_eq!((skipped, twice), (4 * 2 * 60, 4 * 2 * 60), "an hour each, in four years and two zones");
}

#[test]
fn a_night_lasts_as_long_as_it_lasts() {
    let instant = |text: &str| WallTime::parse(text).and_then(|wall| wall.instant("America/Chicago")).expect("a time");
    let lasts = |start, end| duration_in_words(instant(start), instant(end));
    assert_eq!(lasts("Saturday 2026-03-07 19:00", "Sunday 2026-03-08 05:00"), "9 hours");
    assert_eq!(lasts("Saturday 2026-10-31 19:00", "Sunday 2026-11-01 05:00"), "11 hours");
    assert_eq!(lasts("Friday 2024-05-31 19:00", "2024-06-01 05:00"), "10 hours");
    assert_eq!(lasts("2026-11-01 01:30 first", "2026-11-01 01:30 second"), "1 hour");
    assert_eq!(lasts("2026-11-01 03:00", "2026-11-01 04:30"), "1 hour 30 minutes");
    assert_eq!(lasts("2026-11-01 03:00", "2026-11-01 03:00:40"), "less than a minute");
}

#[test]
fn what_begins_and_ends_in_one_minute_has_one_time() {
    let zone = TimeZone::get("America/Chicago").expect("a zone");
    let instant = |text: &str| WallTime::parse(text).and_then(|wall| wall.instant("America/Chicago")).expect("a time");
    let span = |start, end| span_in_words(instant(start), instant(end), &zone);
    assert_eq!(span("2025-02-06 19:00:05", "2025-02-06 19:00:50"), "7:00 p.m. Thursday, February 6, 2025 (CT)");
    assert!(span("2025-02-06 19:00:50", "2025-02-06 19:01:05").starts_with("7:00 p.m. to 7:01 p.m. Thursday"));
    // The same minute of the next day is another one.
    assert!(span("2025-02-06 19:00", "2025-02-07 19:00").contains(", to 7:00 p.m. Friday"));
}

#[test]
fn the_weekday_is_checked_against_the_date() {
    let parse = |text| WallTime::parse(text).map_err(|error| error.to_string());
    let plain = parse("2025-02-06 19:00").expect("a time");
    for same in ["Thursday 2025-02-06 19:00", "Thu, 2025-02-06T19:00", "2025-02-06T19:00", "thursday  2025-02-06 19:00"]
    {
        assert_eq!(parse(same), Ok(plain), "{same}");
    }
    assert_eq!(parse("Tue 2025-02-06 19:00"), Err("2025-02-06 is a Thursday, not a Tuesday".to_owned()));
    for unreadable in ["", "tomorrow", "2025-02-30 19:00", "2025-02-06", "19:00", "first", "Thursday"] {
        assert!(parse(unreadable).expect_err("no time").contains("is not a time"), "{unreadable}");
    }
    assert!(matches!(plain.instant("America/Nowhere"), Err(WallTimeError::NoSuchZone(_))));
}

#[test]
fn both_notices_say_their_times_with_year_and_weekday_once_a_day() {
    let span = |start: &str, end: &str, zone: &str| {
        let instant = |text: &str| text.parse::<Timestamp>().expect("an instant");
        span_in_words(instant(start), instant(end), &TimeZone::get(zone).expect("a zone"))
    };
    let scheduled = ("2024-06-01T00:00:00Z", "2024-06-01T10:00:00Z");
    assert_eq!(
        span(scheduled.0, scheduled.1, "America/Chicago"),
        "7:00 p.m. Friday, May 31, 2024, to 5:00 a.m. Saturday, June 1, 2024 (CT)"
    );
    assert_eq!(
        span(scheduled.0, scheduled.1, "America/Denver"),
        "6:00 p.m. Friday, May 31, 2024, to 4:00 a.m. Saturday, June 1, 2024 (MT)"
    );
    assert_eq!(
        span("2025-02-07T01:00:00Z", "2025-02-07T03:00:00Z", "America/Chicago"),
        "7:00 p.m. to 9:00 p.m. Thursday, February 6, 2025 (CT)"
    );
    assert_eq!(
        span("2026-11-01T00:00:00Z", "2026-11-01T11:00:00Z", "America/Chicago"),
        "7:00 p.m. CDT, Saturday, October 31, 2026, to 5:00 a.m. CST, Sunday, November 1, 2026"
    );
    assert_eq!(
        span("2026-11-01T06:30:00Z", "2026-11-01T07:30:00Z", "America/Chicago"),
        "1:30 a.m. CDT, Sunday, November 1, 2026, to 1:30 a.m. CST, Sunday, November 1, 2026"
    );
    assert_eq!(
        span("2026-11-01T00:00:00Z", "2026-11-01T07:30:00Z", "America/Denver"),
        "6:00 p.m. Saturday, October 31, 2026, to 1:30 a.m. Sunday, November 1, 2026 (MDT)",
        "1:30 comes again an hour later"
    );
    assert_eq!(
        span("2026-07-04T12:00:00Z", "2026-07-04T13:00:00Z", "America/Phoenix"),
        "5:00 a.m. to 6:00 a.m. Saturday, July 4, 2026 (MST)"
    );
}

#[test]
fn a_wall_time_is_written_as_it_is_read() {
    for text in ["2027-05-31 19:00", "2026-11-01 01:30 first", "2026-11-01 01:30 second", "2027-05-31 19:00:05"] {
        assert_eq!(WallTime::parse(text).expect("a time").to_string(), text);
    }
    assert_eq!(WallTime::parse("Monday 2027-05-31T19:00").expect("a time").to_string(), "2027-05-31 19:00");
}
