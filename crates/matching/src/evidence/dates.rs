//! How two dates of birth agree.

use jiff::civil::Date;

/// How two dates of birth agree. Ordered: a greater one agrees better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum DateAgreement {
    Different,
    /// One is missing.
    Unknown,
    /// The year is mistyped: a neighbor, two swapped digits, another decade.
    OtherYear,
    /// The month or the day differs.
    OtherPart,
    /// Day and month are swapped.
    Swapped,
    /// They are neighbors.
    Neighbor,
    Same,
}

impl DateAgreement {
    /// Whether they differ by what may be a slip.
    pub(crate) fn is_close(self) -> bool {
        !matches!(self, DateAgreement::Different | DateAgreement::Unknown | DateAgreement::Same)
    }
}

/// Whether the day is one that is typed when only the year is known.
pub(crate) fn is_stand_in(date: Option<Date>) -> bool {
    date.is_some_and(|date| date.month() == 1 && date.day() == 1)
}

pub(super) fn compare_dates(one: Option<Date>, other: Option<Date>) -> DateAgreement {
    let (Some(one), Some(other)) = (one, other) else { return DateAgreement::Unknown };
    if one == other {
        return DateAgreement::Same;
    }
    if one.tomorrow().is_ok_and(|next| next == other) || other.tomorrow().is_ok_and(|next| next == one) {
        return DateAgreement::Neighbor;
    }
    if one.year() == other.year() {
        return match (one.month() == other.month(), one.day() == other.day()) {
            (true, _) | (_, true) => DateAgreement::OtherPart,
            _ if one.month() == other.day() && one.day() == other.month() => DateAgreement::Swapped,
            _ => DateAgreement::Different,
        };
    }
    let is_day_same = one.month() == other.month() && one.day() == other.day();
    match is_day_same && is_year_slip(one.year(), other.year()) {
        true => DateAgreement::OtherYear,
        false => DateAgreement::Different,
    }
}

/// One digit of the year, or two neighboring digits swapped, or a neighboring year.
fn is_year_slip(one: i16, other: i16) -> bool {
    let digits = |year: i16| [year / 1000 % 10, year / 100 % 10, year / 10 % 10, year % 10];
    let (a, b) = (digits(one), digits(other));
    let differing = a.iter().zip(&b).filter(|(digit, theirs)| digit != theirs).count();
    let is_swapped = (a[2], a[3]) == (b[3], b[2]) && (a[0], a[1]) == (b[0], b[1]);
    differing == 1 || is_swapped || (one - other).abs() == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_a_date_are_told_from_other_dates() {
        for (one, other, expected) in [
            ("2020-03-05", "2020-03-05", DateAgreement::Same),
            ("2020-03-05", "2020-05-03", DateAgreement::Swapped),
            ("2020-03-05", "2020-03-06", DateAgreement::Neighbor),
            ("2019-12-31", "2020-01-01", DateAgreement::Neighbor),
            ("2020-03-05", "2020-03-15", DateAgreement::OtherPart),
            ("2020-03-05", "2020-04-05", DateAgreement::OtherPart),
            ("2020-03-05", "2002-03-05", DateAgreement::OtherYear),
            ("1952-10-10", "1962-10-10", DateAgreement::OtherYear),
            ("1952-10-10", "1967-10-10", DateAgreement::Different),
            ("2020-03-05", "2020-04-06", DateAgreement::Different),
        ] {
            assert_eq!(compare_dates(one.parse().ok(), other.parse().ok()), expected, "{one} {other}");
        }
        assert_eq!(compare_dates(None, "2020-03-05".parse().ok()), DateAgreement::Unknown);
    }
}
