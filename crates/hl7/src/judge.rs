//! Judges single values as the receiving rules say, and notes what it finds: a value that violates its type or table
//! counts as empty.

use jiff::civil::Date;
use model::{CodeTables, Finding, FindingKind, Location, Severity, Table};

use crate::clocks::Clocks;
use crate::vxu::Ce;

/// The most findings that one message gets; beyond it only errors are noted.
pub const FINDINGS_LIMIT: usize = 500;

/// What a sender writes to ask that a stored value be deleted.
///
/// # Source
/// HL7 IG 1.5, chapter 3: empty means no change, `""` means delete.
pub(crate) const NULL: &str = "\"\"";

/// The tables, and what was found so far.
pub(crate) struct Judge<'t> {
    /// The tables asked.
    pub(crate) tables: &'t dyn CodeTables,
    /// The clocks where the message comes from.
    clocks: &'t Clocks,
    /// What was found so far.
    pub(crate) findings: Vec<Finding>,
}

impl<'t> Judge<'t> {
    pub(crate) fn new(tables: &'t dyn CodeTables, clocks: &'t Clocks) -> Judge<'t> {
        Judge { tables, clocks, findings: Vec::new() }
    }

    /// Notes a finding at a place, naming a value.
    pub(crate) fn note(&mut self, kind: FindingKind, at: Location, value: impl Into<String>) {
        if self.findings.len() < FINDINGS_LIMIT || kind.rule().severity == Severity::Error {
            self.findings.push(Finding::new(kind).at(at).naming(value));
        }
    }

    /// The day on which something happened, which may be missing; anything that is not a whole date is noted and counts as
    /// empty.
    pub(crate) fn day(&mut self, raw: &str, at: Location) -> Option<Date> {
        if is_empty(raw.trim()) {
            return None;
        }
        let day = self.day_of(raw);
        if day.is_none() {
            self.note(FindingKind::DateInvalid, at, raw);
        }
        day
    }

    /// The day on which something happened, where it happened.
    pub(crate) fn day_of(&self, raw: &str) -> Option<Date> {
        self.clocks.day_of(raw)
    }

    /// A code that may be missing and must be of the table.
    pub(crate) fn code(&mut self, table: Table, raw: &str, at: Location) -> Option<String> {
        if is_empty(raw.trim()) {
            return None;
        }
        let found = self.find_code(table, raw);
        if found.is_none() {
            self.note(not_in(table), at, raw);
        }
        found
    }

    /// The code of a table that is meant: blanks around it do not count, and neither do small letters, as `re` in RXA-20 is no
    /// dose that was given, and `d` in RXA-21 none to add.
    fn find_code(&self, table: Table, raw: &str) -> Option<String> {
        let code = raw.trim();
        if self.tables.contains(table, code) {
            return Some(code.to_owned());
        }
        Some(code.to_ascii_uppercase()).filter(|capitals| capitals != code && self.tables.contains(table, capitals))
    }

    /// A coded element whose code may stand in either triplet.
    pub(crate) fn coded(&mut self, table: Table, element: &Ce<'_>, at: Location) -> Option<String> {
        let (code, alternate) = (element.code.trim(), element.alternate_code.trim());
        let found = [code, alternate].into_iter().filter(|code| !is_empty(code));
        let found = found.filter_map(|code| self.find_code(table, code)).next();
        if found.is_none() && !is_empty(code) {
            self.note(not_in(table), at.component(1), code);
        } else if found.is_none() && !is_empty(alternate) {
            self.note(not_in(table), at.component(4), alternate);
        }
        found
    }

    /// `Y` or `N`.
    pub(crate) fn yes_or_no(&mut self, raw: &str, at: Location) -> Option<bool> {
        match raw.trim() {
            "Y" | "y" => Some(true),
            "N" | "n" => Some(false),
            "" | NULL => None,
            other => {
                self.note(FindingKind::ValueNotInTable, at, other);
                None
            }
        }
    }
}

/// Whether a value says nothing: not sent, or asked to be deleted.
pub(crate) fn is_empty(raw: &str) -> bool {
    raw.is_empty() || raw == NULL
}

/// A text of one's own, without white space around it; empty for `""`.
pub(crate) fn owned(text: &str) -> String {
    if text == NULL { String::new() } else { text.trim().to_owned() }
}

/// The date at the beginning of a time stamp as it is written: `YYYYMMDD`, and whatever digits, fraction and zone follow. So are
/// dates that no clock tells: of birth, of expiry, of an edition.
pub(crate) fn parse_date(raw: &str) -> Option<Date> {
    let (digits, rest) = raw.trim().split_at_checked(8)?;
    let is_time_stamp = digits.bytes().all(|byte| byte.is_ascii_digit())
        && rest.bytes().all(|byte| byte.is_ascii_digit() || b".+-".contains(&byte));
    if !is_time_stamp {
        return None;
    }
    Date::new(digits[..4].parse().ok()?, digits[4..6].parse().ok()?, digits[6..].parse().ok()?).ok()
}

/// A date of which the day may be missing (`YYYYMM`): then the last day of the month.
pub(crate) fn parse_month_or_date(raw: &str) -> Option<Date> {
    let month = raw.trim();
    if month.len() != 6 {
        return parse_date(raw);
    }
    parse_date(&format!("{month}01")).map(Date::last_of_month)
}

/// What is told of a code that its table lacks: some tables have a sentence of their own.
fn not_in(table: Table) -> FindingKind {
    match table {
        Table::Race => FindingKind::RaceInvalid,
        Table::Ethnicity => FindingKind::EthnicityInvalid,
        Table::Route => FindingKind::RouteInvalid,
        Table::BodySite => FindingKind::BodySiteInvalid,
        _ => FindingKind::ValueNotInTable,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn dates_are_whole_or_not_at_all() {
        let cases = [
            ("20240229", Some(date(2024, 2, 29))),
            ("201710011115", Some(date(2017, 10, 1))),
            ("20150625072816.601-0500", Some(date(2015, 6, 25))),
            ("20230229", None),
            ("202402", None),
            ("2024-02-29", None),
            ("20240229abc", None),
            (" 20240229 ", Some(date(2024, 2, 29))),
            ("2024 229", None),
            ("00000000", None),
            ("1234567é", None),
            ("", None),
        ];
        for (raw, expected) in cases {
            assert_eq!(parse_date(raw), expected, "{raw}");
        }
        assert_eq!(parse_month_or_date("202402"), Some(date(2024, 2, 29)));
        assert_eq!(parse_month_or_date("202413"), None);
        assert_eq!(parse_month_or_date("20240105"), Some(date(2024, 1, 5)));
    }
}
