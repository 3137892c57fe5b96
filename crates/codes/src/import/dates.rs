//! The ways in which CDC's files write a date.

use jiff::civil::{Date, date};

/// Reads `3/20/2011`, `2011/03/20`, `2011-03-20`, `20110320`, each with or without a time after it.
pub(super) fn parse(text: &str) -> Option<Date> {
    let day = text.split([' ', 'T']).next()?;
    let numbers: Option<Vec<i16>> = day.split(['/', '-']).map(|part| part.parse().ok()).collect();
    match (day.len(), numbers.as_deref()) {
        (8, None) | (8, Some([_])) => jiff::fmt::strtime::parse("%Y%m%d", day).ok()?.to_date().ok(),
        (_, Some([year, month, day])) if *year > 999 => checked(*year, *month, *day),
        (_, Some([month, day, year])) if *year > 999 => checked(*year, *month, *day),
        _ => None,
    }
}

fn checked(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// A day that stands for "no end": CDC writes one where a package is still sold.
pub(super) fn is_open_end(day: Date) -> bool {
    day >= date(2099, 1, 1) || day <= date(1900, 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_date_is_read() {
        for text in [
            "3/20/2011",
            "03/20/2011",
            "2011/03/20",
            "2011-03-20",
            "20110320",
            "2011-03-20 00:00:00",
            "2011-03-20T00:00",
        ] {
            assert_eq!(parse(text), Some(date(2011, 3, 20)), "{text}");
        }
        for text in ["", "20111320", "13/40/2011", "yesterday", "3/20", "2011"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
