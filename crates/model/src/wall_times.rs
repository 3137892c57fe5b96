//! Times as a wall clock shows them: what notices promise, and what instants are computed from.
//!
//! Twice a year a wall clock lies: in spring an hour is left out, in autumn an hour comes twice. A time in the first
//! is refused, a time in the second needs to say which of the two is meant.

use std::fmt;

use jiff::civil::{DateTime, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// Which of two times of the autumn night is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// Before the clocks go back.
    First,
    /// After the clocks went back.
    Second,
}

/// What a wall clock shows on a day.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct WallTime {
    /// Date and time of day.
    pub local: DateTime,
    /// Which of the two, where the clock shows it twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<Occurrence>,
}

/// A wall-clock time that is no instant.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WallTimeError {
    /// It is not written as a date and a time.
    #[error("{0:?} is not a time; write it as 2024-05-31 19:00, with the weekday before it or without")]
    Unreadable(String),
    /// Weekday and date do not belong together.
    #[error("{date} is a {is}, not a {said}")]
    WrongWeekday {
        /// The date.
        date: jiff::civil::Date,
        /// The weekday that was written.
        said: &'static str,
        /// The weekday that it is.
        is: &'static str,
    },
    /// There is no such time zone.
    #[error("there is no time zone {0:?}; write an IANA name such as America/Chicago")]
    NoSuchZone(String),
    /// The clocks go forward over it.
    #[error("there is no {local} in {zone}: the clocks go forward over it that night")]
    Skipped {
        /// The time.
        local: String,
        /// The zone.
        zone: String,
    },
    /// The clocks show it twice.
    #[error(
        "{local} comes twice in {zone}, as the clocks go back that night: say `first` or `second` after it \
         ({first} or {second})"
    )]
    Twice {
        /// The time.
        local: String,
        /// The zone.
        zone: String,
        /// The first, as an instant.
        first: Timestamp,
        /// The second.
        second: Timestamp,
    },
}

/// As [`WallTime::parse`] reads it: `2024-05-31 19:00`.
impl fmt::Display for WallTime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pattern = if self.local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
        write!(formatter, "{}", self.local.strftime(pattern))?;
        match self.occurrence {
            None => Ok(()),
            Some(Occurrence::First) => formatter.write_str(" first"),
            Some(Occurrence::Second) => formatter.write_str(" second"),
        }
    }
}

impl WallTime {
    /// A time that its zone's clocks show once.
    pub fn at(local: DateTime) -> WallTime {
        WallTime { local, occurrence: None }
    }

    /// Reads `2024-05-31 19:00`, with a weekday before it (`Friday`, `Fri,`) that must be the date's, and `first` or
    /// `second` after it.
    ///
    /// # Errors
    /// [`WallTimeError::Unreadable`] or [`WallTimeError::WrongWeekday`].
    pub fn parse(text: &str) -> Result<WallTime, WallTimeError> {
        let unreadable = || WallTimeError::Unreadable(text.to_owned());
        let mut words: Vec<&str> = text.split([' ', 'T']).filter(|word| !word.is_empty()).collect();
        // `Tuesday` and `Thursday` begin with the letter that stands between date and time.
        if let Some((first, rest)) = text.trim().split_once(' ')
            && first.starts_with('T')
        {
            words = std::iter::once(first).chain(rest.split([' ', 'T']).filter(|word| !word.is_empty())).collect();
        }
        let said = words.first().and_then(|word| weekday(word));
        if said.is_some() {
            words.remove(0);
        }
        let occurrence = match words.last().map(|word| word.to_ascii_lowercase()).as_deref() {
            Some("first") => Some(Occurrence::First),
            Some("second") => Some(Occurrence::Second),
            _ => None,
        };
        words.truncate(words.len() - usize::from(occurrence.is_some()));
        let [date, time] = words[..] else { return Err(unreadable()) };
        let date: jiff::civil::Date = date.parse().map_err(|_| unreadable())?;
        let time: jiff::civil::Time = time.parse().map_err(|_| unreadable())?;
        match said {
            Some(said) if said != date.weekday() => {
                Err(WallTimeError::WrongWeekday { date, said: name(said), is: name(date.weekday()) })
            }
            _ => Ok(WallTime { local: date.to_datetime(time), occurrence }),
        }
    }

    /// The instant at which the clocks of a zone show it.
    ///
    /// # Errors
    /// [`WallTimeError`] where they never do, where they do twice and nothing says which is meant, and where there is
    /// no such zone.
    pub fn instant(&self, zone: &str) -> Result<Timestamp, WallTimeError> {
        let time_zone = TimeZone::get(zone).map_err(|_| WallTimeError::NoSuchZone(zone.to_owned()))?;
        let (local, zone) = (self.local.strftime("%Y-%m-%d %H:%M").to_string(), zone.to_owned());
        let ambiguous = time_zone.to_ambiguous_timestamp(self.local);
        let out_of_range = || WallTimeError::Unreadable(self.local.to_string());
        match (ambiguous.offset(), self.occurrence) {
            (AmbiguousOffset::Unambiguous { .. }, _) => ambiguous.unambiguous().map_err(|_| out_of_range()),
            (AmbiguousOffset::Gap { .. }, _) => Err(WallTimeError::Skipped { local, zone }),
            (AmbiguousOffset::Fold { .. }, Some(Occurrence::First)) => ambiguous.earlier().map_err(|_| out_of_range()),
            (AmbiguousOffset::Fold { .. }, Some(Occurrence::Second)) => ambiguous.later().map_err(|_| out_of_range()),
            (AmbiguousOffset::Fold { before, after }, None) => {
                let first = before.to_timestamp(self.local).map_err(|_| out_of_range())?;
                let second = after.to_timestamp(self.local).map_err(|_| out_of_range())?;
                Err(WallTimeError::Twice { local, zone, first, second })
            }
        }
    }

