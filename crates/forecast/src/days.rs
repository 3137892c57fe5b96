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
        let (year, month, day) = self.civil();
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
        if months == 0 {
            return self.plus(days);
        }
        let (year, month, day) = self.civil();
        let month_count = year * 12 + month - 1 + months;
        let (year, month) = (month_count.div_euclid(12), month_count.rem_euclid(12) + 1);
        let first = from_civil(year, month, 1);
        Day(first + (day - 1).min(days_in_month(year, month)) + days)
    }

    /// Year, month from 1, day from 1.
    fn civil(self) -> (i32, i32, i32) {
        let shifted = self.0 + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        (year_of_era + era * 400 + i32::from(month <= 2), month, day)
    }
}

/// The day number of a civil date; the calendar is cut into eras of 400 years that begin in March.
fn from_civil(year: i32, month: i32, day: i32) -> i32 {
    let year = year - i32::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn days_in_month(year: i32, month: i32) -> i32 {
    let is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
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
        ];
        for (from, months, days, expected) in cases {
            assert_eq!(Day::from_date(from).plus_months_and_days(months, days).date(), expected, "{from} + {months}");
        }
    }
}
