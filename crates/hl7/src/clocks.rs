//! By whose clocks a day is told that a message writes as a moment with an offset from UTC.
//!
//! A system that writes UTC has the next day from six in the evening on, in Texas. What happened was of the day that it was
//! there; where nothing speaks against it, that is the day as written.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

use crate::judge::parse_date;

/// The clocks where a message comes from. Without any, every day is as written.
#[derive(Clone, Debug, Default)]
pub struct Clocks {
    here: Option<TimeZone>,
    nearby: Vec<TimeZone>,
}

impl Clocks {
    /// The clocks of a sender, and those by which it may go as well: an offset of either is how the day was told there.
    pub fn new(here: TimeZone, nearby: impl IntoIterator<Item = TimeZone>) -> Clocks {
        Clocks { here: Some(here), nearby: nearby.into_iter().collect() }
    }

    /// The day of a time stamp. Only one with a time and with an offset that nobody there has names another day than it
    /// writes; midnight is how many systems write a day without a time, whatever offset they put behind it.
    ///
    /// # Source
    /// HL7 v2.5.1, 2.A.77 TS: `YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]`.
    pub(crate) fn day_of(&self, raw: &str) -> Option<Date> {
        let written = parse_date(raw)?;
        let told_elsewhere = self.here.as_ref().zip(moment(raw.trim(), written));
        Some(match told_elsewhere {
            Some((here, (at, offset))) if !self.have(offset, at) => at.to_zoned(here.clone()).date(),
            _ => written,
        })
    }

    fn have(&self, offset: Offset, at: Timestamp) -> bool {
        self.here.iter().chain(&self.nearby).any(|zone| has(zone, offset, at))
    }
}

/// Whether clocks of a zone have an offset at a moment, or would have it in the other half of the year.
fn has(zone: &TimeZone, offset: Offset, at: Timestamp) -> bool {
    zone.to_offset(at) == offset || zone.following(at).next().is_some_and(|change| change.offset() == offset)
}

/// The moment that a time stamp of this day names with its offset; `None` without a time or an offset, and for midnight.
fn moment(raw: &str, day: Date) -> Option<(Timestamp, Offset)> {
    let time_and_offset = raw.get(8..)?;
    let (time, offset) = time_and_offset.split_at(time_and_offset.find(['+', '-'])?);
    let two_digits = |text: &str, place: usize| text.get(place..place + 2)?.parse::<i8>().ok();
    let is_midnight = time.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let hour = two_digits(time, 0).filter(|_| !is_midnight)?;
    let time = Time::new(hour, two_digits(time, 2).unwrap_or(0), two_digits(time, 4).unwrap_or(0), 0).ok()?;
    let seconds = 3_600 * i32::from(two_digits(offset, 1)?) + 60 * i32::from(two_digits(offset, 3)?);
    let offset = Offset::from_seconds(if offset.starts_with('-') { -seconds } else { seconds }).ok()?;
    Some((offset.to_timestamp(day.to_datetime(time)).ok()?, offset))
}
