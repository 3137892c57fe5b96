//! Periods of a schedule: `6 weeks`, `12 months - 4 days`.

use std::fmt;

use crate::days::Day;

/// A length of time as a schedule states it; the units are kept as they were written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Period {
    years: i16,
    months: i16,
    weeks: i16,
    days: i16,
}

impl Period {
    /// Reads `<n> <unit>`, followed by any number of `+ <n> <unit>` and `- <n> <unit>`. A unit that comes twice is summed up.
    ///
    /// # Source
    /// CDSi supporting data 4.64: day, week, month, year; singular or plural, any case, stray blanks.
    pub fn parse(text: &str) -> Option<Period> {
        let mut period = Period::default();
        let mut words = text.split_ascii_whitespace();
        let mut sign = 1;
        loop {
            let amount: i16 = words.next()?.parse().ok().filter(|amount| (0..=1000).contains(amount))?;
            period.add(words.next()?, sign * amount)?;
            sign = match words.next() {
                None => return Some(period),
                Some("+") => 1,
                Some("-") => -1,
                Some(_) => return None,
            };
        }
    }

    /// So many months.
    pub(crate) const fn months(months: i16) -> Period {
        Period { years: 0, months, weeks: 0, days: 0 }
    }

    fn add(&mut self, unit: &str, amount: i16) -> Option<()> {
        let letters = unit.strip_suffix(['s', 'S']).unwrap_or(unit);
        let part = if letters.eq_ignore_ascii_case("day") {
            &mut self.days
        } else if letters.eq_ignore_ascii_case("week") {
            &mut self.weeks
        } else if letters.eq_ignore_ascii_case("month") {
            &mut self.months
        } else if letters.eq_ignore_ascii_case("year") {
            &mut self.years
        } else {
            return None;
        };
        *part = part.checked_add(amount)?;
        Some(())
    }

    /// The day that is this period after another.
    pub(crate) fn after(self, day: Day) -> Day {
        let (months, days) = self.months_and_days();
        day.plus_months_and_days(months, days)
    }

    /// The length in whole months, and the days beyond them.
    pub(crate) fn months_and_days(self) -> (i32, i32) {
        let (years, months) = (i32::from(self.years), i32::from(self.months));
        (years * 12 + months, i32::from(self.weeks) * 7 + i32::from(self.days))
    }

    /// The length in days, when it does not depend on the calendar.
    pub(crate) fn whole_days(self) -> Option<i32> {
        (self.years == 0 && self.months == 0).then(|| i32::from(self.weeks) * 7 + i32::from(self.days))
    }

    /// The amounts and units in the order in which they are added.
    pub(crate) fn parts(self) -> impl Iterator<Item = (i16, Unit)> {
        let parts =
            [(self.years, Unit::Year), (self.months, Unit::Month), (self.weeks, Unit::Week), (self.days, Unit::Day)];
        let is_zero = self == Period::default();
        parts.into_iter().filter(move |(amount, unit)| *amount != 0 || (is_zero && *unit == Unit::Day))
    }
}

/// A unit of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Year,
    Month,
    Week,
    Day,
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (amount, unit)) in self.parts().enumerate() {
            match (place, amount < 0) {
                // What is read begins with an amount that is not less than nothing.
                (0, true) => write!(f, "0 days - {}", -amount)?,
                (0, false) => write!(f, "{amount}")?,
                (_, true) => write!(f, " - {}", -amount)?,
                (_, false) => write!(f, " + {amount}")?,
            }
            let name = match unit {
                Unit::Year => "year",
                Unit::Month => "month",
                Unit::Week => "week",
                Unit::Day => "day",
            };
            write!(f, " {name}{}", if amount.abs() == 1 { "" } else { "s" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn periods_are_read_and_written() {
        let cases = [
            ("6 weeks", "6 weeks"),
            (" 13 years", "13 years"),
            ("46 Years", "46 years"),
            ("1 years - 4 days", "1 year - 4 days"),
            ("8 months + 1 day", "8 months + 1 day"),
            ("0 days", "0 days"),
            ("16 years - 4 months", "16 years - 4 months"),
            ("28 days - 4 days", "24 days"),
            ("0 weeks - 4 days", "0 days - 4 days"),
        ];
        for (text, expected) in cases {
            assert_eq!(Period::parse(text).expect(text).to_string(), expected);
        }
        for text in ["", "n/a", "6", "weeks", "6 fortnights", "6 weeks 4 days", "6 weeks - ", "-4 days"] {
            assert_eq!(Period::parse(text), None, "{text}");
        }
    }

    #[test]
    fn months_come_before_days() {
        let period = Period::parse("1 month - 4 days").expect("a period");
        assert_eq!(period.after(Day::from_date(date(2025, 1, 31))).date(), date(2025, 2, 25));
    }
}
