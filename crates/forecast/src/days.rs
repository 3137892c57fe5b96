//! Dates as day numbers: the engine compares and counts them by the million.

use jiff::civil::Date;

/// A calendar day, as the number of days since 1970-01-01.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Day(pub(crate) i32);

impl Day {
    /// What an absent lower bound means (CDSi Logic Specification 4.6, assumed values).
    pub(crate) const FIRST: Day = Day(-25_567);
    /// What an absent upper bound means: 2999-12-31.
    pub(crate) const LAST: Day = Day(376_199);

    /// The day of a civil date.
    pub(crate) fn from_date(date: Date) -> Day {
        Day(from_civil(i32::from(date.year()), i32::from(date.month()), i32::from(date.day())))
    }

    /// The civil date of this day.
    pub(crate) fn date(self) -> Date {
        let Civil { year, month, day } = self.civil();
        let in_calendar = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
        let (Ok(year), Ok(month), Ok(day)) = in_calendar else { return Date::MAX };
        Date::new(year, month, day).unwrap_or(Date::MAX)
    }

    /// This day and so many more; fewer when negative.
    pub(crate) fn plus(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// How many days this day is after another.
    pub(crate) fn days_since(self, earlier: Day) -> i32 {
        self.0 - earlier.0
    }

    /// This day moved by months, then by days. A day that the month does not have becomes the first of the next month.
    ///
    /// # Source
    /// CDSi Logic Specification 4.6, CALCDT-1 to CALCDT-6: 31 January and a month is 1 March.
    pub(crate) fn plus_months_and_days(self, months: i32, days: i32) -> Day {
        if months == 0 { self.plus(days) } else { self.civil().plus_months_and_days(months, days) }
    }

    /// The day in the calendar: for who moves one day by many months.
    ///
    /// # Source
    /// C. Neri and L. Schneider, Euclidean affine functions and their application to calendar algorithms (2022): divisions by
    /// constants, no branches. Years -32,000 to 32,000.
    pub(crate) fn civil(self) -> Civil {
        let count = self.0.wrapping_add(EPOCH).cast_unsigned();
        let quarters = 4 * count + 3;
        let (century, day_of_century) = (quarters / DAYS_OF_ERA, quarters % DAYS_OF_ERA / 4);
        let product = 2_939_745 * u64::from(4 * day_of_century + 3);
        let year_of_century = (product >> 32) as u32;
        let day_of_year = product as u32 / 2_939_745 / 4;
        let month_and_day = 2_141 * day_of_year + 197_913;
        let (month, day) = (month_and_day >> 16, (month_and_day & 0xFFFF) / 2_141);
        // The year begins in March.
        let is_after_december = day_of_year >= 306;
        let year = (100 * century + year_of_century).cast_signed() - YEARS_BEFORE + i32::from(is_after_december);
        let month = if is_after_december { month - 12 } else { month };
        Civil { year, month: month.cast_signed(), day: day.cast_signed() + 1 }
    }
}

/// A day in the calendar: year, month from 1, day from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Civil {
    year: i32,
    month: i32,
    day: i32,
}

impl Civil {
    /// [`Day::plus_months_and_days`].
    pub(crate) fn plus_months_and_days(self, months: i32, days: i32) -> Day {
        let month_count = (self.year + YEARS_BEFORE) * 12 + self.month - 1 + months;
        let (year, month) = (month_count.cast_unsigned() / 12, month_count.cast_unsigned() % 12 + 1);
        let year = year.cast_signed() - YEARS_BEFORE;
        let first = from_civil(year, month.cast_signed(), 1);
        Day(first + (self.day - 1).min(days_in_month(year, month.cast_signed())) + days)
    }
}

/// Days of 400 years.
const DAYS_OF_ERA: u32 = 146_097;
/// Years before our era that are counted with, so that no count is negative; whole eras.
const YEARS_BEFORE: i32 = 400 * 82;
/// 1970-01-01, counted from the March of the first of these years.
const EPOCH: i32 = 719_468 + 146_097 * 82;

/// The day number of a civil date; the years begin in March.
fn from_civil(year: i32, month: i32, day: i32) -> i32 {
    let is_before_march = month <= 2;
    let year = (year + YEARS_BEFORE - i32::from(is_before_march)).cast_unsigned();
    let month = (if is_before_march { month + 12 } else { month }).cast_unsigned();
    let century = year / 100;
    let days_before_year = 1_461 * year / 4 - century + century / 4;
    let days_before_month = (979 * month - 2_919) / 32;
    (days_before_year + days_before_month).cast_signed() + day - 1 - EPOCH
}

fn days_in_month(year: i32, month: i32) -> i32 {
    let is_leap = if year % 100 == 0 { year % 16 == 0 } else { year % 4 == 0 };
    if month == 2 { 28 + i32::from(is_leap) } else { 30 | (month ^ (month >> 3)) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn day_numbers_and_dates_agree() {
        let mut day = Day::from_date(date(1895, 1, 1));
        let mut expected = date(1895, 1, 1);
        while expected < date(2105, 1, 1) {
            assert_eq!((day.date(), Day::from_date(expected)), (expected, day));
            day = day.plus(1);
            expected = expected.tomorrow().expect("far from the end of time");
        }
        let dates = [date(-9999, 1, 1), date(0, 2, 29), date(1, 1, 1), date(9999, 12, 31)];
        assert_eq!(dates.map(|date| Day::from_date(date).date()), dates);
        assert_eq!(Day::FIRST.date(), date(1900, 1, 1));
        assert_eq!(Day::LAST.date(), date(2999, 12, 31));
    }

    #[test]
    fn a_day_that_the_month_lacks_moves_forward() {
        let cases = [
            (date(2025, 1, 31), 1, 0, date(2025, 3, 1)),
            (date(2025, 7, 31), 2, 0, date(2025, 10, 1)),
            (date(2024, 2, 29), 12, 0, date(2025, 3, 1)),
            (date(2024, 2, 29), 48, 0, date(2028, 2, 29)),
            (date(2024, 2, 29), 12, -4, date(2025, 2, 25)),
            (date(2025, 11, 10), 16 * 12 - 4, 0, date(2041, 7, 10)),
            (date(2025, 3, 31), -1, 0, date(2025, 3, 1)),
            (date(2100, 1, 30), 1, 0, date(2100, 3, 1)),
            (date(1999, 12, 31), 2, 0, date(2000, 3, 1)),
            (date(2026, 1, 15), -13, 0, date(2024, 12, 15)),
        ];
        for (from, months, days, expected) in cases {
            assert_eq!(Day::from_date(from).plus_months_and_days(months, days).date(), expected, "{from} + {months}");
        }
    }
}