    /// What the clocks of a zone show at an instant.
    ///
    /// # Errors
    /// [`WallTimeError::NoSuchZone`].
    pub fn of(instant: Timestamp, zone: &str) -> Result<WallTime, WallTimeError> {
        let time_zone = TimeZone::get(zone).map_err(|_| WallTimeError::NoSuchZone(zone.to_owned()))?;
        let local = time_zone.to_datetime(instant);
        let ambiguous = time_zone.to_ambiguous_timestamp(local);
        let occurrence = match ambiguous.offset() {
            AmbiguousOffset::Fold { before, .. } if time_zone.to_offset(instant) == before => Some(Occurrence::First),
            AmbiguousOffset::Fold { .. } => Some(Occurrence::Second),
            _ => None,
        };
        Ok(WallTime { local, occurrence })
    }
}

/// A weekday's English name.
pub(crate) fn name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    let word = word.trim_end_matches([',', '.']).to_ascii_lowercase();
    let days = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];
    days.into_iter().find(|day| word.len() >= 3 && name(*day).to_ascii_lowercase().starts_with(&word))
}

/// `7:00 p.m. Friday, May 31, 2024, to 5:00 a.m. Saturday, June 1, 2024 (CT)`; two ends on one day print the day once:
/// `7:00 p.m. to 9:00 p.m. Thursday, February 6, 2025 (CT)`, and two ends in one minute that minute once. Where the clocks
/// change in between, or a time comes twice, the letters say which clock is meant (`CDT`, `CST`).
pub fn span_in_words(starts_at: Timestamp, ends_at: Timestamp, time_zone: &TimeZone) -> String {
    let (start, end) = (starts_at.to_zoned(time_zone.clone()), ends_at.to_zoned(time_zone.clone()));
    if start.offset() != end.offset() {
        return format!(
            "{} {}, {}, to {} {}, {}",
            clock_in_words(&start),
            start.strftime("%Z"),
            day_in_words(&start),
            clock_in_words(&end),
            end.strftime("%Z"),
            day_in_words(&end)
        );
    }
    let zone = letters_of_both(&start, &end);
    if clock_in_words(&start) == clock_in_words(&end) && start.date() == end.date() {
        return format!("{} {} ({zone})", clock_in_words(&start), day_in_words(&start));
    }
    if start.date() == end.date() {
        return format!("{} to {} {} ({zone})", clock_in_words(&start), clock_in_words(&end), day_in_words(&start));
    }
    let (start_day, end_day) = (day_in_words(&start), day_in_words(&end));
    format!("{} {start_day}, to {} {end_day} ({zone})", clock_in_words(&start), clock_in_words(&end))
}

/// `7:00 p.m.`
pub fn clock_in_words(at: &Zoned) -> String {
    let half = if at.hour() < 12 { "a.m." } else { "p.m." };
    let hour = match at.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    format!("{hour}:{:02} {half}", at.minute())
}

/// `Friday, May 31, 2024`
pub fn day_in_words(at: &Zoned) -> String {
    format!("{}, {}", name(at.weekday()), at.strftime("%B %-d, %Y"))
}

/// What people call a zone all year round: `CT`; or the letters of the clock at that instant where there is no such
/// name, or where the name would not say which of two hours is meant.
pub fn zone_letters(at: &Zoned) -> String {
    let letters = at.strftime("%Z").to_string();
    let bytes = letters.as_bytes();
    // CST and CDT are CT; AKST and AKDT are AKT; zones without summer time (MST in Arizona) keep their letters.
    let has_summer_time = at.time_zone().following(at.timestamp()).next().is_some();
    if comes_twice(at) || !has_summer_time || bytes.len() < 3 || !letters.ends_with('T') {
        return letters;
    }
    match bytes[bytes.len() - 2] {
        b'S' | b'D' => format!("{}T", &letters[..letters.len() - 2]),
        _ => letters,
    }
}

/// The letters for two times by the same clock, of which either may come twice.
pub fn letters_of_both(start: &Zoned, end: &Zoned) -> String {
    zone_letters(if comes_twice(end) { end } else { start })
}

fn comes_twice(at: &Zoned) -> bool {
    at.time_zone().to_ambiguous_timestamp(at.datetime()).is_ambiguous()
}

/// `10 hours`, `1 hour 30 minutes`, `less than a minute`: the time that really passes.
pub fn duration_in_words(starts_at: Timestamp, ends_at: Timestamp) -> String {
    let minutes = (ends_at.as_second() - starts_at.as_second()) / 60;
    let count = |number: i64, noun: &str| match number {
        1 => format!("1 {noun}"),
        _ => format!("{number} {noun}s"),
    };
    match (minutes / 60, minutes % 60) {
        (0, 0) => "less than a minute".to_owned(),
        (0, minutes) => count(minutes, "minute"),
        (hours, 0) => count(hours, "hour"),
        (hours, minutes) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}
